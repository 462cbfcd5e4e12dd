// The part of the outbox that finds a home for strays: notices that wait for a lane which the rule
// book does not have (any more), as after a reload, a restart, or a dead letter that is sent again.
// One rule for all: the notice goes to its own rep's webhook where the rule book still has that rep
// in that role; else to whoever is the account's own person in that role by the rule book as it is,
// which is the default one where the account's own is gone; and where the admin has no webhook any
// more, the admin's notices are dropped. The notice's record says so each time.
//
// And for what waits for a lane that is dead, closed or paused by an answer of its receiver, where
// its rep has a fallback that is not: it goes there, in its order, until the lane is opened again;
// and back, where the fallback is dead in its turn and the first is not any more.
// What a person paused stays.
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "common/base/log.h"
#include "common/ledger/ledger_moves.h"
#include "common/verdict/verdict.h"
#include "daemon/outbox/outbox_private.h"

enum { SWEEP = 256 }; // at a time

static int drop(struct outbox *outbox, const struct notice_record *record, int64_t now_ms,
                struct error *err)
{
    struct notice_outcome outcome = {.num = record->num,
                                     .fate = FATE_DROPPED,
                                     .due_ms = record->due_ms,
                                     .now_ms = now_ms,
                                     .attempts = record->attempts,
                                     .status = record->status,
                                     .answer = "the rule book has no webhook for the admin"};

    return ledger_save_outcome(outbox->ledger, &outcome, err);
}

// The rep who gets it now.
static int find_heir(struct outbox *outbox, const struct notice_record *record, int64_t now_ms,
                     const struct rep **ret, struct error *err)
{
    const struct rep *rep = rulebook_rep(outbox->rulebook, record->rep);
    enum role role = record->role == ROLE_SALES ? ROLE_SALES : ROLE_SERVICE;
    struct case_query query = {.issue_num = record->issue_num,
                               .account_key = record->issue_num ? NULL : record->account_key,
                               .now_ms = now_ms};
    struct case_file file;
    int code = 0;

    if (!rep || rep->role != role) {
        code = ledger_load_case(outbox->ledger, &query, outbox->arena, &file, err);
        rep = code < 0 ? NULL : verdict_person(outbox->rulebook, &file.account, role, now_ms, NULL);
    }
    *ret = rep;
    return code;
}

static int settle(struct outbox *outbox, const struct notice_record *record, int64_t now_ms,
                  struct error *err)
{
    struct notice_move move = {.num = record->num, .now_ms = now_ms};
    const struct rep *rep;
    char why[1024];
    int code;

    if (record->role == ROLE_ADMIN) {
        return drop(outbox, record, now_ms, err);
    }
    code = find_heir(outbox, record, now_ms, &rep, err);
    if (code < 0) {
        return code;
    }
    (void)snprintf(why, sizeof why, "the rule book has no %s any more, so it goes to %s",
                   record->lane, rep->webhook.lane);
    move.rep = rep->id;
    move.lane = rep->webhook.lane;
    move.why = why;
    // it is older than what that lane has seen
    outbox_rewind(outbox, outbox_slot(outbox, move.lane));
    return ledger_move_notice(outbox->ledger, &move, err);
}

typedef int settle_one(struct outbox *outbox, const struct notice_record *record, int64_t now_ms,
                       struct error *err);

// Settles some notices of the lane, and says how many; fewer than SWEEP: all. What the courier has
// in hand waits for its outcome.
static int sweep_lane(struct outbox *outbox, const char *lane, settle_one *how, int64_t now_ms,
                      struct error *err)
{
    struct due_cursor cursor = {.lane = lane};
    int settled = 0, count = LANE_WINDOW;

    while (settled < SWEEP && count == LANE_WINDOW) {
        count = ledger_due_notices(outbox->ledger, &cursor, INT64_MAX, LANE_WINDOW, outbox->arena,
                                   outbox->records, err);
        for (int i = 0; i < count; i++) {
            int code = 0;

            if (!outbox_has_in_hand(outbox, outbox->records[i].num)) {
                code = how(outbox, &outbox->records[i], now_ms, err);
                settled++;
            }
            if (code < 0) {
                return code;
            }
        }
    }
    return count < 0 ? count : settled;
}

