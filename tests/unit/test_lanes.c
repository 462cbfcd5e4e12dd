#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "daemon/outbox/lanes.h"

enum { NOW = 1000000 };

static const int64_t waits[] = {5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS};
static const struct schedule schedule = {waits, 3, HOUR_MS};

// Dice whose two halves are the same: the smallest jitter, none, and whatever else.
static const uint64_t dice[] = {0, 1000, UINT64_C(0x123456789abcdef), UINT64_MAX};

static struct lane_event tell(struct lane *lane, enum send_result result, int32_t attempts,
                              int64_t now_ms)
{
    struct pair_outcome outcome = {.result = (int32_t)result, .retry_after_ms = -1};

    return lane_outcome(lane, &outcome, attempts, &schedule, now_ms, UINT64_C(0x9e3779b97f4a7c15));
}

static struct lane new_lane(void)
{
    return (struct lane){.next_due_ms = NOW};
}

static void break_lane(struct lane *lane, int64_t now_ms)
{
    for (int i = 0; i < LANE_FAILURES; i++) {
        lane_handed(lane);
        (void)tell(lane, SEND_AGAIN, 0, now_ms);
    }
    assert_int_equal(lane->flow, LANE_BROKEN);
}

static void a_lane_has_room_for_its_window(void **state)
{
    struct lane lane = new_lane();

    (void)state;
    assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW);
    assert_int_equal(lane_wakes_at(&lane), NOW);
    for (int i = 0; i < LANE_WINDOW; i++) {
        lane_handed(&lane);
    }
    assert_int_equal(lane_room(&lane, NOW), 0);
    assert_int_equal(lane_wakes_at(&lane), INT64_MAX); // an outcome will say
    for (int i = 1; i < LANE_WINDOW / 2; i++) {
        assert_int_equal(tell(&lane, SEND_DELIVERED, 0, NOW).fate, FATE_DELIVERED);
        assert_int_equal(lane_room(&lane, NOW), 0); // not worth a look yet
    }
    (void)tell(&lane, SEND_DELIVERED, 0, NOW);
    assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW / 2);
    assert_int_equal(lane_wakes_at(&lane), NOW);
    lane.next_due_ms = INT64_MAX;
    assert_int_equal(lane_wakes_at(&lane), INT64_MAX);
}

static void retries_follow_the_schedule(void **state)
{
    (void)state;
    for (int32_t attempts = 0; attempts < 3; attempts++) {
        int64_t least = INT64_MAX, most = 0;

        for (uint64_t random = 0; random < 100000; random += 7) {
            struct pair_outcome outcome = {.result = SEND_AGAIN, .retry_after_ms = -1};
            struct lane lane = new_lane();
            struct lane_event event =
                lane_outcome(&lane, &outcome, attempts, &schedule, NOW, random * 2654435761U);
            int64_t wait = event.due_ms - NOW;

            assert_int_equal(event.fate, FATE_WAITING);
            assert_true(event.attempted);
            assert_false(event.state_changed);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        // the whole width of it is used, and no more
        assert_in_range(least, waits[attempts] * 80 / 100, waits[attempts] * 81 / 100);
        assert_in_range(most, waits[attempts] * 119 / 100, waits[attempts] * 120 / 100);
    }
}

static void after_the_last_wait_it_is_dead(void **state)
{
    struct lane lane = new_lane();
    struct lane_event event;

    (void)state;
    event = tell(&lane, SEND_AGAIN, 3, NOW);
    assert_int_equal(event.fate, FATE_DEAD);
    assert_true(event.attempted);
    event = tell(&lane, SEND_AGAIN, 1000, NOW);
    assert_int_equal(event.fate, FATE_DEAD);
    assert_int_equal(tell(&lane, SEND_AGAIN, 2, NOW).fate, FATE_WAITING);
}

static void no_schedule_is_no_retry(void **state)
{
    static const struct schedule none;
    struct pair_outcome outcome = {.result = SEND_AGAIN, .retry_after_ms = 5000};
    struct lane lane = new_lane();

    (void)state;
    assert_int_equal(lane_outcome(&lane, &outcome, 0, &none, NOW, 1).fate, FATE_DEAD);
}

static void retry_after_holds_the_whole_lane(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dice / sizeof *dice; i++) {
        struct pair_outcome outcome = {.result = SEND_AGAIN, .retry_after_ms = MINUTE_MS};
        struct lane lane = new_lane();
        struct lane_event event = lane_outcome(&lane, &outcome, 0, &schedule, NOW, dice[i]);

        assert_int_equal(event.due_ms, NOW + MINUTE_MS); // above the schedule's 5 s
        assert_int_equal(lane_room(&lane, NOW + MINUTE_MS - 1), 0);
        assert_int_equal(lane_wakes_at(&lane), NOW + MINUTE_MS);
        assert_int_equal(lane_room(&lane, NOW + MINUTE_MS), LANE_WINDOW);
        outcome.retry_after_ms = INT64_MAX / 4; // up to the cap
        event = lane_outcome(&lane, &outcome, 0, &schedule, NOW, dice[i]);
        assert_int_equal(event.due_ms, NOW + HOUR_MS);
        outcome.retry_after_ms = SECOND_MS; // it raises and never lowers
        lane = new_lane();
        event = lane_outcome(&lane, &outcome, 1, &schedule, NOW, dice[i]);
        assert_true(event.due_ms >= NOW + waits[1] * 80 / 100);
        assert_int_equal(lane.held_until_ms, NOW + SECOND_MS);
    }
}

