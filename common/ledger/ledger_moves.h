// The part of the ledger's writing that a changed rule book asks for: what waits for a lane that is
// no more, or whose receiver is another; and that which one makes that is dead.
#pragma once

#include <stdint.h>

#include "common/ledger/ledger.h"

// The first lane after that one, in the order of their names, that a notice waits for: 1 found (in
// arena), 0 none, or a negative errno.
must_check int ledger_waiting_lane(struct ledger *ledger, const char *after, struct arena *arena,
                                   const char **ret_lane, struct error *err);

// A notice that waits goes to another lane, as if it had not been tried, and keeps its place there.
// why is added to its own.
struct notice_move {
    int64_t num, now_ms;
    const char *rep, *lane, *why;
};
must_check int ledger_move_notice(struct ledger *ledger, const struct notice_move *move,
                                  struct error *err);

// A notice that waits is kept for its rep's digest instead, and why is added to its own.
must_check int ledger_keep_for_digest(struct ledger *ledger, int64_t num, int64_t digest_ms,
                                      const char *why, struct error *err);

// What waits for its next try in that lane is due at once, in the order in which it first was;
// anew: as if it had not been tried.
must_check int ledger_hasten_lane(struct ledger *ledger, const char *lane, bool anew,
                                  int64_t now_ms, struct error *err);
