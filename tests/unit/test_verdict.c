// The verdict: who is told of what, when and by which rule or law.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/verdict/verdict.h"
#include "tests/support/happenings.h"
#include "tests/support/small_book.h"

#define NOW HAPPENINGS_NOW_MS
#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":18250"

struct bench { // a case, and what is made of it
    struct happenings happenings;
    struct rulebook *book;
    struct arena *arena;
    struct case_file file;
    struct verdict verdict;
};

static int begin(void **state)
{
    static struct bench bench;

    bench = (struct bench){0};
    bench.arena = arena_create();
    bench.file.account =
        (struct account){.known = true, .num = 1, .key = "XYZ", .service = "sam", .sales = "dana"};
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

// The rules (or tiers and rules) that the verdict goes by.
static void rules(struct bench *bench, const char *words)
{
    char book[8192];

    (void)snprintf(book, sizeof book, "%s%s", small_book_people, words);
    rulebook_destroy(bench->book);
    bench->book = small_book(book);
}

// Decides one event; what it made of the issue and the account is what the next one meets.
static const struct verdict *decide(struct bench *bench, enum event_type type, const char *data)
{
    const struct event *event = happen(&bench->happenings, type, 0, data);

    verdict_decide(bench->book, &bench->file, event, NOW, bench->arena, &bench->verdict);
    bench->file.issue = bench->verdict.issue;
    bench->file.account = bench->verdict.account;
    return &bench->verdict;
}

// What is decided, in one line each: "dana heads_up now by 'big'".
static void decided(const struct bench *bench, const char *const *lines, size_t count)
{
    const struct verdict *verdict = &bench->verdict;

    for (size_t i = 0; i < verdict->decision_count && i < count; i++) {
        const struct decision *decision = &verdict->decisions[i];
        char line[256];

        (void)snprintf(line, sizeof line, "%s %s %s by '%s'%s", decision->rep->id,
                       notice_kind_name(decision->kind), when_name(decision->when), decision->rule,
                       decision->urgent ? ", urgent" : "");
        assert_string_equal(line, lines[i]);
        assert_int_equal(decision->rep->role, decision->role);
        assert_true(decision->why && decision->why[0]);
    }
    assert_int_equal(verdict->decision_count, count);
}

static void decided_two(const struct bench *bench, const char *one, const char *two)
{
    decided(bench, (const char *const[]){one, two}, 2);
}

// --- rules ---------------------------------------------------------------------------------------

static void the_first_rule_that_matches_decides(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"ship\"; match = [ \"category = shipment\" ]; heads_up = "
                 "\"now\"; },"
                 "{ name = \"bill\"; match = [ \"category = billing\", \"amount >= 10000\" ];"
                 "  heads_up = \"now\"; service = \"digest\"; },"
                 "{ name = \"rest\"; heads_up = \"no\"; service = \"now\"; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "dana heads_up now by 'bill'", "sam owner digest by 'bill'");
    assert_string_equal(bench->verdict.decisions[0].why,
                        "category = billing (billing); amount >= 10000 (18250.00)");
    decide(bench, EVENT_ISSUE_UPDATED, "\"amount\":5");
    decided_two(bench, "dana heads_up no by 'rest'", "sam owner now by 'rest'");
    assert_string_equal(bench->verdict.decisions[0].why, "always");
}

// NOW is Monday, 08:00 in UTC.
static void hours_are_those_of_the_rule_books_zone(void **state)
{
    struct bench *bench = *state;

    rules(bench, "zone = \"Asia/Tokyo\"; rules: ( { name = \"late\"; match = [ \"hour >= 17\", "
                 "\"weekday = mon\" ]; heads_up = \"now\"; service = \"now\"; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "dana heads_up now by 'late'", "sam owner now by 'late'");
    rules(bench,
          "rules: ( { name = \"late\"; match = [ \"hour >= 17\" ]; heads_up = \"now\"; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "dana heads_up no by 'unsaid'", "sam owner digest by 'unsaid'");
}

static void continue_fills_only_what_is_unsaid(void **state)
{
    struct bench *bench = *state;

    rules(bench,
          "rules: ( { name = \"one\"; match = [ \"category = billing\" ]; heads_up = \"no\";"
          "  priority = \"urgent\"; continue = true; },"
          "{ name = \"two\"; match = [ \"amount > 1\" ]; heads_up = \"now\"; service = \"now\";"
          "  continue = true; },"
          "{ name = \"three\"; match = [ \"severity = major\" ]; service = \"no\"; escalate = "
          "true; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "dana heads_up no by 'one', urgent", "sam owner now by 'two', urgent");
    decide(bench, EVENT_ISSUE_UPDATED, "\"severity\":\"major\"");
    decided_two(bench, "dana escalation now by 'three', urgent",
                "sam handed_over now by 'three', urgent");
}

static void what_no_rule_says_is_settled(void **state)
{
    struct bench *bench = *state;

    rules(bench, "unsaid = { heads_up = \"digest\"; service = \"now\"; };"
                 "rules: ( { name = \"ship\"; match = [ \"category = shipment\" ]; heads_up = "
                 "\"now\"; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "dana heads_up digest by 'unsaid'", "sam owner now by 'unsaid'");
    assert_string_equal(bench->verdict.decisions[0].why,
                        "no rule matched: category billing, severity nothing, amount 18250.00, "
                        "tier nothing");
    decide(bench, EVENT_ISSUE_UPDATED, "\"category\":\"shipment\"");
    decided_two(bench, "dana heads_up now by 'ship'", "sam owner now by 'unsaid'");
    assert_int_equal(
        strncmp(bench->verdict.decisions[1].why, "the rule that matched says nothing", 34), 0);
}

static void without_a_rule_book_of_rules_nothing_is_silent(void **state)
{
    struct bench *bench = *state;

    rules(bench, "");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "dana heads_up no by 'unsaid'", "sam owner digest by 'unsaid'");
}

// --- people --------------------------------------------------------------------------------------

static void the_unknown_go_to_the_default_reps(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"all\"; heads_up = \"now\"; service = \"now\"; } );");
    bench->file.account = (struct account){.key = "XYZ"};
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "rich heads_up now by 'all'", "pat owner now by 'all'");
    assert_string_equal(bench->verdict.unknown, "account");
    assert_string_equal(bench->verdict.issue.owner, "pat");
    bench->file = (struct case_file){0};
    decide(bench, EVENT_ISSUE_ACKNOWLEDGED, NULL);
    decided_two(bench, "rich heads_up now by 'all'", "pat owner now by 'all'");
    assert_string_equal(bench->verdict.unknown, "issue");
    assert_true(bench->verdict.save_issue);
}

static void a_rep_named_in_the_wrong_role_is_not_asked(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"all\"; heads_up = \"now\"; service = \"now\"; } );");
    bench->file.account.service = "dana"; // she is in sales
    bench->file.account.sales = "sam";    // he is not
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decided_two(bench, "rich heads_up now by 'all'", "pat owner now by 'all'");
    bench->file.account.service = "nobody";
    bench->file.account.sales = "";
    decide(bench, EVENT_ISSUE_UPDATED, NULL);
    decided_two(bench, "rich heads_up now by 'all'", "pat owner now by 'all'");
}

static void an_owner_follows_the_hop(void **state)
{
    struct bench *bench = *state;

    rules(bench,
          "rules: ( { name = \"up\"; match = [ \"severity = major\" ]; escalate = true; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    assert_string_equal(bench->verdict.issue.owner, "sam");
    decide(bench, EVENT_ISSUE_UPDATED, "\"severity\":\"major\"");
    assert_string_equal(bench->verdict.issue.owner, "dana");
}

// --- tiers ---------------------------------------------------------------------------------------

#define TIERS                                                                                      \
    "tiers: ( { name = \"major\"; match = [ \"account.value >= 250000\" ]; },"                     \
    "  { name = \"major\"; match = [ \"account.group_value >= 1000000\" ]; },"                     \
    "  { name = \"small\"; match = [ \"account.value < 1000\" ]; } );"                             \
    "rules: ( { name = \"major\"; match = [ \"account.tier = major\" ]; heads_up = \"now\"; },"    \
    "  { name = \"small\"; match = [ \"account.tier = small\" ]; heads_up = \"digest\"; },"        \
    "  { name = \"own\"; match = [ \"account.tier = gold\" ]; heads_up = \"now\"; } );"

static void an_account_is_judged_by_its_groups_worth_too(void **state)
{
    static const struct {
        int64_t value, group_value;
        const char *tier, *line;
    } rows[] = {
        {25000000, 25000000, NULL, "dana heads_up now by 'major'"},
        {24999999, 24999999, NULL, "dana heads_up no by 'unsaid'"},
        {99999, 100000000, NULL, "dana heads_up now by 'major'"}, // the foot in a large door
        {99999, 99999999, NULL, "dana heads_up digest by 'small'"},
        {99999, 100000000, "gold", "dana heads_up now by 'own'"}, // its own word comes first
    };
    struct bench *bench = *state;

    rules(bench, TIERS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *tier;

        bench->file.account.has_value = true;
        bench->file.account.value_minor = rows[i].value;
        bench->file.account.group = "G";
        bench->file.account.tier = rows[i].tier;
        bench->file.group_value_minor = rows[i].group_value;
        tier = verdict_tier(bench->book, &bench->file, NOW);
        assert_int_equal(tier != NULL, i != 1);
        decide(bench, EVENT_ISSUE_OPENED, OPENED);
        decided_two(bench, rows[i].line, "sam owner digest by 'unsaid'");
    }
}

// --- the one hop ---------------------------------------------------------------------------------

#define DEMAND_RULE                                                                                \
    "rules: ( { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ];"              \
    "  escalate = true; } );"

static void a_demand_moves_one_hop_and_no_further(void **state)
{
    struct bench *bench = *state;
    const char *answer;

    rules(bench, DEMAND_RULE);
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    assert_int_equal(bench->verdict.issue.hop, HOP_SERVICE);
    decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, "\"demand\":\"your manager\"");
    assert_int_equal(bench->verdict.issue.hop, HOP_SALES);
    decided_two(bench, "dana escalation now by 'asks', urgent",
                "sam handed_over now by 'asks', urgent");
    assert_string_equal(bench->verdict.answer,
                        "Dana Whitfield has it from here and will be in touch.");
    assert_string_equal(bench->verdict.answer_limit, "law: one hop");
    for (int i = 0; i < 3; i++) {
        decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, "\"demand\":\"the owner\"");
        assert_int_equal(bench->verdict.issue.hop, HOP_SALES);
        decided_two(bench, "dana stand_firm now by 'law: stand firm', urgent",
                    "sam stand_firm now by 'law: stand firm', urgent");
        answer = "Dana Whitfield has this in hand and decides it for us. Nobody here will tell you "
                 "anything different.";
        assert_string_equal(bench->verdict.answer, answer);
        assert_string_equal(bench->verdict.answer_limit, "law: stand firm");
    }
    assert_int_equal(bench->verdict.issue.demands, 4);
}

