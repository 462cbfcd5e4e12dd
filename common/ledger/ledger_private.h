// What ledger.c and outbox.c share of a ledger. Internal to this folder.
#pragma once

#include "common/ledger/store.h"

struct ledger;

struct store *ledger_store(struct ledger *ledger);
// The one moment that a query without parameters gives: 1 and ret_ms, 0 where it gives none.
must_check int ledger_next_moment(struct ledger *ledger, enum sql which, int64_t *ret_ms,
                                  struct error *err);
