// What a rehearsal comes to, before and after: sums by rep, rule and kind, messages by rep and day,
// and the first of the differences. Its size is that of the rule books and of the days, not that of
// the feed.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "client/rehearsal/pairing.h"
#include "common/rulebook/rulebook.h"

enum { TALLY_DAYS = 36600 }; // a hundred years; what is later counts as the last

// Of one side.
struct told {
    int64_t now;    // decided: to tell at once, or at the next moment that the rep's hours allow
    int64_t digest; // decided: to tell in the digest
    int64_t sent;   // messages that went out; a digest is one
};

struct tally_row {
    const char *rep, *rule;
    int notice; // enum notice_kind
    struct told told[SIDES];
};

struct tally_rep {
    const char *id, *name;
    int role; // enum role; ROLE_ADMIN for what is to the admin
    struct told told[SIDES];
    int64_t day_count;       // days from the first on that have counts
    uint32_t (*days)[SIDES]; // messages
};

struct tally {
    struct tally_rep *reps; // in the order of the id
    size_t rep_count;
    struct tally_row *rows; // in the order of rep, rule and kind
    size_t row_count;
    int64_t first_day;     // days since 1970, in UTC
    int64_t nobody[SIDES]; // decisions to tell nobody
    struct run_sums sums;
    int64_t difference_count;
    struct difference *differences; // the first shown_most of them
    size_t shown, shown_most;
    struct tally_private *private;
};

// Whether there is no difference in what anybody hears; and in the rules that it is by.
bool tally_same(const struct tally *tally);
bool tally_same_rules(const struct tally *tally);
int64_t told_sum(const struct told *told); // now and digest
bool told_same(const struct told told[SIDES]);
// How much of what a rep hears differs.
int64_t tally_change(const struct tally_rep *rep);
// The reps by that, most first, and NULL behind them; to be freed.
const struct tally_rep **tally_by_change(const struct tally *tally);

struct tally *tally_create(const struct rulebook *const books[SIDES], int64_t first_ms,
                           size_t shown_most);
void tally_destroy(struct tally *tally);
void tally_destroyp(struct tally **tally);
void tally_add(struct tally *tally, enum side side, const struct record *record);
void tally_differ(struct tally *tally, const struct difference *difference);
// Puts rows and reps into their order, when all was added.
void tally_finish(struct tally *tally);
