// What the outbox hands over, and what it reads for that: the ledger, the desk and both ends of the
// pair are real, the test is the courier.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <zmq.h>

#include "common/ledger/ledger_moves.h"
#include "common/ledger/ledger_private.h"
#include "common/ledger/ledger_quiet.h"
#include "daemon/outbox/lanes.h"
#include "daemon/outbox/outbox.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

enum { PATIENCE_MS = 5000, JOBS = 4 * LANE_WINDOW };

struct scene {
    struct stage stage;
    void *context;
    struct pair *ours, *theirs; // the desk's end and the courier's
    struct outbox *outbox;
    int64_t given[JOBS]; // notices, as the courier got them
    int count, answered;
};

static int scene_open(void **state)
{
    static struct scene scene;
    struct text book = {0};
    struct error err;

    scene = (struct scene){.context = zmq_ctx_new()};
    text_addf(&book, "%srules: ( { name = \"all\"; heads_up = \"now\"; service = \"no\"; } );",
              small_book_people);
    stage_open(&scene.stage, text_string(&book), NULL);
    text_finish(&book);
    assert_int_equal(outbox_create(scene.stage.rulebook, scene.stage.ledger, &scene.outbox, &err),
                     0);
    assert_int_equal(pair_bind(scene.context, "inproc://courier", &scene.ours, &err), 0);
    assert_int_equal(pair_connect(scene.context, "inproc://courier", &scene.theirs, &err), 0);
    outbox_courier_up(scene.outbox, scene.ours);
    *state = &scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;

    outbox_destroy(scene->outbox);
    pair_close(scene->ours);
    pair_close(scene->theirs);
    stage_close(&scene->stage);
    return zmq_ctx_term(scene->context);
}

// So many notices of one moment for rich.
static void publish(struct scene *scene, int count)
{
    char issue[16];

    for (int i = 0; i < count; i++) {
        (void)snprintf(issue, sizeof issue, "i-%d", scene->stage.events);
        (void)stage_publish(&scene->stage, "issue.opened", issue,
                            "\"account\":\"XYZ\",\"category\":\"billing\",\"severity\":\"minor\","
                            "\"summary\":\"a fee\"");
        outbox_lane_has_work(scene->outbox, "rich");
    }
}

static void await(struct pair *pair, struct pair_message *ret)
{
    zmq_pollitem_t item = {.socket = pair_socket(pair), .events = ZMQ_POLLIN};
    int got;

    while ((got = pair_receive(pair, ret)) == 0) {
        assert_true(zmq_poll(&item, 1, PATIENCE_MS) > 0);
    }
    assert_int_equal(got, 1);
}

// Has the outbox hand over what it will, and takes it as the courier. Returns how many jobs came.
static int hand_over(struct scene *scene)
{
    size_t before = outbox_in_hand(scene->outbox);
    int jobs, came = 0;
    struct error err;

    assert_int_equal(outbox_hand_over(scene->outbox, scene->stage.now_ms, &err), 0);
    jobs = (int)(outbox_in_hand(scene->outbox) - before);
    while (came < jobs) {
        struct pair_message message;

        await(scene->theirs, &message);
        if (message.kind == PAIR_JOB) {
            assert_true(scene->count < JOBS);
            scene->given[scene->count++] = message.job.num;
            came++;
        }
        pair_message_finish(&message);
    }
    return jobs;
}

// So many more of what the courier got are delivered; the desk hears of it.
static void deliver(struct scene *scene, int count)
{
    for (int i = 0; i < count; i++) {
        struct pair_outcome outcome = {.num = scene->given[scene->answered++],
                                       .lane = "rich",
                                       .result = SEND_DELIVERED,
                                       .status = 200};

        outbox_take_outcome(scene->outbox, &outcome);
    }
}

static void record(struct scene *scene)
{
    struct error err;

    assert_int_equal(ledger_begin(scene->stage.ledger, &err), 0);
    assert_int_equal(outbox_record(scene->outbox, scene->stage.now_ms, &err), 0);
    assert_int_equal(ledger_commit(scene->stage.ledger, &err), 0);
    outbox_recorded(scene->outbox);
}

// What SQLite did for the statements that look for what a lane is due, since it was asked last.
static int64_t steps(struct scene *scene)
{
    int64_t sum = 0;

    for (sqlite3_stmt *each = NULL;
         (each = sqlite3_next_stmt(ledger_store(scene->stage.ledger)->db, each)) != NULL;) {
        if (strstr(sqlite3_sql(each), "n.lane = ?1 AND n.due_ms <= ?2")) {
            sum += sqlite3_stmt_status(each, SQLITE_STMTSTATUS_VM_STEP, 1);
        }
    }
    return sum;
}

