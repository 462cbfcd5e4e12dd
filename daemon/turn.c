#include "daemon/turn.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/json_out.h"
#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/desk/desk.h"
#include "common/event/receipt.h"
#include "common/ledger/ledger_time.h"
#include "daemon/courier_child.h"
#include "daemon/intake/intake.h"
#include "daemon/notify.h"
#include "daemon/outbox/outbox.h"
#include "daemon/reload.h"

enum {
    TURN_REQUESTS = 4096,
    TURN_BYTES = 16 * 1024 * 1024,
    OUTCOMES = 4096,             // and what their frame holds: nothing else tells of that
    FAILED_PAUSE_MS = SECOND_MS, // after a commit that failed
    DRAIN_MS = 5 * SECOND_MS,    // for what is under way when we stop
    LAST_WORDS = 64,             // looks at most for what a dead courier said, each so long
    LAST_WORDS_MS = 10,
    QUIET_MS = 3,           // that nothing comes for: then nothing will at once
    IDLE_MS = 5 * SECOND_MS // at least so often the loop turns
};

struct answered { // one request and the replies to its frames
    struct request *request;
    struct text *replies;
};

struct turn {
    struct rulebook *rulebook; // owned: that is in force
    struct reload reload;      // of a changed one
    void *zmq_context;
    struct ledger *ledger;
    struct desk *desk;
    struct intake *intake;
    struct outbox *outbox;
    struct courier_child courier;
    int signal_fd;
    struct answered *answered;
    size_t answered_count; // of this turn
    int64_t now_ms, mono_ms;
    int64_t ring_at_ms;     // when the next alarm rings; INT64_MAX: none is armed
    int64_t resume_mono_ms; // after a failed commit: nothing before
    int64_t watchdog_ms, watchdog_at_mono_ms;
    bool hangup; // SIGHUP came: the rule book is to be read anew
    bool stopping, full_told;
};

// --- one request ---------------------------------------------------------------------------------

// What a request's frames are answered by, before anything of it is on disk.
static int handle_slices(struct turn *turn, const struct event_slices *slices, const char *peer,
                         const char *unavailable, struct text *reply, struct error *err)
{
    int code = 0;

    if (slices->is_array) {
        json_open_array(reply, NULL);
    }
    for (size_t i = 0; code == 0 && i < slices->count; i++) {
        if (unavailable) {
            desk_unavailable(&slices->slices[i], turn->now_ms, unavailable, reply);
        } else {
            code = desk_handle(turn->desk, &slices->slices[i], peer, turn->now_ms, reply, err);
        }
    }
    if (slices->is_array) {
        json_close_array(reply);
    }
    return code;
}

static int handle_frame(struct turn *turn, const struct request *request, size_t index,
                        const char *unavailable, struct text *reply, struct error *err)
{
    struct event_slices slices = {0};
    struct refusal why = {0};
    size_t size;
    const char *bytes = request_frame(request, index, &size);
    int code;

    if (request_excess(request)) {
        (void)snprintf(why.code, sizeof why.code, "too_many");
        (void)snprintf(why.message, sizeof why.message, "%s", request_excess(request));
        receipt_write_refused(reply, &why);
        return 0;
    }
    if (event_slices_read(bytes, size, &slices, &why) < 0) {
        receipt_write_refused(reply, &why);
        return 0;
    }
    code = handle_slices(turn, &slices, request_peer(request), unavailable, reply, err);
    event_slices_finish(&slices);
    return code;
}

static int handle_request(struct turn *turn, struct answered *answered, const char *unavailable,
                          struct error *err)
{
    size_t count = request_frames(answered->request);
    int code = 0;

    for (size_t i = 0; code == 0 && i < count; i++) {
        text_clear(&answered->replies[i]);
        code = handle_frame(turn, answered->request, i, unavailable, &answered->replies[i], err);
    }
    return code;
}

// --- the turn ------------------------------------------------------------------------------------

