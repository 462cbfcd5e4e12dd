// Events for tests of what only decides: each is written as JSON and read by the real reader, so a
// test cannot hold an event that could not arrive.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/event/event.h"

enum { HAPPENINGS = 64 };

// The clock of these tests: Mon 23 Nov 2026, 08:00 UTC.
#define HAPPENINGS_NOW_MS INT64_C(1795420800000)

struct happenings { // zeroed: none yet
    struct event events[HAPPENINGS];
    struct text bytes[HAPPENINGS];
    size_t count;
};

// An event that happened at_ms (0: now), about issue "INV-7" or account "XYZ"; data is JSON without
// its outer braces. It lives as long as the happenings. What cannot be read ends the program.
const struct event *happen(struct happenings *happenings, enum event_type type, int64_t at_ms,
                           const char *data);
void happenings_finish(struct happenings *happenings);
