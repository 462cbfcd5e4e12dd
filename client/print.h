// Printing for people: outside text never brings a control character to the terminal.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "common/base/attributes.h"

// Prints one line; whatever control characters the values carry become spaces.
void print_line(FILE *to, const char *format, ...) printf_like(2, 3);
// Prints words line by line, each behind the indent.
void print_lines(FILE *to, const char *indent, const char *words);
// Prints words behind a lead, as lines of at most 80 columns; further lines stand under the first
// word.
void print_wrapped(FILE *to, const char *lead, const char *words);

enum { COUNT_BYTES = 32 };
// Writes "12,345". buffer has COUNT_BYTES.
const char *print_count(int64_t count, char *buffer);
// Writes "2026-11-22 08:30:05Z", or "-" for 0. buffer has MOMENT_TEXT_BYTES.
const char *print_moment(int64_t ms, char *buffer);
