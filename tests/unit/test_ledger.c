// The ledger as its one writer sees it: what goes in comes out, a turn is all or nothing, and a
// file that is no ledger of ours is left alone.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_outbox.h"
#include "common/ledger/ledger_reader.h"
#include "tests/support/ledger_folder.h"

#define NOW HAPPENINGS_NOW_MS

// --- what goes in comes out ----------------------------------------------------------------------

static void an_account_comes_back_whole(void **state)
{
    const struct account full = {.known = true,
                                 .key = "XYZ",
                                 .name = "XYZ Co.",
                                 .tier = "major",
                                 .group = "G",
                                 .service = "pat",
                                 .sales = "rich",
                                 .region = "west",
                                 .currency = "USD",
                                 .has_value = true,
                                 .value_minor = 30000050,
                                 .terms_summary = "net 45",
                                 .terms_link = "https://t",
                                 .terms_agreed_by = "rich",
                                 .terms_at_ms = 3,
                                 .kickoff_at_ms = 4};
    struct ledger_folder *folder = *state;
    struct account account = full, is;

    ledger_folder_begin(folder);
    assert_int_equal(ledger_save_account(folder->ledger, &account, &folder->err), 0);
    ledger_folder_commit(folder);
    is = ledger_folder_load(folder, &(struct case_query){.account_key = "XYZ"}).account;
    assert_true(is.known && is.has_value && is.num == account.num);
    assert_string_equal(is.name, full.name);
    assert_string_equal(is.tier, full.tier);
    assert_string_equal(is.group, full.group);
    assert_string_equal(is.service, full.service);
    assert_string_equal(is.sales, full.sales);
    assert_string_equal(is.region, full.region);
    assert_string_equal(is.currency, full.currency);
    assert_string_equal(is.terms_summary, full.terms_summary);
    assert_string_equal(is.terms_link, full.terms_link);
    assert_string_equal(is.terms_agreed_by, full.terms_agreed_by);
    assert_int_equal(is.value_minor, full.value_minor);
    assert_int_equal(is.terms_at_ms, 3);
    assert_int_equal(is.kickoff_at_ms, 4);
    ledger_folder_begin(folder);
    account.tier = NULL;
    account.has_value = false;
    assert_int_equal(ledger_save_account(folder->ledger, &account, &folder->err), 0);
    ledger_folder_commit(folder);
    is = ledger_folder_load(folder, &(struct case_query){.account_key = "XYZ"}).account;
    assert_null(is.tier);
    assert_false(is.has_value);
}

static void what_is_not_on_record_is_unknown(void **state)
{
    struct ledger_folder *folder = *state;
    struct case_file file = ledger_folder_load(
        folder, &(struct case_query){.issue_key = "INV-1", .account_key = "NEW"});

    assert_false(file.issue.known);
    assert_false(file.account.known);
    assert_string_equal(file.account.key, "NEW");
    file = ledger_folder_load(folder, &(struct case_query){0});
    assert_null(file.account.key);
}

// --- the log -------------------------------------------------------------------------------------

