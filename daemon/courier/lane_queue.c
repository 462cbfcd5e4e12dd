#include "daemon/courier/lane_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/xalloc.h"
#include "daemon/courier/answer.h"

enum { HOST_BYTES = 256 };

struct lane_queue {
    char *name;
    struct pair_message settings; // PAIR_LANE; owned
    struct transfer_target target;
    struct signature_keys keys;
    const char *trouble;           // what is wrong with the settings; NULL: nothing
    char words[ADDRESS_WORDS];     // of trouble
    struct lane_job *first, *last; // not started
    int running;
    int64_t failures;               // that were told to the desk
    int64_t next_mono_ms;           // when the gap ends
    bool is_shut;                   // goes with the last one that runs
    bool is_mute;                   // its receiver did not answer last time
    bool is_ready;                  // in the list of queues->ready
    struct lane_queue *prev, *next; // there
    UT_hash_handle hh;
};

struct lane_queues {
    struct lane_queue *by_name;
    struct lane_queue *ready; // those with a job to start, but for their gap
};

struct lane_queues *lane_queues_create(void)
{
    return xcalloc(1, sizeof(struct lane_queues));
}

void lane_job_destroy(struct lane_job *job)
{
    if (job) {
        pair_message_finish(&job->message);
        free(job);
    }
}

static void lane_queue_destroy(struct lane_queue *lane)
{
    struct lane_job *job, *next;

    LL_FOREACH_SAFE(lane->first, job, next)
    {
        lane_job_destroy(job);
    }
    signature_keys_finish(&lane->keys);
    pair_message_finish(&lane->settings);
    free(lane->name);
    free(lane);
}

void lane_queues_destroy(struct lane_queues *queues)
{
    struct lane_queue *lane, *next;

    if (!queues) {
        return;
    }
    HASH_ITER(hh, queues->by_name, lane, next)
    {
        HASH_DEL(queues->by_name, lane);
        lane_queue_destroy(lane);
    }
    free(queues);
}

struct lane_queue *lane_queues_find(const struct lane_queues *queues, const char *name)
{
    struct lane_queue *lane;

    HASH_FIND_STR(queues->by_name, name, lane);
    return lane;
}

static struct lane_queue *find_or_add(struct lane_queues *queues, const char *name)
{
    struct lane_queue *lane = lane_queues_find(queues, name);

    if (!lane) {
        lane = xcalloc(1, sizeof *lane);
        lane->name = xstrdup(name);
        HASH_ADD_KEYPTR(hh, queues->by_name, lane->name, strlen(lane->name), lane);
    }
    return lane;
}

static void forget(struct lane_queues *queues, struct lane_queue *lane)
{
    HASH_DEL(queues->by_name, lane);
    lane_queue_destroy(lane);
}

static void leave_ready(struct lane_queues *queues, struct lane_queue *lane)
{
    DL_DELETE(queues->ready, lane);
    lane->is_ready = false;
}

// Puts the lane into the list of the ready ones or takes it out, as it is now.
static void sort_in(struct lane_queues *queues, struct lane_queue *lane)
{
    bool is_ready = lane->first && lane->running < lane->settings.lane.concurrency;

    if (!is_ready && lane->is_ready) {
        leave_ready(queues, lane);
    } else if (is_ready && !lane->is_ready) {
        DL_APPEND(queues->ready, lane);
        lane->is_ready = true;
    }
}

// Reads the networks that are allowed. They were checked when the rule book was read.
static void read_allowed(const char *allow, struct address_policy *policy)
{
    while (allow && *allow && policy->allow_count < NETWORKS_MOST) {
        size_t size = strcspn(allow, "\n");

        if (!network_parse(allow, size, &policy->allow[policy->allow_count])) {
            policy->allow_count++;
        }
        allow += size;
        allow += *allow == '\n';
    }
}

// By a proxy only the proxy is connected to, which the admin named: of where it leads, no more can
// be judged than an address in the url itself.
static bool read_proxy(struct lane_queue *lane, const char *host)
{
    char proxy[HOST_BYTES], bare[HOST_BYTES];
    size_t size = strlen(host);

    if (transfer_url_host(lane->settings.lane.proxy, proxy, sizeof proxy) < 0) {
        lane->trouble = "the proxy cannot be read";
        return false;
    }
    (void)snprintf(bare, sizeof bare, "%s", host);
    if (host[0] == '[' && size > 2) {
        (void)snprintf(bare, sizeof bare, "%.*s", (int)size - 2, host + 1);
    }
    if (address_host_is_literal(host) &&
        !address_text_allowed(bare, &lane->target.policy, lane->words)) {
        lane->trouble = lane->words;
        return false;
    }
    lane->target.policy = (struct address_policy){.allow_private = true, .to_loopback = true};
    lane->target.needs_lookup = !address_host_is_literal(proxy);
    return true;
}

