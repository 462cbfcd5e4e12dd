// hours.c: a rep's hours, by the clocks of his zone, over midnight, weekends and daylight saving.
#include "common/rulebook/hours.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/base/moment.h"

static int64_t at(const char *moment)
{
    int64_t ms = 0;

    assert_int_equal(moment_parse(moment, &ms), 0);
    return ms;
}

static void expect_next(const char *text, const char *name, const char *from, const char *expected)
{
    struct hours *hours = NULL;
    struct zone *zone = NULL;
    char found[MOMENT_TEXT_BYTES];

    assert_int_equal(zone_open(name, &zone), 0);
    assert_int_equal(hours_parse(text, &hours), 0);
    assert_string_equal(moment_format(hours_next(hours, zone, at(from)), found), expected);
    hours_destroy(hours);
    zone_close(zone);
}

static void reads_what_is_written_well(void **state)
{
    static const char *const bad[] = {"",
                                      "always",
                                      "08:00",
                                      "08:00-08:00",
                                      "24:00-06:00",
                                      "8:00-9:00",
                                      "08:00-18:60",
                                      "08:00-25:00",
                                      "mon 08:00-18:00,",
                                      "mon-08:00-18:00",
                                      "mon  08:0",
                                      "mon-fri 08:00",
                                      "mo 08:00-9:0",
                                      "mon 08:00-18:00 x",
                                      "Mon 08:00-18:00",
                                      "mon08:00-18:00"};
    static const char *const good[] = {"00:00-24:00", "22:00-06:00", "fri-mon 08:00-12:00",
                                       "mon 08:00-12:00,mon 13:00-17:00,  sun 10:00-11:00"};
    struct hours *hours = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (hours_parse(bad[i], &hours) != -EINVAL) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (hours_parse(good[i], &hours) != 0) {
            fail_msg("refused: %s", good[i]);
        }
        hours_destroy(hours);
    }
}

static void reads_a_time_of_day(void **state)
{
    int minute = -1;

    (void)state;
    assert_int_equal(hours_time_of_day("08:30", &minute), 0);
    assert_int_equal(minute, 510);
    assert_int_equal(hours_time_of_day("23:59", &minute), 0);
    assert_int_equal(hours_time_of_day("24:00", &minute), -EINVAL);
    assert_int_equal(hours_time_of_day("08:30 ", &minute), -EINVAL);
    assert_int_equal(hours_time_of_day("8:30", &minute), -EINVAL);
}

