// The ledger: the only memory. One process writes it (the desk of headsupd), through one
// connection; others read it through ledger_reader.h. SQLite stands behind these names and nowhere
// else, so that another store can. A write that fails fails the whole turn: see ledger_broken().
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/records.h"
#include "common/verdict/verdict.h"

struct ledger;

// Opens the ledger for writing, made or migrated as needed, and locks it. -EBUSY where another
// daemon has it, -EPROTO where it is from a newer version or no ledger of ours, -EIO where it is
// damaged.
must_check int ledger_open(const char *path, struct ledger **ret, struct error *err);
// Opens a ledger only to look at, beside the daemon that writes it or without one: what loads
// works, what would write fails (the store is opened as ledger_reader.h has it).
must_check int ledger_open_view(const char *path, struct ledger **ret, struct error *err);
// Opens a ledger in memory, for trying things out.
must_check int ledger_open_memory(struct ledger **ret, struct error *err);
// Opens a ledger for trying out much: on disk, as far as it does not fit into a small cache, in a
// file without a name that is gone when it is closed.
must_check int ledger_open_scratch(struct ledger **ret, struct error *err);
void ledger_close(struct ledger *ledger);
void ledger_closep(struct ledger **ledger);

// A span of reading: everything in it sees one state, and it costs less than reads one by one.
must_check int ledger_begin_read(struct ledger *ledger, struct error *err);
void ledger_end_read(struct ledger *ledger);
// One turn's transaction. A commit that returns an error is neither done nor undone for certain: no
// receipt may follow it. After one that returns 0 its rows can be read, and may not be on disk yet:
// nobody may be told of them before ledger_settle().
must_check int ledger_begin(struct ledger *ledger, struct error *err);
must_check int ledger_commit(struct ledger *ledger, struct error *err);
// Brings all that was committed to the disk, and waits for it. Negative: nobody knows whether it
// ever will be there, and the ledger is broken.
must_check int ledger_settle(struct ledger *ledger, struct error *err);
// Begins that, beside what the caller does next; before the next commit it is to be settled.
void ledger_settle_beside(struct ledger *ledger);
bool ledger_settled(struct ledger *ledger); // ledger_settle() would have nothing to do
void ledger_rollback(struct ledger *ledger);
// How many transactions were undone so far: what was read in one of them may be true no more.
int64_t ledger_undone(const struct ledger *ledger);
// Moves what the write-ahead log holds to where it belongs, as far as that pays: little at a time
// while there is nothing else to do, or much where it grew long. After a commit. Negative: it
// failed.
must_check int ledger_checkpoint(struct ledger *ledger, bool idle, struct error *err);
// True where ledger_checkpoint() would have something to do.
bool ledger_wants_checkpoint(const struct ledger *ledger, bool idle);
// True where the store can no longer be trusted (I/O error, damage): stop, and start again.
bool ledger_broken(const struct ledger *ledger);
// Free space where the ledger lies, in bytes; INT64_MAX in memory.
int64_t ledger_free_bytes(const struct ledger *ledger);

// An accepted event as stored. Strings and bytes live in arena.
struct stored_event {
    int64_t seq;
    const char *bytes, *receipt;
    size_t size, receipt_size;
};

// Finds (source, id). 1 found, 0 not, or a negative errno.
must_check int ledger_find_event(struct ledger *ledger, const char *source, const char *id,
                                 struct arena *arena, struct stored_event *ret, struct error *err);
// The seq that the next event added will have.
int64_t ledger_next_seq(const struct ledger *ledger);

// What of a case file costs a look-up of its own, and so is asked for.
enum case_wants { CASE_COUNTS = 1, CASE_GROUP_VALUE = 2 };

struct case_query {
    const char *issue_key;   // NULL: about no issue
    int64_t issue_num;       // instead of the key, where it is known; 0: not
    const char *account_key; // NULL: the issue's own
    unsigned wants;          // enum case_wants, or-ed
    int64_t now_ms;
};

// Loads what bears on an event or a notice. What is not on record is left with known = false.
must_check int ledger_load_case(struct ledger *ledger, const struct case_query *query,
                                struct arena *arena, struct case_file *ret, struct error *err);

// Each saves within the transaction; a new row is given its num. before: the issue as it was loaded
// in this transaction, so that what was counted need not be counted again; NULL: it is.
must_check int ledger_save_issue(struct ledger *ledger, const struct issue *before,
                                 struct issue *issue, struct error *err);
must_check int ledger_save_account(struct ledger *ledger, struct account *account,
                                   struct error *err);
// Puts a decision that tells nobody to the others that ledger_add_event() takes.
void ledger_put_unsaid(struct text *unsaid, const struct notice_record *decision);
// issue_num: 0 for none. peer: who published it, as the socket said; NULL: nobody from outside.
// unsaid: NULL or empty for none; ended here. What tells somebody is added after it, as notices.
must_check int ledger_add_event(struct ledger *ledger, const struct event *event, const char *peer,
                                int64_t issue_num, const struct text *receipt, struct text *unsaid,
                                struct error *err);
// Adds what was decided as a notice: fate and all; gives it its num.
must_check int ledger_add_notice(struct ledger *ledger, struct notice_record *notice,
                                 struct error *err);

// The prefix of this ledger's notice ids: "hn_" and eight letters, random, made with the ledger.
const char *ledger_notice_prefix(const struct ledger *ledger);
