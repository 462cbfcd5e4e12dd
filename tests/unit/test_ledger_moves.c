// What a changed rule book asks of the ledger: which lanes are waited for, notices that go to
// somebody else, and alarms that are armed anew without losing those that are due.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_moves.h"
#include "common/ledger/ledger_outbox.h"
#include "common/ledger/ledger_time.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

#define RULES                                                                                      \
    "rules: ( { name = \"old\"; match = [ \"age >= 2h\" ]; heads_up = \"now\"; },"                 \
    "  { name = \"all\"; heads_up = \"now\"; service = \"now\"; continue = true; } );"
#define OPENED "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\""

enum { MOST = 8 };

static int begin(void **state)
{
    static struct stage stage;
    struct text book = {0};

    text_add(&book, small_book_people);
    text_add(&book, RULES);
    stage_open(&stage, text_string(&book), NULL);
    text_finish(&book);
    *state = &stage;
    return 0;
}

static int end(void **state)
{
    stage_close(*state);
    return 0;
}

static void in_a_turn(struct stage *stage, int (*act)(struct ledger *ledger, struct error *err))
{
    struct error err = {0};

    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    assert_int_equal(act(stage->ledger, &err), 0);
    assert_int_equal(ledger_commit(stage->ledger, &err), 0);
}

static void the_lanes_that_are_waited_for(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    const char *lane = "";

    assert_int_equal(ledger_waiting_lane(stage->ledger, "", stage->arena, &lane, &err), 0);
    (void)stage_publish(stage, "issue.opened", "A", OPENED);
    (void)stage_publish(stage, "issue.opened", "B", OPENED);
    assert_int_equal(ledger_waiting_lane(stage->ledger, "", stage->arena, &lane, &err), 1);
    assert_string_equal(lane, "pat");
    assert_int_equal(ledger_waiting_lane(stage->ledger, lane, stage->arena, &lane, &err), 1);
    assert_string_equal(lane, "rich");
    assert_int_equal(ledger_waiting_lane(stage->ledger, lane, stage->arena, &lane, &err), 0);
}

static int fail_some(struct ledger *ledger, struct error *err)
{
    struct notice_outcome again = {.num = 1,
                                   .fate = FATE_WAITING,
                                   .due_ms = STAGE_START_MS + HOUR_MS,
                                   .now_ms = STAGE_START_MS,
                                   .attempts = 3};
    struct notice_outcome dead = {.num = 2, .fate = FATE_DEAD, .now_ms = STAGE_START_MS};
    int code = ledger_save_outcome(ledger, &again, err);

    return code < 0 ? code : ledger_save_outcome(ledger, &dead, err);
}

static int move_some(struct ledger *ledger, struct error *err)
{
    struct notice_move move = {
        .num = 1, .now_ms = STAGE_START_MS + 5, .rep = "dana", .lane = "dana", .why = "gone"};
    int code = ledger_move_notice(ledger, &move, err);

    for (move.num = 2; code == 0 && move.num <= 3; move.num++) {
        code = ledger_move_notice(ledger, &move, err);
    }
    return code;
}

static void what_waits_goes_to_somebody_else(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];

    (void)stage_publish(stage, "issue.opened", "A", OPENED);
    stage->now_ms += DAY_MS;
    (void)stage_publish(stage, "issue.opened", "B", OPENED);
    in_a_turn(stage, fail_some);
    in_a_turn(stage, move_some);
    assert_int_equal(stage_notices(stage, "1", notices, MOST), 4);
    assert_string_equal(notices[0].rep, "dana");
    assert_string_equal(notices[0].lane, "dana");
    assert_string_equal(notices[0].why + strlen(notices[0].why) - 6, "; gone");
    assert_int_equal(notices[0].attempts, 0);
    assert_true(notices[0].due_ms == STAGE_START_MS + 5);
    assert_int_equal(notices[1].fate, FATE_DEAD); // is final: stays
    assert_string_equal(notices[1].rep, "pat");
    assert_string_equal(notices[2].lane, "dana");
    assert_true(notices[2].due_ms ==
                STAGE_START_MS + DAY_MS); // was not tried: waits for its moment
}

