// Preloaded into headsupd by the crash tests: one frame of outcomes, the next after the file that
// GARBLED_PAIR names is there, leaves the courier as no message that the desk knows.
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { PAIR_MARK = 0x48550005, PAIR_OUTCOME = 7, NO_KIND = 99 };

typedef int send_message(zmq_msg_t *message, void *socket, int flags);

static void garble(zmq_msg_t *message)
{
    const char *order = getenv("GARBLED_PAIR");
    uint32_t head[2] = {0};

    if (zmq_msg_size(message) >= sizeof head) {
        memcpy(head, zmq_msg_data(message), sizeof head);
    }
    if (head[0] == PAIR_MARK && head[1] == PAIR_OUTCOME && order && unlink(order) == 0) {
        head[1] = NO_KIND;
        memcpy(zmq_msg_data(message), head, sizeof head);
    }
}

int zmq_msg_send(zmq_msg_t *message, void *socket, int flags)
{
    void *found = dlsym(RTLD_NEXT, "zmq_msg_send");
    send_message *real;

    memcpy(&real, &found, sizeof real);
    garble(message);
    return real ? real(message, socket, flags) : -1;
}
