// The ledger's memory of what is held for its moment, and how a ledger of the version before comes
// by it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/text.h"
#include "common/ledger/ledger_quiet.h"
#include "common/ledger/ledger_reader.h"
#include "common/ledger/ledger_silences.h"
#include "common/ledger/ledger_sources.h"
#include "common/ledger/sql.h"
#include "tests/support/ledger_folder.h"

#define NOW HAPPENINGS_NOW_MS
enum { MOST = 8 };

static int begin(void **state)
{
    struct ledger_folder *folder;

    if (ledger_folder_open(state) < 0) {
        return -1;
    }
    folder = *state;
    return ledger_begin(folder->ledger, &folder->err);
}

static int end(void **state)
{
    struct ledger_folder *folder = *state;

    if (folder->ledger) {
        ledger_rollback(folder->ledger);
    }
    return ledger_folder_close(state);
}

static struct issue the_issue(struct ledger_folder *folder)
{
    struct case_query query = {.issue_key = "INV-7"};
    struct case_file file;

    assert_int_equal(ledger_load_case(folder->ledger, &query, folder->arena, &file, &folder->err),
                     0);
    assert_true(file.issue.known);
    return file.issue;
}

// A heads-up of a new event about INV-7, held until then.
static int64_t hold(struct ledger_folder *folder, int64_t due_ms)
{
    return ledger_folder_notice(folder, ledger_folder_event(folder), FATE_HELD, "rich", due_ms);
}

static struct held_group sales_group(struct ledger_folder *folder)
{
    return (struct held_group){.issue_num = the_issue(folder).num, .role = ROLE_SALES};
}

static struct notice_record the_notice(struct ledger_folder *folder, int64_t due_ms, int at)
{
    static struct notice_record records[MOST];
    int count = ledger_due_held(folder->ledger, due_ms, MOST, folder->arena, records, &folder->err);

    assert_in_range(count, at + 1, MOST);
    return records[at];
}

static void what_is_held_is_due_at_its_moment(void **state)
{
    struct ledger_folder *folder = *state;
    struct notice_record record;
    int64_t late = hold(folder, NOW + 9), early = hold(folder, NOW + 5), at_ms = 0;

    assert_int_equal(ledger_next_held(folder->ledger, &at_ms, &folder->err), 1);
    assert_int_equal(at_ms, NOW + 5);
    assert_int_equal(
        ledger_due_held(folder->ledger, NOW + 4, MOST, folder->arena, &record, &folder->err), 0);
    assert_int_equal(the_notice(folder, NOW + 9, 0).num, early);
    assert_int_equal(the_notice(folder, NOW + 9, 1).num, late);
    assert_int_equal(
        ledger_held_due(folder->ledger, the_issue(folder).num, ROLE_SALES, &at_ms, &folder->err),
        0);
    assert_int_equal(at_ms, NOW + 5);
    assert_int_equal(
        ledger_held_due(folder->ledger, the_issue(folder).num, ROLE_SERVICE, &at_ms, &folder->err),
        0);
    assert_int_equal(at_ms, 0);
}

static void a_group_is_summed_up(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t first = hold(folder, NOW + 5);
    struct notice_record more = {.event_seq = ledger_folder_event(folder),
                                 .issue_num = the_issue(folder).num,
                                 .role = ROLE_SALES,
                                 .kind = NOTICE_REVIEW,
                                 .fate = FATE_HELD,
                                 .rep = "rich",
                                 .rule = "r",
                                 .why = "w",
                                 .words = "the latest",
                                 .quiet = "q",
                                 .changes = 5};
    struct held_group group = sales_group(folder);
    struct held_sum sum;

    assert_int_equal(ledger_add_notice(folder->ledger, &more, &folder->err), 0);
    more.changes = 8;
    more.words = NULL;
    assert_int_equal(ledger_add_notice(folder->ledger, &more, &folder->err), 0);
    more.role = ROLE_SERVICE; // another group
    assert_int_equal(ledger_add_notice(folder->ledger, &more, &folder->err), 0);
    assert_int_equal(ledger_sum_held(folder->ledger, &group, folder->arena, &sum, &folder->err), 0);
    assert_int_equal(sum.count, 3);
    assert_int_equal(sum.first_num, first);
    assert_int_equal(sum.kind, NOTICE_HEADS_UP);
    assert_int_equal(sum.changes, 13);
    assert_string_equal(sum.words, "the latest");
}

