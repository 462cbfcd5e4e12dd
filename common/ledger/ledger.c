#include "common/ledger/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/ledger/case_cache.h"
#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"
#include "common/ledger/store.h"

struct ledger {
    struct store store;
    int64_t next_seq;
    char prefix[NOTICE_PREFIX_BYTES]; // of notice ids
    struct case_cache *cases;
    struct notice_cache *fresh;
    int64_t undone; // transactions that were
};

static const char next_seq_sql[] = "SELECT coalesce(max(seq), 0) + 1 FROM events";

static int start(struct ledger *ledger, struct error *err)
{
    int code =
        store_meta(&ledger->store, "notice_prefix", ledger->prefix, sizeof ledger->prefix, err);

    return code < 0 ? code : store_ask(&ledger->store, next_seq_sql, &ledger->next_seq, err);
}

typedef int store_opener(struct store *store, const char *path, struct error *err);

static int open_at(const char *path, store_opener *open, struct ledger **ret, struct error *err)
{
    cleanup_with(ledger_closep) struct ledger *ledger = xcalloc(1, sizeof *ledger);
    int code;

    ledger->store.lock_fd = -1;
    wal_sync_init(&ledger->store.sync);
    ledger->cases = case_cache_create();
    ledger->fresh = notice_cache_create();
    code = open(&ledger->store, path, err);
    if (code == 0) {
        code = start(ledger, err);
    }
    if (code < 0) {
        return code;
    }
    *ret = ledger;
    ledger = NULL;
    return 0;
}

int ledger_open(const char *path, struct ledger **ret, struct error *err)
{
    return open_at(path, store_open_writer, ret, err);
}

int ledger_open_view(const char *path, struct ledger **ret, struct error *err)
{
    return open_at(path, store_open_reader, ret, err);
}

int ledger_open_memory(struct ledger **ret, struct error *err)
{
    return open_at(NULL, store_open_writer, ret, err);
}

int ledger_open_scratch(struct ledger **ret, struct error *err)
{
    return open_at(NULL, store_open_scratch, ret, err);
}

void ledger_close(struct ledger *ledger)
{
    if (ledger) {
        store_close(&ledger->store);
        case_cache_destroy(ledger->cases);
        notice_cache_destroy(ledger->fresh);
        free(ledger);
    }
}

void ledger_closep(struct ledger **ledger)
{
    ledger_close(*ledger);
}

struct store *ledger_store(struct ledger *ledger)
{
    return &ledger->store;
}

struct notice_cache *ledger_fresh(struct ledger *ledger)
{
    return ledger->fresh;
}

struct case_cache *ledger_cases(struct ledger *ledger)
{
    return ledger->cases;
}

// A checkpoint costs two syncs and the pages, each moved once however often it was written. So it
// waits for some, is done while nothing else is to do, and in the middle of work only where the log
// would grow without end. While little is to do a short one is better: what comes meanwhile waits
// for its end, and a log that stays short is written over and over in the same place. A log that
// was once long is written over, too, which takes half of the time that appending to it does.
enum { IDLE_PAGES = 512, BUSY_PAGES = 16384 };

bool ledger_wants_checkpoint(const struct ledger *ledger, bool idle)
{
    return ledger->store.wal_pages >= (idle ? IDLE_PAGES : BUSY_PAGES);
}

