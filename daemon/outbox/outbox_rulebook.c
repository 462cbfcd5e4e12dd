// The part of outbox.h that makes lanes of the rule book, and makes them anew of a changed one.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/base/log.h"
#include "common/base/xalloc.h"
#include "common/ledger/ledger_moves.h"
#include "daemon/outbox/outbox_private.h"

struct endpoints {
    const struct endpoint **list; // owned
    size_t count;
};

static struct endpoints endpoints_of(const struct rulebook *rulebook)
{
    size_t most = rulebook->rep_count * 2 + 1;
    struct endpoints all = {.list = xcalloc(most, sizeof(const struct endpoint *))};

    for (size_t i = 0; i < rulebook->rep_count; i++) {
        all.list[all.count++] = &rulebook->reps[i].webhook;
        if (rulebook->reps[i].fallback) {
            all.list[all.count++] = rulebook->reps[i].fallback;
        }
    }
    if (rulebook->admin) {
        all.list[all.count++] = rulebook->admin;
    }
    return all;
}

static bool same_text(const char *left, const char *right)
{
    return left == right || (left && right && strcmp(left, right) == 0);
}

static bool same_networks(const struct endpoint *left, const struct endpoint *right)
{
    bool same = left->allow_count == right->allow_count;

    for (size_t i = 0; same && i < left->allow_count; i++) {
        same = same_text(left->allow[i], right->allow[i]);
    }
    return same;
}

static bool same_answers(const struct endpoint *left, const struct endpoint *right)
{
    bool same = left->answer_count == right->answer_count;

    for (size_t i = 0; same && i < left->answer_count; i++) {
        same = left->answers[i].act == right->answers[i].act &&
               same_text(left->answers[i].status, right->answers[i].status);
    }
    return same;
}

// The same receiver, asked in the same way: what it said before holds.
static bool same_receiver(const struct endpoint *left, const struct endpoint *right)
{
    return same_text(left->url, right->url) && same_text(left->secret, right->secret) &&
           left->format == right->format && left->insecure == right->insecure &&
           left->allow_private == right->allow_private && same_networks(left, right) &&
           same_answers(left, right) && same_text(left->proxy, right->proxy) &&
           same_text(left->ca, right->ca) && same_text(left->client_cert, right->client_cert) &&
           same_text(left->client_key, right->client_key);
}

static bool same_pace(const struct endpoint *left, const struct endpoint *right)
{
    return left->concurrency == right->concurrency && left->rate_gap_ms == right->rate_gap_ms &&
           left->timeout_ms == right->timeout_ms &&
           left->connect_timeout_ms == right->connect_timeout_ms;
}

// NOLINTNEXTLINE(readability-function-size): the nesting is inside uthash's macro
static struct slot *find(struct slot *by_lane, const char *lane)
{
    struct slot *slot;

    HASH_FIND(hh, by_lane, lane, strlen(lane), slot);
    return slot;
}

struct slot *outbox_slot(const struct outbox *outbox, const char *lane)
{
    return find(outbox->by_lane, lane);
}

struct slot *outbox_fallback(const struct outbox *outbox, const struct slot *slot)
{
    const struct rep *rep = rulebook_rep(outbox->rulebook, slot->lane.endpoint->lane);

    return rep && rep->fallback ? outbox_slot(outbox, rep->fallback->lane) : NULL;
}

struct slot *outbox_own(const struct outbox *outbox, const struct slot *slot)
{
    const struct rep *rep = rulebook_fallback_of(outbox->rulebook, slot->lane.endpoint->lane);

    return rep ? outbox_slot(outbox, rep->webhook.lane) : NULL;
}

static void from_oldest(struct slot *slot)
{
    slot->cursor.due_ms = 0;
    slot->cursor.num = 0;
    slot->lane.next_due_ms = 0;
}

void outbox_rewind(struct outbox *outbox, struct slot *slot)
{
    from_oldest(slot);
    outbox_set_due(outbox, slot, 0);
}

void outbox_set_due(struct outbox *outbox, struct slot *slot, int64_t due_ms)
{
    bool is_due = due_ms != INT64_MAX;

    slot->lane.next_due_ms = due_ms;
    if (is_due && !slot->is_due) {
        DL_APPEND(outbox->due, slot);
    } else if (!is_due && slot->is_due) {
        DL_DELETE(outbox->due, slot);
    }
    slot->is_due = is_due;
}