static int64_t log_bytes(const struct ledger_folder *folder)
{
    char path[80];
    struct stat status;

    (void)snprintf(path, sizeof path, "%s-wal", folder->path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void write_some_pages(struct ledger_folder *folder, int64_t number)
{
    char key[32], name[8000];

    (void)snprintf(key, sizeof key, "a-%lld", (long long)number);
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ledger_folder_begin(folder);
    assert_int_equal(ledger_save_account(folder->ledger,
                                         &(struct account){.key = key, .name = name}, &folder->err),
                     0);
    ledger_folder_commit(folder);
}

// Writes until a quiet moment would be used; returns how long the log is then.
static int64_t fill_log(struct ledger_folder *folder, int64_t *number)
{
    enum { TURNS_AT_MOST = 1000 };

    for (int i = 0; i < TURNS_AT_MOST && !ledger_wants_checkpoint(folder->ledger, true); i++) {
        write_some_pages(folder, (*number)++);
    }
    assert_true(ledger_wants_checkpoint(folder->ledger, true));
    return log_bytes(folder);
}

// In calm hours it is moved while it is short, and then written over from its beginning.
static void the_log_stays_short_in_calm_hours(void **state)
{
    enum { SHORT_BYTES = 4 * 1024 * 1024 };
    struct ledger_folder *folder = *state;
    int64_t number = 0, first = fill_log(folder, &number);

    assert_in_range(first, 1, SHORT_BYTES);
    assert_false(ledger_wants_checkpoint(folder->ledger, false));
    assert_int_equal(ledger_checkpoint(folder->ledger, false, &folder->err), 0); // busy: not now
    assert_true(ledger_wants_checkpoint(folder->ledger, true));
    assert_int_equal(ledger_checkpoint(folder->ledger, true, &folder->err), 0);
    write_some_pages(folder, number++);
    assert_false(ledger_wants_checkpoint(folder->ledger, true));
    assert_in_range(fill_log(folder, &number), first, first + first / 4);
}

// --- the case file -------------------------------------------------------------------------------

static void add_account(struct ledger_folder *folder, const char *key, const char *group,
                        bool has_value, int64_t value)
{
    struct account account = {
        .key = key, .group = group, .has_value = has_value, .value_minor = value};

    assert_int_equal(ledger_save_account(folder->ledger, &account, &folder->err), 0);
}

static void sums_the_groups_worth(void **state)
{
    struct case_query query = {.account_key = "A", .wants = CASE_GROUP_VALUE};
    struct ledger_folder *folder = *state;

    ledger_folder_begin(folder);
    add_account(folder, "A", "G", true, 5);
    add_account(folder, "B", "G", true, 70);
    add_account(folder, "C", "G", false, 0);
    add_account(folder, "D", "H", true, 900);
    add_account(folder, "E", NULL, true, 8000);
    ledger_folder_commit(folder);
    assert_int_equal(ledger_folder_load(folder, &query).group_value_minor, 75);
    query.account_key = "E"; // a group of its own
    assert_int_equal(ledger_folder_load(folder, &query).group_value_minor, 8000);
    query = (struct case_query){.account_key = "A"};
    assert_int_equal(ledger_folder_load(folder, &query).group_value_minor, 5);
}

static void an_issue_brings_its_own_account(void **state)
{
    struct ledger_folder *folder = *state;
    struct issue issue = {.known = true, .key = "INV-7", .account = "XYZ"};
    struct case_file file;

    ledger_folder_begin(folder);
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    add_account(folder, "XYZ", NULL, true, 5);
    add_account(folder, "ABC", NULL, true, 6);
    ledger_folder_commit(folder);
    file = ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-7"});
    assert_string_equal(file.account.key, "XYZ");
    file = ledger_folder_load(folder,
                              &(struct case_query){.issue_key = "INV-7", .account_key = "ABC"});
    assert_string_equal(file.account.key, "ABC");
}

// --- events and turns ----------------------------------------------------------------------------

static void an_event_is_found_by_source_and_id(void **state)
{
    struct ledger_folder *folder = *state;
    struct stored_event stored;
    const struct event *event;
    int64_t first, second;

    ledger_folder_begin(folder);
    first = ledger_folder_event(folder);
    second = ledger_folder_event(folder);
    ledger_folder_commit(folder);
    assert_int_equal(first, 1);
    assert_int_equal(second, 2);
    event = &folder->happenings.events[1];
    assert_int_equal(ledger_find_event(folder->ledger, event->source, event->id, folder->arena,
                                       &stored, &folder->err),
                     1);
    assert_int_equal(stored.seq, second);
    assert_int_equal(stored.size, event->size);
    assert_memory_equal(stored.bytes, event->bytes, event->size);
    assert_int_equal(stored.receipt_size, strlen("{\"seq\":2}"));
    assert_memory_equal(stored.receipt, "{\"seq\":2}", stored.receipt_size);
    assert_int_equal(
        ledger_find_event(folder->ledger, "/else", event->id, folder->arena, &stored, &folder->err),
        0);
    assert_int_equal(ledger_find_event(folder->ledger, event->source, "e9", folder->arena, &stored,
                                       &folder->err),
                     0);
}

struct unsaid_seen {
    const struct notice_record *expected; // in their order
    int64_t event_seq, received_ms;
    int count;
};

static int see_unsaid(void *user, const struct notice_record *is)
{
    struct unsaid_seen *seen = user;
    const struct notice_record *expected = &seen->expected[seen->count++];

    assert_true(is->num < 0); // no notice has that number
    assert_int_equal(is->event_seq, seen->event_seq);
    assert_int_equal(is->fate, FATE_UNSENT);
    assert_int_equal(is->role, expected->role);
    assert_int_equal(is->kind, expected->kind);
    assert_int_equal(is->urgent, expected->urgent);
    assert_string_equal(is->rep, expected->rep);
    assert_string_equal(is->rule, expected->rule);
    assert_string_equal(is->why, expected->why);
    assert_null(is->lane);
    assert_int_equal(is->created_ms, seen->received_ms);
    assert_int_equal(is->done_ms, seen->received_ms);
    return 0;
}

// Whatever words are in it; as the reader and as a trial finds it.
static void a_decision_that_tells_nobody_is_with_its_event(void **state)
{
    static const struct notice_record told_nobody[] = {
        {.role = ROLE_SALES,
         .kind = NOTICE_HEADS_UP,
         .urgent = true,
         .rep = "rich",
         .rule = "a \"rule\" of {many}, [odd] words",
         .why = "line\none, \\ and 'two'; \xe2\x82\xac 5 \x01"},
        {.role = ROLE_SERVICE, .kind = NOTICE_OWNER, .rep = "pat", .rule = "rest", .why = "x"},
    };
    struct ledger_folder *folder = *state;
    const struct event *event;
    struct unsaid_seen seen = {told_nobody, 2, NOW, 0};
    struct ledger_summary sums;
    struct notice_filter filter = {.fate = -1, .with_unsent = true, .event_seq = 2};
    struct notice_record records[8];
    struct text receipt = {0}, unsaid = {0};
    struct ledger_reader *reader = NULL;

    text_add(&receipt, "{}");
    ledger_put_unsaid(&unsaid, &told_nobody[1]);
    ledger_put_unsaid(&unsaid, &told_nobody[0]);
    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder); // led to nothing
    event = happen(&folder->happenings, EVENT_ISSUE_UPDATED, 0, NULL);
    assert_int_equal(
        ledger_add_event(folder->ledger, event, NULL, 0, &receipt, &unsaid, &folder->err), 0);
    assert_int_equal(
        ledger_decisions_since(folder->ledger, 0, 8, folder->arena, records, &folder->err), 2);
    assert_int_equal(see_unsaid(&seen, &records[0]) + see_unsaid(&seen, &records[1]), 0);
    ledger_folder_commit(folder);
    assert_int_equal(ledger_reader_open(folder->path, &reader, &folder->err), 0);
    seen.count = 0;
    assert_int_equal(ledger_each_notice(reader, &filter, see_unsaid, &seen, &folder->err), 0);
    assert_int_equal(seen.count, 2);
    filter.event_seq = 1;
    assert_int_equal(ledger_each_notice(reader, &filter, see_unsaid, &seen, &folder->err), 0);
    filter = (struct notice_filter){.fate = -1}; // it is no notice
    assert_int_equal(ledger_each_notice(reader, &filter, see_unsaid, &seen, &folder->err), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(ledger_summarize(reader, &sums, &folder->err), 0);
    assert_int_equal(sums.nobody, 1);
    assert_int_equal(sums.unexplained, 1); // the event that led to nothing
    assert_int_equal(sums.notices[FATE_UNSENT], 2);
    ledger_reader_close(reader);
    text_finish(&receipt);
    text_finish(&unsaid);
}

static void the_same_source_and_id_goes_in_once(void **state)
{
    struct ledger_folder *folder = *state;
    struct text receipt = {0};
    int code;

    text_add(&receipt, "{}");
    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder);
    code = ledger_add_event(folder->ledger, &folder->happenings.events[0], NULL, 0, &receipt, NULL,
                            &folder->err);
    assert_int_equal(code, -EILSEQ);
    assert_false(ledger_broken(folder->ledger)); // a row was refused; the file is well
    assert_int_equal(ledger_next_seq(folder->ledger), 2);
    ledger_rollback(folder->ledger);
    text_finish(&receipt);
}

static void no_issue_has_a_third_hop(void **state)
{
    struct ledger_folder *folder = *state;
    struct issue issue = {.known = true, .key = "INV-7", .account = "XYZ"};

    ledger_folder_begin(folder);
    issue.hop = (enum hop)2;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), -EILSEQ);
    issue.hop = (enum hop) - 1;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), -EILSEQ);
    issue.hop = HOP_SALES;
    assert_int_equal(ledger_save_issue(folder->ledger, NULL, &issue, &folder->err), 0);
    ledger_folder_commit(folder);
}

