#include "daemon/outbox/outbox_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/ledger/ledger_moves.h"

enum { TELL_AGAIN_MS = HOUR_MS };

// --- orders --------------------------------------------------------------------------------------

// What was ordered may yet be rolled back: standing_look() asks the ledger.
static void look_at(struct outbox *outbox, const char *lane)
{
    struct slot *named = lane ? outbox_slot(outbox, lane) : NULL;

    for (size_t i = 0; i < outbox->slot_count; i++) {
        struct slot *slot = &outbox->slots[i];

        slot->look = slot->look || (!slot->gone && (!lane || slot == named));
    }
    outbox->look = true;
}

void outbox_lane_is_paused(void *user, const char *lane)
{
    look_at(user, lane);
}

void outbox_lane_is_resumed(void *user, const char *lane)
{
    struct outbox *outbox = user;

    look_at(outbox, lane);
    outbox->strays = true; // it may have died in a lane that is no more
}

void outbox_source_is_silent(void *user, const char *words)
{
    (void)user;
    log_warning("desk: %s", words);
}

static int look_at_one(struct outbox *outbox, struct slot *slot, struct error *err)
{
    const char *lane = slot->lane.endpoint->lane;
    struct lane_record record = {.state = LANE_OPEN};
    int code = ledger_load_lane(outbox->ledger, lane, outbox->arena, &record, err);

    if (code < 0) {
        return code;
    }
    if (record.state == LANE_OPEN) {
        struct slot *fallback = outbox_fallback(outbox, slot);

        lane_reopen(&slot->lane);
        outbox_rewind(outbox, slot);
        if (fallback) {
            outbox_rewind(outbox, fallback); // what waits there may come back
        }
    } else if (record.state == LANE_PAUSED && record.by) {
        lane_pause(&slot->lane);
        // what it has in hand and did not start yet comes back, and keeps its place
        code = outbox->pair && slot->lane.in_hand ? pair_send_recall(outbox->pair, lane) : 0;
    }
    slot->look = code < 0;
    return code < 0 ? error_set(err, -EAGAIN, "the courier is busy") : 0;
}

int standing_look(struct outbox *outbox, struct error *err)
{
    int code = 0;

    if (!outbox->look) {
        return 0;
    }
    for (size_t i = 0; (code == 0 || code == -EAGAIN) && i < outbox->slot_count; i++) {
        if (outbox->slots[i].look) {
            int looked = look_at_one(outbox, &outbox->slots[i], err);

            code = looked < 0 ? looked : code;
            arena_reset(outbox->arena);
        }
    }
    outbox->look = code < 0;
    return code;
}

// --- on record -----------------------------------------------------------------------------------

static int save_lane(struct outbox *outbox, const struct slot *slot, const char *why,
                     int64_t now_ms, struct error *err)
{
    struct lane_record record = {.lane = slot->lane.endpoint->lane,
                                 .state = lane_standing(&slot->lane),
                                 .why = why,
                                 .since_ms = now_ms};

    return ledger_save_lane(outbox->ledger, &record, err);
}

int standing_restore(struct outbox *outbox, struct slot *slot, struct error *err)
{
    struct lane_record record;
    int found =
        ledger_load_lane(outbox->ledger, slot->lane.endpoint->lane, outbox->arena, &record, err);

    if (found > 0) {
        slot->answered_ms = record.answered_ms;
        slot->answer_status = record.status;
    }
    if (found > 0 && record.state == LANE_CLOSED) {
        slot->lane.flow = LANE_IS_CLOSED;
    } else if (found > 0 && record.by) {
        lane_pause(&slot->lane);
    } else if (found > 0 && record.state == LANE_PAUSED) {
        return save_lane(outbox, slot, "tried again at start", record.since_ms, err);
    }
    return found < 0 ? found : 0;
}

// A lane that delivers all day long says so once a second; what is new, at once.
static bool answer_is_news(const struct kept *kept, const struct slot *slot, int64_t now_ms)
{
    return slot->last == kept &&
           (kept->status != slot->answer_status || now_ms - slot->answered_ms >= SECOND_MS ||
            now_ms < slot->answered_ms);
}