void outbox_drop_slots(struct outbox *outbox)
{
    HASH_CLEAR(hh, outbox->by_lane);
    for (size_t i = 0; i < outbox->slot_count; i++) {
        if (outbox->slots[i].gone) {
            free(outbox->slots[i].gone->lane);
            free(outbox->slots[i].gone);
        }
    }
    free(outbox->slots);
    outbox->slots = outbox->due = NULL;
    outbox->slot_count = 0;
}

// --- on record -----------------------------------------------------------------------------------

static int open_on_record(struct outbox *outbox, const char *lane, const char *why, int64_t now_ms,
                          struct error *err)
{
    struct lane_record record;
    int found = ledger_load_lane(outbox->ledger, lane, outbox->arena, &record, err);

    if (found <= 0 || record.state == LANE_OPEN || record.by) {
        return found < 0 ? found : 0;
    }
    record = (struct lane_record){.lane = lane, .state = LANE_OPEN, .why = why, .since_ms = now_ms};
    return ledger_save_lane(outbox->ledger, &record, err);
}

int outbox_record_rulebook(struct outbox *outbox, const struct rulebook *rulebook, int64_t now_ms,
                           struct error *err)
{
    struct endpoints all = endpoints_of(rulebook);
    int code = 0;

    for (size_t i = 0; code == 0 && i < all.count; i++) {
        const char *lane = all.list[i]->lane;
        const struct slot *old = outbox_slot(outbox, lane);

        if (!old || old->gone) {
            code = open_on_record(outbox, lane, "it is in the rule book anew", now_ms, err);
        } else if (!same_receiver(old->lane.endpoint, all.list[i])) {
            code = open_on_record(outbox, lane, "its endpoint was changed", now_ms, err);
            code = code < 0 ? code : ledger_hasten_lane(outbox->ledger, lane, true, now_ms, err);
        }
    }
    arena_reset(outbox->arena);
    free(all.list);
    return code;
}

// --- in memory -----------------------------------------------------------------------------------

// The lanes to be, and those that are.
struct change {
    struct slot *slots;
    size_t count;
    struct slot *by_lane;
};

// NOLINTNEXTLINE(readability-function-size): as above
static struct slot *add_slot(struct change *change, const struct slot *old,
                             const struct endpoint *endpoint)
{
    struct slot *slot = &change->slots[change->count++];

    if (old) {
        *slot = *old;
    }
    slot->gone = NULL;
    slot->lane.endpoint = endpoint;
    slot->cursor.lane = endpoint->lane;
    HASH_ADD_KEYPTR(hh, change->by_lane, endpoint->lane, strlen(endpoint->lane), slot);
    return slot;
}

static void start_anew(struct slot *slot)
{
    lane_reopen(&slot->lane);
    from_oldest(slot);
    slot->dead_told = false;
    slot->answered_ms = 0; // by another one
    slot->look = true;     // a person's pause outlives it
    slot->untold = true;
}

// A lane that the new rule book has: as it stands, or from the beginning where its receiver is
// another.
static void keep_slot(struct change *change, const struct slot *old,
                      const struct endpoint *endpoint)
{
    struct slot *slot = add_slot(change, old, endpoint);

    if (!old || old->gone || !same_receiver(old->lane.endpoint, endpoint)) {
        if (old && !old->gone) {
            log_info("outbox: lane %s has another endpoint", endpoint->lane);
        }
        start_anew(slot);
    } else if (!same_pace(old->lane.endpoint, endpoint)) {
        slot->untold = true;
    }
}

// A lane that it has not: it gets nothing more, and stays until what is in hand has its outcome.
static void part_with(struct change *change, const struct slot *old, bool has_courier)
{
    struct endpoint *name_alone;

    if (!old->gone) {
        log_info("outbox: lane %s is no more", old->lane.endpoint->lane);
    }
    if (!has_courier || (old->gone && !old->untold && old->lane.in_hand == 0)) {
        return;
    }
    name_alone = xcalloc(1, sizeof *name_alone);
    name_alone->lane = xstrdup(old->lane.endpoint->lane);
    (void)add_slot(change, old, name_alone);
    change->slots[change->count - 1].gone = name_alone;
    change->slots[change->count - 1].untold = !old->gone || old->untold;
    change->slots[change->count - 1].look = false; // nothing opens it
    change->slots[change->count - 1].lane.flow = LANE_IS_CLOSED;
}

