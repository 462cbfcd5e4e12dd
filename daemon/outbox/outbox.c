#include "daemon/outbox/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/desk/letter.h"
#include "common/ledger/ledger_moves.h"
#include "common/ledger/ledger_outbox.h"
#include "common/verdict/words_test.h"
#include "daemon/outbox/format.h"
#include "daemon/outbox/outbox_private.h"

enum {
    DELIVERY_WAITS_MS = 10, // at most, and so many of them
    DELIVERIES_WAIT = 256,
    BUSY_MS = 10,     // until the courier, which did not keep up, is tried again
    JOBS_MOST = 8192, // in hand of all lanes; behind that a lane gets LANE_LEAST, and no more
    LANE_LEAST = 2,
    DOUBTS_MOST = 512 // half of what the courier sends at once, see daemon/courier/lane_queue.h
};

int outbox_create(const struct rulebook *rulebook, struct ledger *ledger, struct outbox **ret,
                  struct error *err)
{
    struct outbox *outbox = xcalloc(1, sizeof *outbox);
    int code;

    outbox->ledger = ledger;
    outbox->record_mono_ms = INT64_MAX;
    outbox->arena = arena_create();
    outbox_take_rulebook(outbox, rulebook);
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
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a table that has a job has its head
    HASH_DEL(outbox->jobs, job);
    job->slot->unsettled--;
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
        outbox_drop_slots(outbox);
        free(outbox->kept);
        arena_destroy(outbox->arena);
        text_finish(&outbox->headline);
        text_finish(&outbox->body);
        text_finish(&outbox->payload);
        free(outbox);
    }
}

// A lane whose receiver did not answer last time. A courier that starts anew does not know.
static bool may_hang(const struct slot *slot)
{
    return slot->answered_ms && !slot->answer_status;
}

static void count_doubt(struct outbox *outbox, struct slot *slot)
{
    bool is_doubt = slot->lane.in_hand && (slot->is_doubt || may_hang(slot));

    outbox->doubts += is_doubt - slot->is_doubt;
    slot->is_doubt = is_doubt;
}

// How many jobs the lane may be handed now: as many as it may by itself, as far as there is room
// for all. Where there is none, an outcome makes some.
static int room_of(const struct outbox *outbox, const struct slot *slot, int64_t now_ms)
{
    int room = lane_room(&slot->lane, now_ms), most = LANE_WINDOW;

    if (outbox_in_hand(outbox) >= JOBS_MOST) {
        most = LANE_LEAST;
    }
    if (may_hang(slot) && !slot->is_doubt && outbox->doubts >= DOUBTS_MOST) {
        most = 0;
    }
    return room < most - slot->lane.in_hand ? room : most - slot->lane.in_hand;
}

void outbox_courier_up(struct outbox *outbox, struct pair *pair)
{
    outbox->pair = pair;
    if (outbox->held) {
        pair_hold(pair);
    }
    for (size_t i = 0; i < outbox->slot_count; i++) {
        outbox->slots[i].untold = !outbox->slots[i].gone;
        outbox->slots[i].lane.failures_heard = 0;
        outbox_rewind(outbox, &outbox->slots[i]);
    }
    outbox->untold = true;
}

void outbox_hold(struct outbox *outbox)
{
    outbox->held = true;
    if (outbox->pair) {
        pair_hold(outbox->pair);
    }
}

void outbox_release(struct outbox *outbox)
{
    outbox->held = false;
    if (outbox->pair && pair_release(outbox->pair) < 0) {
        outbox->busy_until_ms = outbox->seen_ms + BUSY_MS;
    }
}

void outbox_courier_lost(struct outbox *outbox)
{
    struct job *job, *next;

    outbox->pair = NULL;
    outbox->strays = true; // what was in hand of a lane that is no more
    HASH_ITER(hh, outbox->jobs, job, next)
    {
        if (!job->answered) {
            drop_job(outbox, job);
        }
    }
    for (size_t i = 0; i < outbox->slot_count; i++) {
        outbox->slots[i].lane.in_hand = 0;
        count_doubt(outbox, &outbox->slots[i]);
        outbox_rewind(outbox, &outbox->slots[i]);
    }
}

void outbox_lane_has_work(void *user, const char *lane)
{
    struct outbox *outbox = user;
    struct slot *slot = outbox_slot(outbox, lane);

    if (slot) {
        outbox_set_due(outbox, slot, 0);
    }
}

// Where it falls due in this millisecond, it stands before what was handed over in it.
void outbox_lane_has_older(void *user, const char *lane)
{
    struct outbox *outbox = user;
    struct slot *slot = outbox_slot(outbox, lane);

    if (slot) {
        outbox_rewind(outbox, slot);
    }
}

