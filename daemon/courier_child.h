// The courier as the desk sees it: a child process at the other end of a pair. It is this very
// program, forked and executed anew (so that it shares no memory, no descriptor and no library
// state with the desk), and started again when it dies, with a growing pause.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "daemon/pair.h"

struct courier_child {
    void *zmq_context;
    char directory[100]; // the runtime directory; holds the pair's socket
    struct pair *pair;   // NULL: no courier
    pid_t pid;
    bool ready;     // it said HELLO
    bool stopping;  // it was told to stop: its end is no accident
    int generation; // a new socket for each, so that nothing of the last one is heard
    int64_t start_at_mono_ms, alive_mono_ms;
    int64_t pause_ms;            // before the next start
    int64_t way_mono_ms;         // until then it gives way
    bool gives_way;              // it is nicer than we are
    bool may_give, may_not_give; // whether that could be taken back; neither: not tried yet
};

// Starts a courier where none runs and its time has come. Negative: it could not be started.
must_check int courier_child_start(struct courier_child *child, int64_t now_mono_ms,
                                   struct error *err);
// Takes in that a child of ours ended; true where it was the courier.
bool courier_child_reap(struct courier_child *child, int64_t now_mono_ms);
// The desk has much to do: where both want a processor, from now on the desk has it first. It ends
// a moment after the last such call. Where it could not be ended (setpriority(2): that takes
// CAP_SYS_NICE or RLIMIT_NICE) it does not begin.
void courier_child_give_way(struct courier_child *child, int64_t now_mono_ms);
// Ends one that says nothing for long; its end is then seen, and it starts again. Ends its giving
// way, when that is over.
void courier_child_watch(struct courier_child *child, int64_t now_mono_ms);
// Ends one that is of no use, for the reason that is put on the log; likewise.
void courier_child_end(const struct courier_child *child, const char *why);
// Ends it at once, and waits for it.
void courier_child_kill(struct courier_child *child);