static void success_keeps_a_hold_that_was_asked_for(void **state)
{
    struct pair_outcome outcome = {.result = SEND_AGAIN, .retry_after_ms = MINUTE_MS};
    struct lane lane = new_lane();

    (void)state;
    (void)lane_outcome(&lane, &outcome, 0, &schedule, NOW, 1);
    (void)tell(&lane, SEND_DELIVERED, 0, NOW + 1);
    assert_int_equal(lane_room(&lane, NOW + 2), 0);
}

static void failures_in_a_row_break_it(void **state)
{
    struct lane lane = new_lane();

    (void)state;
    for (int i = 1; i < LANE_FAILURES; i++) {
        (void)tell(&lane, SEND_AGAIN, 0, NOW);
    }
    (void)tell(&lane, SEND_DELIVERED, 0, NOW); // not in a row
    for (int i = 1; i < LANE_FAILURES; i++) {
        (void)tell(&lane, SEND_AGAIN, 0, NOW);
        assert_int_equal(lane.flow, LANE_FLOWING);
        assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW);
    }
    assert_false(tell(&lane, SEND_AGAIN, 0, NOW).state_changed);
    assert_int_equal(lane.flow, LANE_BROKEN);
    assert_int_equal(lane_room(&lane, NOW), 0);
    assert_int_equal(lane_standing(&lane), LANE_OPEN);
    assert_in_range(lane.held_until_ms - NOW, 4000, 6000);
    assert_int_equal(lane_wakes_at(&lane), lane.held_until_ms);
}

static void one_probe_at_a_time(void **state)
{
    struct lane lane = new_lane();
    int64_t now;

    (void)state;
    break_lane(&lane, NOW);
    now = lane.held_until_ms;
    assert_int_equal(lane_room(&lane, now - 1), 0);
    assert_int_equal(lane_room(&lane, now), 1);
    lane_handed(&lane);
    assert_int_equal(lane.flow, LANE_PROBING);
    assert_int_equal(lane_room(&lane, now), 0);
    assert_int_equal(lane_wakes_at(&lane), INT64_MAX);
    (void)tell(&lane, SEND_UNTRIED, 0, now); // handed back: another may try
    assert_int_equal(lane_room(&lane, now), 1);
    lane_handed(&lane);
    (void)tell(&lane, SEND_DELIVERED, 0, now);
    assert_int_equal(lane.flow, LANE_FLOWING);
    assert_int_equal(lane_room(&lane, now), LANE_WINDOW);
    assert_int_equal(lane.failures, 0);
}

