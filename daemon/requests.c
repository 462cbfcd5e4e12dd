#include "daemon/requests.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/json_out.h"
#include "common/base/xalloc.h"
#include "common/event/receipt.h"

enum { MOST = 4096, MOST_BYTES = 16 * 1024 * 1024 };

struct answered { // one request and the replies to its frames
    struct request *request;
    struct text *replies;
};

struct requests {
    size_t count, frames;
    struct answered answered[MOST];
};

// How the events of a frame are handled, or why they are not.
struct handling {
    struct desk *desk; // NULL: not at all
    int64_t now_ms;
    const char *unavailable; // then
};

struct requests *requests_create(void)
{
    return xcalloc(1, sizeof(struct requests));
}

static void forget(struct answered *answered, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        text_finish(&answered->replies[i]);
    }
    free(answered->replies);
    *answered = (struct answered){0};
}

void requests_destroy(struct requests *requests)
{
    for (size_t i = 0; requests && i < requests->count; i++) {
        struct request *request = requests->answered[i].request;

        forget(&requests->answered[i], request_frames(request));
        request_destroy(request);
    }
    free(requests);
}

int requests_receive(struct requests *requests, struct intake *intake, size_t events)
{
    size_t bytes = 0;

    while (requests->count < MOST && requests->frames < events && bytes < MOST_BYTES) {
        struct answered *answered = &requests->answered[requests->count];
        int got = intake_receive(intake, &answered->request);

        if (got < 0) {
            return got;
        }
        if (got == 0) {
            break;
        }
        answered->replies = xcalloc(request_frames(answered->request), sizeof(struct text));
        requests->frames += request_frames(answered->request);
        bytes += request_bytes(answered->request);
        requests->count++;
    }
    return 0;
}

size_t requests_count(const struct requests *requests)
{
    return requests->count;
}

size_t requests_frames(const struct requests *requests)
{
    return requests->frames;
}

static int handle_slices(const struct event_slices *slices, const char *peer,
                         const struct handling *handling, struct text *reply, struct error *err)
{
    int code = 0;

    if (slices->is_array) {
        json_open_array(reply, NULL);
    }
    for (size_t i = 0; code == 0 && i < slices->count; i++) {
        const struct event_slice *slice = &slices->slices[i];

        if (handling->desk) {
            code = desk_handle(handling->desk, slice, peer, handling->now_ms, reply, err);
        } else {
            desk_unavailable(slice, handling->now_ms, handling->unavailable, reply);
        }
    }
    if (slices->is_array) {
        json_close_array(reply);
    }
    return code;
}

static int handle_frame(const struct request *request, size_t index,
                        const struct handling *handling, struct text *reply, struct error *err)
{
    struct event_slices slices = {0};
    struct refusal why = {0};
    size_t size;
    const char *bytes = request_frame(request, index, &size);
    int code;

    if (request_excess(request)) {
        (void)snprintf(why.code, sizeof why.code, "too_many");
        (void)snprintf(why.message, sizeof why.message, "%s", request_excess(request));
        receipt_write_refused(reply, &why);
        return 0;
    }
    if (event_slices_read(bytes, size, &slices, &why) < 0) {
        receipt_write_refused(reply, &why);
        return 0;
    }
    code = handle_slices(&slices, request_peer(request), handling, reply, err);
    event_slices_finish(&slices);
    return code;
}

static int handle(struct answered *answered, const struct handling *handling, struct error *err)
{
    size_t count = request_frames(answered->request);
    int code = 0;

    for (size_t i = 0; code == 0 && i < count; i++) {
        text_clear(&answered->replies[i]);
        code = handle_frame(answered->request, i, handling, &answered->replies[i], err);
    }
    return code;
}

int requests_handle(struct requests *requests, size_t index, struct desk *desk, int64_t now_ms,
                    struct error *err)
{
    return handle(&requests->answered[index], &(struct handling){desk, now_ms, NULL}, err);
}

void requests_refuse(struct requests *requests, int64_t now_ms, const char *message)
{
    struct error ignored;

    for (size_t i = 0; i < requests->count; i++) {
        (void)!handle(&requests->answered[i], &(struct handling){NULL, now_ms, message}, &ignored);
    }
}

void requests_answer(struct requests *requests, struct intake *intake)
{
    for (size_t i = 0; i < requests->count; i++) {
        struct answered *answered = &requests->answered[i];
        size_t frames = request_frames(answered->request);

        intake_reply(intake, &answered->request, answered->replies);
        forget(answered, frames);
    }
    requests->count = requests->frames = 0;
}