static void at_hop_one_no_rule_is_needed_to_stand_firm(void **state)
{
    struct bench *bench = *state;

    rules(bench, "");
    bench->file.issue = (struct issue){.known = true, .key = "INV-7", .hop = HOP_SALES};
    decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, NULL);
    decided_two(bench, "dana stand_firm now by 'law: stand firm', urgent",
                "sam stand_firm now by 'law: stand firm', urgent");
    assert_string_equal(bench->verdict.decisions[0].why, bench->verdict.decisions[1].why);
    assert_non_null(bench->verdict.answer);
}

static void at_hop_one_other_events_go_by_the_rules(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"all\"; heads_up = \"now\"; service = \"no\"; } );");
    bench->file.issue = (struct issue){.known = true, .key = "INV-7", .hop = HOP_SALES};
    decide(bench, EVENT_ISSUE_UPDATED, "\"note\":\"n\"");
    decided_two(bench, "dana heads_up now by 'all'", "sam owner no by 'all'");
    assert_null(bench->verdict.answer);
    assert_int_equal(bench->verdict.issue.hop, HOP_SALES);
    decide(bench, EVENT_ISSUE_REOPENED, NULL);
    assert_int_equal(bench->verdict.issue.hop, HOP_SALES); // and never goes back
}

static void a_demand_that_no_rule_hands_over_is_answered(void **state)
{
    struct bench *bench = *state;

    rules(bench, "");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    decide(bench, EVENT_ISSUE_ESCALATION_REQUESTED, NULL);
    assert_int_equal(bench->verdict.issue.hop, HOP_SERVICE);
    assert_string_equal(bench->verdict.answer,
                        "Sam Reyes looks after this and will see it through.");
    decided_two(bench, "dana heads_up no by 'unsaid'", "sam owner digest by 'unsaid'");
}

