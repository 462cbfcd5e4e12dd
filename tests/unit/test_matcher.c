// Matchers: how they are read, what they refuse and in which words, and what they answer.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/rulebook/fields.h"
#include "common/rulebook/matcher.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct matcher parse(const char *written)
{
    struct matcher matcher = {0};
    struct error err = {0};

    if (matcher_parse(written, &matcher, &err) < 0) {
        fail_msg("%s", err.message);
    }
    return matcher;
}

static enum answer ask(const char *written, struct fact fact)
{
    struct matcher matcher = parse(written);
    enum answer answer = matcher_holds(&matcher, &fact);

    matcher_finish(&matcher);
    return answer;
}

static struct fact text(const char *words)
{
    return (struct fact){FACT_TEXT, words, 0};
}

static struct fact number(enum fact_kind kind, int64_t value)
{
    return (struct fact){kind, NULL, value};
}

static void yes(const char *written, struct fact fact)
{
    if (ask(written, fact) != ANSWER_YES) {
        fail_msg("%s: should hold", written);
    }
}

static void no(const char *written, struct fact fact)
{
    if (ask(written, fact) != ANSWER_NO) {
        fail_msg("%s: should not hold", written);
    }
}

static void refused(const char *written, const char *words)
{
    struct matcher matcher = {0};
    struct error err = {0};

    if (matcher_parse(written, &matcher, &err) != -EINVAL) {
        fail_msg("%s: should be refused", written);
    }
    assert_null(matcher.written);
    if (!strstr(err.message, words)) {
        fail_msg("%s: '%s' is not in '%s'", written, words, err.message);
    }
}

static void reads_every_part(void **state)
{
    struct matcher matcher = parse("  category   in billing,payment , 'credit, note'  ");

    (void)state;
    assert_string_equal(matcher.written, "category   in billing,payment , 'credit, note'");
    assert_int_equal(matcher.field, FIELD_CATEGORY);
    assert_int_equal(matcher.op, OP_IN);
    assert_int_equal(matcher.kind, FACT_TEXT);
    assert_int_equal(matcher.word_count, 3);
    assert_string_equal(matcher.words[0], "billing");
    assert_string_equal(matcher.words[1], "payment");
    assert_string_equal(matcher.words[2], "credit, note");
    assert_int_equal(matcher.numbers[1], matcher_mark(matcher.words[1]));
    matcher_finish(&matcher);

    matcher = parse("amount>=10000.5");
    assert_int_equal(matcher.op, OP_AT_LEAST);
    assert_int_equal(matcher.numbers[0], 1000050);
    assert_string_equal(matcher.words[0], "10000.5");
    matcher_finish(&matcher);

    matcher = parse("age < 1d 12h");
    assert_int_equal(matcher.numbers[0], 36 * (int64_t)HOUR_MS);
    matcher_finish(&matcher);

    matcher = parse("event = headsup.issue.opened");
    assert_string_equal(matcher.words[0], "issue.opened");
    matcher_finish(&matcher);

    matcher = parse("data.order_no = 12");
    assert_int_equal(matcher.field, FIELD_DATA);
    assert_string_equal(matcher.data_name, "order_no");
    matcher_finish(&matcher);
}

static void every_operator_of_text(void **state)
{
    (void)state;
    yes("category = billing", text("billing"));
    no("category = billing", text("Billing"));
    no("category = billing", text("billing "));
    yes("category != billing", text("payment"));
    no("category != billing", text("billing"));
    yes("category in billing, payment", text("payment"));
    no("category in billing, payment", text("shipment"));
    yes("summary =~ (?i)double.?charge", text("a Double-Charge in May"));
    no("summary =~ ^charge", text("double charge"));
    yes("summary !~ ^charge", text("double charge"));
    no("summary !~ charge", text("double charge"));
    yes("summary =~ \"^a b$\"", text("a b"));
    yes("summary =~ ^.$", text("é"));
    yes("department = 'two words'", text("two words"));
    yes("department = two words", text("two words"));
    yes("department = a, b", text("a, b"));
    yes("department = \"\"", text(""));
    yes("severity = major", text("major"));
    yes("weekday in sat, sun", text("sun"));
    yes("event =~ ^issue\\.", text("issue.opened"));
    no("event =~ ^issue\\.", text("issuexopened"));
    yes("explanation = missing", text("missing"));
    yes("source = /home-office/billing", text("/home-office/billing"));
}

