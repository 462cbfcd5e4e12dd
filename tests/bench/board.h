// What the sink and the load share: a file that both map. The load notes when it sent each event,
// the sink when its webhook arrived and when each request came. One writer of each, plain moments
// of CLOCK_MONOTONIC, which is one for all.
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

enum { BOARD_SLOTS = 1 << 20 };

struct board {
    atomic_llong requests;                // that came, whatever they were
    atomic_llong marked;                  // events whose webhook came
    atomic_int port;                      // of the sink, 0 until it listens
    atomic_llong arrived_ns[BOARD_SLOTS]; // by the event's number
    atomic_llong sent_ns[BOARD_SLOTS];    // so too
    atomic_llong request_ns[BOARD_SLOTS]; // in the order in which they came
};

// Maps the board at path, making it where make is true; ends the program where it cannot.
struct board *board_map(const char *path, int make);

static inline int64_t board_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
