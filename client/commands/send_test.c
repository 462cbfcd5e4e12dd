// headsup send-test: has a notice marked [TEST] sent to a rep by the way that all notices take, and
// waits for what the receiver says.

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/commands/commands.h"
#include "client/ordering.h"
#include "client/print.h"
#include "client/progress.h"
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
    const char *still;           // why it waits in a lane that does not move; NULL: it does not
    bool settled;
};

enum { OWN, FALLBACK, LANES };

struct way {          // one of the rep's lanes, as it was seen last
    const char *lane; // NULL: the rep has none such
    enum lane_state state;
    bool by_person;
};

struct testing {
    const struct invocation *invocation;
    struct reading reading;
    struct arena *arena;
    struct test tests[TESTS_MOST];
    int count;
    struct way ways[LANES];
    struct progress progress;
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
            test->still = notice->fate == FATE_WAITING ? test->still : NULL;
            test->settled = notice->fate != FATE_WAITING || test->still;
        }
    }
    return 0;
}

static int see_lane(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead)
{
    struct testing *testing = user;

    (void)waiting;
    (void)dead;
    for (int i = 0; i < LANES; i++) {
        struct way *way = &testing->ways[i];

        if (way->lane && strcmp(way->lane, lane->lane) == 0) {
            way->state = lane->state;
            way->by_person = lane->by != NULL;
        }
    }
    return 0;
}

// True where the rep's other lane takes what waits in that one.
static bool gives_away(const struct testing *testing, const struct way *way)
{
    const struct way *other = &testing->ways[way == &testing->ways[OWN] ? FALLBACK : OWN];

    return way->state != LANE_OPEN && !way->by_person && other->lane && other->state == LANE_OPEN;
}

// What waits in a lane that stands still has its answer too. And one attempt is what a test is for:
// that others follow is told. The lanes are to be those after the notice was seen.
static void judge(struct testing *testing, struct test *test)
{
    const struct way *way = &testing->ways[OWN];

    if (!test->notice.lane) {
        return;
    }
    if (strcmp(test->notice.lane, way->lane) != 0) {
        way = &testing->ways[FALLBACK];
    }
    if (gives_away(testing, way)) {
        return;
    }
    if (way->state == LANE_OPEN) {
        test->settled = test->notice.attempts > 0;
    } else {
        test->still =
            arena_printf(testing->arena, "lane %s is %s, so it waits for: headsup resume %s",
                         way->lane, lane_state_name(way->state), way->lane);
    }
}

static int settled(const struct testing *testing)
{
    int count = 0;

    for (int i = 0; i < testing->count; i++) {
        count += testing->tests[i].settled;
    }
    return count;
}

