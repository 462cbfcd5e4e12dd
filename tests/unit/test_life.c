// The life of an issue and of an account: the whole table of moves, and events that come late,
// twice or before the one that opens the issue.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/verdict/life.h"
#include "tests/support/happenings.h"

#define NOW HAPPENINGS_NOW_MS
#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":100"

static int begin(void **state)
{
    static struct happenings happenings;

    *state = &happenings;
    return 0;
}

static int end(void **state)
{
    happenings_finish(*state);
    return 0;
}

static void happens(struct happenings *happenings, struct issue *issue, enum event_type type,
                    int64_t at_ms, const char *data)
{
    issue_apply(issue, happen(happenings, type, at_ms, data));
}

// --- the table -----------------------------------------------------------------------------------

static const struct {
    enum event_type type;
    const char *data;
} asks[] = {
    {EVENT_ISSUE_ACKNOWLEDGED, NULL}, {EVENT_ISSUE_PLANNED, "\"plan\":\"p\""},
    {EVENT_ISSUE_RESOLVED, NULL},     {EVENT_ISSUE_CLOSED, NULL},
    {EVENT_ISSUE_REOPENED, NULL},
};

// What becomes of each state when each of these is asked of it.
static const enum issue_state becomes[ISSUE_STATE_COUNT][sizeof asks / sizeof asks[0]] = {
    [ISSUE_OPEN] = {ISSUE_ACKNOWLEDGED, ISSUE_PLANNED, ISSUE_RESOLVED, ISSUE_CLOSED, ISSUE_OPEN},
    [ISSUE_ACKNOWLEDGED] = {ISSUE_ACKNOWLEDGED, ISSUE_PLANNED, ISSUE_RESOLVED, ISSUE_CLOSED,
                            ISSUE_ACKNOWLEDGED},
    [ISSUE_PLANNED] = {ISSUE_PLANNED, ISSUE_PLANNED, ISSUE_RESOLVED, ISSUE_CLOSED, ISSUE_PLANNED},
    [ISSUE_RESOLVED] = {ISSUE_RESOLVED, ISSUE_RESOLVED, ISSUE_RESOLVED, ISSUE_CLOSED, ISSUE_OPEN},
    [ISSUE_CLOSED] = {ISSUE_CLOSED, ISSUE_CLOSED, ISSUE_CLOSED, ISSUE_CLOSED, ISSUE_OPEN},
};

static void moves_as_the_drawing_says(void **state)
{
    for (int from = 0; from < ISSUE_STATE_COUNT; from++) {
        for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
            struct issue issue = {
                .known = true, .key = "INV-7", .state = (enum issue_state)from, .state_at_ms = 5};

            happens(*state, &issue, asks[i].type, NOW, asks[i].data);
            if (issue.state != becomes[from][i]) {
                fail_msg("%s, then %s: %s", issue_state_name((enum issue_state)from),
                         event_type_name(asks[i].type), issue_state_name(issue.state));
            }
            assert_int_equal(issue.state_at_ms == NOW,
                             (int)becomes[from][i] != from ||
                                 (from == ISSUE_PLANNED && asks[i].type == EVENT_ISSUE_PLANNED));
        }
    }
}

static void names_each_state(void **state)
{
    (void)state;
    assert_string_equal(issue_state_name(ISSUE_OPEN), "open");
    assert_string_equal(issue_state_name(ISSUE_ACKNOWLEDGED), "acknowledged");
    assert_string_equal(issue_state_name(ISSUE_PLANNED), "planned");
    assert_string_equal(issue_state_name(ISSUE_RESOLVED), "resolved");
    assert_string_equal(issue_state_name(ISSUE_CLOSED), "closed");
}

