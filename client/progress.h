// The line on a terminal that says how far a command is, and that what it prints takes the place
// of.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool wanted;      // it is shown at all: there is a terminal for it
    bool drawn;       // it stands on the terminal now
    int64_t shown_ms; // when it was drawn last
};

enum { PROGRESS_EVERY_MS = 200 };

// True where it is time to draw it anew: then the line on standard error is empty, and the caller
// writes.
bool progress_due(struct progress *progress);
void progress_clear(struct progress *progress);
