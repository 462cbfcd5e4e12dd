// What each field of a matcher is worth in a case, and what it is worth where nothing is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/base/zone.h"
#include "common/verdict/facts.h"
#include "tests/support/happenings.h"

#define NOW HAPPENINGS_NOW_MS

struct desk_top { // all that a fact is taken from
    struct happenings happenings;
    struct case_file file;
    struct issue issue;
    struct account account;
    struct fact_source source;
};

static int begin(void **state)
{
    static struct desk_top top;

    top = (struct desk_top){0};
    top.source = (struct fact_source){
        .file = &top.file, .issue = &top.issue, .account = &top.account, .now_ms = NOW};
    *state = &top;
    return 0;
}

static int end(void **state)
{
    struct desk_top *top = *state;

    happenings_finish(&top->happenings);
    return 0;
}

static void fill(struct desk_top *top)
{
    top->issue = (struct issue){.known = true,
                                .category = "billing",
                                .severity = "major",
                                .department = "credit",
                                .currency = "EUR",
                                .summary = "charged twice",
                                .explanation = "two runs",
                                .has_amount = true,
                                .amount_minor = 1825000,
                                .state = ISSUE_PLANNED,
                                .hop = HOP_SALES,
                                .opened_at_ms = NOW - 3 * DAY_MS,
                                .transfers = 4,
                                .reopened = 2};
    top->account = (struct account){.known = true,
                                    .key = "XYZ",
                                    .group = "G",
                                    .region = "west",
                                    .has_value = true,
                                    .value_minor = 5};
    top->file = (struct case_file){.group_value_minor = 77, .open_issues = 6, .recent_issues = 9};
    top->source.tier = "major";
    top->source.event = happen(&top->happenings, EVENT_ISSUE_UPDATED, 0, "\"note\":\"n\"");
}

static const struct expected {
    enum field field;
    struct fact full;   // where all is known
    bool always;        // known even where there is no issue and no account
    struct fact absent; // where nothing is, for those
} fields[] = {
    {FIELD_EVENT, {FACT_TEXT, "issue.updated", 0}, false, {0}},
    {FIELD_CATEGORY, {FACT_TEXT, "billing", 0}, false, {0}},
    {FIELD_SEVERITY, {FACT_TEXT, "major", 0}, false, {0}},
    {FIELD_AMOUNT, {FACT_MONEY, NULL, 1825000}, false, {0}},
    {FIELD_CURRENCY, {FACT_TEXT, "EUR", 0}, false, {0}},
    {FIELD_DEPARTMENT, {FACT_TEXT, "credit", 0}, false, {0}},
    {FIELD_SOURCE, {FACT_TEXT, "/billing", 0}, false, {0}},
    {FIELD_SUMMARY, {FACT_TEXT, "charged twice", 0}, false, {0}},
    {FIELD_ACCOUNT, {FACT_TEXT, "XYZ", 0}, false, {0}},
    {FIELD_ACCOUNT_TIER, {FACT_TEXT, "major", 0}, false, {0}},
    {FIELD_ACCOUNT_VALUE, {FACT_MONEY, NULL, 5}, false, {0}},
    {FIELD_ACCOUNT_GROUP, {FACT_TEXT, "G", 0}, false, {0}},
    {FIELD_ACCOUNT_GROUP_VALUE, {FACT_MONEY, NULL, 77}, false, {0}},
    {FIELD_ACCOUNT_REGION, {FACT_TEXT, "west", 0}, false, {0}},
    {FIELD_ACCOUNT_OPEN_ISSUES, {FACT_COUNT, NULL, 6}, false, {0}},
    {FIELD_ACCOUNT_RECENT_ISSUES, {FACT_COUNT, NULL, 9}, false, {0}},
    {FIELD_ISSUE_STATE, {FACT_TEXT, "planned", 0}, false, {0}},
    {FIELD_ISSUE_HOP, {FACT_COUNT, NULL, 1}, false, {0}},
    {FIELD_AGE, {FACT_SPAN, NULL, INT64_C(3) * DAY_MS}, false, {0}},
    {FIELD_TRANSFERS, {FACT_COUNT, NULL, 4}, false, {0}},
    {FIELD_REOPENED, {FACT_COUNT, NULL, 2}, false, {0}},
    {FIELD_EXPLANATION, {FACT_TEXT, "given", 0}, false, {0}},
    {FIELD_HOUR, {FACT_COUNT, NULL, 8}, true, {FACT_COUNT, NULL, 8}},
    {FIELD_WEEKDAY, {FACT_TEXT, "mon", 0}, true, {FACT_TEXT, "mon", 0}},
};

