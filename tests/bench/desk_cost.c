// The desk's way of an event alone, in one process: read, decide, write, commit, hand over, record
// the outcome; no intake, no courier. For a profiler that counts instructions, which the load of
// the machine does not change:
//   valgrind --tool=callgrind tests/bench/desk_cost LEDGER EVENTS BATCH
// and the same with twice the EVENTS: the difference is theirs alone.
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/moment.h"
#include "common/desk/desk.h"
#include "common/rulebook/rulebook.h"
#include "daemon/json_pool.h"
#include "daemon/outbox/outbox.h"
#include "tests/support/small_book.h"

enum { LANES = 8, PATIENCE_MS = 10000 };

struct bench {
    struct rulebook *rulebook;
    struct ledger *ledger;
    struct outbox *outbox;
    struct desk *desk;
    struct pair *ours, *theirs; // the desk's end and the courier's
    struct text receipt;
    int64_t now_ms;
};

static void must(int code, const struct error *err)
{
    if (code < 0) {
        errx(1, "%s", err->message);
    }
}

static struct rulebook *book(void)
{
    struct text words = {0};
    struct rulebook *rulebook;

    text_add(&words, "currency = \"USD\"; reps: (");
    for (int i = 0; i < LANES; i++) {
        text_addf(&words,
                  "{ id = \"sales-%d\"; name = \"Sales %d\"; role = \"sales\"; webhook: { url = "
                  "\"http://127.0.0.1:9/sales-%d\"; }; },",
                  i, i, i);
    }
    text_add(&words, "{ id = \"pat\"; name = \"Pat Okafor\"; role = \"service\"; webhook: { url = "
                     "\"http://127.0.0.1:9/pat\"; }; });"
                     "default: { service = \"pat\"; sales = \"sales-0\"; };"
                     "rules: ({ name = \"every one\"; match = [\"event = issue.opened\"];"
                     "          heads_up = \"now\"; service = \"no\"; });");
    rulebook = small_book(text_string(&words));
    text_finish(&words);
    return rulebook;
}

static void publish(struct bench *bench, const struct text *event)
{
    struct error error = {0};
    struct event_slice slice = {.bytes = event->bytes, .size = event->size};

    text_clear(&bench->receipt);
    must(desk_handle(bench->desk, &slice, "uid:1000", bench->now_ms, &bench->receipt, &error),
         &error);
}

// As the turn does it.
static void commit(struct bench *bench)
{
    struct error error = {0};
    int64_t rings_at_ms;

    must(outbox_record(bench->outbox, bench->now_ms, &error), &error);
    must(desk_rings_at(bench->desk, &rings_at_ms, &error), &error);
    must(ledger_commit(bench->ledger, &error), &error);
    outbox_recorded(bench->outbox);
    must(ledger_settle(bench->ledger, &error), &error);
    must(outbox_hand_over(bench->outbox, bench->now_ms, &error), &error);
    must(ledger_checkpoint(bench->ledger, true, &error), &error);
}

// Takes a message from one end, waiting for it.
static void await(struct pair *pair, struct pair_message *ret)
{
    zmq_pollitem_t item = {.socket = pair_socket(pair), .events = ZMQ_POLLIN};

    while (pair_receive(pair, ret) == 0) {
        if (zmq_poll(&item, 1, PATIENCE_MS) <= 0) {
            errx(1, "nothing comes");
        }
    }
}

// Plays the courier: every job is delivered. Then the desk's end takes the outcomes in.
static void deliver(struct bench *bench, size_t jobs)
{
    struct pair_message message;

    for (size_t i = 0; i < jobs; i++) {
        do {
            await(bench->theirs, &message);
        } while (message.kind != PAIR_JOB);
        struct pair_outcome outcome = {.num = message.job.num,
                                       .lane = message.job.lane,
                                       .result = SEND_DELIVERED,
                                       .status = 200,
                                       .answer = "ok"};

        if (pair_send_outcome(bench->theirs, &outcome) < 0) {
            errx(1, "pair_send_outcome");
        }
        pair_message_finish(&message);
    }
    if (jobs && pair_flush(bench->theirs) < 0) {
        errx(1, "pair_flush");
    }
    for (size_t i = 0; i < jobs; i++) {
        await(bench->ours, &message);
        outbox_take_outcome(bench->outbox, &message.outcome);
        pair_message_finish(&message);
    }
}