// Takes what waits, up to the bounds of a turn.
static int receive_all(struct turn *turn, struct error *err)
{
    size_t events = 0, bytes = 0;

    turn->answered_count = 0;
    intake_greet(turn->intake);
    while (!turn->stopping && turn->answered_count < TURN_REQUESTS &&
           events < (size_t)turn->rulebook->turn_events && bytes < TURN_BYTES) {
        struct answered *answered = &turn->answered[turn->answered_count];
        int got = intake_receive(turn->intake, &answered->request);

        if (got < 0) {
            return error_set(err, got, "intake: %s", zmq_strerror(-got));
        }
        if (got == 0) {
            break;
        }
        answered->replies = xcalloc(request_frames(answered->request), sizeof(struct text));
        events += request_frames(answered->request);
        bytes += request_bytes(answered->request);
        turn->answered_count++;
    }
    return 0;
}

static int handle_all(struct turn *turn, struct error *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < turn->answered_count; i++) {
        code = handle_request(turn, &turn->answered[i], NULL, err);
    }
    return code;
}

// Everybody whose event is not on disk is told so, in words.
static void answer_unavailable(struct turn *turn, const char *message)
{
    struct error ignored;

    for (size_t i = 0; i < turn->answered_count; i++) {
        (void)!handle_request(turn, &turn->answered[i], message, &ignored);
    }
}

static void send_receipts(struct turn *turn)
{
    for (size_t i = 0; i < turn->answered_count; i++) {
        struct answered *answered = &turn->answered[i];
        size_t count = request_frames(answered->request);

        intake_reply(turn->intake, &answered->request, answered->replies);
        for (size_t j = 0; j < count; j++) {
            text_finish(&answered->replies[j]);
        }
        free(answered->replies);
        answered->replies = NULL;
    }
    turn->answered_count = 0;
}

// Below the mark the disk is left to what was accepted already.
static bool disk_is_low(struct turn *turn)
{
    int64_t least = (int64_t)turn->rulebook->min_free_mib * 1024 * 1024;
    bool low = ledger_free_bytes(turn->ledger) < least;

    if (low != turn->full_told) {
        if (low) {
            log_error("desk: less than %d MiB free on the ledger's disk: events are answered "
                      "unavailable until there is more",
                      turn->rulebook->min_free_mib);
        } else {
            log_info("desk: there is room on the ledger's disk again");
        }
        turn->full_told = low;
    }
    return low;
}

// Writes what was received and what became of notices, in one transaction. Negative: nothing of it
// is on disk, as far as anybody can know.
static int write_all(struct turn *turn, struct error *err)
{
    int code = ledger_begin(turn->ledger, err);

    if (code == 0) {
        code = handle_all(turn, err);
    }
    if (code == 0 && turn->hangup) {
        code = desk_reload(turn->desk, turn->now_ms, err);
    }
    if (code == 0) {
        code = outbox_record(turn->outbox, turn->now_ms, err);
    }
    if (code == 0 && turn->ring_at_ms <= turn->now_ms) {
        int rung = desk_ring(turn->desk, turn->now_ms, err);

        code = rung < 0 ? rung : 0;
    }
    if (code == 0) {
        code = desk_rings_at(turn->desk, &turn->ring_at_ms, err);
    }
    if (code == 0) {
        code = reload_record(&turn->reload, turn->now_ms, err);
    }
    if (code == 0) {
        code = ledger_commit(turn->ledger, err);
    }
    if (code < 0) {
        ledger_rollback(turn->ledger);
        turn->ring_at_ms = 0; // what rang did not, and is looked for again
        reload_drop(&turn->reload);
        return code;
    }
    turn->hangup = false;
    outbox_recorded(turn->outbox);
    return 0;
}

