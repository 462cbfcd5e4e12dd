#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "common/base/address.h"

enum { PUBLIC, PRIVATE, LOOPBACK, NEVER };

// The first and the last address of each range, and their neighbours outside.
static const struct {
    const char *address;
    int kind;
} cases[] = {
    {"0.0.0.0", NEVER},
    {"0.255.255.255", NEVER},
    {"1.0.0.0", PUBLIC},
    {"9.255.255.255", PUBLIC},
    {"10.0.0.0", PRIVATE},
    {"10.255.255.255", PRIVATE},
    {"11.0.0.0", PUBLIC},
    {"100.63.255.255", PUBLIC},
    {"100.64.0.0", PRIVATE},
    {"100.127.255.255", PRIVATE},
    {"100.128.0.0", PUBLIC},
    {"126.255.255.255", PUBLIC},
    {"127.0.0.1", LOOPBACK},
    {"127.255.255.255", LOOPBACK},
    {"128.0.0.0", PUBLIC},
    {"169.253.255.255", PUBLIC},
    {"169.254.169.254", PRIVATE},
    {"169.255.0.0", PUBLIC},
    {"172.15.255.255", PUBLIC},
    {"172.16.0.0", PRIVATE},
    {"172.31.255.255", PRIVATE},
    {"172.32.0.0", PUBLIC},
    {"192.0.0.1", PRIVATE},
    {"192.0.1.0", PUBLIC},
    {"192.167.255.255", PUBLIC},
    {"192.168.0.0", PRIVATE},
    {"192.168.255.255", PRIVATE},
    {"192.169.0.0", PUBLIC},
    {"198.17.255.255", PUBLIC},
    {"198.18.0.0", PRIVATE},
    {"198.19.255.255", PRIVATE},
    {"198.20.0.0", PUBLIC},
    {"223.255.255.255", PUBLIC},
    {"224.0.0.1", NEVER},
    {"239.255.255.255", NEVER},
    {"240.0.0.0", NEVER},
    {"255.255.255.255", NEVER},
    {"::", NEVER},
    {"::1", LOOPBACK},
    {"::2", NEVER}, // the old form of 0.0.0.2
    {"::10.0.0.5", PRIVATE},
    {"::ffff:8.8.8.8", PUBLIC},
    {"::ffff:10.0.0.5", PRIVATE},
    {"::ffff:127.0.0.1", LOOPBACK},
    {"::ffff:0.0.0.0", NEVER},
    {"64:ff9b::8.8.8.8", PUBLIC},
    {"64:ff9b::169.254.169.254", PRIVATE},
    {"64:ff9b::127.0.0.1", LOOPBACK},
    {"64:ff9b:1::8.8.8.8", PRIVATE},
    {"2002:0808:0808::1", PUBLIC},
    {"2002:0a00:0005::1", PRIVATE},
    {"2002:7f00:0001::1", LOOPBACK},
    {"2001:0:4136:e378:8000:63bf:f5ff:fffa", PRIVATE}, // Teredo's of 10.0.0.5
    {"2001:0:4136:e378:8000:63bf:f7f7:f7f7", PUBLIC},  // of 8.8.8.8
    {"2001:1::1", PUBLIC},
    {"2606:4700::1111", PUBLIC},
    {"fbff::1", PUBLIC},
    {"fc00::1", PRIVATE},
    {"fdff::1", PRIVATE},
    {"fe00::1", PUBLIC},
    {"fe80::1", PRIVATE},
    {"febf::1", PRIVATE},
    {"fec0::1", PRIVATE},
    {"ff02::1", NEVER},
};

static bool allowed(const char *address, bool allow_private, bool to_loopback, char *words)
{
    const struct address_policy policy = {.allow_private = allow_private,
                                          .to_loopback = to_loopback};
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {0};
    char again[ADDRESS_WORDS] = "";
    bool ret;

    if (strchr(address, ':')) {
        name.v6.sin6_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, address, &name.v6.sin6_addr), 1);
    } else {
        name.v4.sin_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, address, &name.v4.sin_addr), 1);
    }
    ret = address_allowed(&name.any, &policy, words);
    assert_int_equal(address_text_allowed(address, &policy, again), ret); // both ways agree
    return ret;
}

static void each_range_has_its_rule(void **state)
{
    char words[ADDRESS_WORDS];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *address = cases[i].address;
        int kind = cases[i].kind;

        print_message("# %s\n", address);
        assert_int_equal(allowed(address, false, false, words), kind == PUBLIC);
        assert_int_equal(allowed(address, true, false, words), kind == PUBLIC || kind == PRIVATE);
        assert_int_equal(allowed(address, false, true, words), kind == PUBLIC || kind == LOOPBACK);
        assert_int_equal(allowed(address, true, true, words), kind != NEVER);
    }
}

