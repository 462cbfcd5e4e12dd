// Events out of a stream: JSON Lines as they come, and a JSON array or a JSON value over several
// lines, read whole. Finds where each event begins and ends; whether it is one, the daemon says.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/text.h"

enum {
    INPUT_LINE_BYTES = 1024 * 1024,      // a line
    INPUT_WHOLE_BYTES = 64 * 1024 * 1024 // what is read whole
};

enum input_result {
    INPUT_EVENT,    // an event
    INPUT_EMPTY,    // an empty line
    INPUT_TOO_LONG, // a line, or a whole, that is longer than allowed; it is passed over
    INPUT_WANTS,    // more bytes: call input_fill()
    INPUT_END,
    INPUT_AGAIN, // inside input.c only: nothing found yet, look again
};

struct input_item {
    const char *bytes; // valid until input_fill()
    size_t size;
    int64_t line; // where it begins, from 1
};

struct input {
    int fd;
    struct text buffer;
    size_t at, seen; // the next byte; bytes behind it in which no line's end was found
    int64_t line;    // of the next byte
    bool ended;      // nothing more comes from fd
    bool whole;      // reads whole, not by lines
    bool begun;      // whole: inside the array of events
    bool skipping;   // the rest of a line that is too long
    bool started;    // which of the two was found out
};

void input_init(struct input *input, int fd);
void input_finish(struct input *input);

// The next item. Passes over what it returned before.
enum input_result input_next(struct input *input, struct input_item *ret);
// Reads more, waiting for it. 0 or a negative errno.
must_check int input_fill(struct input *input);
