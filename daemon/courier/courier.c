#include "daemon/courier/courier.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utlist.h>

#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "daemon/courier/lane_queue.h"
#include "daemon/courier/stall.h"

enum {
    ALIVE_MS = SECOND_MS,
    BACKLOG_MS = 10,           // until the next try to be rid of it
    LAST_WORDS_MS = SECOND_MS, // for the backlog, behind the deadline of a stop
    // of one turn of the loop, which is to be short: there is another one at once
    MESSAGES = 1024,
    STARTS = 64,
    // More would not help those that answer (see lane_queue.h), and libcurl looks at each in each
    // turn.
    MOST_RUNNING = 1024,
    LEAST_RUNNING = 16,
    OWN_DESCRIPTORS = 64 // that are no connections
};

// An outcome that the desk had no room for.
struct held_outcome {
    struct held_outcome *prev, *next;
    struct pair_outcome outcome; // its strings are owned
};

struct courier {
    struct pair *pair;
    struct transfers *transfers;
    struct lane_queues *queues;
    struct held_outcome *backlog;
    int running;
    bool stopping;
    bool restless; // the next turn of the loop does not wait: something is to be done already
    int64_t stop_mono_ms, alive_mono_ms;
    struct stall_watch stall;
};

static void hold_outcome(struct courier *courier, const struct pair_outcome *outcome)
{
    struct held_outcome *held = xcalloc(1, sizeof *held);

    held->outcome = *outcome;
    held->outcome.lane = xstrdup(outcome->lane);
    held->outcome.answer = xstrdup(outcome->answer);
    DL_APPEND(courier->backlog, held);
}

static void drop_held(struct courier *courier, struct held_outcome *held)
{
    DL_DELETE(courier->backlog, held);
    free((char *)(uintptr_t)held->outcome.lane);
    free((char *)(uintptr_t)held->outcome.answer);
    free(held);
}

static void flush_backlog(struct courier *courier)
{
    struct held_outcome *held, *next;

    DL_FOREACH_SAFE(courier->backlog, held, next)
    {
        if (pair_send_outcome(courier->pair, &held->outcome) < 0) {
            return;
        }
        drop_held(courier, held);
    }
}

static void send_outcome(struct courier *courier, const struct pair_job *job,
                         const struct transfer_result *result)
{
    struct pair_outcome outcome = {
        .num = job->num,
        .lane = job->lane,
        .result = (int32_t)result->result,
        .status = result->status,
        .retry_after_ms = result->retry_after_ms,
        .took_ms = result->took_ms,
        .answer = result->answer,
    };

    if (courier->backlog || pair_send_outcome(courier->pair, &outcome) < 0) {
        hold_outcome(courier, &outcome);
    }
}

static void send_untried(struct courier *courier, const struct pair_job *job, const char *why)
{
    send_outcome(
        courier, job,
        &(struct transfer_result){.result = SEND_UNTRIED, .retry_after_ms = -1, .answer = why});
}

static void hand_back(struct courier *courier, struct lane_queue *lane, const char *why)
{
    struct lane_job *job;

    while ((job = lane_queues_take_unstarted(courier->queues, lane)) != NULL) {
        send_untried(courier, &job->message.job, why);
        lane_job_destroy(job);
    }
}

// Reports a job that was started, and frees it. What waits behind a failure goes back: the desk
// alone decides whether and when the lane goes on.
static void finish_job(struct courier *courier, struct lane_job *job,
                       const struct transfer_result *result)
{
    send_outcome(courier, &job->message.job, result);
    if (result->result == SEND_AGAIN || result->result == SEND_PAUSE ||
        result->result == SEND_GONE) {
        lane_queue_failed(job->lane);
        hand_back(courier, job->lane, "an earlier notice of the lane failed");
    }
    lane_job_ended(courier->queues, job);
}

static void fail_job(struct courier *courier, struct lane_job *job, enum send_result result,
                     const char *why)
{
    finish_job(courier, job,
               &(struct transfer_result){.result = result, .retry_after_ms = -1, .answer = why});
}

static void start_job(struct courier *courier, struct lane_job *job)
{
    const struct pair_job *words = &job->message.job;
    struct transfer_content content = {words->notice_id, words->content_type, words->body,
                                       words->body_size};
    const char *why = NULL;
    const struct transfer_target *target = lane_queue_target(job->lane, &why);
    int rc;

    if (!target) {
        fail_job(courier, job, SEND_PAUSE, why);
        return;
    }
    rc = transfers_start(courier->transfers, target, &content, job);
    if (rc == 0) {
        courier->running++;
        courier->restless = true; // it sends at once, without a look at who waits
    } else if (rc == -EAGAIN) {
        fail_job(courier, job, SEND_AGAIN, "too many name lookups hang");
    } else {
        fail_job(courier, job, SEND_AGAIN, "no means to start a transfer");
    }
}

