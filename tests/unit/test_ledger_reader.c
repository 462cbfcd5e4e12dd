// The ledger as the command line reads it, beside a daemon that has it open: every walk, its order
// and its filters, the sums that must balance, and that reading never writes.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_outbox.h"
#include "common/ledger/ledger_quiet.h"
#include "common/ledger/ledger_reader.h"
#include "tests/support/ledger_folder.h"

#define NOW HAPPENINGS_NOW_MS

struct seen { // what a walk gave, one word a row
    struct text words;
    int stop_after; // 0: never
};

static int more(struct seen *seen)
{
    return seen->stop_after && --seen->stop_after == 0 ? 7 : 0;
}

static int see_issue(void *user, const struct issue *issue)
{
    struct seen *seen = user;

    text_addf(&seen->words, "%s ", issue->key);
    return more(seen);
}

static int see_account(void *user, const struct account *account)
{
    struct seen *seen = user;

    text_addf(&seen->words, "%s ", account->key);
    return more(seen);
}

static int see_notice(void *user, const struct notice_record *notice)
{
    struct seen *seen = user;

    text_addf(&seen->words, "%lld:%s ", (long long)notice->num, fate_name(notice->fate));
    return more(seen);
}

static int see_event(void *user, const struct event_record *event)
{
    struct seen *seen = user;

    text_addf(&seen->words, "%lld:%s:%.*s ", (long long)event->seq, event->id,
              (int)event->receipt_size, event->receipt);
    return more(seen);
}

static int see_lane(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead)
{
    struct seen *seen = user;

    text_addf(&seen->words, "%s:%s:%lld:%lld:%lld:%lld ", lane->lane, lane_state_name(lane->state),
              (long long)waiting, (long long)dead, (long long)lane->oldest_ms,
              (long long)lane->next_due_ms);
    return more(seen);
}

static void saw(struct seen *seen, int code, const char *words)
{
    assert_int_equal(code, 0);
    assert_string_equal(text_string(&seen->words), words);
    text_finish(&seen->words);
}

static void add_issue(struct ledger_folder *folder, const char *key, const char *account,
                      enum issue_state as, int64_t opened_ms)
{
    struct issue issue = {.key = key, .account = account, .state = as, .opened_at_ms = opened_ms};

    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
}

// Seven events: six whose notices came to each of the fates, and one that has two notices.
static int begin(void **state)
{
    struct ledger_folder *folder;
    struct account xyz = {.key = "XYZ"}, abc = {.key = "ABC"};

    if (ledger_folder_open(state) < 0) {
        return -1;
    }
    folder = *state;
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    assert_int_equal(ledger_save_account(folder->ledger, &xyz, &folder->err), 0);
    assert_int_equal(ledger_save_account(folder->ledger, &abc, &folder->err), 0);
    for (int fate = FATE_WAITING; fate <= FATE_DROPPED; fate++) {
        (void)ledger_folder_notice(folder, ledger_folder_event(folder), (enum fate)fate, "rich",
                                   NOW + fate);
    }
    (void)ledger_folder_notice(folder, ledger_folder_event(folder), FATE_UNSENT, "rich", NOW + 7);
    (void)ledger_folder_notice(folder, 7, FATE_DELIVERED, "dana", NOW + 7);
    add_issue(folder, "I-8", "ABC", ISSUE_RESOLVED, NOW + 1);
    add_issue(folder, "I-9", "ABC", ISSUE_OPEN, NOW - 1);
    assert_int_equal(ledger_commit(folder->ledger, &folder->err), 0);
    return 0;
}

static int end(void **state)
{
    return ledger_folder_close(state);
}

// All that is held about INV-7 is told by that notice.
static void gather_into(struct ledger_folder *folder, int64_t carrier)
{
    struct case_query query = {.issue_key = "INV-7"};
    struct held_group group = {.role = ROLE_SALES};
    struct case_file file;

    assert_int_equal(ledger_load_case(folder->ledger, &query, folder->arena, &file, &folder->err),
                     0);
    group.issue_num = file.issue.num;
    assert_int_equal(ledger_carry_held(folder->ledger, &group, carrier, NOW, &folder->err), 0);
}