static void a_failed_probe_doubles_the_hold(void **state)
{
    static const int64_t holds[] = {10, 20, 40, 80, 160, 300, 300, 300};
    struct lane lane = new_lane();

    (void)state;
    break_lane(&lane, NOW);
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++) {
        int64_t now = lane.held_until_ms;

        lane_handed(&lane);
        (void)tell(&lane, SEND_AGAIN, 0, now);
        assert_int_equal(lane.flow, LANE_BROKEN);
        assert_in_range(lane.held_until_ms - now, holds[i] * 800, holds[i] * 1200);
    }
}

// Those that were under way when it broke say nothing new, and the probe waits for them.
static void late_failures_do_not_lengthen_the_hold(void **state)
{
    struct lane lane = new_lane();
    int64_t held_until_ms;

    (void)state;
    lane_handed(&lane);
    break_lane(&lane, NOW);
    held_until_ms = lane.held_until_ms;
    assert_int_equal(lane_room(&lane, held_until_ms), 0);
    (void)tell(&lane, SEND_AGAIN, 0, NOW + 1);
    assert_int_equal(lane.held_until_ms, held_until_ms);
    assert_int_equal(lane.failures, LANE_FAILURES);
    assert_int_equal(lane_room(&lane, held_until_ms), 1);
}

static void a_refusal_is_dead_and_the_lane_goes_on(void **state)
{
    struct lane lane = new_lane();
    struct lane_event event;

    (void)state;
    break_lane(&lane, NOW);
    lane_handed(&lane);
    event = tell(&lane, SEND_REFUSED, 0, lane.held_until_ms);
    assert_int_equal(event.fate, FATE_DEAD);
    assert_true(event.attempted);
    assert_false(event.state_changed);
    assert_int_equal(lane.flow, LANE_FLOWING); // somebody is there who answers
}

static void a_pause_keeps_the_queue(void **state)
{
    struct lane lane = new_lane();
    struct lane_event event;

    (void)state;
    lane_handed(&lane);
    lane_handed(&lane);
    event = tell(&lane, SEND_PAUSE, 2, NOW);
    assert_int_equal(event.fate, FATE_WAITING);
    assert_int_equal(event.due_ms, 0); // it keeps its place
    assert_true(event.attempted);
    assert_true(event.state_changed);
    assert_int_equal(lane_standing(&lane), LANE_PAUSED);
    assert_true(lane_is_dead(&lane));
    assert_int_equal(lane_room(&lane, INT64_MAX), 0);
    assert_int_equal(lane_wakes_at(&lane), INT64_MAX);
    assert_false(tell(&lane, SEND_PAUSE, 2, NOW).state_changed); // said once
    (void)tell(&lane, SEND_DELIVERED, 0, NOW);                   // one that was under way
    (void)tell(&lane, SEND_AGAIN, 0, NOW);
    assert_int_equal(lane_standing(&lane), LANE_PAUSED);
    assert_true(tell(&lane, SEND_GONE, 0, NOW).state_changed);
    assert_int_equal(lane_standing(&lane), LANE_CLOSED);
}

static void gone_closes_it(void **state)
{
    struct lane lane = new_lane();
    struct lane_event event;

    (void)state;
    event = tell(&lane, SEND_GONE, 0, NOW);
    assert_int_equal(event.fate, FATE_WAITING);
    assert_true(event.attempted);
    assert_true(event.state_changed);
    assert_int_equal(lane_standing(&lane), LANE_CLOSED);
    assert_false(tell(&lane, SEND_PAUSE, 0, NOW).state_changed);
    assert_int_equal(lane_standing(&lane), LANE_CLOSED);
    lane_reopen(&lane);
    assert_int_equal(lane_standing(&lane), LANE_OPEN);
    assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW);
}

