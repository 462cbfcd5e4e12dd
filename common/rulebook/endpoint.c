#include "common/rulebook/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/address.h"
#include "common/base/moment.h"
#include "common/base/network.h"
#include "common/base/xalloc.h"
#include "common/rulebook/endpoint_files.h"
#include "common/rulebook/reader.h"

enum { RATE_UNSAID = -1, NAME_BYTES = 255, SECRETS_MOST = 2, ANSWERS_MOST = 32 };

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static bool port_good(const char *port, size_t size)
{
    unsigned number = 0;

    if (size == 0 || size > 5) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!isdigit((unsigned char)port[i])) {
            return false;
        }
        number = number * 10 + (unsigned)(port[i] - '0');
    }
    return number > 0 && number <= 65535;
}

// The host and the port between "//" and the path.
static const char *authority_fault(const char *at, size_t size, char **ret_host)
{
    cleanup_with(freep) char *host = NULL;
    size_t length;
    struct in6_addr six;

    if (memchr(at, '@', size)) {
        return "must not hold a user or a password: use a secret_file";
    }
    if (size && at[0] == '[') {
        length = strcspn(at, "]");
        if (length >= size) {
            return "has a host with an opening bracket and no closing one";
        }
        host = xstrndup(at + 1, length - 1);
        length++;
        if (inet_pton(AF_INET6, host, &six) != 1) {
            return "has a host in brackets that is no IPv6 address";
        }
    } else {
        length = strcspn(at, ":/?#");
        host = xstrndup(at, length);
        if (length == 0 || length > NAME_BYTES) {
            return "has no host";
        }
        if (strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
            length) {
            return "has a host that is no host's name";
        }
    }
    if (length < size && (at[length] != ':' || !port_good(at + length + 1, size - length - 1))) {
        return "has a port that is none: write host:8443";
    }
    for (char *byte = host; *byte; byte++) {
        *byte = (char)tolower((unsigned char)*byte);
    }
    *ret_host = host;
    host = NULL;
    return NULL;
}

const char *url_fault(const char *url, char **ret_host)
{
    const char *at;

    if (strlen(url) > URL_BYTES) {
        return "is too long";
    }
    for (const char *byte = url; *byte; byte++) {
        if (*byte <= ' ' || *byte > '~' || *byte == '\\') {
            return "holds a character that no address may have: write it as %XX";
        }
    }
    if (strncasecmp(url, "https://", 8) == 0) {
        at = url + 8;
    } else if (strncasecmp(url, "http://", 7) == 0) {
        at = url + 7;
    } else {
        return "must begin with https://";
    }
    return authority_fault(at, strcspn(at, "/?#"), ret_host);
}

static void check_url(struct reader *reader, struct place place, const char *text, void *group)
{
    struct endpoint *endpoint = group;
    char *host = NULL;
    const char *fault = url_fault(text, &host);

    if (fault) {
        reader_error(reader, place, "'url' %s", fault);
    } else if (endpoint) {
        endpoint->host = host;
        return;
    }
    free(host);
}

// One secret, without its line's end.
static bool secret_good(const char *secret, size_t whole)
{
    const size_t prefix = strlen("whsec_");
    const char *at = secret + prefix;
    size_t size, padding, bytes;
    int last;

    if (strncmp(secret, "whsec_", prefix) != 0) {
        return false;
    }
    size = strspn(at, BASE64);
    padding = strspn(at + size, "=");
    if (prefix + size + padding != whole || padding > 2 || (size + padding) % 4 != 0 || size == 0) {
        return false;
    }
    // the bits of the last letter that belong to no byte are zero
    last = (int)(strchr(BASE64, at[size - 1]) - BASE64);
    if ((padding == 1 && last & 3) || (padding == 2 && last & 15)) {
        return false;
    }
    bytes = size * 3 / 4;
    return bytes >= 24 && bytes <= 64;
}

bool secrets_good(const char *secrets)
{
    for (int count = 0; count < SECRETS_MOST; count++) {
        size_t whole = strcspn(secrets, "\n");

        if (!secret_good(secrets, whole)) {
            return false;
        }
        secrets += whole;
        if (*secrets == '\0') {
            return true;
        }
        secrets++;
    }
    return false;
}