// Receives, persists, then answers, as a group.
static int receive_write_answer(struct turn *turn, struct error *err)
{
    int code = receive_all(turn, err);

    if (code < 0) {
        return code;
    }
    if (turn->answered_count && disk_is_low(turn)) {
        answer_unavailable(turn, "the ledger's disk is nearly full: nothing can be stored now, "
                                 "send it again later");
        send_receipts(turn);
    }
    if (turn->answered_count || outbox_records_at(turn->outbox) <= turn->mono_ms || turn->hangup ||
        turn->ring_at_ms <= turn->now_ms) {
        code = write_all(turn, err);
    }
    if (code < 0 && ledger_broken(turn->ledger)) {
        return code; // no receipt: whether the commit is on disk, nobody knows
    }
    if (code < 0) {
        log_error("desk: a turn could not be written: %s", err->message);
        answer_unavailable(turn, "the ledger cannot be written now: send it again later");
        turn->resume_mono_ms = clock_mono_ms() + FAILED_PAUSE_MS;
    }
    send_receipts(turn);
    if (reload_finish(&turn->reload, &turn->rulebook)) {
        turn->ring_at_ms = 0; // the next turn looks
    }
    return 0;
}

// --- the courier ---------------------------------------------------------------------------------

static void hear_courier(struct turn *turn)
{
    struct pair_message message;
    struct pair *pair = turn->courier.pair;
    int got = 0;

    while (pair && (outbox_outcomes(turn->outbox) < OUTCOMES || pair_in_hand(pair)) &&
           (got = pair_receive(pair, &message)) > 0) {
        turn->courier.alive_mono_ms = clock_mono_ms();
        if (message.kind == PAIR_HELLO) {
            turn->courier.ready = true;
            outbox_courier_up(turn->outbox, pair);
        } else if (message.kind == PAIR_OUTCOME) {
            outbox_take_outcome(turn->outbox, &message.outcome);
        }
        pair_message_finish(&message);
    }
    if (got < 0) {
        courier_child_end(&turn->courier,
                          "says what cannot be read"); // what it has in hand with it
    }
}

// A courier that says nothing for long is stuck: ended, it starts again.
static void mind_courier(struct turn *turn)
{
    struct error err;

    if (outbox_outcomes(turn->outbox) >= OUTCOMES) {
        turn->courier.alive_mono_ms = turn->mono_ms; // it is we who do not listen
    }
    courier_child_watch(&turn->courier, turn->mono_ms);
    if (!turn->stopping && courier_child_start(&turn->courier, turn->mono_ms, &err) < 0) {
        log_error("desk: %s", err.message);
        turn->courier.start_at_mono_ms = turn->mono_ms + (int64_t)5 * SECOND_MS;
    }
}

// What a courier said before it died may still be on its way: what is not heard goes out twice.
static void hear_last_words(struct turn *turn)
{
    zmq_pollitem_t item = {.events = ZMQ_POLLIN};

    for (int i = 0; i < LAST_WORDS && turn->courier.pair; i++) {
        item.socket = pair_socket(turn->courier.pair);
        if (zmq_poll(&item, 1, LAST_WORDS_MS) <= 0) {
            return;
        }
        hear_courier(turn);
    }
}

static void hear_signals(struct turn *turn)
{
    struct signalfd_siginfo signal;

    while (read(turn->signal_fd, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGCHLD) {
            hear_last_words(turn);
            if (courier_child_reap(&turn->courier, clock_mono_ms())) {
                outbox_courier_lost(turn->outbox);
            }
        } else if (signal.ssi_signo == SIGHUP) {
            turn->hangup = true;
        } else if (!turn->stopping) {
            turn->stopping = true;
            log_info("desk: stopping");
            notify_send("STOPPING=1");
        }
    }
}

static void feed_watchdog(struct turn *turn)
{
    if (turn->watchdog_ms && turn->mono_ms >= turn->watchdog_at_mono_ms) {
        notify_send("WATCHDOG=1");
        turn->watchdog_at_mono_ms = turn->mono_ms + turn->watchdog_ms;
    }
}

// --- the loop ------------------------------------------------------------------------------------