static struct ledger_reader *open_reader(struct ledger_folder *folder)
{
    struct ledger_reader *reader = NULL;

    if (ledger_reader_open(folder->path, &reader, &folder->err) < 0) {
        fail_msg("%s", folder->err.message);
    }
    return reader;
}

static void walks_the_issues(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct seen seen = {0};
    struct error *err = &folder->err;

    saw(&seen, ledger_each_issue(reader, NULL, false, 0, see_issue, &seen, err), "I-8 INV-7 I-9 ");
    saw(&seen, ledger_each_issue(reader, NULL, false, 2, see_issue, &seen, err), "I-8 INV-7 ");
    saw(&seen, ledger_each_issue(reader, "ABC", false, 0, see_issue, &seen, err), "I-8 I-9 ");
    saw(&seen, ledger_each_issue(reader, "ABC", true, 0, see_issue, &seen, err), "I-9 ");
    saw(&seen, ledger_each_issue(reader, "NEW", false, 0, see_issue, &seen, err), "");
    seen.stop_after = 2;
    assert_int_equal(ledger_each_issue(reader, NULL, false, 0, see_issue, &seen, err), 7);
    text_finish(&seen.words);
    assert_int_equal(ledger_get_issue(reader, "I-9", see_issue, &seen, err), 1);
    assert_int_equal(ledger_get_issue(reader, "I-7", see_issue, &seen, err), 0);
    saw(&seen, 0, "I-9 ");
    ledger_reader_close(reader);
}

static void walks_the_accounts(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct seen seen = {0};
    struct error *err = &folder->err;

    saw(&seen, ledger_each_account(reader, see_account, &seen, err), "ABC XYZ ");
    assert_int_equal(ledger_get_account(reader, "XYZ", see_account, &seen, err), 1);
    assert_int_equal(ledger_get_account(reader, "xyz", see_account, &seen, err), 0);
    saw(&seen, 0, "XYZ ");
    ledger_reader_close(reader);
}

static void walks_the_notices(void **state)
{
    static const struct {
        struct notice_filter filter;
        const char *words;
    } rows[] = {
        {{.fate = -1}, "8:delivered 6:dropped 4:digest 3:dead 2:delivered 1:waiting "},
        {{.fate = -1, .with_unsent = true, .limit = 2}, "8:delivered 7:unsent "},
        {{.fate = FATE_DEAD}, "3:dead "},
        {{.fate = FATE_WAITING}, "1:waiting "},
        {{.fate = FATE_UNSENT}, "7:unsent 5:unsent "},
        {{.fate = -1, .rep = "dana"}, "8:delivered "},
        {{.fate = -1, .lane = "dana"}, "8:delivered "},
        {{.fate = -1, .lane = "nobody"}, ""},
        {{.fate = -1, .with_unsent = true, .event_seq = 7}, "7:unsent 8:delivered "},
        {{.fate = -1, .issue_key = "INV-7", .limit = 2}, "1:waiting 2:delivered "},
        {{.fate = -1, .issue_key = "I-9"}, ""},
    };
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct seen seen = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        saw(&seen, ledger_each_notice(reader, &rows[i].filter, see_notice, &seen, &folder->err),
            rows[i].words);
    }
    assert_int_equal(ledger_get_notice(reader, 3, see_notice, &seen, &folder->err), 1);
    assert_int_equal(ledger_get_notice(reader, 30, see_notice, &seen, &folder->err), 0);
    saw(&seen, 0, "3:dead ");
    ledger_reader_close(reader);
}

static int know_the_issue(void *user, const struct notice_record *notice)
{
    (void)user;
    assert_string_equal(notice->issue_key, "INV-7");
    assert_string_equal(notice->account_key, "XYZ");
    assert_string_equal(notice->event_source, "/billing");
    return 0;
}