// 23 November 2026 is a Monday.
static void opens_by_the_week(void **state)
{
    static const char week[] = "mon-fri 08:00-18:00, sat 09:00-12:00";

    (void)state;
    expect_next(week, "UTC", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z");
    expect_next(week, "UTC", "2026-11-23T07:59:59.999Z", "2026-11-23T08:00:00Z");
    expect_next(week, "UTC", "2026-11-23T17:59:59.999Z", "2026-11-23T17:59:59.999Z");
    expect_next(week, "UTC", "2026-11-23T18:00:00Z", "2026-11-24T08:00:00Z");
    expect_next(week, "UTC", "2026-11-27T18:30:30Z", "2026-11-28T09:00:00Z");
    expect_next(week, "UTC", "2026-11-28T12:00:00Z", "2026-11-30T08:00:00Z");
    expect_next("00:00-24:00", "UTC", "2026-11-28T23:59:00Z", "2026-11-28T23:59:00Z");
    expect_next("fri-mon 10:00-11:00", "UTC", "2026-11-24T10:30:00Z", "2026-11-27T10:00:00Z");
    expect_next("mon 08:00-09:00", "UTC", "2026-11-23T09:00:00Z", "2026-11-30T08:00:00Z");
}

static void opens_over_midnight(void **state)
{
    (void)state;
    expect_next("22:00-06:00", "UTC", "2026-11-23T05:59:00Z", "2026-11-23T05:59:00Z");
    expect_next("22:00-06:00", "UTC", "2026-11-23T06:00:00Z", "2026-11-23T22:00:00Z");
    // of Sunday night, into Monday: round the week's end
    expect_next("sun 22:00-06:00", "UTC", "2026-11-23T05:00:00Z", "2026-11-23T05:00:00Z");
    expect_next("sun 22:00-06:00", "UTC", "2026-11-23T06:00:00Z", "2026-11-29T22:00:00Z");
    expect_next("mon-fri 22:00-06:00", "UTC", "2026-11-28T05:00:00Z", "2026-11-28T05:00:00Z");
    expect_next("mon-fri 22:00-06:00", "UTC", "2026-11-28T06:00:00Z", "2026-11-30T22:00:00Z");
}

// In Chicago clocks go forward at 02:00 on 8 March 2026 (08:00 UTC) and back at 02:00 on 1 November
// 2026 (07:00 UTC), both Sundays.
static void follows_daylight_saving(void **state)
{
    static const char zone[] = "America/Chicago";

    (void)state;
    expect_next("08:00-18:00", zone, "2026-03-08T03:00:00Z", "2026-03-08T13:00:00Z");
    expect_next("08:00-18:00", zone, "2026-03-07T03:00:00Z", "2026-03-07T14:00:00Z");
    expect_next("08:00-18:00", zone, "2026-11-01T03:00:00Z", "2026-11-01T14:00:00Z");
    expect_next("mon 08:00-18:00", zone, "2026-10-31T12:00:00Z", "2026-11-02T14:00:00Z");
    // a beginning that the clocks jump over: as they land
    expect_next("02:30-05:00", zone, "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z");
    // all of it jumped over: not that day, nor that week
    expect_next("02:15-02:45", zone, "2026-03-08T07:50:00Z", "2026-03-09T07:15:00Z");
    expect_next("sun 02:15-02:45", zone, "2026-03-08T07:50:00Z", "2026-03-15T07:15:00Z");
    // an hour that is shown twice: both times
    expect_next("01:15-01:45", zone, "2026-11-01T05:00:00Z", "2026-11-01T06:15:00Z");
    expect_next("01:15-01:45", zone, "2026-11-01T06:45:00Z", "2026-11-01T07:15:00Z");
    expect_next("00:00-01:30", zone, "2026-11-01T06:40:00Z", "2026-11-01T07:00:00Z");
    expect_next("sun 01:15-01:45", zone, "2026-11-01T07:45:00Z", "2026-11-08T07:15:00Z");
}

// What it finds is open, and nothing before it was; through a year, in zones of every kind.
static void never_opens_late_or_early(void **state)
{
    static const char *const texts[] = {"mon-fri 08:00-18:00", "02:20-02:40, 12:00-12:05",
                                        "sun 23:30-01:30"};
    static const char *const names[] = {"America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu",
                                        "Africa/Casablanca", "UTC"};

    (void)state;
    for (size_t i = 0; i < 15; i++) {
        struct hours *hours = NULL;
        struct zone *zone = NULL;

        assert_int_equal(zone_open(names[i / 3], &zone), 0);
        assert_int_equal(hours_parse(texts[i % 3], &hours), 0);
        for (int64_t from = at("2026-01-01T00:01:00Z"); from < at("2027-01-01T00:00:00Z");
             from += 3 * DAY_MS + 7 * MINUTE_MS) {
            int64_t found = hours_next(hours, zone, from);

            assert_int_equal(hours_next(hours, zone, found), found);
            for (int64_t ms = from; ms < found; ms += MINUTE_MS) {
                if (hours_next(hours, zone, ms) == ms) {
                    fail_msg("%s, %s: %lld is open", texts[i % 3], names[i / 3], (long long)ms);
                }
            }
        }
        hours_destroy(hours);
        zone_close(zone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_written_well), cmocka_unit_test(reads_a_time_of_day),
        cmocka_unit_test(opens_by_the_week),          cmocka_unit_test(opens_over_midnight),
        cmocka_unit_test(follows_daylight_saving),    cmocka_unit_test(never_opens_late_or_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
