#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/base/text.h"
#include "common/event/event.h"
#include "tests/unit/event_texts.h"

#define OPENED_TIME(time) OPENED_WITH(",\"time\":\"" time "\"", "")

static void reads_a_whole_event(void **state)
{
    const char *json =
        OPENED_WITH(",\"time\":\"2026-11-21T09:15:00.250+01:00\","
                    "\"datacontenttype\":\"Application/JSON; charset=utf-8\","
                    "\"traceparent\":\"00-1-2-00\",\"sampled\":true,\"hopcount\":-7",
                    ",\"amount\":18250.10,\"currency\":\"USD\",\"colour\":{\"a\":[1]}");
    struct event event = {0};
    struct refusal why;
    int64_t minor = 0, ms = 0;

    (void)state;
    assert_int_equal(parse(json, &event, &why), 0);
    assert_int_equal(event.type, EVENT_ISSUE_OPENED);
    assert_string_equal(event.id, "e-1");
    assert_string_equal(event.source, "/billing");
    assert_string_equal(event.subject, "INV-7");
    assert_int_equal(event.time_ms, INT64_C(1795248900250));
    assert_int_equal(event.received_ms, RECEIVED_MS);
    assert_true(event.has_amount);
    assert_int_equal(event.amount_minor, 1825010);
    assert_ptr_equal(event.bytes, json);
    assert_int_equal(event.size, strlen(json));
    assert_string_equal(event_text(&event, "summary"), "charged twice");
    assert_null(event_text(&event, "explanation"));
    assert_null(event_text(&event, "amount"));
    assert_true(event_money(&event, "amount", &minor));
    assert_int_equal(minor, 1825010);
    assert_false(event_money(&event, "value", &minor));
    assert_false(event_moment(&event, "due", &ms));
    assert_non_null(json_object_get(event.data, "colour"));
    event_finish(&event);
    assert_null(event.root);
    event_finish(&event);
}

