// What a rule book can say and cannot mean: matchers that contradict each other, rules without an
// effect, a role that nobody ever tells anything. And what looks so and is not.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/shelf.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PEOPLE                                                                                     \
    "reps: ( { id = \"rich\"; name = \"R\"; role = \"sales\"; webhook: { url = \"https://h/\"; "   \
    "}; },\n"                                                                                      \
    "{ id = \"pat\"; name = \"P\"; role = \"service\"; webhook: { url = \"https://h/\"; }; } );\n" \
    "default: { service = \"pat\"; sales = \"rich\"; };\n"

static const char *warnings(struct shelf *shelf, const char *words)
{
    char book[4096];

    (void)snprintf(book, sizeof book, PEOPLE "%s", words);
    write_file(shelf, "book.conf", book);
    if (load(shelf, "book.conf", false) < 0) {
        fail_msg("%s", text_string(&shelf->problems.errors));
    }
    return text_string(&shelf->problems.warnings);
}

static const char *of_matchers(struct shelf *shelf, const char *matchers)
{
    char rule[2048];

    (void)snprintf(rule, sizeof rule,
                   "rules: ( { name = \"it\"; heads_up = \"now\"; match = [ %s ]; } );", matchers);
    return warnings(shelf, rule);
}

static void contradicting_matchers_are_told(void **state)
{
    static const char *const never[] = {
        "\"amount >= 10\", \"amount < 5\"",
        "\"amount > 10\", \"amount <= 10.00\"",
        "\"amount = 10\", \"amount > 10\"",
        "\"amount > 10\", \"category = x\", \"amount = 10\"",
        "\"category = a\", \"category = b\"",
        "\"category in a, b\", \"category in c, d\"",
        "\"category = a\", \"category != a\"",
        "\"category in a, b\", \"category !~ ^[ab]$\"",
        "\"event = issue.opened\", \"event = issue.closed\"",
        "\"event = issue.opened\", \"event =~ ^account\"",
        "\"issue.hop > 1\"",
        "\"hour > 23\"",
        "\"transfers < 0\"",
        "\"age > 3d\", \"age < 2d\"",
        "\"data.n > 5\", \"data.n < 5\"",
        "\"data.n = 5\", \"data.n > 7\"",
        "\"data.w = a\", \"data.w = b\"",
    };

    for (size_t i = 0; i < COUNT_OF(never); i++) {
        const char *said = of_matchers(*state, never[i]);

        if (!strstr(said, "book.conf:4: rule 'it' never matches: ")) {
            fail_msg("%s: '%s'", never[i], said);
        }
    }
    assert_non_null(strstr(of_matchers(*state, never[0]),
                           "'amount >= 10' and 'amount < 5' can never hold together"));
    assert_non_null(strstr(of_matchers(*state, "\"hour > 23\""), "'hour > 23' can never hold\n"));
    assert_non_null(strstr(warnings(*state, "tiers: ( { name = \"big\"; match = [ \"account.value "
                                            "> 5\", \"account.value < 3\" ]; } );"),
                           "tier 'big' never matches: "));
}

static void what_can_hold_is_left_alone(void **state)
{
    static const char *const sound[] = {
        "\"amount >= 10\", \"amount < 11\"",
        "\"amount >= 10\", \"amount <= 10\"",
        "\"amount > -5\", \"amount < 0\"",
        "\"amount in 1, 20\", \"amount > 10\"",
        "\"category in a, b\", \"category in b, c\"",
        "\"category in a, b\", \"category != a\"",
        "\"category != a\", \"category != b\"",
        "\"category =~ a\", \"category =~ b\"",
        "\"event in issue.opened, issue.closed\", \"event =~ opened\"",
        "\"severity != minor\", \"severity != normal\", \"severity != major\"",
        "\"data.a = 1\", \"data.b = 2\"",
        "\"data.a = 5\", \"data.a =~ ^5.0$\"",
        "\"data.a = 5\", \"data.a = 5.00\"",
        "\"issue.hop = sales\"",
        "\"hour >= 23\"",
        "\"age >= 0s\"",
        "\"category = 'a, b'\"",
        "\"category in a, b\"",
        "\"summary =~ a,b\"",
    };

    for (size_t i = 0; i < COUNT_OF(sound); i++) {
        const char *said = of_matchers(*state, sound[i]);

        if (said[0]) {
            fail_msg("%s: '%s'", sound[i], said);
        }
    }
}

