#include "client/libheadsup/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    HEARTBEAT_MS = 5000,
    HANDSHAKE_MS = 5000,
    REPLY_BYTES = 16 * 1024 * 1024,
    NUMBER_BYTES = 8,
    MONITORED = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED,
};

struct wire {
    char *endpoint;
    int max_pending;
    void *context;
    void *socket, *monitor; // NULL: closed
    enum wire_state state;
    bool full;           // the last request found no room: poll for room too
    uint16_t connection; // counts the connections: the first two bytes of a request's number
    zmq_msg_t reply;     // the last one taken; always initialised
};

int wire_create(const char *endpoint, int max_pending, struct wire **ret)
{
    struct wire *wire = calloc(1, sizeof *wire);

    if (!wire) {
        return -ENOMEM;
    }
    (void)zmq_msg_init(&wire->reply);
    wire->max_pending = max_pending;
    wire->endpoint = strdup(endpoint);
    wire->context = zmq_ctx_new();
    if (!wire->endpoint || !wire->context) {
        int code = wire->endpoint ? -errno : -ENOMEM;

        wire_destroy(wire);
        return code ? code : -ENOMEM;
    }
    *ret = wire;
    return 0;
}

void wire_destroy(struct wire *wire)
{
    if (!wire) {
        return;
    }
    wire_disconnect(wire);
    (void)zmq_msg_close(&wire->reply);
    while (wire->context && zmq_ctx_term(wire->context) < 0 && errno == EINTR) {
    }
    free(wire->endpoint);
    free(wire);
}

void wire_disconnect(struct wire *wire)
{
    if (wire->socket) {
        (void)zmq_socket_monitor(wire->socket, NULL, 0);
        (void)zmq_close(wire->socket);
    }
    if (wire->monitor) {
        (void)zmq_close(wire->monitor);
    }
    wire->socket = wire->monitor = NULL;
    wire->state = WIRE_CLOSED;
    wire->full = false;
}

static int set_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int set_options(const struct wire *wire, void *socket)
{
    const struct {
        int option, value;
    } options[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_IMMEDIATE, 1},
        // never by itself: a request on a connection of its own making would overtake those lost
        {ZMQ_RECONNECT_IVL, -1},
        {ZMQ_SNDHWM, wire->max_pending * 2},
        {ZMQ_RCVHWM, wire->max_pending * 2},
        {ZMQ_SNDTIMEO, 0},
        {ZMQ_RCVTIMEO, 0},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},
        {ZMQ_IPV6, 1},
    };
    int64_t most = REPLY_BYTES;

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        int code = set_option(socket, options[i].option, options[i].value);

        if (code < 0) {
            return code;
        }
    }
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most) < 0 ? -errno : 0;
}

static int watch(struct wire *wire)
{
    char name[64];

    (void)snprintf(name, sizeof name, "inproc://headsup-wire-%u", (unsigned)wire->connection);
    if (zmq_socket_monitor(wire->socket, name, MONITORED) < 0) {
        return -errno;
    }
    wire->monitor = zmq_socket(wire->context, ZMQ_PAIR);
    if (!wire->monitor || set_option(wire->monitor, ZMQ_LINGER, 0) < 0 ||
        zmq_connect(wire->monitor, name) < 0) {
        return -errno;
    }
    return 0;
}

int wire_connect(struct wire *wire)
{
    int code;

    wire_disconnect(wire);
    wire->connection++;
    wire->socket = zmq_socket(wire->context, ZMQ_DEALER);
    code = wire->socket ? set_options(wire, wire->socket) : -errno;
    if (code == 0) {
        code = watch(wire);
    }
    if (code == 0 && zmq_connect(wire->socket, wire->endpoint) < 0) {
        code = -errno;
    }
    if (code < 0) {
        wire_disconnect(wire);
        return code;
    }
    wire->state = WIRE_CONNECTING;
    return 0;
}

static void note_event(struct wire *wire, uint16_t event)
{
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        wire->state = WIRE_READY;
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        wire->state = WIRE_REFUSED;
    } else if (wire->state != WIRE_REFUSED) {
        wire->state = WIRE_BROKEN;
    }
}

