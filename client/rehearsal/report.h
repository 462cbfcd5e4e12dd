// A rehearsal told to people and to programs: who would have heard more and who less, by rep and by
// rule, and the notices that differ.
#pragma once

#include "client/rehearsal/tally.h"
#include "common/base/text.h"

struct report {
    const struct tally *tally;
    const char *books[SIDES]; // as the files are named
    bool from_ledger;
    int64_t from_ms, until_ms; // of the time that is looked at
};

void report_print(const struct report *report);
void report_put(const struct report *report, struct text *out);
