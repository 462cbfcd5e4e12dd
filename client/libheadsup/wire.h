// The wire of a publisher: one connection to the intake at a time, and ZeroMQ behind it. A
// connection that breaks stays broken, so that nothing newer overtakes what was lost with it; the
// publisher asks for the next. Part of libheadsup: no logging, no abort, -ENOMEM.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct wire;

enum wire_state {
    WIRE_CLOSED,     // no socket
    WIRE_CONNECTING, // a socket, no handshake yet
    WIRE_READY,
    WIRE_BROKEN,  // could not connect, or the connection is gone
    WIRE_REFUSED, // broken: the other side did not let us in
};

// Makes what connections stand on. 0, or a negative errno.
int wire_create(const char *endpoint, int max_pending, struct wire **ret);
void wire_destroy(struct wire *wire);

// Drops the connection, if any, and begins a new one.
int wire_connect(struct wire *wire);
void wire_disconnect(struct wire *wire);

// Reads what became of the connection, without waiting.
enum wire_state wire_state(struct wire *wire);

// Sends one request under that number. 0; -EAGAIN where it must wait; -EPIPE where the connection
// is broken; -ENOMEM.
int wire_send(struct wire *wire, uint64_t number, const char *bytes, size_t size);

// Takes one reply to a request of this connection, if one is there. 1 with its bytes, valid until
// the next call, and the number of its request; 0 if there is none; or a negative errno.
int wire_receive(struct wire *wire, uint64_t *ret_number, const char **ret_bytes, size_t *ret_size);

// Waits until something may have changed, at most timeout_ms (below 0: as long as it takes). 0, or
// -EINTR.
int wire_poll(struct wire *wire, int timeout_ms);
