// The trace of a verdict: what was tried, what it saw, what stopped it, and by which law it was
// decided. And that asking for it changes nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/verdict/trace.h"
#include "common/verdict/verdict.h"
#include "tests/support/happenings.h"
#include "tests/support/small_book.h"

#define NOW HAPPENINGS_NOW_MS
#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":18250"

struct bench {
    struct happenings happenings;
    struct rulebook *book;
    struct arena *arena;
    struct case_file file;
    struct verdict verdict;
    struct verdict_trace trace;
};

static int begin(void **state)
{
    static struct bench bench;

    bench = (struct bench){0};
    bench.arena = arena_create();
    bench.file.account =
        (struct account){.known = true, .num = 1, .key = "XYZ", .sales = "dana", .has_value = true};
    *state = &bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;

    happenings_finish(&bench->happenings);
    rulebook_destroy(bench->book);
    arena_destroy(bench->arena);
    return 0;
}

static void rules(struct bench *bench, const char *words)
{
    char book[8192];

    (void)snprintf(book, sizeof book, "%s%s", small_book_people, words);
    bench->book = small_book(book);
}

// Decides with a trace and without; both must come to the same.
static void decide(struct bench *bench, enum event_type type, const char *data)
{
    const struct event *event = happen(&bench->happenings, type, 0, data);
    struct verdict_question question = {bench->book, NULL, &bench->file, event, NOW};
    struct verdict plain;

    verdict_decide(bench->book, &bench->file, event, NOW, bench->arena, &plain);
    memset(&bench->trace, 0xff, sizeof bench->trace); // whatever was in it
    verdict_explain(&question, bench->arena, &bench->trace, &bench->verdict);
    assert_int_equal(plain.decision_count, bench->verdict.decision_count);
    for (size_t i = 0; i < plain.decision_count; i++) {
        const struct decision *one = &plain.decisions[i], *other = &bench->verdict.decisions[i];

        assert_ptr_equal(one->rep, other->rep);
        assert_int_equal(one->kind, other->kind);
        assert_int_equal(one->when, other->when);
        assert_string_equal(one->rule, other->rule);
        assert_string_equal(one->why, other->why);
    }
    assert_int_equal(plain.issue.hop, bench->verdict.issue.hop);
    bench->file.issue = bench->verdict.issue;
}

static void has_law(const struct bench *bench, const char *law, const char *words)
{
    for (size_t i = 0; i < bench->trace.law_count; i++) {
        if (strcmp(bench->trace.laws[i].law, law) == 0 &&
            strstr(bench->trace.laws[i].words, words)) {
            return;
        }
    }
    fail_msg("no law '%s' that says '%s'", law, words);
}

static void saw(const struct trial_trace *trial, size_t i, const char *value, enum answer answer)
{
    assert_true(i < trial->matcher_count);
    assert_string_equal(trial->matchers[i].saw, value);
    assert_int_equal(trial->matchers[i].answer, answer);
}

static void each_rule_says_what_it_saw_and_where_trying_stopped(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"ship\"; match = [ \"category = shipment\", \"amount > 1\" ];"
                 "  heads_up = \"now\"; },"
                 "{ name = \"bill\"; match = [ \"category = billing\", \"account.region != x\" ];"
                 "  heads_up = \"now\"; continue = true; },"
                 "{ name = \"all\"; heads_up = \"no\"; service = \"digest\"; },"
                 "{ name = \"never\"; service = \"now\"; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    assert_int_equal(bench->trace.rule_count, 3);
    assert_false(bench->trace.rules[0].matched);
    saw(&bench->trace.rules[0], 0, "billing", ANSWER_NO);
    saw(&bench->trace.rules[0], 1, "18250.00", ANSWER_YES); // also behind one that failed
    assert_true(bench->trace.rules[1].matched);
    saw(&bench->trace.rules[1], 1, "nothing", ANSWER_YES);
    assert_true(bench->trace.rules[1].heads_up);
    assert_true(bench->trace.rules[2].matched);
    assert_false(bench->trace.rules[2].heads_up); // the one above spoke first
    assert_true(bench->trace.rules[2].service);
    assert_int_equal(bench->trace.rules[2].matcher_count, 0);
    assert_ptr_equal(bench->trace.stopped_by, &bench->book->rules[2]);
}