// Takes one message of the monitor: the event, and the address, which nobody asks for.
static bool take_event(struct wire *wire)
{
    char frame[16], address[1];
    uint16_t event;

    if (zmq_recv(wire->monitor, frame, sizeof frame, ZMQ_DONTWAIT) < (int)sizeof event) {
        return false;
    }
    (void)zmq_recv(wire->monitor, address, sizeof address, ZMQ_DONTWAIT);
    memcpy(&event, frame, sizeof event);
    note_event(wire, event);
    return true;
}

enum wire_state wire_state(struct wire *wire)
{
    while (wire->monitor && take_event(wire)) {
    }
    return wire->state;
}

static void number_write(unsigned char *bytes, uint64_t number)
{
    for (int i = NUMBER_BYTES - 1; i >= 0; i--) {
        bytes[i] = (unsigned char)number;
        number >>= 8;
    }
}

static uint64_t number_read(const unsigned char *bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < NUMBER_BYTES; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

static const int connection_shift = 48;

// Sends the first frame. A socket may not have looked yet whether its connection is there; asking
// for its events makes it look, so that "no room" is said only where it is so.
static int send_head(void *socket, const unsigned char *head)
{
    int events = 0;
    size_t size = sizeof events;

    if (zmq_send(socket, head, NUMBER_BYTES, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0) {
        return 0;
    }
    if (errno != EAGAIN || zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) < 0) {
        return -1;
    }
    return zmq_send(socket, head, NUMBER_BYTES, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 ? -1 : 0;
}

int wire_send(struct wire *wire, uint64_t number, const char *bytes, size_t size)
{
    unsigned char head[NUMBER_BYTES];

    if (wire->state != WIRE_READY && wire_state(wire) != WIRE_READY) {
        return wire->state == WIRE_CONNECTING ? -EAGAIN : -EPIPE;
    }
    number &= (UINT64_C(1) << connection_shift) - 1;
    number_write(head, (uint64_t)wire->connection << connection_shift | number);
    if (send_head(wire->socket, head) < 0) {
        wire->full = true;
        return errno == ENOMEM ? -ENOMEM : -EAGAIN;
    }
    wire->full = false;
    if (zmq_send(wire->socket, "", 0, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 ||
        zmq_send(wire->socket, bytes, size, ZMQ_DONTWAIT) < 0) {
        wire->state = WIRE_BROKEN; // half a request went out: the connection is of no more use
        return -EPIPE;
    }
    return 0;
}

// Takes one message whole, keeping its last frame in wire->reply. Returns its count of frames, 0
// where none is there. head gets the first bytes of the first frame.
static int take_message(struct wire *wire, unsigned char *head, bool *ret_shaped)
{
    int frames = 0;

    *ret_shaped = true;
    do {
        int size = zmq_msg_recv(&wire->reply, wire->socket, ZMQ_DONTWAIT);

        if (size < 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        }
        if (frames == 0 && size == NUMBER_BYTES) {
            memcpy(head, zmq_msg_data(&wire->reply), NUMBER_BYTES);
        } else if (frames == 0 || (frames == 1 && size != 0)) {
            *ret_shaped = false;
        }
        frames++;
    } while (zmq_msg_more(&wire->reply));
    return frames;
}

int wire_receive(struct wire *wire, uint64_t *ret_number, const char **ret_bytes, size_t *ret_size)
{
    const uint64_t mask = (UINT64_C(1) << connection_shift) - 1;

    while (wire->socket) {
        unsigned char head[NUMBER_BYTES] = {0};
        bool shaped;
        int frames = take_message(wire, head, &shaped);
        uint64_t number = number_read(head);

        if (frames <= 0) {
            return frames;
        }
        if (frames != 3 || !shaped || number >> connection_shift != wire->connection) {
            continue; // no reply to a request of ours
        }
        *ret_number = number & mask;
        *ret_bytes = zmq_msg_data(&wire->reply);
        *ret_size = zmq_msg_size(&wire->reply);
        return 1;
    }
    return 0;
}

int wire_poll(struct wire *wire, int timeout_ms)
{
    zmq_pollitem_t items[] = {
        {.socket = wire->socket, .events = wire->full ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN},
        {.socket = wire->monitor, .events = ZMQ_POLLIN},
    };
    int count = wire->socket ? 2 : 0;

    return zmq_poll(items, count, timeout_ms) < 0 && errno == EINTR ? -EINTR : 0;
}
