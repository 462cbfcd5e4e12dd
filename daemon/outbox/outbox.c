#include "daemon/outbox/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "common/verdict/words_test.h"
#include "daemon/outbox/format.h"
#include "daemon/outbox/outbox_private.h"

static void add_lane(struct outbox *outbox, const struct endpoint *endpoint)
{
    struct slot *slot = &outbox->slots[outbox->slot_count++];

    slot->lane.endpoint = endpoint;
    slot->cursor.lane = endpoint->lane;
    HASH_ADD_KEYPTR(hh, outbox->by_lane, endpoint->lane, strlen(endpoint->lane), slot);
}

static void add_lanes(struct outbox *outbox)
{
    const struct rulebook *rulebook = outbox->rulebook;

    outbox->slots = xcalloc(rulebook->rep_count * 2 + 1, sizeof *outbox->slots);
    for (size_t i = 0; i < rulebook->rep_count; i++) {
        add_lane(outbox, &rulebook->reps[i].webhook);
        if (rulebook->reps[i].fallback) {
            add_lane(outbox, rulebook->reps[i].fallback);
        }
    }
    if (rulebook->admin) {
        add_lane(outbox, rulebook->admin);
    }
}

int outbox_create(const struct rulebook *rulebook, struct ledger *ledger, struct outbox **ret,
                  struct error *err)
{
    struct outbox *outbox = xcalloc(1, sizeof *outbox);
    int code;

    outbox->rulebook = rulebook;
    outbox->ledger = ledger;
    outbox->arena = arena_create();
    add_lanes(outbox);
    code = ledger_begin(ledger, err);
    for (size_t i = 0; code == 0 && i < outbox->slot_count; i++) {
        code = standing_restore(outbox, &outbox->slots[i], err);
    }
    if (code == 0) {
        code = ledger_commit(ledger, err);
    }
    if (code < 0) {
        ledger_rollback(ledger);
        outbox_destroy(outbox);
        return code;
    }
    *ret = outbox;
    return 0;
}

static void drop_job(struct outbox *outbox, struct job *job)
{
    HASH_DEL(outbox->jobs, job);
    free(job->rep);
    free(job->headline);
    free(job->body);
    free(job);
}

static void drop_all(struct outbox *outbox)
{
    struct job *job, *next;

    for (size_t i = 0; i < outbox->kept_count; i++) {
        free(outbox->kept[i].answer);
    }
    outbox->kept_count = 0;
    HASH_ITER(hh, outbox->jobs, job, next)
    {
        drop_job(outbox, job);
    }
}

void outbox_destroy(struct outbox *outbox)
{
    if (outbox) {
        drop_all(outbox);
        HASH_CLEAR(hh, outbox->by_lane);
        free(outbox->slots);
        free(outbox->kept);
        arena_destroy(outbox->arena);
        text_finish(&outbox->headline);
        text_finish(&outbox->body);
        text_finish(&outbox->payload);
        free(outbox);
    }
}

static struct slot *find_slot(struct outbox *outbox, const char *lane)
{
    struct slot *slot;

    HASH_FIND(hh, outbox->by_lane, lane, strlen(lane), slot);
    return slot;
}

void slot_rewind(struct slot *slot)
{
    slot->cursor.due_ms = 0;
    slot->cursor.num = 0;
    slot->lane.next_due_ms = 0;
}

void outbox_courier_up(struct outbox *outbox, struct pair *pair)
{
    outbox->pair = pair;
    for (size_t i = 0; i < outbox->slot_count; i++) {
        const struct endpoint *endpoint = outbox->slots[i].lane.endpoint;
        struct text allow = {0};
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

        for (size_t j = 0; j < endpoint->allow_count; j++) {
            text_addf(&allow, "%s\n", endpoint->allow[j]);
        }
        message.allow = endpoint->allow_count ? text_string(&allow) : NULL;

        if (pair_send_lane(pair, &message) < 0) {
            log_error("outbox: the courier does not take lane %s", endpoint->lane);
        }
        text_finish(&allow);
        slot_rewind(&outbox->slots[i]);
    }
}

