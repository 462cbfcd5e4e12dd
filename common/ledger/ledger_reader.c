#include "common/ledger/ledger_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/xalloc.h"
#include "common/ledger/rows.h"
#include "common/ledger/store.h"

struct ledger_reader {
    struct store store;
    char prefix[NOTICE_PREFIX_BYTES];
};

int ledger_reader_open(const char *path, struct ledger_reader **ret, struct error *err)
{
    cleanup_with(ledger_reader_closep) struct ledger_reader *reader = xcalloc(1, sizeof *reader);
    struct stat status;
    int code;

    reader->store.lock_fd = -1;
    if (stat(path, &status) < 0) {
        return error_set(err, -errno, "%s: %s (headsupd makes it when it first starts)", path,
                         strerrordesc_np(errno));
    }
    code = store_open_reader(&reader->store, path, err);
    if (code == 0) {
        code =
            store_meta(&reader->store, "notice_prefix", reader->prefix, sizeof reader->prefix, err);
    }
    if (code < 0) {
        return code;
    }
    *ret = reader;
    reader = NULL;
    return 0;
}

void ledger_reader_close(struct ledger_reader *reader)
{
    if (reader) {
        store_close(&reader->store);
        free(reader);
    }
}

void ledger_reader_closep(struct ledger_reader **reader)
{
    ledger_reader_close(*reader);
}

const char *ledger_reader_prefix(const struct ledger_reader *reader)
{
    return reader->prefix;
}

// A query of the reader's own, prepared for one walk.
static int prepare(struct ledger_reader *reader, const char *sql, sqlite3_stmt **ret,
                   struct error *err)
{
    int code = sqlite3_prepare_v2(reader->store.db, sql, -1, ret, NULL);

    return code == SQLITE_OK ? 0 : store_failed(&reader->store, code, err);
}

static void finalizep(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

// Which value a row becomes, and whom it is given to.
struct walk {
    on_issue *issue;
    on_account *account;
    on_notice *notice;
    on_event_record *event;
    void *user;
};

static int give(const struct walk *walk, sqlite3_stmt *row)
{
    struct issue issue;
    struct account account;
    struct notice_record notice;
    struct event_record event;

    if (walk->issue) {
        row_issue(row, NULL, &issue);
        return walk->issue(walk->user, &issue);
    }
    if (walk->account) {
        row_account(row, NULL, &account);
        return walk->account(walk->user, &account);
    }
    if (walk->notice) {
        row_notice(row, NULL, &notice);
        return walk->notice(walk->user, &notice);
    }
    row_event(row, &event);
    return walk->event(walk->user, &event);
}

// Returns 0, what a callback ended with, or a negative errno.
static int each_row(struct ledger_reader *reader, sqlite3_stmt *statement, const struct walk *walk,
                    struct error *err)
{
    int more, code;

    while ((more = store_next(&reader->store, statement, err)) > 0) {
        code = give(walk, statement);
        if (code != 0) {
            return code;
        }
    }
    return more;
}

// The same for those that promise how many there were.
static int count_rows(struct ledger_reader *reader, sqlite3_stmt *statement,
                      const struct walk *walk, struct error *err)
{
    int count = 0, more, code;

    while ((more = store_next(&reader->store, statement, err)) > 0) {
        code = give(walk, statement);
        if (code != 0) {
            return code;
        }
        count++;
    }
    return more < 0 ? more : count;
}

int ledger_each_issue(struct ledger_reader *reader, const char *account, bool open_only, int limit,
                      on_issue *callback, void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader,
                       "SELECT " ISSUE_COLUMNS " FROM issues i"
                       " WHERE (?1 IS NULL OR i.account = ?1) AND (?2 = 0 OR i.state < 3)"
                       " ORDER BY i.opened_at_ms DESC, i.num DESC LIMIT ?3",
                       &statement, err);

    if (code < 0) {
        return code;
    }
    bind_text(statement, 1, account);
    bind_int(statement, 2, open_only);
    bind_int(statement, 3, limit > 0 ? limit : -1);
    return each_row(reader, statement, &(struct walk){.issue = callback, .user = user}, err);
}

int ledger_each_account(struct ledger_reader *reader, on_account *callback, void *user,
                        struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, "SELECT " ACCOUNT_COLUMNS " FROM accounts a ORDER BY a.key",
                       &statement, err);

    if (code < 0) {
        return code;
    }
    return each_row(reader, statement, &(struct walk){.account = callback, .user = user}, err);
}

// Of notices, or of all decisions.
#define WITH_ALL(table)                                                                            \
    "SELECT " NOTICE_COLUMNS ", i.key, i.account FROM " table " n"                                 \
    " LEFT JOIN events e ON e.seq = n.event LEFT JOIN issues i ON i.num = n.issue "

