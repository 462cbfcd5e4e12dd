// Publishes events through a stock ZeroMQ DEALER and waits until each is acknowledged and its
// webhook has arrived at the sink; prints one line of JSON with what that took.
//   load ENDPOINT BOARD EVENTS WINDOW          as fast as WINDOW events in flight allow
//   load ENDPOINT BOARD EVENTS 0 RATE          RATE events a second, for the latency
#include "tests/bench/board.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { ACCOUNTS = 8, PATIENCE_S = 60 };

struct load {
    struct board *board;
    void *socket;
    long events, window, rate;
    long long marked_before; // a board may serve several loads; numbers go on where the last ended
    long first;
    long sent, acknowledged, refused;
    int64_t begun_ns, *sent_ns;
};

static void send_one(struct load *load)
{
    long number = load->first + load->sent;
    char event[1024];
    int size = snprintf(
        event, sizeof event,
        "{\"specversion\":\"1.0\",\"id\":\"load-%ld\",\"source\":\"/bench/load\","
        "\"type\":\"headsup.issue.opened\",\"subject\":\"load-%ld\","
        "\"time\":\"2026-03-04T10:11:12Z\",\"data\":{\"account\":\"account-%ld\","
        "\"category\":\"billing\",\"severity\":\"major\",\"summary\":\"The customer was charged "
        "twice for the same delivery and has called about it three times since\",\"amount\":%ld.50,"
        "\"currency\":\"USD\",\"department\":\"billing\",\"contact\":\"Robin Whitfield\"}}",
        number, number, number % ACCOUNTS, 10000 + number % 5000);

    load->sent_ns[load->sent++] = board_now_ns();
    if (zmq_send(load->socket, "", 0, ZMQ_SNDMORE) < 0 ||
        zmq_send(load->socket, event, (size_t)size, 0) < 0) {
        err(1, "zmq_send");
    }
}

// Takes the replies that are there; waits at most so long for the first.
static void take_replies(struct load *load, long wait_ms)
{
    zmq_pollitem_t item = {.socket = load->socket, .events = ZMQ_POLLIN};
    char reply[8192];

    while (zmq_poll(&item, 1, wait_ms) > 0) {
        int size = zmq_recv(load->socket, reply, sizeof reply, 0); // the empty frame
        size = zmq_recv(load->socket, reply, sizeof reply - 1, 0);
        if (size < 0) {
            err(1, "zmq_recv");
        }
        reply[size < (int)sizeof reply ? size : (int)sizeof reply - 1] = '\0';
        load->acknowledged++;
        load->refused += strstr(reply, "\"accepted\"") == NULL;
        wait_ms = 0;
    }
}

static void check_patience(const struct load *load, int64_t since_ns)
{
    if (board_now_ns() - since_ns > PATIENCE_S * INT64_C(1000000000)) {
        errx(1, "stuck: %ld sent, %ld acknowledged, %lld arrived", load->sent, load->acknowledged,
             (long long)atomic_load(&load->board->marked) - load->marked_before);
    }
}

// Waits for the moment of the next paced event, taking replies meanwhile.
static void keep_pace(struct load *load)
{
    int64_t due_ns = load->begun_ns + load->sent * INT64_C(1000000000) / load->rate;

    for (;;) {
        int64_t left_ns = due_ns - board_now_ns();

        if (left_ns <= 0) {
            return;
        }
        take_replies(load, 0);
        // asleep, for a core that spins here is missing to those that are measured
        if (left_ns > 100000) {
            nanosleep(&(struct timespec){.tv_nsec = left_ns < 600000 ? left_ns - 60000 : 500000},
                      NULL);
        }
    }
}

static void publish_all(struct load *load)
{
    load->begun_ns = board_now_ns();
    while (load->acknowledged < load->events) {
        int64_t waiting_since = board_now_ns();
        long before = load->acknowledged;

        while (load->sent < load->events &&
               (load->rate || load->sent - load->acknowledged < load->window)) {
            if (load->rate) {
                keep_pace(load);
            }
            send_one(load);
        }
        while (load->acknowledged == before && load->acknowledged < load->events) {
            take_replies(load, 100);
            check_patience(load, waiting_since);
        }
    }
}

static void await_arrivals(struct load *load)
{
    int64_t since_ns = board_now_ns();

    while (atomic_load(&load->board->marked) - load->marked_before < load->events) {
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        check_patience(load, since_ns);
    }
}

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static void report(const struct load *load, int64_t acknowledged_ns)
{
    int64_t *took = calloc((size_t)load->events, sizeof *took), last = 0;

    if (took == NULL) {
        err(1, "calloc");
    }
    for (long i = 0; i < load->events; i++) {
        int64_t arrived = atomic_load(&load->board->arrived_ns[load->first + i]);

        took[i] = arrived - load->sent_ns[i];
        last = arrived > last ? arrived : last;
    }
    last = last > acknowledged_ns ? last : acknowledged_ns;
    qsort(took, (size_t)load->events, sizeof *took, by_size);
    printf("{\"events\": %ld, \"not_accepted\": %ld, \"acknowledged_per_s\": %.0f, "
           "\"delivered_per_s\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
           load->events, load->refused,
           (double)load->events * 1e9 / (double)(acknowledged_ns - load->begun_ns),
           (double)load->events * 1e9 / (double)(last - load->begun_ns),
           (double)took[load->events / 2] / 1e6, (double)took[load->events * 99 / 100] / 1e6);
    free(took);
}

int main(int count, char **arguments)
{
    struct load load = {0};
    void *context = zmq_ctx_new();
    int64_t acknowledged_ns;

    if (count < 5) {
        errx(2, "usage: load ENDPOINT BOARD EVENTS WINDOW [RATE]");
    }
    load.board = board_map(arguments[2], 0);
    load.events = strtol(arguments[3], NULL, 10);
    load.window = strtol(arguments[4], NULL, 10);
    load.rate = count > 5 ? strtol(arguments[5], NULL, 10) : 0;
    load.marked_before = atomic_load(&load.board->marked);
    load.first = (long)load.marked_before;
    load.sent_ns = calloc((size_t)load.events + 1, sizeof *load.sent_ns);
    load.socket = zmq_socket(context, ZMQ_DEALER);
    if (load.events < 1 || load.first + load.events > BOARD_SLOTS || load.sent_ns == NULL ||
        zmq_setsockopt(load.socket, ZMQ_LINGER, &(int){0}, sizeof(int)) < 0 ||
        zmq_setsockopt(load.socket, ZMQ_SNDHWM, &(int){0}, sizeof(int)) < 0 ||
        zmq_setsockopt(load.socket, ZMQ_RCVHWM, &(int){0}, sizeof(int)) < 0 ||
        zmq_connect(load.socket, arguments[1]) < 0) {
        err(1, "load");
    }
    publish_all(&load);
    acknowledged_ns = board_now_ns();
    await_arrivals(&load);
    report(&load, acknowledged_ns);
    free(load.sent_ns);
    zmq_close(load.socket);
    zmq_ctx_term(context);
    return load.refused ? 1 : 0;
}