static void other_events_leave_the_state(void **state)
{
    static const struct {
        enum event_type type;
        const char *data;
    } others[] = {
        {EVENT_ISSUE_OPENED, OPENED},
        {EVENT_ISSUE_UPDATED, NULL},
        {EVENT_ISSUE_TRANSFERRED, "\"to\":\"credit\""},
        {EVENT_ISSUE_ESCALATION_REQUESTED, NULL},
        {EVENT_ISSUE_CONCESSION_REQUESTED, "\"kind\":\"credit\""},
        {EVENT_ISSUE_PROMISE_CLAIMED, "\"claim\":\"c\""},
        {EVENT_ISSUE_CUSTOMER_CONTACTED, "\"who\":\"pat\""},
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct issue issue = {.known = true, .state = ISSUE_RESOLVED, .hop = HOP_SALES};

        happens(*state, &issue, others[i].type, NOW, others[i].data);
        assert_int_equal(issue.state, ISSUE_RESOLVED);
        assert_int_equal(issue.hop, HOP_SALES); // nothing here moves a hop
    }
}

// --- late, and out of order ----------------------------------------------------------------------

static void opening_fills_everything(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - HOUR_MS,
            OPENED ",\"severity\":\"major\",\"currency\":\"EUR\",\"department\":\"billing\","
                   "\"explanation\":\"two runs\",\"contact\":\"Ms Oyelaran\"");
    assert_true(issue.known && issue.opening_known && issue.has_amount);
    assert_string_equal(issue.key, "INV-7");
    assert_string_equal(issue.account, "XYZ");
    assert_string_equal(issue.category, "billing");
    assert_string_equal(issue.summary, "charged twice");
    assert_string_equal(issue.severity, "major");
    assert_string_equal(issue.currency, "EUR");
    assert_string_equal(issue.department, "billing");
    assert_string_equal(issue.explanation, "two runs");
    assert_string_equal(issue.contact, "Ms Oyelaran");
    assert_int_equal(issue.amount_minor, 10000);
    assert_int_equal(issue.opened_at_ms, NOW - HOUR_MS);
    assert_int_equal(issue.state_at_ms, NOW - HOUR_MS);
    assert_int_equal(issue.updated_at_ms, NOW - HOUR_MS);
    assert_int_equal(issue.state, ISSUE_OPEN);
    assert_int_equal(issue.hop, HOP_SERVICE);
}

static void opening_may_come_last(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_RESOLVED, NOW - HOUR_MS, "\"resolution\":\"credited\"");
    assert_true(issue.known);
    assert_false(issue.opening_known);
    assert_int_equal(issue.opened_at_ms, NOW - HOUR_MS); // as far as anybody knows
    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS, OPENED);
    assert_true(issue.opening_known);
    assert_int_equal(issue.opened_at_ms, NOW - DAY_MS);
    assert_int_equal(issue.state, ISSUE_RESOLVED);
    assert_string_equal(issue.summary, "charged twice");
    assert_string_equal(issue.account, "XYZ");
}

static void a_second_opening_moves_no_beginning(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS, OPENED);
    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW, OPENED);
    assert_int_equal(issue.opened_at_ms, NOW - DAY_MS);
}

static void a_late_move_is_no_move(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS, OPENED);
    happens(*state, &issue, EVENT_ISSUE_RESOLVED, NOW - HOUR_MS, NULL);
    happens(*state, &issue, EVENT_ISSUE_REOPENED, NOW - 2 * HOUR_MS, NULL);
    assert_int_equal(issue.state, ISSUE_RESOLVED);
    assert_int_equal(issue.state_at_ms, NOW - HOUR_MS);
    assert_int_equal(issue.reopened, 1);                                // it did happen
    happens(*state, &issue, EVENT_ISSUE_REOPENED, NOW - HOUR_MS, NULL); // at the same moment
    assert_int_equal(issue.state, ISSUE_OPEN);
}

