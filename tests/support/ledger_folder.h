// A fixture: a folder for one test's ledger, removed after it, and the rows that most tests begin
// with.
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/ledger/ledger.h"
#include "tests/support/happenings.h"

struct ledger_folder {
    char folder[32];
    char path[64]; // of the ledger
    struct ledger *ledger;
    struct arena *arena;
    struct happenings happenings;
    struct error err;
};

// Setup and teardown of cmocka; the ledger is open in between.
int ledger_folder_open(void **state);
int ledger_folder_close(void **state);

// Closes the ledger and opens it again. 0 or a negative errno.
int ledger_folder_reopen(struct ledger_folder *folder);
// Closes the ledger and leaves the file as a killed daemon does: with its WAL.
void ledger_folder_kill(struct ledger_folder *folder);
// Runs SQL on the file, beside the ledger. What fails ends the program.
void ledger_folder_sql(struct ledger_folder *folder, const char *sql);

// A turn of its own, and what it loads. What fails ends the program.
void ledger_folder_begin(struct ledger_folder *folder);
void ledger_folder_commit(struct ledger_folder *folder);
struct case_file ledger_folder_load(struct ledger_folder *folder, const struct case_query *query);

// Adds an event about INV-7 (with the row where it is not there yet) in the open
// transaction and returns its seq; its receipt is {"seq":…}.
int64_t ledger_folder_event(struct ledger_folder *folder);
// Adds a notice that the event caused, in the open transaction, and returns its num.
int64_t ledger_folder_notice(struct ledger_folder *folder, int64_t event_seq, enum fate fate,
                             const char *lane, int64_t due_ms);
