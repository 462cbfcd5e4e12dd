#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/courier/signature.h"

#define SIXTEEN "AAAAAAAAAAAAAAAA"
#define SECRET  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static const struct signed_content published = {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                                "{\"test\": 2432232314}", 20};

static void the_published_vector_holds(void **state)
{
    struct signature_key key;
    char buffer[SIGNATURE_BYTES];

    (void)state;
    assert_int_equal(signature_key_read(SECRET, strlen(SECRET), &key), 0);
    assert_int_equal(key.size, 24);
    assert_string_equal(signature_write(&key, &published, buffer),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void each_part_is_signed(void **state)
{
    struct signed_content other[] = {published, published, published, published};
    struct signature_key key;
    char right[SIGNATURE_BYTES], buffer[SIGNATURE_BYTES];

    (void)state;
    assert_int_equal(signature_key_read(SECRET, strlen(SECRET), &key), 0);
    signature_write(&key, &published, right);
    other[0].id = "msg_other";
    other[1].timestamp_s++;
    other[2].body = "{\"test\": 2432232315}";
    other[3].body_size--;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_string_not_equal(signature_write(&key, &other[i], buffer), right);
    }
    key.bytes[23] ^= 1;
    assert_string_not_equal(signature_write(&key, &published, buffer), right);
}

static void secrets_are_read_padded_or_not(void **state)
{
    struct signature_key padded, bare;

    (void)state;
    // 25 bytes: "==" at the end
    assert_int_equal(signature_key_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==",
                                        strlen("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA=="),
                                        &padded),
                     0);
    assert_int_equal(signature_key_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA",
                                        strlen("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA"), &bare),
                     0);
    assert_int_equal(padded.size, 25);
    assert_int_equal(bare.size, 25);
    assert_memory_equal(padded.bytes, bare.bytes, 25);
}

static void what_is_no_secret_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",        // no prefix
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",   // of another kind
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",   // 23 bytes and a half
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==",  // 22 bytes
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",  // no base64
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=", // padding that is not due
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        "whsec_" SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN "AAAAAAAA", // 66 bytes
    };
    struct signature_key key = {.size = 7};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(signature_key_read(wrong[i], strlen(wrong[i]), &key), -EINVAL);
        assert_int_equal(key.size, 7);
    }
}

static void a_finished_key_is_wiped(void **state)
{
    static const struct signature_key nothing;
    struct signature_key key;

    (void)state;
    assert_int_equal(signature_key_read(SECRET, strlen(SECRET), &key), 0);
    signature_key_finish(&key);
    assert_memory_equal(&key, &nothing, sizeof key);
}

static void two_keys_while_they_change(void **state)
{
    struct signature_keys keys;

    (void)state;
    assert_int_equal(signature_keys_read(SECRET, &keys), 0);
    assert_int_equal(keys.count, 1);
    assert_int_equal(
        signature_keys_read("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n" SECRET, &keys), 0);
    assert_int_equal(keys.count, 2);
    assert_int_equal(keys.keys[0].size, 25); // the new one first
    assert_int_equal(keys.keys[1].size, 24);
    signature_keys_finish(&keys);
    assert_int_equal(keys.count, 0);
    assert_int_equal(signature_keys_read("", &keys), -EINVAL);
    assert_int_equal(signature_keys_read(SECRET "\nwhsec_", &keys), -EINVAL);
    assert_int_equal(signature_keys_read(SECRET "\n" SECRET "\n" SECRET, &keys), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vector_holds),
        cmocka_unit_test(each_part_is_signed),
        cmocka_unit_test(secrets_are_read_padded_or_not),
        cmocka_unit_test(what_is_no_secret_is_refused),
        cmocka_unit_test(a_finished_key_is_wiped),
        cmocka_unit_test(two_keys_while_they_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
