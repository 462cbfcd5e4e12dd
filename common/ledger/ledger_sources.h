// The sources that the rule book has watched, as they are on record. A part of the ledger's
// interface, see ledger.h.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/standing.h"

struct ledger;

must_check int ledger_save_source(struct ledger *ledger, const struct source_record *source,
                                  struct error *err);
must_check int ledger_drop_source(struct ledger *ledger, const char *name, struct error *err);
// Calls back for each; strings are valid during the call only.
must_check int ledger_walk_sources(struct ledger *ledger, on_source *callback, void *user,
                                   struct error *err);
