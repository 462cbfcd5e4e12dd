// The command line: flags before and after the command, in every spelling, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "client/command.h"

static int run(const struct invocation *invocation)
{
    (void)invocation;
    return EXIT_DONE;
}

static const struct command list = {
    .name = "list",
    .arguments = "WHAT [MORE]",
    .least = 1,
    .most = 2,
    .flags = {{'n', "limit", "N", ""}, {'o', "open", NULL, ""}, {0, "lane", "L", ""}},
    .run = run,
};
static const struct command any = {.name = "any", .arguments = "", .most = -1, .run = run};
static const struct command *const commands[] = {&list, &any};

static bool read_words(const char *const *words, struct invocation *ret)
{
    int count = 0;

    while (words[count]) {
        count++;
    }
    return invocation_read(commands, 2, count, words, ret);
}

#define reads(ret, ...)                                                                            \
    assert_true(read_words((const char *const[]){"headsup", __VA_ARGS__, NULL}, ret))
#define refuses(ret, ...)                                                                          \
    assert_false(read_words((const char *const[]){"headsup", __VA_ARGS__, NULL}, ret))

static void test_flags_stand_anywhere(void **state)
{
    struct invocation call;

    (void)state;
    reads(&call, "-c", "book", "--json", "list", "-n", "5", "this", "-e", "ipc://x", "--open",
          "that");
    assert_ptr_equal(call.command, &list);
    assert_string_equal(call.conf, "book");
    assert_string_equal(call.endpoint, "ipc://x");
    assert_true(call.json);
    assert_int_equal(call.count, 2);
    assert_string_equal(call.arguments[0], "this");
    assert_string_equal(call.arguments[1], "that");
    assert_string_equal(invocation_value(&call, "limit"), "5");
    assert_true(invocation_has(&call, "open"));
    assert_false(invocation_has(&call, "lane"));
}

static void test_every_spelling_of_a_flag(void **state)
{
    struct invocation call;

    (void)state;
    reads(&call, "list", "x", "--limit=7", "-on9", "--lane", "rich");
    assert_string_equal(invocation_value(&call, "limit"), "9");
    assert_string_equal(invocation_value(&call, "lane"), "rich");
    assert_true(invocation_has(&call, "open"));
    reads(&call, "any", "-", "--", "-n", "--");
    assert_int_equal(call.count, 3);
    assert_string_equal(call.arguments[0], "-");
    assert_string_equal(call.arguments[1], "-n");
    assert_string_equal(call.arguments[2], "--");
}

static void test_a_flag_may_come_again(void **state)
{
    struct invocation call;
    int at = 0;

    (void)state;
    reads(&call, "list", "--lane", "a", "x", "-o", "--lane=b", "--json");
    assert_string_equal(invocation_next(&call, "lane", &at), "a");
    assert_string_equal(invocation_next(&call, "lane", &at), "b");
    assert_null(invocation_next(&call, "lane", &at));
    assert_string_equal(invocation_value(&call, "lane"), "b");
}

static void test_help_needs_no_arguments(void **state)
{
    struct invocation call;

    (void)state;
    reads(&call, "list", "--help");
    assert_true(call.help);
    reads(&call, "--version");
    assert_true(call.version);
    assert_null(call.command);
}

static void test_what_is_wrong_is_refused(void **state)
{
    struct invocation call;

    (void)state;
    refuses(&call, "lits", "x");
    refuses(&call, "list");
    refuses(&call, "list", "a", "b", "c");
    refuses(&call, "list", "x", "--limti", "3");
    refuses(&call, "list", "x", "-q");
    refuses(&call, "list", "x", "--limit");
    refuses(&call, "list", "x", "--open=yes");
    refuses(&call, "-n", "5", "list", "x"); // a command's own flag before its name
}

static void test_numbers(void **state)
{
    struct number_range range = {1, 10, 4};
    struct invocation call;
    int64_t number;

    (void)state;
    reads(&call, "list", "x");
    assert_true(invocation_number(&call, "limit", range, &number));
    assert_int_equal(number, 4);
    reads(&call, "list", "x", "-n10");
    assert_true(invocation_number(&call, "limit", range, &number));
    assert_int_equal(number, 10);
    for (const char *const *wrong = (const char *const[]){"0", "11", "x", "", "5x", "1e3", NULL};
         *wrong; wrong++) {
        reads(&call, "list", "x", "--limit", *wrong);
        assert_false(invocation_number(&call, "limit", range, &number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_stand_anywhere),
        cmocka_unit_test(test_every_spelling_of_a_flag),
        cmocka_unit_test(test_a_flag_may_come_again),
        cmocka_unit_test(test_help_needs_no_arguments),
        cmocka_unit_test(test_what_is_wrong_is_refused),
        cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
