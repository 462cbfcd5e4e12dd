// Watches the courier's loop: one turn of it that takes long holds up every lane. The time in which
// the machine had no processor for us counts as the machine's, not ours. Says so in the log.
#pragma once

#include <stdint.h>

struct stall_watch {
    int fd; // of what the kernel counts; -1: none
    int64_t began_mono_ms;
    int64_t asked_mono_ms, waited_ns; // what the kernel said last, and when
};

void stall_watch_init(struct stall_watch *watch);
void stall_watch_finish(struct stall_watch *watch);
// The loop woke up.
void stall_watch_begin(struct stall_watch *watch);
// It goes to sleep.
void stall_watch_end(const struct stall_watch *watch);
