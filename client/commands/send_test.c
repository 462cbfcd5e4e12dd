// headsup send-test: has a notice marked [TEST] sent to a rep by the way that all notices take, and
// waits for what the receiver says.

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/ordering.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/receipt_words.h"
#include "client/sending.h"
#include "client/stories.h"
#include "common/base/arena.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/event/event_types.h"

enum { TESTS_MOST = 16, LOOK_EVERY_MS = 50, LANES_EVERY = 20, USUAL_PATIENCE_S = 30 };

struct test {         // one notice
    const char *kind; // NULL: plain
    int64_t num;
    struct notice_record notice; // as it was seen last; strings live in the arena
    const char *still;           // why its lane does not move; NULL: it does
    bool settled;
};

struct testing {
    const struct invocation *invocation;
    struct reading reading;
    struct arena *arena;
    struct test tests[TESTS_MOST];
    int count;
    struct error err;
};

// The kinds of notices whose words a test can have: the event's own table says.
static const char *const *kinds(void)
{
    const struct event_member *member = event_kind_of(EVENT_NOTICE_TEST_REQUESTED)->members;

    while (!member->words) {
        member++;
    }
    return member->words;
}

static int choose(struct testing *testing)
{
    const char *kind = invocation_value(testing->invocation, "kind");
    bool all = invocation_has(testing->invocation, "all");

    if (kind && all) {
        return usage_error(testing->invocation->command, "--kind and --all: one at a time");
    }
    for (const char *const *known = kinds(); all && *known; known++) {
        testing->tests[testing->count++].kind = *known;
    }
    if (!all) {
        testing->tests[testing->count++].kind = kind;
    }
    return EXIT_DONE;
}

// The number of the notice that a receipt speaks of; 0: of none.
static int64_t notice_of(const struct text *receipt)
{
    json_t *root = json_loadb(receipt->bytes, receipt->size, 0, NULL);
    const char *id = json_string_value(json_object_get(root, "notice"));
    int64_t num = id ? notice_id_num(id) : 0;

    json_decref(root);
    return num;
}

static int order_one(struct testing *testing, struct connection *connection, struct test *test)
{
    struct text event = {0}, receipt = {0};
    int status;

    ordering_open(&event, "notice.test_requested", NULL);
    json_put_string(&event, "rep", testing->invocation->arguments[0]);
    if (test->kind) {
        json_put_string(&event, "kind", test->kind);
    }
    ordering_close(&event);
    status = sending_publish(connection, &event, &receipt);
    if (status == EXIT_DONE) {
        test->num = notice_of(&receipt);
    } else if (receipt.size) {
        receipt_print(stderr, receipt.bytes, receipt.size);
    }
    text_finish(&event);
    text_finish(&receipt);
    return status;
}

static int order_all(struct testing *testing)
{
    struct connection connection = {0};
    int status = ordering_connect(testing->invocation, &connection);

    for (int i = 0; i < testing->count && status == EXIT_DONE; i++) {
        status = order_one(testing, &connection, &testing->tests[i]);
    }
    connection_finish(&connection);
    return status;
}

static int see(void *user, const struct notice_record *notice)
{
    struct testing *testing = user;

    for (int i = 0; i < testing->count; i++) {
        struct test *test = &testing->tests[i];

        if (test->num == notice->num) {
            test->notice = *notice;
            test->notice.lane = arena_copy(testing->arena, notice->lane);
            test->notice.answer = arena_copy(testing->arena, notice->answer);
            // one attempt is what a test is for; those that may follow are told of
            test->settled = notice->fate != FATE_WAITING || notice->attempts > 0 || test->still;
        }
    }
    return 0;
}

// Notes which notices wait in a lane that stands still: that is an answer too.
static int see_lane(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead)
{
    struct testing *testing = user;

    (void)waiting;
    (void)dead;
    for (int i = 0; i < testing->count && lane->state != LANE_OPEN; i++) {
        struct test *test = &testing->tests[i];

        if (!test->settled && test->notice.lane && strcmp(test->notice.lane, lane->lane) == 0) {
            test->still = arena_printf(testing->arena, "the lane is %s; headsup resume %s",
                                       lane_state_name(lane->state), lane->lane);
        }
    }
    return 0;
}

static bool all_settled(const struct testing *testing)
{
    for (int i = 0; i < testing->count; i++) {
        if (!testing->tests[i].settled) {
            return false;
        }
    }
    return true;
}

static int look(struct testing *testing)
{
    struct ledger_reader *reader = testing->reading.reader;
    int code = 0;

    for (int i = 0; code >= 0 && i < testing->count; i++) {
        if (!testing->tests[i].settled) {
            code = ledger_get_notice(reader, testing->tests[i].num, see, testing, &testing->err);
        }
    }
    return code;
}

