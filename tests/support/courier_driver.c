// Plays the desk for the courier alone: binds the pair, runs this program again as the courier,
// reads commands from standard input and prints what comes back, a line each.
//
//   shut NAME
//   lane NAME URL SECRET|- INSECURE PRIVATE CONCURRENCY GAP_MS TIMEOUT_MS CONNECT_MS
//   job NUM LANE NOTICE_ID BODY…            burst COUNT LANE BODY_BYTES WINDOW
//   stop DEADLINE_MS                        (the end of the input is "stop 500")
//
// Names that end in .test are answered here: hangs.test never in time, inside.test is 10.0.0.5,
// rebound.test is 127.0.0.1.
#include <dlfcn.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/moment.h"
#include "common/base/text.h"
#include "daemon/courier/courier.h"
#include "daemon/pair.h"

struct driver {
    struct pair *pair;
    pid_t child;
    struct text input; // not yet a whole line
    bool greeted, input_ended, stopping;
    int64_t burst_count, burst_sent, burst_done, burst_window, burst_from_ms;
    char burst_lane[64];
    char *burst_body;
};

// Stands before the C library's, for libcurl too.
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    // POSIX's own way to make a function of what dlsym() gives
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name && strcmp(name, "hangs.test") == 0) {
        (void)poll(NULL, 0, 4000);
        return EAI_AGAIN;
    }
    if (name && strcmp(name, "inside.test") == 0) {
        name = "10.0.0.5";
    } else if (name && strcmp(name, "rebound.test") == 0) {
        name = "127.0.0.1";
    }
    return real(name, service, hints, ret);
}

static const char *result_name(int32_t result)
{
    static const char *const names[] = {"delivered", "again", "refused",
                                        "pause",     "gone",  "untried"};

    return names[result];
}

static void say(const char *line)
{
    (void)puts(line);
    (void)fflush(stdout);
}

static void run_lane(struct driver *driver, const char *line)
{
    char lane[64], url[512], secret[256];
    struct pair_lane message = {.lane = lane, .url = url, .secret = secret};

    if (sscanf(line,
               "%63s %511s %255s %" SCNd32 " %" SCNd32 " %" SCNd32 " %" SCNd64 " %" SCNd64
               " %" SCNd64,
               lane, url, secret, &message.insecure, &message.allow_private, &message.concurrency,
               &message.rate_gap_ms, &message.timeout_ms, &message.connect_timeout_ms) != 9) {
        say("bad lane");
        return;
    }
    message.secret = strcmp(secret, "-") == 0 ? NULL : secret;
    if (pair_send_lane(driver->pair, &message) < 0) {
        say("failed lane");
    }
}

static void run_job(struct driver *driver, const char *line, bool late)
{
    char lane[64], id[128];
    struct pair_job job = {.lane = lane,
                           .notice_id = id,
                           .content_type = "application/json",
                           .failures_heard = late ? 0 : INT64_MAX};
    int body_at = 0;

    if (sscanf(line, "%" SCNd64 " %63s %127s %n", &job.num, lane, id, &body_at) < 3 || !body_at) {
        say("bad job");
        return;
    }
    job.body = line + body_at;
    job.body_size = strlen(job.body);
    if (pair_send_job(driver->pair, &job) < 0) {
        say("failed job");
    }
}

static void run_burst(struct driver *driver, const char *line)
{
    size_t body_bytes = 0;

    if (sscanf(line, "%" SCNd64 " %63s %zu %" SCNd64, &driver->burst_count, driver->burst_lane,
               &body_bytes, &driver->burst_window) != 4) {
        say("bad burst");
        return;
    }
    driver->burst_body = calloc(1, body_bytes + 1);
    memset(driver->burst_body, 'x', body_bytes);
    driver->burst_from_ms = clock_mono_ms();
}

static void feed_burst(struct driver *driver)
{
    while (driver->burst_sent < driver->burst_count &&
           driver->burst_sent - driver->burst_done < driver->burst_window) {
        struct pair_job job = {.num = driver->burst_sent,
                               .lane = driver->burst_lane,
                               .notice_id = "hn_burst",
                               .content_type = "application/json",
                               .body = driver->burst_body,
                               .failures_heard = INT64_MAX,
                               .body_size = strlen(driver->burst_body)};

        if (pair_send_job(driver->pair, &job) < 0) {
            return;
        }
        driver->burst_sent++;
    }
}

static void run_stop(struct driver *driver, int64_t deadline_ms)
{
    driver->stopping = true;
    if (pair_send_stop(driver->pair, deadline_ms) < 0) {
        say("failed stop");
    }
}

static void run_shut(struct driver *driver, const char *lane)
{
    if (pair_send_shut(driver->pair, lane) < 0) {
        say("failed shut");
    }
}