int ledger_each_notice(struct ledger_reader *reader, const struct notice_filter *filter,
                       on_notice *callback, void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    bool story = filter->issue_key || filter->event_seq;
    bool all = filter->with_unsent || filter->fate == FATE_UNSENT;
    const char *order = story ? "ASC" : "DESC";
    char sql[4096];
    int code;

    // one text for each shape, so that the right index serves
    (void)snprintf(sql, sizeof sql,
                   WITH_ALL("%s") "WHERE (?1 IS NULL OR n.rep = ?1) AND (?2 IS NULL OR n.lane = ?2)"
                                  " AND %s AND %s AND %s ORDER BY %s%s%s n.num %s LIMIT ?5",
                   all ? DECISIONS : "notices",
                   filter->issue_key ? "n.event IN (SELECT x.seq FROM events x JOIN issues y"
                                       " ON y.num = x.issue WHERE y.key = ?3)"
                                     : "?3 IS NULL",
                   filter->event_seq ? "n.event = ?4" : "?4 = 0",
                   filter->fate == FATE_DEAD      ? IS_OPEN " AND n.fate = 2"
                   : filter->fate == FATE_WAITING ? IS_OPEN " AND n.fate = 0"
                   : filter->fate == FATE_HELD    ? IS_OPEN " AND n.fate = 6"
                   : filter->fate >= 0            ? "n.fate = ?6"
                   : filter->with_unsent          ? "?6 < 0"
                                                  : "n.fate <> 4",
                   all ? "n.event " : "", all ? order : "", all ? ", n.role DESC," : "", order);
    code = prepare(reader, sql, &statement, err);
    if (code < 0) {
        return code;
    }
    bind_text(statement, 1, filter->rep);
    bind_text(statement, 2, filter->lane);
    bind_text(statement, 3, filter->issue_key);
    bind_int(statement, 4, filter->event_seq);
    bind_int(statement, 5, filter->limit > 0 ? filter->limit : -1);
    bind_int(statement, 6, filter->fate);
    return each_row(reader, statement, &(struct walk){.notice = callback, .user = user}, err);
}

int ledger_each_issue_event(struct ledger_reader *reader, const char *issue_key,
                            on_event_record *callback, void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader,
                       "SELECT " EVENT_COLUMNS " FROM events e JOIN issues i ON i.num = e.issue"
                       " WHERE i.key = ?1 AND e.issue IS NOT NULL ORDER BY e.seq",
                       &statement, err);

    if (code < 0) {
        return code;
    }
    bind_text(statement, 1, issue_key);
    return each_row(reader, statement, &(struct walk){.event = callback, .user = user}, err);
}

int ledger_get_issue(struct ledger_reader *reader, const char *key, on_issue *callback, void *user,
                     struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code =
        prepare(reader, "SELECT " ISSUE_COLUMNS " FROM issues i WHERE i.key = ?1", &statement, err);

    if (code < 0) {
        return code;
    }
    bind_text(statement, 1, key);
    return count_rows(reader, statement, &(struct walk){.issue = callback, .user = user}, err);
}

int ledger_get_account(struct ledger_reader *reader, const char *key, on_account *callback,
                       void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, "SELECT " ACCOUNT_COLUMNS " FROM accounts a WHERE a.key = ?1",
                       &statement, err);

    if (code < 0) {
        return code;
    }
    bind_text(statement, 1, key);
    return count_rows(reader, statement, &(struct walk){.account = callback, .user = user}, err);
}

int ledger_get_notice(struct ledger_reader *reader, int64_t num, on_notice *callback, void *user,
                      struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, WITH_ALL("notices") "WHERE n.num = ?1", &statement, err);

    if (code < 0) {
        return code;
    }
    bind_int(statement, 1, num);
    return count_rows(reader, statement, &(struct walk){.notice = callback, .user = user}, err);
}

int ledger_get_events(struct ledger_reader *reader, const char *source, const char *id,
                      on_event_record *callback, void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int64_t seq = source ? 0 : notice_id_num(id);
    int code = prepare(reader,
                       source ? "SELECT " EVENT_COLUMNS " FROM events e"
                                " WHERE e.source = ?1 AND e.id = ?2 AND ?3 = 0"
                              : "SELECT " EVENT_COLUMNS " FROM events e"
                                " WHERE (e.id = ?2 AND ?1 IS NULL) OR e.seq = ?3 ORDER BY e.seq",
                       &statement, err);

    if (code < 0) {
        return code;
    }
    bind_text(statement, 1, source);
    bind_text(statement, 2, id);
    bind_int(statement, 3, seq);
    return count_rows(reader, statement, &(struct walk){.event = callback, .user = user}, err);
}

