// One rule book on trial over a whole feed, in a process of its own: what comes of it is told to
// the parent in records. Nothing is left behind: its scratch ledger has no name, and it ends with
// its parent.
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "client/rehearsal/feed.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/rulebook.h"

struct run {
    pid_t pid;
    FILE *records; // to read from
};

// Starts it. No ledger may be open in this process.
must_check int run_start(const struct rulebook *rulebook, const struct feed *feed, struct run *ret,
                         struct error *err);
// Ends it where it still runs, and waits for it.
void run_end(struct run *run);

// What the child does, without the process: for tests.
void run_feed(const struct rulebook *rulebook, const struct feed *feed, FILE *records);