static void a_notice_names_its_issue(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);

    assert_int_equal(ledger_get_notice(reader, 1, know_the_issue, NULL, &folder->err), 1);
    ledger_reader_close(reader);
}

static void finds_the_events(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct seen seen = {0};
    struct error *err = &folder->err;

    assert_int_equal(ledger_get_events(reader, "/billing", "e2", see_event, &seen, err), 1);
    assert_int_equal(ledger_get_events(reader, "/else", "e2", see_event, &seen, err), 0);
    assert_int_equal(ledger_get_events(reader, NULL, "e3", see_event, &seen, err), 1);
    assert_int_equal(ledger_get_events(reader, NULL, "4", see_event, &seen, err), 1); // a seq
    assert_int_equal(ledger_get_events(reader, NULL, "99", see_event, &seen, err), 0);
    assert_int_equal(ledger_get_events(reader, "/billing", "4", see_event, &seen, err), 0);
    saw(&seen, 0, "2:e2:{\"seq\":2} 3:e3:{\"seq\":3} 4:e4:{\"seq\":4} ");
    saw(&seen, ledger_each_issue_event(reader, "INV-7", see_event, &seen, err),
        "1:e1:{\"seq\":1} 2:e2:{\"seq\":2} 3:e3:{\"seq\":3} 4:e4:{\"seq\":4} 5:e5:{\"seq\":5} "
        "6:e6:{\"seq\":6} 7:e7:{\"seq\":7} ");
    saw(&seen, ledger_each_issue_event(reader, "I-8", see_event, &seen, err), "");
    ledger_reader_close(reader);
}

static void the_sums_balance(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct ledger_summary sums;

    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.events, 7);
    assert_int_equal(sums.issues, 3);
    assert_int_equal(sums.open_issues, 2);
    assert_int_equal(sums.accounts, 2);
    assert_int_equal(sums.waiting, 1);
    assert_int_equal(sums.told, 2); // once by itself, once beside a decision not to tell
    assert_int_equal(sums.dead, 1);
    assert_int_equal(sums.digest, 1);
    assert_int_equal(sums.nobody, 2);
    assert_int_equal(sums.unexplained, 0);
    assert_int_equal(sums.events, sums.waiting + sums.told + sums.dead + sums.digest + sums.nobody);
    assert_int_equal(sums.notices[FATE_DELIVERED], 2);
    assert_int_equal(sums.notices[FATE_UNSENT], 2);
    assert_int_equal(sums.notices[FATE_DROPPED], 1);
    assert_int_equal(sums.oldest_waiting_ms, NOW);
    assert_true(sums.size_bytes > 0);
    // what is held waits; what was gathered has its carrier's fate
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    (void)ledger_folder_notice(folder, ledger_folder_event(folder), FATE_HELD, "rich", NOW + 9);
    assert_int_equal(ledger_commit(folder->ledger, &folder->err), 0);
    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.waiting, 2);
    assert_int_equal(sums.notices[FATE_HELD], 1);
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    gather_into(folder, 3); // a dead letter
    assert_int_equal(ledger_commit(folder->ledger, &folder->err), 0);
    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.waiting, 1);
    assert_int_equal(sums.dead, 2);
    assert_int_equal(sums.notices[FATE_GATHERED], 1);
    // an event without a decision is a fault, and shows
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    (void)ledger_folder_event(folder);
    assert_int_equal(ledger_commit(folder->ledger, &folder->err), 0);
    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.events, 9);
    assert_int_equal(sums.unexplained, 1);
    ledger_reader_close(reader);
}

static void walks_the_lanes(void **state)
{
    const struct lane_record lane = {.lane = "gone", .state = LANE_CLOSED, .why = "410"};
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct seen seen = {0};

    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    assert_int_equal(ledger_save_lane(folder->ledger, &lane, &folder->err), 0);
    assert_int_equal(ledger_commit(folder->ledger, &folder->err), 0);
    saw(&seen, ledger_each_lane(reader, see_lane, &seen, &folder->err),
        "gone:closed:0:0:0:0 rich:open:1:1:1795420800000:1795420800000 ");
    ledger_reader_close(reader);
}

