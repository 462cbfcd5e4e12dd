// The transactional outbox: notices that wait, what became of them, the lanes' standing state. A
// part of the ledger's interface, see ledger.h.
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/records.h"

struct ledger;

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
// Of any lane, for a trial that has none: what so many events after that one led to, in their
// order, whether it tells somebody or not (VERDICT_DECISIONS each at most); and the notices that
// wait and are due, oldest due first, at most limit. Their strings are in arena. Each returns how
// many, or a negative errno.
must_check int ledger_decisions_since(struct ledger *ledger, int64_t seq, int events,
                                      struct arena *arena, struct notice_record *ret,
                                      struct error *err);
must_check int ledger_waiting_notices(struct ledger *ledger, int64_t now_ms, int limit,
                                      struct arena *arena, struct notice_record *ret,
                                      struct error *err);
// When the first of those that wait is due: 1 and ret_ms, 0 where none waits, or a negative errno.
must_check int ledger_next_waiting(struct ledger *ledger, int64_t *ret_ms, struct error *err);
// The num that the next notice added will have.
must_check int ledger_next_notice(struct ledger *ledger, int64_t *ret, struct error *err);
// Records what became of an attempt.
must_check int ledger_save_outcome(struct ledger *ledger, const struct notice_outcome *outcome,
                                   struct error *err);
// Sends dead letters again, each by its rep's own lane, whichever it died in. Returns how many, or
// a negative errno.
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
// Opens likewise the lanes that those dead letters have to do with: where they died, and their
// reps'.
must_check int ledger_reopen_dead(struct ledger *ledger, const struct dead_filter *filter,
                                  int64_t now_ms, struct error *err);
// What its receiver said last; its state stays as it is.
must_check int ledger_save_answer(struct ledger *ledger, const struct lane_answer *answer,
                                  struct error *err);
must_check int ledger_load_lane(struct ledger *ledger, const char *lane, struct arena *arena,
                                struct lane_record *ret, struct error *err);