void outbox_courier_lost(struct outbox *outbox)
{
    struct job *job, *next;

    outbox->pair = NULL;
    HASH_ITER(hh, outbox->jobs, job, next)
    {
        if (!job->answered) {
            drop_job(outbox, job);
        }
    }
    for (size_t i = 0; i < outbox->slot_count; i++) {
        outbox->slots[i].lane.in_hand = 0;
        slot_rewind(&outbox->slots[i]);
    }
}

void outbox_lane_has_work(void *user, const char *lane)
{
    struct outbox *outbox = user;
    struct slot *slot = find_slot(outbox, lane);

    if (slot) {
        slot->lane.next_due_ms = 0;
    }
}

void outbox_take_outcome(struct outbox *outbox, const struct pair_outcome *outcome)
{
    struct schedule schedule = {.retry_ms = outbox->rulebook->retry_ms,
                                .retry_count = outbox->rulebook->retry_count,
                                .retry_after_cap_ms = outbox->rulebook->retry_after_cap_ms};
    uint64_t random = 0;
    struct kept *kept;
    struct job *job;

    HASH_FIND(hh, outbox->jobs, &outcome->num, sizeof outcome->num, job);
    if (!job || job->answered) {
        log_warning("outbox: an outcome of a notice that is not in hand, left alone");
        return;
    }
    if (outcome->result != SEND_DELIVERED && getentropy(&random, sizeof random) < 0) {
        random = 0; // no jitter, then
    }
    if (outbox->kept_count == outbox->kept_capacity) {
        outbox->kept_capacity = outbox->kept_capacity ? outbox->kept_capacity * 2 : 64;
        outbox->kept = xrealloc(outbox->kept, outbox->kept_capacity * sizeof *outbox->kept);
    }
    kept = &outbox->kept[outbox->kept_count++];
    job->answered = true;
    kept->job = job;
    kept->status = outcome->status;
    kept->answer = outcome->answer ? xstrdup(outcome->answer) : NULL;
    kept->event =
        lane_outcome(&job->slot->lane, outcome, job->attempts, &schedule, clock_wall_ms(), random);
}

size_t outbox_outcomes(const struct outbox *outbox)
{
    return outbox->kept_count;
}

// Where a notice goes whose lane gave up on it: its rep's other lane, as long as it was not there.
static const char *other_lane(const struct outbox *outbox, const struct job *job)
{
    const struct rep *rep = rulebook_rep(outbox->rulebook, job->rep);

    if (!rep || !rep->fallback || job->slot->lane.endpoint != &rep->webhook) {
        return NULL;
    }
    return rep->fallback->lane;
}

static int record_one(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                      struct error *err)
{
    const struct job *job = kept->job;
    struct notice_outcome outcome = {
        .num = job->num,
        .fate = kept->event.fate,
        // what was not tried keeps its place in the lane
        .due_ms = kept->event.attempted ? kept->event.due_ms : job->due_ms,
        .now_ms = now_ms,
        .attempts = job->attempts + kept->event.attempted,
        .status = kept->status,
        .answer = kept->answer,
        .headline = kept->event.attempted ? job->headline : NULL,
        .body = kept->event.attempted ? job->body : NULL,
    };
    int code;

    if (outcome.fate == FATE_DEAD && other_lane(outbox, job)) {
        outcome.lane = other_lane(outbox, job);
        outcome.fate = FATE_WAITING;
        outcome.due_ms = now_ms;
        outcome.attempts = 0;
        slot_rewind(find_slot(outbox, outcome.lane)); // it is older than what that lane has seen
    }
    code = ledger_save_outcome(outbox->ledger, &outcome, err);
    if (code == 0) {
        code = standing_record(outbox, kept, &outcome, now_ms, err);
    }
    return code;
}