static void a_group_goes_out_with_its_first(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t first = hold(folder, NOW + 5), second = hold(folder, NOW + 5);
    struct held_group group = sales_group(folder);
    struct notice_record released = {.num = first,
                                     .rep = "dana",
                                     .lane = "dana",
                                     .kind = NOTICE_HEADS_UP,
                                     .quiet = "2 in one",
                                     .due_ms = NOW + 6};
    struct event_name names[MOST];
    struct held_sum sum;

    assert_int_equal(ledger_release(folder->ledger, &released, &folder->err), 0);
    assert_int_equal(ledger_carry_held(folder->ledger, &group, first, NOW + 6, &folder->err), 0);
    assert_int_equal(ledger_sum_held(folder->ledger, &group, folder->arena, &sum, &folder->err), 0);
    assert_int_equal(sum.count, 0);
    assert_int_equal(
        ledger_carried_events(folder->ledger, first, MOST, folder->arena, names, &folder->err), 1);
    assert_int_equal(
        ledger_carried_events(folder->ledger, second, MOST, folder->arena, names, &folder->err), 0);
    assert_int_equal(
        ledger_was_told(folder->ledger, group.issue_num, ROLE_SALES, "dana", &folder->err), 1);
}

static void a_group_is_dropped_or_held_on(void **state)
{
    struct ledger_folder *folder = *state;
    struct held_group group;
    struct held_sum sum;
    int64_t at_ms = 0;

    (void)hold(folder, NOW + 5);
    group = sales_group(folder);
    assert_int_equal(ledger_hold_on(folder->ledger, &group, "dana", NOW + 50, "h", &folder->err),
                     0);
    assert_int_equal(ledger_next_held(folder->ledger, &at_ms, &folder->err), 1);
    assert_int_equal(at_ms, NOW + 50);
    assert_string_equal(the_notice(folder, NOW + 50, 0).rep, "dana");
    assert_string_equal(the_notice(folder, NOW + 50, 0).quiet, "h");
    assert_int_equal(ledger_drop_held(folder->ledger, &group, NOW + 51, "over", &folder->err), 0);
    assert_int_equal(ledger_sum_held(folder->ledger, &group, folder->arena, &sum, &folder->err), 0);
    assert_int_equal(sum.count, 0);
    assert_int_equal(
        ledger_was_told(folder->ledger, group.issue_num, ROLE_SALES, "dana", &folder->err), 0);
}

// Without an issue each notice is a group of its own.
static void what_is_about_no_issue_stands_alone(void **state)
{
    struct ledger_folder *folder = *state;
    struct held_group group = {.role = ROLE_ADMIN};
    struct held_sum sum;

    group.num = ledger_folder_notice(folder, 0, FATE_HELD, "rich", NOW + 5);
    (void)ledger_folder_notice(folder, 0, FATE_HELD, "rich", NOW + 5);
    assert_int_equal(ledger_sum_held(folder->ledger, &group, folder->arena, &sum, &folder->err), 0);
    assert_int_equal(sum.count, 1);
    assert_int_equal(sum.first_num, group.num);
}

static void it_knows_when_somebody_was_told(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t issue, at_ms = 7;

    (void)hold(folder, NOW);
    issue = the_issue(folder).num;
    assert_int_equal(
        ledger_load_told(folder->ledger, issue, ROLE_SALES, "rich", &at_ms, &folder->err), 0);
    assert_int_equal(at_ms, 0);
    for (int64_t i = 1; i <= 2; i++) {
        assert_int_equal(
            ledger_save_told(folder->ledger, issue, ROLE_SALES, "rich", NOW + i, &folder->err), 0);
    }
    assert_int_equal(
        ledger_load_told(folder->ledger, issue, ROLE_SALES, "rich", &at_ms, &folder->err), 0);
    assert_int_equal(at_ms, NOW + 2);
    assert_int_equal(
        ledger_load_told(folder->ledger, issue, ROLE_SALES, "dana", &at_ms, &folder->err), 0);
    assert_int_equal(at_ms, 0);
    assert_int_equal(ledger_was_told(folder->ledger, issue, ROLE_SALES, "rich", &folder->err), 0);
    (void)ledger_folder_notice(folder, 1, FATE_DELIVERED, "rich", NOW);
    assert_int_equal(ledger_was_told(folder->ledger, issue, ROLE_SALES, "rich", &folder->err), 1);
    assert_int_equal(ledger_was_told(folder->ledger, issue, ROLE_SERVICE, "rich", &folder->err), 0);
}

static const char *big_of(struct ledger_folder *folder, int64_t but)
{
    const char *key = NULL;

    assert_int_equal(ledger_load_big(folder->ledger, "XYZ", but, folder->arena, &key, &folder->err),
                     0);
    return key;
}

static void the_big_issue_of_an_account(void **state)
{
    struct ledger_folder *folder = *state;
    struct issue issue;

    (void)ledger_folder_event(folder);
    issue = the_issue(folder);
    assert_null(big_of(folder, 0));
    assert_int_equal(ledger_save_heads_up(folder->ledger, issue.num, NOW + 3, &folder->err), 0);
    assert_int_equal(ledger_save_heads_up(folder->ledger, issue.num, NOW + 4, &folder->err), 0);
    issue = the_issue(folder);
    assert_int_equal(issue.heads_up_at_ms, NOW + 3);
    assert_string_equal(big_of(folder, 0), "INV-7");
    assert_null(big_of(folder, issue.num)); // itself is no other
    issue.severity = "minor";
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    assert_null(big_of(folder, 0));
    issue.severity = "major";
    issue.state = ISSUE_RESOLVED;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    assert_null(big_of(folder, 0));
}

