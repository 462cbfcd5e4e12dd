#include "daemon/pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "daemon/pair_form.h"

enum {
    PAIR_HWM = 1024,                   // frames
    PAIR_BATCH_BYTES = 16 * 1024,      // of messages that go in one frame
    PAIR_CUTS = 256,                   // full frames that may wait,
    PAIR_HELD_BYTES = 4 * 1024 * 1024, // and how much of them
    PAIR_KEPT_BYTES = 1024 * 1024,     // of memory, for what waits next
    PAIR_LAST_WORDS_MS = 1000
};

// One that came. It is there until its last message is done with.
struct frame {
    zmq_msg_t message;
    int users;
};

struct pair {
    void *socket;
    void *context;          // owned; NULL where it is the caller's
    struct text unsent;     // messages that wait to go
    size_t cuts[PAIR_CUTS]; // where a frame of them ends, but for the last
    size_t cut_count;
    bool held;           // nothing goes
    struct frame *frame; // the one that is being read; NULL: there is none
    size_t frame_at;     // how far
};

static struct slice slice_of(const char *string)
{
    return (struct slice){string, string ? strlen(string) : 0};
}

// What libzmq's last call failed with, negative.
static int failure(void)
{
    return errno > 0 ? -errno : -EIO;
}

static int set_options(void *socket, int linger_ms)
{
    int hwm = PAIR_HWM;
    int64_t max_bytes = PAIR_MESSAGE_BYTES;

    if (zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) < 0 ||
        zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm) < 0 ||
        zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm) < 0 ||
        zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_bytes, sizeof max_bytes) < 0) {
        return failure();
    }
    return 0;
}

static int pair_open(void *zmq_context, int linger_ms, struct pair **ret, struct error *err)
{
    struct pair *pair = xcalloc(1, sizeof *pair);
    int rc = 0;

    if (!zmq_context) {
        zmq_context = pair->context = zmq_ctx_new();
    }
    pair->socket = zmq_socket(zmq_context, ZMQ_PAIR);
    rc = pair->socket ? set_options(pair->socket, linger_ms) : failure();
    if (rc < 0) {
        pair_close(pair);
        (void)error_set(err, rc, "no socket for the pair: %s", zmq_strerror(-rc));
        return rc;
    }
    *ret = pair;
    return 0;
}

int pair_bind(void *zmq_context, const char *endpoint, struct pair **ret, struct error *err)
{
    struct pair *pair = NULL;
    mode_t before;
    int rc;

    rc = pair_open(zmq_context, 0, &pair, err);
    if (rc < 0) {
        return rc;
    }
    // libzmq makes the socket's file with the mask of the process: for our own user only
    before = umask(0177);
    rc = zmq_bind(pair->socket, endpoint);
    rc = rc < 0 ? -errno : 0;
    (void)umask(before);
    if (rc < 0) {
        pair_close(pair);
        return error_set(err, rc, "cannot bind the pair at %s: %s", endpoint, zmq_strerror(-rc));
    }
    *ret = pair;
    return 0;
}

int pair_connect(void *zmq_context, const char *endpoint, struct pair **ret, struct error *err)
{
    struct pair *pair = NULL;
    int rc = pair_open(zmq_context, PAIR_LAST_WORDS_MS, &pair, err);

    if (rc < 0) {
        return rc;
    }
    if (zmq_connect(pair->socket, endpoint) < 0) {
        rc = -errno;
        pair_close(pair);
        return error_set(err, rc, "cannot connect the pair to %s: %s", endpoint, zmq_strerror(-rc));
    }
    *ret = pair;
    return 0;
}

static void frame_release(struct frame *frame)
{
    if (frame && --frame->users == 0) {
        (void)zmq_msg_close(&frame->message);
        free(frame);
    }
}

static void drop_frame(struct pair *pair)
{
    frame_release(pair->frame);
    pair->frame = NULL;
}

