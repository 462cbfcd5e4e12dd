// The ZAP handler (ZeroMQ RFC 27): it names each peer by what the kernel says of it. On an ipc
// socket that is the user id; whom the socket file's mode lets in may publish. Runs in the desk's
// loop.
#pragma once

#include "common/base/attributes.h"
#include "common/base/error.h"

struct zap;

#define ZAP_DOMAIN_NAME "headsup"

// Before any endpoint is bound: without a handler a CURVE socket lets everybody in.
must_check int zap_open(void *zmq_context, struct zap **ret, struct error *err);
void zap_close(struct zap *zap);
void *zap_socket(struct zap *zap);
// Answers all handshakes that wait.
void zap_serve(struct zap *zap);
