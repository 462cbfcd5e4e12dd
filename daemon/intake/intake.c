#include "daemon/intake/intake.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "common/base/log.h"
#include "common/base/xalloc.h"
#include "daemon/intake/zap.h"

#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93 // behind a draft macro in zmq.h, yet it works by number
#endif

enum {
    ENVELOPE_FRAMES = 4, // routing id, correlation, the empty one
    ENVELOPE_BYTES = 255,
    HANDSHAKE_MS = 5000,
    BACKLOG = 1024,
    NONSENSE_AT_ONCE = 16,
    FRAME_BYTES = 16 * 1024 * 1024,  // beyond it the peer is cut off; below it is answered in words
    REQUEST_BYTES = 32 * 1024 * 1024 // of all frames together
};

struct intake {
    struct zap *zap;
    void *router;
    size_t max_parts, max_frame_bytes;
};

struct request {
    zmq_msg_t envelope[ENVELOPE_FRAMES];
    size_t envelope_count;
    zmq_msg_t *parts;
    size_t part_count, part_capacity, bytes;
    const char *excess;
};

static int set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int configure(struct intake *intake)
{
    int64_t max = FRAME_BYTES;

    if (set(intake->router, ZMQ_LINGER, 0) < 0 ||
        set(intake->router, ZMQ_ROUTER_MANDATORY, 1) < 0 ||
        set(intake->router, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) < 0 ||
        set(intake->router, ZMQ_BACKLOG, BACKLOG) < 0 ||
        set(intake->router, ZMQ_SNDHWM, 8192) < 0 || set(intake->router, ZMQ_RCVHWM, 8192) < 0 ||
        zmq_setsockopt(intake->router, ZMQ_MAXMSGSIZE, &max, sizeof max) < 0 ||
        zmq_setsockopt(intake->router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN_NAME, strlen(ZAP_DOMAIN_NAME)) <
            0 ||
        set(intake->router, ZMQ_ZAP_ENFORCE_DOMAIN, 1) < 0) {
        return -errno;
    }
    return 0;
}

static int bind_all(struct intake *intake, const struct rulebook *rulebook, struct error *err)
{
    mode_t mask = umask(0117); // who is in the socket's group may publish
    int code = 0;

    for (size_t i = 0; i < rulebook->bind_count && code == 0; i++) {
        if (zmq_bind(intake->router, rulebook->binds[i]) < 0) {
            code = error_set(err, -errno, "intake: cannot bind %s: %s", rulebook->binds[i],
                             zmq_strerror(errno));
        }
    }
    (void)umask(mask);
    return code;
}

void intake_take_rulebook(struct intake *intake, const struct rulebook *rulebook)
{
    intake->max_parts = (size_t)rulebook->max_parts;
    // a frame may hold an array of events
    intake->max_frame_bytes = (size_t)rulebook->max_event_kib * 1024 * 16;
}

int intake_open(void *zmq_context, const struct rulebook *rulebook, struct intake **ret,
                struct error *err)
{
    struct intake *intake = xcalloc(1, sizeof *intake);
    int code;

    intake_take_rulebook(intake, rulebook);
    code = zap_open(zmq_context, &intake->zap, err);
    if (code == 0) {
        intake->router = zmq_socket(zmq_context, ZMQ_ROUTER);
        code = intake->router ? configure(intake) : -errno;
        if (code < 0) {
            (void)error_set(err, code, "intake: %s", zmq_strerror(-code));
        }
    }
    if (code == 0) {
        code = bind_all(intake, rulebook, err);
    }
    if (code < 0) {
        intake_close(intake);
        return code;
    }
    *ret = intake;
    return 0;
}

void intake_close(struct intake *intake)
{
    if (intake) {
        if (intake->router) {
            (void)zmq_close(intake->router);
        }
        zap_close(intake->zap);
        free(intake);
    }
}

void intake_sockets(struct intake *intake, void *ret[INTAKE_SOCKETS])
{
    ret[0] = intake->router;
    ret[1] = zap_socket(intake->zap);
}

// Where the next frame of the message in hand goes.
static void keep_frame(struct intake *intake, struct request *request, zmq_msg_t *frame)
{
    size_t size = zmq_msg_size(frame);

    if (request->excess) {
        return;
    }
    if (size > intake->max_frame_bytes) {
        request->excess = "a frame is too big: send fewer events in one array";
        return;
    }
    if (request->part_count == intake->max_parts) {
        request->excess = "too many frames in one request: send fewer events at a time";
        return;
    }
    request->bytes += size;
    if (request->bytes > REQUEST_BYTES) {
        request->excess = "the request is too big: send fewer events at a time";
        return;
    }
    if (request->part_count == request->part_capacity) {
        request->part_capacity = request->part_capacity ? request->part_capacity * 2 : 1;
        request->parts = xrealloc(request->parts, request->part_capacity * sizeof *request->parts);
    }
    (void)zmq_msg_init(&request->parts[request->part_count]);
    (void)zmq_msg_move(&request->parts[request->part_count++], frame);
}