static bool some_tried(const struct testing *testing)
{
    for (int i = 0; i < testing->count; i++) {
        if (!testing->tests[i].settled && testing->tests[i].notice.attempts > 0) {
            return true;
        }
    }
    return false;
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

// The lanes, and what follows from how they stand; a test may itself have stopped one.
static int look_at_lanes(struct testing *testing)
{
    int code = ledger_each_lane(testing->reading.reader, see_lane, testing, &testing->err);

    for (int i = 0; code >= 0 && i < testing->count; i++) {
        if (!testing->tests[i].settled) {
            judge(testing, &testing->tests[i]);
        }
    }
    return code < 0 ? code : look(testing);
}

static void show_progress(struct testing *testing, int64_t until)
{
    if (!progress_due(&testing->progress)) {
        return;
    }
    (void)fprintf(stderr, "%d of %d have an answer", settled(testing), testing->count);
    if (until != INT64_MAX) {
        (void)fprintf(stderr, ", waiting %" PRId64 " s more at most",
                      (until - clock_mono_ms()) / SECOND_MS);
    }
}

static int wait_for_fates(struct testing *testing, int patience_ms)
{
    int64_t until = patience_ms < 0 ? INT64_MAX : clock_mono_ms() + patience_ms;
    int code = 0;

    testing->progress = (struct progress){.wanted = isatty(STDERR_FILENO)};
    for (int round = 0; code >= 0 && settled(testing) < testing->count; round++) {
        if (round > 0 && clock_mono_ms() >= until) {
            break;
        }
        if (round > 0) {
            show_progress(testing, until);
            (void)poll(NULL, 0, LOOK_EVERY_MS);
        }
        code = look(testing);
        if (code >= 0 && (round % LANES_EVERY == 0 || some_tried(testing))) {
            code = look_at_lanes(testing);
        }
    }
    progress_clear(&testing->progress);
    if (code >= 0) { // as they are now, for what is told
        code = ledger_each_lane(testing->reading.reader, see_lane, testing, &testing->err);
    }
    return reading_result(code, &testing->err);
}

// "delivered", or what else became of it.
static const char *told(const struct test *test)
{
    const struct notice_record *notice = &test->notice;

    if (notice->fate != FATE_WAITING) {
        return fate_name(notice->fate);
    }
    if (test->still) {
        return notice->attempts ? "not taken" : "not sent";
    }
    return test->settled ? "not taken, tried again later" : "still on its way";
}

// What the person may want to do about the lanes.
static void add_advice(struct text *out, const struct testing *testing, const struct test *test,
                       const char *id)
{
    const struct way *own = &testing->ways[OWN];

    if (test->still) {
        text_addf(out, "; %s", test->still);
    } else if (test->notice.lane && strcmp(test->notice.lane, own->lane) != 0) {
        if (own->state == LANE_OPEN) {
            text_addf(out, "; why not by %s: headsup why %s", own->lane, id);
        } else {
            text_addf(out, "; lane %s is %s: headsup resume %s", own->lane,
                      lane_state_name(own->state), own->lane);
        }
    }
}

static void print_words(const struct testing *testing, const struct test *test)
{
    const char *prefix = ledger_reader_prefix(testing->reading.reader);
    const struct notice_record *notice = &test->notice;
    bool elsewhere = notice->lane && strcmp(notice->lane, testing->ways[OWN].lane) != 0;
    char buffer[NOTICE_ID_BYTES];
    const char *id = notice_id_format(prefix, test->num, buffer);
    struct text words = {0};

    if (notice->attempts && notice->status) {
        text_addf(&words, ", answered %" PRId32, notice->status);
    }
    if (notice->attempts && notice->answer && notice->answer[0]) {
        text_addf(&words, ": %s", notice->answer);
    }
    add_advice(&words, testing, test, id);
    print_line(stdout, "%s %s to %s%s%s: %s%s", id, test->kind ? test->kind : "test",
               testing->invocation->arguments[0], elsewhere ? " by " : "",
               elsewhere ? notice->lane : "", told(test), text_string(&words));
    text_finish(&words);
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
    json_put_string(&out, "still", test->still);
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

// The lanes that the tests may go by. Returns the longest time that one keeps between two requests.
static int64_t find_ways(struct testing *testing)
{
    const struct rulebook *rulebook = testing->reading.rulebook;
    const struct rep *rep = rulebook_rep(rulebook, testing->invocation->arguments[0]);
    const struct endpoint *own = rep ? &rep->webhook : rulebook->admin;
    const struct endpoint *fallback = rep ? rep->fallback : NULL;
    int64_t own_ms = own ? own->rate_gap_ms : 0, fallback_ms = fallback ? fallback->rate_gap_ms : 0;

    testing->ways[OWN].lane = own ? own->lane : testing->invocation->arguments[0];
    testing->ways[FALLBACK].lane = fallback ? fallback->lane : NULL;
    return own_ms > fallback_ms ? own_ms : fallback_ms;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(arena_destroyp) struct arena *arena = arena_create();
    struct testing testing = {.invocation = invocation, .arena = arena};
    int patience_ms, status = choose(&testing);

    if (status == EXIT_DONE) {
        status = reading_open(invocation, &testing.reading);
    }
    if (status == EXIT_DONE) {
        int64_t rate_ms = find_ways(&testing) * testing.count;

        status = sending_patience(invocation, USUAL_PATIENCE_S + rate_ms / SECOND_MS, &patience_ms)
                     ? order_all(&testing)
                     : EXIT_USAGE;
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
              {0, "patience", "S",
               "wait at most S seconds (30, and longer where the rate asks; 0: ever)"}},
    .run = run,
};