static void check_proxy(struct reader *reader, struct place place, const char *text, void *group)
{
    char *host = NULL;
    const char *fault = url_fault(text, &host), *port;

    (void)group;
    free(host);
    if (fault) {
        reader_error(reader, place, "'proxy' %s", fault);
        return;
    }
    port = strrchr(text, ':') + 1;
    if (!isdigit((unsigned char)port[0]) || port[strspn(port, "0123456789")] != '\0') {
        reader_error(reader, place,
                     "'proxy' must end with its port: http://proxy.example.com:3128");
    }
}

static void check_allow(struct reader *reader, struct place place, const char *text, void *group)
{
    struct network network;
    const char *fault = network_parse(text, strlen(text), &network);

    (void)group;
    if (fault) {
        reader_error(reader, place, "'allow': '%.64s' %s", text, fault);
    }
}

// A name is judged when it is looked up; an address in numbers can be now.
static void check_reach(struct reader *reader, struct place place, const struct endpoint *endpoint)
{
    struct address_policy policy = {.allow_private = endpoint->allow_private,
                                    .to_loopback = address_host_is_loopback(endpoint->host)};
    char words[ADDRESS_WORDS];

    for (size_t i = 0; i < endpoint->allow_count; i++) {
        struct network *network = &policy.allow[policy.allow_count];

        policy.allow_count +=
            !network_parse(endpoint->allow[i], strlen(endpoint->allow[i]), network);
    }
    if (address_host_is_literal(endpoint->host) &&
        !address_text_allowed(endpoint->host, &policy, words)) {
        reader_warning(reader, place, "'url' is where nothing will be sent: %s", words);
    }
}

static void prepare_endpoint(void *group)
{
    struct endpoint *endpoint = group;

    endpoint->rate_per_minute = RATE_UNSAID;
}

static void check_endpoint(struct reader *reader, struct place place, void *group)
{
    struct endpoint *endpoint = group;
    const char *fault = endpoint->host ? formats_settle_url(endpoint) : NULL;

    if (fault) {
        reader_error(reader, place, "'url' %s", fault);
    }
    if (endpoint->host && strncasecmp(endpoint->url, "http:", 5) == 0 && !endpoint->insecure &&
        !address_host_is_loopback(endpoint->host)) {
        reader_error(reader, place,
                     "'url' is http to another machine, where anybody can read along: use https, "
                     "or say insecure = true");
    }
    if (endpoint->host) {
        check_reach(reader, place, endpoint);
    }
    if (!endpoint->client_cert_file != !endpoint->client_key_file) {
        reader_error(reader, place,
                     "'client_cert_file' and 'client_key_file' belong together: one is missing");
    }
    answers_check(reader, place, endpoint->answers, endpoint->answer_count);
    if (endpoint->rate_per_minute == RATE_UNSAID) {
        endpoint->rate_per_minute = formats_rate_per_minute(endpoint->format);
    }
    if (endpoint->rate_per_minute > 0) {
        endpoint->rate_gap_ms =
            (MINUTE_MS + endpoint->rate_per_minute - 1) / endpoint->rate_per_minute;
    }
}

static void wipe(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
    }
    free(secret);
}

static void finish_endpoint(void *group)
{
    struct endpoint *endpoint = group;

    wipe(endpoint->secret);
    wipe(endpoint->client_key);
    free(endpoint->ca);
    free(endpoint->client_cert);
    free(endpoint->topic);
    free(endpoint->host);
    free(endpoint->lane);
}