static void same(enum field field, const struct fact *is, const struct fact *should)
{
    if (is->kind != should->kind || (is->kind != FACT_TEXT && is->number != should->number) ||
        (is->kind == FACT_TEXT && strcmp(is->text, should->text) != 0)) {
        fail_msg("%s: kind %d, text %s, number %lld", field_name(field), (int)is->kind,
                 is->text ? is->text : "none", (long long)is->number);
    }
}

static void each_field_where_all_is_known(void **state)
{
    struct desk_top *top = *state;

    fill(top);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct fact fact = fact_of(&top->source, &(struct matcher){.field = fields[i].field});

        same(fields[i].field, &fact, &fields[i].full);
        // what a fact is worth is what the rule book was told of the field
        assert_int_equal(fact.kind, field_kind(fields[i].field));
    }
    assert_int_equal(sizeof fields / sizeof fields[0], FIELD_DATA); // all but data.NAME
}

static void each_field_where_nothing_is(void **state)
{
    struct desk_top *top = *state;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct fact fact = fact_of(&top->source, &(struct matcher){.field = fields[i].field});

        if (fields[i].always) {
            same(fields[i].field, &fact, &fields[i].absent);
        } else if (fact.kind != FACT_ABSENT) {
            fail_msg("%s is not absent", field_name(fields[i].field));
        }
    }
}

static struct fact ask(struct desk_top *top, enum field field)
{
    return fact_of(&top->source, &(struct matcher){.field = field});
}

static void an_event_names_its_own_amount(void **state)
{
    struct desk_top *top = *state;

    fill(top);
    top->source.event = happen(&top->happenings, EVENT_ISSUE_CONCESSION_REQUESTED, 0,
                               "\"kind\":\"credit\",\"amount\":\"12.34\"");
    assert_int_equal(ask(top, FIELD_AMOUNT).number, 1234);
}

static void an_issue_without_words_has_a_missing_explanation(void **state)
{
    struct desk_top *top = *state;

    top->issue.known = true;
    assert_string_equal(ask(top, FIELD_EXPLANATION).text, "missing");
    assert_int_equal(ask(top, FIELD_ISSUE_HOP).kind, FACT_COUNT);
}

static void nothing_is_younger_than_now(void **state)
{
    struct desk_top *top = *state;

    fill(top);
    top->issue.opened_at_ms = NOW + HOUR_MS; // its source's clock is ahead
    assert_int_equal(ask(top, FIELD_AGE).number, 0);
}

static void a_lonely_account_is_its_own_group(void **state)
{
    struct desk_top *top = *state;

    top->account = (struct account){.key = "XYZ", .has_value = true};
    top->file.group_value_minor = 12;
    assert_int_equal(ask(top, FIELD_ACCOUNT_GROUP_VALUE).number, 12);
    top->account.has_value = false;
    assert_int_equal(ask(top, FIELD_ACCOUNT_GROUP_VALUE).kind, FACT_ABSENT);
}

static void weekdays_follow_each_other(void **state)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct desk_top *top = *state;

    for (int i = 0; i < 7; i++) {
        top->source.now_ms = NOW + (int64_t)i * DAY_MS;
        assert_string_equal(ask(top, FIELD_WEEKDAY).text, days[i]);
    }
    top->source.now_ms = NOW - 8 * INT64_C(3600000) - 1; // the last moment of Sunday
    assert_string_equal(ask(top, FIELD_WEEKDAY).text, "sun");
    assert_int_equal(ask(top, FIELD_HOUR).number, 23);
}