static void drop_parts(struct request *request)
{
    for (size_t i = 0; i < request->part_count; i++) {
        (void)zmq_msg_close(&request->parts[i]);
    }
    request->part_count = 0;
}

void request_destroy(struct request *request)
{
    if (request) {
        drop_parts(request);
        for (size_t i = 0; i < request->envelope_count; i++) {
            (void)zmq_msg_close(&request->envelope[i]);
        }
        free(request->parts);
        free(request);
    }
}

// The envelope is all frames up to and including the first empty one. False: this is no envelope.
static bool keep_envelope(struct request *request, zmq_msg_t *frame, bool *in_envelope)
{
    size_t size = zmq_msg_size(frame);

    if (request->envelope_count == ENVELOPE_FRAMES || size > ENVELOPE_BYTES) {
        return false;
    }
    (void)zmq_msg_init(&request->envelope[request->envelope_count]);
    (void)zmq_msg_move(&request->envelope[request->envelope_count++], frame);
    *in_envelope = size > 0;
    return true;
}

// Reads one whole message; what cannot be kept is read to its end and let go.
static int receive_message(struct intake *intake, struct request *request, bool *ret_valid)
{
    bool in_envelope = true, valid = true;
    int more = 1;

    while (more) {
        zmq_msg_t frame;

        (void)zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, intake->router, ZMQ_DONTWAIT) < 0) {
            int code = -errno;

            (void)zmq_msg_close(&frame);
            return code;
        }
        more = zmq_msg_more(&frame);
        if (valid && in_envelope) {
            valid = keep_envelope(request, &frame, &in_envelope);
        } else if (valid) {
            keep_frame(intake, request, &frame);
        }
        (void)zmq_msg_close(&frame);
    }
    *ret_valid = valid && !in_envelope;
    return 0;
}

void intake_greet(struct intake *intake)
{
    zap_serve(intake->zap);
}

bool intake_is_ready(const struct intake *intake)
{
    int events = 0;
    size_t size = sizeof events;

    return zmq_getsockopt(intake->router, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

int intake_receive(struct intake *intake, struct request **ret)
{
    // one that sends nothing but nonsense must not keep the turn from the others
    for (int i = 0; i < NONSENSE_AT_ONCE; i++) {
        struct request *request = xcalloc(1, sizeof *request);
        bool valid = false;
        int code = receive_message(intake, request, &valid);

        if (code < 0) {
            request_destroy(request);
            return code == -EAGAIN || code == -EINTR ? 0 : code;
        }
        if (valid && (request->part_count || request->excess)) {
            *ret = request;
            return 1;
        }
        log_warning("intake: dropped a message without %s: a request is an empty frame, then one "
                    "frame for each event",
                    valid ? "an event" : "an envelope");
        request_destroy(request);
    }
    return 0;
}

const char *request_peer(const struct request *request)
{
    // never of the first frame: libzmq 4.3.4 may have lost its metadata
    if (request->part_count == 0) {
        return NULL;
    }
    return zmq_msg_gets(&request->parts[0], "User-Id");
}

size_t request_bytes(const struct request *request)
{
    return request->bytes;
}

size_t request_frames(const struct request *request)
{
    return request->excess ? 1 : request->part_count;
}

const char *request_frame(const struct request *request, size_t index, size_t *ret_size)
{
    if (request->excess) {
        *ret_size = 0;
        return "";
    }
    *ret_size = zmq_msg_size(&request->parts[index]);
    return zmq_msg_data(&request->parts[index]);
}

const char *request_excess(const struct request *request)
{
    return request->excess;
}

static void free_text(void *bytes, void *hint)
{
    (void)hint;
    free(bytes);
}

static int send_reply(struct intake *intake, struct request *request, struct text *replies)
{
    size_t count = request_frames(request);

    for (size_t i = 0; i < request->envelope_count; i++) {
        if (zmq_msg_send(&request->envelope[i], intake->router, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
            return -errno;
        }
    }
    for (size_t i = 0; i < count; i++) {
        zmq_msg_t frame;

        // the frame takes the text over
        (void)zmq_msg_init_data(&frame, replies[i].bytes, replies[i].size, free_text, NULL);
        replies[i] = (struct text){0};
        if (zmq_msg_send(&frame, intake->router, (i + 1 < count ? ZMQ_SNDMORE : 0) | ZMQ_DONTWAIT) <
            0) {
            int code = -errno;

            (void)zmq_msg_close(&frame);
            return code;
        }
    }
    return 0;
}

void intake_reply(struct intake *intake, struct request **request, struct text *replies)
{
    int code = send_reply(intake, *request, replies);

    if (code < 0) {
        log_debug("intake: a publisher is gone before its receipt: %s", zmq_strerror(-code));
    }
    request_destroy(*request);
    *request = NULL;
}
