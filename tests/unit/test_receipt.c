#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/event/receipt.h"
#include "common/event/refusal.h"

// Reads the receipt back and empties the text.
static json_t *read_back(struct text *out)
{
    json_error_t error;
    json_t *root = json_loadb(out->bytes, out->size, JSON_REJECT_DUPLICATES, &error);

    if (!root) {
        fail_msg("%s: %s", text_string(out), error.text);
    }
    text_finish(out);
    return root;
}

static const char *string_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void writes_a_full_receipt(void **state)
{
    const struct receipt receipt = {
        .id = "e-1",
        .source = "/billing \"x\"",
        .seq = INT64_C(9007199254740993),
        .issue_key = "INV-7",
        .issue_state = "open",
        .issue_hop = 1,
        .issue_owner = "rich",
        .unknown = "account",
        .answer = "Service may\ngrant 2%.",
        .answer_limit = "discount: service 2.0",
        .terms_summary = "net 45",
        .terms_link = "https://x.example/t",
        .terms_agreed_by = "rich",
        .terms_at_ms = INT64_C(1772496000000),
        .decision_count = 2,
        .decisions = {{"law: one hop", "escalation", "rich", "now", "dana", INT64_C(1772496000000)},
                      {"small things", "none", NULL, "no", NULL, 0}},
    };
    struct text out = {0};
    json_t *root, *issue, *decisions, *terms;

    (void)state;
    receipt_write_accepted(&out, &receipt);
    root = read_back(&out);
    assert_int_equal(json_object_size(root), 9);
    assert_string_equal(string_at(root, "id"), "e-1");
    assert_string_equal(string_at(root, "source"), "/billing \"x\"");
    assert_string_equal(string_at(root, "status"), "accepted");
    assert_true(json_integer_value(json_object_get(root, "seq")) == receipt.seq);
    assert_string_equal(string_at(root, "unknown"), "account");
    issue = json_object_get(root, "issue");
    assert_string_equal(string_at(issue, "key"), "INV-7");
    assert_string_equal(string_at(issue, "state"), "open");
    assert_int_equal(json_integer_value(json_object_get(issue, "hop")), 1);
    assert_string_equal(string_at(issue, "owner"), "rich");
    decisions = json_object_get(root, "decisions");
    assert_int_equal(json_array_size(decisions), 2);
    assert_string_equal(string_at(json_array_get(decisions, 0), "rule"), "law: one hop");
    assert_string_equal(string_at(json_array_get(decisions, 0), "action"), "escalation");
    assert_string_equal(string_at(json_array_get(decisions, 0), "to"), "rich");
    assert_string_equal(string_at(json_array_get(decisions, 0), "when"), "now");
    assert_string_equal(string_at(json_array_get(decisions, 0), "stands_in_for"), "dana");
    assert_true(json_is_null(json_object_get(json_array_get(decisions, 1), "to")));
    assert_null(json_object_get(json_array_get(decisions, 1), "stands_in_for"));
    assert_string_equal(string_at(json_array_get(decisions, 0), "held_until"),
                        "2026-03-03T00:00:00Z");
    assert_null(json_object_get(json_array_get(decisions, 1), "held_until"));
    assert_string_equal(string_at(json_object_get(root, "answer"), "say"), receipt.answer);
    assert_string_equal(string_at(json_object_get(root, "answer"), "limit"), receipt.answer_limit);
    terms = json_object_get(root, "terms");
    assert_string_equal(string_at(terms, "summary"), "net 45");
    assert_string_equal(string_at(terms, "link"), "https://x.example/t");
    assert_string_equal(string_at(terms, "agreed_by"), "rich");
    assert_string_equal(string_at(terms, "agreed_at"), "2026-03-03T00:00:00Z");
    json_decref(root);
}

static void leaves_out_what_is_not(void **state)
{
    const struct receipt receipt = {.id = "e", .source = "s", .seq = 1};
    const struct receipt partly = {
        .id = "e", .source = "s", .issue_key = "k", .answer = "a", .terms_summary = "t"};
    struct text out = {0};
    json_t *root;

    (void)state;
    receipt_write_accepted(&out, &receipt);
    assert_string_equal(
        text_string(&out),
        "{\"id\":\"e\",\"source\":\"s\",\"status\":\"accepted\",\"seq\":1,\"decisions\":[]}");
    text_clear(&out);
    receipt_write_accepted(&out, &partly);
    root = read_back(&out);
    assert_true(json_is_null(json_object_get(json_object_get(root, "issue"), "owner")));
    assert_true(json_is_null(json_object_get(json_object_get(root, "answer"), "limit")));
    assert_true(json_is_null(json_object_get(json_object_get(root, "terms"), "agreed_at")));
    json_decref(root);
}

