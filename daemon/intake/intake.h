// The intake: the ROUTER socket on which home-office systems publish, and the ZAP handler that says
// who they are. In the desk's process. It takes requests apart and answers them; what an event
// means is none of its business.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/rulebook/rulebook.h"

struct intake;

// One request: the envelope, given back untouched, and the frames after it.
struct request;

must_check int intake_open(void *zmq_context, const struct rulebook *rulebook, struct intake **ret,
                           struct error *err);
void intake_close(struct intake *intake);
// From now on the limits are those of this rule book; its binds are not looked at.
void intake_take_rulebook(struct intake *intake, const struct rulebook *rulebook);

enum { INTAKE_SOCKETS = 2 };
// The sockets to poll for: intake_greet() serves one, intake_receive() the other.
void intake_sockets(struct intake *intake, void *ret[INTAKE_SOCKETS]);

// True where a request waits, or what may be one.
bool intake_is_ready(const struct intake *intake);

// Answers the handshakes that wait; once a turn, for a look costs system calls.
void intake_greet(struct intake *intake);
// Takes one request without waiting: 1, 0 where none is there, or a negative errno. A message that
// is no request at all (no envelope) is dropped with a line in the log.
must_check int intake_receive(struct intake *intake, struct request **ret);
// Answers it, a reply for each frame, and frees it; the replies' bytes are taken over. A peer that
// is gone or full gets nothing (it will ask again).
void intake_reply(struct intake *intake, struct request **request, struct text *replies);

// Who sent it, as the socket knows ("uid:1000"), or NULL.
const char *request_peer(const struct request *request);
size_t request_bytes(const struct request *request); // of all its frames
size_t request_frames(const struct request *request);
const char *request_frame(const struct request *request, size_t index, size_t *ret_size);
// NULL, or why the request as a whole is refused; it then has one frame, which is empty.
const char *request_excess(const struct request *request);
void request_destroy(struct request *request);
