#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"

// The one mutable state of file scope in the program: how much is said, and under which name.
static enum log_level loudest = LOG_INFO;
static char process_name[16] = "headsup";

void log_set_level(enum log_level level)
{
    loudest = level;
}

void log_set_name(const char *name)
{
    (void)snprintf(process_name, sizeof process_name, "%s", name);
}

static void write_line(enum log_level level, const char *format, va_list args) printf_like(2, 0);

static void write_line(enum log_level level, const char *format, va_list args)
{
    static const struct {
        const char *word;
        int syslog;
    } levels[] = {{"error", 3}, {"warning", 4}, {"info", 6}, {"debug", 7}};
    char line[2048];
    int size = 0, added;

    if (level > loudest) {
        return;
    }
    // concurrency: the environment is never written by this program
    if (getenv("JOURNAL_STREAM")) { // NOLINT(concurrency-mt-unsafe)
        size = snprintf(line, sizeof line, "<%d>", levels[level].syslog);
    }
    size += snprintf(line + size, sizeof line - (size_t)size, "%s %s: ", process_name,
                     levels[level].word);
    added = vsnprintf(line + size, sizeof line - (size_t)size - 1, format, args);
    size += added < 0 ? 0 : added;
    if (size > (int)sizeof line - 2) {
        size = (int)sizeof line - 2;
    }
    line[size++] = '\n';
    // one write a line, so that two processes never mix theirs
    if (write(STDERR_FILENO, line, (size_t)size) < 0) {
        return; // nobody is left to tell
    }
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_ERROR, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_WARNING, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_DEBUG, format, args);
    va_end(args);
}

const char *log_quote(const char *outside, char *buffer, unsigned size)
{
    struct text line = {0};

    if (size < 8) {
        buffer[0] = '\0';
        return buffer;
    }
    text_add_line(&line, outside ? outside : "", size - 8);
    for (size_t i = 0; i < line.size; i++) {
        if (line.bytes[i] == '"') { // else what follows could pass for words of ours
            line.bytes[i] = '\'';
        }
    }
    (void)snprintf(buffer, size, "\"%s\"", text_string(&line));
    text_finish(&line);
    return buffer;
}