// What is in hand goes on in its lane; where that is another now, only a delivery counts.
static void move_jobs(struct outbox *outbox, const struct change *change)
{
    struct job *job, *next;

    HASH_ITER(hh, outbox->jobs, job, next)
    {
        const struct endpoint *before = job->slot->lane.endpoint;
        struct slot *slot = find(change->by_lane, before->lane);

        job->stale = job->stale || job->slot->gone || slot->gone ||
                     !same_receiver(before, slot->lane.endpoint);
        job->slot = slot;
    }
}

// The lanes lie elsewhere now, and so their list is made anew.
static void list_due(struct outbox *outbox)
{
    outbox->due = NULL;
    outbox->stale_looks = outbox->doubts = 0;
    for (size_t i = 0; i < outbox->slot_count; i++) {
        outbox->slots[i].is_due = false;
        outbox_set_due(outbox, &outbox->slots[i], outbox->slots[i].lane.next_due_ms);
        outbox->stale_looks += outbox->slots[i].stale.look;
        outbox->doubts += outbox->slots[i].is_doubt;
    }
}

void outbox_take_rulebook(struct outbox *outbox, const struct rulebook *rulebook)
{
    struct endpoints all = endpoints_of(rulebook);
    struct change change = {.slots =
                                xcalloc(all.count + outbox->slot_count + 1, sizeof *change.slots)};

    for (size_t i = 0; i < all.count; i++) {
        keep_slot(&change, outbox_slot(outbox, all.list[i]->lane), all.list[i]);
    }
    for (size_t i = 0; i < outbox->slot_count; i++) {
        if (!find(change.by_lane, outbox->slots[i].lane.endpoint->lane)) {
            part_with(&change, &outbox->slots[i], outbox->pair != NULL);
        }
    }
    move_jobs(outbox, &change);
    outbox_drop_slots(outbox);
    outbox->slots = change.slots;
    outbox->slot_count = change.count;
    outbox->by_lane = change.by_lane;
    list_due(outbox);
    outbox->rulebook = rulebook;
    outbox->untold = outbox->strays = outbox->look = true;
    outbox->stale_at_ms = 0;
    free(all.list);
}

// --- to the courier ------------------------------------------------------------------------------

// In the words of struct pair_lane.
static void write_answers(struct text *out, const struct endpoint *endpoint)
{
    static const enum send_result results[] = {[ACT_DELIVERED] = SEND_DELIVERED,
                                               [ACT_AGAIN] = SEND_AGAIN,
                                               [ACT_DEAD] = SEND_REFUSED,
                                               [ACT_PAUSE] = SEND_PAUSE,
                                               [ACT_CLOSE] = SEND_GONE};

    for (size_t i = 0; i < endpoint->answer_count; i++) {
        text_addf(out, "%s %d\n", endpoint->answers[i].status,
                  (int)results[endpoint->answers[i].act]);
    }
}

static int tell_lane(struct outbox *outbox, const struct slot *slot)
{
    const struct endpoint *endpoint = slot->lane.endpoint;
    cleanup_with(text_finish) struct text allow = {0}, answers = {0};
    struct pair_lane message = {
        .lane = endpoint->lane,
        .url = endpoint->url,
        .secret = endpoint->secret,
        .insecure = endpoint->insecure,
        .allow_private = endpoint->allow_private,
        .concurrency = endpoint->concurrency,
        .rate_gap_ms = endpoint->rate_gap_ms,
        .timeout_ms = endpoint->timeout_ms,
        .connect_timeout_ms = endpoint->connect_timeout_ms,
        .ca = endpoint->ca,
        .client_cert = endpoint->client_cert,
        .client_key = endpoint->client_key,
        .proxy = endpoint->proxy,
    };

    for (size_t i = 0; i < endpoint->allow_count; i++) {
        text_addf(&allow, "%s\n", endpoint->allow[i]);
    }
    message.allow = endpoint->allow_count ? text_string(&allow) : NULL;
    write_answers(&answers, endpoint);
    message.answers = endpoint->answer_count ? text_string(&answers) : NULL;
    return slot->gone ? pair_send_shut(outbox->pair, endpoint->lane)
                      : pair_send_lane(outbox->pair, &message);
}

int outbox_tell_lanes(struct outbox *outbox)
{
    for (size_t i = 0; outbox->untold && i < outbox->slot_count; i++) {
        struct slot *slot = &outbox->slots[i];
        int code = slot->untold ? tell_lane(outbox, slot) : 0;

        if (code == -EAGAIN) {
            return code;
        }
        if (code < 0) {
            log_error("outbox: the courier does not take lane %s", slot->lane.endpoint->lane);
        }
        slot->untold = false;
    }
    outbox->untold = false;
    return 0;
}