static void late_words_fill_only_gaps(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS, OPENED);
    happens(*state, &issue, EVENT_ISSUE_UPDATED, NOW - HOUR_MS,
            "\"summary\":\"charged three times\",\"amount\":300");
    happens(*state, &issue, EVENT_ISSUE_UPDATED, NOW - 2 * HOUR_MS,
            "\"summary\":\"late\",\"amount\":1,\"contact\":\"Ms Oyelaran\",\"account\":\"OTHER\"");
    assert_string_equal(issue.summary, "charged three times");
    assert_int_equal(issue.amount_minor, 30000);
    assert_string_equal(issue.contact, "Ms Oyelaran");
    assert_string_equal(issue.account, "XYZ");
    assert_int_equal(issue.updated_at_ms, NOW - HOUR_MS);
}

static void late_plans_do_not_replace_newer(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS, OPENED);
    happens(*state, &issue, EVENT_ISSUE_PLANNED, NOW - HOUR_MS,
            "\"plan\":\"new\",\"due\":\"2026-11-24T00:00:00Z\"");
    happens(*state, &issue, EVENT_ISSUE_PLANNED, NOW - 2 * HOUR_MS, "\"plan\":\"old\"");
    assert_string_equal(issue.plan, "new");
    assert_true(issue.plan_due_ms > 0);
    happens(*state, &issue, EVENT_ISSUE_PLANNED, NOW, "\"plan\":\"newest\"");
    assert_string_equal(issue.plan, "newest");
    assert_int_equal(issue.plan_due_ms, 0); // the date belonged to the other plan
    happens(*state, &issue, EVENT_ISSUE_ACKNOWLEDGED, NOW - 3 * HOUR_MS, "\"by\":\"pat\"");
    assert_string_equal(issue.acknowledged_by, "pat"); // nobody was on record
    happens(*state, &issue, EVENT_ISSUE_ACKNOWLEDGED, NOW - 4 * HOUR_MS, "\"by\":\"sam\"");
    assert_string_equal(issue.acknowledged_by, "pat");
    happens(*state, &issue, EVENT_ISSUE_RESOLVED, NOW, "\"resolution\":\"credited\"");
    happens(*state, &issue, EVENT_ISSUE_RESOLVED, NOW - 1, "\"resolution\":\"late\"");
    assert_string_equal(issue.resolution, "credited");
}

static void counts_what_happened(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS, OPENED);
    happens(*state, &issue, EVENT_ISSUE_TRANSFERRED, NOW - HOUR_MS, "\"to\":\"credit\"");
    happens(*state, &issue, EVENT_ISSUE_TRANSFERRED, NOW - 2 * HOUR_MS, "\"to\":\"shipping\"");
    happens(*state, &issue, EVENT_ISSUE_ESCALATION_REQUESTED, NOW, NULL);
    assert_int_equal(issue.transfers, 2);
    assert_string_equal(issue.department, "credit"); // the later hand-off holds
    assert_int_equal(issue.demands, 1);
}

static void any_event_names_an_account_first(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_TRANSFERRED, NOW - HOUR_MS,
            "\"to\":\"credit\",\"account\":\"XYZ\"");
    assert_string_equal(issue.account, "XYZ");
    // only an opening or an update moves it to another
    happens(*state, &issue, EVENT_ISSUE_ESCALATION_REQUESTED, NOW, "\"account\":\"OTHER\"");
    assert_string_equal(issue.account, "XYZ");
    happens(*state, &issue, EVENT_ISSUE_UPDATED, NOW, "\"account\":\"OTHER\"");
    assert_string_equal(issue.account, "OTHER");
}

static void an_empty_text_says_nothing(void **state)
{
    struct issue issue = {0};

    happens(*state, &issue, EVENT_ISSUE_OPENED, NOW - DAY_MS,
            "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"\",\"explanation\":\"\"");
    assert_null(issue.summary);
    assert_null(issue.explanation); // an empty box of a form is no explanation (H6)
    happens(*state, &issue, EVENT_ISSUE_UPDATED, NOW, "\"account\":\"\"");
    assert_string_equal(issue.account, "XYZ");
}

// --- accounts ------------------------------------------------------------------------------------