static void hours_and_days_are_those_of_the_zone(void **state)
{
    // in Chicago clocks go back on 1 November 2026, a Sunday, at 7:00 UTC
    static const struct {
        const char *at, *day;
        int hour;
    } moments[] = {{"2026-11-01T04:59:59Z", "sat", 23}, {"2026-11-01T05:00:00Z", "sun", 0},
                   {"2026-11-01T06:59:59Z", "sun", 1},  {"2026-11-01T07:00:00Z", "sun", 1},
                   {"2026-11-01T08:00:00Z", "sun", 2},  {"2026-11-02T06:00:00Z", "mon", 0}};
    struct desk_top *top = *state;
    struct zone *zone = NULL;

    assert_int_equal(zone_open("America/Chicago", &zone), 0);
    top->source.zone = zone;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        assert_int_equal(moment_parse(moments[i].at, &top->source.now_ms), 0);
        assert_int_equal(ask(top, FIELD_HOUR).number, moments[i].hour);
        assert_string_equal(ask(top, FIELD_WEEKDAY).text, moments[i].day);
    }
    zone_close(zone);
}

static struct fact ask_data(struct desk_top *top, const char *name)
{
    char buffer[32];
    struct matcher matcher = {.field = FIELD_DATA, .data_name = buffer};

    (void)snprintf(buffer, sizeof buffer, "%s", name);
    return fact_of(&top->source, &matcher);
}

static void data_is_what_the_event_brought(void **state)
{
    struct desk_top *top = *state;

    fill(top);
    top->source.event = happen(&top->happenings, EVENT_ISSUE_UPDATED, 0,
                               "\"shop\":\"west 9\",\"vip\":true,\"late\":false,\"days\":12,"
                               "\"rate\":1.5,\"odd\":1.0005,\"list\":[1],\"none\":null");
    assert_string_equal(ask_data(top, "shop").text, "west 9");
    assert_string_equal(ask_data(top, "vip").text, "true");
    assert_string_equal(ask_data(top, "late").text, "false");
    assert_int_equal(ask_data(top, "days").number, 1200);
    assert_int_equal(ask_data(top, "rate").number, 150);
    assert_int_equal(ask_data(top, "odd").kind, FACT_ABSENT); // no money has four places
    assert_int_equal(ask_data(top, "list").kind, FACT_ABSENT);
    assert_int_equal(ask_data(top, "none").kind, FACT_ABSENT);
    assert_int_equal(ask_data(top, "nowhere").kind, FACT_ABSENT);
    top->source.event = NULL; // where only a tier is asked for
    assert_int_equal(ask_data(top, "shop").kind, FACT_ABSENT);
}

static void writes_as_people_do(void **state)
{
    static const struct {
        struct fact fact;
        const char *words;
    } rows[] = {
        {{FACT_ABSENT, NULL, 0}, "nothing"},
        {{FACT_TEXT, "two\nlines", 0}, "two lines"},
        {{FACT_MONEY, NULL, 1825000}, "18250.00"},
        {{FACT_COUNT, NULL, 3}, "3"},
        {{FACT_SPAN, NULL, INT64_C(3) * DAY_MS}, "3 days"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text out = {0};

        fact_write(&out, &rows[i].fact);
        assert_string_equal(text_string(&out), rows[i].words);
        text_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_field_where_all_is_known, begin, end),
        cmocka_unit_test_setup_teardown(each_field_where_nothing_is, begin, end),
        cmocka_unit_test_setup_teardown(an_event_names_its_own_amount, begin, end),
        cmocka_unit_test_setup_teardown(an_issue_without_words_has_a_missing_explanation, begin,
                                        end),
        cmocka_unit_test_setup_teardown(nothing_is_younger_than_now, begin, end),
        cmocka_unit_test_setup_teardown(a_lonely_account_is_its_own_group, begin, end),
        cmocka_unit_test_setup_teardown(weekdays_follow_each_other, begin, end),
        cmocka_unit_test_setup_teardown(hours_and_days_are_those_of_the_zone, begin, end),
        cmocka_unit_test_setup_teardown(data_is_what_the_event_brought, begin, end),
        cmocka_unit_test(writes_as_people_do),
    };

    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
