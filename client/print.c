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

enum { COLUMNS = 80 };

// How many bytes of words make a line of at most so many columns. What has no blank is not cut.
static size_t line_of(const char *words, size_t columns)
{
    size_t size = strcspn(words, " ");

    while (words[size]) {
        size_t more = size + 1 + strcspn(words + size + 1, " ");

        if (utf8_length(words, more) > columns) {
            break;
        }
        size = more;
    }
    return size;
}

void print_wrapped(FILE *to, const char *lead, const char *words)
{
    size_t indent = utf8_length(lead, strlen(lead));
    struct text clean = {0};
    const char *at;

    text_add_line(&clean, words, LIMIT_TEXT_BYTES);
    at = text_string(&clean);
    (void)fputs(lead, to);
    do {
        size_t size = line_of(at, indent < COLUMNS / 2 ? COLUMNS - indent : COLUMNS / 2);

        (void)fprintf(to, "%.*s\n", (int)size, at);
        at += size;
        at += strspn(at, " ");
        if (*at) {
            (void)fprintf(to, "%*s", (int)indent, "");
        }
    } while (*at);
    text_finish(&clean);
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