// A fact that has its mark is compared by it first; one that has none, by its text alone.
static void a_mark_changes_no_answer(void **state)
{
    static const char *const words[] = {"billing", "shipment", "", "Billing", "billing "};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct fact marked = {FACT_TEXT, words[i], matcher_mark(words[i])};
        struct fact bare = text(words[i]);

        assert_int_not_equal(marked.number, 0);
        assert_int_equal(ask("category = billing", marked), ask("category = billing", bare));
        assert_int_equal(ask("category != billing", marked), ask("category != billing", bare));
        assert_int_equal(ask("category in shipment, billing", marked),
                         ask("category in shipment, billing", bare));
    }
    yes("category = billing", (struct fact){FACT_TEXT, "billing", matcher_mark("billing")});
}

static void every_operator_of_numbers(void **state)
{
    static const struct {
        const char *op;
        bool below, same, above;
    } table[] = {{"=", false, true, false}, {"!=", true, false, true}, {"<", true, false, false},
                 {"<=", true, true, false}, {">", false, false, true}, {">=", false, true, true},
                 {"in", false, true, false}};
    static const struct {
        const char *field, *operand;
        enum fact_kind kind;
        int64_t value;
    } fields[] = {{"amount", "10000", FACT_MONEY, 1000000},
                  {"account.value", "250000.50", FACT_MONEY, 25000050},
                  {"account.group_value", "1", FACT_MONEY, 100},
                  {"account.open_issues", "3", FACT_COUNT, 3},
                  {"account.recent_issues", "3", FACT_COUNT, 3},
                  {"transfers", "2", FACT_COUNT, 2},
                  {"reopened", "1", FACT_COUNT, 1},
                  {"hour", "8", FACT_COUNT, 8},
                  {"issue.hop", "1", FACT_COUNT, 1},
                  {"age", "3d", FACT_SPAN, 3 * (int64_t)DAY_MS},
                  {"data.cost", "7.5", FACT_MONEY, 750},
                  {"data.boxes", "7", FACT_COUNT, 7}};
    char written[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        for (size_t j = 0; j < COUNT_OF(table); j++) {
            const bool wanted[] = {table[j].below, table[j].same, table[j].above};

            (void)snprintf(written, sizeof written, "%s %s %s", fields[i].field, table[j].op,
                           fields[i].operand);
            for (int by = -1; by <= 1; by++) {
                (wanted[by + 1] ? yes : no)(written, number(fields[i].kind, fields[i].value + by));
            }
        }
    }
}

static void members_of_data_compare_as_numbers_where_both_are(void **state)
{
    (void)state;
    yes("data.order = 12", text("12.00"));
    yes("data.order = 12", number(FACT_COUNT, 12));
    yes("data.order = 12", number(FACT_MONEY, 1200));
    no("data.order = 12", text("12a"));
    yes("data.order != 12", text("12a"));
    yes("data.order = abc", text("abc"));
    no("data.order = abc", number(FACT_COUNT, 12));
    yes("data.order != abc", number(FACT_COUNT, 12));
    yes("data.order in abc, 12", number(FACT_COUNT, 12));
    yes("data.order in abc, 12", text("abc"));
    no("data.order in abc, 12", text("13"));
    yes("data.order > 9", text("10"));
    no("data.order > 9", text("many"));
    no("data.order > 9", number(FACT_COUNT, INT64_MAX / 100 * 3)); // more than cents can say
    yes("data.order =~ ^1", number(FACT_COUNT, 12));
    yes("data.order =~ ^12\\.50$", number(FACT_MONEY, 1250));
    yes("data.order =~ ^12$", number(FACT_MONEY, 1200));
    no("data.order !~ ^1", text("12"));
}

