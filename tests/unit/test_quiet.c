// quiet.c: what waits, for what, and what is said when its moment has come.
#include "common/verdict/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/verdict/life.h"
#include "tests/support/happenings.h"
#include "tests/support/small_book.h"

#define NOW HAPPENINGS_NOW_MS

// --- what changed --------------------------------------------------------------------------------

struct told { // an issue as events left it
    struct happenings happenings;
    struct issue issue;
};

static unsigned happens(struct told *told, enum event_type type, const char *data)
{
    const struct event *event = happen(&told->happenings, type, 0, data);
    struct issue before = told->issue;

    issue_apply(&told->issue, event);
    return quiet_changes(&before, &told->issue, event);
}

static void knows_what_an_event_changed(void **state)
{
    static const struct {
        enum event_type type;
        const char *data;
        unsigned changes;
    } steps[] = {
        {EVENT_ISSUE_OPENED, "\"account\":\"X\",\"category\":\"billing\",\"summary\":\"s\"",
         CHANGE_OPENED},
        {EVENT_ISSUE_UPDATED, "\"amount\":5", CHANGE_AMOUNT},
        {EVENT_ISSUE_UPDATED, "\"amount\":5", 0},
        {EVENT_ISSUE_UPDATED, "\"amount\":6,\"severity\":\"major\"",
         CHANGE_AMOUNT | CHANGE_SEVERITY},
        {EVENT_ISSUE_UPDATED, "\"summary\":\"t\",\"explanation\":\"e\"",
         CHANGE_SUMMARY | CHANGE_EXPLANATION},
        {EVENT_ISSUE_UPDATED, "\"note\":\"n\"", CHANGE_WORDS},
        {EVENT_ISSUE_TRANSFERRED, "\"to\":\"credit\"", CHANGE_HANDED_ON},
        {EVENT_ISSUE_ACKNOWLEDGED, "\"by\":\"pat\"", CHANGE_TAKEN_ON},
        {EVENT_ISSUE_PLANNED, "\"plan\":\"p\"", CHANGE_PLAN},
        {EVENT_ISSUE_ESCALATION_REQUESTED, "\"demand\":\"d\"", CHANGE_DEMAND | CHANGE_WORDS},
        {EVENT_ISSUE_RESOLVED, "\"by\":\"pat\"", CHANGE_RESOLVED},
        {EVENT_ISSUE_UPDATED, "\"amount\":7", CHANGE_AMOUNT | CHANGE_AFTERWARDS},
        {EVENT_ISSUE_REOPENED, "\"by\":\"pat\"", CHANGE_REOPENED | CHANGE_AFTERWARDS},
        {EVENT_ISSUE_CLOSED, "\"by\":\"pat\"", CHANGE_RESOLVED},
    };
    struct told told = {0};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        unsigned changes = happens(&told, steps[i].type, steps[i].data);

        if (changes != steps[i].changes) {
            fail_msg("step %zu: %#x, not %#x", i, changes, steps[i].changes);
        }
    }
    happenings_finish(&told.happenings);
}

// --- when it goes out ----------------------------------------------------------------------------

static const char gathering[] =
    "reps: ( { id = \"rich\"; name = \"R\"; role = \"sales\"; webhook: { url = \"https://h/\"; };"
    "    hours = \"mon-fri 08:00-18:00\"; },"
    "  { id = \"pat\"; name = \"P\"; role = \"service\"; webhook: { url = \"https://h/\"; }; } );"
    "default: { service = \"pat\"; sales = \"rich\"; }; gather: { };";

static void expect_moment(const char *words, const char *rep, struct quiet_past past,
                          int64_t now_ms, int64_t expected_ms, const char *expected)
{
    struct rulebook *book = small_book(words);
    struct text why = {0};
    int64_t found = quiet_moment(book, rulebook_rep(book, rep), &past, now_ms, &why);

    assert_int_equal(found - now_ms, expected_ms - now_ms);
    assert_string_equal(text_string(&why), expected);
    text_finish(&why);
    rulebook_destroy(book);
}

static void without_quiet_all_goes_at_once(void **state)
{
    (void)state;
    expect_moment(small_book_people, "rich", (struct quiet_past){.about_issue = true}, NOW, NOW,
                  "");
}