static void a_rollback_leaves_nothing(void **state)
{
    struct ledger_folder *folder = *state;
    struct stored_event stored;

    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder);
    assert_int_equal(ledger_next_seq(folder->ledger), 2);
    ledger_rollback(folder->ledger);
    assert_int_equal(ledger_next_seq(folder->ledger), 1); // free again
    assert_int_equal(
        ledger_find_event(folder->ledger, "/billing", "e1", folder->arena, &stored, &folder->err),
        0);
    assert_false(
        ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-7"}).issue.known);
    ledger_rollback(folder->ledger); // where nothing is open it does nothing
    assert_false(ledger_broken(folder->ledger));
    ledger_folder_begin(folder);
    assert_int_equal(ledger_folder_event(folder), 1);
    ledger_folder_commit(folder);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    assert_int_equal(ledger_next_seq(folder->ledger), 2);
}

static void reading_spans_are_turns_too(void **state)
{
    struct ledger_folder *folder = *state;

    assert_int_equal(ledger_begin_read(folder->ledger, &folder->err), 0);
    assert_false(
        ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-7"}).issue.known);
    ledger_end_read(folder->ledger);
    assert_false(ledger_broken(folder->ledger));
    ledger_folder_begin(folder);
    ledger_folder_commit(folder);
    assert_int_not_equal(ledger_commit(folder->ledger, &folder->err), 0); // nothing is open
}

// --- the file ------------------------------------------------------------------------------------

static void the_file_is_its_owners_alone(void **state)
{
    struct ledger_folder *folder = *state;
    struct stat status;
    char prefix[16];

    assert_int_equal(stat(folder->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(ledger_free_bytes(folder->ledger) > 0);
    (void)snprintf(prefix, sizeof prefix, "%s", ledger_notice_prefix(folder->ledger));
    assert_int_equal(strlen(prefix), 11);
    assert_int_equal(strncmp(prefix, "hn_", 3), 0);
    assert_int_equal(strspn(prefix + 3, "abcdefghijklmnopqrstuvwxyz"), 8);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    assert_string_equal(ledger_notice_prefix(folder->ledger), prefix); // for good
}

static void the_second_daemon_is_refused(void **state)
{
    struct ledger_folder *folder = *state;
    struct ledger *second = NULL;
    char pid[32];

    (void)snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    assert_int_equal(ledger_open(folder->path, &second, &folder->err), -EBUSY);
    assert_null(second);
    assert_non_null(strstr(folder->err.message, pid));
    ledger_folder_begin(folder); // the first one goes on
    ledger_folder_commit(folder);
}

static void a_newer_version_is_refused(void **state)
{
    struct ledger_folder *folder = *state;

    ledger_close(folder->ledger);
    folder->ledger = NULL;
    ledger_folder_sql(folder, "PRAGMA user_version = 99");
    assert_int_equal(ledger_folder_reopen(folder), -EPROTO);
    assert_non_null(strstr(folder->err.message, "newer headsup"));
    ledger_folder_sql(folder, "PRAGMA user_version = -1");
    assert_int_equal(ledger_folder_reopen(folder), -EIO);
    assert_non_null(strstr(folder->err.message, "damaged"));
}

static void a_foreign_database_is_left_alone(void **state)
{
    struct ledger_folder *folder = *state;
    struct stat before, after;

    ledger_close(folder->ledger);
    folder->ledger = NULL;
    assert_int_equal(unlink(folder->path), 0);
    ledger_folder_sql(folder, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('x')");
    assert_int_equal(stat(folder->path, &before), 0);
    assert_int_equal(ledger_folder_reopen(folder), -EPROTO);
    assert_non_null(strstr(folder->err.message, "another program"));
    assert_int_equal(stat(folder->path, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
}

static void write_at(const char *path, off_t at, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, at), size);
    (void)close(fd);
}

static void what_is_no_database_is_refused(void **state)
{
    static const char words[] = "Dear Pat, this is not a ledger at all, and long enough to be read "
                                "as the head of one. It goes on and on, for a hundred bytes and "
                                "more.";
    struct ledger_folder *folder = *state;

    ledger_close(folder->ledger);
    folder->ledger = NULL;
    assert_int_equal(unlink(folder->path), 0);
    write_at(folder->path, 0, words, sizeof words);
    assert_int_equal(ledger_folder_reopen(folder), -EPROTO);
    assert_non_null(strstr(folder->err.message, "is not a ledger"));
}

static void a_wal_left_behind_is_taken_in(void **state)
{
    struct ledger_folder *folder = *state;
    struct stat status;
    char wal[96];

    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder);
    ledger_folder_commit(folder);
    ledger_folder_kill(folder);
    (void)snprintf(wal, sizeof wal, "%s-wal", folder->path);
    assert_int_equal(stat(wal, &status), 0);
    assert_true(status.st_size > 0);
    assert_int_equal(ledger_folder_reopen(folder), 0);
    assert_int_equal(ledger_next_seq(folder->ledger), 2);
    assert_true(ledger_folder_load(folder, &(struct case_query){.issue_key = "INV-7"}).issue.known);
    assert_int_equal(stat(wal, &status), 0);
    assert_int_equal(status.st_size, 0); // it is in the file now
}

static void damage_is_seen_after_an_unclean_stop(void **state)
{
    struct ledger_folder *folder = *state;
    static char garbage[4096];

    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder);
    ledger_folder_commit(folder);
    assert_int_equal(ledger_folder_reopen(folder), 0); // all is in the file now
    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder);
    ledger_folder_commit(folder);
    ledger_folder_kill(folder);
    memset(garbage, 0xa5, sizeof garbage);
    for (off_t page = 4; page < 24; page++) { // not the first, which says whose it is
        write_at(folder->path, page * 4096, garbage, sizeof garbage);
    }
    assert_int_equal(ledger_folder_reopen(folder), -EIO);
    assert_non_null(strstr(folder->err.message, "restore a backup"));
}

static void damage_breaks_the_ledger(void **state)
{
    struct ledger_folder *folder = *state;
    struct stored_event stored;
    static char garbage[4096];
    int code;

    ledger_folder_begin(folder);
    (void)ledger_folder_event(folder);
    ledger_folder_commit(folder);
    ledger_close(folder->ledger); // a clean stop: nobody looks at the whole file
    folder->ledger = NULL;
    memset(garbage, 0xa5, sizeof garbage);
    for (off_t page = 4; page < 24; page++) {
        write_at(folder->path, page * 4096, garbage, sizeof garbage);
    }
    code = ledger_folder_reopen(folder);
    if (code == 0) {
        code = ledger_find_event(folder->ledger, "/billing", "e1", folder->arena, &stored,
                                 &folder->err);
        assert_true(ledger_broken(folder->ledger));
    }
    assert_int_equal(code, -EIO);
}

static void in_memory_is_a_ledger_too(void **state)
{
    struct ledger *ledger = NULL;
    struct error err;

    (void)state;
    assert_int_equal(ledger_open_memory(&ledger, &err), 0);
    assert_int_equal(ledger_next_seq(ledger), 1);
    assert_true(ledger_free_bytes(ledger) == INT64_MAX);
    ledger_close(ledger);
    ledger_close(NULL);
}

int main(void)
{
#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, ledger_folder_open, ledger_folder_close)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_account_comes_back_whole),
        IN_FOLDER(what_is_not_on_record_is_unknown),
        IN_FOLDER(the_log_stays_short_in_calm_hours),
        IN_FOLDER(sums_the_groups_worth),
        IN_FOLDER(an_issue_brings_its_own_account),
        IN_FOLDER(an_event_is_found_by_source_and_id),
        IN_FOLDER(a_decision_that_tells_nobody_is_with_its_event),
        IN_FOLDER(the_same_source_and_id_goes_in_once),
        IN_FOLDER(no_issue_has_a_third_hop),
        IN_FOLDER(a_rollback_leaves_nothing),
        IN_FOLDER(reading_spans_are_turns_too),
        IN_FOLDER(the_file_is_its_owners_alone),
        IN_FOLDER(the_second_daemon_is_refused),
        IN_FOLDER(a_newer_version_is_refused),
        IN_FOLDER(a_foreign_database_is_left_alone),
        IN_FOLDER(what_is_no_database_is_refused),
        IN_FOLDER(a_wal_left_behind_is_taken_in),
        IN_FOLDER(damage_is_seen_after_an_unclean_stop),
        IN_FOLDER(damage_breaks_the_ledger),
        cmocka_unit_test(in_memory_is_a_ledger_too),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