// One good event of every type: the fullest that the design's table allows.
static const struct {
    enum event_type type;
    const char *json;
} every_type[] = {
    {EVENT_ISSUE_OPENED,
     EVENT("issue.opened", "k",
           "{\"account\":\"a\",\"category\":\"c\",\"summary\":\"s\",\"severity\":\"major\","
           "\"amount\":1,\"currency\":\"USD\",\"department\":\"d\",\"explanation\":\"e\","
           "\"contact\":\"Ann\"}")},
    {EVENT_ISSUE_UPDATED,
     EVENT("issue.updated", "k",
           "{\"note\":\"n\",\"account\":\"a\",\"category\":\"c\",\"summary\":\"s\","
           "\"severity\":\"minor\",\"amount\":\"7.50\",\"explanation\":\"e\"}")},
    {EVENT_ISSUE_TRANSFERRED,
     EVENT("issue.transferred", "k", "{\"to\":\"credit\",\"from\":\"billing\",\"reason\":\"r\"}")},
    {EVENT_ISSUE_ESCALATION_REQUESTED,
     EVENT("issue.escalation_requested", "k", "{\"demand\":\"Your manager!\\nNow.\"}")},
    {EVENT_ISSUE_CONCESSION_REQUESTED,
     EVENT("issue.concession_requested", "k",
           "{\"kind\":\"lead_time\",\"percent\":2.5,\"days\":10,\"amount\":50,"
           "\"sale\":{\"amount\":1000,\"cost\":800.25},\"fault\":\"carrier\"}")},
    {EVENT_ISSUE_PROMISE_CLAIMED,
     EVENT("issue.promise_claimed", "k", "{\"claim\":\"free freight\",\"by\":\"rich\"}")},
    {EVENT_ISSUE_CUSTOMER_CONTACTED,
     EVENT("issue.customer_contacted", "k", "{\"who\":\"rich\",\"channel\":\"phone\"}")},
    {EVENT_ISSUE_ACKNOWLEDGED, EVENT("issue.acknowledged", "k", "{\"by\":\"pat\"}")},
    {EVENT_ISSUE_PLANNED,
     EVENT("issue.planned", "k",
           "{\"plan\":\"credit note\",\"due\":\"2026-11-24T17:00:00Z\",\"by\":\"pat\"}")},
    {EVENT_ISSUE_RESOLVED,
     EVENT("issue.resolved", "k", "{\"by\":\"pat\",\"resolution\":\"r\",\"cause\":\"billing\"}")},
    {EVENT_ISSUE_REOPENED, EVENT("issue.reopened", "k", "{\"by\":\"pat\"}")},
    {EVENT_ISSUE_CLOSED, EVENT("issue.closed", "k", "{}")},
    {EVENT_ACCOUNT_UPDATED,
     EVENT("account.updated", "xyz",
           "{\"name\":\"XYZ Co.\",\"value\":300000,\"tier\":\"major\",\"group\":\"xyz-group\","
           "\"service\":\"pat\",\"sales\":\"rich\",\"region\":\"west\",\"currency\":\"USD\"}")},
    {EVENT_ACCOUNT_TERMS_AGREED,
     EVENT("account.terms_agreed", "xyz",
           "{\"summary\":\"net 45\",\"link\":\"https://x.example/t\",\"agreed_by\":\"rich\","
           "\"boundaries\":{\"gross_profit_floor\":15}}")},
    {EVENT_ACCOUNT_KICKOFF_HELD,
     EVENT("account.kickoff_held", "xyz", "{\"by\":\"rich\",\"attendees\":[\"pat\",\"Ann\"]}")},
    {EVENT_ACCOUNT_SHIPMENT_SCHEDULED,
     EVENT("account.shipment_scheduled", "xyz",
           "{\"ships_at\":\"2026-12-01T06:00:00Z\",\"order\":\"SO-1\"}")},
    {EVENT_ACCOUNT_BILLED, EVENT("account.billed", "xyz", "{\"bill\":\"B-1\",\"amount\":99.99}")},
    {EVENT_ACCOUNT_PROMISE_MADE,
     EVENT("account.promise_made", "xyz",
           "{\"promise\":\"p\",\"by\":\"rich\",\"to\":\"Ann\",\"until\":\"2027-01-31\"}")},
    {EVENT_ACCOUNT_CHECKIN_HELD,
     EVENT("account.checkin_held", "xyz", "{\"by\":\"pat\",\"note\":\"all well\"}")},
    {EVENT_ACCOUNT_SURVEYED, EVENT("account.surveyed", "xyz", "{\"score\":9.5,\"by\":\"pat\"}")},
    {EVENT_SILENCE_SET,
     EVENT("silence.set", "move",
           "{\"match\":[\"account = xyz\"],\"until\":\"2026-11-30T00:00:00Z\",\"comment\":\"c\","
           "\"by\":\"adm\"}")},
    {EVENT_SILENCE_LIFTED, EVENT("silence.lifted", "move", "{\"by\":\"adm\"}")},
    {EVENT_NOTICE_RETRIED,
     EVENT("notice.retried", "s",
           "{\"notice\":\"hn_1\",\"lane\":\"rich\",\"all\":false,\"by\":\"adm\"}")},
    {EVENT_NOTICE_TEST_REQUESTED,
     EVENT("notice.test_requested", "s",
           "{\"rep\":\"rich\",\"kind\":\"escalation\",\"by\":\"adm\"}")},
    {EVENT_LANE_PAUSED,
     EVENT("lane.paused", "s", "{\"lane\":\"rich\",\"by\":\"adm\",\"reason\":\"he moves\"}")},
    {EVENT_LANE_RESUMED, EVENT("lane.resumed", "s", "{\"lane\":\"rich\",\"by\":\"adm\"}")},
    {EVENT_RULEBOOK_RELOADED, EVENT("rulebook.reloaded", "s", "{}")},
};

static void takes_every_type(void **state)
{
    (void)state;
    assert_int_equal(sizeof every_type / sizeof every_type[0], EVENT_TYPE_COUNT);
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
        struct event event = {0};
        struct refusal why = {0};
        char full[LIMIT_TYPE_BYTES];

        if (parse(every_type[i].json, &event, &why) < 0) {
            fail_msg("%s: %s", every_type[i].json, why.message);
        }
        assert_int_equal(event.type, every_type[i].type);
        assert_int_equal(every_type[i].type, i);
        assert_int_equal(event_type_of(event_type_name(event.type)), event.type);
        (void)snprintf(full, sizeof full, "headsup.%s", event_type_name(event.type));
        assert_int_equal(event_type_of(full), event.type);
        event_finish(&event);
    }
    assert_int_equal(event_type_of("headsup.issue.exploded"), EVENT_TYPE_COUNT);
    assert_int_equal(event_type_of(""), EVENT_TYPE_COUNT);
}