static const struct setting endpoint_settings[] = {
    {.name = "url",
     .type = SETTING_TEXT,
     .required = true,
     .max = URL_BYTES,
     .check = check_url,
     STORED_IN(struct endpoint, url),
     .help = "The address that notices are sent to, https or, on this machine, http."},
    {.name = "format",
     .type = SETTING_WORD,
     .def = "\"generic\"",
     .words = &formats_words,
     STORED_IN(struct endpoint, format),
     .help = "What is sent: generic, a CloudEvents event in JSON, or a message for slack, teams, "
             "google_chat, discord, mattermost or ntfy."},
    {.name = "secret_file",
     .type = SETTING_TEXT,
     .check = endpoint_file_secret,
     STORED_IN(struct endpoint, secret_file),
     .help = "The file with the secret that signs each request, or with two while they change; "
             "without it none is signed."},
    {.name = "insecure",
     .type = SETTING_BOOLEAN,
     .def = "false",
     STORED_IN(struct endpoint, insecure),
     .help = "Whether http to another machine is allowed, where anybody on the way can read it."},
    {.name = "private",
     .type = SETTING_BOOLEAN,
     .def = "false",
     STORED_IN(struct endpoint, allow_private),
     .help = "Whether the address may lead into a private network."},
    {.name = "allow",
     .type = SETTING_TEXTS,
     .max = NETWORKS_MOST,
     .check = check_allow,
     LISTED_IN(struct endpoint, allow, allow_count),
     .help = "Private networks that the address may lead into, where not all of them are meant."},
    {.name = "ca_file",
     .type = SETTING_TEXT,
     .check = endpoint_file_ca,
     STORED_IN(struct endpoint, ca_file),
     .help = "The file with the certificates, in PEM, that are trusted here instead of the "
             "system's."},
    {.name = "client_cert_file",
     .type = SETTING_TEXT,
     .check = endpoint_file_cert,
     STORED_IN(struct endpoint, client_cert_file),
     .help = "The file with the certificate, in PEM, that is shown to a receiver that asks for "
             "one."},
    {.name = "client_key_file",
     .type = SETTING_TEXT,
     .check = endpoint_file_key,
     STORED_IN(struct endpoint, client_key_file),
     .help = "The file with the key of that certificate, in PEM and without a passphrase."},
    {.name = "proxy",
     .type = SETTING_TEXT,
     .max = URL_BYTES,
     .check = check_proxy,
     STORED_IN(struct endpoint, proxy),
     .help = "The proxy that requests go by; no variable of the environment sets one."},
    {.name = "concurrency",
     .type = SETTING_INTEGER,
     .def = "1",
     .min = 1,
     .max = 64,
     STORED_IN(struct endpoint, concurrency),
     .help = "How many requests may be under way at once; with 1 a rep reads things in order."},
    {.name = "rate_per_minute",
     .type = SETTING_INTEGER,
     .def_told = FORMAT_RATES,
     .min = 0,
     .max = 60000,
     STORED_IN(struct endpoint, rate_per_minute),
     .help = "How many requests are sent in a minute at most; 0 sets no limit."},
    {.name = "timeout",
     .type = SETTING_SPAN,
     .def = "\"15s\"",
     .min = 10,
     .max = 10 * (int64_t)MINUTE_MS,
     STORED_IN(struct endpoint, timeout_ms),
     .help = "How long one request may take in all."},
    {.name = "connect_timeout",
     .type = SETTING_SPAN,
     .def = "\"5s\"",
     .min = 10,
     .max = 10 * (int64_t)MINUTE_MS,
     STORED_IN(struct endpoint, connect_timeout_ms),
     .help = "How long it may take until a connection stands."},
    {.name = "expire_after",
     .type = SETTING_SPAN,
     .def_told = "none",
     .min = SECOND_MS,
     .max = 365 * (int64_t)DAY_MS,
     STORED_IN(struct endpoint, expire_after_ms),
     .help = "How long a heads-up may wait for the receiver; then it is for the rep's digest."},
    {.name = "answers",
     .type = SETTING_GROUPS,
     .max = ANSWERS_MOST,
     .group = &answer_group,
     LISTED_IN(struct endpoint, answers, answer_count),
     .help = "Answers that mean something else here than they do everywhere; the first that fits "
             "decides."},
};

const struct setting_group endpoint_group = {
    .title = "webhook",
    .settings = endpoint_settings,
    .count = sizeof endpoint_settings / sizeof endpoint_settings[0],
    .size = sizeof(struct endpoint),
    .prepare = prepare_endpoint,
    .check = check_endpoint,
    .finish = finish_endpoint,
};
