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

#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/desk/desk.h"
#include "common/ledger/ledger_time.h"
#include "daemon/courier_child.h"
#include "daemon/intake/intake.h"
#include "daemon/notify.h"
#include "daemon/outbox/outbox.h"
#include "daemon/reload.h"
#include "daemon/requests.h"

enum {
    OUTCOMES = 4096,             // and what their frame holds: nothing else tells of that
    FAILED_PAUSE_MS = SECOND_MS, // after a commit that failed
    DRAIN_MS = 5 * SECOND_MS,    // for what is under way when we stop
    GOING_ON_EVENTS = 128,       // of a turn: the next one begins while the disk is at it
    BESIDE_EVENTS = 8,           // of a turn: enough to hand over while the disk is at it
    LAST_WORDS = 64,             // looks at most for what a dead courier said, each so long
    LAST_WORDS_MS = 10,
    QUIET_MS = 3,           // that nothing comes for: then nothing will at once
    LATE_MS = 100,          // after which deliveries are on disk, see write_turn()
    IDLE_MS = 5 * SECOND_MS // at least so often the loop turns
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
    struct requests *received;  // of this turn
    struct requests *committed; // of the last one, to be answered once the ledger has settled
    size_t last_events;         // that the last turn took
    int64_t now_ms, mono_ms;
    int64_t ring_at_ms;     // when the next alarm rings; INT64_MAX: none is armed
    int64_t resume_mono_ms; // after a failed commit: nothing before
    int64_t watchdog_ms, watchdog_at_mono_ms;
    int64_t settle_mono_ms; // what nobody waits for is on disk by then; INT64_MAX: all is
    bool unsettled;         // something was committed, and nobody was told yet
    bool hangup;            // SIGHUP came: the rule book is to be read anew
    bool stopping, full_told;
};

