// The silences that are on record. A part of the ledger's interface, see ledger.h.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/standing.h"

struct ledger;

// Sets it, in place of the one of the same name.
must_check int ledger_save_silence(struct ledger *ledger, const struct silence_record *silence,
                                   struct error *err);
must_check int ledger_drop_silence(struct ledger *ledger, const char *name, struct error *err);
// Takes out those that have ended.
must_check int ledger_prune_silences(struct ledger *ledger, int64_t now_ms, struct error *err);
// Calls back for each, those that end first at the beginning; strings are valid during the call
// only.
must_check int ledger_walk_silences(struct ledger *ledger, on_silence *callback, void *user,
                                    struct error *err);
