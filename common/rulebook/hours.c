#include "common/rulebook/hours.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/xalloc.h"

enum { DAY_MINUTES = 24 * 60, WEEK_DAYS = 7, WEEK_MINUTES = WEEK_DAYS * DAY_MINUTES };

struct span { // minutes of the week, from Monday 00:00; to may lie past its end
    int from, to;
};

struct hours {
    struct span *spans;
    size_t count;
};

// --- reading -------------------------------------------------------------------------------------

// Takes "08:30" from *at; 24:00 is the end of a day.
static bool take_time(const char **at, int *ret_minute)
{
    const char *s = *at;
    int hour, minute;

    if (strspn(s, "0123456789") != 2 || s[2] != ':' || strspn(s + 3, "0123456789") != 2) {
        return false;
    }
    hour = (s[0] - '0') * 10 + (s[1] - '0');
    minute = (s[3] - '0') * 10 + (s[4] - '0');
    *at = s + 5;
    *ret_minute = hour * 60 + minute;
    return minute < 60 && *ret_minute <= DAY_MINUTES;
}

int hours_time_of_day(const char *text, int *ret_minute)
{
    int minute;

    if (!take_time(&text, &minute) || *text || minute == DAY_MINUTES) {
        return -EINVAL;
    }
    *ret_minute = minute;
    return 0;
}

static bool take_day(const char **at, int *ret_day)
{
    static const char *const days[WEEK_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

    for (int i = 0; i < WEEK_DAYS; i++) {
        if (strncmp(*at, days[i], 3) == 0) {
            *at += 3;
            *ret_day = i;
            return true;
        }
    }
    return false;
}

static bool take(const char **at, char byte)
{
    if (**at != byte) {
        return false;
    }
    (*at)++;
    return true;
}

// "mon-fri ", "sat ", or nothing: every day. first to first + count - 1, round the week's end.
static bool take_days(const char **at, int *ret_first, int *ret_count)
{
    int last;

    *ret_first = 0;
    *ret_count = WEEK_DAYS;
    if (!take_day(at, ret_first)) {
        return true;
    }
    last = *ret_first;
    if (take(at, '-') && !take_day(at, &last)) {
        return false;
    }
    *ret_count = (last - *ret_first + WEEK_DAYS) % WEEK_DAYS + 1;
    return take(at, ' ');
}

static bool take_span(const char **at, struct hours *hours)
{
    int first, count, from, to;

    if (!take_days(at, &first, &count) || !take_time(at, &from) || !take(at, '-') ||
        !take_time(at, &to) || from == to || from == DAY_MINUTES) {
        return false;
    }
    hours->spans = xrealloc(hours->spans, (hours->count + (size_t)count) * sizeof *hours->spans);
    for (int i = 0; i < count; i++) {
        int day = (first + i) % WEEK_DAYS * DAY_MINUTES;

        hours->spans[hours->count++] =
            (struct span){day + from, day + to + (to < from ? DAY_MINUTES : 0)};
    }
    return true;
}

int hours_parse(const char *text, struct hours **ret)
{
    struct hours *hours = xcalloc(1, sizeof *hours);
    bool good;

    while ((good = take_span(&text, hours)) && take(&text, ',')) {
        text += strspn(text, " ");
    }
    if (!good || *text) {
        hours_destroy(hours);
        return -EINVAL;
    }
    *ret = hours;
    return 0;
}

void hours_destroy(struct hours *hours)
{
    if (hours) {
        free(hours->spans);
        free(hours);
    }
}

// --- asking --------------------------------------------------------------------------------------

// How many minutes later they open, by the clock on the wall alone: 0 where they are open.
static int minutes_to_opening(const struct hours *hours, int minute)
{
    int least = WEEK_MINUTES;

    for (size_t i = 0; i < hours->count; i++) {
        const struct span *span = &hours->spans[i];
        int wait = (span->from - minute + WEEK_MINUTES) % WEEK_MINUTES;

        if ((minute >= span->from && minute < span->to) || minute + WEEK_MINUTES < span->to) {
            return 0;
        }
        least = wait < least ? wait : least;
    }
    return least;
}

int64_t hours_next(const struct hours *hours, const struct zone *zone, int64_t at_ms)
{
    static const int64_t monday_ms = 4 * (int64_t)DAY_MS; // 5 Jan 1970
    int64_t quarter_ms = 15 * (int64_t)MINUTE_MS, now_ms = at_ms;

    // a span that lies in hours which clocks jump over opens a week later
    while (now_ms < at_ms + 3 * (int64_t)WEEK_DAYS * DAY_MS) {
        int64_t offset_ms = zone_offset_ms(zone, now_ms);
        int64_t minute = (now_ms + offset_ms - monday_ms) / MINUTE_MS;
        int wait =
            minutes_to_opening(hours, (int)((minute % WEEK_MINUTES + WEEK_MINUTES) % WEEK_MINUTES));
        int64_t open_ms = (minute + wait) * MINUTE_MS + monday_ms - offset_ms;

        if (wait == 0) {
            return now_ms;
        }
        // Where the clocks change on the way, go on by quarters of an hour, at which they do.
        if (zone_offset_ms(zone, open_ms) != offset_ms &&
            open_ms > now_ms / quarter_ms * quarter_ms + quarter_ms) {
            open_ms = now_ms / quarter_ms * quarter_ms + quarter_ms;
        }
        now_ms = open_ms;
    }
    return at_ms;
}
