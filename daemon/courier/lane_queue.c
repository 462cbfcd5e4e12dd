#include "daemon/courier/lane_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/xalloc.h"
#include "daemon/courier/answer.h"

enum { HOST_BYTES = 256 };

// Whether a job will hang, as far as its lane tells. The less is known for it, the fewer may be
// under way: of a trust and all that are lower, so many eighths of the whole.
enum trust { TRUST_ANSWERED, TRUST_NEW, TRUST_MUTE, TRUST_ANOTHER, TRUST_COUNT };
static const int trust_eighths[TRUST_COUNT] = {8, 7, 6, 4};

// What lanes connect to: some all to the same.
struct host {
    char *name;                // "hooks.example.com", or with its port
    int lanes, running;        // it lives as long as there are any
    struct lane_queue *parked; // list: those with a job to start, when all that may be are running
    UT_hash_handle hh;
};

struct lane_queue {
    char *name;
    struct pair_message settings; // PAIR_LANE; owned
    struct host *host;            // of the settings
    struct transfer_target target;
    struct signature_keys keys;
    const char *trouble;           // what is wrong with the settings; NULL: nothing
    char words[ADDRESS_WORDS];     // of trouble
    struct lane_job *first, *last; // not started
    int running;
    int64_t failures;               // that were told to the desk
    int64_t next_mono_ms;           // when the gap ends; 0: none is open
    bool is_shut;                   // goes with the last one that runs
    enum trust trust;               // of its receiver, by what it did last time
    struct lane_queue **list;       // of queues or its host, that it stands in; NULL: in none
    struct lane_queue *prev, *next; // there
    int64_t ticket;                 // there: the lower, the longer it waits
    UT_hash_handle hh;
};

struct lane_queues {
    int most; // that may be running
    struct host *hosts;
    struct lane_queue *by_name;
    struct lane_queue *ready[TRUST_COUNT]; // those with a job to start, the longest waiting first
    struct lane_queue *resting;            // and those whose gap is open, the first to end first
    int running[TRUST_COUNT];
    int64_t tickets, targets; // that were given so far
};

struct lane_queues *lane_queues_create(int most)
{
    struct lane_queues *queues = xcalloc(1, sizeof *queues);

    queues->most = most;
    return queues;
}

void lane_job_destroy(struct lane_job *job)
{
    if (job) {
        pair_message_finish(&job->message);
        free(job);
    }
}

// --- hosts ---------------------------------------------------------------------------------------

// As it stands in the url, with its port where one is said.
static struct host *host_of(struct lane_queues *queues, const char *url)
{
    const char *scheme_end = strstr(url, "://"), *name = scheme_end ? scheme_end + 3 : url;
    size_t size = strcspn(name, "/?#");
    struct host *host;

    HASH_FIND(hh, queues->hosts, name, size, host);
    if (!host) {
        host = xcalloc(1, sizeof *host);
        host->name = xstrndup(name, size);
        HASH_ADD_KEYPTR(hh, queues->hosts, host->name, size, host);
    }
    return host;
}

static void drop_unused(struct lane_queues *queues, struct host *host)
{
    if (host && !host->lanes && !host->running) {
        HASH_DEL(queues->hosts, host);
        free(host->name);
        free(host);
    }
}

// However many lanes call it: when it hangs, so many places are left for all others.
static bool host_is_full(const struct lane_queues *queues, const struct host *host)
{
    return host->running >= queues->most * 6 / 8;
}

static void set_host(struct lane_queues *queues, struct lane_queue *lane, struct host *host)
{
    struct host *before = lane->host;

    lane->host = host;
    if (host) {
        host->lanes++;
    }
    if (before) {
        before->lanes--;
        drop_unused(queues, before);
    }
}

// --- lanes ---------------------------------------------------------------------------------------

static void lane_queue_destroy(struct lane_queues *queues, struct lane_queue *lane)
{
    struct lane_job *job, *next;

    LL_FOREACH_SAFE(lane->first, job, next)
    {
        lane_job_destroy(job);
    }
    set_host(queues, lane, NULL);
    signature_keys_finish(&lane->keys);
    pair_message_finish(&lane->settings);
    free(lane->name);
    free(lane);
}

