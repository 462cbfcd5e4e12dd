// The words of a failure, on the caller's stack: a negative errno for the program and a sentence
// for the person who will read it. A function that returns a code without words needs no struct
// error.
#pragma once

#include "common/base/attributes.h"

struct error {
    int code;          // negative errno
    char message[512]; // says what is wrong, where, and what to do; never a secret
};

// Puts code and words into err (NULL is allowed) and returns code, so that a failure is one line.
int error_set(struct error *err, int code, const char *format, ...) printf_like(3, 4);
