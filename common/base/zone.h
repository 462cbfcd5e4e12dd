// Time zones by their IANA names, across daylight saving. GLib stands behind it: it reads the
// system's zone files without touching the environment. Values; safe in any process.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"

struct zone;

// 0, or -ENOENT where the system knows no zone of that name.
must_check int zone_open(const char *name, struct zone **ret);
void zone_close(struct zone *zone);

// The zone's name that was meant by a mistyped one, to be freed; NULL where none is near, or the
// system does not list its zones.
char *zone_nearest(const char *typed);

// The first moment after after_ms at which clocks there show that minute of the day (0 to 1439).
// Each day has one: where the clocks jump over it, the moment they jump to; where they show it
// twice, one of the two.
int64_t zone_next(const struct zone *zone, int minute_of_day, int64_t after_ms);

// Reads "2026-12-24T12:00", a moment as clocks there show it, or "2026-12-24", the first of that
// day; with end the first after it. 0, or -EINVAL.
must_check int zone_moment(const struct zone *zone, const char *text, bool end, int64_t *ret_ms);

// By how much clocks there are ahead of UTC at that moment.
int64_t zone_offset_ms(const struct zone *zone, int64_t at_ms);