static void matchers_that_hardly_mean_what_they_say_are_told(void **state)
{
    static const struct {
        const char *matcher, *words;
    } cases[] = {
        {"\"category = a, b\"",
         "book.conf:4: rule 'it': 'category = a, b' asks for one text with a "
         "comma in it; several values want 'in'"},
        {"\"data.x != a,b\"", "asks for one text with a comma in it"},
        {"\"age = 3d\"", "'age = 3d' asks for one thousandth of a second; write >= instead"},
        {"\"age in 3d, 4d\"", "asks for one thousandth"},
        {"\"age != 3d\"", "asks for one thousandth"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *said = of_matchers(*state, cases[i].matcher);

        if (!strstr(said, cases[i].words)) {
            fail_msg("%s: '%s'", cases[i].matcher, said);
        }
    }
}

static void what_a_rule_says_in_vain_is_told(void **state)
{
    static const struct {
        const char *rule, *words; // "": nothing is said
    } cases[] = {
        {"match = [ \"event = account.billed\" ]; escalate = true;",
         "book.conf:4: rule 'it': 'escalate' has no effect: only an issue has a hop to go\n"},
        {"match = [ \"event =~ ed$\" ]; escalate = true;", ""},
        {"match = [ \"event = issue.opened\" ]; escalate = true; heads_up = \"no\";",
         "'heads_up' and 'service' have no effect beside 'escalate': both are told now"},
        {"match = [ \"event = issue.opened\" ]; escalate = true;", ""},
        {"match = [ \"event =~ ^(issue|alarm)\" ]; escalate = true; heads_up = \"now\";", ""},
        {"match = [ \"age >= 3d\" ]; escalate = true; heads_up = \"now\";", ""},
        {"heads_up = \"digest\"; headline = \"{summary}\";", "its words have no effect"},
        {"heads_up = \"digest\"; service = \"no\"; body = \"{summary}\";",
         "its words have no effect"},
        {"heads_up = \"digest\"; service = \"now\"; body = \"{summary}\";", ""},
        {"escalate = true; headline = \"{summary}\";", ""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char rule[1024];
        const char *said;

        (void)snprintf(rule, sizeof rule, "rules: ( { name = \"it\"; %s } );", cases[i].rule);
        said = warnings(*state, rule);
        if (!strstr(said, cases[i].words) || (said[0] && !cases[i].words[0])) {
            fail_msg("%s: '%s'", cases[i].rule, said);
        }
    }
}

// The later rule is hidden by the earlier one, or is not.
static void a_rule_behind_a_wider_one_is_told(void **state)
{
    static const struct {
        const char *earlier, *later;
        bool hidden;
    } cases[] = {
        {"\"age >= 3d\"", "\"age >= 7d\", \"category = x\"", true},
        {"\"age >= 7d\"", "\"age >= 3d\"", false},
        {"\"amount > 10\"", "\"amount >= 10.01\"", true},
        {"\"amount > 10\"", "\"amount >= 10\"", false},
        {"\"amount <= 10\"", "\"amount < 10\"", true},
        {"\"amount < 10\"", "\"amount <= 10\"", false},
        {"\"amount < 10\"", "\"amount >= 20\"", false},
        {"\"amount >= 10\"", "\"amount in 10, 20\"", true},
        {"\"amount >= 10\"", "\"amount in 9, 20\"", false},
        {"\"event =~ ^issue\"", "\"event = issue.opened\", \"amount > 5\"", true},
        {"\"event =~ ^issue\", \"amount > 5\"", "\"event = issue.opened\"", false},
        {"\"category in a, b, c\"", "\"category in c, a\"", true},
        {"\"category != a\"", "\"category = b\"", true},
        {"\"category = b\"", "\"category != a\"", false},
        {"\"data.n >= 5\"", "\"data.n >= 7\"", false}, // may be a text
        {"\"amount >= 5\"", "\"transfers >= 7\"", false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char rules[2048];
        const char *said;

        (void)snprintf(rules, sizeof rules,
                       "rules: ( { name = \"wide\"; heads_up = \"now\"; match = [ %s ]; },\n"
                       "{ name = \"it\"; heads_up = \"now\"; match = [ %s ]; } );",
                       cases[i].earlier, cases[i].later);
        said = warnings(*state, rules);
        if (!!strstr(said, "book.conf:5: rule 'it' can never be reached: rule 'wide' at ") !=
                cases[i].hidden ||
            (said[0] && !cases[i].hidden)) {
            fail_msg("%s, then %s: '%s'", cases[i].earlier, cases[i].later, said);
        }
    }
}

static void a_rule_without_effect_is_told(void **state)
{
    const char *idle = "rules: ( { name = \"idle\"; continue = true; },\n"
                       "{ name = \"loud\"; heads_up = \"now\"; } );";
    const char *stops = "rules: ( { name = \"stop\"; match = [ \"category = x\" ]; },\n"
                        "{ name = \"loud\"; heads_up = \"now\"; } );";
    const char *urgent = "rules: ( { name = \"u\"; continue = true; priority = \"urgent\"; },\n"
                         "{ name = \"loud\"; heads_up = \"now\"; } );";

    assert_non_null(strstr(warnings(*state, idle), "book.conf:4: rule 'idle' has no effect"));
    assert_string_equal(warnings(*state, stops), "");
    assert_string_equal(warnings(*state, urgent), "");
}

static void a_role_that_nobody_tells_is_told(void **state)
{
    const char *deaf = "rules: ( { name = \"a\"; heads_up = \"no\"; service = \"no\"; } );";

    assert_non_null(strstr(warnings(*state, deaf), "ever tells a sales rep anything"));
    assert_null(strstr(warnings(*state, deaf), "ever tells a service rep anything"));
    assert_non_null(strstr(warnings(*state, "unsaid: { heads_up = \"now\"; service = \"no\"; };"
                                            "rules: ( { name = \"a\"; heads_up = \"no\"; } );"),
                           "ever tells a service rep anything"));
    assert_string_equal(
        warnings(*state, "rules: ( { name = \"a\"; service = \"no\"; escalate = true; } );"), "");
}

static void departments_that_are_not_listed_are_told(void **state)
{
    const char *typo =
        "departments = [ \"billing\", \"credit\" ];\n"
        "rules: ( { name = \"a\"; match = [ \"department in credit, biling\" ]; } );";
    const char *any = "departments = [ \"billing\" ];\n"
                      "rules: ( { name = \"a\"; match = [ \"department =~ x\" ]; } );";

    assert_string_equal(strstr(warnings(*state, typo), "book.conf:5: "),
                        "book.conf:5: rule 'a': the rule book has no department 'biling'; did you "
                        "mean 'billing'?\n");
    assert_string_equal(warnings(*state, any), "");
    assert_string_equal(
        warnings(*state, "rules: ( { name = \"a\"; match = [ \"department = x\" ]; } );"), "");
}

#define TIERS                                                                                      \
    "tiers: ( { name = \"big\"; match = [ \"account.value >= 250000\" ]; },\n"                     \
    "{ name = \"big\"; match = [ \"account.value > 300000\", \"account.region = x\" ]; },\n"       \
    "{ name = \"wide\"; match = [ \"account.group_value >= 1000000\" ]; },\n"                      \
    "{ name = \"wide\"; match = [ \"account.value >= 5\" ]; } );\n"

static void thresholds_beside_a_tiers_floor_are_told(void **state)
{
    static const struct {
        const char *matchers, *words; // "": nothing is said
    } cases[] = {
        {"\"account.tier = big\", \"account.value >= 500000\"",
         "book.conf:8: rule 'it': 'account.value >= 500000' leaves out some accounts of "
         "'account.tier = big', whose floor is 250000.00\n"},
        {"\"account.tier = big\", \"account.value >= 250000\"",
         "'account.value >= 250000' asks for nothing beside 'account.tier = big', whose floor is"},
        {"\"account.value > 100\", \"account.tier in big\"", "asks for nothing beside"},
        {"\"account.tier = big\", \"account.value < 250000\"", "leaves nothing of"},
        {"\"account.tier = big\", \"account.value <= 250000\"", ""},
        {"\"account.tier = big\", \"account.value < 900000\"", ""},
        {"\"account.tier = big\", \"account.group_value >= 900000\"", ""},
        {"\"account.tier = wide\", \"account.value >= 900000\"", ""}, // no floor of its own
        {"\"account.tier in big, wide\", \"account.value >= 900000\"", ""},
        {"\"account.tier != big\", \"account.value >= 900000\"", ""},
        {"\"account.tier = big\", \"amount >= 900000\"", ""},
        {"\"account.value >= 900000\"", ""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char words[2048];
        const char *said;

        (void)snprintf(words, sizeof words,
                       TIERS "rules: ( { name = \"it\"; heads_up = \"now\"; match = [ %s ]; } );",
                       cases[i].matchers);
        said = warnings(*state, words);
        if (!strstr(said, cases[i].words) || (said[0] && !cases[i].words[0])) {
            fail_msg("%s: '%s'", cases[i].matchers, said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(departments_that_are_not_listed_are_told, open_shelf,
                                        close_shelf),
        cmocka_unit_test_setup_teardown(thresholds_beside_a_tiers_floor_are_told, open_shelf,
                                        close_shelf),
        cmocka_unit_test_setup_teardown(a_rule_behind_a_wider_one_is_told, open_shelf, close_shelf),
        cmocka_unit_test_setup_teardown(matchers_that_hardly_mean_what_they_say_are_told,
                                        open_shelf, close_shelf),
        cmocka_unit_test_setup_teardown(what_a_rule_says_in_vain_is_told, open_shelf, close_shelf),
        cmocka_unit_test_setup_teardown(contradicting_matchers_are_told, open_shelf, close_shelf),
        cmocka_unit_test_setup_teardown(what_can_hold_is_left_alone, open_shelf, close_shelf),
        cmocka_unit_test_setup_teardown(a_rule_without_effect_is_told, open_shelf, close_shelf),
        cmocka_unit_test_setup_teardown(a_role_that_nobody_tells_is_told, open_shelf, close_shelf),
    };

    return cmocka_run_group_tests_name("sense", tests, NULL, NULL);
}
