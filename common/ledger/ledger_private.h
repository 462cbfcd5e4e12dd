// What the files of the ledger share of a ledger. Internal to this folder.
#pragma once

#include "common/ledger/case_cache.h"
#include "common/ledger/notice_cache.h"
#include "common/ledger/store.h"

struct ledger;

struct store *ledger_store(struct ledger *ledger);
// To be told of accounts and issues that are changed otherwise than by saving one.
struct case_cache *ledger_cases(struct ledger *ledger);
// What ledger_add_notice() added in the last transaction.
struct notice_cache *ledger_fresh(struct ledger *ledger);
// The one moment that a query without parameters gives: 1 and ret_ms, 0 where it gives none.
must_check int ledger_next_moment(struct ledger *ledger, enum sql which, int64_t *ret_ms,
                                  struct error *err);
