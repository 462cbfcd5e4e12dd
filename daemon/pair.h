// The talk between the desk and its courier: a closed list of messages over a private ZeroMQ PAIR
// socket (ipc, in the runtime directory). A frame holds one message or several, each of fixed
// header and texts; both ends are this program, yet every length is checked.
//
//   desk -> courier   LANE      a lane, new or changed: what was not started comes back untried
//                     SHUT      a lane is no more
//                     JOB       one notice to send, body and all
//                     RECALL    a lane is paused: hand back what was not started
//                     STOP      finish what is under way, until the deadline, then end
//   courier -> desk   HELLO     up and ready for lanes
//                     OUTCOME   what became of one job
//                     ALIVE     the loop turns (the watchdog asks both)
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/rulebook.h"

enum pair_kind {
    PAIR_LANE = 1,
    PAIR_SHUT,
    PAIR_JOB,
    PAIR_RECALL,
    PAIR_STOP,
    PAIR_HELLO,
    PAIR_OUTCOME,
    PAIR_ALIVE
};

// What became of a job. The desk decides what follows (outbox/lanes.h).
enum send_result {
    SEND_DELIVERED, // 2xx
    SEND_AGAIN,     // 408, 409, 425, 429, 5xx, time-out, no connection, TLS failure
    SEND_REFUSED,   // other 4xx: dead letter at once
    SEND_PAUSE,     // 401, 403, 404, 407, 3xx, or an address that the policy forbids
    SEND_GONE,      // 410
    SEND_UNTRIED    // handed back: an earlier job failed, or the lane or the courier stops
};

struct pair_lane {                             // PAIR_LANE
    const char *lane, *url, *secret;           // secret NULL: not signed; a second one behind '\n'
    const char *ca, *client_cert, *client_key; // PEM; NULL: the system's CAs, no certificate
    const char *proxy;                         // NULL: none
    const char *allow;   // private networks that are allowed, one a line; NULL: none
    const char *answers; // "5xx 2" a line: a status and its enum send_result; NULL: none
    int32_t insecure, allow_private, concurrency;
    int64_t rate_gap_ms, timeout_ms, connect_timeout_ms;
};

struct pair_job {                 // PAIR_JOB
    int64_t num;                  // of the notice
    const char *lane, *notice_id; // webhook-id
    const char *content_type;     // of body
    const char *body;
    size_t body_size;
    // Failures of the lane (again, pause, gone) that the desk had heard of by then. Where there
    // were more, the job comes back untried: it must not pass those handed back before it.
    int64_t failures_heard;
};

struct pair_outcome { // PAIR_OUTCOME
    int64_t num;
    const char *lane;
    int32_t result;         // enum send_result
    int32_t status;         // of the answer; 0: none came
    int64_t retry_after_ms; // -1: not said
    int64_t took_ms;
    const char *answer; // the answer's first bytes, or why none came
};

struct pair_message { // one that was received; strings borrow from it
    enum pair_kind kind;
    union {
        struct pair_lane lane;
        struct pair_job job;
        struct pair_outcome outcome;
        const char *shut;     // PAIR_SHUT: the lane
        const char *recalled; // PAIR_RECALL: the lane
        int64_t deadline_ms;  // PAIR_STOP: how long it may take
    };
    struct frame *frame; // owned, together with the others that came in it
};

struct pair;                                // one end
enum { PAIR_TEXT_BYTES = 4 * 1024 * 1024 }; // a longer text is -EMSGSIZE where it is sent

// Binds (the desk) or connects (the courier) at an ipc endpoint; zmq_context NULL: one of its own.
// For the next courier close it and bind anew.
must_check int pair_bind(void *zmq_context, const char *endpoint, struct pair **ret,
                         struct error *err);
must_check int pair_connect(void *zmq_context, const char *endpoint, struct pair **ret,
                            struct error *err);
void pair_close(struct pair *pair);   // the courier's last outcomes get a second to leave
void *pair_socket(struct pair *pair); // for zmq_poll
int pair_fd(struct pair *pair);       // ZMQ_FD, edge-triggered: drain before each wait

// Each returns 0, or -EAGAIN where the other end does not keep up (it stays with the caller). An
// edge of pair_fd() may be used up: receive until 0 before the next wait. Jobs and outcomes go with
// pair_flush(), with a full frame or with anything else.
must_check int pair_send_lane(struct pair *pair, const struct pair_lane *lane);
must_check int pair_send_shut(struct pair *pair, const char *lane);
must_check int pair_send_job(struct pair *pair, const struct pair_job *job);
must_check int pair_send_recall(struct pair *pair, const char *lane);
must_check int pair_send_stop(struct pair *pair, int64_t deadline_ms);
must_check int pair_send_outcome(struct pair *pair, const struct pair_outcome *outcome);
must_check int pair_send_plain(struct pair *pair, enum pair_kind kind); // HELLO, ALIVE
must_check int pair_flush(struct pair *pair);   // -EAGAIN: what waits waits on
void pair_hold(struct pair *pair);              // nothing leaves; -EAGAIN comes where that is much
must_check int pair_release(struct pair *pair); // and flushed
bool pair_has_unsent(const struct pair *pair);

// Takes one message without waiting. 1, 0 where none is there, or -EPROTO where it is malformed
// (the pair is then of no more use).
must_check int pair_receive(struct pair *pair, struct pair_message *ret);
bool pair_in_hand(const struct pair *pair); // a message that no descriptor tells of
void pair_message_finish(struct pair_message *message);