static void takes_what_is_optional(void **state)
{
    static const char *const good[] = {
        // data, where nothing of it is required
        "{" HEAD ",\"type\":\"headsup.issue.closed\",\"subject\":\"k\"}",
        "{" HEAD ",\"type\":\"headsup.issue.closed\",\"subject\":\"k\",\"data\":null}",
        "{" HEAD ",\"type\":\"headsup.rulebook.reloaded\"}",
        "{" HEAD ",\"type\":\"headsup.notice.retried\",\"subject\":null,\"data\":{\"all\":true}}",
        "{" HEAD ",\"type\":\"headsup.silence.lifted\",\"subject\":\"move\"}",
        // null is absent
        OPENED_WITH(",\"time\":null,\"datacontenttype\":null,\"dataschema\":null,"
                    "\"data_base64\":null,\"traceparent\":null",
                    ",\"amount\":null,\"severity\":null,\"contact\":null"),
        OPENED_WITH(",\"dataschema\":\"https://x.example/s\"", ""),
        OPENED_WITH(",\"datacontenttype\":\"application/json\"", ""),
        OPENED_WITH(",\"datacontenttype\":\"application/json;charset=utf-8\"", ""),
        OPENED_WITH(",\"empty\":\"\",\"big\":2147483647,\"low\":-2147483648", ""),
        // members of one's own, whatever they are
        OPENED_WITH("", ",\"Own Name\":[{\"x\":null}],\"n\":1e300,\"\":0"),
        OPENED_WITH("", ",\"department\":\"\",\"summary2\":\"\""),
        EVENT("issue.opened", "k", "{\"account\":\"a\",\"category\":\"c\",\"summary\":\"\"}"),
        EVENT("silence.set", "s",
              "{\"match\":\"account = xyz\",\"until\":\"2026-11-30T00:00:00Z\",\"comment\":\"c\"}"),
        EVENT("account.kickoff_held", "xyz", "{\"attendees\":\"Pat and Ann\"}"),
        EVENT("account.kickoff_held", "xyz", "{\"attendees\":[]}"),
        EVENT("account.surveyed", "xyz", "{\"score\":0}"),
        EVENT("account.surveyed", "xyz", "{\"score\":10}"),
        EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"sale\":{}}"),
        EVENT("issue.concession_requested", "k", "{\"kind\":\"credit\",\"days\":30.0}"),
        EVENT("issue.closed", "Rechnung \xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "{}"),
        EVENT("issue.closed", "k\\ud83d\\ude00", "{}"),
        " \t\r\n" EVENT("issue.closed", "k", "{}") " \n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        expect_good(good[i]);
    }
}

static void refuses_malformed_json(void **state)
{
    static const struct bad bad[] = {
        {"", "malformed", "", "line 1"},
        {" ", "malformed", "", "line 1"},
        {"{", "malformed", "", "line 1, column 1"},
        {"{}}", "malformed", "", "end of file expected"},
        {"{\"id\":}", "malformed", "", "column 7 (byte 7)"},
        {"{\n\"id\" 1}", "malformed", "", "line 2"},
        {"{'id':1}", "malformed", "", "not valid JSON"},
        {"{\"id\":01}", "malformed", "", "not valid JSON"},
        {"{\"id\":NaN}", "malformed", "", "not valid JSON"},
        {"{\"id\":\"a\tb\"}", "malformed", "", "not valid JSON"},
        {"{\"id\":\"\\ud800\"}", "malformed", "", "not valid JSON"},
        {"{\"id\":\"\\x\"}", "malformed", "", "not valid JSON"},
        {"{\"id\":1,}", "malformed", "", "not valid JSON"},
        {"\xef\xbb\xbf{}", "malformed", "", "not valid JSON"},
        {"{\"id\":\"\\u0000\"}", "bad_value", "", "U+0000"},
        {"{\"i\\u0000d\":1}", "bad_value", "", "U+0000"},
        {"{\"id\":1,\"id\":2}", "duplicate_key", "", "column"},
        {OPENED_WITH("", ",\"account\":\"other\""), "duplicate_key", "", "\"account\""},
        {OPENED_WITH("", ",\"x\":{\"a\":1,\"\\u0061\":2}"), "duplicate_key", "", "twice"},
        {OPENED_WITH("", ",\"x\":9223372036854775808"), "bad_value", "", "out of range"},
        {OPENED_WITH("", ",\"x\":-9223372036854775809"), "bad_value", "", "out of range"},
        {OPENED_WITH("", ",\"x\":1e400"), "bad_value", "", "out of range"},
        {"[]", "wrong_type", "", "got an array"},
        {"\"event\"", "wrong_type", "", "got \"event\""},
        {"null", "wrong_type", "", "got null"},
        {"12", "wrong_type", "", "got 12"},
        {"true", "wrong_type", "", "got true"},
    };
    struct event event;
    struct refusal why;

    (void)state;
    expect_all_bad(bad, sizeof bad / sizeof bad[0]);
    assert_int_equal(event_parse("{\"a\":\"\0\"}", 9, RECEIVED_MS, &event, &why), -EINVAL);
    assert_string_equal(why.code, "malformed");
}