int ledger_checkpoint(struct ledger *ledger, bool idle, struct error *err)
{
    int code;

    if (!ledger_wants_checkpoint(ledger, idle)) {
        return 0;
    }
    ledger->store.wal_pages = 0;
    // passive: where a reader is in the way the rest is moved another time
    code = sqlite3_wal_checkpoint_v2(ledger->store.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_FULL
               ? 0
               : store_failed(&ledger->store, code, err);
}

bool ledger_broken(const struct ledger *ledger)
{
    return ledger->store.broken;
}

int64_t ledger_next_seq(const struct ledger *ledger)
{
    return ledger->next_seq;
}

const char *ledger_notice_prefix(const struct ledger *ledger)
{
    return ledger->prefix;
}

int64_t ledger_free_bytes(const struct ledger *ledger)
{
    struct statvfs status;

    if (!ledger->store.path || !ledger->store.path[0] || statvfs(ledger->store.path, &status) < 0) {
        return INT64_MAX;
    }
    return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}

static int run(struct ledger *ledger, enum sql which, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(&ledger->store, which, err);

    return statement ? store_run(&ledger->store, statement, err) : err->code;
}

int ledger_begin(struct ledger *ledger, struct error *err)
{
    case_cache_begin(ledger->cases);
    notice_cache_clear(ledger->fresh);
    return run(ledger, SQL_BEGIN, err);
}

int ledger_begin_read(struct ledger *ledger, struct error *err)
{
    case_cache_begin_read(ledger->cases);
    return run(ledger, SQL_BEGIN_READ, err);
}

void ledger_end_read(struct ledger *ledger)
{
    struct error ignored;

    if (run(ledger, SQL_COMMIT, &ignored) < 0) {
        ledger_rollback(ledger);
    }
}

int ledger_commit(struct ledger *ledger, struct error *err)
{
    // a full disk can undo the whole transaction behind our back: then there is nothing to commit
    if (sqlite3_get_autocommit(ledger->store.db)) {
        return error_set(err, -ENOSPC, "the transaction was undone: the disk is full");
    }
    return run(ledger, SQL_COMMIT, err);
}

void ledger_settle_beside(struct ledger *ledger)
{
    wal_sync_begin(&ledger->store.sync, ledger->store.db);
}

int ledger_settle(struct ledger *ledger, struct error *err)
{
    int code = wal_sync_end(&ledger->store.sync, ledger->store.db);

    if (code < 0) {
        ledger->store.broken = true;
        return error_set(err, code, "the ledger's disk failed in a sync: %s",
                         strerrordesc_np(-code));
    }
    return 0;
}

bool ledger_settled(struct ledger *ledger)
{
    return wal_sync_is_over(&ledger->store.sync);
}

int64_t ledger_undone(const struct ledger *ledger)
{
    return ledger->undone;
}

void ledger_rollback(struct ledger *ledger)
{
    struct error ignored;
    sqlite3_stmt *statement = store_prepare(&ledger->store, SQL_ROLLBACK, &ignored);

    ledger->undone++;
    case_cache_spoil(ledger->cases);
    if (!sqlite3_get_autocommit(ledger->store.db) && statement &&
        store_run(&ledger->store, statement, &ignored) < 0) {
        ledger->store.broken = true;
    }
    // the seqs given out since begin are free again
    if (store_ask(&ledger->store, next_seq_sql, &ledger->next_seq, &ignored) < 0) {
        ledger->store.broken = true;
    }
}

int ledger_find_event(struct ledger *ledger, const char *source, const char *id,
                      struct arena *arena, struct stored_event *ret, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(&ledger->store, SQL_FIND_EVENT, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, source);
    bind_text(statement, 2, id);
    found = store_next(&ledger->store, statement, err);
    if (found > 0) {
        ret->seq = sqlite3_column_int64(statement, 0);
        ret->size = (size_t)sqlite3_column_bytes(statement, 1);
        ret->bytes = arena_copy_bytes(arena, sqlite3_column_blob(statement, 1), ret->size);
        ret->receipt_size = (size_t)sqlite3_column_bytes(statement, 2);
        ret->receipt =
            arena_copy_bytes(arena, sqlite3_column_blob(statement, 2), ret->receipt_size);
        found = store_end(&ledger->store, statement, err) < 0 ? err->code : 1;
    }
    return found;
}

static int load_issue(struct ledger *ledger, const struct case_query *query, struct arena *arena,
                      struct issue *ret, struct error *err)
{
    enum sql which = query->issue_num ? SQL_LOAD_ISSUE_BY_NUM : SQL_LOAD_ISSUE;
    sqlite3_stmt *statement;
    int found;

    if (query->issue_num && case_cache_get_issue(ledger->cases, query->issue_num, ret)) {
        return 0;
    }
    statement = store_prepare(&ledger->store, which, err);
    if (!statement) {
        return err->code;
    }
    if (query->issue_num) {
        bind_int(statement, 1, query->issue_num);
    } else {
        bind_text(statement, 1, query->issue_key);
    }
    found = store_next(&ledger->store, statement, err);
    if (found > 0) {
        row_issue(statement, arena, ret);
        found = store_end(&ledger->store, statement, err);
    }
    return found < 0 ? found : 0;
}

static int load_account(struct ledger *ledger, const char *key, struct arena *arena,
                        struct account *ret, struct error *err)
{
    sqlite3_stmt *statement;
    int found;

    if (case_cache_get_account(ledger->cases, key, ret)) {
        return 0;
    }
    statement = store_prepare(&ledger->store, SQL_LOAD_ACCOUNT, err);
    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, key);
    found = store_next(&ledger->store, statement, err);
    if (found > 0) {
        row_account(statement, arena, ret);
        found = store_end(&ledger->store, statement, err);
        if (found == 0) {
            case_cache_put_account(ledger->cases, ret);
        }
    } else {
        ret->key = arena_copy(arena, key);
    }
    return found < 0 ? found : 0;
}

