#include "client/trial/trial.h"

#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/xalloc.h"
#include "common/desk/letter.h"
#include "common/ledger/ledger.h"
#include "common/ledger/ledger_outbox.h"

enum {
    AT_ONCE = 64, // notices looked at
    EVENTS_AT_ONCE = AT_ONCE / VERDICT_DECISIONS,
    EVENTS_A_COMMIT =
        512 // nothing of it need outlive the program: only the journal must stay small
};

struct trial {
    const struct rulebook *rulebook;
    struct ledger *ledger;
    struct desk *desk;
    struct trial_listener listener;
    struct arena *arena; // of the notices in hand
    struct notice_record notices[AT_ONCE];
    int64_t now_ms;
    int64_t seen_seq; // of the last event whose decisions were told
    int uncommitted;  // events
};

int trial_open(const struct rulebook *rulebook, enum trial_ledger ledger,
               const struct trial_listener *listener, struct trial **ret, struct error *err)
{
    cleanup_with(trial_closep) struct trial *trial = xcalloc(1, sizeof *trial);
    int code = ledger == TRIAL_ON_DISK ? ledger_open_scratch(&trial->ledger, err)
                                       : ledger_open_memory(&trial->ledger, err);

    if (code == 0) {
        code = ledger_begin(trial->ledger, err);
    }
    if (code < 0) {
        return code;
    }
    trial->rulebook = rulebook;
    trial->listener = *listener;
    trial->arena = arena_create();
    trial->desk = desk_create(rulebook, trial->ledger, NULL);
    *ret = trial;
    trial = NULL;
    return 0;
}

void trial_close(struct trial *trial)
{
    if (trial) {
        desk_destroy(trial->desk);
        ledger_close(trial->ledger);
        arena_destroy(trial->arena);
        free(trial);
    }
}

void trial_closep(struct trial **trial)
{
    trial_close(*trial);
}

int64_t trial_now(const struct trial *trial)
{
    return trial->now_ms;
}

// --- what follows --------------------------------------------------------------------------------

// Tells what was decided since this was called last.
static int tell_decided(struct trial *trial, struct error *err)
{
    int64_t last_seq = ledger_next_seq(trial->ledger) - 1;
    int count = 0;

    while (count >= 0 && trial->seen_seq < last_seq) {
        int64_t left = last_seq - trial->seen_seq;
        int events = left < EVENTS_AT_ONCE ? (int)left : EVENTS_AT_ONCE;

        arena_reset(trial->arena);
        count = ledger_decisions_since(trial->ledger, trial->seen_seq, events, trial->arena,
                                       trial->notices, err);
        for (int i = 0; i < count && trial->listener.decided; i++) {
            trial->listener.decided(trial->listener.user, &trial->notices[i]);
        }
        trial->seen_seq += events;
    }
    return count < 0 ? count : 0;
}

static int send_one(struct trial *trial, const struct notice_record *notice, struct error *err)
{
    const struct notice_outcome outcome = {.num = notice->num,
                                           .fate = FATE_DELIVERED,
                                           .due_ms = notice->due_ms,
                                           .now_ms = trial->now_ms,
                                           .attempts = 1,
                                           .status = 200};

    if (trial->listener.sent) {
        trial->listener.sent(trial->listener.user, notice, trial->now_ms);
    }
    return ledger_save_outcome(trial->ledger, &outcome, err);
}

// Sends what is due.
static int send_due(struct trial *trial, struct error *err)
{
    int code = 0, count = AT_ONCE;

    while (code == 0 && count == AT_ONCE) {
        arena_reset(trial->arena);
        count = ledger_waiting_notices(trial->ledger, trial->now_ms, AT_ONCE, trial->arena,
                                       trial->notices, err);
        for (int i = 0; code == 0 && i < count; i++) {
            code = send_one(trial, &trial->notices[i], err);
        }
    }
    return count < 0 ? count : code;
}

static int follow(struct trial *trial, struct error *err)
{
    int code = tell_decided(trial, err);

    return code < 0 ? code : send_due(trial, err);
}

static int commit(struct trial *trial, struct error *err)
{
    int code;

    if (++trial->uncommitted < EVENTS_A_COMMIT) {
        return 0;
    }
    trial->uncommitted = 0;
    code = ledger_commit(trial->ledger, err);
    return code < 0 ? code : ledger_begin(trial->ledger, err);
}

// --- the clock -----------------------------------------------------------------------------------

// When there is something to do next; INT64_MAX: nothing is armed.
static int next_moment(struct trial *trial, int64_t *ret_ms, struct error *err)
{
    int64_t rings_ms, due_ms;
    int waits, code = desk_rings_at(trial->desk, &rings_ms, err);

    if (code < 0) {
        return code;
    }
    waits = ledger_next_waiting(trial->ledger, &due_ms, err);
    if (waits < 0) {
        return waits;
    }
    *ret_ms = waits && due_ms < rings_ms ? due_ms : rings_ms;
    return 0;
}

// One turn at the moment it is.
static int ring(struct trial *trial, struct error *err)
{
    int count = desk_ring(trial->desk, trial->now_ms, err);
    int code = count < 0 ? count : follow(trial, err);

    return code < 0 ? code : commit(trial, err);
}

int trial_pass(struct trial *trial, int64_t to_ms, struct error *err)
{
    int64_t next_ms = 0;
    int code = 0;

    while (code == 0 && (code = next_moment(trial, &next_ms, err)) == 0 && next_ms <= to_ms) {
        if (next_ms > trial->now_ms) {
            trial->now_ms = next_ms;
        }
        code = ring(trial, err);
    }
    if (code == 0 && to_ms > trial->now_ms) {
        trial->now_ms = to_ms;
    }
    return code;
}

int trial_event(struct trial *trial, const struct event_slice *slice, int64_t at_ms,
                struct text *receipt, struct error *err)
{
    struct text unread = {0};
    int code = trial_pass(trial, at_ms, err);

    if (code == 0) {
        code =
            desk_handle(trial->desk, slice, NULL, trial->now_ms, receipt ? receipt : &unread, err);
    }
    if (code == 0) {
        code = follow(trial, err);
    }
    text_finish(&unread);
    return code < 0 ? code : commit(trial, err);
}

// --- for whoever looks ---------------------------------------------------------------------------

struct desk *trial_desk(const struct trial *trial)
{
    return trial->desk;
}

int trial_words(struct trial *trial, const struct notice_record *notice, int64_t at_ms,
                struct notice *ret, struct error *err)
{
    const struct letter_desk desk = {trial->rulebook, trial->ledger, trial->arena};

    return letter_prepare(&desk, notice, at_ms, ret, err);
}
