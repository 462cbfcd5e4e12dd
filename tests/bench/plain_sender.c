// The plain pipeline's sender: a multi loop of libcurl, so many requests at once to each lane, over
// connections that stay open. Each transfer belongs to one lane, and its handle is set up once.
#include "tests/bench/plain.h"

#include <curl/curl.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <zmq.h>

enum { TRANSFERS = PLAIN_LANES * PLAIN_AT_ONCE };

// A job and the body behind it.
struct waiting {
    struct waiting *next;
    struct plain_job job;
    char body[];
};

struct lane {
    struct waiting *first, **end;
    struct transfer *idle;
};

struct transfer {
    CURL *easy;
    struct lane *lane;
    struct transfer *next_idle;
    struct waiting *waiting; // in hand
};

struct sender {
    void *pair;
    CURLM *multi;
    struct lane lanes[PLAIN_LANES];
    struct transfer transfers[TRANSFERS];
    int outcome_count; // of this round; each transfer ends once in it
    struct plain_outcome outcomes[TRANSFERS];
};

static size_t swallow(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

static void prepare(struct sender *sender, const char *url)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");

    sender->multi = curl_multi_init();
    (void)curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, (long)TRANSFERS);
    for (int i = 0; i < PLAIN_LANES; i++) {
        sender->lanes[i].end = &sender->lanes[i].first;
    }
    for (int i = 0; i < TRANSFERS; i++) {
        struct transfer *transfer = &sender->transfers[i];
        char address[256];

        (void)snprintf(address, sizeof address, "%s%d", url, i % PLAIN_LANES);
        transfer->easy = curl_easy_init();
        transfer->lane = &sender->lanes[i % PLAIN_LANES];
        transfer->next_idle = transfer->lane->idle;
        transfer->lane->idle = transfer;
        (void)curl_easy_setopt(transfer->easy, CURLOPT_URL, address);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, swallow);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "");
        (void)curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, 30000L);
    }
}

// What waits in the lane, as far as it has idle transfers.
static void start(struct sender *sender, struct lane *lane)
{
    while (lane->first && lane->idle) {
        struct transfer *transfer = lane->idle;
        struct waiting *waiting = lane->first;

        lane->idle = transfer->next_idle;
        lane->first = waiting->next;
        if (lane->first == NULL) {
            lane->end = &lane->first;
        }
        transfer->waiting = waiting;
        (void)curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, &waiting->body[0]);
        (void)curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)waiting->job.size);
        if (curl_multi_add_handle(sender->multi, transfer->easy) != CURLM_OK) {
            errx(1, "curl_multi_add_handle");
        }
    }
}

static void take_jobs(struct sender *sender, const char *bytes, size_t size)
{
    struct plain_job job;

    for (size_t at = 0; at + sizeof job <= size; at += sizeof job + job.size) {
        struct waiting *waiting;

        memcpy(&job, bytes + at, sizeof job);
        waiting = malloc(sizeof *waiting + job.size);
        if (waiting == NULL) {
            err(1, "malloc");
        }
        waiting->next = NULL;
        waiting->job = job;
        memcpy(waiting->body, bytes + at + sizeof job, job.size);
        *sender->lanes[job.lane].end = waiting;
        sender->lanes[job.lane].end = &waiting->next;
    }
}

static void hear(struct sender *sender)
{
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    while (zmq_msg_recv(&message, sender->pair, ZMQ_DONTWAIT) >= 0) {
        take_jobs(sender, zmq_msg_data(&message), zmq_msg_size(&message));
    }
    (void)zmq_msg_close(&message);
    for (int i = 0; i < PLAIN_LANES; i++) {
        start(sender, &sender->lanes[i]);
    }
}

static void note(struct sender *sender, const CURLMsg *message)
{
    struct transfer *transfer = NULL;
    long status = 0;

    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    sender->outcomes[sender->outcome_count++] = (struct plain_outcome){
        .notice = transfer->waiting->job.notice,
        .delivered = message->data.result == CURLE_OK && status / 100 == 2,
    };
    (void)curl_multi_remove_handle(sender->multi, transfer->easy);
    free(transfer->waiting);
    transfer->next_idle = transfer->lane->idle;
    transfer->lane->idle = transfer;
}

// What ended is told together, and its places are given to what waits.
static void reap(struct sender *sender)
{
    const CURLMsg *message;
    int more;

    sender->outcome_count = 0;
    while ((message = curl_multi_info_read(sender->multi, &more)) != NULL) {
        note(sender, message);
    }
    if (sender->outcome_count > 0 &&
        zmq_send(sender->pair, sender->outcomes,
                 (size_t)sender->outcome_count * sizeof sender->outcomes[0], 0) < 0) {
        err(1, "zmq_send");
    }
}

void plain_send(const char *pair, const char *url)
{
    static struct sender sender;
    struct curl_waitfd waitfd = {.events = CURL_WAIT_POLLIN};
    size_t size = sizeof waitfd.fd;
    int running;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    prepare(&sender, url);
    sender.pair = zmq_socket(zmq_ctx_new(), ZMQ_PAIR);
    if (zmq_setsockopt(sender.pair, ZMQ_SNDHWM, &(int){0}, sizeof(int)) < 0 ||
        zmq_setsockopt(sender.pair, ZMQ_RCVHWM, &(int){0}, sizeof(int)) < 0 ||
        zmq_connect(sender.pair, pair) < 0 ||
        zmq_getsockopt(sender.pair, ZMQ_FD, &waitfd.fd, &size) < 0) {
        err(1, "%s", pair);
    }
    for (;;) {
        // its descriptor only tells of news: what is there is taken before each wait
        hear(&sender);
        (void)curl_multi_perform(sender.multi, &running);
        reap(&sender);
        if (sender.outcome_count == 0) {
            (void)curl_multi_poll(sender.multi, &waitfd, 1, 1000, NULL);
        }
    }
}
