// The desk's process: its loop repeats one turn. Wait; receive up to N events; open a transaction;
// handle each; record the courier's outcomes; commit; send the receipts; hand the courier what is
// due. Persist, then answer, as a group. The clock is read once a turn.
#pragma once

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/rulebook.h"

// Runs the daemon until SIGTERM or SIGINT; takes the rule book over. 0, or a negative errno with
// the words in err.
must_check int turn_run(struct rulebook **rulebook, struct error *err);