static void where_nothing_matches_the_unsaid_decides(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"ship\"; match = [ \"category = shipment\" ]; heads_up = "
                 "\"now\"; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    assert_int_equal(bench->trace.rule_count, 1);
    assert_null(bench->trace.stopped_by);
    has_law(bench, "unsaid", "to the sales rep: no; no rule matched: category billing");
    has_law(bench, "unsaid", "to the service rep: digest; ");
    decide(bench, EVENT_ACCOUNT_BILLED, "\"amount\":5");
    has_law(bench, "law: a record tells nobody", "to the service rep: no; ");
}

static void a_pattern_that_meets_its_limits_cannot_tell(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"slow\"; match = [ \"summary =~ ^(a+)+$\" ]; } );");
    decide(bench, EVENT_ISSUE_OPENED,
           "\"account\":\"XYZ\",\"category\":\"x\",\"summary\":"
           "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"");
    assert_false(bench->trace.rules[0].matched);
    assert_int_equal(bench->trace.rules[0].matchers[0].answer, ANSWER_CANNOT_TELL);
}

static void tiers_are_traced_unless_the_record_names_one(void **state)
{
    struct bench *bench = *state;

    rules(bench, "tiers: ( { name = \"major\"; match = [ \"account.value >= 5\" ]; },"
                 "{ name = \"small\"; match = [ \"account.value < 5\" ]; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    assert_int_equal(bench->trace.tier_count, 2);
    saw(&bench->trace.tiers[0], 0, "0.00", ANSWER_NO);
    assert_true(bench->trace.tiers[1].matched);
    assert_string_equal(bench->trace.tier, "small");
    assert_false(bench->trace.tier_on_record);
    bench->file.account.tier = "gold";
    decide(bench, EVENT_ISSUE_UPDATED, NULL);
    assert_int_equal(bench->trace.tier_count, 0);
    assert_true(bench->trace.tier_on_record);
}

static void the_laws_that_applied_are_named(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"up\"; match = [ \"event = issue.escalation_requested\" ];"
                 " escalate = true; } );");
    decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, "\"demand\":\"your boss\"");
    has_law(bench, "law: one hop", "rule 'up' hands the issue");
    has_law(bench, "law: nothing is lost for want of a record", "the issue is not on record");
    has_law(bench, "law: the account's own two people", "the service rep is pat, the default");
    has_law(bench, "law: the account's own two people",
            "the sales rep is dana, whom the account names");
    assert_true(bench->trace.rules[0].escalate);
    bench->file.issue.account = "XYZ";
    decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, "\"demand\":\"your boss\"");
    has_law(bench, "law: stand firm", "above the sales rep there is nobody");
    bench->file.account.service = "rich"; // in the wrong role
    decide(bench, EVENT_ISSUE_UPDATED, NULL);
    has_law(bench, "law: the account's own two people", "names 'rich', who is no service rep");
}

static void a_demand_that_no_rule_hands_over_is_told(void **state)
{
    struct bench *bench = *state;

    rules(bench, "");
    decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, "\"demand\":\"your boss\"");
    has_law(bench, "law: one hop", "it stays with the service rep");
}

static void laws_beyond_the_room_are_left_out(void **state)
{
    struct bench *bench = *state;

    rules(bench, "");
    trace_begin(&bench->trace, bench->book, bench->arena);
    for (int i = 0; i < TRACE_LAWS + 5; i++) {
        trace_law(&bench->trace, "law", "%d", i);
    }
    assert_int_equal(bench->trace.law_count, TRACE_LAWS);
    trace_law(NULL, "law", "nobody asks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_rule_says_what_it_saw_and_where_trying_stopped, begin,
                                        end),
        cmocka_unit_test_setup_teardown(where_nothing_matches_the_unsaid_decides, begin, end),
        cmocka_unit_test_setup_teardown(a_pattern_that_meets_its_limits_cannot_tell, begin, end),
        cmocka_unit_test_setup_teardown(tiers_are_traced_unless_the_record_names_one, begin, end),
        cmocka_unit_test_setup_teardown(the_laws_that_applied_are_named, begin, end),
        cmocka_unit_test_setup_teardown(a_demand_that_no_rule_hands_over_is_told, begin, end),
        cmocka_unit_test_setup_teardown(laws_beyond_the_room_are_left_out, begin, end),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