int outbox_record(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    int code = 0;

    for (size_t i = 0; i < outbox->slot_count; i++) {
        outbox->slots[i].dead_telling = false; // whatever an attempt before this one came to
        outbox->slots[i].last = NULL;
    }
    for (size_t i = 0; code == 0 && i < outbox->kept_count; i++) {
        code = record_one(outbox, &outbox->kept[i], now_ms, err);
        if (outbox->kept[i].event.attempted) {
            outbox->kept[i].job->slot->last = &outbox->kept[i];
        }
    }
    return code == 0 ? standing_record_answers(outbox, now_ms, err) : code;
}

void outbox_recorded(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->slot_count; i++) {
        struct slot *slot = &outbox->slots[i];

        slot->dead_told = slot->dead_told || slot->dead_telling;
        slot->dead_telling = false;
    }
    for (size_t i = 0; i < outbox->kept_count; i++) {
        struct kept *kept = &outbox->kept[i];
        struct slot *slot = kept->job->slot;

        if (kept->event.fate == FATE_WAITING) {
            slot_rewind(slot);
        } else if (kept->event.fate == FATE_DELIVERED) {
            slot->dead_told = false;
        }
        free(kept->answer);
        drop_job(outbox, kept->job);
    }
    outbox->kept_count = 0;
}

static int load_case(struct outbox *outbox, const struct notice_record *record, int64_t now_ms,
                     struct case_file *ret, struct error *err)
{
    struct case_query query = {.issue_num = record->issue_num,
                               .account_key = record->issue_num ? NULL : record->account_key,
                               .wants = CASE_COUNTS | CASE_GROUP_VALUE,
                               .now_ms = now_ms};

    return ledger_load_case(outbox->ledger, &query, outbox->arena, ret, err);
}

// Writes the request's body for a notice as the case stands now. Returns its content type.
static const char *render(struct outbox *outbox, const struct slot *slot,
                          const struct notice_record *record, const struct case_file *file,
                          const char *id, int64_t now_ms)
{
    const struct rulebook *rulebook = outbox->rulebook;
    const struct rep *worker = rulebook_rep(rulebook, file->issue.acknowledged_by);
    struct case_file made_up;
    struct notice notice = {
        .worker = worker ? worker->name : NULL,
        .id = id,
        .kind = record->kind,
        .to = record->rep,
        .rule = record->rule,
        .why = record->why,
        .created_ms = record->created_ms,
        .event_source = record->event_source,
        .event_id = record->event_id,
        .words = record->words,
        .tier = verdict_tier(rulebook, file, now_ms),
        .currency = rulebook->currency,
        .file = file,
        .service = verdict_person(rulebook, &file->account, ROLE_SERVICE),
        .sales = verdict_person(rulebook, &file->account, ROLE_SALES),
    };

    text_clear(&outbox->headline);
    text_clear(&outbox->body);
    text_clear(&outbox->payload);
    if (record->kind == NOTICE_TEST) {
        words_test(&outbox->headline, &outbox->body, &notice, record->words, &made_up, now_ms);
    } else {
        words_headline(&outbox->headline, &notice, now_ms);
        words_body(&outbox->body, &notice, now_ms);
    }
    return format_write(&outbox->payload, slot->lane.endpoint->format, &notice,
                        text_string(&outbox->headline), text_string(&outbox->body), now_ms);
}

