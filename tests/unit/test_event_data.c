#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/event/event.h"
#include "tests/unit/event_texts.h"

#define OPENED_AMOUNT(amount) OPENED_WITH("", ",\"amount\":" amount)

static void refuses_bad_data(void **state)
{
    static const struct bad bad[] = {
        {"{" HEAD ",\"type\":\"headsup.issue.opened\",\"subject\":\"k\"}", "missing",
         "/data/account", "data.account is missing: headsup.issue.opened needs it"},
        {EVENT("issue.opened", "k", "{\"account\":null,\"category\":\"c\",\"summary\":\"s\"}"),
         "missing", "/data/account", "missing"},
        {EVENT("issue.opened", "k", "{\"account\":\"a\",\"summary\":\"s\"}"), "missing",
         "/data/category", "missing"},
        {EVENT("issue.opened", "k", "{\"account\":\"a\",\"category\":\"c\"}"), "missing",
         "/data/summary", "missing"},
        {EVENT("issue.opened", "k", "{\"account\":\"\",\"category\":\"c\",\"summary\":\"s\"}"),
         "bad_value", "/data/account", "empty"},
        {EVENT("issue.opened", "k", "{\"account\":12,\"category\":\"c\",\"summary\":\"s\"}"),
         "wrong_type", "/data/account", "data.account must be a text; got 12"},
        {EVENT("issue.opened", "k", "{\"account\":\"a\\nb\",\"category\":\"c\",\"summary\":\"s\"}"),
         "bad_value", "/data/account", "one line"},
        {EVENT("issue.opened", "k", "[]"), "wrong_type", "/data", "data must be an object"},
        {EVENT("issue.closed", "k", "\"done\""), "wrong_type", "/data", "got \"done\""},
        {OPENED_WITH("", ",\"severity\":\"huge\""), "bad_value", "/data/severity",
         "must be minor, normal or major; got \"huge\""},
        {OPENED_WITH("", ",\"severity\":3"), "wrong_type", "/data/severity", "got 3"},
        {OPENED_WITH("", ",\"contact\":[\"Ann\"]"), "wrong_type", "/data/contact", "an array"},
        {EVENT("issue.transferred", "k", "{}"), "missing", "/data/to", "missing"},
        {EVENT("issue.concession_requested", "k", "{}"), "missing", "/data/kind", "missing"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"refund\"}"), "bad_value",
         "/data/kind", "discount, freight, lead_time, payment_terms or credit"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"percent\":101}"),
         "bad_value", "/data/percent", "a number from 0 to 100; got 101"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"percent\":\"5%\"}"),
         "wrong_type", "/data/percent", "number"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"days\":1.5}"),
         "bad_value", "/data/days", "a whole number"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"days\":1e200}"),
         "bad_value", "/data/days", "a whole number"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"days\":-1}"), "bad_value",
         "/data/days", "a whole number"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"sale\":5}"), "wrong_type",
         "/data/sale", "amount and cost"},
        {EVENT("issue.concession_requested", "k",
               "{\"kind\":\"credit\",\"sale\":{\"cost\":1.001}}"),
         "bad_value", "/data/sale/cost", "data.sale.cost must be money"},
        {EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"fault\":\"mine\"}"),
         "bad_value", "/data/fault", "ours, theirs or carrier"},
        {EVENT("issue.promise_claimed", "k", "{\"by\":\"rich\"}"), "missing", "/data/claim",
         "miss"},
        {EVENT("issue.customer_contacted", "k", "{}"), "missing", "/data/who", "missing"},
        {EVENT("issue.planned", "k", "{\"due\":\"2026-11-24\"}"), "missing", "/data/plan", "miss"},
        {EVENT("issue.planned", "k", "{\"plan\":\"p\",\"due\":\"Tuesday\"}"), "bad_time",
         "/data/due", "a moment such as"},
        {EVENT("issue.planned", "k", "{\"plan\":\"p\",\"due\":\"2026-02-30\"}"), "bad_time",
         "/data/due", "got \"2026-02-30\""},
        {EVENT("issue.planned", "k", "{\"plan\":\"p\",\"due\":20261124}"), "wrong_type",
         "/data/due", "moment"},
        {EVENT("account.updated", "xyz", "{\"value\":true}"), "wrong_type", "/data/value", "true"},
        {EVENT("account.terms_agreed", "xyz", "{}"), "missing", "/data/summary", "missing"},
        {EVENT("account.terms_agreed", "xyz", "{\"summary\":\"s\",\"boundaries\":[]}"),
         "wrong_type", "/data/boundaries", "an object"},
        {EVENT("account.kickoff_held", "xyz", "{\"attendees\":[\"Pat\",7]}"), "wrong_type",
         "/data/attendees/1", "data.attendees[1] must be a text; got 7"},
        {EVENT("account.kickoff_held", "xyz", "{\"attendees\":7}"), "wrong_type", "/data/attendees",
         "a text or an array of texts"},
        {EVENT("account.promise_made", "xyz", "{\"promise\":\"p\"}"), "missing", "/data/by",
         "miss"},
        {EVENT("account.promise_made", "xyz", "{\"by\":\"p\"}"), "missing", "/data/promise", "mis"},
        {EVENT("account.surveyed", "xyz", "{}"), "missing", "/data/score", "missing"},
        {EVENT("account.surveyed", "xyz", "{\"score\":11}"), "bad_value", "/data/score", "0 to 10"},
        {EVENT("account.surveyed", "xyz", "{\"score\":-0.5}"), "bad_value", "/data/score", "-0.5"},
        {EVENT("account.surveyed", "xyz", "{\"score\":\"9\"}"), "wrong_type", "/data/score",
         "\"9\""},
        {EVENT("silence.set", "s", "{}"), "missing", "/data/match", "missing"},
        {EVENT("silence.set", "s", "{\"match\":[]}"), "bad_value", "/data/match", "empty"},
        {EVENT("silence.set", "s", "{\"match\":[\"\"]}"), "bad_value", "/data/match/0", "empty"},
        {EVENT("silence.set", "s", "{\"match\":\"a = b\"}"), "missing", "/data/until", "missing"},
        {EVENT("silence.set", "s", "{\"match\":\"a = b\",\"until\":\"2026-11-30T00:00:00Z\"}"),
         "missing", "/data/comment", "missing"},
        {EVENT("notice.retried", "s", "{\"all\":\"yes\"}"), "wrong_type", "/data/all",
         "true or false"},
        {EVENT("notice.retried", "s", "{\"lane\":3}"), "wrong_type", "/data/lane", "a text"},
    };

    (void)state;
    expect_all_bad(bad, sizeof bad / sizeof bad[0]);
}

