// Moments and spans: the clocks, RFC 3339 and the durations of the rule book. One unit everywhere:
// milliseconds, in int64_t; a wall-clock moment counts from 1970 in UTC.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS
};

#define MOMENT_TEXT_BYTES 32

int64_t clock_wall_ms(void); // for what is stored or shown
int64_t clock_mono_ms(void); // for deadlines inside a process

// Reads an RFC 3339 date-time with its offset, years 1970 to 9999; parts of a second beyond the
// millisecond are cut off and a leap second counts as the second after it. 0 or -EINVAL.
must_check int moment_parse(const char *string, int64_t *ret_ms);
// Writes "2026-11-22T08:30:00Z", with milliseconds where there are any. buffer has
// MOMENT_TEXT_BYTES.
const char *moment_format(int64_t ms, char *buffer);
// Writes "Tue 24 Nov" (and the year where it is not that of now_ms), in UTC, for people.
const char *moment_format_day(int64_t ms, int64_t now_ms, char *buffer);

// How days are written for people, each named after what Tuesday, the 24th of November is.
enum day_form { DAY_TUE_24_NOV, DAY_TUE_NOV_24, DAY_24_11, DAY_2026_11_24, DAY_FORM_COUNT };

// The same in any form.
const char *moment_format_day_in(enum day_form form, int64_t ms, int64_t now_ms, char *buffer);

// Reads "30s", "5m", "4h", "3d", "250ms" or a row of them, largest first ("1d 12h"); "0s" is
// allowed. 0, or -EINVAL for anything else, or -ERANGE above 100 years.
must_check int span_parse(const char *string, int64_t *ret_ms);
// Writes a span in the largest unit that says it well: "2 days", "4 hours", "1 minute", "30
// seconds".
const char *span_format(int64_t ms, char *buffer);
// Writes a span whole, as an admin set it: "1 minute 30 seconds". buffer has SPAN_TEXT_BYTES.
#define SPAN_TEXT_BYTES 128
const char *span_format_whole(int64_t ms, char *buffer);
