#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/courier/answer.h"

#define URL "https://hooks.example.com/services/T0000AAAA/B0000BBBB/abcdefghijkl?sig=0123456789"

static void each_status_has_its_result(void **state)
{
    static const struct {
        int32_t status;
        enum send_result result;
    } cases[] = {
        {0, SEND_AGAIN},       {100, SEND_AGAIN},     {199, SEND_AGAIN},   {200, SEND_DELIVERED},
        {204, SEND_DELIVERED}, {299, SEND_DELIVERED}, {300, SEND_PAUSE},   {302, SEND_PAUSE},
        {399, SEND_PAUSE},     {400, SEND_REFUSED},   {401, SEND_PAUSE},   {402, SEND_REFUSED},
        {403, SEND_PAUSE},     {404, SEND_PAUSE},     {405, SEND_REFUSED}, {407, SEND_PAUSE},
        {408, SEND_AGAIN},     {409, SEND_AGAIN},     {410, SEND_GONE},    {413, SEND_REFUSED},
        {415, SEND_REFUSED},   {422, SEND_REFUSED},   {425, SEND_AGAIN},   {429, SEND_AGAIN},
        {499, SEND_REFUSED},   {500, SEND_AGAIN},     {503, SEND_AGAIN},   {599, SEND_AGAIN},
        {600, SEND_AGAIN},     {999, SEND_AGAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(answer_result(NULL, cases[i].status), cases[i].result);
    }
}

static void a_lane_may_have_rules_of_its_own(void **state)
{
    static const char rules[] = "404 1\n409 0\n503 4\n5xx 2\n2xx 3\n";

    (void)state;
    assert_int_equal(answer_result(rules, 404), SEND_AGAIN);
    assert_int_equal(answer_result(rules, 403), SEND_PAUSE);
    assert_int_equal(answer_result(rules, 409), SEND_DELIVERED);
    assert_int_equal(answer_result(rules, 503), SEND_GONE); // the first that fits
    assert_int_equal(answer_result(rules, 500), SEND_REFUSED);
    assert_int_equal(answer_result(rules, 299), SEND_PAUSE);
    assert_int_equal(answer_result(rules, 410), SEND_GONE);
    assert_int_equal(answer_result(rules, 0), SEND_AGAIN);
    assert_int_equal(answer_result(rules, 5034), SEND_AGAIN); // none of them
    assert_int_equal(answer_result("404", 404), SEND_PAUSE);  // what is no rule is none
    assert_int_equal(answer_result("404 9\n", 404), SEND_PAUSE);
}

static void check(const char *bytes, size_t size, const char *right)
{
    struct text out = {0};

    answer_add_line(&out, bytes, size, URL);
    assert_string_equal(text_string(&out), right);
    text_finish(&out);
}

static void an_answer_becomes_a_clean_line(void **state)
{
    (void)state;
    check("", 0, "");
    check("ok", 2, "ok");
    check("two\r\nlines\x1b[31m\x7f", 15, "two  lines [31m");
    check("a\0b", 3, "a?b");
    check("Zürich", 7, "Zürich");
    check("Z\xfcrich \xff", 8, "Z?rich ?");
}

static void the_url_is_not_repeated(void **state)
{
    const char *echo = "no /services/T0000AAAA/B0000BBBB/abcdefghijkl?sig=0123456789 at "
                       "hooks.example.com; abcdefghijkl, abcdefghijkl";

    (void)state;
    check(echo, strlen(echo), "no /…/…/…/…?sig=… at hooks.example.com; …, …");
    check("services", 8, "…");
}

// A secret that lies across the end of what is kept must not show its first half.
static void no_half_of_a_secret_is_left(void **state)
{
    char bytes[ANSWER_KEPT_BYTES];
    const char *secret = "abcdefghijkl";
    struct text out = {0};

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + sizeof bytes - 6, secret, 6);
    for (size_t i = 0; i + 12 < sizeof bytes - 6; i += 12) { // so that all of it moves forward
        memcpy(bytes + i, secret, 12);
    }
    answer_add_line(&out, bytes, sizeof bytes, URL);
    assert_null(strstr(text_string(&out), "abcdef"));
    text_finish(&out);
}

static void a_long_answer_is_cut_between_characters(void **state)
{
    char bytes[ANSWER_KEPT_BYTES];
    struct text out = {0};

    (void)state;
    bytes[0] = 'x';
    for (size_t i = 1; i + 1 < sizeof bytes; i += 2) {
        memcpy(bytes + i, "\xc3\xbc", 2);
    }
    bytes[sizeof bytes - 1] = (char)0xc3; // half of one
    answer_add_line(&out, bytes, sizeof bytes, URL);
    assert_true(utf8_valid(out.bytes, out.size));
    assert_true(out.size <= LIMIT_ANSWER_BYTES + 3);
    assert_true(out.size >= LIMIT_ANSWER_BYTES - 3);
    assert_null(strchr(out.bytes, '?'));
    text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_result),
        cmocka_unit_test(a_lane_may_have_rules_of_its_own),
        cmocka_unit_test(an_answer_becomes_a_clean_line),
        cmocka_unit_test(the_url_is_not_repeated),
        cmocka_unit_test(no_half_of_a_secret_is_left),
        cmocka_unit_test(a_long_answer_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