static void publish_account(struct bench *bench, struct text *event, long number)
{
    text_clear(event);
    text_addf(
        event,
        "{\"specversion\":\"1.0\",\"id\":\"a-%ld\",\"source\":\"/bench/load\","
        "\"type\":\"headsup.account.updated\",\"subject\":\"account-%ld\",\"data\":{"
        "\"name\":\"Account %ld\",\"value\":300000,\"sales\":\"sales-%ld\",\"service\":\"pat\"}}",
        number, number, number % LANES, number % LANES);
    publish(bench, event);
}

static void publish_issue(struct bench *bench, struct text *event, long number)
{
    text_clear(event);
    text_addf(
        event,
        "{\"specversion\":\"1.0\",\"id\":\"load-%ld\",\"source\":\"/bench/load\","
        "\"type\":\"headsup.issue.opened\",\"subject\":\"load-%ld\","
        "\"time\":\"2026-03-04T10:11:12Z\",\"data\":{\"account\":\"account-%ld\","
        "\"category\":\"billing\",\"severity\":\"major\",\"summary\":\"The customer was charged "
        "twice for the same delivery and has called about it three times since\",\"amount\":"
        "1000%ld.50,\"currency\":\"USD\",\"department\":\"billing\",\"contact\":\"Robin "
        "Whitfield\"}}",
        number, number, number % LANES, number % LANES);
    publish(bench, event);
}

static void run(struct bench *bench, long events, long batch)
{
    struct error error = {0};
    struct text event = {0};

    must(ledger_begin(bench->ledger, &error), &error);
    for (long i = 0; i < LANES; i++) {
        publish_account(bench, &event, i);
    }
    commit(bench);
    for (long done = 0; done < events;) {
        must(ledger_begin(bench->ledger, &error), &error);
        for (long i = 0; i < batch && done < events; i++) {
            publish_issue(bench, &event, done++);
        }
        commit(bench);
        deliver(bench, outbox_in_hand(bench->outbox));
        bench->now_ms++;
    }
    text_finish(&event);
}

int main(int count, char **arguments)
{
    struct bench bench = {.now_ms = clock_wall_ms()};
    struct error error = {0};
    void *context = zmq_ctx_new();
    char endpoint[] = "inproc://courier";
    struct desk_listener listener = {.lane_has_work = outbox_lane_has_work};

    if (count != 4) {
        errx(2, "usage: desk_cost LEDGER EVENTS BATCH");
    }
    json_pool_use();
    bench.rulebook = book();
    must(ledger_open(arguments[1], &bench.ledger, &error), &error);
    must(outbox_create(bench.rulebook, bench.ledger, &bench.outbox, &error), &error);
    listener.user = bench.outbox;
    bench.desk = desk_create(bench.rulebook, bench.ledger, &listener);
    must(pair_bind(context, endpoint, &bench.ours, &error), &error);
    must(pair_connect(context, endpoint, &bench.theirs, &error), &error);
    outbox_courier_up(bench.outbox, bench.ours);
    run(&bench, strtol(arguments[2], NULL, 10), strtol(arguments[3], NULL, 10));
    pair_close(bench.ours);
    pair_close(bench.theirs);
    zmq_ctx_term(context);
    desk_destroy(bench.desk);
    outbox_destroy(bench.outbox);
    ledger_close(bench.ledger);
    rulebook_destroy(bench.rulebook);
    text_finish(&bench.receipt);
    return 0;
}
