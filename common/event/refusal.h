// Writing a refusal: a code for programs, plain words for people, and where in the event it is. The
// words may hold outside text; they come out as valid UTF-8 whatever was put in.
#pragma once

#include "common/base/attributes.h"
#include "common/event/event.h"

// Fills in ret anew and returns -EINVAL, so that a refusal is one line. path is a JSON pointer or
// "".
int refusal_set(struct refusal *ret, const char *code, const char *path, const char *format, ...)
    printf_like(4, 5);
// Adds the id and the source, each cut to fit; NULL leaves "".
void refusal_name(struct refusal *ret, const char *id, const char *source);
// Writes a JSON value as a message may show it: "\"text\"", 1.005, an object. buffer has
// REFUSAL_VALUE_BYTES.
const char *refusal_value(const json_t *value, char *buffer);

enum { REFUSAL_VALUE_BYTES = 80 };