static void what_is_absent_holds_only_for_the_negative(void **state)
{
    const struct fact absent = {FACT_ABSENT, NULL, 0};

    (void)state;
    no("category = billing", absent);
    yes("category != billing", absent);
    no("category in billing", absent);
    no("summary =~ .", absent);
    yes("summary !~ .", absent);
    no("amount < 5", absent);
    no("amount >= 0", absent);
    yes("amount != 5", absent);
    no("age <= 3d", absent);
    no("data.x = ''", absent);
    yes("data.x != ''", absent);
    no("category = billing", text(NULL));
}

static void the_hop_has_two_values(void **state)
{
    (void)state;
    yes("issue.hop = sales", number(FACT_COUNT, 1));
    yes("issue.hop = service", number(FACT_COUNT, 0));
    no("issue.hop = 0", number(FACT_COUNT, 1));
    refused("issue.hop = 2", ONE_HOP_LAW);
    refused("issue.hop >= 2", ONE_HOP_LAW);
    refused("issue.hop = manager", ONE_HOP_LAW);
    refused("issue.hop in sales, owner", ONE_HOP_LAW);
}

static void refuses_in_words(void **state)
{
    static const char *const table[][2] = {
        {"", "a matcher begins with a field"},
        {"= billing", "a matcher begins with a field"},
        {"category", "an operator must follow"},
        {"category billing", "an operator must follow"},
        {"category == billing", "did you mean '='?"},
        {"category =", "a value is missing"},
        {"category in a,,b", "a value is missing"},
        {"category in a,", "a value is missing"},
        {"category in", "a value is missing"},
        {"category in (a, b)", "the values of 'in' stand without brackets"},
        {"amount in [1, 2]", "the values of 'in' stand without brackets"},
        {"category inbilling", "an operator must follow"},
        {"category = 'billing", "a quote is opened and never closed"},
        {"category = 'a' b", "something follows the closing quote"},
        {"acount.value > 3", "'acount.value > 3': there is no field 'acount.value'; did you mean "
                             "'account.value'?"},
        {"amuont > 3", "did you mean 'amount'?"},
        {"colour = red", "there is no field 'colour'"},
        {"category < billing", "category is a word, of which none is less or more"},
        {"severity >= major", "severity is a word"},
        {"amount =~ 1", "amount is a number, no text"},
        {"age !~ 1d", "age is a number, no text"},
        {"amount > 10,000", "'10,000' is no amount; write 10000"},
        {"amount > lots", "'lots' is no amount"},
        {"amount > $5", "is no amount"},
        {"age > 3", "'3' is no span of time; write 30m, 4h or 3d"},
        {"age in 3d, soon", "'soon' is no span"},
        {"transfers > two", "'two' is no count"},
        {"transfers > -1", "'-1' is no count"},
        {"transfers > 1.5", "is no count"},
        {"transfers > 10000000000", "is no count"},
        {"hour = 24", "an hour goes from 0 to 23"},
        {"weekday = monday", "'monday' is no weekday (mon, tue, wed, thu, fri, sat, sun)"},
        {"severity = mayor",
         "'mayor' is no severity (minor, normal, major); did you mean 'major'?"},
        {"severity in minor, big", "'big' is no severity"},
        {"issue.state = opened", "did you mean 'open'?"},
        {"explanation = gven", "did you mean 'given'?"},
        {"event = issue.opend", "'issue.opend' is no event; did you mean 'issue.opened'?"},
        {"currency = usd", "three capital letters"},
        {"data. = 3", "there is no field 'data.'"},
        {"data.a.b = 3", "there is no field 'data.a.b'"},
        {"data.x > abc", "less and more need a number"},
        {"summary =~", "a pattern is missing"},
        {"summary =~ a(b", "the pattern is wrong at its byte 3: missing closing parenthesis"},
        {"summary =~ \\C", "the pattern is wrong"},
        {"summary = \xff", "a matcher is not UTF-8"},
    };
    char long_one[2000];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        refused(table[i][0], table[i][1]);
    }
    memset(long_one, 'a', sizeof long_one);
    long_one[1999] = '\0';
    refused(long_one, "longer than 1024 bytes");
    memcpy(long_one, "summary =~ ", 11);
    long_one[600] = '\0';
    refused(long_one, "longer than 512 bytes");
    memcpy(long_one, "category in ", 12);
    memset(long_one + 12, ',', 588);
    for (size_t i = 12; i < 600; i += 2) {
        long_one[i] = 'b';
    }
    refused(long_one, "more than 256 values");
}