static int send_one(struct outbox *outbox, struct slot *slot, const struct notice_record *record,
                    int64_t now_ms, struct error *err)
{
    char id[NOTICE_ID_BYTES];
    struct pair_job message = {.num = record->num, .lane = slot->lane.endpoint->lane};
    struct case_file file;
    struct job *job;
    int code = load_case(outbox, record, now_ms, &file, err);

    if (code < 0) {
        return code;
    }
    message.notice_id = notice_id_format(ledger_notice_prefix(outbox->ledger), record->num, id);
    message.content_type = render(outbox, slot, record, &file, id, now_ms);
    message.body = text_string(&outbox->payload);
    message.body_size = outbox->payload.size;
    code = pair_send_job(outbox->pair, &message);
    if (code < 0) {
        return error_set(err, code, "the courier is busy");
    }
    job = xcalloc(1, sizeof *job);
    job->num = record->num;
    job->due_ms = record->due_ms;
    job->slot = slot;
    job->attempts = record->attempts;
    job->rep = xstrdup(record->rep);
    job->headline = xstrdup(text_string(&outbox->headline));
    job->body = xstrdup(text_string(&outbox->body));
    HASH_ADD(hh, outbox->jobs, num, sizeof job->num, job);
    lane_handed(&slot->lane);
    return 0;
}

// Hands one lane what it may have. -EAGAIN: the courier is busy, the rest comes later.
static int serve_lane(struct outbox *outbox, struct slot *slot, int64_t now_ms, struct error *err)
{
    struct notice_record *records = outbox->records;
    int room = lane_room(&slot->lane, now_ms), wanted = room < LANE_WINDOW ? room : LANE_WINDOW;
    int count, code = 0;

    if (wanted <= 0 || slot->lane.next_due_ms > now_ms) {
        return 0;
    }
    if (slot->lane.in_hand == 0 || slot->cursor.due_ms > now_ms) { // also where the clock went back
        slot_rewind(slot);
    }
    count = ledger_due_notices(outbox->ledger, &slot->cursor, now_ms, wanted, outbox->arena,
                               records, err);
    for (int i = 0; code == 0 && i < count; i++) {
        struct job *job;

        HASH_FIND(hh, outbox->jobs, &records[i].num, sizeof records[i].num, job);
        if (!job) {
            code = send_one(outbox, slot, &records[i], now_ms, err);
        }
    }
    if (code < 0) {
        slot_rewind(slot);
        return code;
    }
    if (count >= 0 && count < wanted) {
        slot->lane.next_due_ms = INT64_MAX;
        code = ledger_next_due(outbox->ledger, slot->lane.endpoint->lane, now_ms,
                               &slot->lane.next_due_ms, err);
        if (code == 0) {
            slot->lane.next_due_ms = INT64_MAX;
        }
    }
    return count < 0 ? count : code < 0 ? code : 0;
}

int outbox_hand_over(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    int code = 0;

    // where the clock went back, what falls due now can lie before what a lane has seen
    for (size_t i = 0; now_ms < outbox->seen_ms && i < outbox->slot_count; i++) {
        slot_rewind(&outbox->slots[i]);
    }
    outbox->busy_until_ms = now_ms < outbox->seen_ms ? 0 : outbox->busy_until_ms;
    outbox->seen_ms = now_ms;
    code = standing_look(outbox, err);
    if (code < 0 && code != -EAGAIN) {
        return code;
    }
    if (!outbox->pair || outbox_wakes_at(outbox) > now_ms) {
        return 0;
    }
    code = ledger_begin_read(outbox->ledger, err);
    for (size_t i = 0; code == 0 && i < outbox->slot_count; i++) {
        code = serve_lane(outbox, &outbox->slots[i], now_ms, err);
        arena_reset(outbox->arena);
    }
    ledger_end_read(outbox->ledger);
    if (code == -EAGAIN) {
        outbox->busy_until_ms = now_ms + 10;
        code = 0;
    }
    return code;
}

int64_t outbox_wakes_at(const struct outbox *outbox)
{
    int64_t at = INT64_MAX;

    for (size_t i = 0; outbox->pair && i < outbox->slot_count; i++) {
        int64_t lane_at = lane_wakes_at(&outbox->slots[i].lane);

        at = lane_at < at ? lane_at : at;
    }
    return at < outbox->busy_until_ms ? outbox->busy_until_ms : at;
}

size_t outbox_in_hand(const struct outbox *outbox)
{
    return HASH_COUNT(outbox->jobs);
}
