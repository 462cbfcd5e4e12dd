#include "common/base/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

bool network_same(const unsigned char *address, const unsigned char *prefix, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    if (memcmp(address, prefix, (size_t)whole) != 0) {
        return false;
    }
    return !rest || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

bool network_holds(const struct network *network, const unsigned char *address, int bytes)
{
    return network->bytes == bytes && network_same(address, network->prefix, network->bits);
}

// The bits behind the slash; -1 where there are none such.
static int read_bits(const char *at, int most)
{
    int bits = 0;

    if (strlen(at) < 1 || strlen(at) > 3) {
        return -1;
    }
    for (; *at; at++) {
        if (!isdigit((unsigned char)*at)) {
            return -1;
        }
        bits = bits * 10 + (*at - '0');
    }
    return bits <= most ? bits : -1;
}

static bool has_more_bits(const struct network *network)
{
    for (int bit = network->bits; bit < network->bytes * 8; bit++) {
        if (network->prefix[bit / 8] & 0x80 >> bit % 8) {
            return true;
        }
    }
    return false;
}

const char *network_parse(const char *text, size_t size, struct network *ret)
{
    struct network network = {0};
    char buffer[INET6_ADDRSTRLEN + 8], *slash;

    if (size >= sizeof buffer || memchr(text, '\0', size)) {
        return "is no network: write 10.1.0.0/16 or fd00::/8";
    }
    memcpy(buffer, text, size);
    buffer[size] = '\0';
    slash = strchr(buffer, '/');
    if (slash) {
        *slash = '\0';
    }
    network.bytes = inet_pton(AF_INET, buffer, network.prefix) == 1    ? 4
                    : inet_pton(AF_INET6, buffer, network.prefix) == 1 ? 16
                                                                       : 0;
    if (!network.bytes) {
        return "is no network: write 10.1.0.0/16 or fd00::/8";
    }
    network.bits = slash ? read_bits(slash + 1, network.bytes * 8) : network.bytes * 8;
    if (network.bits < 0) {
        return "has no such length of its prefix behind the slash";
    }
    if (has_more_bits(&network)) {
        return "has more bits set than its prefix is long: is one address meant, or a network?";
    }
    *ret = network;
    return NULL;
}