static int see_seq(void *user, const struct event_record *event)
{
    struct seen *seen = user;

    text_addf(&seen->words, "%lld ", (long long)event->seq);
    return more(seen);
}

// Seven events, received at 1000 to 7000: of an account, a silence, an issue closed long ago, one
// that stands open, one that still moved at 7000, and one opened at 5500.
static void a_rehearsal_gets_what_bears_on_its_time(void **state)
{
    static const char past[] =
        "UPDATE events SET received_ms = seq * 1000, issue = NULL, type = 'issue.updated';"
        "UPDATE events SET type = 'account.updated' WHERE seq = 1;"
        "UPDATE events SET type = 'silence.set' WHERE seq = 2;"
        "UPDATE issues SET key = 'I-' || num, opened_at_ms = 0, state = 4;"
        "INSERT INTO issues SELECT 4, 'I-4', account, category, severity, department, currency,"
        " summary, explanation, contact, amount, 4, hop, 5500, state_at_ms, updated_at_ms, "
        "transfers,"
        " reopened, demands, owner, acknowledged_by, plan, resolution, plan_due_ms, opening_known,"
        " alarm_at_ms, heads_up_at_ms FROM issues WHERE num = 1;"
        "UPDATE issues SET state = 2 WHERE num = 2;"
        "UPDATE events SET issue = seq - 2 WHERE seq BETWEEN 3 AND 6;"
        "UPDATE events SET issue = 3 WHERE seq = 7;";
    const struct {
        struct past_query query;
        const char *words;
    } rows[] = {
        {{.since_ms = 0, .until_seq = 7, .opened_ms = INT64_MAX}, "1 2 3 4 5 6 7 "},
        {{.since_ms = 0, .until_seq = 4, .opened_ms = INT64_MAX}, "1 2 3 4 "},
        {{.since_ms = 7000, .until_seq = 7, .opened_ms = INT64_MAX}, "1 2 4 5 7 "},
        {{.since_ms = 7000, .until_seq = 7, .opened_ms = 5500}, "1 2 4 5 6 7 "},
        {{.since_ms = 7001, .until_seq = 7, .opened_ms = INT64_MAX}, "1 2 4 "},
    };
    struct ledger_folder *folder = *state;
    struct seen seen = {0};
    struct ledger_reader *reader;
    int64_t last = 0;

    ledger_folder_sql(folder, past);
    reader = open_reader(folder);
    assert_int_equal(ledger_last_seq(reader, &last, &folder->err), 0);
    assert_int_equal(last, 7);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        saw(&seen, ledger_each_past_event(reader, &rows[i].query, see_seq, &seen, &folder->err),
            rows[i].words);
    }
    seen.stop_after = 2;
    assert_int_equal(ledger_each_past_event(reader, &rows[0].query, see_seq, &seen, &folder->err),
                     7);
    seen.stop_after = 0;
    saw(&seen, 0, "1 2 ");
    ledger_reader_close(reader);
}

// More than a page of them.
static void a_long_past_comes_in_pages(void **state)
{
    struct ledger_folder *folder = *state;
    const struct past_query query = {.until_seq = 2500, .opened_ms = INT64_MAX};
    struct ledger_reader *reader;
    struct seen seen = {.stop_after = 2501};

    ledger_folder_sql(folder,
                      "WITH RECURSIVE more(n) AS (SELECT 8 UNION ALL SELECT n + 1 FROM more"
                      " WHERE n < 3000) INSERT INTO events (seq, source, id, type, time_ms,"
                      " received_ms, bytes, receipt) SELECT n, '/more', 'm' || n, 'issue.opened',"
                      " n, n, x'7b7d', x'7b7d' FROM more");
    reader = open_reader(folder);
    assert_int_equal(ledger_each_past_event(reader, &query, see_seq, &seen, &folder->err), 0);
    assert_int_equal(seen.stop_after, 1); // 2500 came
    text_finish(&seen.words);
    ledger_reader_close(reader);
}

