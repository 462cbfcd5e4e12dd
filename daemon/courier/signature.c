#include "daemon/courier/signature.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

int signature_key_read(const char *secret, size_t size, struct signature_key *ret)
{
    static const char prefix[] = "whsec_";
    struct signature_key key = {0};
    size_t length = size;
    int rc;

    if (size < sizeof prefix || strncmp(secret, prefix, sizeof prefix - 1) != 0) {
        return -EINVAL;
    }
    secret += sizeof prefix - 1;
    length -= sizeof prefix - 1;
    // padded first; libsodium takes each form only under its own name
    rc = sodium_base642bin(key.bytes, sizeof key.bytes, secret, length, NULL, &key.size, NULL,
                           sodium_base64_VARIANT_ORIGINAL);
    if (rc != 0) {
        rc = sodium_base642bin(key.bytes, sizeof key.bytes, secret, length, NULL, &key.size, NULL,
                               sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    }
    if (rc == 0 && key.size >= SIGNATURE_KEY_MIN) {
        *ret = key;
    } else {
        rc = -EINVAL;
    }
    signature_key_finish(&key);
    return rc;
}

void signature_key_finish(struct signature_key *key)
{
    sodium_memzero(key, sizeof *key);
}

int signature_keys_read(const char *secrets, struct signature_keys *ret)
{
    struct signature_keys keys = {0};
    int rc = 0;

    while (rc == 0 && *secrets) {
        size_t size = strcspn(secrets, "\n");

        rc = keys.count < SIGNATURE_KEYS ? signature_key_read(secrets, size, &keys.keys[keys.count])
                                         : -EINVAL;
        keys.count += rc == 0;
        secrets += size;
        secrets += *secrets == '\n';
    }
    rc = keys.count ? rc : -EINVAL;
    if (rc == 0) {
        *ret = keys;
    }
    signature_keys_finish(&keys);
    return rc;
}

void signature_keys_finish(struct signature_keys *keys)
{
    sodium_memzero(keys, sizeof *keys);
}

const char *signature_write(const struct signature_key *key, const struct signed_content *content,
                            char *buffer)
{
    crypto_auth_hmacsha256_state state;
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    char stamp[24];
    int size = snprintf(stamp, sizeof stamp, ".%" PRId64 ".", content->timestamp_s);

    (void)crypto_auth_hmacsha256_init(&state, key->bytes, key->size);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)content->id,
                                        strlen(content->id));
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)stamp, (size_t)size);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)content->body,
                                        content->body_size);
    (void)crypto_auth_hmacsha256_final(&state, digest);
    sodium_memzero(&state, sizeof state);
    (void)snprintf(buffer, SIGNATURE_BYTES, "v1,");
    (void)sodium_bin2base64(buffer + 3, SIGNATURE_BYTES - 3, digest, sizeof digest,
                            sodium_base64_VARIANT_ORIGINAL);
    return buffer;
}
