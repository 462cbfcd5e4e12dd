// A rep's hours: when he may be disturbed, by the week and by the clocks of his zone. Also the one
// place that reads times of day. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/zone.h"

struct hours;

// One or more of "mon-fri 08:00-18:00", "sat 09:00-12:00" or "22:00-06:00" (of every day, over
// midnight), with commas. 0, or -EINVAL where it is written otherwise or a span is empty.
must_check int hours_parse(const char *text, struct hours **ret);
void hours_destroy(struct hours *hours);
// The first moment from at_ms on at which they are open: at_ms itself where they are. Clocks that
// jump over the beginning open them as they land; where clocks show an hour twice, both count.
int64_t hours_next(const struct hours *hours, const struct zone *zone, int64_t at_ms);

// Reads "08:30" as a minute of the day, 0 to 1439: 0, or -EINVAL.
must_check int hours_time_of_day(const char *text, int *ret_minute);
