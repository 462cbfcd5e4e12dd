// The courier's lanes: what waits for each, and which may start now. A lane keeps its order, its
// number at once and its gap between two; the lanes take turns. Settings and jobs live in the
// frames that brought them. Nothing here sends.
//
// What hangs holds its place until its time is out, and any receiver may. So the places are given
// by what a job is trusted with: a lane whose receiver answered last time may have any of them, one
// that was never tried all but an eighth, one that did not answer all but a quarter, and what is
// not the first job of its lane half of them; and those that call the same host, all but a quarter.
// So lanes that answer wait for no time-out, however many others hang or one host for all of them;
// but where many hosts that answered begin to hang all at once, for one.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/courier/transfer.h"
#include "daemon/pair.h"

struct lane_queues; // all lanes
struct lane_queue;  // one

struct lane_job {
    struct lane_job *next;
    struct lane_queue *lane;
    struct host *host;           // that it was started for
    int trust;                   // that it was started with: enum trust
    struct pair_message message; // PAIR_JOB; owned
};

// most: so many jobs may be under way.
struct lane_queues *lane_queues_create(int most);
void lane_queues_destroy(struct lane_queues *queues);

// The lane of that name, or NULL.
struct lane_queue *lane_queues_find(const struct lane_queues *queues, const char *name);
// The lane behind that one, NULL behind the last; lane NULL: the first.
struct lane_queue *lane_queues_after(const struct lane_queues *queues,
                                     const struct lane_queue *lane);
// Opens a lane or changes it for its next jobs. Takes the message over.
void lane_queues_set(struct lane_queues *queues, struct pair_message *message);
// Forgets a lane of which nothing waits, once what of it is running has ended.
void lane_queues_shut(struct lane_queues *queues, struct lane_queue *lane);
// Puts a job at the end of its lane and takes the message over; false where the lane is NULL or to
// be forgotten.
must_check bool lane_queues_add(struct lane_queues *queues, struct lane_queue *lane,
                                struct pair_message *message);
// What an answer with that status means in this lane.
enum send_result lane_queue_result(const struct lane_queue *lane, int32_t status);
// A job of the lane failed, and what waited behind it goes back.
void lane_queue_failed(struct lane_queue *lane);
// Whether the job was handed over before the desk had heard of the lane's last failure.
bool lane_queue_is_late(const struct lane_queue *lane, const struct pair_job *job);
// Takes the next job that may start; it counts as running until lane_job_ended(). NULL: none now,
// and ret_wakes_mono_ms is when a gap ends, INT64_MAX where none is open.
struct lane_job *lane_queues_next(struct lane_queues *queues, int64_t now_mono_ms,
                                  int64_t *ret_wakes_mono_ms);
// Whether the receiver of the lane answered, whatever it was.
void lane_queue_answered(struct lane_queue *lane, bool answered);
// A job that was running has ended: frees it.
void lane_job_ended(struct lane_queues *queues, struct lane_job *job);
// Takes a job of the lane that was not started, NULL where there is none.
struct lane_job *lane_queues_take_unstarted(struct lane_queues *queues, struct lane_queue *lane);
void lane_job_destroy(struct lane_job *job);

// Where the lane sends. NULL, with words in ret_why, where its settings are of no use.
const struct transfer_target *lane_queue_target(const struct lane_queue *lane,
                                                const char **ret_why);
