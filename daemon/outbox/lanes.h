// The lanes as the desk sees them: which may be handed more, and what follows from an outcome.
// Pure: the clock and the dice are arguments, nothing is sent or stored here.
//
//      +--------- success ---------+
//      v                           |
//   FLOWING -- failures in a row -> BROKEN -- its time comes --> PROBING (one job out)
//      ^                                ^                           |    |
//      |                                +------- failure -----------+    |
//      +---------------------------- success ----------------------------+
//
//   any of them -- 401, 403, 404, 407, 3xx --> PAUSED      any of them -- 410 --> CLOSED
//   (both keep their queue, but for what a fallback takes, and end by a reload with a changed
//   endpoint, by retry or by resume; a paused one also when the daemon starts anew)
//   any but CLOSED -- a person -- PAUSED, which outlives the daemon and ends by a person's resume
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ledger/records.h"
#include "daemon/pair.h"

enum lane_flow { LANE_FLOWING, LANE_BROKEN, LANE_PROBING, LANE_IS_PAUSED, LANE_IS_CLOSED };

struct lane {
    const struct endpoint *endpoint;
    enum lane_flow flow;
    int failures;   // in a row
    int in_hand;    // jobs that the courier has: lane_handed() adds, lane_outcome() takes off
    bool by_person; // LANE_IS_PAUSED: a person paused it
    bool settling; // a job failed: nothing more before the others in hand came back, in their order
    int64_t failures_heard; // of this courier, see pair.h
    int64_t held_until_ms;  // BROKEN: the probe; or a Retry-After; 0: not held
    int64_t
        next_due_ms; // the earliest moment at which a look into the ledger pays; INT64_MAX: none
};

enum { LANE_WINDOW = 256, LANE_FAILURES = 5 };

// How many jobs the lane may be handed now: none before half of the window is free, for each look
// into the ledger costs as much as some notices do.
int lane_room(const struct lane *lane, int64_t now_ms);
// One job went to the courier. Where the lane was broken, it is the probe.
void lane_handed(struct lane *lane);
// When the lane wants to be looked at again; INT64_MAX: when something happens.
int64_t lane_wakes_at(const struct lane *lane);

struct schedule {
    const int64_t *retry_ms; // the waits, one an attempt
    size_t retry_count;
    int64_t retry_after_cap_ms;
};

struct lane_event {     // what follows from an outcome
    enum fate fate;     // of the notice
    int64_t due_ms;     // FATE_WAITING: when next; 0: it keeps its place
    bool attempted;     // counts as an attempt
    bool recovered;     // the lane was broken and is not any more: what failed meanwhile is due
    bool state_changed; // the lane was paused or closed by it: put it on record, tell the admin
};

// Takes in one outcome. attempts: of the notice, before this one. random: any 64 bits, for the
// jitter.
struct lane_event lane_outcome(struct lane *lane, const struct pair_outcome *outcome,
                               int32_t attempts, const struct schedule *schedule, int64_t now_ms,
                               uint64_t random);
// A person stops the lane; one that is closed stays so.
void lane_pause(struct lane *lane);
// True where its receiver said that it is no use: what waits may go elsewhere. What a person paused
// waits for that person.
bool lane_is_dead(const struct lane *lane);
// Lets the lane flow again, whatever held it: somebody asked for it.
void lane_reopen(struct lane *lane);
// The state to put on record for the flow.
enum lane_state lane_standing(const struct lane *lane);