static void passed_around_it_gets_an_owner(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"around\"; match = [ \"event = issue.transferred\","
                 " \"transfers > 2\" ]; escalate = true; } );");
    decide(bench, EVENT_ISSUE_OPENED, OPENED);
    for (int i = 0; i < 2; i++) {
        decide(bench, EVENT_ISSUE_TRANSFERRED, "\"to\":\"credit\"");
        assert_int_equal(bench->verdict.issue.hop, HOP_SERVICE);
    }
    decide(bench, EVENT_ISSUE_TRANSFERRED, "\"to\":\"shipping\"");
    assert_int_equal(bench->verdict.issue.hop, HOP_SALES);
    assert_null(bench->verdict.answer); // nobody asked
    assert_string_equal(bench->verdict.decisions[0].why,
                        "event = issue.transferred (issue.transferred); transfers > 2 (3)");
}

// --- accounts ------------------------------------------------------------------------------------

static void a_record_tells_nobody_unless_a_rule_asks(void **state)
{
    struct bench *bench = *state;

    rules(bench, "rules: ( { name = \"bad score\"; match = [ \"event = account.surveyed\","
                 " \"data.score < 5\" ]; heads_up = \"now\"; escalate = true; } );");
    decide(bench, EVENT_ACCOUNT_SURVEYED, "\"score\":9");
    decided_two(bench, "dana heads_up no by 'law: a record tells nobody'",
                "sam owner no by 'law: a record tells nobody'");
    assert_false(bench->verdict.save_issue);
    decide(bench, EVENT_ACCOUNT_SURVEYED, "\"score\":2");
    decided_two(bench, "dana heads_up now by 'bad score'",
                "sam owner no by 'law: a record tells nobody'");
    assert_null(bench->verdict.unknown);
}

