// The case file as the ledger makes it: the same whether it comes from the store or from what this
// turn saved.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_quiet.h"
#include "common/ledger/ledger_time.h"
#include "tests/support/ledger_folder.h"

#define NOW HAPPENINGS_NOW_MS

static const struct issue full_issue = {.known = true,
                                        .opening_known = true,
                                        .key = "INV-7",
                                        .account = "XYZ",
                                        .category = "billing",
                                        .severity = "major",
                                        .department = "credit",
                                        .currency = "EUR",
                                        .summary = "charged twice",
                                        .explanation = "two runs",
                                        .contact = "Ms Oyelaran",
                                        .has_amount = true,
                                        .amount_minor = -1825000,
                                        .state = ISSUE_PLANNED,
                                        .hop = HOP_SALES,
                                        .opened_at_ms = 11,
                                        .state_at_ms = 12,
                                        .updated_at_ms = 13,
                                        .transfers = 14,
                                        .reopened = 15,
                                        .demands = 16,
                                        .owner = "rich",
                                        .acknowledged_by = "pat",
                                        .plan = "credit note",
                                        .resolution = "credited",
                                        .plan_due_ms = 17,
                                        .heads_up_at_ms = 18};

static void same_issue(struct issue is, struct issue should)
{
    const char *const texts[][2] = {
        {is.key, should.key},
        {is.account, should.account},
        {is.category, should.category},
        {is.severity, should.severity},
        {is.department, should.department},
        {is.currency, should.currency},
        {is.summary, should.summary},
        {is.explanation, should.explanation},
        {is.contact, should.contact},
        {is.owner, should.owner},
        {is.acknowledged_by, should.acknowledged_by},
        {is.plan, should.plan},
        {is.resolution, should.resolution},
    };
    const int64_t numbers[][2] = {
        {is.known, should.known},
        {is.opening_known, should.opening_known},
        {is.has_amount, should.has_amount},
        {is.amount_minor, should.amount_minor},
        {is.state, should.state},
        {is.hop, should.hop},
        {is.opened_at_ms, should.opened_at_ms},
        {is.state_at_ms, should.state_at_ms},
        {is.updated_at_ms, should.updated_at_ms},
        {is.transfers, should.transfers},
        {is.reopened, should.reopened},
        {is.demands, should.demands},
        {is.heads_up_at_ms, should.heads_up_at_ms},
        {is.plan_due_ms, should.plan_due_ms},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(texts[i][0] ? texts[i][0] : "NULL", texts[i][1] ? texts[i][1] : "NULL");
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(numbers[i][0], numbers[i][1]);
    }
}

static void an_issue_comes_back_whole(void **state)
{
    struct ledger_folder *folder = *state;
    struct issue issue = full_issue, bare = {.known = true, .key = "INV-8"};

    ledger_folder_begin(folder);
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &bare, &folder->err), 0);
    ledger_folder_commit(folder);
    assert_true(issue.num > 0 && bare.num > issue.num);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    same_issue(ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-7"}).issue,
               full_issue);
    same_issue(ledger_folder_load(folder, &(struct case_query){.issue_num = issue.num}).issue,
               full_issue);
    same_issue(ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-8"}).issue, bare);
    ledger_folder_begin(folder); // and again, over the row that is there
    bare = issue;
    bare.summary = NULL;
    bare.has_amount = false;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &bare, &folder->err), 0);
    assert_int_equal(bare.num, issue.num);
    ledger_folder_commit(folder);
    issue = ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-7"}).issue;
    assert_null(issue.summary);
    assert_false(issue.has_amount);
}

// Loads the issue by its num, within the turn that saved it and after it, and compares.
static void expect_by_num(struct ledger_folder *folder, int64_t num, const struct issue *should)
{
    same_issue(ledger_folder_load(folder, &(struct case_query){.issue_num = num}).issue, *should);
}

// What a turn's notices are made of is not read from the store again; it is the same all the same.
static void an_issue_is_the_same_within_its_turn(void **state)
{
    struct ledger_folder *folder = *state;
    struct issue issue = full_issue, changed;
    int64_t num;

    ledger_folder_begin(folder);
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    num = issue.num;
    ledger_folder_commit(folder);
    ledger_folder_begin(folder);
    changed =
        ledger_folder_load(folder, &(struct case_query){.issue_num = num}).issue; // in the arena
    changed.state = ISSUE_CLOSED;
    changed.hop = HOP_SERVICE;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &changed, &folder->err), 0);
    arena_reset(folder->arena); // what was saved is gone, and something else in its place
    memset(arena_get(folder->arena, 4096), 'x', 4096);
    changed = full_issue;
    changed.state = ISSUE_CLOSED;
    changed.hop = HOP_SERVICE;
    expect_by_num(folder, num, &changed);
    ledger_folder_commit(folder);
    expect_by_num(folder, num, &changed);
    ledger_folder_begin(folder);
    issue.num = num;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    expect_by_num(folder, num, &full_issue);
    ledger_rollback(folder->ledger);
    expect_by_num(folder, num, &changed);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    expect_by_num(folder, num, &changed);
}

