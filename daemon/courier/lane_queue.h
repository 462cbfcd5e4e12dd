// The courier's lanes: what waits for each, and which may start now. A lane keeps its order, its
// number at once and its gap between two; the lanes take turns. Settings and jobs live in the
// frames that brought them. Nothing here sends.
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
    struct pair_message message; // PAIR_JOB; owned
};

struct lane_queues *lane_queues_create(void);
void lane_queues_destroy(struct lane_queues *queues);

// The lane of that name, or NULL.
struct lane_queue *lane_queues_find(const struct lane_queues *queues, const char *name);
// Opens a lane or changes it for its next jobs. Takes the message over.
void lane_queues_set(struct lane_queues *queues, struct pair_message *message);
// Forgets a lane of which nothing waits, once what of it is running has ended.
void lane_queues_shut(struct lane_queues *queues, struct lane_queue *lane);
// Puts a job at the end of its lane and takes the message over; false where there is no such lane.
must_check bool lane_queues_add(struct lane_queues *queues, struct pair_message *message);
// What an answer with that status means in this lane.
enum send_result lane_queue_result(const struct lane_queue *lane, int32_t status);
// A job of the lane failed, and what waited behind it goes back.
void lane_queue_failed(struct lane_queue *lane);
// Whether the job was handed over before the desk had heard of the lane's last failure.
bool lane_queues_is_late(const struct lane_queues *queues, const struct pair_job *job);
// How many jobs may start, of how many that may be under way.
struct lane_room {
    int left, most;
};

// Takes the next job that may start; it counts as running until lane_job_ended(). NULL: none now,
// and ret_wakes_mono_ms is when a gap ends, INT64_MAX where none is open. The last of the room is
// for lanes that have nothing under way and whose receivers answer: however many others hang.
struct lane_job *lane_queues_next(struct lane_queues *queues, struct lane_room room,
                                  int64_t now_mono_ms, int64_t *ret_wakes_mono_ms);
// Whether the receiver of the lane answered, whatever it was.
void lane_queue_answered(struct lane_queue *lane, bool answered);
// A job that was running has ended: frees it.
void lane_job_ended(struct lane_queues *queues, struct lane_job *job);
// Takes a job of the lane that was not started, NULL where there is none; lane NULL: of any lane.
struct lane_job *lane_queues_take_unstarted(struct lane_queues *queues, struct lane_queue *lane);
void lane_job_destroy(struct lane_job *job);

// Where the lane sends. NULL, with words in ret_why, where its settings are of no use.
const struct transfer_target *lane_queue_target(const struct lane_queue *lane,
                                                const char **ret_why);
