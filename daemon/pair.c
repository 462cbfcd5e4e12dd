#include "daemon/pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "common/base/text.h"
#include "common/base/xalloc.h"

enum {
    PAIR_TEXTS = 10, // even, so that the head has no hole
    PAIR_NUMBERS = 6,
    PAIR_HWM = 1024,                   // frames
    PAIR_BATCH_BYTES = 16 * 1024,      // of messages that go in one frame
    PAIR_CUTS = 256,                   // full frames that may wait,
    PAIR_HELD_BYTES = 4 * 1024 * 1024, // and how much of them
    PAIR_KEPT_BYTES = 1024 * 1024,     // of memory, for what waits next
    PAIR_LAST_WORDS_MS = 1000
};

// Says that the other end is this program, and of this form: a daemon that was replaced on disk
// while it ran may start a courier of another version.
#define PAIR_MARK UINT32_C(0x48550005)
#define NO_TEXT   UINT32_MAX // in sizes: the text is NULL

// What each message of a frame begins with. The texts follow, in order, each with its NUL.
struct head {
    uint32_t mark, kind;
    uint32_t sizes[PAIR_TEXTS];
    int64_t numbers[PAIR_NUMBERS];
};

struct slice {
    const char *bytes; // NULL: no text
    size_t size;
};

// A message between its struct and its frame.
struct draft {
    enum pair_kind kind;
    int64_t numbers[PAIR_NUMBERS];
    struct slice texts[PAIR_TEXTS];
};