// The same with a look at the lanes in between; a test may itself have stopped one.
static int look_at_lanes(struct testing *testing)
{
    int code = look(testing);

    if (code >= 0) {
        code = ledger_each_lane(testing->reading.reader, see_lane, testing, &testing->err);
    }
    return code < 0 ? code : look(testing);
}

static int wait_for_fates(struct testing *testing, int patience_ms)
{
    int64_t until = patience_ms < 0 ? INT64_MAX : clock_mono_ms() + patience_ms;
    int code = look_at_lanes(testing);

    for (int round = 1; code >= 0 && !all_settled(testing) && clock_mono_ms() < until; round++) {
        (void)poll(NULL, 0, LOOK_EVERY_MS);
        code = round % LANES_EVERY ? look(testing) : look_at_lanes(testing);
    }
    return reading_result(code, &testing->err);
}

// "delivered", or what else became of it.
static const char *told(const struct test *test)
{
    const struct notice_record *notice = &test->notice;

    if (notice->fate == FATE_WAITING && notice->attempts == 0) {
        return test->settled ? "not sent" : "still on its way";
    }
    return notice->fate == FATE_WAITING ? "not taken, tried again later" : fate_name(notice->fate);
}

static void print_words(const struct testing *testing, const struct test *test)
{
    const struct notice_record *notice = &test->notice;
    const char *words = notice->answer ? notice->answer : "";
    char id[NOTICE_ID_BYTES], status[32] = "";

    words = notice->attempts == 0 && test->still ? test->still : words;

    if (notice->status) {
        (void)snprintf(status, sizeof status, ", answered %" PRId32, notice->status);
    }
    print_line(stdout, "%s %s to %s: %s%s%s%s",
               notice_id_format(ledger_reader_prefix(testing->reading.reader), test->num, id),
               test->kind ? test->kind : "test", testing->invocation->arguments[0], told(test),
               status, words[0] ? ": " : "", words);
}

static void print_json(const struct testing *testing, const struct test *test)
{
    const struct notice_record *notice = &test->notice;
    struct text out = {0};
    char id[NOTICE_ID_BYTES];

    json_open_object(&out, NULL);
    json_put_string(&out, "notice",
                    notice_id_format(ledger_reader_prefix(testing->reading.reader), test->num, id));
    json_put_string(&out, "kind", test->kind ? test->kind : "test");
    json_put_string(&out, "lane", notice->lane);
    json_put_string(&out, "fate", fate_name(notice->fate));
    json_put_int(&out, "attempts", notice->attempts);
    json_put_int(&out, "status", notice->status);
    json_put_string(&out, "answer", notice->answer);
    json_put_string(&out, "still", notice->attempts == 0 ? test->still : NULL);
    json_close_object(&out);
    (void)printf("%s\n", text_string(&out));
    text_finish(&out);
}

static int tell(const struct testing *testing)
{
    int status = EXIT_DONE;

    for (int i = 0; i < testing->count; i++) {
        const struct test *test = &testing->tests[i];

        if (testing->invocation->json) {
            print_json(testing, test);
        } else {
            print_words(testing, test);
        }
        if (test->notice.fate != FATE_DELIVERED) {
            status = EXIT_WANTING;
        }
    }
    return status;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(arena_destroyp) struct arena *arena = arena_create();
    struct testing testing = {.invocation = invocation, .arena = arena};
    int patience_ms, status = choose(&testing);

    if (status == EXIT_DONE && !sending_patience(invocation, USUAL_PATIENCE_S, &patience_ms)) {
        return EXIT_USAGE;
    }
    if (status == EXIT_DONE) {
        status = reading_open(invocation, &testing.reading);
    }
    if (status == EXIT_DONE) {
        status = order_all(&testing);
    }
    if (status == EXIT_DONE) {
        status = wait_for_fates(&testing, patience_ms);
        status = status == EXIT_DONE ? tell(&testing) : status;
    }
    reading_finish(&testing.reading);
    return status;
}

const struct command send_test_command = {
    .name = "send-test",
    .arguments = "REP",
    .summary = "send a rep a notice that is marked as a test",
    .words =
        "Has a notice marked [TEST] sent to a rep, or to \"admin\", by the way that all notices\n"
        "take, and says what the receiver answered. It is about a case that is made up: no issue\n"
        "and no account comes into it.",
    .example = "  headsup send-test rich\n"
               "  headsup send-test rich --all\n",
    .least = 1,
    .most = 1,
    .flags = {{'k', "kind", "KIND", "in the words of that kind of notice: heads_up, owner …"},
              {'a', "all", NULL, "one in the words of each kind"},
              {0, "patience", "S", "wait at most S seconds for what becomes of it (30; 0: ever)"}},
    .run = run,
};
