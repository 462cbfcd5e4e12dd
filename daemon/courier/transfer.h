// The transfers under way: libcurl behind our names, in the courier. Each is one POST, attempted
// once, with every size and time bounded. Nothing here knows lanes, queues or what follows.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "daemon/courier/signature.h"
#include "daemon/pair.h"

struct transfers; // all of them

// Where a transfer goes and how. Borrowed for the call only, but for the body.
struct transfer_target {
    int64_t number; // not 0, and of no other target, nor of this one as it was before
    const char *url;
    bool allow_http, needs_lookup; // needs_lookup: the host is a name
    struct address_policy policy;
    int64_t timeout_ms, connect_timeout_ms;
    const char *ca, *client_cert, *client_key; // PEM; NULL: the system's CAs, no certificate
    const char *proxy;                         // NULL: none
    const struct signature_keys *keys;         // NULL: not signed
};

struct transfer_content {
    const char *id, *content_type;
    const char *body; // stays where it is until the transfer has ended
    size_t body_size;
};

struct transfer_result {
    void *owner;             // as given at the start
    enum send_result result; // where an answer came: for the lane to say by its status
    int32_t status;          // of the answer; 0: none came, or not whole
    int64_t retry_after_ms;  // -1: not said
    int64_t took_ms;
    const char *answer; // its first bytes, or why none came; valid until the next result
};

// Room for max_running transfers at once, with as many connections kept.
must_check int transfers_create(int max_running, struct transfers **ret, struct error *err);
void transfers_destroy(struct transfers *transfers);

// Starts one. -EAGAIN where too many name lookups hang already; otherwise libcurl has no means.
must_check int transfers_start(struct transfers *transfers, const struct transfer_target *target,
                               const struct transfer_content *content, void *owner);
// Waits for the network or for fd; timeout_ms 0: does not.
void transfers_wait(struct transfers *transfers, int fd, int64_t timeout_ms);
// Moves every transfer on.
void transfers_run(struct transfers *transfers);
// The next one that has ended, false where there is none.
bool transfers_next(struct transfers *transfers, struct transfer_result *ret);
// Ends one that is under way, false where there is none.
bool transfers_abort_next(struct transfers *transfers, struct transfer_result *ret);

// The host of a url as libcurl reads it (127.1 is 127.0.0.1): 0, or -EINVAL where it can read none.
must_check int transfer_url_host(const char *url, char *buffer, size_t size);
