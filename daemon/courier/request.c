#include "daemon/courier/request.h"

#include <string.h>

#include "common/base/moment.h"
#include "config.h"

enum {
    EXPECT_BYTES = 1000 * 1000, // a body for which libcurl may ask a receiver whether it wants it
    SILENT_S = 60
};

#define USER_AGENT "headsup/" HEADSUP_VERSION

// What is the same for every transfer. libcurl looks at no environment, no file of its own, and no
// other place than the one that it was given.
static bool set_common(CURL *easy)
{
    static const struct {
        CURLoption option;
        long value;
    } settings[] = {
        {CURLOPT_POST, 1},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_MAXLIFETIME_CONN, 600},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_HTTP09_ALLOWED, 0},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
        // without it the end of a transfer waits for its name lookup, and everybody else with it
        {CURLOPT_QUICK_EXIT, 1},
    };
    bool fine = true;

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        fine = curl_easy_setopt(easy, settings[i].option, settings[i].value) == CURLE_OK && fine;
    }
    return fine && curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK;
}

bool request_init(struct request *request)
{
    request->easy = curl_easy_init();
    return request->easy && set_common(request->easy) &&
           curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers) == CURLE_OK;
}

void request_finish(struct request *request)
{
    curl_easy_cleanup(request->easy);
    curl_url_cleanup(request->url);
    text_finish(&request->head);
}

// Reads the url once for all requests to it. One that cannot be read libcurl is given as it is, and
// says so itself where it is to go there.
static bool set_url(struct request *request, const char *url)
{
    CURLU *parts = curl_url();
    bool is_read =
        parts && curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK;
    bool fine = curl_easy_setopt(request->easy, CURLOPT_URL, is_read ? NULL : url) == CURLE_OK &&
                curl_easy_setopt(request->easy, CURLOPT_CURLU, is_read ? parts : NULL) == CURLE_OK;

    curl_url_cleanup(request->url);
    request->url = parts;
    return fine;
}

static bool set_times(CURL *easy, const struct transfer_target *target)
{
    // where nothing moves for so long, nothing will; the time-out is mostly shorter
    bool may_be_silent = target->timeout_ms > SILENT_S * (int64_t)SECOND_MS;

    return curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)target->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)target->connect_timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, may_be_silent ? 1L : 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, may_be_silent ? (long)SILENT_S : 0L) ==
               CURLE_OK;
}

static bool set_blob(CURL *easy, CURLoption option, const char *pem)
{
    // libcurl takes what may be changed, and copies it
    struct curl_blob blob = {(void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_COPY};

    return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

// What only some lanes have. A handle that got any of it goes with its transfer.
static bool set_own(struct request *request, const struct transfer_target *target)
{
    CURL *easy = request->easy;
    bool fine = true;

    request->is_own = target->ca || target->client_cert || target->proxy;
    if (target->ca) { // it alone, without those of the system
        fine = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
               set_blob(easy, CURLOPT_CAINFO_BLOB, target->ca);
    }
    if (fine && target->client_cert && target->client_key) {
        fine = set_blob(easy, CURLOPT_SSLCERT_BLOB, target->client_cert) &&
               set_blob(easy, CURLOPT_SSLKEY_BLOB, target->client_key);
    }
    if (fine && target->proxy) {
        // the proxy is to hear who calls, too
        fine = curl_easy_setopt(easy, CURLOPT_PROXY, target->proxy) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT) == CURLE_OK;
    }
    return fine;
}

bool request_aim(struct request *request, const struct transfer_target *target)
{
    request->target = target->number;
    return set_url(request, target->url) && set_times(request->easy, target) &&
           curl_easy_setopt(request->easy, CURLOPT_PROTOCOLS_STR,
                            target->allow_http ? "http,https" : "https") == CURLE_OK &&
           set_own(request, target);
}

// One signature a key, with blanks between: the receiver needs to know only one of them.
static void sign(struct text *head, const struct signature_keys *keys,
                 const struct signed_content *content)
{
    char signature[SIGNATURE_BYTES];

    text_add(head, "\r\nwebhook-signature:");
    for (int i = 0; i < keys->count; i++) {
        text_add_char(head, ' ');
        text_add(head, signature_write(&keys->keys[i], content, signature));
    }
}

// Writes the request's own lines into the memory of those before. libcurl gets them as one, which
// it passes on as it is (CURLOPT_HTTPHEADER(3)) and which begins with the name that it looks for:
// it looks through all that there are for each line that it writes itself. To a proxy it says the
// user agent too, and so it must know of it.
static void write_head(struct text *head, const struct transfer_target *target,
                       const struct transfer_content *content)
{
    int64_t now_s = clock_wall_ms() / SECOND_MS;

    text_clear(head);
    text_add(head, "Content-Type: ");
    text_add(head, content->content_type);
    text_add(head, target->proxy ? "" : "\r\nUser-Agent: " USER_AGENT);
    text_add(head, "\r\nwebhook-id: ");
    text_add(head, content->id);
    text_add(head, "\r\nwebhook-timestamp: ");
    text_add_int(head, now_s);
    if (target->keys) {
        sign(head, target->keys,
             &(struct signed_content){content->id, now_s, content->body, content->body_size});
    }
}

bool request_fill(struct request *request, const struct transfer_target *target,
                  const struct transfer_content *content)
{
    static char no_expect[] = "Expect:"; // no wait for a 100

    write_head(&request->head, target, content);
    request->headers[0].data = request->head.bytes;
    request->headers[1].data = no_expect;
    request->headers[0].next = content->body_size >= EXPECT_BYTES ? &request->headers[1] : NULL;
    return curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, content->body) == CURLE_OK &&
           curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)content->body_size) == CURLE_OK;
}