// An issue's rows are looked up for each event before the moment: that costs less than a list of
// all of them, and no memory.
static const char past_sql[] =
    "SELECT " EVENT_COLUMNS " FROM events e WHERE e.seq > ?1 AND e.seq <= ?2"
    " AND (e.received_ms >= ?3 OR e.type LIKE 'account.%' OR e.type LIKE 'silence.%'"
    " OR EXISTS (SELECT 1 FROM issues i WHERE i.num = e.issue"
    " AND (i.state < 3 OR i.opened_at_ms >= ?4))"
    " OR EXISTS (SELECT 1 FROM events x WHERE x.issue = e.issue AND x.received_ms >= ?3))"
    " ORDER BY e.seq LIMIT ?5";

enum { PAST_PAGE = 1024 };

struct past_walk {
    on_event_record *callback;
    void *user;
    int64_t seq; // of the last one given
    int count;   // in the page
};

static int give_past(void *user, const struct event_record *event)
{
    struct past_walk *past = user;

    past->seq = event->seq;
    past->count++;
    return past->callback(past->user, event);
}

int ledger_each_past_event(struct ledger_reader *reader, const struct past_query *query,
                           on_event_record *callback, void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    struct past_walk past = {.callback = callback, .user = user, .count = PAST_PAGE};
    int code = prepare(reader, past_sql, &statement, err);

    while (code == 0 && past.count == PAST_PAGE) {
        bind_int(statement, 1, past.seq);
        bind_int(statement, 2, query->until_seq);
        bind_int(statement, 3, query->since_ms);
        bind_int(statement, 4, query->opened_ms);
        bind_int(statement, 5, PAST_PAGE);
        past.count = 0;
        code = each_row(reader, statement, &(struct walk){.event = give_past, .user = &past}, err);
        (void)sqlite3_reset(statement);
    }
    return code;
}

int ledger_last_seq(struct ledger_reader *reader, int64_t *ret, struct error *err)
{
    return store_ask(&reader->store, "SELECT coalesce(max(seq), 0) FROM events", ret, err);
}

int ledger_count_dead(struct ledger_reader *reader, const struct dead_filter *filter, int64_t *ret,
                      struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, "SELECT count(*) FROM notices WHERE " IS_OPEN " AND " DEAD_MEANT,
                       &statement, err);

    if (code < 0) {
        return code;
    }
    bind_dead_filter(statement, filter);
    code = store_next(&reader->store, statement, err);
    *ret = code > 0 ? sqlite3_column_int64(statement, 0) : 0;
    return code < 0 ? code : 0;
}

// Each accepted event once, by the best fate among what was decided about it: delivered before
// waiting (or held) before dead before digest before nobody; what another notice carried has that
// one's fate, and that of the digest which carried that one. An event without a decision is
// unexplained.
static const char balance_sql[] =
    "WITH best AS (SELECT max(CASE coalesce(dd.fate, d.fate, n.fate) WHEN 1 THEN 5 WHEN 0 THEN 4 "
    "WHEN 6 "
    "THEN 4 WHEN 2 THEN 3 WHEN 3 THEN 2"
    " WHEN 4 THEN 1 WHEN 5 THEN 1 ELSE e.unsaid IS NOT NULL END) AS fate"
    " FROM events e LEFT JOIN notices n"
    " ON n.event = e.seq LEFT JOIN notices d ON d.num = n.carrier"
    " LEFT JOIN notices dd ON dd.num = d.carrier GROUP BY e.seq)"
    " SELECT count(*), coalesce(sum(fate = 5), 0), coalesce(sum(fate = 4), 0),"
    " coalesce(sum(fate = 3), 0), coalesce(sum(fate = 2), 0), coalesce(sum(fate = 1), 0),"
    " coalesce(sum(fate = 0), 0) FROM best";

static int balance(struct ledger_reader *reader, struct ledger_summary *ret, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int64_t *const sums[] = {&ret->events, &ret->told,   &ret->waiting,    &ret->dead,
                             &ret->digest, &ret->nobody, &ret->unexplained};
    int code = prepare(reader, balance_sql, &statement, err);

    if (code == 0) {
        code = store_next(&reader->store, statement, err);
    }
    for (int i = 0; code > 0 && i < 7; i++) {
        *sums[i] = sqlite3_column_int64(statement, i);
    }
    return code < 0 ? code : 0;
}