struct pair {
    void *socket;
    void *context;          // owned; NULL where it is the caller's
    struct text unsent;     // messages that wait to go
    size_t cuts[PAIR_CUTS]; // where a frame of them ends, but for the last
    size_t cut_count;
    bool held;       // nothing goes
    zmq_msg_t frame; // the one that is being read
    size_t frame_at; // how far; 0: there is none
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
    int64_t max_bytes = (int64_t)sizeof(struct head) + PAIR_TEXTS * (INT64_C(1) + PAIR_TEXT_BYTES);

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

static void drop_frame(struct pair *pair)
{
    if (pair->frame_at) {
        (void)zmq_msg_close(&pair->frame);
        pair->frame_at = 0;
    }
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

// Fills in the head and says how large the message is; 0 where a text is too long.
static size_t measure(const struct draft *draft, struct head *head)
{
    size_t total = sizeof *head;

    *head = (struct head){.mark = PAIR_MARK, .kind = draft->kind};
    memcpy(head->numbers, draft->numbers, sizeof head->numbers);
    for (int i = 0; i < PAIR_TEXTS; i++) {
        const struct slice *text = &draft->texts[i];

        if (!text->bytes) {
            head->sizes[i] = NO_TEXT;
            continue;
        }
        if (text->size > PAIR_TEXT_BYTES) {
            return 0;
        }
        head->sizes[i] = (uint32_t)text->size;
        total += text->size + 1;
    }
    return total;
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
    struct head head;
    size_t size = measure(draft, &head);
    char *at;
    int rc;

    if (!size) {
        return -EMSGSIZE;
    }
    rc = make_room(pair, size);
    if (rc < 0) {
        return rc;
    }
    at = mempcpy(text_room(&pair->unsent, size), &head, sizeof head);
    for (int i = 0; i < PAIR_TEXTS; i++) {
        const struct slice *text = &draft->texts[i];

        if (text->bytes) {
            at = mempcpy(at, text->bytes, text->size);
            *at++ = '\0';
        }
    }
    *at = '\0'; // as every text ends
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

// Reads the message that begins here into the draft: its texts lie one after the other, and end in
// a NUL each. Returns its size; 0 where it is none.
static size_t read_draft(const char *bytes, size_t size, struct draft *ret)
{
    struct head head;
    size_t at = sizeof head;

    if (size < sizeof head) {
        return 0;
    }
    memcpy(&head, bytes, sizeof head);
    if (head.mark != PAIR_MARK || head.kind < PAIR_LANE || head.kind > PAIR_ALIVE) {
        return 0;
    }
    *ret = (struct draft){.kind = (enum pair_kind)head.kind};
    memcpy(ret->numbers, head.numbers, sizeof ret->numbers);
    for (int i = 0; i < PAIR_TEXTS; i++) {
        uint32_t length = head.sizes[i];

        if (length == NO_TEXT) {
            continue;
        }
        if (length > PAIR_TEXT_BYTES || size - at <= length || bytes[at + length] != '\0') {
            return 0;
        }
        ret->texts[i] = (struct slice){bytes + at, length};
        at += (size_t)length + 1;
    }
    return at;
}

// True where the first `count` texts are there and are strings.
static bool has_strings(const struct draft *draft, int count)
{
    for (int i = 0; i < count; i++) {
        const struct slice *text = &draft->texts[i];

        if (!text->bytes || memchr(text->bytes, '\0', text->size)) {
            return false;
        }
    }
    return true;
}

static bool fits(int64_t number, int64_t least, int64_t most)
{
    return number >= least && number <= most;
}

static bool read_lane(const struct draft *draft, struct pair_lane *ret)
{
    const int64_t *numbers = draft->numbers;

    if (!has_strings(draft, 2) || !fits(numbers[2], 1, INT32_MAX)) {
        return false;
    }
    *ret = (struct pair_lane){
        .lane = draft->texts[0].bytes,
        .url = draft->texts[1].bytes,
        .secret = draft->texts[2].bytes,
        .ca = draft->texts[3].bytes,
        .client_cert = draft->texts[4].bytes,
        .client_key = draft->texts[5].bytes,
        .proxy = draft->texts[6].bytes,
        .allow = draft->texts[7].bytes,
        .answers = draft->texts[8].bytes,
        .insecure = numbers[0] != 0,
        .allow_private = numbers[1] != 0,
        .concurrency = (int32_t)numbers[2],
        .rate_gap_ms = numbers[3],
        .timeout_ms = numbers[4],
        .connect_timeout_ms = numbers[5],
    };
    return fits(ret->rate_gap_ms, 0, INT32_MAX) && fits(ret->timeout_ms, 1, INT32_MAX) &&
           fits(ret->connect_timeout_ms, 1, INT32_MAX);
}

static bool read_job(const struct draft *draft, struct pair_job *ret)
{
    if (!has_strings(draft, 3) || !draft->texts[3].bytes) {
        return false;
    }
    *ret = (struct pair_job){
        .num = draft->numbers[0],
        .lane = draft->texts[0].bytes,
        .notice_id = draft->texts[1].bytes,
        .content_type = draft->texts[2].bytes,
        .body = draft->texts[3].bytes,
        .body_size = draft->texts[3].size,
        .failures_heard = draft->numbers[1],
    };
    return true;
}

static bool read_outcome(const struct draft *draft, struct pair_outcome *ret)
{
    const int64_t *numbers = draft->numbers;

    if (!has_strings(draft, 2) || !fits(numbers[1], SEND_DELIVERED, SEND_UNTRIED) ||
        !fits(numbers[2], 0, INT32_MAX) || !fits(numbers[3], -1, INT64_MAX / 2)) {
        return false;
    }
    *ret = (struct pair_outcome){
        .num = numbers[0],
        .lane = draft->texts[0].bytes,
        .result = (int32_t)numbers[1],
        .status = (int32_t)numbers[2],
        .retry_after_ms = numbers[3],
        .took_ms = numbers[4],
        .answer = draft->texts[1].bytes,
    };
    return true;
}

static bool read_message(const struct draft *draft, struct pair_message *ret)
{
    ret->kind = draft->kind;
    switch (draft->kind) {
    case PAIR_LANE:
        return read_lane(draft, &ret->lane);
    case PAIR_SHUT:
        ret->shut = draft->texts[0].bytes;
        return has_strings(draft, 1);
    case PAIR_JOB:
        return read_job(draft, &ret->job);
    case PAIR_OUTCOME:
        return read_outcome(draft, &ret->outcome);
    case PAIR_RECALL:
        ret->recalled = draft->texts[0].bytes;
        return has_strings(draft, 1);
    case PAIR_STOP:
        ret->deadline_ms = draft->numbers[0];
        return fits(ret->deadline_ms, 0, INT32_MAX);
    case PAIR_HELLO:
    case PAIR_ALIVE:
        return true;
    }
    return false;
}

// Makes sure of a frame to read. 1, 0 where none has come, or a negative errno.
static int take_frame(struct pair *pair)
{
    int rc;

    if (pair->frame_at) {
        return 1;
    }
    (void)zmq_msg_init(&pair->frame);
    do {
        rc = zmq_msg_recv(&pair->frame, pair->socket, ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    if (rc < 0 || zmq_msg_more(&pair->frame)) {
        rc = rc >= 0 ? -EPROTO : errno == EAGAIN ? 0 : -errno;
        (void)zmq_msg_close(&pair->frame);
        return rc;
    }
    return 1;
}

// Takes the next message of the frame in hand into ret, which shares the frame's bytes.
static bool take_message(struct pair *pair, struct pair_message *ret)
{
    size_t total = zmq_msg_size(&pair->frame), from = pair->frame_at, size;
    zmq_msg_t *share = xmalloc(sizeof *share);
    struct draft draft;

    ret->frame = share;
    (void)zmq_msg_init(share);
    (void)zmq_msg_copy(share, &pair->frame);
    size = read_draft((const char *)zmq_msg_data(share) + from, total - from, &draft);
    pair->frame_at = from + size;
    if (!size || pair->frame_at == total) {
        pair->frame_at = 0;
        (void)zmq_msg_close(&pair->frame);
    }
    return size && read_message(&draft, ret);
}

int pair_receive(struct pair *pair, struct pair_message *ret)
{
    struct pair_message message = {0};
    int rc = take_frame(pair);

    if (rc <= 0) {
        return rc;
    }
    if (!take_message(pair, &message)) {
        pair_message_finish(&message);
        drop_frame(pair);
        return -EPROTO;
    }
    *ret = message;
    return 1;
}

bool pair_in_hand(const struct pair *pair)
{
    return pair->frame_at > 0;
}

void pair_message_finish(struct pair_message *message)
{
    if (message->frame) {
        (void)zmq_msg_close(message->frame);
        free(message->frame);
        *message = (struct pair_message){0};
    }
}
