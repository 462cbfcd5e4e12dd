#include "client/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"

void print_line(FILE *to, const char *format, ...)
{
    cleanup_with(freep) char *words = NULL;
    struct text line = {0};
    va_list args;
    int size;

    va_start(args, format);
    size = vasprintf(&words, format, args);
    va_end(args);
    if (size < 0) {
        abort();
    }
    text_add_line(&line, words, LIMIT_TEXT_BYTES);
    (void)fprintf(to, "%s\n", text_string(&line));
    text_finish(&line);
}

void print_lines(FILE *to, const char *indent, const char *words)
{
    while (*words) {
        int size = (int)strcspn(words, "\n");

        print_line(to, "%s%.*s", indent, size, words);
        words += size;
        words += *words == '\n';
    }
}

const char *print_count(int64_t count, char *buffer)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRId64, count), to = 0;

    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-') {
            buffer[to++] = ',';
        }
        buffer[to++] = digits[i];
    }
    buffer[to] = '\0';
    return buffer;
}

const char *print_moment(int64_t ms, char *buffer)
{
    if (ms == 0) {
        (void)snprintf(buffer, MOMENT_TEXT_BYTES, "-");
        return buffer;
    }
    (void)moment_format(ms - ms % SECOND_MS, buffer);
    buffer[strcspn(buffer, "T")] = ' ';
    return buffer;
}