static void caps_decisions(void **state)
{
    struct receipt receipt = {.id = "e", .source = "s", .decision_count = 99};
    struct text out = {0};
    json_t *root;

    (void)state;
    receipt_write_accepted(&out, &receipt);
    root = read_back(&out);
    assert_int_equal(json_array_size(json_object_get(root, "decisions")), RECEIPT_DECISIONS);
    json_decref(root);
}

static void wraps_the_first_receipt(void **state)
{
    const struct event event = {.id = "e", .source = "s"};
    const char *first = "{\"id\":\"e\",\"status\":\"accepted\"}\n";
    struct text out = {0};

    (void)state;
    receipt_write_duplicate(&out, &event, first, strlen(first));
    assert_string_equal(text_string(&out),
                        "{\"id\":\"e\",\"source\":\"s\",\"status\":\"duplicate\",\"first\":"
                        "{\"id\":\"e\",\"status\":\"accepted\"}}");
    text_clear(&out);
    receipt_write_duplicate(&out, &event, NULL, 0);
    assert_string_equal(text_string(&out),
                        "{\"id\":\"e\",\"source\":\"s\",\"status\":\"duplicate\",\"first\":null}");
    text_finish(&out);
}

static void writes_refusals(void **state)
{
    struct refusal why;
    struct text out = {0};

    (void)state;
    (void)refusal_set(&why, "malformed", "", "not valid JSON");
    receipt_write_refused(&out, &why);
    assert_string_equal(text_string(&out),
                        "{\"id\":null,\"source\":null,\"status\":\"refused\",\"code\":"
                        "\"malformed\",\"message\":\"not valid JSON\"}");
    text_clear(&out);
    (void)refusal_set(&why, "missing", "/data/to", "data.%s is missing", "to");
    refusal_name(&why, "e", NULL);
    receipt_write_refused(&out, &why);
    assert_string_equal(text_string(&out),
                        "{\"id\":\"e\",\"source\":null,\"status\":\"refused\",\"code\":\"missing\","
                        "\"message\":\"data.to is missing\",\"path\":\"/data/to\"}");
    text_finish(&out);
}

static void a_long_list_ends_with_how_many_more(void **state)
{
    struct text out = {0}, lines = {0};
    struct refusal why;
    json_t *root, *errors;
    int left_out = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        text_addf(&lines, "a.conf:%d: \"quoted\" and a path\\, a word that goes on for long\n", i);
    }
    (void)refusal_set(&why, "bad_rulebook", "", "1000 errors");
    receipt_write_refused_list(&out, &why, text_string(&lines));
    root = read_back(&out);
    errors = json_object_get(root, "errors");
    assert_string_equal(json_string_value(json_array_get(errors, 0)),
                        "a.conf:0: \"quoted\" and a path\\, a word that goes on for long");
    assert_int_equal(sscanf(json_string_value(json_array_get(errors, json_array_size(errors) - 1)),
                            "and %d more, in the log of headsupd", &left_out),
                     1);
    assert_int_equal(json_array_size(errors) - 1 + (size_t)left_out, 1000);
    assert_true(out.size < 2 * (size_t)LIMIT_RECEIPT_LIST_BYTES);
    json_decref(root);
    text_finish(&out);
    text_finish(&lines);
}

static void writes_unavailable(void **state)
{
    const struct event event = {.id = "e", .source = "s"};
    struct text out = {0};

    (void)state;
    receipt_write_unavailable(&out, &event, "the disk is nearly full");
    assert_string_equal(text_string(&out), "{\"id\":\"e\",\"source\":\"s\",\"status\":"
                                           "\"unavailable\",\"message\":"
                                           "\"the disk is nearly full\"}");
    text_finish(&out);
}

// Several receipts, as the reply to an array has them.
static void stands_in_an_array(void **state)
{
    const struct receipt receipt = {.id = "e", .source = "s", .seq = 1};
    const struct event event = {.id = "e", .source = "s"};
    struct text out = {0};
    json_t *root;

    (void)state;
    text_add_char(&out, '[');
    receipt_write_accepted(&out, &receipt);
    receipt_write_duplicate(&out, &event, "{}", 2);
    receipt_write_unavailable(&out, &event, "no");
    text_add_char(&out, ']');
    root = read_back(&out);
    assert_int_equal(json_array_size(root), 3);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_full_receipt),
        cmocka_unit_test(leaves_out_what_is_not),
        cmocka_unit_test(caps_decisions),
        cmocka_unit_test(wraps_the_first_receipt),
        cmocka_unit_test(writes_refusals),
        cmocka_unit_test(writes_unavailable),
        cmocka_unit_test(stands_in_an_array),
        cmocka_unit_test(a_long_list_ends_with_how_many_more),
    };

    return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
