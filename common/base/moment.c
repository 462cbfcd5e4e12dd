#include "common/base/moment.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/base/text.h"

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

// Reads exactly count digits; -1 where they are not digits.
static int digits(const char **at, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return -1;
        }
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool one_of(const char **at, const char *allowed)
{
    if (**at == '\0' || !strchr(allowed, **at)) {
        return false;
    }
    (*at)++;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// The years from 1 to this one that have a leap day.
static int leap_years(int year)
{
    return year / 4 - year / 100 + year / 400;
}

// What timegm() says of a date that is one, for less than the rest of the reading costs.
static int64_t seconds_of(const struct tm *when)
{
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int year = when->tm_year + 1900;
    int64_t days = (year - 1970) * 365 + leap_years(year - 1) - leap_years(1969);

    days += days_before[when->tm_mon] + (when->tm_mon > 1 && is_leap(year)) + when->tm_mday - 1;
    return ((days * 24 + when->tm_hour) * 60 + when->tm_min) * 60 + when->tm_sec;
}

// full-date of RFC 3339, section 5.6.
static int parse_date(const char **at, struct tm *ret)
{
    int year, month, day;

    year = digits(at, 4);
    if (year < 1970 || !one_of(at, "-")) {
        return -EINVAL;
    }
    month = digits(at, 2);
    if (month < 1 || month > 12 || !one_of(at, "-")) {
        return -EINVAL;
    }
    day = digits(at, 2);
    if (day < 1 || day > days_in(year, month)) {
        return -EINVAL;
    }
    ret->tm_year = year - 1900;
    ret->tm_mon = month - 1;
    ret->tm_mday = day;
    return 0;
}

// partial-time of RFC 3339, section 5.6; second 60 is a leap second.
static int parse_time(const char **at, struct tm *ret, int *ret_ms)
{
    int scale = 100;

    ret->tm_hour = digits(at, 2);
    if (ret->tm_hour < 0 || ret->tm_hour > 23 || !one_of(at, ":")) {
        return -EINVAL;
    }
    ret->tm_min = digits(at, 2);
    if (ret->tm_min < 0 || ret->tm_min > 59 || !one_of(at, ":")) {
        return -EINVAL;
    }
    ret->tm_sec = digits(at, 2);
    if (ret->tm_sec < 0 || ret->tm_sec > 60) {
        return -EINVAL;
    }
    *ret_ms = 0;
    if (!one_of(at, ".")) {
        return 0;
    }
    if (**at < '0' || **at > '9') {
        return -EINVAL;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10) {
        *ret_ms += (**at - '0') * scale;
    }
    return 0;
}

// time-offset of RFC 3339, section 5.6, in minutes.
static int parse_offset(const char **at, int *ret_minutes)
{
    int sign, hours, minutes;

    if (one_of(at, "Zz")) {
        *ret_minutes = 0;
        return 0;
    }
    sign = **at == '-' ? -1 : 1;
    if (!one_of(at, "+-")) {
        return -EINVAL;
    }
    hours = digits(at, 2);
    if (hours < 0 || hours > 23 || !one_of(at, ":")) {
        return -EINVAL;
    }
    minutes = digits(at, 2);
    if (minutes < 0 || minutes > 59) {
        return -EINVAL;
    }
    *ret_minutes = sign * (hours * 60 + minutes);
    return 0;
}

int moment_parse(const char *string, int64_t *ret_ms)
{
    const int64_t most = INT64_C(253402300799); // 9999-12-31T23:59:59Z
    struct tm when = {0};
    int ms = 0, offset = 0;
    int64_t seconds;
    bool leap;

    if (parse_date(&string, &when) < 0 || !one_of(&string, "Tt ") ||
        parse_time(&string, &when, &ms) < 0 || parse_offset(&string, &offset) < 0 ||
        *string != '\0') {
        return -EINVAL;
    }
    leap = when.tm_sec == 60;
    seconds = seconds_of(&when) - (int64_t)offset * 60;
    // an offset can lead out of the years that are read; leap seconds end a day in UTC
    if (seconds < 0 || seconds > most || (leap && seconds % (DAY_MS / SECOND_MS) != 0)) {
        return -EINVAL;
    }
    *ret_ms = seconds * SECOND_MS + ms;
    return 0;
}

static struct tm utc(int64_t ms)
{
    time_t seconds = (time_t)(ms / SECOND_MS - (ms % SECOND_MS < 0));
    struct tm when = {0};

    (void)gmtime_r(&seconds, &when);
    return when;
}

// Writes so many digits and the byte behind them; returns behind it.
static char *put_digits(char *at, int value, int count, char behind)
{
    for (int i = count - 1; i >= 0; i--, value /= 10) {
        at[i] = (char)('0' + value % 10);
    }
    at[count] = behind;
    return at + count + 1;
}

const char *moment_format(int64_t ms, char *buffer)
{
    struct tm when = utc(ms);
    int part = (int)(((ms % SECOND_MS) + SECOND_MS) % SECOND_MS);
    char *at = put_digits(buffer, when.tm_year + 1900, 4, '-');

    at = put_digits(at, when.tm_mon + 1, 2, '-');
    at = put_digits(at, when.tm_mday, 2, 'T');
    at = put_digits(at, when.tm_hour, 2, ':');
    at = put_digits(at, when.tm_min, 2, ':');
    at = put_digits(at, when.tm_sec, 2, part ? '.' : 'Z');
    at = part ? put_digits(at, part, 3, 'Z') : at;
    *at = '\0';
    return buffer;
}

const char *moment_format_day_in(enum day_form form, int64_t ms, int64_t now_ms, char *buffer)
{
    // the second of each where the year is not that of now
    static const char *const forms[DAY_FORM_COUNT][2] = {
        [DAY_TUE_24_NOV] = {"%a %-d %b", "%a %-d %b %Y"},
        [DAY_TUE_NOV_24] = {"%a %b %-d", "%a %b %-d, %Y"},
        [DAY_24_11] = {"%d.%m", "%d.%m.%Y"},
        [DAY_2026_11_24] = {"%Y-%m-%d", "%Y-%m-%d"},
    };
    struct tm when = utc(ms), now = utc(now_ms);

    // in the C locale, which no part of this program leaves
    if (strftime(buffer, MOMENT_TEXT_BYTES, forms[form][when.tm_year != now.tm_year], &when) == 0) {
        buffer[0] = '\0';
    }
    return buffer;
}

const char *moment_format_day(int64_t ms, int64_t now_ms, char *buffer)
{
    return moment_format_day_in(DAY_TUE_24_NOV, ms, now_ms, buffer);
}

struct unit {
    const char *suffix, *word;
    int64_t ms;
};

static const struct unit units[] = {
    {"d", "day", DAY_MS},       {"h", "hour", HOUR_MS},   {"m", "minute", MINUTE_MS},
    {"s", "second", SECOND_MS}, {"ms", "millisecond", 1},
};

enum { UNIT_COUNT = sizeof units / sizeof units[0] };

// The unit whose suffix stands here, from the given one on; UNIT_COUNT where there is none.
static size_t unit_at(const char *at, size_t size, size_t from)
{
    for (; from < UNIT_COUNT; from++) {
        if (strlen(units[from].suffix) == size && strncmp(units[from].suffix, at, size) == 0) {
            break;
        }
    }
    return from;
}

int span_parse(const char *string, int64_t *ret_ms)
{
    const int64_t most = INT64_C(36525) * DAY_MS;
    int64_t total = 0;
    size_t next = 0;

    if (*string == '\0' || string[strlen(string) - 1] == ' ') {
        return -EINVAL;
    }
    while (*string) {
        int64_t value = 0;
        size_t size = strspn(string, "0123456789"), letters, unit;

        if (size == 0 || size > 12) {
            return size ? -ERANGE : -EINVAL;
        }
        for (size_t i = 0; i < size; i++) {
            value = value * 10 + (*string++ - '0');
        }
        letters = strspn(string, "dhms");
        unit = unit_at(string, letters, next);
        if (unit == UNIT_COUNT) {
            return -EINVAL;
        }
        if (value > most / units[unit].ms || total + value * units[unit].ms > most) {
            return -ERANGE;
        }
        total += value * units[unit].ms;
        next = unit + 1;
        string += letters;
        string += strspn(string, " ");
    }
    *ret_ms = total;
    return 0;
}

// Writes "1 minute", "2 minutes"; returns the end.
static char *add_count(char *at, int64_t count, const char *word)
{
    at = stpcpy(stpcpy(int_format(count, at), " "), word);
    return stpcpy(at, count == 1 ? "" : "s");
}

const char *span_format(int64_t ms, char *buffer)
{
    size_t unit = 0;
    int64_t count;

    if (ms < 0) {
        ms = 0;
    }
    while (unit < UNIT_COUNT - 1 && ms < units[unit].ms) {
        unit++;
    }
    count = ms / units[unit].ms;
    (void)add_count(buffer, count, units[unit].word);
    return buffer;
}

const char *span_format_whole(int64_t ms, char *buffer)
{
    char *at = buffer;

    if (ms <= 0) {
        return span_format(ms, buffer);
    }
    for (size_t unit = 0; unit < UNIT_COUNT; unit++) {
        int64_t count = ms / units[unit].ms;

        ms %= units[unit].ms;
        if (count) {
            at = at > buffer ? stpcpy(at, " ") : at;
            at = add_count(at, count, units[unit].word);
        }
    }
    return buffer;
}