static void a_person_stops_a_lane(void **state)
{
    struct lane lane = new_lane();

    (void)state;
    lane_handed(&lane);
    lane_pause(&lane);
    assert_int_equal(lane_standing(&lane), LANE_PAUSED);
    assert_false(lane_is_dead(&lane)); // what waits waits for that person
    assert_int_equal(lane_room(&lane, NOW), 0);
    assert_int_equal(lane_wakes_at(&lane), INT64_MAX);
    assert_int_equal(tell(&lane, SEND_DELIVERED, 0, NOW).fate, FATE_DELIVERED); // was under way
    assert_int_equal(lane_standing(&lane), LANE_PAUSED);
    assert_false(tell(&lane, SEND_PAUSE, 0, NOW).state_changed);
    assert_true(tell(&lane, SEND_GONE, 0, NOW).state_changed);
    lane_pause(&lane); // closed stays closed
    assert_int_equal(lane_standing(&lane), LANE_CLOSED);
    assert_true(lane_is_dead(&lane));
    lane_reopen(&lane);
    assert_false(lane_is_dead(&lane));
    (void)tell(&lane, SEND_PAUSE, 0, NOW);
    assert_true(lane_is_dead(&lane)); // nothing is left of the person's
    lane_pause(&lane);
    assert_false(lane_is_dead(&lane));
}

static void what_comes_back_untried_is_no_attempt(void **state)
{
    struct lane lane = new_lane();
    struct lane_event event;

    (void)state;
    lane_handed(&lane);
    lane_handed(&lane);
    event = tell(&lane, SEND_UNTRIED, 2, NOW);
    assert_int_equal(event.fate, FATE_WAITING);
    assert_int_equal(event.due_ms, 0); // it keeps its place
    assert_false(event.attempted);
    assert_int_equal(lane.in_hand, 1);
    assert_int_equal(lane.failures, 0);
}

static void a_failure_lets_the_others_come_back_first(void **state)
{
    struct lane lane = new_lane();

    (void)state;
    for (int i = 0; i < 3; i++) {
        lane_handed(&lane);
    }
    (void)tell(&lane, SEND_AGAIN, 0, NOW);
    assert_int_equal(lane_room(&lane, NOW), 0);
    (void)tell(&lane, SEND_UNTRIED, 0, NOW);
    assert_int_equal(lane_room(&lane, NOW), 0);
    (void)tell(&lane, SEND_UNTRIED, 0, NOW);
    assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW);
    lane_handed(&lane);
    assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW - 1);
}

static void outcomes_beyond_those_in_hand_do_no_harm(void **state)
{
    struct lane lane = new_lane();

    (void)state;
    (void)tell(&lane, SEND_DELIVERED, 0, NOW);
    (void)tell(&lane, SEND_UNTRIED, 0, NOW);
    assert_int_equal(lane.in_hand, 0);
    assert_int_equal(lane_room(&lane, NOW), LANE_WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lane_has_room_for_its_window),
        cmocka_unit_test(retries_follow_the_schedule),
        cmocka_unit_test(after_the_last_wait_it_is_dead),
        cmocka_unit_test(no_schedule_is_no_retry),
        cmocka_unit_test(retry_after_holds_the_whole_lane),
        cmocka_unit_test(success_keeps_a_hold_that_was_asked_for),
        cmocka_unit_test(failures_in_a_row_break_it),
        cmocka_unit_test(one_probe_at_a_time),
        cmocka_unit_test(a_failed_probe_doubles_the_hold),
        cmocka_unit_test(late_failures_do_not_lengthen_the_hold),
        cmocka_unit_test(a_refusal_is_dead_and_the_lane_goes_on),
        cmocka_unit_test(a_pause_keeps_the_queue),
        cmocka_unit_test(gone_closes_it),
        cmocka_unit_test(a_person_stops_a_lane),
        cmocka_unit_test(what_comes_back_untried_is_no_attempt),
        cmocka_unit_test(a_failure_lets_the_others_come_back_first),
        cmocka_unit_test(outcomes_beyond_those_in_hand_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
