// Publishes events through a stock ZeroMQ DEALER and waits until each is acknowledged and its
// webhook has arrived at the sink; prints one line of JSON with what that took.
//   load ENDPOINT BOARD EVENTS WINDOW          as fast as WINDOW events in flight allow
//   load ENDPOINT BOARD EVENTS 0 RATE          RATE events a second, for the latency
//   load … RATE ACCOUNTS FIRST                 of so many accounts by turns, from account-FIRST on
// ENDPOINT,ENDPOINT has the events by turns: the one whose number leaves 0, 1, … goes to that one.
#include "tests/bench/board.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { ACCOUNTS = 8, MOST_ENDPOINTS = 4, PATIENCE_S = 60 };

struct load {
    struct board *board;
    void *context;
    zmq_pollitem_t endpoints[MOST_ENDPOINTS];
    int endpoint_count;
    long events, window, rate, accounts, first_account;
    long long marked_before; // a board may serve several loads; numbers go on where the last ended
    long first;
    long sent, acknowledged, refused;
    int64_t begun_ns;
};

static void send_one(struct load *load)
{
    long number = load->first + load->sent;
    void *socket = load->endpoints[number % load->endpoint_count].socket;
    long account = load->first_account + number / load->endpoint_count % load->accounts;
    char event[1024];
    int size = snprintf(
        event, sizeof event,
        "{\"specversion\":\"1.0\",\"id\":\"load-%ld\",\"source\":\"/bench/load\","
        "\"type\":\"headsup.issue.opened\",\"subject\":\"load-%ld\","
        "\"time\":\"2026-03-04T10:11:12Z\",\"data\":{\"account\":\"account-%ld\","
        "\"category\":\"billing\",\"severity\":\"major\",\"summary\":\"The customer was charged "
        "twice for the same delivery and has called about it three times since\",\"amount\":%ld.50,"
        "\"currency\":\"USD\",\"department\":\"billing\",\"contact\":\"Robin Whitfield\"}}",
        number, number, account, 10000 + number % 5000);

    load->sent++;
    atomic_store(&load->board->sent_ns[number], board_now_ns());
    if (zmq_send(socket, "", 0, ZMQ_SNDMORE) < 0 || zmq_send(socket, event, (size_t)size, 0) < 0) {
        err(1, "zmq_send");
    }
}

static void take_reply(struct load *load, void *socket)
{
    char reply[8192];
    int size;

    (void)zmq_recv(socket, reply, sizeof reply, 0); // the empty frame
    size = zmq_recv(socket, reply, sizeof reply - 1, 0);
    if (size < 0) {
        err(1, "zmq_recv");
    }
    reply[size < (int)sizeof reply ? size : (int)sizeof reply - 1] = '\0';
    load->acknowledged++;
    load->refused += strstr(reply, "\"accepted\"") == NULL;
}

// Takes the replies that are there; waits at most so long for the first.
static void take_replies(struct load *load, long wait_ms)
{
    while (zmq_poll(load->endpoints, load->endpoint_count, wait_ms) > 0) {
        for (int i = 0; i < load->endpoint_count; i++) {
            if (load->endpoints[i].revents) {
                take_reply(load, load->endpoints[i].socket);
            }
        }
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

        took[i] = arrived - atomic_load(&load->board->sent_ns[load->first + i]);
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

static void connect_all(struct load *load, char *endpoints)
{
    char *rest = endpoints, *endpoint;

    load->context = zmq_ctx_new();
    while ((endpoint = strsep(&rest, ",")) != NULL && load->endpoint_count < MOST_ENDPOINTS) {
        void *socket = zmq_socket(load->context, ZMQ_DEALER);

        if (zmq_setsockopt(socket, ZMQ_LINGER, &(int){0}, sizeof(int)) < 0 ||
            zmq_setsockopt(socket, ZMQ_SNDHWM, &(int){0}, sizeof(int)) < 0 ||
            zmq_setsockopt(socket, ZMQ_RCVHWM, &(int){0}, sizeof(int)) < 0 ||
            zmq_connect(socket, endpoint) < 0) {
            err(1, "%s", endpoint);
        }
        load->endpoints[load->endpoint_count++] =
            (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
    }
}

static void disconnect_all(struct load *load)
{
    for (int i = 0; i < load->endpoint_count; i++) {
        zmq_close(load->endpoints[i].socket);
    }
    zmq_ctx_term(load->context);
}

static long argument(int count, char **arguments, int index, long unsaid)
{
    return index < count ? strtol(arguments[index], NULL, 10) : unsaid;
}

int main(int count, char **arguments)
{
    struct load load = {0};
    int64_t acknowledged_ns;

    if (count < 5) {
        errx(2, "usage: load ENDPOINT[,ENDPOINT…] BOARD EVENTS WINDOW [RATE [ACCOUNTS [FIRST]]]");
    }
    load.board = board_map(arguments[2], 0);
    load.events = argument(count, arguments, 3, 0);
    load.window = argument(count, arguments, 4, 0);
    load.rate = argument(count, arguments, 5, 0);
    load.accounts = argument(count, arguments, 6, ACCOUNTS);
    load.first_account = argument(count, arguments, 7, 0);
    load.marked_before = atomic_load(&load.board->marked);
    load.first = (long)load.marked_before;
    if (load.events < 1 || load.first + load.events > BOARD_SLOTS || load.accounts < 1) {
        errx(2, "so many events, or accounts, cannot be");
    }
    connect_all(&load, arguments[1]);
    publish_all(&load);
    acknowledged_ns = board_now_ns();
    await_arrivals(&load);
    report(&load, acknowledged_ns);
    disconnect_all(&load);
    return load.refused ? 1 : 0;
}
