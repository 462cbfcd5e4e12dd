// What time brings about, as the ledger has it: issues that come of an age, decisions kept for a
// digest. A part of the ledger's interface, see ledger.h.
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"

struct ledger;

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

// A rep for whom there is something to put in a digest.
struct due_digest {
    const char *rep;
    int role;
    int count;
    int64_t at_ms; // when it was due
};

// What one line of a digest is about.
struct digest_item {
    int64_t issue_num;                   // 0: about an account
    const char *key;                     // of the issue or the account
    const char *event_source, *event_id; // of one of the events behind it
    int count;                           // of decisions behind it
};

// The digests that are due, at most limit; strings live in arena. Returns how many.
must_check int ledger_due_digests(struct ledger *ledger, int64_t now_ms, int limit,
                                  struct arena *arena, struct due_digest *ret, struct error *err);
// When the next digest falls due: 1 and ret_ms, 0 where there is nothing to put in one.
must_check int ledger_next_digest(struct ledger *ledger, int64_t *ret_ms, struct error *err);
// Puts all that is due for the rep into the digest that is that notice.
must_check int ledger_fill_digest(struct ledger *ledger, int64_t notice_num,
                                  const struct due_digest *digest, int64_t now_ms,
                                  struct error *err);
// What is in a digest, an issue each, at most limit; strings live in arena. Returns how many.
must_check int ledger_digest_items(struct ledger *ledger, int64_t notice_num, int limit,
                                   struct arena *arena, struct digest_item *ret, struct error *err);
// How many that would be without a limit.
must_check int ledger_count_digest_items(struct ledger *ledger, int64_t notice_num,
                                         struct error *err);