static int sweep_stray(struct outbox *outbox, const char *lane, int64_t now_ms, struct error *err)
{
    int settled = sweep_lane(outbox, lane, settle, now_ms, err);

    if (settled > 0) {
        log_warning("outbox: %d notices waited for lane %s, which the rule book does not have: %s",
                    settled, lane,
                    strcmp(lane, "admin") == 0 ? "dropped"
                                               : "they go to the accounts' own or default reps");
    }
    return settled;
}

int outbox_sweep(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    const char *lane = "";
    int settled = 0, found = 1;

    outbox->swept = false;
    while (settled < SWEEP && found > 0) {
        found = ledger_waiting_lane(outbox->ledger, lane, outbox->arena, &lane, err);
        if (found > 0) {
            const struct slot *slot = outbox_slot(outbox, lane);
            int count = slot && !slot->gone ? 0 : sweep_stray(outbox, lane, now_ms, err);

            found = count < 0 ? count : found;
            settled += count;
        }
    }
    arena_reset(outbox->arena);
    outbox->swept = found == 0;
    return found < 0 ? found : 0;
}

// --- dead lanes ----------------------------------------------------------------------------------

struct slot *outbox_refuge(const struct outbox *outbox, const struct slot *slot)
{
    struct slot *to = lane_is_dead(&slot->lane) ? outbox_fallback(outbox, slot) : NULL;

    to = !to && lane_is_dead(&slot->lane) ? outbox_own(outbox, slot) : to;
    return to && lane_standing(&to->lane) == LANE_OPEN ? to : NULL;
}

// Where something may wait: it has not been looked at since the lane died. Not before all that it
// had in hand is on record: what came later must not pass that.
static bool wants_divert(const struct outbox *outbox, const struct slot *slot)
{
    return (slot->lane.next_due_ms == 0 || slot->diverted) && slot->unsettled == 0 &&
           outbox_refuge(outbox, slot);
}

bool outbox_wants_divert(const struct outbox *outbox)
{
    const struct slot *slot;

    DL_FOREACH(outbox->due, slot)
    {
        if (wants_divert(outbox, slot)) {
            return true;
        }
    }
    return outbox->diverted;
}

static int divert_one(struct outbox *outbox, const struct notice_record *record, int64_t now_ms,
                      struct error *err)
{
    const struct slot *slot = outbox_slot(outbox, record->lane);
    const struct slot *to = outbox_refuge(outbox, slot);
    char why[256];
    struct notice_move move = {.num = record->num,
                               .now_ms = now_ms,
                               .rep = record->rep,
                               .lane = to->lane.endpoint->lane,
                               .why = why};

    (void)snprintf(why, sizeof why, "lane %s is %s, so it goes %s", record->lane,
                   lane_state_name(lane_standing(&slot->lane)),
                   to == outbox_fallback(outbox, slot) ? "to the fallback" : "back to the first");
    return ledger_move_notice(outbox->ledger, &move, err);
}

int outbox_divert(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    bool wanted = outbox_wants_divert(outbox);
    int settled = 0;

    for (size_t i = 0; wanted && settled >= 0 && i < outbox->slot_count; i++) {
        struct slot *slot = &outbox->slots[i];

        if (wants_divert(outbox, slot)) {
            settled = sweep_lane(outbox, slot->lane.endpoint->lane, divert_one, now_ms, err);
            outbox_rewind(outbox, outbox_refuge(outbox, slot)); // as above
            slot->diverted = outbox->diverted = true;
            outbox_set_due(outbox, slot, settled < SWEEP ? INT64_MAX : 0);
            arena_reset(outbox->arena);
        }
    }
    return settled < 0 ? settled : 0;
}
