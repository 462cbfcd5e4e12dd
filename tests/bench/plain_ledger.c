// The plain pipeline's SQLite: four rows an event, and the mark of its delivery.
#include "tests/bench/plain.h"

#include <err.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

enum {
    ADD_EVENT,
    ADD_ISSUE,
    FIND_ISSUE,
    ADD_DECISION,
    ADD_NOTICE,
    MARK,
    BEGIN,
    COMMIT,
    STATEMENT_COUNT
};

struct plain_ledger {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int64_t last; // number of an event, its decision and its notice
    int64_t now_ms;
};

// The ids are whole numbers in order, those of the publisher in one index: with text for keys it is
// slower by a third.
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS events (num INTEGER PRIMARY KEY, source TEXT NOT NULL,"
    " id TEXT NOT NULL, type TEXT NOT NULL, received_ms INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " UNIQUE (source, id)) STRICT;"
    "CREATE TABLE IF NOT EXISTS issues (num INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " account TEXT NOT NULL, category TEXT, summary TEXT, severity TEXT, amount INTEGER,"
    " currency TEXT, department TEXT, contact TEXT, opened_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS decisions (num INTEGER PRIMARY KEY, issue INTEGER NOT NULL,"
    " lane INTEGER NOT NULL, why TEXT NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS notices (num INTEGER PRIMARY KEY, lane INTEGER NOT NULL,"
    " fate INTEGER NOT NULL, changed_ms INTEGER NOT NULL, headline TEXT NOT NULL,"
    " text TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS notices_waiting ON notices (lane) WHERE fate = 0";

static const char *const texts[STATEMENT_COUNT] = {
    [ADD_EVENT] = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                  " ON CONFLICT (source, id) DO NOTHING",
    [ADD_ISSUE] = "INSERT INTO issues VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)"
                  " ON CONFLICT (key) DO UPDATE SET category = ?4, summary = ?5, severity = ?6,"
                  " amount = ?7, currency = ?8, department = ?9, contact = ?10, updated_ms = ?11",
    [FIND_ISSUE] = "SELECT num FROM issues WHERE key = ?1",
    [ADD_DECISION] = "INSERT INTO decisions VALUES (?1, ?2, ?3, ?4)",
    [ADD_NOTICE] = "INSERT INTO notices VALUES (?1, ?2, 0, ?3, ?4, ?5)",
    [MARK] = "UPDATE notices SET fate = ?2, changed_ms = ?3 WHERE num = ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

static void check(struct plain_ledger *ledger, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        errx(1, "sqlite: %s", sqlite3_errmsg(ledger->database));
    }
}

// As the daemon has them, but for what moves the log into the file: it does so in quiet moments,
// this by the log's size alone. A larger log makes 99 of 100 slower, for then more is moved at
// once; a smaller one makes all slower.
static const char settings[] =
    "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 134217728;"
    "PRAGMA cache_size = -8192";

struct plain_ledger *plain_ledger_open(const char *path)
{
    struct plain_ledger *ledger = calloc(1, sizeof *ledger);
    sqlite3_stmt *last;

    if (ledger == NULL) {
        err(1, "calloc");
    }
    check(ledger, sqlite3_config(SQLITE_CONFIG_SINGLETHREAD));
    check(ledger, sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
    check(ledger, sqlite3_open(path, &ledger->database));
    check(ledger, sqlite3_exec(ledger->database, settings, NULL, NULL, NULL));
    check(ledger, sqlite3_exec(ledger->database, schema, NULL, NULL, NULL));
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        check(ledger, sqlite3_prepare_v3(ledger->database, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                         &ledger->statements[i], NULL));
    }
    check(ledger,
          sqlite3_prepare_v2(ledger->database, "SELECT max(num) FROM events", -1, &last, NULL));
    check(ledger, sqlite3_step(last));
    ledger->last = sqlite3_column_int64(last, 0);
    check(ledger, sqlite3_finalize(last));
    return ledger;
}