static void refuses_invalid_utf8(void **state)
{
    static const char *const bad[] = {
        "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\xe2\x82", "\x80",
    };
    char json[512];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)snprintf(json, sizeof json, OPENED_WITH("", ",\"x\":\"%s\""), bad[i]);
        expect_bad(json, "bad_utf8", "", "UTF-8");
    }
    expect_bad("{\"id\":\"\xff", "bad_utf8", "", "UTF-8");
}

static void refuses_bad_attributes(void **state)
{
    static const struct bad bad[] = {
        {"{}", "missing", "/specversion", "specversion is missing"},
        {"{\"specversion\":\"1.0\"}", "missing", "/id", "id is missing"},
        {"{\"specversion\":null}", "missing", "/specversion", "missing"},
        {"{\"specversion\":1.0}", "wrong_type", "/specversion", "must be a text; got 1"},
        {"{\"specversion\":\"1.0\",\"id\":7}", "wrong_type", "/id", "got 7"},
        {"{\"specversion\":\"1.0\",\"id\":\"\"}", "bad_value", "/id", "empty"},
        {"{\"specversion\":\"1.0\",\"id\":\"a\\nb\"}", "bad_value", "/id", "control character"},
        {"{\"specversion\":\"1.0\",\"id\":\"a\\u007f\"}", "bad_value", "/id", "control"},
        {"{\"specversion\":\"1.0\",\"id\":\"a\\u0085\"}", "bad_value", "/id", "control"},
        {"{\"specversion\":\"1.0\",\"id\":\"\\uffff\"}", "bad_value", "/id", "non-character"},
        {"{\"specversion\":\"1.0\",\"id\":\"\\ufffe\"}", "bad_value", "/id", "non-character"},
        {"{\"specversion\":\"1.0\",\"id\":\"\\ufdd0\"}", "bad_value", "/id", "non-character"},
        {"{\"specversion\":\"1.0\",\"id\":\"\\ufdef\"}", "bad_value", "/id", "non-character"},
        {"{\"specversion\":\"1.0\",\"id\":\"\\ud83f\\udffe\"}", "bad_value", "/id", "non-char"},
        {"{\"specversion\":\"1.0\",\"id\":\"\\udbff\\udfff\"}", "bad_value", "/id", "non-char"},
        {"{\"specversion\":\"1.0\",\"id\":\"a\"}", "missing", "/source", "source is missing"},
        {"{" HEAD "}", "missing", "/type", "type is missing"},
        {"{\"specversion\":\"0.3\",\"id\":\"a\",\"source\":\"b\",\"type\":\"c\"}", "bad_value",
         "/specversion", "got \"0.3\""},
        {"{" HEAD ",\"type\":\"headsup.issue.closed\"}", "missing", "/subject", "the issue's key"},
        {"{" HEAD ",\"type\":\"headsup.account.billed\"}", "missing", "/subject",
         "headsup.account.billed it is the account's key"},
        {"{" HEAD ",\"type\":\"headsup.silence.lifted\",\"subject\":null}", "missing", "/subject",
         "the silence's name"},
        {EVENT("issue.closed", "", "{}"), "bad_value", "/subject", "empty"},
        {OPENED_WITH(",\"datacontenttype\":\"text/plain\"", ""), "bad_value", "/datacontenttype",
         "got \"text/plain\""},
        {OPENED_WITH(",\"datacontenttype\":\"application/jsonx\"", ""), "bad_value",
         "/datacontenttype", "application/json"},
        {OPENED_WITH(",\"datacontenttype\":5", ""), "wrong_type", "/datacontenttype", "got 5"},
        {OPENED_WITH(",\"data_base64\":\"e30=\"", ""), "bad_value", "/data_base64", "data"},
        {OPENED_WITH(",\"Trace\":\"x\"", ""), "bad_value", "/Trace", "lower-case"},
        {OPENED_WITH(",\"a_b\":\"x\"", ""), "bad_value", "/a_b", "lower-case"},
        {OPENED_WITH(",\"a/~b\":\"x\"", ""), "bad_value", "/a~1~0b", "lower-case"},
        {OPENED_WITH(",\"\":\"x\"", ""), "bad_value", "/", "lower-case"},
        {OPENED_WITH(",\"ext\":1.5", ""), "wrong_type", "/ext", "got 1.5"},
        {OPENED_WITH(",\"ext\":2147483648", ""), "bad_value", "/ext", "32-bit"},
        {OPENED_WITH(",\"ext\":{}", ""), "wrong_type", "/ext", "got an object"},
        {OPENED_WITH(",\"ext\":[]", ""), "wrong_type", "/ext", "got an array"},
        {OPENED_WITH(",\"ext\":\"a\\u0001\"", ""), "bad_value", "/ext", "control"},
    };

    (void)state;
    expect_all_bad(bad, sizeof bad / sizeof bad[0]);
}

