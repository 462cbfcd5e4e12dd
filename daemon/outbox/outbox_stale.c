#include "daemon/outbox/outbox_stale.h"

#include <stdio.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_moves.h"
#include "daemon/outbox/outbox_private.h"

enum { LOOK_LEAST_MS = SECOND_MS, LOOK_MOST_MS = MINUTE_MS, LOOKED_THROUGH = LANE_WINDOW };

bool stale_is(const struct outbox *outbox, const struct slot *slot,
              const struct notice_record *record, int64_t now_ms)
{
    int64_t since_ms = record->attempts && record->since_ms ? record->since_ms : record->due_ms;
    int64_t most_ms = slot->lane.endpoint->expire_after_ms;

    return most_ms && record->kind == NOTICE_HEADS_UP && record->event_seq &&
           now_ms - since_ms > most_ms && rulebook_rep(outbox->rulebook, record->rep);
}

// How often a lane that does not flow is looked through.
static int64_t look_every(const struct endpoint *endpoint)
{
    int64_t every_ms = endpoint->expire_after_ms / 4;

    return every_ms < LOOK_LEAST_MS  ? LOOK_LEAST_MS
           : every_ms > LOOK_MOST_MS ? LOOK_MOST_MS
                                     : every_ms;
}

static void set_look(struct outbox *outbox, struct slot *slot, bool look)
{
    outbox->stale_looks += look - slot->stale.look;
    slot->stale.look = look;
}

void stale_note(struct outbox *outbox, int64_t now_ms)
{
    if (outbox->stale_at_ms == INT64_MAX || // no lane has an end of its news
        (now_ms < outbox->stale_at_ms && outbox->stale_at_ms - now_ms <= LOOK_MOST_MS)) {
        return;
    }
    outbox->stale_at_ms = INT64_MAX;
    for (size_t i = 0; i < outbox->slot_count; i++) {
        struct slot *slot = &outbox->slots[i];

        if (slot->lane.endpoint->expire_after_ms) {
            int64_t next_ms = now_ms + look_every(slot->lane.endpoint);

            outbox->stale_at_ms = next_ms < outbox->stale_at_ms ? next_ms : outbox->stale_at_ms;
            if (slot->lane.flow != LANE_FLOWING || slot->lane.held_until_ms > now_ms) {
                set_look(outbox, slot, true);
            }
        }
    }
}

void stale_found(struct outbox *outbox, struct slot *slot)
{
    set_look(outbox, slot, true);
    slot->stale.found = true;
    slot->stale.at = (struct due_cursor){0};
}

bool stale_wants_record(const struct outbox *outbox)
{
    return outbox->stale_looks > 0;
}

static int to_digest(struct outbox *outbox, const struct slot *slot,
                     const struct notice_record *record, int64_t now_ms, struct error *err)
{
    const struct rep *rep = rulebook_rep(outbox->rulebook, record->rep);
    char why[96 + SPAN_TEXT_BYTES], span[SPAN_TEXT_BYTES];

    (void)snprintf(why, sizeof why,
                   "it waited for its receiver longer than %s, so it is for the "
                   "digest",
                   span_format_whole(slot->lane.endpoint->expire_after_ms, span));
    return ledger_keep_for_digest(outbox->ledger, record->num,
                                  zone_next(rep->zone, rep->digest_minute, now_ms), why, err);
}

// Looks through what waits long enough, as far as a turn may take.
static int look_through(struct outbox *outbox, struct slot *slot, int64_t now_ms, struct error *err)
{
    struct due_cursor cursor = slot->stale.at;
    // what was tried is due later than it waits
    int64_t before_ms = slot->stale.found ? now_ms : now_ms - slot->lane.endpoint->expire_after_ms;
    int code = 0, count;

    cursor.lane = slot->lane.endpoint->lane;
    count = ledger_due_notices(outbox->ledger, &cursor, before_ms, LOOKED_THROUGH, outbox->arena,
                               outbox->records, err);
    for (int i = 0; code == 0 && i < count; i++) {
        const struct notice_record *record = &outbox->records[i];

        if (stale_is(outbox, slot, record, now_ms) && !outbox_has_in_hand(outbox, record->num)) {
            code = to_digest(outbox, slot, record, now_ms, err);
        }
    }
    slot->stale.next = cursor;
    slot->stale.more = count == LOOKED_THROUGH;
    return count < 0 ? count : code;
}

int stale_record(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    int code = 0;

    for (size_t i = 0; outbox->stale_looks && code == 0 && i < outbox->slot_count; i++) {
        if (outbox->slots[i].stale.look) {
            code = look_through(outbox, &outbox->slots[i], now_ms, err);
            arena_reset(outbox->arena);
        }
    }
    return code;
}

void stale_recorded(struct outbox *outbox, struct slot *slot)
{
    if (slot->stale.look) {
        slot->stale.at = slot->stale.next;
        set_look(outbox, slot, slot->stale.more);
        if (slot->stale.found && !slot->stale.more) {
            slot->stale = (struct stale){0};
        }
    }
}
