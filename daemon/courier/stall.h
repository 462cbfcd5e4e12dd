// Watches the courier's loop: one turn of it that takes long holds up every lane. Says so in the
// log, and of what it was: our own work, reading pages from a disk, or neither, then something was
// waited for. The time in which the kernel had no processor for us counts as the machine's, not
// ours; of what a hypervisor took nobody tells.
#pragma once

#include <stdint.h>

struct stall_watch {
    int fd; // of what the kernel counts; -1: none
    int64_t began_mono_ms;
    int64_t asked_mono_ms; // when the kernel was asked last, and what it said
    int64_t waited_ns;     // that we were ready to run and did not
    int64_t worked_us;
    long page_reads;
};

void stall_watch_init(struct stall_watch *watch);
void stall_watch_finish(struct stall_watch *watch);
// The loop woke up.
void stall_watch_begin(struct stall_watch *watch);
// It goes to sleep.
void stall_watch_end(const struct stall_watch *watch);
