// Signatures of Standard Webhooks: HMAC-SHA256 over "id.timestamp.body" with a "whsec_" secret, in
// the courier only. Pure but for libsodium. Keys are wiped by signature_key_finish().
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"

enum {
    SIGNATURE_KEY_MIN = 24, // bytes, as the standard has it
    SIGNATURE_KEY_MAX = 64,
    SIGNATURE_BYTES = 48, // "v1,", 44 of base64 and the NUL
    SIGNATURE_KEYS = 2    // the new one and the old, while they change
};

struct signature_key {
    unsigned char bytes[SIGNATURE_KEY_MAX];
    size_t size;
};

struct signed_content {
    const char *id;
    int64_t timestamp_s; // of this attempt, since 1970
    const char *body;    // exactly as it is sent
    size_t body_size;
};

struct signature_keys {
    struct signature_key keys[SIGNATURE_KEYS];
    int count;
};

// Reads "whsec_" and base64, padded or not. 0, or -EINVAL where it is no such secret.
must_check int signature_key_read(const char *secret, size_t size, struct signature_key *ret);
void signature_key_finish(struct signature_key *key);
// Reads one such secret a line, at most SIGNATURE_KEYS.
must_check int signature_keys_read(const char *secrets, struct signature_keys *ret);
void signature_keys_finish(struct signature_keys *keys);

// Writes one signature; buffer has SIGNATURE_BYTES.
const char *signature_write(const struct signature_key *key, const struct signed_content *content,
                            char *buffer);
