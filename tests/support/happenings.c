#include "tests/support/happenings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/moment.h"

const struct event *happen(struct happenings *happenings, enum event_type type, int64_t at_ms,
                           const char *data)
{
    struct event *event = &happenings->events[happenings->count];
    struct text *bytes = &happenings->bytes[happenings->count];
    struct refusal why = {0};
    char time[MOMENT_TEXT_BYTES];

    assert(happenings->count < HAPPENINGS);
    happenings->count++;
    text_addf(
        bytes,
        "{\"specversion\":\"1.0\",\"id\":\"e%zu\",\"source\":\"/billing\",\"type\":\"headsup.%s\","
        "\"subject\":\"%s\",\"time\":\"%s\",\"data\":{%s}}",
        happenings->count, event_type_name(type),
        event_type_about(type) == ABOUT_ISSUE ? "INV-7" : "XYZ",
        moment_format(at_ms ? at_ms : HAPPENINGS_NOW_MS, time), data ? data : "");
    if (event_parse(bytes->bytes, bytes->size, HAPPENINGS_NOW_MS, event, &why) < 0) {
        (void)fprintf(stderr, "%s\n%s\n", bytes->bytes, why.message);
        abort();
    }
    return event;
}

void happenings_finish(struct happenings *happenings)
{
    for (size_t i = 0; i < happenings->count; i++) {
        event_finish(&happenings->events[i]);
        text_finish(&happenings->bytes[i]);
    }
    *happenings = (struct happenings){0};
}
