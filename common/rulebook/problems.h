// What is wrong with a rule book, gathered while it is read.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/text.h"

enum problem_kind { PROBLEM_ERROR, PROBLEM_WARNING };

// All that is wrong with a rule book, each on a line: "file:line: rule 'name': words".
struct problems {
    struct text errors, warnings;
    size_t error_count, warning_count;
};

void problems_add(struct problems *problems, enum problem_kind kind, const char *file, int line,
                  const char *format, ...) printf_like(5, 6);
void problems_finish(struct problems *problems);
