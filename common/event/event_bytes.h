// The bytes of events before a parser sees them: size, UTF-8, nesting, and where one event of a
// frame ends and the next begins. One scanner serves the frame and the event.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"
#include "common/event/event.h"

// Checks one event's size, UTF-8 and depth, so that a recursive parser may have it. -EINVAL with
// why.
must_check int event_bytes_check(const char *bytes, size_t size, struct refusal *why);