static void names_the_nearest_type(void **state)
{
    static const struct bad bad[] = {
        {EVENT("issue.openned", "k", "{}"), "unknown_type", "/type", "\"headsup.issue.opened\"?"},
        {EVENT("isue.closed", "k", "{}"), "unknown_type", "/type", "\"headsup.issue.closed\"?"},
        {"{" HEAD ",\"type\":\"issue.opened\"}", "unknown_type", "/type",
         "\"headsup.issue.opened\"?"},
        {"{" HEAD ",\"type\":\"com.example.order.created.v2\"}", "unknown_type", "/type",
         "there is no event type \"com.example.order.created.v2\""},
        {"{" HEAD ",\"type\":\"HEADSUP.ISSUE.OPENED\"}", "unknown_type", "/type", "no event type"},
        {"{" HEAD ",\"type\":\"headsup.\"}", "unknown_type", "/type", "no event type"},
    };

    (void)state;
    expect_all_bad(bad, sizeof bad / sizeof bad[0]);
}

static void refuses_bad_times(void **state)
{
    static const struct bad bad[] = {
        {OPENED_TIME("yesterday"), "bad_time", "/time", "got \"yesterday\""},
        {OPENED_TIME("2026-11-22"), "bad_time", "/time", "RFC 3339"},
        {OPENED_TIME("2026-11-22T08:30:00"), "bad_time", "/time", "RFC 3339"},
        {OPENED_TIME("2026-02-29T00:00:00Z"), "bad_time", "/time", "RFC 3339"},
        {OPENED_TIME("2100-02-29T00:00:00Z"), "bad_time", "/time", "RFC 3339"},
        {OPENED_TIME("1969-12-31T23:59:59Z"), "bad_time", "/time", "1970"},
        {OPENED_TIME("1970-01-01T00:00:00+00:01"), "bad_time", "/time", "1970"},
        {OPENED_TIME("9999-12-31T23:59:59Z"), "bad_time", "/time", "more than a day ahead"},
        {OPENED_TIME("9999-12-31T23:59:59-01:00"), "bad_time", "/time", "RFC 3339"},
        {OPENED_TIME("2026-11-23T08:30:00.001Z"), "bad_time", "/time",
         "it says 2026-11-23T08:30:00.001Z, and it is 2026-11-22T08:30:00Z now"},
        {OPENED_WITH(",\"time\":1795336200", ""), "wrong_type", "/time", "got 1795336200"},
        {OPENED_WITH(",\"time\":\"\"", ""), "bad_value", "/time", "empty"},
    };
    static const struct {
        const char *json;
        int64_t ms;
    } good[] = {
        {OPENED_TIME("2026-11-23T08:30:00Z"), RECEIVED_MS + DAY_MS},
        {OPENED_TIME("1970-01-01T00:00:00Z"), 0},
        {OPENED_TIME("2024-02-29T23:59:59Z"), INT64_C(1709251199000)},
        {OPENED_TIME("2000-02-29T00:00:00Z"), INT64_C(951782400000)},
        {OPENED_TIME("2026-11-22T10:30:00+02:00"), RECEIVED_MS},
        {OPENED_TIME("2026-11-21T22:30:00-10:00"), RECEIVED_MS},
        {OPENED_TIME("2016-12-31t23:59:60z"), INT64_C(1483228800000)},
        {OPENED_WITH("", ""), RECEIVED_MS},
    };

    (void)state;
    expect_all_bad(bad, sizeof bad / sizeof bad[0]);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct event event = {0};
        struct refusal why = {0};

        assert_int_equal(parse(good[i].json, &event, &why), 0);
        assert_int_equal(event.time_ms, good[i].ms);
        event_finish(&event);
    }
}