static int count_fates(struct ledger_reader *reader, struct ledger_summary *ret, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code =
        prepare(reader,
                "SELECT fate, count(*) FROM notices GROUP BY fate UNION ALL"
                " SELECT 4, sum(json_array_length(unsaid)) FROM events WHERE unsaid IS NOT NULL",
                &statement, err);

    while (code == 0 && (code = store_next(&reader->store, statement, err)) > 0) {
        int fate = sqlite3_column_int(statement, 0);

        if (fate >= 0 && fate < FATE_COUNT) {
            ret->notices[fate] += sqlite3_column_int64(statement, 1);
        }
        code = 0;
    }
    return code;
}

int ledger_summarize(struct ledger_reader *reader, struct ledger_summary *ret, struct error *err)
{
    const struct {
        const char *sql;
        int64_t *to;
    } numbers[] = {
        {"SELECT count(*) FROM issues", &ret->issues},
        {"SELECT count(*) FROM issues WHERE state < 3", &ret->open_issues},
        {"SELECT count(*) FROM accounts", &ret->accounts},
        {"SELECT coalesce(min(created_ms), 0) FROM notices WHERE " IS_OPEN " AND fate = 0",
         &ret->oldest_waiting_ms},
        {"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
         &ret->size_bytes},
    };
    int code;

    *ret = (struct ledger_summary){0};
    // one snapshot for all of it, so that the sums belong together
    code = store_execute(&reader->store, "BEGIN", err);
    if (code == 0) {
        code = balance(reader, ret, err);
    }
    if (code == 0) {
        code = count_fates(reader, ret, err);
    }
    for (size_t i = 0; code == 0 && i < sizeof numbers / sizeof numbers[0]; i++) {
        code = store_ask(&reader->store, numbers[i].sql, numbers[i].to, err);
    }
    if (code == 0) {
        return store_execute(&reader->store, "COMMIT", err);
    }
    // whatever failed stays what is told
    (void)sqlite3_exec(reader->store.db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

// The counts come from the small index alone, but for one look at the oldest notice of each
// lane: the first that was made is the one with the least number.
static const char lanes_sql[] =
    "WITH counts AS (SELECT lane, sum(waiting) AS waiting, sum(dead) AS dead,"
    " max(due_ms) AS due_ms, max(oldest) AS oldest FROM ("
    " SELECT lane, count(*) AS waiting, 0 AS dead, min(due_ms) AS due_ms, min(num) AS oldest"
    "  FROM notices WHERE " IS_OPEN " AND fate = 0 GROUP BY lane UNION ALL"
    " SELECT lane, 0, count(*), 0, 0 FROM notices WHERE " IS_OPEN
    " AND fate = 2 GROUP BY lane) GROUP BY lane),"
    " names AS (SELECT lane FROM counts UNION SELECT lane FROM lanes)"
    " SELECT names.lane, coalesce(l.state, 0), l.why, coalesce(l.since_ms, 0), l.paused_by,"
    " coalesce(l.answered_ms, 0), coalesce(l.status, 0), l.answer,"
    " coalesce(c.waiting, 0), coalesce(c.dead, 0), coalesce(c.due_ms, 0),"
    " coalesce((SELECT n.created_ms FROM notices n WHERE n.num = c.oldest), 0) FROM names"
    " LEFT JOIN lanes l ON l.lane = names.lane LEFT JOIN counts c ON c.lane = names.lane"
    " WHERE names.lane IS NOT NULL ORDER BY names.lane";

int ledger_each_lane(struct ledger_reader *reader, on_lane *callback, void *user, struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, lanes_sql, &statement, err);

    while (code == 0 && (code = store_next(&reader->store, statement, err)) > 0) {
        struct lane_record lane;

        row_lane(statement, NULL, &lane);
        lane.next_due_ms = sqlite3_column_int64(statement, 10);
        lane.oldest_ms = sqlite3_column_int64(statement, 11);
        code = callback(user, &lane, sqlite3_column_int64(statement, 8),
                        sqlite3_column_int64(statement, 9));
    }
    return code;
}

int ledger_each_silence(struct ledger_reader *reader, on_silence *callback, void *user,
                        struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, sql_texts[SQL_EACH_SILENCE], &statement, err);

    while (code == 0 && (code = store_next(&reader->store, statement, err)) > 0) {
        struct silence_record silence;

        row_silence(statement, &silence);
        code = callback(user, &silence);
    }
    return code;
}

int ledger_each_source(struct ledger_reader *reader, on_source *callback, void *user,
                       struct error *err)
{
    cleanup_with(finalizep) sqlite3_stmt *statement = NULL;
    int code = prepare(reader, sql_texts[SQL_EACH_SOURCE], &statement, err);

    while (code == 0 && (code = store_next(&reader->store, statement, err)) > 0) {
        struct source_record source;

        row_source(statement, &source);
        code = callback(user, &source);
    }
    return code;
}
