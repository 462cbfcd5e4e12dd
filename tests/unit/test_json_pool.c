// Jansson's memory in the desk: values are what they would be, whichever way they come and go.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/json_pool.h"

enum { LARGE = 5000 };

static json_t *read_one(int number)
{
    char words[128];
    json_t *value;

    (void)snprintf(words, sizeof words, "{\"id\":\"e%d\",\"data\":{\"n\":[%d,null,\"\\u00fc\"]}}",
                   number, number);
    value = json_loads(words, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    return value;
}

static void check_one(const json_t *value, int number)
{
    const char *id;
    int n;

    assert_int_equal(
        json_unpack((json_t *)(uintptr_t)value, "{s:s, s:{s:[i]}}", "id", &id, "data", "n", &n), 0);
    assert_int_equal(n, number);
    assert_int_equal(strtol(id + 1, NULL, 10), number);
}

// As the desk does it; for ever, and so in the same place.
static void one_after_the_other(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        json_t *value = read_one(i);

        check_one(value, i);
        json_decref(value);
    }
}

// More than the block has room for; then one that stays while others come and go.
static void many_at_once_and_one_that_stays(void **state)
{
    json_t *values[LARGE], *stays;

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < LARGE; i++) {
            values[i] = read_one(i);
        }
        for (int i = 0; i < LARGE; i++) {
            int which = round == 1 ? LARGE - 1 - i : i;

            check_one(values[which], which);
            json_decref(values[which]);
        }
    }
    stays = json_integer(-7); // one piece
    one_after_the_other(NULL);
    assert_int_equal(json_integer_value(stays), -7);
    json_decref(stays);
    one_after_the_other(NULL);
}

// One string that is larger than the block, grown step by step.
static void a_large_one(void **state)
{
    char *words = malloc(300003);
    json_t *value;

    (void)state;
    assert_non_null(words);
    memset(words, 'x', 300002);
    words[0] = words[300001] = '"';
    words[300002] = '\0';
    value = json_loads(words, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    assert_int_equal(json_string_length(value), 300000);
    json_decref(value);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(many_at_once_and_one_that_stays),
        cmocka_unit_test(a_large_one),
    };
    json_t *before = read_one(3); // from malloc()

    json_pool_use();
    check_one(before, 3);
    json_decref(before);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