static void the_first_waits_and_the_next_waits_longer(void **state)
{
    struct quiet_past past = {.about_issue = true};

    (void)state;
    expect_moment(gathering, "pat", past, NOW, NOW + 30 * SECOND_MS,
                  "gather: it waits 30 seconds for others about this issue");
    past.told_ms = NOW - MINUTE_MS;
    expect_moment(gathering, "pat", past, NOW, NOW + 4 * MINUTE_MS,
                  "gather: the next message about this issue goes out 5 minutes after the last");
    past.told_ms = NOW - 5 * MINUTE_MS;
    expect_moment(gathering, "pat", past, NOW, NOW + 30 * SECOND_MS,
                  "gather: it waits 30 seconds for others about this issue");
    past.held_until_ms = NOW + 7;
    expect_moment(gathering, "pat", past, NOW, NOW + 7,
                  "gather: it joins what is held about this issue");
    past = (struct quiet_past){0}; // an account's record
    expect_moment(gathering, "pat", past, NOW, NOW, "");
}

static void what_falls_outside_his_hours_waits_for_them(void **state)
{
    struct quiet_past past = {.about_issue = true};
    int64_t evening = NOW + 10 * HOUR_MS;

    (void)state;
    expect_moment(gathering, "rich", past, NOW, NOW + 30 * SECOND_MS,
                  "gather: it waits 30 seconds for others about this issue");
    expect_moment(gathering, "rich", past, evening - 30 * SECOND_MS, NOW + DAY_MS,
                  "hours: rich is told mon-fri 08:00-18:00 (UTC)");
    expect_moment(gathering, "rich", (struct quiet_past){0}, evening, NOW + DAY_MS,
                  "hours: rich is told mon-fri 08:00-18:00 (UTC)");
}

// --- when its moment has come --------------------------------------------------------------------

static void expect_occasion(struct quiet_sum sum, const char *expected)
{
    struct text out = {0};

    quiet_occasion(&out, &sum);
    assert_string_equal(text_string(&out), expected);
    text_finish(&out);
}

static void says_why_it_comes(void **state)
{
    (void)state;
    expect_occasion((struct quiet_sum){1, CHANGE_OPENED, false}, "the first word of it");
    expect_occasion((struct quiet_sum){40, CHANGE_OPENED | CHANGE_AMOUNT, false},
                    "the first word of it; 40 events in one message");
    expect_occasion((struct quiet_sum){2, CHANGE_AMOUNT | CHANGE_PLAN, true},
                    "changed since the last message: the amount, the plan; 2 events in one "
                    "message");
    expect_occasion((struct quiet_sum){1, CHANGE_DEMAND | CHANGE_WORDS, true},
                    "changed since the last message: the customer's demand");
    expect_occasion((struct quiet_sum){1, CHANGE_AFTERWARDS, true},
                    "repeated, and nothing of it has changed");
}

static void drops_only_what_is_over(void **state)
{
    static const struct {
        enum issue_state state;
        struct quiet_sum sum;
        bool over;
    } cases[] = {
        {ISSUE_PLANNED, {1, CHANGE_AMOUNT, false}, false},
        {ISSUE_RESOLVED, {1, CHANGE_AMOUNT, false}, true},
        {ISSUE_RESOLVED, {1, CHANGE_AMOUNT, true}, true},
        {ISSUE_CLOSED, {2, CHANGE_AMOUNT | CHANGE_RESOLVED, false}, true},
        {ISSUE_CLOSED, {2, CHANGE_AMOUNT | CHANGE_RESOLVED, true}, false}, // the end is news
        {ISSUE_RESOLVED, {1, CHANGE_WORDS | CHANGE_AFTERWARDS, false}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct issue issue = {.known = true, .state = cases[i].state};

        assert_int_equal(quiet_is_over(&issue, &cases[i].sum), cases[i].over);
    }
    assert_false(quiet_is_over(&(struct issue){0}, &(struct quiet_sum){1, 0, false}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_an_event_changed),
        cmocka_unit_test(without_quiet_all_goes_at_once),
        cmocka_unit_test(the_first_waits_and_the_next_waits_longer),
        cmocka_unit_test(what_falls_outside_his_hours_waits_for_them),
        cmocka_unit_test(says_why_it_comes),
        cmocka_unit_test(drops_only_what_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
