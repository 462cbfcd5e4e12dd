// What is held for its moment, as the ledger has it: who was told of what when, and which notices
// wait to be asked again. A part of the ledger's interface, see ledger.h.
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/records.h"
#include "common/verdict/words.h"

struct ledger;

// What is held about an issue for whoever has a role, or where there is no issue that one notice.
struct held_group {
    int64_t issue_num; // 0: num alone
    int role;
    int64_t num;
};

// All of a group.
struct held_sum {
    int64_t count;         // 0: nothing is held
    int64_t first_num;     // the one that was held first
    enum notice_kind kind; // the weightiest
    unsigned changes;      // or-ed
    const char *words;     // the latest that an event had; NULL: none
};

// The notices whose moment has come, oldest first, at most limit; strings live in arena. Returns
// how many, or a negative errno. Several may be of one group.
must_check int ledger_due_held(struct ledger *ledger, int64_t now_ms, int limit,
                               struct arena *arena, struct notice_record *ret, struct error *err);
// When the next moment comes: 1 and ret_ms, 0 where nothing is held, or a negative errno.
must_check int ledger_next_held(struct ledger *ledger, int64_t *ret_ms, struct error *err);
must_check int ledger_sum_held(struct ledger *ledger, const struct held_group *group,
                               struct arena *arena, struct held_sum *ret, struct error *err);
// When the moment of what is held about the issue for the role comes; 0: nothing is held.
must_check int ledger_held_due(struct ledger *ledger, int64_t issue_num, int role, int64_t *ret_ms,
                               struct error *err);

// Each ends the wait of a group, or makes it longer, inside the transaction. quiet: see records.h.
must_check int ledger_hold_on(struct ledger *ledger, const struct held_group *group,
                              const char *rep, int64_t due_ms, const char *quiet,
                              struct error *err);
must_check int ledger_drop_held(struct ledger *ledger, const struct held_group *group,
                                int64_t now_ms, const char *quiet, struct error *err);
// All but the carrier itself are told by it.
must_check int ledger_carry_held(struct ledger *ledger, const struct held_group *group,
                                 int64_t carrier_num, int64_t now_ms, struct error *err);
// A notice that is held goes out: its num, rep, lane, kind, words, quiet and due_ms count.
must_check int ledger_release(struct ledger *ledger, const struct notice_record *notice,
                              struct error *err);

// When a message about the issue last went out to that rep in that role, as ledger_save_told() was
// told of it; 0: never.
must_check int ledger_load_told(struct ledger *ledger, int64_t issue_num, int role, const char *rep,
                                int64_t *ret_ms, struct error *err);
must_check int ledger_save_told(struct ledger *ledger, int64_t issue_num, int role, const char *rep,
                                int64_t at_ms, struct error *err);
// Whether anything about the issue ever went out to that rep in that role: 1, 0 or negative. Looks
// at all that was decided about it.
must_check int ledger_was_told(struct ledger *ledger, int64_t issue_num, int role, const char *rep,
                               struct error *err);
// Notes when the sales rep was first told of the issue at once; later ones change nothing.
must_check int ledger_save_heads_up(struct ledger *ledger, int64_t issue_num, int64_t at_ms,
                                    struct error *err);
// case_file.big of another issue of the account, among its BIG_AMONG newest ones.
enum { BIG_AMONG = 256 };
must_check int ledger_load_big(struct ledger *ledger, const char *account, int64_t issue_num,
                               struct arena *arena, const char **ret_key, struct error *err);

// The events whose notices that one carried, oldest first, at most limit. Returns how many.
must_check int ledger_carried_events(struct ledger *ledger, int64_t notice_num, int limit,
                                     struct arena *arena, struct event_name *ret,
                                     struct error *err);
