// Networks of the internet as admins write them ("10.1.0.0/16", "fd00::/8", "192.0.2.7"), and
// whether an address lies in one. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attributes.h"

struct network {
    unsigned char prefix[16];
    int bytes; // of an address: 4 or 16
    int bits;  // of the prefix
};

// Reads one of size bytes. NULL, or what is wrong with it, in words.
must_check const char *network_parse(const char *text, size_t size, struct network *ret);
// True where an address of 4 or 16 bytes, as on the wire, lies in the network.
bool network_holds(const struct network *network, const unsigned char *address, int bytes);
// True where the first bits of two addresses are the same.
bool network_same(const unsigned char *address, const unsigned char *prefix, int bits);
