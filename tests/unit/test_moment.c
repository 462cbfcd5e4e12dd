#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/base/moment.h"

static void reads_moments(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-22T08:30:00Z", INT64_C(1795336200000)},
        {"2026-11-22t08:30:00z", INT64_C(1795336200000)},
        {"2026-11-22 08:30:00Z", INT64_C(1795336200000)},
        {"2026-11-22T08:30:00.5Z", INT64_C(1795336200500)},
        {"2026-11-22T08:30:00.123999Z", INT64_C(1795336200123)},
        {"2026-11-22T08:30:00.000000000000000001Z", INT64_C(1795336200000)},
        {"2026-11-22T10:30:00+02:00", INT64_C(1795336200000)},
        {"2026-11-22T04:00:00-04:30", INT64_C(1795336200000)},
        {"2026-11-22T08:30:00-00:00", INT64_C(1795336200000)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
        {"2024-02-29T23:59:59Z", INT64_C(1709251199000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
        {"2017-01-01T01:59:60+02:00", INT64_C(1483228800000)},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
        {"1969-12-31T23:00:00-01:00", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = -7;
        int r = moment_parse(good[i].text, &ms);

        if (r != (good[i].ms < 0 ? -EINVAL : 0) || (r == 0 && ms != good[i].ms)) {
            fail_msg("%s: %d %lld", good[i].text, r, (long long)ms);
        }
    }
}

static void refuses_moments(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T08:30Z",
        "2026-11-22T08:30:00",
        "26-11-22T08:30:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:00Z",
        "2026-11-22T08:30:61Z",
        "2026-11-22T08:30:60Z",
        "2026-11-22T08:30:00.Z",
        "2026-11-22T08:30:00,5Z",
        "2026-11-22T08:30:00+2:00",
        "2026-11-22T08:30:00+0200",
        "2026-11-22T08:30:00+24:00",
        "2026-11-22T08:30:00+02:60",
        "2026-11-22T08:30:00ZZ",
        " 2026-11-22T08:30:00Z",
        "2026-11-22T08:30:00Z ",
        "+2026-11-22T08:30:00Z",
        "10000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:60Z",
        "2026-11-22T-8:30:00Z",
        "2026-11-22T08:30:00\xe2\x88\x92\x30\x32:00", // a minus sign, but not ASCII's
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 42;

        if (moment_parse(bad[i], &ms) != -EINVAL || ms != 42) {
            fail_msg("%s", bad[i]);
        }
    }
}

static void writes_moments(void **state)
{
    char text[MOMENT_TEXT_BYTES];
    int64_t back;

    (void)state;
    assert_string_equal(moment_format(0, text), "1970-01-01T00:00:00Z");
    assert_string_equal(moment_format(-1, text), "1969-12-31T23:59:59.999Z");
    assert_string_equal(moment_format(INT64_C(1795336200007), text), "2026-11-22T08:30:00.007Z");
    assert_string_equal(moment_format(INT64_C(253402300799000), text), "9999-12-31T23:59:59Z");
    assert_non_null(moment_format(INT64_MAX, text));
    assert_non_null(moment_format(INT64_MIN, text));
    // round trips, in odd steps through all the years
    for (int64_t ms = 0; ms < INT64_C(253402300800000); ms += INT64_C(86399999987)) {
        assert_int_equal(moment_parse(moment_format(ms, text), &back), 0);
        assert_int_equal(back, ms);
    }
    assert_string_equal(moment_format_day(INT64_C(1795523400000), INT64_C(1795336200000), text),
                        "Tue 24 Nov");
    assert_string_equal(moment_format_day(INT64_C(1772496000000), INT64_C(1709251199000), text),
                        "Tue 3 Mar 2026");
}

// Each day of one turn of the calendar, which is 400 years, and some of all that are read: written
// by the C library's calendar, read by ours.
static void reads_every_day(void **state)
{
    const int64_t days_of_a_turn = 146097, last = INT64_C(253402300799999);

    (void)state;
    for (int64_t day = 0, ms = 0; ms < last; day += day < days_of_a_turn ? 1 : 89) {
        char buffer[MOMENT_TEXT_BYTES];
        int64_t read = -1;

        assert_int_equal(moment_parse(moment_format(ms, buffer), &read), 0);
        assert_int_equal(read, ms);
        ms = (day + 1) * DAY_MS - 1;
    }
}

static void writes_days_in_the_readers_form(void **state)
{
    static const char *const days[DAY_FORM_COUNT][2] = {
        [DAY_TUE_24_NOV] = {"Tue 3 Mar", "Tue 3 Mar 2026"},
        [DAY_TUE_NOV_24] = {"Tue Mar 3", "Tue Mar 3, 2026"},
        [DAY_24_11] = {"03.03", "03.03.2026"},
        [DAY_2026_11_24] = {"2026-03-03", "2026-03-03"},
    };
    const int64_t day_ms = INT64_C(1772496000000), year_ms = INT64_C(366) * DAY_MS;
    char text[MOMENT_TEXT_BYTES];

    (void)state;
    for (int form = 0; form < DAY_FORM_COUNT; form++) {
        assert_string_equal(moment_format_day_in((enum day_form)form, day_ms, day_ms, text),
                            days[form][0]);
        assert_string_equal(
            moment_format_day_in((enum day_form)form, day_ms, day_ms + year_ms, text),
            days[form][1]);
        assert_non_null(moment_format_day_in((enum day_form)form, INT64_MAX, 0, text));
    }
}

static void reads_spans(void **state)
{
    static const struct {
        const char *text;
        int result;
        int64_t ms;
    } spans[] = {
        {"0s", 0, 0},
        {"30s", 0, 30000},
        {"5m", 0, 300000},
        {"4h", 0, 14400000},
        {"3d", 0, 259200000},
        {"250ms", 0, 250},
        {"1d 12h", 0, 129600000},
        {"1d12h30m15s1ms", 0, INT64_C(131415001)},
        {"36525d", 0, INT64_C(3155760000000)},
        {"36526d", -ERANGE, 0},
        {"36525d 1ms", -ERANGE, 0},
        {"999999999999d", -ERANGE, 0},
        {"9999999999999999999999d", -ERANGE, 0},
        {"", -EINVAL, 0},
        {" 5m", -EINVAL, 0},
        {"5m ", -EINVAL, 0},
        {"5", -EINVAL, 0},
        {"m", -EINVAL, 0},
        {"5 m", -EINVAL, 0},
        {"5w", -EINVAL, 0},
        {"5M", -EINVAL, 0},
        {"-5m", -EINVAL, 0},
        {"1.5h", -EINVAL, 0},
        {"5m 4h", -EINVAL, 0},
        {"5m 5m", -EINVAL, 0},
        {"5dm", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        int64_t ms = 0;
        int r = span_parse(spans[i].text, &ms);

        if (r != spans[i].result || ms != spans[i].ms) {
            fail_msg("'%s': %d %lld", spans[i].text, r, (long long)ms);
        }
    }
}

static void writes_spans(void **state)
{
    char text[MOMENT_TEXT_BYTES], whole[SPAN_TEXT_BYTES];

    (void)state;
    assert_string_equal(span_format(2 * DAY_MS, text), "2 days");
    assert_string_equal(span_format(4 * HOUR_MS + 5, text), "4 hours");
    assert_string_equal(span_format(MINUTE_MS, text), "1 minute");
    assert_string_equal(span_format(30 * SECOND_MS, text), "30 seconds");
    assert_string_equal(span_format(0, text), "0 milliseconds");
    assert_string_equal(span_format(-5, text), "0 milliseconds");
    assert_non_null(span_format(INT64_MAX, text));
    assert_string_equal(span_format_whole(90 * SECOND_MS, whole), "1 minute 30 seconds");
    assert_string_equal(span_format_whole(2 * DAY_MS, whole), "2 days");
    assert_string_equal(span_format_whole(DAY_MS + HOUR_MS + 250, whole),
                        "1 day 1 hour 250 milliseconds");
    assert_string_equal(span_format_whole(0, whole), "0 milliseconds");
    assert_string_equal(span_format_whole(-5, whole), "0 milliseconds");
    assert_string_equal(span_format_whole(INT64_MAX, whole),
                        "106751991167 days 7 hours 12 minutes 55 seconds 807 milliseconds");
}

static void clocks_run(void **state)
{
    int64_t mono = clock_mono_ms();

    (void)state;
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
    assert_true(clock_mono_ms() >= mono);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_moments),
        cmocka_unit_test(refuses_moments),
        cmocka_unit_test(writes_moments),
        cmocka_unit_test(reads_every_day),
        cmocka_unit_test(writes_days_in_the_readers_form),
        cmocka_unit_test(reads_spans),
        cmocka_unit_test(writes_spans),
        cmocka_unit_test(clocks_run),
    };

    return cmocka_run_group_tests_name("moment", tests, NULL, NULL);
}
