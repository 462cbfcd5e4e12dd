#include "daemon/outbox/lanes.h"

#include "common/base/moment.h"

enum { HOLD_FIRST_MS = 5 * SECOND_MS, HOLD_MOST_MS = 5 * MINUTE_MS };

// The span, a fifth more or less.
static int64_t with_jitter(int64_t span_ms, uint64_t random)
{
    int64_t fifth = span_ms / 5;

    return span_ms - fifth + (int64_t)(random % (uint64_t)(2 * fifth + 1));
}

static int64_t later(int64_t left, int64_t right)
{
    return left > right ? left : right;
}

int lane_room(const struct lane *lane, int64_t now_ms)
{
    if (lane->held_until_ms > now_ms || (lane->settling && lane->in_hand)) {
        return 0;
    }
    switch (lane->flow) {
    case LANE_FLOWING:
        return lane->in_hand <= LANE_WINDOW / 2 ? LANE_WINDOW - lane->in_hand : 0;
    case LANE_BROKEN:
    case LANE_PROBING:
        return lane->in_hand ? 0 : 1;
    case LANE_IS_PAUSED:
    case LANE_IS_CLOSED:
        break;
    }
    return 0;
}

void lane_handed(struct lane *lane)
{
    lane->in_hand++;
    if (lane->flow == LANE_BROKEN) {
        lane->flow = LANE_PROBING;
    }
}

int64_t lane_wakes_at(const struct lane *lane)
{
    // without room by its window or its probe, or for good, the clock changes nothing
    if (lane->next_due_ms == INT64_MAX || lane_room(lane, INT64_MAX) == 0) {
        return INT64_MAX;
    }
    return later(lane->next_due_ms, lane->held_until_ms);
}

// Five failures in a row are 5 s, each failed probe doubles it, up to 5 min.
static int64_t hold_span(int failures)
{
    int64_t span_ms = HOLD_FIRST_MS;

    for (int i = LANE_FAILURES; i < failures && span_ms < HOLD_MOST_MS; i++) {
        span_ms *= 2;
    }
    return span_ms < HOLD_MOST_MS ? span_ms : HOLD_MOST_MS;
}

// Counts a failure. One that comes while the lane is held as broken was under way when it broke,
// and says nothing new.
static void count_failure(struct lane *lane, int64_t now_ms, uint64_t random)
{
    if (lane->flow == LANE_IS_PAUSED || lane->flow == LANE_IS_CLOSED ||
        (lane->flow == LANE_BROKEN && now_ms < lane->held_until_ms)) {
        return;
    }
    if (lane->failures < INT32_MAX) {
        lane->failures++;
    }
    if (lane->flow != LANE_FLOWING || lane->failures >= LANE_FAILURES) {
        lane->flow = LANE_BROKEN;
        lane->held_until_ms =
            later(lane->held_until_ms, now_ms + with_jitter(hold_span(lane->failures), random));
    }
}

// The receiver is there and answers; true where it was not before. A hold that it asked for stays.
static bool count_life(struct lane *lane)
{
    bool was_broken = lane->flow == LANE_BROKEN || lane->flow == LANE_PROBING;

    lane->failures = 0;
    if (was_broken) {
        lane->flow = LANE_FLOWING;
    }
    return was_broken;
}

static struct lane_event again(struct lane *lane, const struct pair_outcome *outcome,
                               int32_t attempts, const struct schedule *schedule, int64_t now_ms,
                               uint64_t random)
{
    struct lane_event event = {.fate = FATE_DEAD, .due_ms = now_ms, .attempted = true};
    int64_t asked_ms = outcome->retry_after_ms;

    asked_ms = asked_ms < schedule->retry_after_cap_ms ? asked_ms : schedule->retry_after_cap_ms;
    // the other half of the dice, so that the two waits do not move as one
    count_failure(lane, now_ms, random >> 32 | random << 32);
    if (asked_ms > 0) {
        lane->held_until_ms = later(lane->held_until_ms, now_ms + asked_ms);
    }
    if (attempts >= 0 && (size_t)attempts < schedule->retry_count) {
        event.fate = FATE_WAITING;
        event.due_ms = now_ms + later(with_jitter(schedule->retry_ms[attempts], random), asked_ms);
    }
    return event;
}

// Stops the lane with its queue kept; a closed one is not opened again by a pause.
static struct lane_event halt(struct lane *lane, enum lane_flow flow)
{
    struct lane_event event = {.fate = FATE_WAITING, .attempted = true};

    if (lane->flow != flow && lane->flow != LANE_IS_CLOSED) {
        lane->flow = flow;
        event.state_changed = true;
    }
    return event;
}

struct lane_event lane_outcome(struct lane *lane, const struct pair_outcome *outcome,
                               int32_t attempts, const struct schedule *schedule, int64_t now_ms,
                               uint64_t random)
{
    struct lane_event event = {.fate = FATE_WAITING};

    if (lane->in_hand > 0) {
        lane->in_hand--;
    }
    lane->settling = lane->in_hand && (lane->settling || outcome->result == SEND_AGAIN);
    switch ((enum send_result)outcome->result) {
    case SEND_DELIVERED:
        event.recovered = count_life(lane);
        event.fate = FATE_DELIVERED;
        event.attempted = true;
        return event;
    case SEND_REFUSED:
        event.recovered = count_life(lane);
        event.fate = FATE_DEAD;
        event.attempted = true;
        return event;
    case SEND_AGAIN:
        return again(lane, outcome, attempts, schedule, now_ms, random);
    case SEND_PAUSE:
        return halt(lane, LANE_IS_PAUSED);
    case SEND_GONE:
        return halt(lane, LANE_IS_CLOSED);
    case SEND_UNTRIED:
        break;
    }
    return event;
}

void lane_pause(struct lane *lane)
{
    if (lane->flow != LANE_IS_CLOSED) {
        lane->flow = LANE_IS_PAUSED;
        lane->by_person = true;
    }
}

bool lane_is_dead(const struct lane *lane)
{
    return lane->flow == LANE_IS_CLOSED || (lane->flow == LANE_IS_PAUSED && !lane->by_person);
}

void lane_reopen(struct lane *lane)
{
    lane->flow = LANE_FLOWING;
    lane->by_person = false;
    lane->failures = 0;
    lane->held_until_ms = 0;
}

enum lane_state lane_standing(const struct lane *lane)
{
    switch (lane->flow) {
    case LANE_IS_PAUSED:
        return LANE_PAUSED;
    case LANE_IS_CLOSED:
        return LANE_CLOSED;
    case LANE_FLOWING:
    case LANE_BROKEN:
    case LANE_PROBING:
        break;
    }
    return LANE_OPEN;
}