// Starts what may start, as far as a turn goes. Returns when the next job may by the clock alone.
static int64_t start_jobs(struct courier *courier, int64_t now_mono_ms)
{
    int64_t wakes_mono_ms = INT64_MAX;

    for (int i = 0; i < STARTS; i++) {
        struct lane_job *job = lane_queues_next(courier->queues, now_mono_ms, &wakes_mono_ms);

        if (!job) {
            return wakes_mono_ms;
        }
        start_job(courier, job);
    }
    courier->restless = true; // there may be more
    return wakes_mono_ms;
}

static void harvest(struct courier *courier)
{
    struct transfer_result result;

    while (transfers_next(courier->transfers, &result)) {
        struct lane_job *job = result.owner;

        if (result.status) {
            result.result = lane_queue_result(job->lane, result.status);
        }
        courier->running--;
        lane_queue_answered(job->lane, result.status != 0);
        finish_job(courier, job, &result);
    }
}

static void abort_running(struct courier *courier)
{
    struct transfer_result result;

    while (transfers_abort_next(courier->transfers, &result)) {
        courier->running--;
        finish_job(courier, result.owner, &result);
    }
}

// What waits was rendered for the lane as it was: the desk renders it anew.
static void on_lane(struct courier *courier, struct pair_message *message)
{
    struct lane_queue *lane = lane_queues_find(courier->queues, message->lane.lane);

    if (lane) {
        hand_back(courier, lane, "the lane was changed");
    }
    lane_queues_set(courier->queues, message);
}

static void on_shut(struct courier *courier, const char *name)
{
    struct lane_queue *lane = lane_queues_find(courier->queues, name);

    if (lane) {
        hand_back(courier, lane, "the lane was shut");
        lane_queues_shut(courier->queues, lane);
    }
}

static void on_job(struct courier *courier, struct pair_message *message)
{
    struct lane_queue *lane = lane_queues_find(courier->queues, message->job.lane);

    if (courier->stopping) {
        send_untried(courier, &message->job, "the courier stops");
    } else if (lane && lane_queue_is_late(lane, &message->job)) {
        send_untried(courier, &message->job, "an earlier notice of the lane failed");
    } else if (!lane_queues_add(courier->queues, lane, message)) {
        send_untried(courier, &message->job, "the courier knows no such lane");
    }
}

static void on_recall(struct courier *courier, const char *name)
{
    struct lane_queue *lane = lane_queues_find(courier->queues, name);

    if (lane) {
        hand_back(courier, lane, "the lane is paused");
    }
}

static void on_stop(struct courier *courier, int64_t deadline_ms)
{
    struct lane_queue *lane = NULL;

    if (courier->stopping) {
        return;
    }
    courier->stopping = true;
    courier->stop_mono_ms = clock_mono_ms() + deadline_ms;
    while ((lane = lane_queues_after(courier->queues, lane)) != NULL) {
        hand_back(courier, lane, "the courier stops");
    }
}

static int on_message(struct courier *courier, struct pair_message *message)
{
    switch (message->kind) {
    case PAIR_LANE:
        on_lane(courier, message);
        return 0;
    case PAIR_SHUT:
        on_shut(courier, message->shut);
        return 0;
    case PAIR_JOB:
        on_job(courier, message);
        return 0;
    case PAIR_RECALL:
        on_recall(courier, message->recalled);
        return 0;
    case PAIR_STOP:
        on_stop(courier, message->deadline_ms);
        return 0;
    case PAIR_HELLO:
    case PAIR_OUTCOME:
    case PAIR_ALIVE:
        break;
    }
    return -EPROTO;
}

// Takes in what has come. The pair's descriptor tells of a change once only, so that nothing may be
// left behind when the loop goes to wait: where something came, it does not.
static int drain_pair(struct courier *courier)
{
    struct pair_message message = {0};
    int rc = 1;

    for (int i = 0; i < MESSAGES && rc > 0; i++) {
        rc = pair_receive(courier->pair, &message);
        if (rc > 0) {
            int wrong = on_message(courier, &message);

            courier->restless = true;
            pair_message_finish(&message);
            rc = wrong < 0 ? wrong : rc;
        }
    }
    return rc < 0 ? rc : 0;
}

static void say_alive(struct courier *courier, int64_t now_mono_ms)
{
    if (now_mono_ms >= courier->alive_mono_ms) {
        courier->alive_mono_ms = now_mono_ms + ALIVE_MS;
        courier->restless = true;
        // one that finds no room is not missed: the desk has not read those before it
        if (pair_send_plain(courier->pair, PAIR_ALIVE) < 0) {
            log_debug("the desk does not keep up");
        }
    }
}