static void run(struct plain_ledger *ledger, int statement)
{
    check(ledger, sqlite3_step(ledger->statements[statement]));
    check(ledger, sqlite3_reset(ledger->statements[statement]));
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void plain_ledger_begin(struct plain_ledger *ledger)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    ledger->now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    run(ledger, BEGIN);
}

void plain_ledger_commit(struct plain_ledger *ledger)
{
    run(ledger, COMMIT);
}

static int add_event(struct plain_ledger *ledger, int64_t number, const struct plain_event *event)
{
    sqlite3_stmt *add = ledger->statements[ADD_EVENT];

    (void)sqlite3_bind_int64(add, 1, number);
    bind_text(add, 2, event->members[PLAIN_SOURCE]);
    bind_text(add, 3, event->members[PLAIN_ID]);
    bind_text(add, 4, event->members[PLAIN_TYPE]);
    (void)sqlite3_bind_int64(add, 5, ledger->now_ms);
    (void)sqlite3_bind_blob(add, 6, event->bytes, (int)event->size, SQLITE_STATIC);
    run(ledger, ADD_EVENT);
    return sqlite3_changes(ledger->database);
}

// The issue's number: this one's where its key is new.
static int64_t upsert_issue(struct plain_ledger *ledger, int64_t number,
                            const struct plain_event *event)
{
    sqlite3_stmt *add = ledger->statements[ADD_ISSUE], *find = ledger->statements[FIND_ISSUE];

    (void)sqlite3_bind_int64(add, 1, number);
    bind_text(add, 2, event->members[PLAIN_SUBJECT]);
    bind_text(add, 3, event->members[PLAIN_ACCOUNT]);
    bind_text(add, 4, event->members[PLAIN_CATEGORY]);
    bind_text(add, 5, event->members[PLAIN_SUMMARY]);
    bind_text(add, 6, event->members[PLAIN_SEVERITY]);
    (void)sqlite3_bind_int64(add, 7, event->amount);
    bind_text(add, 8, event->members[PLAIN_CURRENCY]);
    bind_text(add, 9, event->members[PLAIN_DEPARTMENT]);
    bind_text(add, 10, event->members[PLAIN_CONTACT]);
    (void)sqlite3_bind_int64(add, 11, ledger->now_ms);
    sqlite3_set_last_insert_rowid(ledger->database, 0);
    run(ledger, ADD_ISSUE);
    if (sqlite3_last_insert_rowid(ledger->database) == number) {
        return number;
    }
    bind_text(find, 1, event->members[PLAIN_SUBJECT]);
    check(ledger, sqlite3_step(find));
    number = sqlite3_column_int64(find, 0);
    check(ledger, sqlite3_reset(find));
    return number;
}

int64_t plain_ledger_add(struct plain_ledger *ledger, const struct plain_event *event)
{
    sqlite3_stmt *decide = ledger->statements[ADD_DECISION];
    sqlite3_stmt *notice = ledger->statements[ADD_NOTICE];
    int64_t number = ledger->last + 1;

    if (add_event(ledger, number, event) == 0) {
        return 0;
    }
    ledger->last = number;
    (void)sqlite3_bind_int64(decide, 1, number);
    (void)sqlite3_bind_int64(decide, 2, upsert_issue(ledger, number, event));
    (void)sqlite3_bind_int(decide, 3, event->lane);
    bind_text(decide, 4, event->why);
    run(ledger, ADD_DECISION);
    (void)sqlite3_bind_int64(notice, 1, number);
    (void)sqlite3_bind_int(notice, 2, event->lane);
    (void)sqlite3_bind_int64(notice, 3, ledger->now_ms);
    bind_text(notice, 4, event->headline);
    bind_text(notice, 5, event->text);
    run(ledger, ADD_NOTICE);
    return number;
}

void plain_ledger_mark(struct plain_ledger *ledger, const struct plain_outcome *outcome)
{
    sqlite3_stmt *mark = ledger->statements[MARK];

    (void)sqlite3_bind_int64(mark, 1, outcome->notice);
    (void)sqlite3_bind_int(mark, 2, outcome->delivered ? 1 : 2);
    (void)sqlite3_bind_int64(mark, 3, ledger->now_ms);
    run(ledger, MARK);
}
