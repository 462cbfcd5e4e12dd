#include "common/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

// What an address is to a courier that may have been sent there by somebody else.
enum reach {
    REACH_PUBLIC,
    REACH_PRIVATE,  // needs private = true
    REACH_LOOPBACK, // needs a url that says so itself
    REACH_NEVER     // no single host's address
};

struct range {
    unsigned char prefix[16];
    int bits;
    enum reach reach;
    const char *words;
};

// The first that fits counts.
static const struct range ranges4[] = {
    {{0}, 8, REACH_NEVER, "in the unspecified range"},
    {{10}, 8, REACH_PRIVATE, "in a private range"},
    {{100, 64}, 10, REACH_PRIVATE, "in the range of shared carrier addresses"},
    {{127}, 8, REACH_LOOPBACK, "this machine itself"},
    {{169, 254}, 16, REACH_PRIVATE, "in the link-local range, where cloud metadata is served"},
    {{172, 16}, 12, REACH_PRIVATE, "in a private range"},
    {{192, 0, 0}, 24, REACH_PRIVATE, "in a special-purpose range"},
    {{192, 168}, 16, REACH_PRIVATE, "in a private range"},
    {{198, 18}, 15, REACH_PRIVATE, "in the range for benchmarks"},
    {{224}, 4, REACH_NEVER, "a multicast address"},
    {{240}, 4, REACH_NEVER, "in a reserved range"},
};

static const struct range ranges6[] = {
    {{[15] = 1}, 128, REACH_LOOPBACK, "this machine itself"},
    {{0}, 128, REACH_NEVER, "the unspecified address"},
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, REACH_PRIVATE, "in a local range of NAT64"},
    {{0xfc}, 7, REACH_PRIVATE, "in a private range"},
    {{0xfe, 0x80}, 10, REACH_PRIVATE, "in the link-local range"},
    {{0xfe, 0xc0}, 10, REACH_PRIVATE, "in a site-local range"},
    {{0xff}, 8, REACH_NEVER, "a multicast address"},
};

// IPv6 ranges that carry an IPv4 address, which is what counts.
static const struct {
    unsigned char prefix[16];
    int bits, at;
    unsigned char mask; // the inner bytes are stored turned over by it
} wrappers[] = {
    {{[10] = 0xff, 0xff}, 96, 12, 0},         // IPv4 itself, mapped
    {{0}, 96, 12, 0},                         // the old compatible form
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12, 0},    // NAT64
    {{0x20, 0x02}, 16, 2, 0},                 // 6to4
    {{0x20, 0x01, 0x00, 0x00}, 32, 12, 0xff}, // Teredo's client
};

static const struct range public_range = {{0}, 0, REACH_PUBLIC, "public"};

static const struct range *range_of(const unsigned char *address, const struct range *ranges,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (network_same(address, ranges[i].prefix, ranges[i].bits)) {
            return &ranges[i];
        }
    }
    return &public_range;
}

static const struct range *range_of4(const unsigned char *address)
{
    return range_of(address, ranges4, sizeof ranges4 / sizeof *ranges4);
}

// The IPv4 address that an IPv6 address carries into ret; false where it carries none.
static bool unwrap(const unsigned char *address, unsigned char *ret)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (network_same(address, wrappers[i].prefix, wrappers[i].bits)) {
            for (int j = 0; j < 4; j++) {
                ret[j] = address[wrappers[i].at + j] ^ wrappers[i].mask;
            }
            return true;
        }
    }
    return false;
}

static const struct range *range_of6(const unsigned char *address)
{
    const struct range *own = range_of(address, ranges6, sizeof ranges6 / sizeof *ranges6);
    unsigned char inner[4];

    if (own->reach != REACH_PUBLIC) {
        return own;
    }
    return unwrap(address, inner) ? range_of4(inner) : own;
}

// True where the admin's own list has the address, or the one that it carries.
static bool is_listed(const unsigned char *address, int bytes, const struct address_policy *policy)
{
    unsigned char inner[4];
    bool carries = bytes == 16 && unwrap(address, inner);

    for (int i = 0; i < policy->allow_count; i++) {
        if (network_holds(&policy->allow[i], address, bytes) ||
            (carries && network_holds(&policy->allow[i], inner, sizeof inner))) {
            return true;
        }
    }
    return false;
}

static bool judge(const unsigned char *address, int bytes, const char *text,
                  const struct address_policy *policy, char *words)
{
    const struct range *range = bytes == 4 ? range_of4(address) : range_of6(address);
    const char *advice = "";

    switch (range->reach) {
    case REACH_PUBLIC:
        return true;
    case REACH_PRIVATE:
        if (policy->allow_private || is_listed(address, bytes, policy)) {
            return true;
        }
        advice = "; name its network in allow, or set private = true, if that is meant";
        break;
    case REACH_LOOPBACK:
        if (policy->to_loopback) {
            return true;
        }
        advice = "; only a url that itself names localhost may lead there";
        break;
    case REACH_NEVER:
        break;
    }
    (void)snprintf(words, ADDRESS_WORDS, "address %s is %s%s", text, range->words, advice);
    return false;
}

bool address_allowed(const struct sockaddr *address, const struct address_policy *policy,
                     char *words)
{
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof v4);
        return judge((const unsigned char *)&v4.sin_addr, 4,
                     inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text), policy, words);
    case AF_INET6:
        memcpy(&v6, address, sizeof v6);
        return judge(v6.sin6_addr.s6_addr, 16,
                     inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text), policy, words);
    default:
        (void)snprintf(words, ADDRESS_WORDS, "the address is not of the internet");
        return false;
    }
}

bool address_text_allowed(const char *address, const struct address_policy *policy, char *words)
{
    unsigned char bytes[16];

    if (inet_pton(AF_INET, address, bytes) == 1) {
        return judge(bytes, 4, address, policy, words);
    }
    if (inet_pton(AF_INET6, address, bytes) == 1) {
        return judge(bytes, 16, address, policy, words);
    }
    (void)snprintf(words, ADDRESS_WORDS, "the address cannot be read");
    return false;
}

// Reads a url's host as an address: 4, 6, or 0 where it is a name.
static int read_literal(const char *host, unsigned char *bytes)
{
    char inner[INET6_ADDRSTRLEN];
    size_t size = strlen(host);

    if (inet_pton(AF_INET, host, bytes) == 1) {
        return 4;
    }
    if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    }
    if (size >= sizeof inner) {
        return 0;
    }
    memcpy(inner, host, size);
    inner[size] = '\0';
    return inet_pton(AF_INET6, inner, bytes) == 1 ? 6 : 0;
}

bool address_host_is_loopback(const char *host)
{
    unsigned char bytes[16];

    switch (read_literal(host, bytes)) {
    case 4:
        return range_of4(bytes)->reach == REACH_LOOPBACK;
    case 6:
        return network_same(bytes, ranges6[0].prefix, ranges6[0].bits);
    default:
        return strcasecmp(host, "localhost") == 0;
    }
}

bool address_host_is_literal(const char *host)
{
    unsigned char bytes[16];

    return read_literal(host, bytes) != 0;
}