static int keep_first(struct ledger *ledger, struct error *err)
{
    int code = ledger_keep_for_digest(ledger, 1, STAGE_START_MS + DAY_MS, "stale", err);

    return code < 0 ? code : ledger_keep_for_digest(ledger, 2, 7, "stale", err); // that is dead
}

static void what_waits_may_be_for_the_digest(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];

    (void)stage_publish(stage, "issue.opened", "A", OPENED);
    in_a_turn(stage, fail_some);
    in_a_turn(stage, fail_some); // for the second time: it waits since the first
    assert_int_equal(stage_notices(stage, "1", notices, MOST), 2);
    assert_true(notices[0].since_ms == STAGE_START_MS);
    in_a_turn(stage, keep_first);
    assert_int_equal(stage_notices(stage, "1", notices, MOST), 2);
    assert_int_equal(notices[0].fate, FATE_DIGEST);
    assert_null(notices[0].lane);
    assert_true(notices[0].due_ms == STAGE_START_MS + DAY_MS);
    assert_string_equal(notices[0].why + strlen(notices[0].why) - 7, "; stale");
    assert_int_equal(notices[1].fate, FATE_DEAD);
}

static int hasten(struct ledger *ledger, struct error *err)
{
    return ledger_hasten_lane(ledger, "rich", true, STAGE_START_MS + 5, err);
}

static void what_was_tried_before_is_due_now(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];

    (void)stage_publish(stage, "issue.opened", "A", OPENED);
    stage->now_ms += DAY_MS; // as if it waited for its hours
    (void)stage_publish(stage, "issue.opened", "B", OPENED);
    in_a_turn(stage, fail_some);
    in_a_turn(stage, hasten);
    assert_int_equal(stage_notices(stage, "n.rep = 'rich'", notices, MOST), 2);
    assert_true(notices[0].due_ms == STAGE_START_MS); // as it first was
    assert_int_equal(notices[0].attempts, 0);
    assert_true(notices[1].due_ms == STAGE_START_MS + DAY_MS);
}

static int64_t alarm_of(struct stage *stage, const char *sql)
{
    return stage_number(stage, sql) - STAGE_START_MS;
}

static int arm_hours(struct ledger *ledger, struct error *err)
{
    const int64_t ages[] = {HOUR_MS, 4 * (int64_t)HOUR_MS};

    return ledger_arm_alarms(ledger, ages, 2, STAGE_START_MS + 3 * (int64_t)HOUR_MS, err);
}

static int arm_none(struct ledger *ledger, struct error *err)
{
    return ledger_arm_alarms(ledger, NULL, 0, STAGE_START_MS + 3 * (int64_t)HOUR_MS, err);
}

static void an_alarm_that_is_due_still_rings(void **state)
{
    struct stage *stage = *state;
    json_t *receipt = NULL;

    (void)stage_publish(stage, "issue.opened", "A", OPENED);
    stage->now_ms += 2 * (int64_t)HOUR_MS + MINUTE_MS;
    (void)stage_publish(stage, "issue.opened", "B", OPENED);
    stage->now_ms += HOUR_MS - MINUTE_MS;
    in_a_turn(stage, arm_hours);
    // A's was due after 2 h and has not rung; B's is the next of the new ages
    assert_true(alarm_of(stage, "SELECT alarm_at_ms FROM issues WHERE key = 'A'") ==
                2 * (int64_t)HOUR_MS);
    assert_true(alarm_of(stage, "SELECT alarm_at_ms FROM issues WHERE key = 'B'") ==
                3 * (int64_t)HOUR_MS + MINUTE_MS);
    assert_int_equal(stage_ring(stage, &receipt), 1);
    json_decref(receipt);
    in_a_turn(stage, arm_none);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM issues WHERE alarm_at_ms > 0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_lanes_that_are_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(what_waits_goes_to_somebody_else, begin, end),
        cmocka_unit_test_setup_teardown(what_waits_may_be_for_the_digest, begin, end),
        cmocka_unit_test_setup_teardown(what_was_tried_before_is_due_now, begin, end),
        cmocka_unit_test_setup_teardown(an_alarm_that_is_due_still_rings, begin, end),
    };

    return cmocka_run_group_tests_name("ledger_moves", tests, NULL, NULL);
}
