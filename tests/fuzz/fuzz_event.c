// Any bytes as a frame: its events are found, parsed and answered. What was accepted parses again
// the same, also after another program has written it anew; what was refused says why, in clean
// words.
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/event/event.h"
#include "common/event/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define NOW_MS INT64_C(1795336200000) // 2026-11-22T08:30:00Z

// A receipt is one JSON object whatever it tells of.
static void check_receipt(struct text *receipt)
{
    json_t *root = json_loadb(receipt->bytes, receipt->size, JSON_REJECT_DUPLICATES, NULL);

    assert(json_is_object(root));
    assert(json_is_string(json_object_get(root, "status")));
    json_decref(root);
    text_finish(receipt);
}

static void check_refusal(const struct refusal *why)
{
    struct text receipt = {0};

    assert(why->code[0] && why->message[0]);
    receipt_write_refused(&receipt, why);
    check_receipt(&receipt);
}

static bool same_string(const char *one, const char *two)
{
    return one && two ? strcmp(one, two) == 0 : one == two;
}

static void check_again(const struct event *event, const char *bytes, size_t size)
{
    struct event again = {0};
    struct refusal why;

    if (event_parse(bytes, size, NOW_MS, &again, &why) < 0) {
        assert(strcmp(why.code, "too_big") == 0); // written anew it may be longer
        return;
    }
    assert(again.type == event->type && again.time_ms == event->time_ms);
    assert(same_string(again.id, event->id) && same_string(again.source, event->source));
    assert(same_string(again.subject, event->subject));
    assert(again.has_amount == event->has_amount && again.amount_minor == event->amount_minor);
    assert(json_equal(again.data, event->data) || !event->data);
    event_finish(&again);
}

static void check_accepted(const struct event *event)
{
    char *written = json_dumps(event->root, JSON_COMPACT | JSON_SORT_KEYS);
    struct text receipt = {0};
    const struct receipt accepted = {
        .id = event->id, .source = event->source, .issue_key = event->subject};

    assert(event->type < EVENT_TYPE_COUNT && event->id[0] && event->source[0]);
    assert(event->size <= LIMIT_EVENT_BYTES && event->time_ms >= 0);
    assert(event->subject || event_type_about(event->type) == ABOUT_THE_SERVICE);
    assert(written);
    check_again(event, event->bytes, event->size);
    check_again(event, written, strlen(written));
    assert(event_same(event->bytes, event->size, written, strlen(written)));
    free(written);
    receipt_write_accepted(&receipt, &accepted);
    check_receipt(&receipt);
}

static void parse_one(const char *bytes, size_t size)
{
    struct event event = {0};
    struct refusal why = {0};

    if (event_parse(bytes, size, NOW_MS, &event, &why) < 0) {
        assert(!event.root);
        check_refusal(&why);
        return;
    }
    check_accepted(&event);
    event_finish(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *frame = (const char *)bytes, *last = frame;
    struct event_slices slices = {0};
    struct refusal why = {0};

    parse_one(frame, size); // safe by itself, without the slices
    if (event_slices_read(frame, size, &slices, &why) < 0) {
        check_refusal(&why);
        return 0;
    }
    assert(slices.count <= LIMIT_BATCH_EVENTS && (slices.is_array || slices.count == 1));
    for (size_t i = 0; i < slices.count; i++) {
        const struct event_slice *slice = &slices.slices[i];

        assert(slice->size && slice->bytes >= last && slice->bytes + slice->size <= frame + size);
        last = slice->bytes + slice->size;
        parse_one(slice->bytes, slice->size);
    }
    event_slices_finish(&slices);
    return 0;
}
