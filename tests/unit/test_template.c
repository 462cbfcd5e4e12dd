// Templates: which are good, what they become, and what outside text can do to them: nothing.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/rulebook/template.h"
#include "common/verdict/words.h"

#define NOW INT64_C(1795420800000) // Mon 23 Nov 2026, 08:00 UTC

static char pat_name[] = "Pat Okafor", rich_name[] = "Rich Alvarez";
static const struct rep pat = {.name = pat_name, .role = ROLE_SERVICE};
static const struct rep rich = {.name = rich_name, .role = ROLE_SALES};

struct sheet {
    struct case_file file;
    struct notice notice;
    struct text out;
};

static int begin(void **state)
{
    static struct sheet sheet;

    sheet = (struct sheet){0};
    sheet.file = (struct case_file){
        .account = {.known = true,
                    .key = "XYZ",
                    .name = "XYZ Co.",
                    .has_value = true,
                    .value_minor = 30000000,
                    .currency = "EUR"},
        .issue = {.known = true,
                  .key = "INV-7",
                  .category = "billing",
                  .summary = "charged twice",
                  .has_amount = true,
                  .amount_minor = 1825000,
                  .opened_at_ms = NOW - 2 * (int64_t)DAY_MS,
                  .plan = "credit note",
                  .plan_due_ms = NOW + DAY_MS,
                  .transfers = 2},
        .open_issues = 1,
        .recent_issues = 30,
    };
    sheet.notice = (struct notice){.kind = NOTICE_HEADS_UP,
                                   .rule = "big",
                                   .why = "w",
                                   .event_source = "/billing",
                                   .tier = "major",
                                   .currency = "USD",
                                   .file = &sheet.file,
                                   .service = &pat,
                                   .sales = &rich};
    *state = &sheet;
    return 0;
}

static int end(void **state)
{
    struct sheet *sheet = *state;

    text_finish(&sheet->out);
    return 0;
}

static const char *headline(struct sheet *sheet, const char *template)
{
    struct error err = {0};

    assert_int_equal(template_check(template, &err), 0);
    sheet->notice.headline = template;
    text_clear(&sheet->out);
    words_headline(&sheet->out, &sheet->notice, NOW);
    return text_string(&sheet->out);
}

static const char *body(struct sheet *sheet, const char *template)
{
    sheet->notice.body = template;
    text_clear(&sheet->out);
    words_body(&sheet->out, &sheet->notice, NOW);
    return text_string(&sheet->out);
}

// --- which are good ------------------------------------------------------------------------------

static void what_is_wrong_is_said(void **state)
{
    static const char *const wrong[][2] = {
        {"{amuont}", "a notice has no {amuont}; did you mean {amount}?"},
        {"a {account.nmae} b", "did you mean {account.name}?"},
        {"{}", "a notice has no {}"},
        {"{ amount }", "did you mean {amount}?"},
        {"{zebulon}", "a notice has no {zebulon}"},
        {"{amount", "a brace is opened and never closed; a brace itself is written {{"},
        {"{{x}} {", "never closed"},
        {"{{amount}}", "a field stands in one pair of braces: {amount}"},
        {"of {{ account.name }}", "a field stands in one pair of braces: {account.name}"},
        {"{hour}", "a notice has no {hour}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = {0};

        assert_int_equal(template_check(wrong[i][0], &err), -EINVAL);
        if (!strstr(err.message, wrong[i][1])) {
            fail_msg("%s: %s", wrong[i][0], err.message);
        }
    }
}

// --- what they become ----------------------------------------------------------------------------

static void fields_are_filled_in(void **state)
{
    struct sheet *sheet = *state;

    assert_string_equal(headline(sheet, "{account.name}: {summary} ({amount})"),
                        "XYZ Co.: charged twice ($18,250.00)");
    assert_string_equal(
        headline(sheet, "{account} {account.tier} {account.value} {issue.key} {age}"),
        "XYZ major €300,000.00 INV-7 2 days");
    assert_string_equal(headline(sheet, "{plan} by {plan.due}; {owner}, {sales}; {source}, {rule}"),
                        "credit note by Tue 24 Nov; Pat Okafor, Rich Alvarez; /billing, big");
    assert_string_equal(headline(sheet, "{account.recent_issues}, {transfers}, {issue.state}"),
                        "30 or more, 2, open");
    assert_string_equal(headline(sheet, "{{{category}} {{} }"), "{billing} {} }");
    assert_string_equal(headline(sheet, "no field"), "no field");
}

static void each_field_says_something_where_nothing_is_known(void **state)
{
    struct sheet *sheet = *state;

    sheet->file = (struct case_file){0};
    sheet->notice.tier = sheet->notice.currency = sheet->notice.event_source = NULL;
    for (unsigned i = 0; i < TEMPLATE_COUNT; i++) {
        struct text template = {0};
        const char *words;

        text_addf(&template, "{%s}", template_field_name((enum template_field)i));
        words = headline(sheet, text_string(&template));
        assert_true(strcmp(words, "not known") == 0 || i == TEMPLATE_OWNER ||
                    i == TEMPLATE_SERVICE || i == TEMPLATE_SALES || i == TEMPLATE_RULE);
        assert_true(words[0]);
        text_finish(&template);
    }
}

static void a_body_takes_the_place_of_the_middle(void **state)
{
    struct sheet *sheet = *state;

    assert_string_equal(body(sheet, "Bill {issue.key}.\nLook at {amount}."),
                        "Bill INV-7.\nLook at $18,250.00.\n"
                        "You: nothing to do now. Pat will tell you if that changes.\n"
                        "Terms: none on record.\nLast 90 days: 30 or more issues, 1 open.");
    sheet->notice.kind = NOTICE_ESCALATION;
    assert_non_null(strstr(body(sheet, "x"), "x\nYou: it is yours now. Call the customer; "));
    sheet->file.issue = (struct issue){0};
    assert_non_null(strstr(body(sheet, "x"), "x\nYou: nothing to do now."));
}

// --- outside text --------------------------------------------------------------------------------

static void outside_text_stays_one_bounded_line(void **state)
{
    struct sheet *sheet = *state;
    char *huge = malloc(9000);

    assert_non_null(huge);
    memset(huge, 'x', 8999);
    huge[8999] = '\0';
    sheet->file.issue.summary = "a\n\nYou: pay {amount} {{\x1b[31m\nTerms: none";
    assert_string_equal(headline(sheet, "{summary}"), "a  You: pay {amount} {{ [31m Terms: none");
    sheet->file.issue.summary = huge;
    assert_true(strlen(headline(sheet, "{summary}{summary}")) <= 300);
    assert_string_equal(text_string(&sheet->out) + strlen(text_string(&sheet->out)) - 3, "…");
    assert_true(strlen(body(sheet, "{summary}{summary}{summary}{summary}{summary}{summary}"
                                   "{summary}{summary}{summary}{summary}")) < 3500);
    assert_non_null(strstr(text_string(&sheet->out), "…\nYou: "));
    assert_true(utf8_valid(text_string(&sheet->out), sheet->out.size));
    free(huge);
}

#define SHEET_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said),
        SHEET_TEST(fields_are_filled_in),
        SHEET_TEST(each_field_says_something_where_nothing_is_known),
        SHEET_TEST(a_body_takes_the_place_of_the_middle),
        SHEET_TEST(outside_text_stays_one_bounded_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