// The first heads-up and the alarms are written beside the issue, not with it.
static void an_issue_is_the_same_after_other_writes(void **state)
{
    static const int64_t ages[] = {INT64_C(7) * DAY_MS};
    struct ledger_folder *folder = *state;
    struct issue issue = full_issue;
    struct case_query query = {0};

    issue.heads_up_at_ms = 0;
    issue.state = ISSUE_OPEN;
    issue.opened_at_ms = NOW;
    ledger_folder_begin(folder);
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    query.issue_num = issue.num;
    assert_int_equal(ledger_save_heads_up(folder->ledger, issue.num, 21, &folder->err), 0);
    assert_int_equal(ledger_save_heads_up(folder->ledger, issue.num, 22, &folder->err), 0);
    assert_int_equal(ledger_folder_load(folder, &query).issue.heads_up_at_ms, 21);
    assert_int_equal(ledger_arm_alarms(folder->ledger, ages, 1, NOW, &folder->err), 0);
    assert_int_equal(ledger_folder_load(folder, &query).issue.alarm_at_ms, NOW + ages[0]);
    ledger_folder_commit(folder);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    assert_int_equal(ledger_folder_load(folder, &query).issue.heads_up_at_ms, 21);
    assert_int_equal(ledger_folder_load(folder, &query).issue.alarm_at_ms, NOW + ages[0]);
}

static void add_issue(struct ledger_folder *folder, int number, enum issue_state as, int64_t opened)
{
    char key[16];
    struct issue issue = {.key = key, .account = "XYZ", .state = as, .opened_at_ms = opened};

    (void)snprintf(key, sizeof key, "I-%d", number);
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
}

static void counts_the_accounts_issues(void **state)
{
    struct case_query query = {.account_key = "XYZ", .wants = CASE_COUNTS, .now_ms = NOW};
    struct ledger_folder *folder = *state;
    struct case_file file;

    ledger_folder_begin(folder);
    add_issue(folder, 1, ISSUE_OPEN, NOW);
    add_issue(folder, 2, ISSUE_PLANNED, NOW - INT64_C(90) * DAY_MS);  // still recent
    add_issue(folder, 3, ISSUE_OPEN, NOW - INT64_C(90) * DAY_MS - 1); // no more
    add_issue(folder, 4, ISSUE_RESOLVED, NOW);
    add_issue(folder, 5, ISSUE_CLOSED, NOW - INT64_C(400) * DAY_MS);
    ledger_folder_commit(folder);
    file = ledger_folder_load(folder, &query);
    assert_int_equal(file.open_issues, 3);
    assert_int_equal(file.recent_issues, 3);
    query.wants = 0;
    assert_int_equal(ledger_folder_load(folder, &query).open_issues, 0); // was not asked for
    ledger_folder_begin(folder);
    for (int i = 0; i < CASE_COUNT_CAP + 5; i++) {
        add_issue(folder, 100 + i, ISSUE_OPEN, NOW + 1 + i); // the newest count
    }
    ledger_folder_commit(folder);
    query.wants = CASE_COUNTS;
    assert_int_equal(ledger_folder_load(folder, &query).open_issues, CASE_COUNT_CAP);
}

// However often they are asked for, and by when, in one turn.
static void counts_follow_what_is_saved(void **state)
{
    struct case_query query = {.account_key = "XYZ", .wants = CASE_COUNTS, .now_ms = NOW};
    struct ledger_folder *folder = *state;

    ledger_folder_begin(folder);
    for (int i = 1; i <= 3; i++) {
        add_issue(folder, i, ISSUE_OPEN, NOW);
        assert_int_equal(ledger_folder_load(folder, &query).open_issues, i);
        assert_int_equal(ledger_folder_load(folder, &query).recent_issues, i);
    }
    query.now_ms = NOW + INT64_C(91) * DAY_MS;
    assert_int_equal(ledger_folder_load(folder, &query).recent_issues, 0);
    assert_int_equal(ledger_folder_load(folder, &query).open_issues, 3);
    query.account_key = "ABC";
    assert_int_equal(ledger_folder_load(folder, &query).open_issues, 0);
    ledger_rollback(folder->ledger);
    query.account_key = "XYZ";
    assert_int_equal(ledger_folder_load(folder, &query).open_issues, 0);
}

// A model of what is on record, counted the long way, beside the ledger that may remember.
enum { MODEL_ISSUES = 160, MODEL_ACCOUNTS = 4, MODEL_STEPS = 3000 };

struct model {
    struct issue issues[MODEL_ISSUES];
    char keys[MODEL_ISSUES][8];
    int count;
    int64_t now_ms;
    uint32_t random;
};

static const char *const model_accounts[MODEL_ACCOUNTS] = {"A", "B", "C", NULL};