static void an_empty_ledger_has_empty_sums(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = open_reader(folder);
    struct ledger_summary sums;
    struct seen seen = {0};

    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.events + sums.told + sums.unexplained + sums.oldest_waiting_ms, 0);
    saw(&seen, ledger_each_lane(reader, see_lane, &seen, &folder->err), "");
    assert_string_equal(ledger_reader_prefix(reader), ledger_notice_prefix(folder->ledger));
    ledger_reader_close(reader);
}

// Every file of the ledger with its size and the moment of its last change.
static void file_states(struct ledger_folder *folder, struct stat ret[2])
{
    static const char *const suffixes[2] = {"", "-wal"};

    for (int i = 0; i < 2; i++) {
        char path[96];

        (void)snprintf(path, sizeof path, "%s%s", folder->path, suffixes[i]);
        if (stat(path, &ret[i]) < 0) {
            ret[i] = (struct stat){0};
        }
    }
}

static void reading_never_writes(void **state)
{
    struct ledger_folder *folder = *state;
    struct stat before[2], after[2];
    struct ledger_summary sums;

    file_states(folder, before);
    assert_true(before[1].st_size > 0); // a WAL is there: a checkpoint would show
    for (int i = 0; i < 3; i++) {
        struct ledger_reader *reader = open_reader(folder);

        assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
        ledger_reader_close(reader);
    }
    file_states(folder, after);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(before[i].st_size, after[i].st_size);
        assert_memory_equal(&before[i].st_mtim, &after[i].st_mtim, sizeof before[i].st_mtim);
    }
    ledger_close(folder->ledger); // and with no daemon there
    folder->ledger = NULL;
    file_states(folder, before);
    ledger_reader_close(open_reader(folder));
    file_states(folder, after);
    assert_int_equal(before[0].st_size, after[0].st_size);
    assert_memory_equal(&before[0].st_mtim, &after[0].st_mtim, sizeof before[0].st_mtim);
}

static void refuses_what_is_no_ledger(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger_reader *reader = NULL;

    ledger_close(folder->ledger);
    folder->ledger = NULL;
    ledger_folder_sql(folder, "PRAGMA user_version = 99");
    assert_int_equal(ledger_reader_open(folder->path, &reader, &folder->err), -EPROTO);
    assert_non_null(strstr(folder->err.message, "newer"));
    ledger_folder_sql(folder, "PRAGMA user_version = 0");
    assert_int_equal(ledger_reader_open(folder->path, &reader, &folder->err), -EPROTO);
    assert_non_null(strstr(folder->err.message, "older version"));
    ledger_folder_sql(folder, "PRAGMA application_id = 7");
    assert_int_equal(ledger_reader_open(folder->path, &reader, &folder->err), -EPROTO);
    assert_int_equal(unlink(folder->path), 0);
    assert_int_equal(ledger_reader_open(folder->path, &reader, &folder->err), -ENOENT);
    assert_int_equal(access(folder->path, F_OK), -1); // and makes none
    assert_null(reader);
    ledger_reader_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(walks_the_issues, begin, end),
        cmocka_unit_test_setup_teardown(walks_the_accounts, begin, end),
        cmocka_unit_test_setup_teardown(walks_the_notices, begin, end),
        cmocka_unit_test_setup_teardown(a_notice_names_its_issue, begin, end),
        cmocka_unit_test_setup_teardown(finds_the_events, begin, end),
        cmocka_unit_test_setup_teardown(the_sums_balance, begin, end),
        cmocka_unit_test_setup_teardown(walks_the_lanes, begin, end),
        cmocka_unit_test_setup_teardown(a_rehearsal_gets_what_bears_on_its_time, begin, end),
        cmocka_unit_test_setup_teardown(a_long_past_comes_in_pages, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_ledger_has_empty_sums, ledger_folder_open,
                                        ledger_folder_close),
        cmocka_unit_test_setup_teardown(reading_never_writes, begin, end),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_ledger, begin, end),
    };

    return cmocka_run_group_tests_name("ledger_reader", tests, NULL, NULL);
}