// Counts as the courier does: whichever job it was, and whether or not it is in hand.
static void hear_failure(struct outbox *outbox, const struct pair_outcome *outcome)
{
    struct slot *slot = outbox_slot(outbox, outcome->lane);

    if (slot && (outcome->result == SEND_AGAIN || outcome->result == SEND_PAUSE ||
                 outcome->result == SEND_GONE)) {
        slot->lane.failures_heard++;
    }
}

// Until when the last one kept may wait for its place in a transaction.
static void note_kept(struct outbox *outbox, const struct kept *kept)
{
    bool is_delivery = kept->event.fate == FATE_DELIVERED;
    // what failed before the lane recovered goes before what comes now
    bool waits = is_delivery && !kept->event.recovered && outbox->kept_count < DELIVERIES_WAIT;
    int64_t until = waits ? clock_mono_ms() + DELIVERY_WAITS_MS : 0;

    outbox->kept_others = outbox->kept_others || !is_delivery;
    outbox->record_mono_ms = until < outbox->record_mono_ms ? until : outbox->record_mono_ms;
}

void outbox_take_outcome(struct outbox *outbox, const struct pair_outcome *outcome)
{
    struct schedule schedule = {.retry_ms = outbox->rulebook->retry_ms,
                                .retry_count = outbox->rulebook->retry_count,
                                .retry_after_cap_ms = outbox->rulebook->retry_after_cap_ms};
    struct pair_outcome meant = *outcome;
    uint64_t random = 0;
    struct kept *kept;
    struct job *job;

    hear_failure(outbox, outcome);
    HASH_FIND(hh, outbox->jobs, &outcome->num, sizeof outcome->num, job);
    if (!job || job->answered) {
        log_warning("outbox: an outcome of a notice that is not in hand, left alone");
        return;
    }
    if (job->stale && meant.result != SEND_DELIVERED) {
        meant.result = SEND_UNTRIED; // for the lane as it is now it was not
    }
    if (meant.result != SEND_DELIVERED && getentropy(&random, sizeof random) < 0) {
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
        lane_outcome(&job->slot->lane, &meant, job->attempts, &schedule, clock_wall_ms(), random);
    count_doubt(outbox, job->slot);
    note_kept(outbox, kept);
}

size_t outbox_outcomes(const struct outbox *outbox)
{
    return outbox->kept_count;
}

// Work on the ledger that no outcome brought.
static bool has_chores(const struct outbox *outbox)
{
    return outbox->strays || outbox_wants_divert(outbox) || stale_wants_record(outbox);
}

int64_t outbox_records_at(const struct outbox *outbox)
{
    return has_chores(outbox) ? 0 : outbox->record_mono_ms;
}

bool outbox_records_only_deliveries(const struct outbox *outbox)
{
    return !outbox->kept_others && !has_chores(outbox);
}

// Its lane gave up on a notice: its rep's other one takes it, as if it had not been tried.
static int pass_on(struct outbox *outbox, const struct kept *kept, struct slot *to, int64_t now_ms,
                   struct error *err)
{
    char why[256];
    struct notice_move move = {.num = kept->job->num,
                               .now_ms = now_ms,
                               .rep = kept->job->rep,
                               .lane = to->lane.endpoint->lane,
                               .why = why};

    (void)snprintf(why, sizeof why,
                   "lane %s gave up on it, last answer %d, so it goes to the fallback",
                   kept->job->slot->lane.endpoint->lane, kept->status);
    outbox_rewind(outbox, to); // it is older than what that lane has seen
    return ledger_move_notice(outbox->ledger, &move, err);
}

static int record_one(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                      struct error *err)
{
    const struct job *job = kept->job;
    struct notice_outcome outcome = {
        .num = job->num,
        .fate = kept->event.fate,
        .due_ms = kept->event.due_ms ? kept->event.due_ms : job->due_ms,
        .now_ms = now_ms,
        .attempts = job->attempts + kept->event.attempted,
        .status = kept->status,
        .answer = kept->answer,
        .headline = kept->event.attempted ? job->headline : NULL,
        .body = kept->event.attempted ? job->body : NULL,
    };
    struct slot *to = outcome.fate == FATE_DEAD ? outbox_fallback(outbox, job->slot) : NULL;
    int code;

    outcome.fate = to ? FATE_WAITING : outcome.fate;
    code = ledger_save_outcome(outbox->ledger, &outcome, err);
    if (code == 0 && to) {
        code = pass_on(outbox, kept, to, now_ms, err);
    }
    return code < 0 ? code : standing_record(outbox, kept, now_ms, err);
}

int outbox_record(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    int code = 0;

    for (size_t i = 0; i < outbox->kept_count; i++) {
        struct slot *slot = outbox->kept[i].job->slot;

        slot->dead_telling = slot->dead_told; // whatever an attempt before this one came to
        slot->last = NULL;
    }
    for (size_t i = 0; code == 0 && i < outbox->kept_count; i++) {
        code = record_one(outbox, &outbox->kept[i], now_ms, err);
        if (outbox->kept[i].event.attempted) {
            outbox->kept[i].job->slot->last = &outbox->kept[i];
        }
    }
    if (code == 0) {
        code = standing_record_answers(outbox, now_ms, err);
    }
    if (code == 0 && outbox->strays) {
        code = outbox_sweep(outbox, now_ms, err);
    }
    if (code == 0) {
        code = outbox_divert(outbox, now_ms, err);
    }
    if (code == 0) {
        code = stale_record(outbox, now_ms, err);
    }
    return code;
}

void outbox_recorded(struct outbox *outbox)
{
    outbox->strays = outbox->strays && !outbox->swept;
    outbox->swept = false;
    for (size_t i = 0; (outbox->diverted || outbox->stale_looks) && i < outbox->slot_count; i++) {
        outbox->slots[i].diverted = false;
        stale_recorded(outbox, &outbox->slots[i]);
    }
    outbox->diverted = false;
    for (size_t i = 0; i < outbox->kept_count; i++) {
        struct slot *slot = outbox->kept[i].job->slot;

        slot->dead_told = slot->dead_telling;
    }
    for (size_t i = 0; i < outbox->kept_count; i++) {
        struct kept *kept = &outbox->kept[i];
        struct slot *slot = kept->job->slot;

        outbox->strays = outbox->strays || slot->gone;
        if (kept->event.fate == FATE_WAITING) {
            outbox_rewind(outbox, slot);
        }
        free(kept->answer);
        drop_job(outbox, kept->job);
    }
    outbox->kept_count = 0;
    outbox->kept_others = false;
    outbox->record_mono_ms = INT64_MAX;
}

// Writes the request's body for a notice as the case stands now, and its content type.
static int render(struct outbox *outbox, const struct slot *slot,
                  const struct notice_record *record, struct pair_job *ret, int64_t now_ms,
                  struct error *err)
{
    const struct letter_desk desk = {outbox->rulebook, outbox->ledger, outbox->arena};
    struct case_file made_up;
    struct notice notice;
    int code = letter_prepare(&desk, record, now_ms, &notice, err);

    if (code < 0) {
        return code;
    }
    notice.id = ret->notice_id;
    text_clear(&outbox->headline);
    text_clear(&outbox->body);
    text_clear(&outbox->payload);
    if (record->kind == NOTICE_TEST) {
        words_test(&outbox->headline, &outbox->body, &notice, record->words, &made_up, now_ms);
    } else {
        words_headline(&outbox->headline, &notice, now_ms);
        words_body(&outbox->body, &notice, now_ms);
    }
    ret->content_type =
        format_write(&outbox->payload, slot->lane.endpoint, &notice, text_string(&outbox->headline),
                     text_string(&outbox->body), now_ms);
    ret->body = text_string(&outbox->payload);
    ret->body_size = outbox->payload.size;
    return 0;
}

// With its words in one piece, each with its NUL.
static struct job *job_create(const struct notice_record *record, const struct text *headline,
                              const struct text *body)
{
    size_t rep_size = strlen(record->rep) + 1, headline_size = headline->size + 1;
    struct job *job = xcalloc(1, sizeof *job + rep_size + headline_size + body->size + 1);

    job->num = record->num;
    job->due_ms = record->due_ms;
    job->attempts = record->attempts;
    job->rep = memcpy(job->words, record->rep, rep_size);
    job->headline = memcpy(job->words + rep_size, text_string(headline), headline_size);
    job->body = memcpy(job->words + rep_size + headline_size, text_string(body), body->size + 1);
    return job;
}

static int send_one(struct outbox *outbox, struct slot *slot, const struct notice_record *record,
                    int64_t now_ms, struct error *err)
{
    char id[NOTICE_ID_BYTES];
    struct pair_job message = {.num = record->num,
                               .lane = slot->lane.endpoint->lane,
                               .failures_heard = slot->lane.failures_heard};
    struct job *job;
    int code;

    message.notice_id = notice_id_format(ledger_notice_prefix(outbox->ledger), record->num, id);
    code = render(outbox, slot, record, &message, now_ms, err);
    if (code < 0) {
        return code;
    }
    code = pair_send_job(outbox->pair, &message);
    if (code < 0) {
        return error_set(err, code, "the courier is busy");
    }
    job = job_create(record, &outbox->headline, &outbox->body);
    job->slot = slot;
    HASH_ADD(hh, outbox->jobs, num, sizeof job->num, job);
    lane_handed(&slot->lane);
    slot->unsettled++;
    count_doubt(outbox, slot);
    return 0;
}

// Hands one lane what it may have. -EAGAIN: the courier is busy, the rest comes later.
static int serve_lane(struct outbox *outbox, struct slot *slot, int64_t now_ms, struct error *err)
{
    struct notice_record *records = outbox->records;
    int room = slot->lane.next_due_ms > now_ms ? 0 : room_of(outbox, slot, now_ms);
    int wanted = room < LANE_WINDOW ? room : LANE_WINDOW, count, code = 0;

    if (wanted <= 0) {
        return 0;
    }
    // Not while one of it is in hand, or answered and not on record: these still wait in the
    // ledger, and would be read again. Also where the clock went back.
    if (slot->unsettled == 0 || slot->cursor.due_ms > now_ms) {
        outbox_rewind(outbox, slot);
    }
    count = ledger_due_notices(outbox->ledger, &slot->cursor, now_ms, wanted, outbox->arena,
                               records, err);
    for (int i = 0; code == 0 && i < count; i++) {
        if (stale_is(outbox, slot, &records[i], now_ms)) {
            stale_found(outbox, slot);
        } else if (!outbox_has_in_hand(outbox, records[i].num)) {
            code = send_one(outbox, slot, &records[i], now_ms, err);
        }
    }
    if (code < 0) {
        outbox_rewind(outbox, slot);
        return code;
    }
    if (count >= 0 && count < wanted) {
        int64_t due_ms = INT64_MAX;

        code = ledger_next_due(outbox->ledger, slot->lane.endpoint->lane, now_ms, &due_ms, err);
        outbox_set_due(outbox, slot, code == 0 ? INT64_MAX : due_ms);
    }
    return count < 0 ? count : code < 0 ? code : 0;
}

// Where the courier is busy, the next time begins with the lane that found it so. 1: what is held
// could go, and there may be more to serve.
static int serve_all(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    struct slot *slot, *next, *served;
    int code = 0;

    DL_FOREACH_SAFE(outbox->due, slot, next)
    {
        code = serve_lane(outbox, slot, now_ms, err);
        arena_reset(outbox->arena);
        code = code == 0 && outbox->held && ledger_settled(outbox->ledger) ? 1 : code;
        if (code) {
            break;
        }
    }
    while (code == -EAGAIN && outbox->due != slot) {
        served = outbox->due;
        DL_DELETE(outbox->due, served);
        DL_APPEND(outbox->due, served);
    }
    return code;
}

int outbox_hand_over(struct outbox *outbox, int64_t now_ms, struct error *err)
{
    int code = 0;

    // where the clock went back, what falls due now can lie before what a lane has seen
    for (size_t i = 0; now_ms < outbox->seen_ms && i < outbox->slot_count; i++) {
        outbox_rewind(outbox, &outbox->slots[i]);
    }
    outbox->busy_until_ms = now_ms < outbox->seen_ms ? 0 : outbox->busy_until_ms;
    outbox->seen_ms = now_ms;
    stale_note(outbox, now_ms);
    code = standing_look(outbox, err);
    if (code < 0 && code != -EAGAIN) {
        return code;
    }
    if (!outbox->pair || outbox_wakes_at(outbox) > now_ms) {
        return 0;
    }
    if (outbox_tell_lanes(outbox) < 0) {
        outbox->busy_until_ms = now_ms + BUSY_MS;
        return 0;
    }
    code = ledger_begin_read(outbox->ledger, err);
    code = code < 0 ? code : serve_all(outbox, now_ms, err);
    ledger_end_read(outbox->ledger);
    if (pair_flush(outbox->pair) < 0 || code == -EAGAIN) {
        outbox->busy_until_ms = now_ms + BUSY_MS;
        code = code == -EAGAIN ? 0 : code;
    }
    return code;
}

int64_t outbox_wakes_at(const struct outbox *outbox)
{
    bool waits = outbox->pair && (outbox->untold || pair_has_unsent(outbox->pair));
    int64_t at = waits ? 0 : INT64_MAX;
    const struct slot *slot = outbox->pair ? outbox->due : NULL;

    for (; slot; slot = slot->next) {
        // it does not wake before: most are told by that alone
        if (slot->lane.next_due_ms < at && room_of(outbox, slot, INT64_MAX) > 0) {
            int64_t lane_at = lane_wakes_at(&slot->lane);

            at = lane_at < at ? lane_at : at;
        }
    }
    at = at < outbox->busy_until_ms ? outbox->busy_until_ms : at;
    return at < outbox->stale_at_ms ? at : outbox->stale_at_ms;
}

// NOLINTNEXTLINE(readability-function-size): the nesting is inside uthash's macro
bool outbox_has_in_hand(const struct outbox *outbox, int64_t num)
{
    struct job *job;

    HASH_FIND(hh, outbox->jobs, &num, sizeof num, job);
    return job != NULL;
}

size_t outbox_in_hand(const struct outbox *outbox)
{
    return HASH_COUNT(outbox->jobs);
}
