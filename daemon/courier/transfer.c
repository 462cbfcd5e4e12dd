#include "daemon/courier/transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "daemon/courier/answer.h"
#include "daemon/courier/request.h"

enum {
    IP_BYTES = 64,            // of an address in numbers
    HEADER_BYTES = 32 * 1024, // of an answer, 1xx ones included
    IDLE_HANDLES = 64,        // kept for the next transfers
    HUNG_LOOKUPS = 64,        // that may be left behind …
    HUNG_LOOKUP_MS = 30000    // … within the time that a resolver's thread may live on
};

struct transfer {
    struct transfer *prev, *next; // among the running or the idle ones
    struct request request;
    void *owner;
    int64_t started_mono_ms;
    struct address_policy policy;
    char allowed_ip[IP_BYTES]; // the last one that the policy allowed; "": none yet
    bool opened;               // a socket, to an address that the policy allows
    bool forbidden;            // an address by the policy
    bool too_long;             // the answer's body
    bool is_headed;            // the answer's headers came to their end
    int requests;              // that went out
    size_t header_bytes, body_bytes;
    struct text body;          // the answer's first bytes
    char words[ADDRESS_WORDS]; // why the policy forbids
    char error[CURL_ERROR_SIZE];
};

struct transfers {
    CURLM *multi;
    struct transfer *running, *idle;
    int running_count, idle_count, max_running;
    int64_t hung_mono_ms[HUNG_LOOKUPS]; // when lookups were left behind, in turn
    int hung_next;
    struct text answer;
};

