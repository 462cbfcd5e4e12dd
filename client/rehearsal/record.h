// What a rehearsal's child tells its parent, one record after the other through a pipe: what was
// decided, what was sent, how far it is. Compact, in the order in which it came about; both ends
// are the same program.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"

enum record_kind {
    RECORD_DECIDED, // about a person, to tell or not
    RECORD_SENT,    // a message went out
    RECORD_REFUSED, // an event was none: number, words
    RECORD_TICK,    // how far it is: done
    RECORD_END,     // all is done: sums
    RECORD_FAILED   // it is over: words
};

// Of the events of the feed.
struct run_sums {
    int64_t events; // in the time that is looked at
    int64_t before; // that came before it, for how things stood
    int64_t refused, duplicate;
    int64_t late;              // whose own time was before the clock's
    int64_t left_out;          // orders to the service
    int64_t first_ms, last_ms; // moments of the events; 0: there was none
    int64_t unexplained;       // accepted, and nothing was decided
};

struct record {
    enum record_kind kind;
    int role, notice, fate; // enum role, notice_kind, fate
    bool urgent;
    int64_t position;      // of the event in the feed; what rings on the way to it has it too
    int64_t at_ms, due_ms; // when; of what is held or kept for a digest, till when
    int64_t number;        // of an event that was refused: its line, or its number in the ledger
    int64_t done;          // of feed.total
    const char *rep, *rule, *source, *id, *type, *issue, *account, *words; // NULL: none
    struct run_sums sums;
};

void record_write(FILE *to, const struct record *record);
// Reads the next; its strings live in arena. 1, or 0 at the end, or -EPROTO where it is cut off.
must_check int record_read(FILE *from, struct arena *arena, struct record *ret);