static void run_line(struct driver *driver, const char *line)
{
    if (strncmp(line, "lane ", 5) == 0) {
        run_lane(driver, line + 5);
    } else if (strncmp(line, "shut ", 5) == 0) {
        run_shut(driver, line + 5);
    } else if (strncmp(line, "job ", 4) == 0) {
        run_job(driver, line + 4, false);
    } else if (strncmp(line, "late ", 5) == 0) { // as a job that crossed the news of a failure
        run_job(driver, line + 5, true);
    } else if (strncmp(line, "burst ", 6) == 0) {
        run_burst(driver, line + 6);
    } else if (strncmp(line, "stop ", 5) == 0) {
        run_stop(driver, strtoll(line + 5, NULL, 10));
    } else {
        say("bad command");
    }
}

static void read_input(struct driver *driver)
{
    char *end;
    ssize_t got = read(STDIN_FILENO, text_room(&driver->input, 65536), 65536);

    if (got <= 0) {
        driver->input_ended = true;
        if (!driver->stopping) {
            run_stop(driver, 500);
        }
        return;
    }
    driver->input.size += (size_t)got;
    driver->input.bytes[driver->input.size] = '\0';
    while ((end = memchr(driver->input.bytes, '\n', driver->input.size)) != NULL) {
        size_t used = (size_t)(end - driver->input.bytes) + 1;

        *end = '\0';
        run_line(driver, driver->input.bytes);
        driver->input.size -= used;
        memmove(driver->input.bytes, end + 1, driver->input.size);
    }
}

static void on_outcome(struct driver *driver, const struct pair_outcome *outcome)
{
    if (driver->burst_count && strcmp(outcome->lane, driver->burst_lane) == 0) {
        if (outcome->result == SEND_DELIVERED && ++driver->burst_done == driver->burst_count) {
            (void)printf("burst %" PRId64 " ms\n", clock_mono_ms() - driver->burst_from_ms);
            (void)fflush(stdout);
        }
        return;
    }
    (void)printf("outcome %" PRId64 " %s %s %" PRId32 " %" PRId64 " %" PRId64 " %s\n", outcome->num,
                 outcome->lane, result_name(outcome->result), outcome->status,
                 outcome->retry_after_ms, outcome->took_ms, outcome->answer);
    (void)fflush(stdout);
}

static bool read_pair(struct driver *driver)
{
    struct pair_message message;
    int rc;

    while ((rc = pair_receive(driver->pair, &message)) > 0) {
        switch (message.kind) {
        case PAIR_HELLO:
            driver->greeted = true;
            (void)printf("hello %d\n", (int)driver->child);
            (void)fflush(stdout);
            break;
        case PAIR_ALIVE:
            say("alive");
            break;
        case PAIR_OUTCOME:
            on_outcome(driver, &message.outcome);
            break;
        case PAIR_LANE:
        case PAIR_SHUT:
        case PAIR_JOB:
        case PAIR_RECALL:
        case PAIR_STOP:
            break;
        }
        pair_message_finish(&message);
    }
    if (rc < 0) {
        say("malformed");
    }
    return rc == 0;
}

static pid_t start_courier(const char *endpoint)
{
    char parent[24];
    pid_t child;

    (void)snprintf(parent, sizeof parent, "%d", (int)getpid());
    child = fork();
    if (child == 0) {
        (void)execl("/proc/self/exe", "courier_driver", "--courier", endpoint, parent,
                    (char *)NULL);
        _exit(127);
    }
    return child;
}

static int play(struct driver *driver)
{
    for (;;) {
        zmq_pollitem_t items[] = {
            {.socket = pair_socket(driver->pair), .events = ZMQ_POLLIN},
            {.fd = STDIN_FILENO, .events = ZMQ_POLLIN},
        };
        bool reads = driver->greeted && !driver->input_ended;
        int status = 0;

        (void)!pair_flush(driver->pair);
        (void)zmq_poll(items, reads ? 2 : 1, 20);
        if (!read_pair(driver)) {
            return 1;
        }
        if (reads && items[1].revents) {
            read_input(driver);
        }
        feed_burst(driver);
        if (waitpid(driver->child, &status, WNOHANG) == driver->child) {
            (void)read_pair(driver);
            (void)printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
            return driver->stopping && status == 0 ? 0 : 1;
        }
    }
}

int main(int argc, char **argv)
{
    struct driver driver = {0};
    struct error err = {0};
    void *context;
    int rc;

    if (argc == 4 && strcmp(argv[1], "--courier") == 0) {
        return courier_run(argv[2], (pid_t)strtol(argv[3], NULL, 10)) < 0 ? 1 : 0;
    }
    if (argc != 2) {
        (void)fputs("usage: courier_driver ENDPOINT\n", stderr);
        return 2;
    }
    driver.child = start_courier(argv[1]); // before there is a ZeroMQ context
    context = zmq_ctx_new();
    if (pair_bind(context, argv[1], &driver.pair, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        (void)kill(driver.child, SIGKILL);
        return 1;
    }
    rc = play(&driver);
    pair_close(driver.pair);
    (void)zmq_ctx_term(context);
    text_finish(&driver.input);
    free(driver.burst_body);
    return rc;
}