static void account_takes_its_record(void **state)
{
    struct account account = {0};

    account_apply(&account,
                  happen(*state, EVENT_ACCOUNT_UPDATED, 0,
                         "\"name\":\"XYZ Co.\",\"value\":\"300000.50\",\"tier\":\"major\","
                         "\"group\":\"G\",\"service\":\"pat\",\"sales\":\"rich\","
                         "\"region\":\"west\",\"currency\":\"USD\""));
    assert_true(account.known && account.has_value);
    assert_string_equal(account.key, "XYZ");
    assert_string_equal(account.name, "XYZ Co.");
    assert_string_equal(account.tier, "major");
    assert_string_equal(account.group, "G");
    assert_string_equal(account.service, "pat");
    assert_string_equal(account.sales, "rich");
    assert_string_equal(account.region, "west");
    assert_string_equal(account.currency, "USD");
    assert_int_equal(account.value_minor, 30000050);
    account_apply(&account, happen(*state, EVENT_ACCOUNT_UPDATED, 0, "\"tier\":\"\""));
    assert_null(account.tier); // taken off it
    assert_string_equal(account.name, "XYZ Co.");
}

static void newest_terms_hold(void **state)
{
    struct account account = {0};

    account_apply(&account, happen(*state, EVENT_ACCOUNT_TERMS_AGREED, NOW - HOUR_MS,
                                   "\"summary\":\"net 45\",\"link\":\"https://t/1\","
                                   "\"agreed_by\":\"rich\""));
    account_apply(&account, happen(*state, EVENT_ACCOUNT_TERMS_AGREED, NOW - DAY_MS,
                                   "\"summary\":\"net 30\""));
    assert_true(account.known);
    assert_string_equal(account.terms_summary, "net 45");
    assert_string_equal(account.terms_link, "https://t/1");
    assert_string_equal(account.terms_agreed_by, "rich");
    assert_int_equal(account.terms_at_ms, NOW - HOUR_MS);
    account_apply(&account,
                  happen(*state, EVENT_ACCOUNT_TERMS_AGREED, NOW, "\"summary\":\"net 60\""));
    assert_string_equal(account.terms_summary, "net 60");
    assert_null(account.terms_link); // of the other agreement
}

static void some_events_make_no_account(void **state)
{
    struct account account = {0};

    account_apply(&account, happen(*state, EVENT_ACCOUNT_BILLED, 0, "\"amount\":5"));
    account_apply(&account, happen(*state, EVENT_ACCOUNT_SURVEYED, 0, "\"score\":9"));
    account_apply(&account, happen(*state, EVENT_ACCOUNT_CHECKIN_HELD, 0, NULL));
    assert_false(account.known);
    assert_string_equal(account.key, "XYZ");
    account_apply(&account, happen(*state, EVENT_ACCOUNT_KICKOFF_HELD, NOW - DAY_MS, NULL));
    assert_true(account.known);
    assert_int_equal(account.kickoff_at_ms, NOW - DAY_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(moves_as_the_drawing_says, begin, end),
        cmocka_unit_test(names_each_state),
        cmocka_unit_test_setup_teardown(other_events_leave_the_state, begin, end),
        cmocka_unit_test_setup_teardown(opening_fills_everything, begin, end),
        cmocka_unit_test_setup_teardown(opening_may_come_last, begin, end),
        cmocka_unit_test_setup_teardown(a_second_opening_moves_no_beginning, begin, end),
        cmocka_unit_test_setup_teardown(a_late_move_is_no_move, begin, end),
        cmocka_unit_test_setup_teardown(late_words_fill_only_gaps, begin, end),
        cmocka_unit_test_setup_teardown(late_plans_do_not_replace_newer, begin, end),
        cmocka_unit_test_setup_teardown(counts_what_happened, begin, end),
        cmocka_unit_test_setup_teardown(any_event_names_an_account_first, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_text_says_nothing, begin, end),
        cmocka_unit_test_setup_teardown(account_takes_its_record, begin, end),
        cmocka_unit_test_setup_teardown(newest_terms_hold, begin, end),
        cmocka_unit_test_setup_teardown(some_events_make_no_account, begin, end),
    };

    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