static int64_t sooner(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

static long wait_ms(const struct turn *turn, int64_t mono_ms)
{
    int64_t due = sooner(outbox_wakes_at(turn->outbox), turn->ring_at_ms), wait = IDLE_MS;

    if (!turn->stopping) {
        wait = sooner(wait, due == INT64_MAX ? due : due - clock_wall_ms());
        wait = sooner(wait, outbox_records_at(turn->outbox) - mono_ms);
    }
    if (turn->watchdog_ms) {
        wait = sooner(wait, turn->watchdog_at_mono_ms - mono_ms);
    }
    if (!turn->courier.pid) {
        wait = sooner(wait, turn->courier.start_at_mono_ms - mono_ms);
    }
    if (turn->resume_mono_ms > mono_ms) {
        return (long)(turn->resume_mono_ms - mono_ms);
    }
    return wait > 0 ? (long)wait : 0;
}

// Waits for the first of the items; where nothing comes for a moment, the ledger is tidied first.
static int wait_or_tidy(struct turn *turn, zmq_pollitem_t *items, int count, long wait,
                        struct error *err)
{
    if (ledger_wants_checkpoint(turn->ledger, true)) {
        long quiet = wait < QUIET_MS ? wait : QUIET_MS;
        int ready = zmq_poll(items, count, quiet);
        int code = ledger_checkpoint(turn->ledger, ready == 0 && quiet == QUIET_MS, err);

        if (code < 0 || ready > 0) {
            return code;
        }
    }
    if (zmq_poll(items, count, wait) < 0 && errno != EINTR) {
        return error_set(err, -errno, "poll: %s", zmq_strerror(errno));
    }
    return 0;
}

static int wait_for_work(struct turn *turn, struct error *err)
{
    zmq_pollitem_t items[INTAKE_SOCKETS + 2] = {0};
    void *sockets[INTAKE_SOCKETS];
    int64_t mono_ms = clock_mono_ms();
    bool paused = turn->resume_mono_ms > mono_ms;
    int count = 0;

    if (!turn->stopping) {
        items[count++] = (zmq_pollitem_t){.fd = turn->signal_fd, .events = ZMQ_POLLIN};
    }
    if (!paused) {
        intake_sockets(turn->intake, sockets);
        for (int i = 0; i < INTAKE_SOCKETS && !turn->stopping; i++) {
            items[count++] = (zmq_pollitem_t){.socket = sockets[i], .events = ZMQ_POLLIN};
        }
        if (turn->courier.pair && outbox_outcomes(turn->outbox) < OUTCOMES) {
            items[count++] =
                (zmq_pollitem_t){.socket = pair_socket(turn->courier.pair), .events = ZMQ_POLLIN};
        }
    }
    return wait_or_tidy(turn, items, count, wait_ms(turn, mono_ms), err);
}

static int take_turn(struct turn *turn, struct error *err)
{
    int code = wait_for_work(turn, err);

    if (code < 0) {
        return code;
    }
    turn->mono_ms = clock_mono_ms();
    turn->now_ms = clock_wall_ms();
    hear_courier(turn);
    hear_signals(turn);
    mind_courier(turn);
    feed_watchdog(turn);
    if (turn->resume_mono_ms > turn->mono_ms) {
        return 0;
    }
    code = receive_write_answer(turn, err);
    if (code == 0 &&
        turn->resume_mono_ms <= turn->mono_ms) { // not where nothing can be put on record
        code = outbox_hand_over(turn->outbox, turn->now_ms, err);
    }
    return code;
}

// Stops the intake, gives what is under way a while, records its outcomes.
static int drain(struct turn *turn, struct error *err)
{
    int64_t deadline = clock_mono_ms() + DRAIN_MS;
    int code = 0;

    turn->answered_count = 0;
    if (turn->courier.ready && pair_send_stop(turn->courier.pair, DRAIN_MS) == 0) {
        turn->courier.stopping = true;
    }
    // by what is in hand, not by the courier's end: that may be seen before its last words
    while (code == 0 && outbox_in_hand(turn->outbox) &&
           (turn->courier.stopping || outbox_outcomes(turn->outbox)) &&
           clock_mono_ms() < deadline) {
        code = wait_for_work(turn, err);
        turn->now_ms = clock_wall_ms();
        hear_courier(turn);
        if (code == 0 && outbox_outcomes(turn->outbox)) {
            code = write_all(turn, err);
        }
    }
    return code;
}

static int open_signals(struct turn *turn, struct error *err)
{
    sigset_t set;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGCHLD);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    turn->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return turn->signal_fd < 0 ? error_set(err, -errno, "signalfd: %s", strerrordesc_np(errno)) : 0;
}