void lane_queues_destroy(struct lane_queues *queues)
{
    struct lane_queue *lane, *next;
    struct host *host, *next_host;

    if (!queues) {
        return;
    }
    HASH_ITER(hh, queues->by_name, lane, next)
    {
        HASH_DEL(queues->by_name, lane);
        lane_queue_destroy(queues, lane);
    }
    HASH_ITER(hh, queues->hosts, host, next_host)
    {
        host->running = 0; // what ran has ended with the transfers
        drop_unused(queues, host);
    }
    free(queues);
}

struct lane_queue *lane_queues_find(const struct lane_queues *queues, const char *name)
{
    struct lane_queue *lane;

    HASH_FIND_STR(queues->by_name, name, lane);
    return lane;
}

struct lane_queue *lane_queues_after(const struct lane_queues *queues,
                                     const struct lane_queue *lane)
{
    return lane ? lane->hh.next : queues->by_name;
}

static struct lane_queue *find_or_add(struct lane_queues *queues, const char *name)
{
    struct lane_queue *lane = lane_queues_find(queues, name);

    if (!lane) {
        lane = xcalloc(1, sizeof *lane);
        lane->name = xstrdup(name);
        lane->trust = TRUST_NEW;
        HASH_ADD_KEYPTR(hh, queues->by_name, lane->name, strlen(lane->name), lane);
    }
    return lane;
}

static void forget(struct lane_queues *queues, struct lane_queue *lane)
{
    HASH_DEL(queues->by_name, lane);
    lane_queue_destroy(queues, lane);
}

// The list where the lane belongs as it is now; NULL: it has nothing to start.
static struct lane_queue **list_for(struct lane_queues *queues, const struct lane_queue *lane)
{
    if (!lane->first || lane->running >= lane->settings.lane.concurrency) {
        return NULL;
    }
    if (lane->next_mono_ms) {
        return &queues->resting;
    }
    return host_is_full(queues, lane->host)
               ? &lane->host->parked
               : &queues->ready[lane->running ? TRUST_ANOTHER : lane->trust];
}

// From the end: most gaps are alike, and the last one that began is the last to end.
static void add_resting(struct lane_queues *queues, struct lane_queue *lane)
{
    struct lane_queue *before = queues->resting ? queues->resting->prev : NULL;

    while (before && before->next_mono_ms > lane->next_mono_ms) {
        before = before == queues->resting ? NULL : before->prev;
    }
    if (before) {
        DL_APPEND_ELEM(queues->resting, before, lane);
    } else {
        DL_PREPEND(queues->resting, lane);
    }
}

static void leave_list(struct lane_queue *lane)
{
    if (lane->list) {
        DL_DELETE(*lane->list, lane);
        lane->list = NULL;
    }
}

