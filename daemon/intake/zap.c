#include "daemon/intake/zap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/base/log.h"
#include "common/base/xalloc.h"

enum { FRAMES = 8, FRAME_BYTES = 256 };

// version, request id, domain, address, identity, mechanism, then credentials
struct handshake {
    int count; // of frames, also of those beyond FRAMES
    size_t size[FRAMES];
    char frame[FRAMES][FRAME_BYTES];
};

struct zap {
    void *socket;
};

int zap_open(void *zmq_context, struct zap **ret, struct error *err)
{
    struct zap *zap = xcalloc(1, sizeof *zap);
    int zero = 0;

    zap->socket = zmq_socket(zmq_context, ZMQ_REP);
    if (!zap->socket || zmq_setsockopt(zap->socket, ZMQ_LINGER, &zero, sizeof zero) < 0 ||
        zmq_bind(zap->socket, "inproc://zeromq.zap.01") < 0) {
        int code = error_set(err, -errno, "ZAP handler: %s", zmq_strerror(errno));

        zap_close(zap);
        return code;
    }
    *ret = zap;
    return 0;
}

void zap_close(struct zap *zap)
{
    if (zap) {
        if (zap->socket) {
            (void)zmq_close(zap->socket);
        }
        free(zap);
    }
}

void *zap_socket(struct zap *zap)
{
    return zap->socket;
}

static bool receive(struct zap *zap, struct handshake *ret)
{
    int more = 1;
    size_t size = sizeof more;

    ret->count = 0;
    while (more) {
        char spare[FRAME_BYTES];
        bool kept = ret->count < FRAMES;
        int got = zmq_recv(zap->socket, kept ? ret->frame[ret->count] : spare, FRAME_BYTES - 1,
                           ZMQ_DONTWAIT);

        if (got < 0) {
            return false;
        }
        if (kept) {
            ret->size[ret->count] = (size_t)(got < FRAME_BYTES - 1 ? got : FRAME_BYTES - 1);
            ret->frame[ret->count][ret->size[ret->count]] = '\0';
        }
        ret->count++;
        (void)zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &size);
    }
    return true;
}

// The address of an ipc peer is "localhost:UID:GID:PID"; anything else is nobody we know.
static bool name_peer(const struct handshake *handshake, char *ret, size_t size)
{
    unsigned uid, gid;
    long pid;

    if (handshake->count < 6 || strcmp(handshake->frame[0], "1.0") != 0 ||
        strcmp(handshake->frame[5], "NULL") != 0) {
        return false;
    }
    // NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers, as libzmq prints them
    if (sscanf(handshake->frame[3], "localhost:%u:%u:%ld", &uid, &gid, &pid) != 3) {
        return false;
    }
    (void)snprintf(ret, size, "uid:%u", uid);
    return true;
}

static void answer(struct zap *zap, const struct handshake *handshake)
{
    char user[32] = "", quoted[128];
    bool known = name_peer(handshake, user, sizeof user);
    const struct {
        const void *bytes;
        size_t size;
    } frames[] = {
        {"1.0", 3},
        {handshake->frame[1], handshake->count > 1 ? handshake->size[1] : 0},
        {known ? "200" : "400", 3},
        {"", 0},
        {user, strlen(user)},
        {"", 0},
    };

    if (!known) {
        log_warning(
            "intake: a peer was turned away: address %s",
            log_quote(handshake->count > 3 ? handshake->frame[3] : "", quoted, sizeof quoted));
    }
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        bool last = i == sizeof frames / sizeof frames[0] - 1;

        (void)zmq_send(zap->socket, frames[i].bytes, frames[i].size, last ? 0 : ZMQ_SNDMORE);
    }
}

void zap_serve(struct zap *zap)
{
    struct handshake handshake;

    while (receive(zap, &handshake)) {
        answer(zap, &handshake);
    }
}