#define DIGITS "1234567890123456789012345678901234567890123456789012345678901234567890"

static void a_pattern_that_explodes_gives_up_soon(void **state)
{
    static char subject[8 * 1024 + 2];
    static const struct {
        const char *matcher, *piece;
    } table[] = {{"summary =~ (a+)+$", "a"},
                 {"summary =~ (a|aa)+$", "a"},
                 {"summary =~ (\\w+\\s?)*[;:]", "word "},
                 {"summary !~ ^(.*?,){200}[PQ]", "1,"},
                 {"summary =~ \\d*\\d*\\d*[xy]", DIGITS DIGITS DIGITS DIGITS "!"}};
    int64_t started;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct matcher matcher = parse(table[i].matcher);
        size_t step = strlen(table[i].piece);
        struct fact fact = text(subject);

        memset(subject, ' ', sizeof subject);
        for (size_t at = 0; at + step <= 8000; at += step) {
            memcpy(subject + at, table[i].piece, step);
        }
        subject[7999] = '!';
        subject[8000] = '\0';
        started = clock_mono_ms();
        assert_int_equal(matcher_holds(&matcher, &fact), ANSWER_CANNOT_TELL);
        assert_true(clock_mono_ms() - started < 500);
        assert_int_equal(matcher_holds(&matcher, &fact), ANSWER_CANNOT_TELL); // and again
        matcher_finish(&matcher);
    }
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = '\0';
    assert_int_equal(ask("summary =~ b", text(subject)), ANSWER_CANNOT_TELL); // too long to try
    subject[8 * 1024] = '\0';
    no("summary =~ b", text(subject));
}

// What a text lacks is seen before the pattern is tried; where case does not count, in any case.
static void a_pattern_needs_what_it_needs(void **state)
{
    (void)state;
    yes("summary =~ word7", text("a word7 here"));
    no("summary =~ word7", text("a word here"));
    yes("summary !~ word7", text("a word here"));
    yes("summary =~ (?i)NEWSLETTER", text("our newsletter"));
    yes("summary =~ (?i)newsletter", text("OUR NEWSLETTER"));
    no("summary =~ newsletter", text("OUR NEWSLETTER"));
    yes("summary =~ (?i)deliverys", text("DELIVERY\u017f")); // a long s is an s in another case
    yes("summary =~ (?i)bank", text("BAN\u212a"));           // and the sign of kelvin a k
    yes("summary =~ (?i)stra\u00dfe", text("STRA\u1e9eE"));
    yes("summary =~ (?i)caf\u00e9", text("CAF\u00c9"));
    yes("summary =~ late( again)?", text("late"));
    yes("summary =~ ^$", text(""));
    yes("summary =~ (7|8)", text("8"));
}

static void every_field_has_a_name_that_finds_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FIELD_DATA; i++) {
        assert_int_equal(field_of(field_name((enum field)i)), i);
        assert_in_range(field_kind((enum field)i), FACT_TEXT, FACT_SPAN);
    }
    assert_int_equal(field_kind(FIELD_DATA), FACT_ANY);
    assert_int_equal(field_of("data.NAME"), FIELD_DATA);
    assert_int_equal(field_of("nothing"), FIELD_COUNT);
    assert_string_equal(field_name(FIELD_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_part),
        cmocka_unit_test(every_operator_of_text),
        cmocka_unit_test(every_operator_of_numbers),
        cmocka_unit_test(a_mark_changes_no_answer),
        cmocka_unit_test(members_of_data_compare_as_numbers_where_both_are),
        cmocka_unit_test(what_is_absent_holds_only_for_the_negative),
        cmocka_unit_test(the_hop_has_two_values),
        cmocka_unit_test(refuses_in_words),
        cmocka_unit_test(a_pattern_that_explodes_gives_up_soon),
        cmocka_unit_test(a_pattern_needs_what_it_needs),
        cmocka_unit_test(every_field_has_a_name_that_finds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
