// What ledger.c and outbox.c share of a ledger. Internal to this folder.
#pragma once

#include "common/ledger/store.h"

struct ledger;

struct store *ledger_store(struct ledger *ledger);