int standing_record_answers(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < outbox->kept_count; i++) {
        const struct kept *kept = &outbox->kept[i];
        struct slot *slot = kept->job->slot;

        if (answer_is_news(kept, slot, now_ms)) {
            struct lane_answer answer = {slot->lane.endpoint->lane, now_ms, kept->status,
                                         kept->answer};

            code = ledger_save_answer(outbox->ledger, &answer, err);
            slot->answered_ms = now_ms;
            slot->answer_status = kept->status;
        }
    }
    return code;
}

// --- the admin -----------------------------------------------------------------------------------

// The admin hears which lane is in trouble and why, never about whom.
static int tell_admin(struct outbox *outbox, const char *lane, const char *why, int64_t now_ms,
                      struct error *err)
{
    struct notice_record notice = {.role = ROLE_ADMIN,
                                   .kind = NOTICE_DEAD_LETTER,
                                   .fate = FATE_WAITING,
                                   .rep = "admin",
                                   .lane = "admin",
                                   .rule = "law: the admin hears of a lane in trouble",
                                   .why = why,
                                   .created_ms = now_ms,
                                   .due_ms = now_ms};

    log_warning("outbox: %s", why);
    // of the admin's own lane nobody else is to hear
    if (!outbox->rulebook->admin || strcmp(lane, "admin") == 0) {
        return 0;
    }
    outbox_lane_has_work(outbox, "admin");
    return ledger_add_notice(outbox->ledger, &notice, err);
}

// What stopped a lane, as its record has it.
static int save_answered(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                         struct error *err)
{
    const char *answer = kept->answer ? kept->answer : "";
    char why[512];

    (void)snprintf(why, sizeof why, "answered %d%s%s", kept->status, *answer ? ": " : "", answer);
    return save_lane(outbox, kept->job->slot, why, now_ms, err);
}

static int tell_stopped(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                        struct error *err)
{
    const struct slot *slot = kept->job->slot, *to = outbox_refuge(outbox, slot);
    const char *lane = slot->lane.endpoint->lane, *where = "";
    char why[256];

    if (to) {
        where = to == outbox_fallback(outbox, slot) ? "; what waits goes to the fallback"
                                                    : "; what waits goes back to the first";
    }
    (void)snprintf(why, sizeof why, "lane %s is %s: its receiver answered %d%s", lane,
                   lane_state_name(lane_standing(&slot->lane)), kept->status, where);
    return tell_admin(outbox, lane, why, now_ms, err);
}

static int tell_dead(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                     struct error *err)
{
    const struct slot *slot = kept->job->slot;
    const char *lane = slot->lane.endpoint->lane;
    char why[256], id[NOTICE_ID_BYTES];

    (void)snprintf(
        why, sizeof why, "lane %s %s %s, last answer %d", lane,
        outbox_fallback(outbox, slot) ? "gave up on a notice, which goes to the fallback:"
                                      : "has a dead letter:",
        notice_id_format(ledger_notice_prefix(outbox->ledger), kept->job->num, id), kept->status);
    return tell_admin(outbox, lane, why, now_ms, err);
}

// A receiver that takes one and refuses the next is told of once in a while, not per letter.
static bool is_over(const struct slot *slot, int64_t now_ms)
{
    return now_ms < slot->dead_told_ms || now_ms - slot->dead_told_ms >= TELL_AGAIN_MS;
}

int standing_record(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                    struct error *err)
{
    struct slot *slot = kept->job->slot;
    int code = 0;

    if (kept->event.state_changed) {
        code = save_answered(outbox, kept, now_ms, err);
        code = code < 0 ? code : tell_stopped(outbox, kept, now_ms, err);
    }
    if (code == 0 && kept->event.recovered) {
        code = ledger_hasten_lane(outbox->ledger, slot->lane.endpoint->lane, false, now_ms, err);
        outbox_rewind(outbox, slot);
    }
    if (kept->event.fate == FATE_DELIVERED && is_over(slot, now_ms)) {
        slot->dead_telling = false;
    }
    if (code == 0 && kept->event.fate == FATE_DEAD && !slot->dead_telling) {
        slot->dead_telling = true;
        slot->dead_told_ms = now_ms;
        code = tell_dead(outbox, kept, now_ms, err);
    }
    return code;
}