static void each_goes_out_once_and_in_order(void **state)
{
    struct scene *scene = *state;
    const int all = 2 * LANE_WINDOW + LANE_WINDOW / 2;

    publish(scene, all);
    for (int i = 0; scene->answered < all; i++) {
        assert_true(i < all); // it gets on
        (void)hand_over(scene);
        deliver(scene, scene->count - scene->answered < 50 ? scene->count - scene->answered : 50);
        if (i % 3 == 0) {
            record(scene);
        }
    }
    for (int i = 1; i < all; i++) {
        assert_true(scene->given[i] > scene->given[i - 1]);
    }
    assert_int_equal(scene->count, all);
    record(scene);
    assert_int_equal(outbox_in_hand(scene->outbox), 0);
    assert_int_equal(stage_number(&scene->stage, "SELECT count(*) FROM notices WHERE fate <> 1"),
                     0);
}

static void a_lane_is_looked_at_when_half_of_its_window_is_free(void **state)
{
    struct scene *scene = *state;

    publish(scene, 2 * LANE_WINDOW);
    assert_int_equal(hand_over(scene), LANE_WINDOW);
    deliver(scene, LANE_WINDOW / 2 - 1);
    assert_int_equal(hand_over(scene), 0);
    assert_int_equal(outbox_wakes_at(scene->outbox), INT64_MAX); // and nobody is kept awake
    deliver(scene, 1);
    assert_int_equal(hand_over(scene), LANE_WINDOW / 2);
}

// The ledger has them as waiting, and the first of them.
static void what_is_not_on_record_does_not_stand_in_the_way(void **state)
{
    struct scene *scene = *state;

    publish(scene, 2 * LANE_WINDOW);
    assert_int_equal(hand_over(scene), LANE_WINDOW);
    deliver(scene, LANE_WINDOW);
    assert_int_equal(hand_over(scene), LANE_WINDOW);
}

// However many of the same moment were handed over before.
static void a_notice_costs_the_same_wherever_it_stands(void **state)
{
    struct scene *scene = *state;
    int64_t first;

    publish(scene, 3 * LANE_WINDOW);
    (void)steps(scene);
    assert_int_equal(hand_over(scene), LANE_WINDOW);
    first = steps(scene) / LANE_WINDOW;
    assert_true(first > 0);
    for (int i = 0; i < 3; i++) {
        deliver(scene, LANE_WINDOW / 2);
        assert_int_equal(hand_over(scene), LANE_WINDOW / 2);
        assert_in_range(steps(scene) / (LANE_WINDOW / 2), 1, first + first / 2);
    }
}

// One that was held is due as of now under the number that it had, in the same millisecond as one
// that is in hand.
static void an_older_one_that_falls_due_is_not_passed_over(void **state)
{
    struct scene *scene = *state;
    struct notice_record held = {.num = 1,
                                 .rep = "rich",
                                 .lane = "rich",
                                 .kind = NOTICE_HEADS_UP,
                                 .quiet = "held until now",
                                 .due_ms = scene->stage.now_ms};
    struct error err;

    publish(scene, 2);
    assert_int_equal(stage_number(&scene->stage, "UPDATE notices SET fate = 6, lane = NULL WHERE "
                                                 "num = 1 RETURNING num"),
                     1);
    assert_int_equal(hand_over(scene), 1);
    assert_int_equal(scene->given[0], 2);

    assert_int_equal(ledger_begin(scene->stage.ledger, &err), 0);
    assert_int_equal(ledger_release(scene->stage.ledger, &held, &err), 0);
    assert_int_equal(ledger_commit(scene->stage.ledger, &err), 0);
    outbox_lane_has_older(scene->outbox, "rich");
    assert_int_equal(hand_over(scene), 1);
    assert_int_equal(scene->given[1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_goes_out_once_and_in_order, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_lane_is_looked_at_when_half_of_its_window_is_free,
                                        scene_open, scene_close),
        cmocka_unit_test_setup_teardown(what_is_not_on_record_does_not_stand_in_the_way, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_notice_costs_the_same_wherever_it_stands, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(an_older_one_that_falls_due_is_not_passed_over, scene_open,
                                        scene_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
