#include "common/rulebook/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/attributes.h"
#include "common/base/xalloc.h"

enum { LISTED = 1000, LINE_BYTES = 1024 };

void problems_add(struct problems *problems, enum problem_kind kind, const char *file, int line,
                  const char *format, ...)
{
    struct text *out = kind == PROBLEM_ERROR ? &problems->errors : &problems->warnings;
    size_t *count = kind == PROBLEM_ERROR ? &problems->error_count : &problems->warning_count;
    cleanup_with(freep) char *words = NULL;
    va_list args;

    (*count)++;
    if (*count > LISTED) {
        if (*count == LISTED + 1) {
            text_add(out, "there are more, which are not listed\n");
        }
        return;
    }
    va_start(args, format);
    if (vasprintf(&words, format, args) < 0) {
        words = xstrdup("out of memory");
    }
    va_end(args);
    if (file) {
        text_add_line(out, file, LINE_BYTES);
        text_add(out, ": ");
        if (line > 0) {
            out->size -= 1;
            text_addf(out, "%d: ", line);
        }
    }
    text_add_line(out, words, LINE_BYTES);
    text_add_char(out, '\n');
}

void problems_finish(struct problems *problems)
{
    text_finish(&problems->errors);
    text_finish(&problems->warnings);
    *problems = (struct problems){0};
}