static int count_issues(struct ledger *ledger, const char *account, struct case_counts *counts,
                        struct error *err)
{
    sqlite3_stmt *statement = store_prepare(&ledger->store, SQL_ACCOUNT_COUNTS, err);
    int more;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, account);
    bind_int(statement, 2, CASE_COUNT_CAP);
    // counted here: a sum over a subquery makes SQLite build a table for each call
    while ((more = store_next(&ledger->store, statement, err)) > 0) {
        int64_t opened_ms = sqlite3_column_int64(statement, 1);

        counts->seen++;
        counts->open += sqlite3_column_int(statement, 0) < ISSUE_RESOLVED;
        if (opened_ms >= counts->since_ms) {
            counts->recent++;
            counts->oldest_ms = opened_ms; // the newest come first
        }
    }
    return more;
}

static int load_counts(struct ledger *ledger, int64_t now_ms, struct case_file *ret,
                       struct error *err)
{
    struct case_counts counts = {.since_ms = now_ms - (int64_t)CASE_RECENT_DAYS * DAY_MS,
                                 .oldest_ms = INT64_MAX};
    int code = 0;

    if (!case_cache_get_counts(ledger->cases, ret->account.key, &counts)) {
        code = count_issues(ledger, ret->account.key, &counts, err);
        if (code == 0) {
            case_cache_put_counts(ledger->cases, ret->account.key, &counts);
        }
    }
    ret->open_issues = counts.open;
    ret->recent_issues = counts.recent;
    return code;
}

static int load_group_value(struct ledger *ledger, struct case_file *ret, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(&ledger->store, SQL_GROUP_VALUE, err);
    int found;

    if (!statement) {
        return err->code;
    }
    bind_text(statement, 1, ret->account.group);
    found = store_next(&ledger->store, statement, err);
    if (found > 0) {
        ret->group_value_minor = sqlite3_column_int64(statement, 0);
        found = store_end(&ledger->store, statement, err);
    }
    return found < 0 ? found : 0;
}

int ledger_load_case(struct ledger *ledger, const struct case_query *query, struct arena *arena,
                     struct case_file *ret, struct error *err)
{
    const char *account = query->account_key;
    int code = 0;

    *ret = (struct case_file){0};
    if (query->issue_key || query->issue_num) {
        code = load_issue(ledger, query, arena, &ret->issue, err);
    }
    account = account ? account : ret->issue.account;
    if (code == 0 && account) {
        code = load_account(ledger, account, arena, &ret->account, err);
    }
    if (code == 0 && account && (query->wants & CASE_COUNTS)) {
        code = load_counts(ledger, query->now_ms, ret, err);
    }
    ret->group_value_minor = ret->account.value_minor;
    if (code == 0 && ret->account.group && (query->wants & CASE_GROUP_VALUE)) {
        code = load_group_value(ledger, ret, err);
    }
    return code;
}

static void bind_issue(sqlite3_stmt *statement, const struct issue *issue)
{
    bind_text(statement, 3, issue->account);
    bind_text(statement, 4, issue->category);
    bind_text(statement, 5, issue->severity);
    bind_text(statement, 6, issue->department);
    bind_text(statement, 7, issue->currency);
    bind_text(statement, 8, issue->summary);
    bind_text(statement, 9, issue->explanation);
    bind_text(statement, 10, issue->contact);
    bind_known(statement, 11, issue->has_amount, issue->amount_minor);
    bind_int(statement, 12, issue->state);
    bind_int(statement, 13, issue->hop);
    bind_int(statement, 14, issue->opened_at_ms);
    bind_int(statement, 15, issue->state_at_ms);
    bind_int(statement, 16, issue->updated_at_ms);
    bind_int(statement, 17, issue->transfers);
    bind_int(statement, 18, issue->reopened);
    bind_int(statement, 19, issue->demands);
    bind_text(statement, 20, issue->owner);
    bind_text(statement, 21, issue->acknowledged_by);
    bind_text(statement, 22, issue->plan);
    bind_text(statement, 23, issue->resolution);
    bind_int(statement, 24, issue->plan_due_ms);
    bind_int(statement, 25, issue->opening_known);
    bind_int(statement, 26, issue->alarm_at_ms);
    bind_int(statement, 27, issue->heads_up_at_ms);
}

int ledger_save_issue(struct ledger *ledger, const struct issue *before, struct issue *issue,
                      struct error *err)
{
    sqlite3_stmt *statement =
        store_prepare(&ledger->store, issue->num ? SQL_SAVE_ISSUE : SQL_ADD_ISSUE, err);
    int code;

    if (!statement) {
        return err->code;
    }
    if (issue->num) {
        bind_int(statement, 1, issue->num);
    } else {
        bind_text(statement, 2, issue->key);
    }
    bind_issue(statement, issue);
    code = store_run(&ledger->store, statement, err);
    if (code == 0 && !issue->num) {
        issue->num = sqlite3_last_insert_rowid(ledger->store.db);
    }
    if (code == 0) {
        case_cache_put_issue(ledger->cases, before, issue);
    }
    return code;
}