static bool is_done(const struct courier *courier, int64_t now_mono_ms)
{
    bool all_said = !courier->backlog && !pair_has_unsent(courier->pair);

    return courier->stopping && !courier->running &&
           (all_said || now_mono_ms >= courier->stop_mono_ms + LAST_WORDS_MS);
}

// Outcomes go together, when there is nothing else to do at once. To send may hide that something
// came: that is taken in.
static int tell_outcomes(struct courier *courier)
{
    if (courier->restless || !pair_has_unsent(courier->pair) || pair_flush(courier->pair) < 0) {
        return 0;
    }
    return drain_pair(courier);
}

static int64_t sooner(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

// How long the loop may wait, given when the next job may start.
static int64_t patience(const struct courier *courier, int64_t now_mono_ms, int64_t wakes_mono_ms)
{
    int64_t until = sooner(courier->alive_mono_ms, wakes_mono_ms);

    if (courier->restless) {
        return 0;
    }
    if (courier->stopping) {
        until = sooner(until, courier->stop_mono_ms);
    }
    if (courier->backlog || pair_has_unsent(courier->pair)) {
        until = sooner(until, now_mono_ms + BACKLOG_MS);
    }
    return until > now_mono_ms ? until - now_mono_ms : 0;
}

static int give_up(int rc)
{
    log_error("the desk sent what cannot be read: %s", strerrordesc_np(-rc));
    return rc;
}

static int loop(struct courier *courier)
{
    for (;;) {
        int64_t now_mono_ms, wakes_mono_ms;
        int rc;

        courier->restless = false;
        flush_backlog(courier);
        rc = drain_pair(courier);
        if (rc < 0) {
            return give_up(rc);
        }
        now_mono_ms = clock_mono_ms();
        wakes_mono_ms = start_jobs(courier, now_mono_ms);
        say_alive(courier, now_mono_ms);
        if (courier->stopping && now_mono_ms >= courier->stop_mono_ms) {
            abort_running(courier);
        }
        rc = tell_outcomes(courier);
        if (rc < 0) {
            return give_up(rc);
        }
        if (is_done(courier, now_mono_ms)) {
            return 0;
        }
        stall_watch_end(&courier->stall);
        transfers_wait(courier->transfers, pair_fd(courier->pair),
                       patience(courier, now_mono_ms, wakes_mono_ms));
        stall_watch_begin(&courier->stall);
        transfers_run(courier->transfers);
        harvest(courier);
    }
}

// Ends with the desk, is stopped by the desk alone, and leaves no secret in a core.
static int settle_process(pid_t parent)
{
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
        return -errno;
    }
    if (getppid() != parent) {
        return -ESRCH; // it had died before we asked
    }
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) < 0 ? -errno : 0;
}

// How many transfers the descriptors allow: each may have one connection under way, and as many are
// kept open.
static int most_running(void)
{
    struct rlimit limit = {0};
    rlim_t room;

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    room = limit.rlim_cur > OWN_DESCRIPTORS ? (limit.rlim_cur - OWN_DESCRIPTORS) / 2 : 0;
    if (room > MOST_RUNNING) {
        return MOST_RUNNING;
    }
    return room < LEAST_RUNNING ? LEAST_RUNNING : (int)room;
}

static void courier_finish(struct courier *courier)
{
    struct held_outcome *held, *next;

    DL_FOREACH_SAFE(courier->backlog, held, next)
    {
        drop_held(courier, held);
    }
    transfers_destroy(courier->transfers); // before the jobs, whose bodies it borrows
    lane_queues_destroy(courier->queues);
    stall_watch_finish(&courier->stall);
    pair_close(courier->pair);
}

static int courier_init(struct courier *courier, const char *endpoint, struct error *err)
{
    int most = most_running(), rc;

    stall_watch_init(&courier->stall);
    courier->queues = lane_queues_create(most);
    rc = transfers_create(most, &courier->transfers, err);
    if (rc < 0) {
        return rc;
    }
    rc = pair_connect(NULL, endpoint, &courier->pair, err);
    if (rc < 0) {
        return rc;
    }
    rc = pair_send_plain(courier->pair, PAIR_HELLO);
    return rc < 0 ? error_set(err, rc, "cannot greet the desk: %s", strerrordesc_np(-rc)) : 0;
}

int courier_run(const char *endpoint, pid_t parent)
{
    cleanup_with(courier_finish) struct courier courier = {.stall.fd = -1};
    struct error err = {0};
    int rc;

    log_set_name("courier");
    rc = settle_process(parent);
    if (rc < 0) {
        log_error("cannot begin: %s", strerrordesc_np(-rc));
        return rc;
    }
    if (sodium_init() < 0) {
        log_error("libsodium does not start");
        return -ENOSYS;
    }
    rc = courier_init(&courier, endpoint, &err);
    if (rc < 0) {
        log_error("%s", err.message);
        return rc;
    }
    return loop(&courier);
}
