#include "client/rehearsal/run.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/trial/trial.h"
#include "common/base/text.h"
#include "common/event/event.h"

enum { TICK_EVENTS = 512, PIPE_BYTES = 1024 * 1024 };

struct running {
    const struct feed *feed;
    FILE *records;
    struct trial *trial;
    struct text receipt;
    struct error err;
    bool counting; // what comes about now is in the time that is looked at
    int64_t position;
    int64_t done;
    int decided; // of the event in hand
    struct run_sums sums;
};

// --- what comes of it ----------------------------------------------------------------------------

static void tell(struct running *running, const struct notice_record *notice, enum record_kind kind,
                 int64_t at_ms)
{
    const struct record record = {.kind = kind,
                                  .role = notice->role,
                                  .notice = notice->kind,
                                  .fate = notice->fate,
                                  .urgent = notice->urgent,
                                  .position = running->position,
                                  .at_ms = at_ms,
                                  .due_ms = notice->due_ms,
                                  .rep = notice->rep,
                                  .rule = notice->rule,
                                  .source = notice->event_source,
                                  .id = notice->event_id,
                                  .type = notice->event_type,
                                  .issue = notice->issue_key,
                                  .account = notice->account_key};

    record_write(running->records, &record);
}

static void on_decided(void *user, const struct notice_record *notice)
{
    struct running *running = user;

    // what rings on the way to an event is none of its own
    running->decided += notice->event_type && event_type_of(notice->event_type) != EVENT_TYPE_COUNT;
    // a digest itself is told when it is sent
    if (running->counting && notice->kind != NOTICE_DIGEST) {
        tell(running, notice, RECORD_DECIDED, notice->created_ms);
    }
}

static void on_sent(void *user, const struct notice_record *notice, int64_t at_ms)
{
    struct running *running = user;

    if (running->counting) {
        tell(running, notice, RECORD_SENT, at_ms);
    }
}

static void refuse(struct running *running, const struct feed_item *item, const char *words)
{
    const struct record record = {.kind = RECORD_REFUSED,
                                  .position = running->position,
                                  .at_ms = trial_now(running->trial),
                                  // of what only prepares, nobody wrote the line
                                  .number = item->counted ? item->number : 0,
                                  .words = words};

    running->sums.refused++;
    record_write(running->records, &record);
}

// Takes what the receipt of a handled event says.
static void take_receipt(struct running *running, const struct feed_item *item)
{
    const char *text = text_string(&running->receipt);
    const char *words;
    json_t *receipt;

    if (strstr(text, "\"status\":\"duplicate\"")) { // with the first one's receipt in it
        running->sums.duplicate++;
        return;
    }
    if (strstr(text, "\"status\":\"accepted\"")) {
        running->sums.unexplained += running->counting && running->decided == 0;
        return;
    }
    receipt = json_loadb(text, running->receipt.size, 0, NULL);
    words = json_string_value(json_object_get(receipt, "message"));
    refuse(running, item, words ? words : "refused");
    json_decref(receipt);
}

// --- the feed ------------------------------------------------------------------------------------

static void tick(struct running *running)
{
    const struct record record = {.kind = RECORD_TICK,
                                  .position = running->position,
                                  .at_ms = trial_now(running->trial),
                                  .number = running->sums.events,
                                  .done = running->done};

    record_write(running->records, &record);
    (void)fflush(running->records);
}

// Before the first event of the time that is looked at, the time before it is over.
static int begin_counting(struct running *running)
{
    int64_t since_ms =
        running->feed->ledger_path ? running->feed->since_ms : running->feed->first_ms;
    int code = trial_pass(running->trial, since_ms - 1, &running->err);

    running->counting = true;
    return code;
}

static int handle(struct running *running, const struct feed_item *item)
{
    const struct event_slice slice = {item->bytes, item->size};
    int code;

    running->position++; // what rings on the way there has it too
    running->decided = 0;
    text_clear(&running->receipt);
    code = trial_event(running->trial, &slice, item->at_ms, &running->receipt, &running->err);
    if (code == 0) {
        take_receipt(running, item);
    }
    return code;
}

static void count(struct running *running, const struct feed_item *item)
{
    struct run_sums *sums = &running->sums;

    if (!item->counted) {
        sums->before++;
        return;
    }
    sums->events++;
    sums->first_ms = sums->first_ms ? sums->first_ms : trial_now(running->trial);
    sums->last_ms = trial_now(running->trial);
}

static int take(void *user, const struct feed_item *item)
{
    struct running *running = user;
    int code = 0;

    running->done = item->done;
    if (item->counted && !running->counting) {
        code = begin_counting(running);
    }
    if (code == 0 && item->wrong) {
        running->position++;
        refuse(running, item, item->wrong);
    } else if (code == 0) {
        code = handle(running, item);
    }
    count(running, item);
    if (code == 0 && (running->sums.before + running->sums.events) % TICK_EVENTS == 0) {
        tick(running);
    }
    return code;
}

static int run_all(struct running *running)
{
    const struct feed *feed = running->feed;
    int code = feed_each(feed, take, running, &running->sums, &running->err);

    if (code == 0 && !running->counting) {
        code = begin_counting(running);
    }
    if (code == 0) {
        code =
            trial_pass(running->trial,
                       feed->ledger_path ? feed->until_ms : running->sums.last_ms + feed->until_ms,
                       &running->err);
    }
    return code;
}

void run_feed(const struct rulebook *rulebook, const struct feed *feed, FILE *records)
{
    struct running running = {.feed = feed, .records = records};
    const struct trial_listener listener = {on_decided, on_sent, &running};
    int code = trial_open(rulebook, TRIAL_ON_DISK, &listener, &running.trial, &running.err);
    struct record last = {.kind = RECORD_END};

    if (code == 0) {
        code = run_all(&running);
    }
    last.position = running.position;
    last.at_ms = running.trial ? trial_now(running.trial) : 0;
    last.sums = running.sums;
    if (code < 0) {
        last.kind = RECORD_FAILED;
        last.words = running.err.message;
    }
    record_write(records, &last);
    (void)fflush(records);
    trial_close(running.trial);
    text_finish(&running.receipt);
}

// --- the process ---------------------------------------------------------------------------------

static void be_child(const struct rulebook *rulebook, const struct feed *feed, int fd, pid_t parent)
{
    FILE *records;

    // it ends with whoever waits for it
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
        _exit(1);
    }
    records = fdopen(fd, "w");
    if (!records) {
        _exit(1);
    }
    run_feed(rulebook, feed, records);
    _exit(0);
}

int run_start(const struct rulebook *rulebook, const struct feed *feed, struct run *ret,
              struct error *err)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0) {
        return error_set(err, -errno, "cannot make a pipe: %s", strerrordesc_np(errno));
    }
    (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); // where that is allowed
    pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        be_child(rulebook, feed, ends[1], parent);
    }
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return error_set(err, -EAGAIN, "cannot start a process");
    }
    *ret = (struct run){pid, fdopen(ends[0], "r")};
    if (!ret->records) {
        (void)close(ends[0]);
        run_end(ret);
        return error_set(err, -ENOMEM, "cannot read from a pipe");
    }
    return 0;
}

void run_end(struct run *run)
{
    if (run->records) {
        (void)fclose(run->records);
    }
    if (run->pid > 0) {
        (void)kill(run->pid, SIGKILL);
        while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    *run = (struct run){0};
}