static curl_socket_t on_open_socket(void *owner, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct transfer *transfer = owner;

    if (purpose != CURLSOCKTYPE_IPCXN ||
        !address_allowed(&address->addr, &transfer->policy, transfer->words)) {
        transfer->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    transfer->opened = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Called before each request on a connection, new or kept. libcurl sends a POST again by itself
// where a kept connection was reset: the receiver would have it twice on one attempt. And a kept
// connection may have been opened by a lane that may go where this one may not.
static int on_request(void *owner, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *transfer = owner;

    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (strcmp(remote_ip, transfer->allowed_ip) != 0) {
        if (!address_text_allowed(remote_ip, &transfer->policy, transfer->words)) {
            transfer->forbidden = true;
            transfer->opened = false;
            return CURL_PREREQFUNC_ABORT;
        }
        (void)snprintf(transfer->allowed_ip, sizeof transfer->allowed_ip, "%s", remote_ip);
    }
    transfer->requests++;
    return transfer->requests == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *owner)
{
    struct transfer *transfer = owner;

    transfer->header_bytes += size * count;
    if (size * count > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        transfer->is_headed = false; // of what came before, a 1xx
    } else if (size * count > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        transfer->is_headed = true;
    }
    return transfer->header_bytes > HEADER_BYTES ? 0 : size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *owner)
{
    struct transfer *transfer = owner;
    size_t more = size * count, room = ANSWER_KEPT_BYTES - transfer->body.size;

    text_add_bytes(&transfer->body, bytes, more < room ? more : room);
    transfer->body_bytes += more;
    transfer->too_long = transfer->body_bytes > LIMIT_RESPONSE_BYTES;
    return transfer->too_long ? 0 : more;
}

static bool set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->request.easy;

    return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
}

static void transfer_destroy(struct transfer *transfer)
{
    request_finish(&transfer->request);
    text_finish(&transfer->body);
    free(transfer);
}

static struct transfer *transfer_create(void)
{
    struct transfer *transfer = xcalloc(1, sizeof *transfer);

    if (!request_init(&transfer->request) || !set_callbacks(transfer)) {
        transfer_destroy(transfer);
        return NULL;
    }
    return transfer;
}

int transfers_create(int max_running, struct transfers **ret, struct error *err)
{
    struct transfers *transfers = xcalloc(1, sizeof *transfers);

    transfers->max_running = max_running;
    for (int i = 0; i < HUNG_LOOKUPS; i++) {
        transfers->hung_mono_ms[i] = INT64_MIN / 2;
    }
    transfers->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
    if (!transfers->multi ||
        curl_multi_setopt(transfers->multi, CURLMOPT_MAXCONNECTS, (long)max_running) != CURLM_OK) {
        transfers_destroy(transfers);
        return error_set(err, -ENOMEM, "libcurl does not start");
    }
    *ret = transfers;
    return 0;
}

void transfers_destroy(struct transfers *transfers)
{
    struct transfer *transfer, *next;

    if (!transfers) {
        return;
    }
    DL_FOREACH_SAFE(transfers->running, transfer, next)
    {
        (void)curl_multi_remove_handle(transfers->multi, transfer->request.easy);
        transfer_destroy(transfer);
    }
    DL_FOREACH_SAFE(transfers->idle, transfer, next)
    {
        transfer_destroy(transfer);
    }
    (void)curl_multi_cleanup(transfers->multi);
    curl_global_cleanup();
    text_finish(&transfers->answer);
    free(transfers);
}

// True while as many lookups as may hang have been left behind of late.
static bool lookups_hang(const struct transfers *transfers, int64_t now_mono_ms)
{
    return now_mono_ms - transfers->hung_mono_ms[transfers->hung_next] < HUNG_LOOKUP_MS;
}

static struct transfer *pull_idle(struct transfers *transfers, struct transfer *transfer)
{
    DL_DELETE(transfers->idle, transfer);
    transfers->idle_count--;
    return transfer;
}

// One that is aimed at the target already, or else a new one while there are few.
static struct transfer *take_idle(struct transfers *transfers, int64_t target)
{
    struct transfer *transfer;

    DL_SEARCH_SCALAR(transfers->idle, transfer, request.target, target);
    if (transfer) {
        return pull_idle(transfers, transfer);
    }
    return transfers->idle_count < IDLE_HANDLES ? transfer_create()
                                                : pull_idle(transfers, transfers->idle);
}

// Those that were used last are kept.
static void put_idle(struct transfers *transfers, struct transfer *transfer)
{
    if (transfer->request.is_own) {
        transfer_destroy(transfer);
        return;
    }
    DL_APPEND(transfers->idle, transfer);
    transfers->idle_count++;
    if (transfers->idle_count > IDLE_HANDLES) {
        transfer_destroy(pull_idle(transfers, transfers->idle));
    }
}

static void reset(struct transfer *transfer)
{
    transfer->opened = transfer->forbidden = transfer->too_long = transfer->is_headed = false;
    transfer->requests = 0;
    transfer->header_bytes = transfer->body_bytes = 0;
    transfer->error[0] = '\0';
    text_clear(&transfer->body);
}

static bool aim(struct transfer *transfer, const struct transfer_target *target)
{
    if (transfer->request.target == target->number) {
        return true;
    }
    transfer->policy = target->policy;
    transfer->allowed_ip[0] = '\0';
    return request_aim(&transfer->request, target);
}

int transfers_start(struct transfers *transfers, const struct transfer_target *target,
                    const struct transfer_content *content, void *owner)
{
    int64_t now_mono_ms = clock_mono_ms();
    struct transfer *transfer;

    if (target->needs_lookup && lookups_hang(transfers, now_mono_ms)) {
        return -EAGAIN;
    }
    transfer = take_idle(transfers, target->number);
    if (!transfer) {
        return -ENOMEM;
    }
    reset(transfer);
    transfer->owner = owner;
    transfer->started_mono_ms = now_mono_ms;
    if (!aim(transfer, target) || !request_fill(&transfer->request, target, content) ||
        curl_multi_add_handle(transfers->multi, transfer->request.easy) != CURLM_OK) {
        transfer_destroy(transfer);
        return -ENOMEM;
    }
    DL_APPEND(transfers->running, transfer);
    transfers->running_count++;
    return 0;
}

void transfers_wait(struct transfers *transfers, int fd, int64_t timeout_ms)
{
    struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};

    if (timeout_ms > 0) {
        (void)curl_multi_poll(transfers->multi, &extra, 1, (int)timeout_ms, NULL);
    }
}

void transfers_run(struct transfers *transfers)
{
    int still_running;

    (void)curl_multi_perform(transfers->multi, &still_running);
}