// So that one with a million open ones costs an event no more.
static void the_big_issue_is_looked_for_among_the_newest(void **state)
{
    struct ledger_folder *folder = *state;
    struct issue issue;

    (void)ledger_folder_event(folder);
    issue = the_issue(folder);
    issue.heads_up_at_ms = NOW;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    for (int i = 1; i < BIG_AMONG + 1; i++) {
        struct issue small = {.key = arena_printf(folder->arena, "S-%d", i),
                              .account = "XYZ",
                              .severity = "minor",
                              .opened_at_ms = issue.opened_at_ms + i};

        assert_string_equal(big_of(folder, 0), "INV-7");
        assert_int_equal(ledger_save_issue(folder->ledger, NULL, &small, &folder->err), 0);
    }
    assert_null(big_of(folder, 0));
}

// --- the version before --------------------------------------------------------------------------

static const char old_rows[] =
    "PRAGMA application_id = 1212437840; PRAGMA user_version = 1;"
    "INSERT INTO meta VALUES ('notice_prefix', 'hn_abcdefgh'), ('ages', 'ages');"
    "INSERT INTO issues (num, key, account, state, hop, opened_at_ms, state_at_ms, updated_at_ms,"
    "  transfers, reopened, demands, plan_due_ms, opening_known)"
    "  VALUES (1, 'INV-7', 'XYZ', 0, 0, 1, 1, 1, 0, 0, 0, 0, 1),"
    "  (2, 'INV-8', 'XYZ', 0, 0, 1, 1, 1, 0, 0, 0, 0, 1);"
    "INSERT INTO events (seq, source, id, type, time_ms, received_ms, issue, bytes, receipt)"
    "  VALUES (1, '/s', 'e1', 'issue.opened', 1, 1, 1, x'7b7d', x'7b7d');"
    "INSERT INTO notices (num, event, issue, role, kind, fate, urgent, rep, lane, rule, why,"
    "  created_ms, due_ms, done_ms, attempts, status, digest)"
    "  VALUES (1, NULL, NULL, 1, 9, 1, 0, 'rich', 'rich', 'r', 'w', 4, 4, 4, 1, 200, NULL),"
    "  (2, 1, 1, 0, 1, 3, 0, 'pat', NULL, 'r', 'w', 3, 3, 4, 0, 0, 1),"
    "  (3, 1, 1, 1, 0, 1, 1, 'rich', 'rich', 'r', 'w', 5, 5, 6, 1, 200, NULL);";

static int count_notice(void *user, const struct notice_record *notice)
{
    int *count = user;

    assert_int_equal(notice->carrier_num, notice->num == 2 ? 1 : 0);
    assert_null(notice->quiet);
    assert_int_equal(notice->since_ms, 0);
    (*count)++;
    return 0;
}

static void a_ledger_of_the_version_before_is_migrated(void **state)
{
    struct ledger_folder *folder = *state;
    struct notice_filter all = {.fate = -1, .with_unsent = true};
    struct ledger_reader *reader = NULL;
    struct ledger_summary sums;
    int count = 0;

    ledger_rollback(folder->ledger);
    ledger_close(folder->ledger);
    folder->ledger = NULL;
    assert_int_equal(unlink(folder->path), 0);
    ledger_folder_sql(folder, sql_migrations[0]);
    ledger_folder_sql(folder, old_rows);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    assert_int_equal(the_issue(folder).heads_up_at_ms, 5);
    assert_int_equal(ledger_reader_open(folder->path, &reader, &folder->err), 0);
    assert_int_equal(ledger_each_notice(reader, &all, count_notice, &count, &folder->err), 0);
    assert_int_equal(count, 3);
    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.told, 1);
    ledger_reader_close(reader);
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    (void)hold(folder, NOW); // the new fates are taken
    assert_int_equal(ledger_prune_silences(folder->ledger, NOW, &folder->err), 0);
    assert_int_equal(ledger_drop_source(folder->ledger, "/s", &folder->err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_held_is_due_at_its_moment, begin, end),
        cmocka_unit_test_setup_teardown(a_group_is_summed_up, begin, end),
        cmocka_unit_test_setup_teardown(a_group_goes_out_with_its_first, begin, end),
        cmocka_unit_test_setup_teardown(a_group_is_dropped_or_held_on, begin, end),
        cmocka_unit_test_setup_teardown(what_is_about_no_issue_stands_alone, begin, end),
        cmocka_unit_test_setup_teardown(it_knows_when_somebody_was_told, begin, end),
        cmocka_unit_test_setup_teardown(the_big_issue_of_an_account, begin, end),
        cmocka_unit_test_setup_teardown(the_big_issue_is_looked_for_among_the_newest, begin, end),
        cmocka_unit_test_setup_teardown(a_ledger_of_the_version_before_is_migrated, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
