#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/courier/lane_queue.h"

enum { MOST = 64, NAMES_MOST = 1024, NAME_BYTES = 32 };

// What the messages borrow.
static char names[NAMES_MOST][NAME_BYTES];
static int name_count;

static int begin(void **state)
{
    name_count = 0;
    *state = lane_queues_create(MOST);
    return 0;
}

static int finish(void **state)
{
    lane_queues_destroy(*state);
    return 0;
}

static const char *name(const char *kind, int number)
{
    assert_in_range(name_count, 0, NAMES_MOST - 1);
    (void)snprintf(names[name_count], NAME_BYTES, "%s-%d", kind, number);
    return names[name_count++];
}

// Each calls a host of its own, but for those of the crowd.
static const char *url_of(const char *lane)
{
    assert_in_range(name_count, 0, NAMES_MOST - 1);
    (void)snprintf(names[name_count], NAME_BYTES, "http://%.20s/",
                   strncmp(lane, "crowd", 5) == 0 ? "crowd" : lane);
    return names[name_count++];
}

static void set_lane(struct lane_queues *queues, const char *lane, int concurrency, int64_t gap_ms)
{
    struct pair_message message = {
        .kind = PAIR_LANE,
        .lane = {
            .lane = lane, .url = url_of(lane), .concurrency = concurrency, .rate_gap_ms = gap_ms}};

    lane_queues_set(queues, &message);
}

static void add_job(struct lane_queues *queues, const char *lane, int64_t num)
{
    struct pair_message message = {.kind = PAIR_JOB, .job = {.num = num, .lane = lane}};

    assert_true(lane_queues_add(queues, lane_queues_find(queues, lane), &message));
}

// Lanes with a job each, numbered from 0.
static void add_lanes(struct lane_queues *queues, const char *kind, int count)
{
    for (int i = 0; i < count; i++) {
        const char *lane = name(kind, i);

        set_lane(queues, lane, 1, 0);
        add_job(queues, lane, i);
    }
}

// Starts all that may, and says how many.
static int start_all(struct lane_queues *queues, struct lane_job **ret_jobs)
{
    int64_t wakes;
    int count = 0;

    while ((ret_jobs[count] = lane_queues_next(queues, 1000, &wakes)) != NULL) {
        count++;
    }
    return count;
}

static void end(struct lane_queues *queues, struct lane_job *job, bool answered)
{
    lane_queue_answered(job->lane, answered);
    lane_job_ended(queues, job);
}

// Those lanes become known as answering, or not; nothing of them runs then.
static void try_lanes(struct lane_queues *queues, const char *kind, int count, bool answer)
{
    struct lane_job *jobs[MOST + 1];

    add_lanes(queues, kind, count);
    assert_int_equal(start_all(queues, jobs), count);
    for (int i = 0; i < count; i++) {
        end(queues, jobs[i], answer);
    }
}

static void poke(struct lane_queues *queues, const char *kind, int count)
{
    for (int i = 0; i < count; i++) {
        add_job(queues, name(kind, i), i);
    }
}

static void end_all(struct lane_queues *queues, struct lane_job **jobs, int count)
{
    for (int i = 0; i < count; i++) {
        end(queues, jobs[i], true);
    }
}

static void new_lanes_leave_an_eighth_to_those_that_answered(void **state)
{
    struct lane_job *jobs[MOST + 1], *more[MOST + 1];

    try_lanes(*state, "good", 16, true);
    add_lanes(*state, "new", 100);
    assert_int_equal(start_all(*state, jobs), 56);
    poke(*state, "good", 16);
    assert_int_equal(start_all(*state, more), 8);
    end_all(*state, jobs, 56);
    end_all(*state, more, 8);
}

static void mute_lanes_leave_a_quarter_and_half_of_it_to_new_ones(void **state)
{
    struct lane_job *jobs[MOST + 1], *more[MOST + 1], *rest[MOST + 1];

    try_lanes(*state, "good", 16, true);
    try_lanes(*state, "mute", 56, false);
    poke(*state, "mute", 56);
    assert_int_equal(start_all(*state, jobs), 48);
    add_lanes(*state, "new", 20);
    assert_int_equal(start_all(*state, more), 8);
    poke(*state, "good", 16);
    assert_int_equal(start_all(*state, rest), 8);
    end_all(*state, jobs, 48);
    end_all(*state, more, 8);
    end_all(*state, rest, 8);
}

static void what_is_left_to_those_that_answered_is_left_by_all_others_together(void **state)
{
    struct lane_job *jobs[MOST + 1], *more[MOST + 1], *rest[MOST + 1];

    try_lanes(*state, "good", 16, true);
    try_lanes(*state, "mute", 56, false);
    add_lanes(*state, "new", 40);
    assert_int_equal(start_all(*state, jobs), 40);
    poke(*state, "mute", 56);
    assert_int_equal(start_all(*state, more), 16);
    poke(*state, "good", 16);
    assert_int_equal(start_all(*state, rest), 8);
    end_all(*state, jobs, 40);
    end_all(*state, more, 16);
    end_all(*state, rest, 8);
}

static void one_host_leaves_a_quarter_to_others_however_well_it_answered(void **state)
{
    struct lane_job *jobs[MOST + 1], *more[MOST + 1];

    try_lanes(*state, "crowd", 48, true);
    try_lanes(*state, "good", 16, true);
    add_lanes(*state, "crowd-too", 60);
    poke(*state, "crowd", 48);
    assert_int_equal(start_all(*state, jobs), 48);
    poke(*state, "good", 16);
    assert_int_equal(start_all(*state, more), 16);
    end_all(*state, more, 16);
    for (int i = 0; i < 48; i++) { // each that ends lets another one begin
        end(*state, jobs[i], true);
        assert_int_equal(start_all(*state, more), 1);
        jobs[i] = more[0];
    }
    end_all(*state, jobs, 48);
    assert_int_equal(start_all(*state, jobs), 60 + 48 - 2 * 48);
    end_all(*state, jobs, 12);
}