// Notes a lookup that ran out of time: its thread lives on for a while.
static void note_hung_lookup(struct transfers *transfers, const struct transfer *transfer,
                             CURLcode code)
{
    curl_off_t lookup_us = 0;

    if (code != CURLE_OPERATION_TIMEDOUT || transfer->opened || transfer->requests) {
        return;
    }
    (void)curl_easy_getinfo(transfer->request.easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
    if (!lookup_us) {
        transfers->hung_mono_ms[transfers->hung_next] = clock_mono_ms();
        transfers->hung_next = (transfers->hung_next + 1) % HUNG_LOOKUPS;
    }
}

// Puts libcurl's words into the answer. They name hosts and ports, and no more of a url.
static void say_why(struct text *answer, const struct transfer *transfer, CURLcode code,
                    const char *url)
{
    const char *words = transfer->error[0] ? transfer->error : curl_easy_strerror(code);

    answer_add_line(answer, words, strlen(words), url);
}

// True where the attempt could not begin because of what the admin wrote, so that another is no
// use.
static bool is_misconfigured(const struct transfer *transfer, CURLcode code)
{
    if (code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE) {
        return true;
    }
    return !transfer->requests && !transfer->opened &&
           (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
            code == CURLE_LOGIN_DENIED);
}

static int64_t read_retry_after(const struct transfer *transfer)
{
    curl_off_t seconds = 0;

    (void)curl_easy_getinfo(transfer->request.easy, CURLINFO_RETRY_AFTER, &seconds);
    if (!seconds) {
        return -1;
    }
    if (seconds < 0) {
        return 0; // a date that is past
    }
    return seconds < INT32_MAX ? seconds * SECOND_MS : (int64_t)INT32_MAX * SECOND_MS;
}

// Judges an answer that came whole, or whole but for the end of too long a body.
static void judge_answer(const struct transfer *transfer, struct text *answer, const char *url,
                         struct transfer_result *ret)
{
    long status = 0;

    (void)curl_easy_getinfo(transfer->request.easy, CURLINFO_RESPONSE_CODE, &status);
    ret->status = (int32_t)status;
    ret->retry_after_ms = read_retry_after(transfer);
    answer_add_line(answer, transfer->body.bytes, transfer->body.size, url);
}

static void judge(const struct transfer *transfer, CURLcode code, struct text *answer,
                  struct transfer_result *ret)
{
    char *known = NULL;
    const char *url;

    (void)curl_easy_getinfo(transfer->request.easy, CURLINFO_EFFECTIVE_URL, &known);
    url = known ? known : "";
    text_clear(answer);
    *ret = (struct transfer_result){
        .owner = transfer->owner,
        .result = SEND_AGAIN,
        .retry_after_ms = -1,
        .took_ms = clock_mono_ms() - transfer->started_mono_ms,
    };
    if (code == CURLE_OK && !transfer->is_headed) {
        text_add(answer, "the answer was cut off in its headers");
    } else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && transfer->too_long)) {
        judge_answer(transfer, answer, url, ret);
    } else if (transfer->forbidden && !transfer->opened) {
        ret->result = SEND_PAUSE;
        text_add(answer, transfer->words);
    } else if (transfer->requests > 1) {
        text_add(answer, "the connection was lost before an answer came");
    } else if (transfer->header_bytes > HEADER_BYTES) {
        text_add(answer, "the answer's headers are too long");
    } else {
        ret->result = is_misconfigured(transfer, code) ? SEND_PAUSE : SEND_AGAIN;
        say_why(answer, transfer, code, url);
    }
    ret->answer = text_string(answer);
}

// Takes a transfer off libcurl's hands and off the list; its handle may be used again.
static void retire(struct transfers *transfers, struct transfer *transfer)
{
    (void)curl_multi_remove_handle(transfers->multi, transfer->request.easy);
    DL_DELETE(transfers->running, transfer);
    transfers->running_count--;
    put_idle(transfers, transfer);
}

bool transfers_next(struct transfers *transfers, struct transfer_result *ret)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(transfers->multi, &left)) != NULL) {
        CURLcode code = message->data.result; // the message goes with the handle's removal
        struct transfer *transfer = NULL;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) != CURLE_OK) {
            continue;
        }
        judge(transfer, code, &transfers->answer, ret);
        note_hung_lookup(transfers, transfer, code);
        retire(transfers, transfer);
        return true;
    }
    return false;
}

bool transfers_abort_next(struct transfers *transfers, struct transfer_result *ret)
{
    struct transfer *transfer = transfers->running;

    if (!transfer) {
        return false;
    }
    *ret = (struct transfer_result){
        .owner = transfer->owner,
        .result = SEND_AGAIN,
        .retry_after_ms = -1,
        .took_ms = clock_mono_ms() - transfer->started_mono_ms,
        .answer = "stopped while sending",
    };
    retire(transfers, transfer);
    return true;
}

int transfer_url_host(const char *url, char *buffer, size_t size)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    int rc = -EINVAL;

    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK && strlen(host) < size) {
        memcpy(buffer, host, strlen(host) + 1);
        rc = 0;
    }
    curl_free(host);
    curl_url_cleanup(parts);
    return rc;
}