static int64_t sooner(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

// --- the turn ------------------------------------------------------------------------------------

// Waits for the disk, then tells everybody of what was committed: publishers by their receipts, the
// courier by its jobs.
static int settle(struct turn *turn, struct error *err)
{
    int code = ledger_settle(turn->ledger, err);

    if (code < 0) {
        return code; // no receipt: whether the commit is on disk, nobody knows
    }
    requests_answer(turn->committed, turn->intake);
    outbox_release(turn->outbox);
    turn->unsettled = false;
    turn->settle_mono_ms = INT64_MAX;
    return 0;
}

static int settle_if_done(struct turn *turn, struct error *err)
{
    return turn->unsettled && ledger_settled(turn->ledger) ? settle(turn, err) : 0;
}

static int settle_if_late(struct turn *turn, struct error *err)
{
    return turn->settle_mono_ms <= turn->mono_ms ? settle(turn, err) : settle_if_done(turn, err);
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

static int handle_all(struct turn *turn, struct error *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < requests_count(turn->received); i++) {
        code = requests_handle(turn->received, i, turn->desk, turn->now_ms, err);
        code = code < 0 ? code : settle_if_done(turn, err);
    }
    return code;
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
    if (code == 0 && turn->unsettled) {
        code = settle(turn, err); // the last one
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

// What was received is answered with a reason why nothing of it is stored; after what came before.
static int refuse_all(struct turn *turn, const char *message, struct error *err)
{
    int code = settle(turn, err);

    if (code == 0) {
        requests_refuse(turn->received, turn->now_ms, message);
        requests_answer(turn->received, turn->intake);
    }
    return code;
}

// True where the turn brings nothing that anybody could hear of, once it is committed.
static bool is_silent(const struct turn *turn)
{
    return !requests_count(turn->received) && !turn->hangup && turn->ring_at_ms > turn->now_ms &&
           outbox_records_only_deliveries(turn->outbox);
}

// From now on the last turn's requests are those that were committed and are to be answered.
static void await_disk(struct turn *turn)
{
    struct requests *answered = turn->committed; // before the commit, so it is empty

    turn->committed = turn->received;
    turn->received = answered;
    turn->unsettled = true;
    turn->last_events = requests_frames(turn->committed);
    outbox_hold(turn->outbox);
    if (requests_frames(turn->committed) >= BESIDE_EVENTS) {
        courier_child_give_way(&turn->courier, turn->mono_ms);
        ledger_settle_beside(turn->ledger);
    }
}

// Deliveries alone wait for no sync of their own: a crash of the machine would send them once more,
// under the same ids. The next turn's sync is theirs too, or the one a moment later.
static int write_turn(struct turn *turn, struct error *err)
{
    bool silent = is_silent(turn);
    int code = write_all(turn, err);

    if (code == 0 && silent) {
        turn->settle_mono_ms = sooner(turn->settle_mono_ms, turn->mono_ms + LATE_MS);
        return 0;
    }
    if (code == 0) {
        await_disk(turn);
        return 0;
    }
    if (ledger_broken(turn->ledger)) {
        return code;
    }
    log_error("desk: a turn could not be written: %s", err->message);
    turn->resume_mono_ms = clock_mono_ms() + FAILED_PAUSE_MS;
    return refuse_all(turn, "the ledger cannot be written now: send it again later", err);
}

// Receives and persists, as a group; the answers follow when the disk has it.
static int receive_and_write(struct turn *turn, struct error *err)
{
    int code = 0;

    if (!turn->stopping) {
        intake_greet(turn->intake);
        code = requests_receive(turn->received, turn->intake, (size_t)turn->rulebook->turn_events);
        code = code < 0 ? error_set(err, code, "intake: %s", zmq_strerror(-code)) : 0;
    }
    if (code == 0 && requests_count(turn->received) && disk_is_low(turn)) {
        code = refuse_all(turn,
                          "the ledger's disk is nearly full: nothing can be stored now, send it "
                          "again later",
                          err);
    }
    if (code == 0 &&
        (requests_count(turn->received) || outbox_records_at(turn->outbox) <= turn->mono_ms ||
         turn->hangup || turn->ring_at_ms <= turn->now_ms)) {
        code = write_turn(turn, err);
    }
    if (code == 0 && reload_finish(&turn->reload, &turn->rulebook)) {
        turn->ring_at_ms = 0; // the next turn looks
    }
    return code;
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

static long wait_ms(const struct turn *turn, int64_t mono_ms)
{
    int64_t due = sooner(outbox_wakes_at(turn->outbox), turn->ring_at_ms), wait = IDLE_MS;

    if (!turn->stopping) {
        wait = sooner(wait, due == INT64_MAX ? due : due - clock_wall_ms());
        wait = sooner(wait, outbox_records_at(turn->outbox) - mono_ms);
    }
    wait = sooner(wait, turn->settle_mono_ms - mono_ms);
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

// True where the disk is at work for so many that what was sent meanwhile is taken in first. For
// fewer it does not pay: those who are answered send what is next, and a sync for each half of them
// costs more than it hides.
static bool goes_on(const struct turn *turn)
{
    return turn->unsettled && !turn->stopping &&
           requests_frames(turn->committed) >= GOING_ON_EVENTS && intake_is_ready(turn->intake);
}

// Waits for the first of the items; where nothing comes for a moment, the ledger is tidied first.
// In calm hours a moment is none: so it is never much, and who comes meanwhile waits a millisecond.
static int wait_or_tidy(struct turn *turn, zmq_pollitem_t *items, int count, long wait,
                        struct error *err)
{
    if (ledger_wants_checkpoint(turn->ledger, true)) {
        bool calm = turn->last_events < BESIDE_EVENTS;
        long quiet = calm ? 0 : wait < QUIET_MS ? wait : QUIET_MS;
        int ready = zmq_poll(items, count, quiet);
        int code = ledger_checkpoint(turn->ledger, ready == 0 && (calm || quiet == QUIET_MS), err);

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
    int count = 0, code;

    if (goes_on(turn)) {
        return 0;
    }
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
    code = turn->unsettled ? settle(turn, err) : 0;
    if (code < 0) {
        return code;
    }
    return wait_or_tidy(turn, items, count, wait_ms(turn, mono_ms), err);
}

// Receipts come first: meanwhile publishers send what is next.
static int hand_over(struct turn *turn, struct error *err)
{
    int code;

    while ((code = outbox_hand_over(turn->outbox, turn->now_ms, err)) > 0) {
        code = settle(turn, err);
        if (code < 0) {
            break;
        }
    }
    return code;
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
    code = receive_and_write(turn, err);
    if (code == 0 && turn->resume_mono_ms <= turn->mono_ms) { // not where nothing can be recorded
        code = hand_over(turn, err);
    }
    return code < 0 ? code : settle_if_late(turn, err);
}

// Stops the intake, gives what is under way a while, records its outcomes.
static int drain(struct turn *turn, struct error *err)
{
    int64_t deadline = clock_mono_ms() + DRAIN_MS;
    int code = settle(turn, err);

    if (code == 0 && turn->courier.ready && pair_send_stop(turn->courier.pair, DRAIN_MS) == 0) {
        turn->courier.stopping = true;
    }
    // by what is in hand, not by the courier's end: that may be seen before its last words
    while (code == 0 && outbox_in_hand(turn->outbox) &&
           (turn->courier.stopping || outbox_outcomes(turn->outbox)) &&
           clock_mono_ms() < deadline) {
        turn->now_ms = clock_wall_ms();
        hear_courier(turn);
        code = outbox_outcomes(turn->outbox) ? write_all(turn, err) : wait_for_work(turn, err);
    }
    return code < 0 ? code : settle(turn, err);
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
                                     .lane_has_older = outbox_lane_has_older,
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
    requests_destroy(turn->received);
    requests_destroy(turn->committed);
}

int turn_run(struct rulebook **rulebook, struct error *err)
{
    struct turn turn = {.rulebook = *rulebook, .signal_fd = -1, .settle_mono_ms = INT64_MAX};
    int code;

    *rulebook = NULL;

    turn.received = requests_create();
    turn.committed = requests_create();
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