static void names_the_refused(void **state)
{
    struct text id = {0};
    char json[1024];
    struct event event;
    struct refusal why;

    (void)state;
    assert_int_equal(parse(EVENT("issue.opened", "k", "{}"), &event, &why), -EINVAL);
    assert_string_equal(why.id, "e-1");
    assert_string_equal(why.source, "/billing");
    assert_int_equal(parse("{\"id\":5,\"source\":\"/s\"}", &event, &why), -EINVAL);
    assert_string_equal(why.id, "");
    assert_string_equal(why.source, "/s");
    assert_int_equal(parse("{\"id\":\"e\"", &event, &why), -EINVAL);
    assert_string_equal(why.id, "");
    // cut between characters
    for (int i = 0; i < 50; i++) {
        text_add(&id, "\xe2\x82\xac");
    }
    (void)snprintf(json, sizeof json, "{\"id\":\"%s\",\"source\":\"%s%s\"}", text_string(&id),
                   text_string(&id), text_string(&id));
    assert_int_equal(parse(json, &event, &why), -EINVAL);
    assert_int_equal(strlen(why.id), 63);
    assert_int_equal(strlen(why.source), 126);
    assert_true(utf8_valid(why.id, strlen(why.id)));
    text_finish(&id);
}

// Whatever outside text goes into a message, it stays valid UTF-8 on one line.
static void messages_stay_clean(void **state)
{
    static const char *const hostile[] = {
        "\\u0007\\u001b[31m\\u0085",
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2"
        "\x82"
        "\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
        "\xe2"
        "\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82"
        "\xac",
        "%s%n%s\\\"\\\\",
    };
    char json[512];

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        static const char *const forms[] = {
            OPENED_WITH("", ",\"severity\":\"%s\""), OPENED_WITH("", ",\"amount\":\"%s\""),
            OPENED_WITH(",\"time\":\"%s\"", ""), OPENED_WITH(",\"X%s\":1", ""),
            "{" HEAD ",\"type\":\"%s\"}"};

        for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++) {
            const char *mark = strstr(forms[form], "%s");
            struct event event;
            struct refusal why;

            (void)snprintf(json, sizeof json, "%.*s%s%s", (int)(mark - forms[form]), forms[form],
                           hostile[i], mark + 2);
            assert_int_equal(parse(json, &event, &why), -EINVAL);
            assert_true(utf8_valid(why.message, strlen(why.message)));
            assert_true(utf8_valid(why.path, strlen(why.path)));
            for (const char *at = why.message; *at; at++) {
                assert_false((unsigned char)*at < 0x20 || *at == 0x7f);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_whole_event),    cmocka_unit_test(takes_every_type),
        cmocka_unit_test(takes_what_is_optional), cmocka_unit_test(refuses_malformed_json),
        cmocka_unit_test(refuses_invalid_utf8),   cmocka_unit_test(refuses_bad_attributes),
        cmocka_unit_test(names_the_nearest_type), cmocka_unit_test(refuses_bad_times),
        cmocka_unit_test(names_the_refused),      cmocka_unit_test(messages_stay_clean),
    };

    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