static void a_refusal_says_what_to_do(void **state)
{
    char words[ADDRESS_WORDS];

    (void)state;
    assert_false(allowed("10.0.0.5", false, false, words));
    assert_string_equal(words,
                        "address 10.0.0.5 is in a private range; "
                        "name its network in allow, or set private = true, if that is meant");
    assert_false(allowed("127.0.0.1", true, false, words));
    assert_non_null(strstr(words, "localhost"));
    assert_false(allowed("255.255.255.255", true, true, words));
    assert_null(strstr(words, "private = true"));
}

static void the_admins_list_lets_its_networks_through(void **state)
{
    static const struct {
        const char *address;
        bool allowed;
    } judged[] = {
        {"10.1.0.1", true},          {"10.1.255.255", true}, {"10.2.0.1", false},
        {"10.0.255.255", false},     {"fd00:1::7", true},    {"fd00:2::7", false},
        {"::ffff:10.1.2.3", true},   {"192.168.7.9", true},  {"192.168.7.8", false},
        {"64:ff9b::10.1.2.3", true}, {"127.0.0.1", false},   {"8.8.8.8", true},
        {"224.0.0.1", false},
    };
    static const char *const networks[] = {"10.1.0.0/16", "fd00:1::/32", "192.168.7.9",
                                           "224.0.0.0/4", "127.0.0.0/8"};
    struct address_policy policy = {0};
    char words[ADDRESS_WORDS];

    (void)state;
    assert_false(address_text_allowed("10.1.0.1", &policy, words));
    assert_non_null(strstr(words, "allow"));
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        assert_null(
            network_parse(networks[i], strlen(networks[i]), &policy.allow[policy.allow_count++]));
    }
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        if (address_text_allowed(judged[i].address, &policy, words) != judged[i].allowed) {
            fail_msg("%s", judged[i].address);
        }
    }
}

static void networks_are_read_strictly(void **state)
{
    static const char *const wrong[] = {
        "",           "10.1.0.0/", "10.1.0.0/33", "10.1.0.0/-1",   "10.1.0/16",   "10.1.2.3/16",
        "fd00::/129", "fd00::1/8", "10.0.0.0/8 ", "example.com/8", "10.0.0.0/0x8"};
    struct network network;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (!network_parse(wrong[i], strlen(wrong[i]), &network)) {
            fail_msg("'%s' was taken", wrong[i]);
        }
    }
    assert_null(network_parse("0.0.0.0/0", 9, &network));
    assert_null(network_parse("10.0.0.0/8\nrest", 10, &network));
    assert_int_equal(network.bits, 8);
}

static void what_is_no_address_is_refused(void **state)
{
    const struct address_policy policy = {.allow_private = true, .to_loopback = true};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    char words[ADDRESS_WORDS];

    (void)state;
    assert_false(address_allowed((const struct sockaddr *)&local, &policy, words));
    assert_false(address_text_allowed("", &policy, words));
    assert_false(address_text_allowed("example.com", &policy, words));
    assert_false(address_text_allowed("8.8.8", &policy, words));
}

static void hosts_that_are_loopback(void **state)
{
    static const char *const yes[] = {"localhost",  "LocalHost", "127.0.0.1",
                                      "127.8.9.10", "::1",       "[::1]"};
    static const char *const no[] = {"",
                                     "localhost.example.com",
                                     "127.0.0.1.nip.io",
                                     "[::2]",
                                     "[]",
                                     "0.0.0.0",
                                     "128.0.0.1",
                                     "[127.0.0.1]",
                                     "example.com",
                                     "[::1",
                                     "[::ffff:10.0.0.1]"};

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        assert_true(address_host_is_loopback(yes[i]));
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_false(address_host_is_loopback(no[i]));
    }
}

static void hosts_that_need_no_lookup(void **state)
{
    (void)state;
    assert_true(address_host_is_literal("10.0.0.1"));
    assert_true(address_host_is_literal("[fe80::1]"));
    assert_false(address_host_is_literal("localhost"));
    assert_false(address_host_is_literal("10.0.0.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_range_has_its_rule),
        cmocka_unit_test(a_refusal_says_what_to_do),
        cmocka_unit_test(the_admins_list_lets_its_networks_through),
        cmocka_unit_test(networks_are_read_strictly),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(hosts_that_are_loopback),
        cmocka_unit_test(hosts_that_need_no_lookup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