static void nobody_waits_for_a_host_that_is_not_called(void **state)
{
    struct lane_job *jobs[MOST + 1], *job;

    add_lanes(*state, "crowd", 200);
    assert_int_equal(start_all(*state, jobs), 48);
    end_all(*state, jobs, 48);
    for (int i = 48; i < 96; i++) { // those that have a place now do not take it
        job = lane_queues_take_unstarted(*state, lane_queues_find(*state, name("crowd", i)));
        assert_non_null(job);
        lane_job_destroy(job);
    }
    assert_int_equal(start_all(*state, jobs), 48);
    end_all(*state, jobs, 48);
}

static void one_lane_takes_half_at_most_behind_its_first(void **state)
{
    struct lane_job *jobs[MOST + 1];

    set_lane(*state, "wide-0", 64, 0);
    for (int i = 0; i < MOST; i++) {
        add_job(*state, "wide-0", i);
    }
    assert_int_equal(start_all(*state, jobs), 1 + 32);
    for (int i = 0; i < 33; i++) {
        assert_int_equal(jobs[i]->message.job.num, i);
    }
    end_all(*state, jobs, 33);
}

static void who_waits_longest_is_next_whatever_its_trust(void **state)
{
    struct lane_job *jobs[MOST + 1], *next;
    int64_t wakes;

    try_lanes(*state, "mute", 1, false);
    try_lanes(*state, "idle", 2, true);
    try_lanes(*state, "good", 56, true);
    add_lanes(*state, "new", 8);
    poke(*state, "good", 56);
    assert_int_equal(start_all(*state, jobs), MOST);
    poke(*state, "mute", 1);
    poke(*state, "idle", 2);
    end(*state, jobs[MOST - 1], true);
    end(*state, jobs[MOST - 2], true);
    next = lane_queues_next(*state, 1000, &wakes);
    assert_string_equal(next->message.job.lane, "mute-0");
    assert_int_equal(start_all(*state, &jobs[MOST - 2]), 1);
    assert_int_equal(start_all(*state, &jobs[MOST - 1]), 0);
    end(*state, next, false);
    end_all(*state, jobs, MOST - 1);
}

static void gaps_end_in_their_order(void **state)
{
    static const char *const lanes[] = {"slow", "quick", "middle"};
    static const int64_t gaps_ms[] = {300, 100, 200};
    int64_t wakes = 0;
    struct lane_job *job;

    for (int i = 0; i < 3; i++) {
        set_lane(*state, lanes[i], 1, gaps_ms[i]);
        add_job(*state, lanes[i], 1);
        add_job(*state, lanes[i], 2);
        end(*state, lane_queues_next(*state, 1000, &wakes), true);
    }
    assert_null(lane_queues_next(*state, 1000, &wakes));
    assert_int_equal(wakes, 1100);
    assert_null(lane_queues_next(*state, 1099, &wakes));
    job = lane_queues_next(*state, 1250, &wakes);
    assert_string_equal(job->message.job.lane, "quick");
    end(*state, job, true);
    job = lane_queues_next(*state, 1250, &wakes);
    assert_string_equal(job->message.job.lane, "middle");
    end(*state, job, true);
    assert_null(lane_queues_next(*state, 1250, &wakes));
    assert_int_equal(wakes, 1300);
    job = lane_queues_take_unstarted(*state, lane_queues_find(*state, "slow"));
    assert_int_equal(job->message.job.num, 2);
    lane_job_destroy(job);
    assert_null(lane_queues_next(*state, 1400, &wakes));
    assert_int_equal(wakes, INT64_MAX);
}

// What was made for a target may be used again for the same number only.
static void a_target_has_another_number_when_it_was_set_anew(void **state)
{
    const struct transfer_target *target;
    const char *why = NULL;
    int64_t first;

    set_lane(*state, "one", 1, 0);
    set_lane(*state, "other", 1, 0);
    target = lane_queue_target(lane_queues_find(*state, "one"), &why);
    first = target->number;
    assert_int_not_equal(first, 0);
    assert_int_not_equal(first, lane_queue_target(lane_queues_find(*state, "other"), &why)->number);
    set_lane(*state, "one", 1, 0);
    target = lane_queue_target(lane_queues_find(*state, "one"), &why);
    assert_int_not_equal(first, target->number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_lanes_leave_an_eighth_to_those_that_answered, begin,
                                        finish),
        cmocka_unit_test_setup_teardown(mute_lanes_leave_a_quarter_and_half_of_it_to_new_ones,
                                        begin, finish),
        cmocka_unit_test_setup_teardown(
            what_is_left_to_those_that_answered_is_left_by_all_others_together, begin, finish),
        cmocka_unit_test_setup_teardown(
            one_host_leaves_a_quarter_to_others_however_well_it_answered, begin, finish),
        cmocka_unit_test_setup_teardown(nobody_waits_for_a_host_that_is_not_called, begin, finish),
        cmocka_unit_test_setup_teardown(one_lane_takes_half_at_most_behind_its_first, begin,
                                        finish),
        cmocka_unit_test_setup_teardown(who_waits_longest_is_next_whatever_its_trust, begin,
                                        finish),
        cmocka_unit_test_setup_teardown(gaps_end_in_their_order, begin, finish),
        cmocka_unit_test_setup_teardown(a_target_has_another_number_when_it_was_set_anew, begin,
                                        finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
