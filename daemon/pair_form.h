// The form in which the messages of the pair stand in a frame: a head, and the texts behind it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/pair.h"

enum {
    PAIR_TEXTS = 10, // even, so that the head has no hole
    PAIR_NUMBERS = 6
};

// What each message begins with. The texts follow, in order, each with its NUL.
struct pair_head {
    uint32_t mark, kind;
    uint32_t sizes[PAIR_TEXTS];
    int64_t numbers[PAIR_NUMBERS];
};

// The largest that there may be.
#define PAIR_MESSAGE_BYTES                                                                         \
    ((int64_t)sizeof(struct pair_head) + PAIR_TEXTS * (INT64_C(1) + PAIR_TEXT_BYTES))

struct slice {
    const char *bytes; // NULL: no text
    size_t size;
};

// A message between its struct and its frame.
struct draft {
    enum pair_kind kind;
    int64_t numbers[PAIR_NUMBERS];
    struct slice texts[PAIR_TEXTS];
};

// How large the message is in its frame; 0 where a text is too long.
size_t draft_size(const struct draft *draft);
// Writes it there, and a NUL behind it.
void draft_write(const struct draft *draft, char *room);

// Reads the message that begins here, all but its frame. Returns its size, 0 where it is none.
size_t pair_form_read(const char *bytes, size_t size, struct pair_message *ret);