static void reads_money(void **state)
{
    static const struct {
        const char *json;
        int64_t minor;
    } good[] = {
        {"18250", 1825000},
        {"18250.00", 1825000},
        {"18250.5", 1825050},
        {"0.07", 7},
        {"-3.07", -307},
        {"0", 0},
        {"-0", 0},
        {"-0.0", 0},
        {"1e5", 10000000},
        {"1.8E3", 180000},
        {"19454.94", 1945494},
        {"0.29", 29},
        {"1.10", 110},
        {"999999999999.99", INT64_C(99999999999999)},
        {"1000000000000", INT64_C(100000000000000)},
        {"-1000000000000.00", INT64_C(-100000000000000)},
        {"\"18250.10\"", 1825010},
        {"\"-1\"", -100},
    };
    static const struct {
        const char *json, *code, *words;
    } bad[] = {
        {"1.005", "bad_value", "at most two decimal places, such as 18250.00; got 1.005"},
        {"0.001", "bad_value", "two decimal places"},
        {"1e-7", "bad_value", "two decimal places"},
        {"1000000000001", "bad_value", "at most 1000000000000.00"},
        {"1000000000000.01", "bad_value", "at most 1000000000000.00"},
        {"-1000000000000.5", "bad_value", "at most 1000000000000.00"},
        {"9223372036854775807", "bad_value", "at most 1000000000000.00"},
        {"1e20", "bad_value", "at most 1000000000000.00"},
        {"1e300", "bad_value", "at most 1000000000000.00"},
        {"\"1.005\"", "bad_value", "got \"1.005\""},
        {"\"1,000.00\"", "bad_value", "got \"1,000.00\""},
        {"\"$5\"", "bad_value", "money"},
        {"\"\"", "bad_value", "money"},
        {"\"1e5\"", "bad_value", "money"},
        {"\" 5\"", "bad_value", "money"},
        {"\"+5\"", "bad_value", "money"},
        {"\"99999999999999999999999999\"", "bad_value", "at most 1000000000000.00"},
        {"true", "wrong_type", "got true"},
        {"{}", "wrong_type", "got an object"},
        {"[5]", "wrong_type", "got an array"},
    };
    char json[512];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct event event = {0};
        struct refusal why = {0};

        (void)snprintf(json, sizeof json, OPENED_AMOUNT("%s"), good[i].json);
        if (parse(json, &event, &why) < 0) {
            fail_msg("%s: %s", json, why.message);
        }
        assert_true(event.has_amount);
        assert_int_equal(event.amount_minor, good[i].minor);
        event_finish(&event);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(json, sizeof json, OPENED_AMOUNT("%s"), bad[i].json);
        expect_bad(json, bad[i].code, "/data/amount", bad[i].words);
    }
}

// Every amount from a cent to ten thousand, and some large ones, as a JSON number and back.
static void reads_each_cent(void **state)
{
    (void)state;
    for (int64_t minor = 1; minor < INT64_C(100000000000000);
         minor += minor < 1000000 ? 7 : minor) {
        json_t *value = json_real((double)minor / 100);
        int64_t got = 0;

        assert_int_equal(event_money_of(value, &got), 0);
        assert_int_equal(got, minor);
        json_decref(value);
    }
}

static void reads_moments_of_data(void **state)
{
    struct event event = {0};
    struct refusal why;
    int64_t ms = 0;

    (void)state;
    assert_int_equal(parse(EVENT("issue.planned", "k",
                                 "{\"plan\":\"p\",\"due\":\"9999-12-31T23:59:59Z\",\"x\":\"soon\","
                                 "\"day\":\"2026-11-24\"}"),
                           &event, &why),
                     0);
    assert_true(event_moment(&event, "due", &ms));
    assert_int_equal(ms, INT64_C(253402300799000));
    assert_true(event_moment(&event, "day", &ms)); // until the end of that day
    assert_int_equal(ms, INT64_C(1795564799000));
    assert_false(event_moment(&event, "x", &ms));
    assert_false(event_moment(&event, "none", &ms));
    event_finish(&event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_data),
        cmocka_unit_test(reads_money),
        cmocka_unit_test(reads_each_cent),
        cmocka_unit_test(reads_moments_of_data),
    };

    return cmocka_run_group_tests_name("event data", tests, NULL, NULL);
}
