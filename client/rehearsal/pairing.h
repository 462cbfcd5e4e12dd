// Two streams of records, before and after, brought together by their place in the feed: each
// record is given on once, and what the two decided about the same event for the same role is
// compared. Holds no more than what came about in one moment.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "client/rehearsal/record.h"
#include "common/base/attributes.h"
#include "common/base/error.h"

enum side { BEFORE, AFTER, SIDES };

// A difference: what is NULL, was not decided at all. What was decided not to tell is there, with
// its rule.
struct difference {
    const struct record *sides[SIDES]; // at least one is not NULL
};

struct pairing_listener {
    void (*record)(void *user, enum side side, const struct record *record);
    void (*difference)(void *user, const struct difference *difference);
    void *user;
};

// Reads both to their ends. -EPIPE where one ended too early, or what failed in it, with words.
must_check int pairing_read(FILE *const streams[SIDES], const struct pairing_listener *listener,
                            struct error *err);