int ledger_save_account(struct ledger *ledger, struct account *account, struct error *err)
{
    sqlite3_stmt *statement =
        store_prepare(&ledger->store, account->num ? SQL_SAVE_ACCOUNT : SQL_ADD_ACCOUNT, err);
    int code;

    if (!statement) {
        return err->code;
    }
    if (account->num) {
        bind_int(statement, 1, account->num);
    } else {
        bind_text(statement, 2, account->key);
    }
    bind_text(statement, 3, account->name);
    bind_text(statement, 4, account->tier);
    bind_text(statement, 5, account->group);
    bind_text(statement, 6, account->service);
    bind_text(statement, 7, account->sales);
    bind_text(statement, 8, account->region);
    bind_text(statement, 9, account->currency);
    bind_known(statement, 10, account->has_value, account->value_minor);
    bind_text(statement, 11, account->terms_summary);
    bind_text(statement, 12, account->terms_link);
    bind_text(statement, 13, account->terms_agreed_by);
    bind_int(statement, 14, account->terms_at_ms);
    bind_int(statement, 15, account->kickoff_at_ms);
    case_cache_spoil(ledger->cases);
    code = store_run(&ledger->store, statement, err);
    if (code == 0 && !account->num) {
        account->num = sqlite3_last_insert_rowid(ledger->store.db);
    }
    return code;
}

void ledger_put_unsaid(struct text *unsaid, const struct notice_record *decision)
{
    if (unsaid->size == 0) {
        json_open_array(unsaid, NULL);
    }
    json_open_object(unsaid, NULL);
    json_put_int(unsaid, "role", decision->role);
    json_put_int(unsaid, "kind", decision->kind);
    json_put_int(unsaid, "urgent", decision->urgent);
    json_put_string(unsaid, "rep", decision->rep);
    json_put_string(unsaid, "rule", decision->rule);
    json_put_string(unsaid, "why", decision->why);
    json_close_object(unsaid);
}

int ledger_add_event(struct ledger *ledger, const struct event *event, const char *peer,
                     int64_t issue_num, const struct text *receipt, struct text *unsaid,
                     struct error *err)
{
    sqlite3_stmt *statement = store_prepare(&ledger->store, SQL_ADD_EVENT, err);
    int code;

    if (!statement) {
        return err->code;
    }
    bind_int(statement, 1, ledger->next_seq);
    bind_text(statement, 2, event->source);
    bind_text(statement, 3, event->id);
    bind_text(statement, 4, event_type_name(event->type));
    bind_text(statement, 5, event->subject);
    bind_int(statement, 6, event->time_ms);
    bind_int(statement, 7, event->received_ms);
    bind_text(statement, 8, peer);
    bind_known(statement, 9, issue_num != 0, issue_num);
    bind_blob(statement, 10, event->bytes, event->size);
    bind_blob(statement, 11, receipt->bytes, receipt->size);
    if (unsaid && unsaid->size > 0) {
        json_close_array(unsaid);
        bind_text(statement, 12, text_string(unsaid));
    }
    code = store_run(&ledger->store, statement, err);
    if (code == 0) {
        ledger->next_seq++;
    }
    return code;
}

int ledger_add_notice(struct ledger *ledger, struct notice_record *notice, struct error *err)
{
    sqlite3_stmt *statement = store_prepare(&ledger->store, SQL_ADD_NOTICE, err);
    // whoever asks what is held or kept for a digest asks for what has no lane
    bool has_lane = notice->fate != FATE_HELD && notice->fate != FATE_DIGEST;
    int code;

    if (!statement) {
        return err->code;
    }
    bind_known(statement, 1, notice->event_seq != 0, notice->event_seq);
    bind_known(statement, 2, notice->issue_num != 0, notice->issue_num);
    bind_int(statement, 3, notice->role);
    bind_int(statement, 4, notice->kind);
    bind_int(statement, 5, notice->fate);
    bind_int(statement, 6, notice->urgent);
    bind_text(statement, 7, notice->rep);
    bind_text(statement, 8, has_lane ? notice->lane : NULL);
    bind_text(statement, 9, notice->rule);
    bind_text(statement, 10, notice->why);
    bind_text(statement, 11, notice->words);
    bind_int(statement, 12, notice->created_ms);
    bind_int(statement, 13, notice->due_ms);
    bind_int(statement, 14, notice->done_ms);
    bind_text(statement, 15, notice->quiet);
    bind_int(statement, 16, notice->changes);
    code = store_run(&ledger->store, statement, err);
    if (code == 0) {
        notice->num = sqlite3_last_insert_rowid(ledger->store.db);
        notice_cache_put(ledger->fresh, notice);
    }
    return code;
}
