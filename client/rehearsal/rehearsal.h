// A rehearsal: the present rule book and the changed one, each on trial over the same feed in a
// process of its own, and their records brought together in a tally.
#pragma once

#include <stdint.h>

#include "client/rehearsal/feed.h"
#include "client/rehearsal/tally.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/rulebook.h"

struct rehearsal {
    const struct rulebook *books[SIDES];
    struct feed feed;
    const char *name;  // of the feed, for people
    size_t shown_most; // differences that are kept
};

// True where a rule or a tier of the book asks how many issues an account had lately.
bool rehearsal_counts_recent(const struct rulebook *rulebook);
// Runs it, with progress on a terminal; what of the feed is refused is told with its line. No
// ledger may be open in this process.
must_check int rehearsal_run(const struct rehearsal *rehearsal, struct tally **ret,
                             struct error *err);
