// Which addresses a lane may connect to. A webhook's name may point anywhere, also at services of
// our own network that trust whoever reaches them: so each resolved address is judged, not the
// name. Pure.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "common/base/attributes.h"
#include "common/base/network.h"

enum { NETWORKS_MOST = 16 };

// What the admin said about the lane's endpoint.
struct address_policy {
    bool allow_private; // private = true
    bool to_loopback;   // the url's own host is loopback
    int allow_count;    // networks that are allowed although they are private
    struct network allow[NETWORKS_MOST];
};

enum { ADDRESS_WORDS = 192 };

// True where the policy lets the lane connect; else words (of ADDRESS_WORDS bytes) say why not.
must_check bool address_allowed(const struct sockaddr *address, const struct address_policy *policy,
                                char *words);
// The same for an address in numbers ("10.0.0.5", "fe80::1").
must_check bool address_text_allowed(const char *address, const struct address_policy *policy,
                                     char *words);
// True for localhost, 127.0.0.0/8 and ::1 (in brackets or not) as the host of a url.
bool address_host_is_loopback(const char *host);
// True where the host is an address in numbers and needs no name lookup.
bool address_host_is_literal(const char *host);
