#include "client/progress.h"

#include <stdio.h>

#include "common/base/moment.h"

bool progress_due(struct progress *progress)
{
    int64_t now = clock_mono_ms();

    if (!progress->wanted || now - progress->shown_ms < PROGRESS_EVERY_MS) {
        return false;
    }
    progress_clear(progress);
    progress->drawn = true;
    progress->shown_ms = now;
    return true;
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn) {
        (void)fprintf(stderr, "\r\033[K");
        progress->drawn = false;
    }
}
