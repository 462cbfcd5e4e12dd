// The watch over the sources that the rule book names: when each was last heard, and the event that
// tells the admin of one that fell silent. When they were heard is kept in hand, and written about
// once a minute a source. Part of the desk.
#pragma once

#include "common/desk/desk_private.h"

void watch_finish(struct desk *desk);
// What was in hand is of another rule book.
void watch_forget(struct desk *desk);
// Notes that an event of that source was accepted, inside the open transaction.
must_check int watch_hear(struct desk *desk, const struct event *event, struct error *err);
// Tells of those that are silent by now; how many, or a negative errno.
must_check int watch_ring(struct desk *desk, int64_t now_ms, struct error *err);
// When it will have something to do; INT64_MAX: nothing is watched.
int64_t watch_rings_at(const struct desk *desk);
