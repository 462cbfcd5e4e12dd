// zone.c: the same hour of every day, in zones, across daylight saving in both directions.
#include "common/base/zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"

static int64_t at(const char *moment)
{
    int64_t ms = 0;

    assert_int_equal(moment_parse(moment, &ms), 0);
    return ms;
}

static void expect_next(const char *name, int minute, const char *after, const char *expected)
{
    struct zone *zone = NULL;
    char found[MOMENT_TEXT_BYTES];

    assert_int_equal(zone_open(name, &zone), 0);
    assert_string_equal(moment_format(zone_next(zone, minute, at(after)), found), expected);
    zone_close(zone);
}

static void finds_the_next_time_of_day(void **state)
{
    (void)state;
    expect_next("UTC", 8 * 60, "2026-03-04T07:59:59Z", "2026-03-04T08:00:00Z");
    expect_next("UTC", 8 * 60, "2026-03-04T08:00:00Z", "2026-03-05T08:00:00Z");
    expect_next("America/Chicago", 8 * 60 + 30, "2026-01-10T14:00:00Z", "2026-01-10T14:30:00Z");
    expect_next("Pacific/Kiritimati", 60, "2026-01-10T10:30:00Z", "2026-01-10T11:00:00Z");
    expect_next("UTC", 0, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z");
}

static void keeps_the_local_hour_across_daylight_saving(void **state)
{
    (void)state;
    // in Chicago clocks go forward on 8 March 2026 and back on 1 November 2026
    expect_next("America/Chicago", 8 * 60, "2026-03-07T14:00:00Z", "2026-03-08T13:00:00Z");
    expect_next("America/Chicago", 8 * 60, "2026-10-31T13:00:00Z", "2026-11-01T14:00:00Z");
}

static void gives_each_day_one_moment(void **state)
{
    struct zone *zone = NULL;
    int64_t now = at("2026-01-01T00:00:00Z");
    int days = 0;

    (void)state;
    // half past two does not exist on one of these days, half past one comes twice on another
    assert_int_equal(zone_open("America/Chicago", &zone), 0);
    for (int minute = 90; minute <= 150; minute += 60) {
        for (now = at("2026-01-01T00:00:00Z"), days = 0; now < at("2027-01-01T00:00:00Z"); days++) {
            int64_t next = zone_next(zone, minute, now);

            assert_true(next > now);
            assert_true(next - now <= DAY_MS + HOUR_MS);
            now = next;
        }
        assert_int_equal(days, 366); // the last one lies in the next year
    }
    zone_close(zone);
}

static void refuses_what_is_no_zone(void **state)
{
    struct zone *zone = NULL;

    (void)state;
    assert_int_equal(zone_open("Mars/Olympus", &zone), -ENOENT);
    assert_int_equal(zone_open("", &zone), -ENOENT);
    assert_null(zone);
}

// --- moments as clocks show them -----------------------------------------------------------------

static void expect_moment(const char *name, const char *text, bool end, const char *expected)
{
    struct zone *zone = NULL;
    char found[MOMENT_TEXT_BYTES];
    int64_t ms = 0;

    assert_int_equal(zone_open(name, &zone), 0);
    assert_int_equal(zone_moment(zone, text, end, &ms), expected ? 0 : -EINVAL);
    if (expected) {
        assert_string_equal(moment_format(ms, found), expected);
    }
    zone_close(zone);
}

static void reads_days_and_moments_as_clocks_show_them(void **state)
{
    (void)state;
    expect_moment("UTC", "2026-12-24", false, "2026-12-24T00:00:00Z");
    expect_moment("UTC", "2026-12-24", true, "2026-12-25T00:00:00Z");
    expect_moment("UTC", "2028-02-29", true, "2028-03-01T00:00:00Z");
    expect_moment("UTC", "2026-12-31", true, "2027-01-01T00:00:00Z");
    expect_moment("America/Chicago", "2026-12-24T12:30", true, "2026-12-24T18:30:00Z");
    expect_moment("America/Chicago", "2026-07-04T12:30", false, "2026-07-04T17:30:00Z");
    // the day on which clocks go back has 25 hours
    expect_moment("America/Chicago", "2026-11-01", false, "2026-11-01T05:00:00Z");
    expect_moment("America/Chicago", "2026-11-01", true, "2026-11-02T06:00:00Z");
}

static void refuses_what_is_no_day_and_no_moment(void **state)
{
    static const char *const wrong[] = {
        "",           "2026",          "2026-12",           "2026-13-01",       "2026-00-01",
        "2026-02-29", "2026-12-24T",   "2026-12-24T12",     "2026-12-24T24:00", "2026-12-24T12:60",
        "2026-1-2",   "26-12-24",      "2026-12-24 12:00",  "2026-12-24T1:000", "1969-12-31",
        "2026-12-32", "2026-12-24T-1", "2026-12-24T12:00Z", "２026-12-24",      "tomorrow"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        expect_moment("UTC", wrong[i], i % 2, NULL);
    }
}

static void the_name_that_was_meant_is_found(void **state)
{
    static const char *const meant[][2] = {
        {"America/Chicaco", "America/Chicago"}, {"america/chicago", "America/Chicago"},
        {"Europe/Berlinn", "Europe/Berlin"},    {"Asia/Calcuta", "Asia/Calcutta"},
        {"zzzzzzzzzzzzzzzzzz", NULL},           {"", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
        char *found = zone_nearest(meant[i][0]);

        if (meant[i][1]) {
            assert_non_null(found);
            assert_string_equal(found, meant[i][1]);
        } else {
            assert_null(found);
        }
        free(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_that_was_meant_is_found),
        cmocka_unit_test(finds_the_next_time_of_day),
        cmocka_unit_test(keeps_the_local_hour_across_daylight_saving),
        cmocka_unit_test(gives_each_day_one_moment),
        cmocka_unit_test(refuses_what_is_no_zone),
        cmocka_unit_test(reads_days_and_moments_as_clocks_show_them),
        cmocka_unit_test(refuses_what_is_no_day_and_no_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
