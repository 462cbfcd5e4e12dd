// A desk at work on a ledger whose storage fails: turns of a few events each, the outcomes of what
// waits, and a record, apart from the ledger, of what was acknowledged.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/desk/desk.h"
#include "common/ledger/ledger.h"
#include "common/rulebook/rulebook.h"

struct storage_run {
    char folder[32], path[64]; // of the ledger; on the real disk lies its lock alone
    struct rulebook *rulebook;
    struct ledger *ledger;
    struct desk *desk;
    struct arena *arena;
    struct text bytes, receipt, wrong;
    int acknowledged; // events; their numbers count from 0
    int under_way;    // events of a turn whose commit failed: nobody knows of them
    int delivered;    // outcomes that were committed
    int outcomes_under_way;
    bool small_steps; // checkpoints come every few turns
    int turns;        // that were committed with small steps
    struct error err;
};

// A folder and a rule book. With unclean the ledger looks at every start as if its daemon had been
// killed.
void storage_run_init(struct storage_run *run, bool unclean);
void storage_run_finish(struct storage_run *run);
// Forgets what was acknowledged: the next ledger is a new one.
void storage_run_forget(struct storage_run *run);

// Opens and closes the ledger with its desk. 0 or a negative errno.
must_check int storage_run_open(struct storage_run *run);
void storage_run_close(struct storage_run *run);
// One turn of that many events, committed. A negative errno: it failed, and was rolled back.
must_check int storage_run_turn(struct storage_run *run, int events);

// Opens the ledger and looks at everything: what was acknowledged is there, a turn is there whole
// or not at all, each event has its decisions, the file is sound, and another turn goes. NULL, or
// what is wrong. The ledger is closed again.
const char *storage_run_check(struct storage_run *run);