// Puts the lane where it belongs, or takes it out. Where it stands there already, it keeps its
// place.
static void sort_in(struct lane_queues *queues, struct lane_queue *lane)
{
    struct lane_queue **list = list_for(queues, lane);

    if (list == lane->list) {
        return;
    }
    leave_list(lane);
    lane->list = list;
    if (list == &queues->resting) {
        add_resting(queues, lane);
    } else if (list) {
        lane->ticket = queues->tickets++;
        DL_APPEND(*list, lane);
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
static void read_settings(struct lane_queue *lane, int64_t number)
{
    const struct pair_lane *settings = &lane->settings.lane;
    char host[HOST_BYTES];

    lane->trouble = NULL;
    signature_keys_finish(&lane->keys);
    lane->target = (struct transfer_target){
        .number = number,
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
    const char *to = message->lane.proxy ? message->lane.proxy : message->lane.url;

    leave_list(lane);
    set_host(queues, lane, host_of(queues, to));
    pair_message_finish(&lane->settings);
    lane->settings = *message;
    lane->is_shut = false;
    *message = (struct pair_message){0};
    read_settings(lane, ++queues->targets);
    sort_in(queues, lane);
}

enum send_result lane_queue_result(const struct lane_queue *lane, int32_t status)
{
    return answer_result(lane->settings.lane.answers, status);
}

void lane_queue_answered(struct lane_queue *lane, bool answered)
{
    lane->trust = answered ? TRUST_ANSWERED : TRUST_MUTE;
}

void lane_queue_failed(struct lane_queue *lane)
{
    lane->failures++;
}

bool lane_queue_is_late(const struct lane_queue *lane, const struct pair_job *job)
{
    return job->failures_heard < lane->failures;
}

void lane_queues_shut(struct lane_queues *queues, struct lane_queue *lane)
{
    lane->is_shut = true;
    if (!lane->running) {
        forget(queues, lane);
    }
}

bool lane_queues_add(struct lane_queues *queues, struct lane_queue *lane,
                     struct pair_message *message)
{
    struct lane_job *job;

    if (!lane || lane->is_shut) {
        return false;
    }
    job = xmalloc(sizeof *job);
    *job = (struct lane_job){.lane = lane, .message = *message};
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

static void end_gaps(struct lane_queues *queues, int64_t now_mono_ms)
{
    while (queues->resting && queues->resting->next_mono_ms <= now_mono_ms) {
        struct lane_queue *lane = queues->resting;

        lane->next_mono_ms = 0;
        sort_in(queues, lane);
    }
}

static bool has_room(const struct lane_queues *queues, enum trust trust)
{
    int running = 0;

    for (int i = TRUST_COUNT - 1; i >= 0; i--) {
        running += queues->running[i];
        if (i <= (int)trust && running >= queues->most * trust_eighths[i] / 8) {
            return false;
        }
    }
    return true;
}

// Takes the lane's first job, and puts the lane behind the others.
static struct lane_job *begin(struct lane_queues *queues, struct lane_queue *lane,
                              int64_t now_mono_ms)
{
    int64_t gap_ms = lane->settings.lane.rate_gap_ms;
    struct lane_job *job = take_first(lane);

    job->trust = lane->running ? TRUST_ANOTHER : lane->trust;
    job->host = lane->host;
    job->host->running++;
    queues->running[job->trust]++;
    lane->running++;
    lane->next_mono_ms = gap_ms ? now_mono_ms + gap_ms : 0;
    leave_list(lane);
    sort_in(queues, lane);
    return job;
}

// The lane of that trust that waits longest. Those whose host has become full leave the list.
static struct lane_queue *first_ready(struct lane_queues *queues, enum trust trust)
{
    struct lane_queue *lane;

    while ((lane = queues->ready[trust]) != NULL && host_is_full(queues, lane->host)) {
        sort_in(queues, lane);
    }
    return lane;
}

struct lane_job *lane_queues_next(struct lane_queues *queues, int64_t now_mono_ms,
                                  int64_t *ret_wakes_mono_ms)
{
    struct lane_queue *next = NULL;

    end_gaps(queues, now_mono_ms);
    for (int i = 0; i < TRUST_COUNT; i++) {
        struct lane_queue *lane = has_room(queues, i) ? first_ready(queues, i) : NULL;

        if (lane && (!next || lane->ticket < next->ticket)) {
            next = lane;
        }
    }
    if (next) {
        return begin(queues, next, now_mono_ms);
    }
    *ret_wakes_mono_ms = queues->resting ? queues->resting->next_mono_ms : INT64_MAX;
    return NULL;
}

// One place is free: for the first of those parked, who may yet go without it. The last one that
// ends leaves nobody parked.
static void unpark(struct lane_queues *queues, struct host *host)
{
    if (host->parked) {
        sort_in(queues, host->parked);
    }
    while (host->parked && !host->running) {
        sort_in(queues, host->parked);
    }
}

void lane_job_ended(struct lane_queues *queues, struct lane_job *job)
{
    struct lane_queue *lane = job->lane;
    struct host *host = job->host;

    lane->running--;
    host->running--;
    queues->running[job->trust]--;
    sort_in(queues, lane);
    unpark(queues, host);
    drop_unused(queues, host);
    lane_job_destroy(job);
    if (lane->is_shut && !lane->running) {
        forget(queues, lane);
    }
}

struct lane_job *lane_queues_take_unstarted(struct lane_queues *queues, struct lane_queue *lane)
{
    struct lane_job *job;

    if (!lane->first) {
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