void pair_close(struct pair *pair)
{
    if (!pair) {
        return;
    }
    if (pair->socket) {
        (void)!pair_flush(pair);
        drop_frame(pair);
        (void)zmq_close(pair->socket);
    }
    text_finish(&pair->unsent);
    while (pair->context && zmq_ctx_term(pair->context) < 0 && errno == EINTR) {
    }
    free(pair);
}

void *pair_socket(struct pair *pair)
{
    return pair->socket;
}

int pair_fd(struct pair *pair)
{
    int fd = -1;
    size_t size = sizeof fd;

    return zmq_getsockopt(pair->socket, ZMQ_FD, &fd, &size) < 0 ? -errno : fd;
}

static int send_frame(const struct pair *pair, const char *bytes, size_t size)
{
    zmq_msg_t frame;
    int rc;

    if (zmq_msg_init_size(&frame, size) < 0) {
        return -errno;
    }
    memcpy(zmq_msg_data(&frame), bytes, size);
    do {
        rc = zmq_msg_send(&frame, pair->socket, ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    if (rc < 0) {
        rc = -errno;
        (void)zmq_msg_close(&frame);
        return rc;
    }
    return 0;
}

// What was sent goes from the front of what waits.
static void drop_sent(struct pair *pair, size_t sent, size_t cuts)
{
    text_drop(&pair->unsent, sent);
    pair->cut_count -= cuts;
    for (size_t i = 0; i < pair->cut_count; i++) {
        pair->cuts[i] = pair->cuts[i + cuts] - sent;
    }
    if (!pair->unsent.size && pair->unsent.capacity > PAIR_KEPT_BYTES) {
        text_finish(&pair->unsent); // so many are rare
    }
}

int pair_flush(struct pair *pair)
{
    size_t sent = 0, frames = 0;
    int rc = 0;

    while (!pair->held && sent < pair->unsent.size) {
        bool last = frames == pair->cut_count;
        size_t end = last ? pair->unsent.size : pair->cuts[frames];

        rc = send_frame(pair, pair->unsent.bytes + sent, end - sent);
        if (rc < 0) {
            break;
        }
        sent = end;
        frames += !last;
    }
    if (sent) {
        drop_sent(pair, sent, frames);
    }
    return rc;
}

void pair_hold(struct pair *pair)
{
    pair->held = true;
}

int pair_release(struct pair *pair)
{
    pair->held = false;
    return pair_flush(pair);
}

bool pair_has_unsent(const struct pair *pair)
{
    return pair->unsent.size > 0;
}

// Makes room for a message in the last frame that waits, or begins another one.
static int make_room(struct pair *pair, size_t size)
{
    size_t begun = pair->cut_count ? pair->cuts[pair->cut_count - 1] : 0;

    if (pair->unsent.size == begun || pair->unsent.size - begun + size <= PAIR_BATCH_BYTES) {
        return 0;
    }
    if (!pair->held) {
        return pair_flush(pair);
    }
    if (pair->cut_count == PAIR_CUTS || pair->unsent.size > PAIR_HELD_BYTES) {
        return -EAGAIN;
    }
    pair->cuts[pair->cut_count++] = pair->unsent.size;
    return 0;
}

// Puts a message behind those that wait. -EAGAIN: they are many already, and cannot go.
static int hold_draft(struct pair *pair, const struct draft *draft)
{
    size_t size = draft_size(draft);
    int rc;

    if (!size) {
        return -EMSGSIZE;
    }
    rc = make_room(pair, size);
    if (rc < 0) {
        return rc;
    }
    draft_write(draft, text_room(&pair->unsent, size));
    pair->unsent.size += size;
    return 0;
}

// Sends a message at once, behind those that wait.
static int send_draft(struct pair *pair, const struct draft *draft)
{
    int rc = pair_flush(pair);

    rc = rc < 0 ? rc : hold_draft(pair, draft);
    if (rc < 0) {
        return rc;
    }
    rc = pair_flush(pair);
    if (rc < 0) {
        text_clear(&pair->unsent); // it alone, and it stays with the caller
    }
    return rc;
}

int pair_send_lane(struct pair *pair, const struct pair_lane *lane)
{
    return send_draft(
        pair,
        &(struct draft){
            .kind = PAIR_LANE,
            .numbers = {lane->insecure, lane->allow_private, lane->concurrency, lane->rate_gap_ms,
                        lane->timeout_ms, lane->connect_timeout_ms},
            .texts = {slice_of(lane->lane), slice_of(lane->url), slice_of(lane->secret),
                      slice_of(lane->ca), slice_of(lane->client_cert), slice_of(lane->client_key),
                      slice_of(lane->proxy), slice_of(lane->allow), slice_of(lane->answers)},
        });
}

int pair_send_shut(struct pair *pair, const char *lane)
{
    return send_draft(pair, &(struct draft){.kind = PAIR_SHUT, .texts = {slice_of(lane)}});
}

int pair_send_job(struct pair *pair, const struct pair_job *job)
{
    return hold_draft(pair, &(struct draft){
                                .kind = PAIR_JOB,
                                .numbers = {job->num, job->failures_heard},
                                .texts = {slice_of(job->lane),
                                          slice_of(job->notice_id),
                                          slice_of(job->content_type),
                                          {job->body, job->body_size}},
                            });
}

int pair_send_recall(struct pair *pair, const char *lane)
{
    return send_draft(pair, &(struct draft){.kind = PAIR_RECALL, .texts = {slice_of(lane)}});
}

int pair_send_stop(struct pair *pair, int64_t deadline_ms)
{
    return send_draft(pair, &(struct draft){.kind = PAIR_STOP, .numbers = {deadline_ms}});
}

int pair_send_outcome(struct pair *pair, const struct pair_outcome *outcome)
{
    return hold_draft(pair, &(struct draft){
                                .kind = PAIR_OUTCOME,
                                .numbers = {outcome->num, outcome->result, outcome->status,
                                            outcome->retry_after_ms, outcome->took_ms},
                                .texts = {slice_of(outcome->lane), slice_of(outcome->answer)},
                            });
}

int pair_send_plain(struct pair *pair, enum pair_kind kind)
{
    return send_draft(pair, &(struct draft){.kind = kind});
}

// Makes sure of a frame to read. 1, 0 where none has come, or a negative errno.
static int take_frame(struct pair *pair)
{
    struct frame *frame;
    int rc;

    if (pair->frame) {
        return 1;
    }
    frame = xmalloc(sizeof *frame);
    frame->users = 1;
    (void)zmq_msg_init(&frame->message);
    do {
        rc = zmq_msg_recv(&frame->message, pair->socket, ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    if (rc < 0 || zmq_msg_more(&frame->message)) {
        rc = rc >= 0 ? -EPROTO : errno == EAGAIN ? 0 : -errno;
        frame_release(frame);
        return rc;
    }
    pair->frame = frame;
    pair->frame_at = 0;
    return 1;
}

// Takes the next message of the frame in hand. The last one takes the frame over.
static bool take_message(struct pair *pair, struct pair_message *ret)
{
    struct frame *frame = pair->frame;
    size_t total = zmq_msg_size(&frame->message), size;
    const char *bytes = zmq_msg_data(&frame->message);

    size = pair_form_read(bytes + pair->frame_at, total - pair->frame_at, ret);
    if (!size) {
        return false;
    }
    ret->frame = frame;
    pair->frame_at += size;
    if (pair->frame_at == total) {
        pair->frame = NULL;
    } else {
        frame->users++;
    }
    return true;
}

int pair_receive(struct pair *pair, struct pair_message *ret)
{
    struct pair_message message = {0};
    int rc = take_frame(pair);

    if (rc <= 0) {
        return rc;
    }
    if (!take_message(pair, &message)) {
        drop_frame(pair);
        return -EPROTO;
    }
    *ret = message;
    return 1;
}

bool pair_in_hand(const struct pair *pair)
{
    return pair->frame != NULL;
}

void pair_message_finish(struct pair_message *message)
{
    if (message->frame) {
        frame_release(message->frame);
        *message = (struct pair_message){0};
    }
}
