// A desk on a ledger of its own, with a clock that the test sets: events go in, receipts come out,
// and every row can be looked at. No socket, no waiting: days pass in milliseconds.
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/desk/desk.h"
#include "common/ledger/ledger.h"
#include "common/rulebook/rulebook.h"

struct stage {
    struct rulebook *rulebook;
    struct ledger *ledger;
    struct desk *desk;
    struct arena *arena; // of rows that were read; lives as long as the stage
    struct text receipt; // of the last event, as it was sent
    struct text bytes;   // of the last event
    int64_t now_ms;
    int64_t late_ms; // how long before the clock the next events happened
    int events;      // how many were made here: their ids count up
};

#define STAGE_START_MS INT64_C(1795420800000) // Mon 23 Nov 2026, 08:00 UTC

// book: words, see small_book.h. ledger_path NULL: in memory.
void stage_open(struct stage *stage, const char *book, const char *ledger_path);
void stage_close(struct stage *stage);

// Writes an event of "/test" at the stage's clock into stage->bytes; data is JSON, without its
// outer braces.
void stage_write(struct stage *stage, const char *type, const char *subject, const char *data);
// Has the desk handle those bytes inside the open transaction. 0 or a negative errno.
int stage_handle(struct stage *stage, struct error *err);
// A whole turn of one event: write, begin, handle, commit. What fails ends the program.
const char *stage_publish(struct stage *stage, const char *type, const char *subject,
                          const char *data);
// The same, with the receipt read back. The caller owns it.
json_t *stage_receipt(struct stage *stage, const char *type, const char *subject, const char *data);
// A turn in which the alarms that are due ring; how many did. The receipt of the last is read back
// where one rang; the caller owns it.
int stage_ring(struct stage *stage, json_t **ret_receipt);

// Reads the notices for which the SQL condition on n holds, oldest first, at most most.
size_t stage_notices(struct stage *stage, const char *where, struct notice_record *ret,
                     size_t most);
// The one number that a query gives.
int64_t stage_number(struct stage *stage, const char *sql);
// The issue with its account, as they stand.
struct case_file stage_case(struct stage *stage, const char *issue_key);
