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
// Opens a ledger in memory, for trying things out.
must_check int ledger_open_memory(struct ledger **ret, struct error *err);
void ledger_close(struct ledger *ledger);
void ledger_closep(struct ledger **ledger);

// A span of reading: everything in it sees one state, and it costs less than reads one by one.
must_check int ledger_begin_read(struct ledger *ledger, struct error *err);
void ledger_end_read(struct ledger *ledger);
// One turn's transaction. A commit that returns an error is neither done nor undone for certain: no
// receipt may follow it.
must_check int ledger_begin(struct ledger *ledger, struct error *err);
must_check int ledger_commit(struct ledger *ledger, struct error *err);
void ledger_rollback(struct ledger *ledger);
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

// Each saves within the transaction; a new row is given its num.
must_check int ledger_save_issue(struct ledger *ledger, struct issue *issue, struct error *err);
must_check int ledger_save_account(struct ledger *ledger, struct account *account,
                                   struct error *err);
// issue_num: 0 for none. peer: who published it, as the socket said; NULL: nobody from outside.
must_check int ledger_add_event(struct ledger *ledger, const struct event *event, const char *peer,
                                int64_t issue_num, const struct text *receipt, struct error *err);
// The num that the next notice added will have.
must_check int ledger_next_notice(struct ledger *ledger, int64_t *ret, struct error *err);
// Adds what was decided as a notice, sent or not: fate and all; gives it its num.
must_check int ledger_add_notice(struct ledger *ledger, struct notice_record *notice,
                                 struct error *err);

// An issue that came of an age that a rule asks about.
struct due_alarm {
    const char *issue_key;
    int64_t at_ms;
};

// The alarms that are due, oldest first, at most limit; their strings live in arena. Returns how
// many, or a negative errno. An alarm is armed and put off by ledger_save_issue().
must_check int ledger_due_alarms(struct ledger *ledger, int64_t now_ms, int limit,
                                 struct arena *arena, struct due_alarm *ret, struct error *err);
// When the next alarm rings: 1 and ret_ms, 0 where none is armed, or a negative errno.
must_check int ledger_next_alarm(struct ledger *ledger, int64_t *ret_ms, struct error *err);
// Arms the alarms of all open issues anew where the ages differ from those of the last call; ages
// that an issue is past already do not ring.
must_check int ledger_arm_alarms(struct ledger *ledger, const int64_t *ages_ms, size_t count,
                                 int64_t now_ms, struct error *err);

// Where a walk through the notices of a lane that wait stands; zeroed: at the beginning.
struct due_cursor {
    const char *lane;
    int64_t due_ms, num; // of the last one that was given out
};

// The next notices of a lane that wait and are due, oldest due first, at most limit, and the cursor
// moves on. The strings of each live in arena. Returns how many, or a negative errno.
must_check int ledger_due_notices(struct ledger *ledger, struct due_cursor *cursor, int64_t now_ms,
                                  int limit, struct arena *arena, struct notice_record *ret,
                                  struct error *err);
// When the lane's next notice falls due after now: 1 and ret_ms, 0 where none waits for later.
must_check int ledger_next_due(struct ledger *ledger, const char *lane, int64_t now_ms,
                               int64_t *ret_ms, struct error *err);
// Records what became of an attempt.
must_check int ledger_save_outcome(struct ledger *ledger, const struct notice_outcome *outcome,
                                   struct error *err);
// Sends dead letters again. Returns how many, or a negative errno.
must_check int ledger_retry_dead(struct ledger *ledger, const struct dead_filter *filter,
                                 int64_t now_ms, struct error *err);

// The lane that a dead letter died in: 1 found, 0 no such dead letter, or a negative errno.
must_check int ledger_dead_lane(struct ledger *ledger, int64_t num, struct arena *arena,
                                const char **ret_lane, struct error *err);
// A lane's standing state, which outlives the daemon.
must_check int ledger_save_lane(struct ledger *ledger, const struct lane_record *lane,
                                struct error *err);
// Opens that lane, or all where it is NULL, but for what a person paused.
must_check int ledger_reopen_lanes(struct ledger *ledger, const char *lane, int64_t now_ms,
                                   struct error *err);
// What its receiver said last; its state stays as it is.
must_check int ledger_save_answer(struct ledger *ledger, const struct lane_answer *answer,
                                  struct error *err);
must_check int ledger_load_lane(struct ledger *ledger, const char *lane, struct arena *arena,
                                struct lane_record *ret, struct error *err);
// The prefix of this ledger's notice ids: "hn_" and eight letters, random, made with the ledger.
const char *ledger_notice_prefix(const struct ledger *ledger);