// Reads what the settings mean for a transfer.
static void read_settings(struct lane_queue *lane)
{
    const struct pair_lane *settings = &lane->settings.lane;
    char host[HOST_BYTES];

    lane->trouble = NULL;
    signature_keys_finish(&lane->keys);
    lane->target = (struct transfer_target){
        .url = settings->url,
        .policy = {.allow_private = settings->allow_private},
        .timeout_ms = settings->timeout_ms,
        .connect_timeout_ms = settings->connect_timeout_ms,
        .ca = settings->ca,
        .client_cert = settings->client_cert,
        .client_key = settings->client_key,
        .proxy = settings->proxy,
    };
    read_allowed(settings->allow, &lane->target.policy);
    if (transfer_url_host(settings->url, host, sizeof host) < 0) {
        lane->trouble = "the url cannot be read";
        return;
    }
    lane->target.policy.to_loopback = address_host_is_loopback(host);
    lane->target.allow_http = settings->insecure || lane->target.policy.to_loopback;
    lane->target.needs_lookup = !lane->target.policy.to_loopback && !address_host_is_literal(host);
    if (settings->proxy && !read_proxy(lane, host)) {
        return;
    }
    if (settings->secret) {
        if (signature_keys_read(settings->secret, &lane->keys) < 0) {
            lane->trouble = "the secret is not whsec_ and 24 to 64 bytes in base64";
            return;
        }
        lane->target.keys = &lane->keys;
    }
}

void lane_queues_set(struct lane_queues *queues, struct pair_message *message)
{
    struct lane_queue *lane = find_or_add(queues, message->lane.lane);

    pair_message_finish(&lane->settings);
    lane->settings = *message;
    lane->is_shut = false;
    *message = (struct pair_message){0};
    read_settings(lane);
    sort_in(queues, lane);
}

enum send_result lane_queue_result(const struct lane_queue *lane, int32_t status)
{
    return answer_result(lane->settings.lane.answers, status);
}

void lane_queue_answered(struct lane_queue *lane, bool answered)
{
    lane->is_mute = !answered;
}

void lane_queue_failed(struct lane_queue *lane)
{
    lane->failures++;
}

bool lane_queues_is_late(const struct lane_queues *queues, const struct pair_job *job)
{
    const struct lane_queue *lane = lane_queues_find(queues, job->lane);

    return lane && job->failures_heard < lane->failures;
}

void lane_queues_shut(struct lane_queues *queues, struct lane_queue *lane)
{
    lane->is_shut = true;
    if (!lane->running) {
        forget(queues, lane);
    }
}

bool lane_queues_add(struct lane_queues *queues, struct pair_message *message)
{
    struct lane_queue *lane = lane_queues_find(queues, message->job.lane);
    struct lane_job *job;

    if (!lane || lane->is_shut) {
        return false;
    }
    job = xcalloc(1, sizeof *job);
    job->lane = lane;
    job->message = *message;
    *message = (struct pair_message){0};
    if (lane->last) {
        lane->last->next = job;
    } else {
        lane->first = job;
    }
    lane->last = job;
    sort_in(queues, lane);
    return true;
}

static struct lane_job *take_first(struct lane_queue *lane)
{
    struct lane_job *job = lane->first;

    lane->first = job->next;
    if (!lane->first) {
        lane->last = NULL;
    }
    job->next = NULL;
    return job;
}

static bool has_room(const struct lane_queue *lane, struct lane_room room)
{
    int spared = lane->running ? room.most / 2 : lane->is_mute ? room.most / 4 : 0;

    return room.left > spared;
}

struct lane_job *lane_queues_next(struct lane_queues *queues, struct lane_room room,
                                  int64_t now_mono_ms, int64_t *ret_wakes_mono_ms)
{
    int64_t wakes = INT64_MAX;
    struct lane_queue *lane;

    DL_FOREACH(queues->ready, lane)
    {
        if (!has_room(lane, room)) {
            continue; // until something has ended
        }
        if (lane->next_mono_ms <= now_mono_ms) {
            struct lane_job *job = take_first(lane);

            lane->running++;
            lane->next_mono_ms = now_mono_ms + lane->settings.lane.rate_gap_ms;
            // to the end of the list: the others first
            leave_ready(queues, lane);
            sort_in(queues, lane);
            return job;
        }
        wakes = lane->next_mono_ms < wakes ? lane->next_mono_ms : wakes;
    }
    *ret_wakes_mono_ms = wakes;
    return NULL;
}

void lane_job_ended(struct lane_queues *queues, struct lane_job *job)
{
    struct lane_queue *lane = job->lane;

    lane->running--;
    sort_in(queues, lane);
    lane_job_destroy(job);
    if (lane->is_shut && !lane->running) {
        forget(queues, lane);
    }
}

static struct lane_queue *any_with_jobs(const struct lane_queues *queues)
{
    struct lane_queue *lane, *next;

    HASH_ITER(hh, queues->by_name, lane, next)
    {
        if (lane->first) {
            return lane;
        }
    }
    return NULL;
}

struct lane_job *lane_queues_take_unstarted(struct lane_queues *queues, struct lane_queue *lane)
{
    struct lane_job *job;

    lane = lane ? lane : any_with_jobs(queues);
    if (!lane || !lane->first) {
        return NULL;
    }
    job = take_first(lane);
    sort_in(queues, lane);
    return job;
}

const struct transfer_target *lane_queue_target(const struct lane_queue *lane, const char **ret_why)
{
    *ret_why = lane->trouble;
    return lane->trouble ? NULL : &lane->target;
}