// The courier's socket lies beside the intake's, or in systemd's runtime directory.
static void choose_directory(const struct rulebook *rulebook, char *ret, size_t size)
{
    const char *given = getenv("RUNTIME_DIRECTORY"); // NOLINT(concurrency-mt-unsafe): never written
    const char *path = rulebook->binds[0] + strlen("ipc://"), *slash = strrchr(path, '/');

    if (given && given[0] == '/') {
        (void)snprintf(ret, size, "%s", given);
    } else if (slash && slash != path) {
        (void)snprintf(ret, size, "%.*s", (int)(slash - path), path);
    } else {
        (void)snprintf(ret, size, ".");
    }
}

// The first turn looks which alarms rang while nobody was here.
static int arm_alarms(struct turn *turn, struct error *err)
{
    int code = ledger_begin(turn->ledger, err);

    if (code == 0) {
        code = ledger_arm_alarms(turn->ledger, turn->rulebook->ages_ms, turn->rulebook->age_count,
                                 clock_wall_ms(), err);
    }
    return code < 0 ? code : ledger_commit(turn->ledger, err);
}

static int open_all(struct turn *turn, struct error *err)
{
    struct desk_listener listener = {.lane_has_work = outbox_lane_has_work,
                                     .lane_is_paused = outbox_lane_is_paused,
                                     .lane_is_resumed = outbox_lane_is_resumed,
                                     .source_is_silent = outbox_source_is_silent,
                                     .try_reload = reload_try,
                                     .reloader = &turn->reload};
    int code = open_signals(turn, err);

    if (code == 0) {
        code = ledger_open(turn->rulebook->ledger_path, &turn->ledger, err);
    }
    if (code == 0) {
        code = arm_alarms(turn, err);
    }
    if (code == 0) {
        code = outbox_create(turn->rulebook, turn->ledger, &turn->outbox, err);
    }
    if (code < 0) {
        return code;
    }
    listener.user = turn->outbox;
    turn->desk = desk_create(turn->rulebook, turn->ledger, &listener);
    turn->zmq_context = zmq_ctx_new();
    choose_directory(turn->rulebook, turn->courier.directory, sizeof turn->courier.directory);
    turn->courier.zmq_context = turn->zmq_context;
    code = courier_child_start(&turn->courier, clock_mono_ms(), err);
    code = code < 0 ? code : intake_open(turn->zmq_context, turn->rulebook, &turn->intake, err);
    turn->reload = (struct reload){.desk = turn->desk,
                                   .outbox = turn->outbox,
                                   .intake = turn->intake,
                                   .ledger = turn->ledger,
                                   .old = turn->rulebook};
    return code;
}

static void close_all(struct turn *turn)
{
    intake_close(turn->intake);
    courier_child_kill(&turn->courier);
    if (turn->zmq_context) {
        (void)zmq_ctx_term(turn->zmq_context);
    }
    desk_destroy(turn->desk);
    outbox_destroy(turn->outbox);
    ledger_close(turn->ledger);
    reload_drop(&turn->reload);
    rulebook_destroy(turn->rulebook);
    if (turn->signal_fd >= 0) {
        (void)close(turn->signal_fd);
    }
    free(turn->answered);
}

int turn_run(struct rulebook **rulebook, struct error *err)
{
    struct turn turn = {.rulebook = *rulebook, .signal_fd = -1};
    int code;

    *rulebook = NULL;

    turn.answered = xcalloc(TURN_REQUESTS, sizeof *turn.answered);
    turn.watchdog_ms = notify_watchdog_ms();
    code = open_all(&turn, err);
    if (code == 0) {
        log_info("desk: ready, rule book %s, ledger %s", turn.rulebook->path,
                 turn.rulebook->ledger_path);
        notify_send("READY=1\nSTATUS=taking events");
    }
    while (code == 0 && !turn.stopping) {
        code = take_turn(&turn, err);
    }
    if (code == 0) {
        code = drain(&turn, err);
    }
    close_all(&turn);
    return code;
}