static int pick(struct model *model, int below)
{
    model->random = model->random * 1664525U + 1013904223U;
    return (int)(model->random >> 16) % below;
}

// The first of all of them for half of what is new, so that it gets more than are counted.
static const char *some_account(struct model *model)
{
    return model_accounts[pick(model, 2) ? 0 : pick(model, MODEL_ACCOUNTS)];
}

// Days as they come: so several are opened at the same moment, and some are on the edge of recent.
static int64_t some_day(struct model *model)
{
    return model->now_ms - pick(model, CASE_RECENT_DAYS + 4) * (int64_t)DAY_MS;
}

static void model_step(struct model *model, struct ledger_folder *folder)
{
    bool opens = model->count < 2 || (model->count < MODEL_ISSUES && pick(model, 3) == 0);
    int which = opens ? model->count++ : pick(model, model->count), what = pick(model, 10);
    struct issue *issue = &model->issues[which], before = *issue;

    if (opens) {
        (void)snprintf(model->keys[which], sizeof model->keys[which], "M-%d", which);
        *issue = (struct issue){.known = true,
                                .key = model->keys[which],
                                .account = some_account(model),
                                .state = pick(model, 4) ? ISSUE_OPEN : ISSUE_RESOLVED,
                                .opened_at_ms = some_day(model)};
    } else if (what == 0) {
        issue->account = some_account(model);
    } else if (what == 1) {
        issue->opened_at_ms = some_day(model);
    } else if (what < 7) {
        issue->state = (enum issue_state)pick(model, ISSUE_CLOSED + 1);
    } else {
        issue->demands++;
    }
    assert_int_equal(
        ledger_save_issue(folder->ledger, what == 9 ? NULL : &before, issue, &folder->err), 0);
}

static bool is_newer(const struct issue *one, const struct issue *other)
{
    if (one->opened_at_ms != other->opened_at_ms) {
        return one->opened_at_ms > other->opened_at_ms;
    }
    return one->state != other->state ? one->state > other->state : one->num > other->num;
}

static void model_counts(const struct model *model, const char *account, struct case_file *ret)
{
    int64_t since_ms = model->now_ms - CASE_RECENT_DAYS * (int64_t)DAY_MS;

    for (int i = 0; i < model->count; i++) {
        const struct issue *issue = &model->issues[i];
        int newer = 0;

        if (!issue->account || strcmp(issue->account, account) != 0) {
            continue;
        }
        for (int k = 0; k < model->count; k++) {
            const struct issue *other = &model->issues[k];

            newer +=
                other->account && strcmp(other->account, account) == 0 && is_newer(other, issue);
        }
        if (newer < CASE_COUNT_CAP) {
            ret->open_issues += issue->state < ISSUE_RESOLVED;
            ret->recent_issues += issue->opened_at_ms >= since_ms;
        }
    }
}

static void model_compare(struct model *model, struct ledger_folder *folder)
{
    struct case_query query = {.account_key = model_accounts[pick(model, MODEL_ACCOUNTS - 1)],
                               .wants = CASE_COUNTS,
                               .now_ms = model->now_ms};
    struct case_file is = ledger_folder_load(folder, &query), should = {0};

    model_counts(model, query.account_key, &should);
    assert_int_equal(is.open_issues, should.open_issues);
    assert_int_equal(is.recent_issues, should.recent_issues);
}

// Committed, or undone and as it was before.
static void model_next_turn(struct model *model, struct model *committed,
                            struct ledger_folder *folder)
{
    uint32_t random = model->random;

    if (pick(model, 8) == 0) {
        ledger_rollback(folder->ledger);
        *model = *committed;
        model->random = random + 1;
    } else {
        ledger_folder_commit(folder);
        *committed = *model;
    }
    ledger_folder_begin(folder);
}

// Over turns, whatever changes and however the clock runs.
static void counts_are_what_counting_gives(void **state)
{
    static struct model model, committed;
    struct ledger_folder *folder = *state;

    model = (struct model){.now_ms = NOW, .random = 1};
    committed = model;
    ledger_folder_begin(folder);
    for (int i = 0; i < MODEL_STEPS; i++) {
        model_step(&model, folder);
        model_compare(&model, folder);
        if (pick(&model, 8) == 0) {
            model.now_ms += (pick(&model, 12) - 2) * (int64_t)HOUR_MS;
        }
        if (pick(&model, 16) == 0) {
            model_next_turn(&model, &committed, folder);
        }
    }
    assert_int_equal(model.count, MODEL_ISSUES);
}

int main(void)
{
#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, ledger_folder_open, ledger_folder_close)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_issue_comes_back_whole),
        IN_FOLDER(an_issue_is_the_same_within_its_turn),
        IN_FOLDER(an_issue_is_the_same_after_other_writes),
        IN_FOLDER(counts_the_accounts_issues),
        IN_FOLDER(counts_follow_what_is_saved),
        IN_FOLDER(counts_are_what_counting_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