static void an_account_is_made_by_its_record_alone(void **state)
{
    struct bench *bench = *state;

    rules(bench, "");
    bench->file.account = (struct account){0};
    decide(bench, EVENT_ACCOUNT_BILLED, "\"amount\":5");
    assert_false(bench->verdict.save_account);
    assert_string_equal(bench->verdict.unknown, "account");
    decide(bench, EVENT_ACCOUNT_UPDATED, "\"service\":\"sam\"");
    assert_true(bench->verdict.save_account);
    assert_null(bench->verdict.unknown);
    assert_string_equal(bench->verdict.service->id, "sam"); // from this event on
}

static void names_each_kind(void **state)
{
    static const char *const names[NOTICE_KIND_COUNT] = {
        "heads_up", "owner",   "escalation", "handed_over", "stand_firm",    "kick_off", "review",
        "check_in", "meeting", "digest",     "dead_letter", "source_silent", "test"};

    (void)state;
    for (int kind = 0; kind < NOTICE_KIND_COUNT; kind++) {
        assert_string_equal(notice_kind_name((enum notice_kind)kind), names[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_rule_that_matches_decides, begin, end),
        cmocka_unit_test_setup_teardown(hours_are_those_of_the_rule_books_zone, begin, end),
        cmocka_unit_test_setup_teardown(continue_fills_only_what_is_unsaid, begin, end),
        cmocka_unit_test_setup_teardown(what_no_rule_says_is_settled, begin, end),
        cmocka_unit_test_setup_teardown(without_a_rule_book_of_rules_nothing_is_silent, begin, end),
        cmocka_unit_test_setup_teardown(the_unknown_go_to_the_default_reps, begin, end),
        cmocka_unit_test_setup_teardown(a_rep_named_in_the_wrong_role_is_not_asked, begin, end),
        cmocka_unit_test_setup_teardown(an_owner_follows_the_hop, begin, end),
        cmocka_unit_test_setup_teardown(an_account_is_judged_by_its_groups_worth_too, begin, end),
        cmocka_unit_test_setup_teardown(a_demand_moves_one_hop_and_no_further, begin, end),
        cmocka_unit_test_setup_teardown(at_hop_one_no_rule_is_needed_to_stand_firm, begin, end),
        cmocka_unit_test_setup_teardown(at_hop_one_other_events_go_by_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(a_demand_that_no_rule_hands_over_is_answered, begin, end),
        cmocka_unit_test_setup_teardown(passed_around_it_gets_an_owner, begin, end),
        cmocka_unit_test_setup_teardown(a_record_tells_nobody_unless_a_rule_asks, begin, end),
        cmocka_unit_test_setup_teardown(an_account_is_made_by_its_record_alone, begin, end),
        cmocka_unit_test(names_each_kind),
    };

    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
