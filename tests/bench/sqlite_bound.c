// The bound: the rows that the daemon adds for one event (event, issue, notice) and the mark of one
// delivery, by a bare loop over SQLite with the ledger's own tables and settings, so many
// events a commit. Nothing that keeps them in SQLite can be faster.
//   sqlite_bound FILE EVENTS BATCH         prints events a second
#include "common/ledger/sql.h"
#include "tests/bench/board.h"

#include <err.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { ADD_EVENT, ADD_ISSUE, ADD_NOTICE, MARK, BEGIN, COMMIT, STATEMENT_COUNT };

static const char *const texts[STATEMENT_COUNT] = {
    [ADD_EVENT] = "INSERT INTO events (seq, source, id, type, subject, time_ms, received_ms, peer,"
                  " issue, bytes, receipt, unsaid) VALUES (?1, '/bench/load', 'load-' || ?1,"
                  " 'issue.opened', 'load-' || ?1, 1772619072000, 1772619072000, 'uid 0',"
                  " ?1, zeroblob(410), zeroblob(280), '[{\"role\":0,\"kind\":1,\"urgent\":0,"
                  "\"rep\":\"pat\",\"rule\":\"every one\",\"why\":\"event = issue.opened"
                  " (issue.opened)\"}]')",
    [ADD_ISSUE] =
        "INSERT INTO issues (num, key, account, category, severity, department, currency, summary,"
        " contact, amount, state, hop, opened_at_ms, state_at_ms, updated_at_ms, transfers,"
        " reopened, demands, owner, plan_due_ms, opening_known, heads_up_at_ms) VALUES (?1, "
        "'load-' || ?1,"
        " 'account-' || (?1 % 8), 'billing', 'major', 'billing', 'USD', 'The customer was charged"
        " twice for the same delivery and has called about it three times since', 'Robin', 1000050,"
        " 0, 0, 1772619072000, 1772619072000, 1772619072000, 0, 0, 0, 'pat', 0, 1,"
        " 1772619072000)",
    [ADD_NOTICE] =
        "INSERT INTO notices (num, event, issue, role, kind, fate, urgent, rep, lane, rule, why,"
        " created_ms, due_ms, done_ms, attempts, status) VALUES (?1, ?1, ?1, 1, 0, 0, 0,"
        " 'sales-' || (?1 % 8), 'sales-' || (?1 % 8), 'every one', 'event = issue.opened ("
        "issue.opened)', 1772619072000, 1772619072000, 0, 0, 0)",
    [MARK] = "UPDATE notices SET fate = 1, done_ms = 1772619072001, attempts = 1, status = 200,"
             " answer = 'ok', headline = 'Account 0: The customer was charged twice for the same"
             " delivery and has called about it three times since', body = hex(zeroblob(125))"
             " WHERE num = ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
};

static void check(sqlite3 *database, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        errx(1, "sqlite: %s", sqlite3_errmsg(database));
    }
}

static sqlite3 *open_ledger(const char *path)
{
    sqlite3 *database = NULL;

    // as common/ledger/store.c has it, but that each commit waits for its sync
    check(database, sqlite3_config(SQLITE_CONFIG_SINGLETHREAD));
    check(database, sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
    check(database, sqlite3_open(path, &database));
    check(database, sqlite3_exec(database,
                                 "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384;"
                                 "PRAGMA journal_size_limit = 67108864;"
                                 "PRAGMA cache_size = -8192; PRAGMA foreign_keys = ON",
                                 NULL, NULL, NULL));
    for (int i = 0; i < sql_migration_count; i++) {
        check(database, sqlite3_exec(database, sql_migrations[i], NULL, NULL, NULL));
    }
    return database;
}

static void run(sqlite3 *database, sqlite3_stmt *statement, sqlite3_int64 number)
{
    if (sqlite3_bind_parameter_count(statement)) {
        check(database, sqlite3_bind_int64(statement, 1, number));
    }
    check(database, sqlite3_step(statement));
    check(database, sqlite3_reset(statement));
}

static void add_events(sqlite3 *database, sqlite3_stmt **statements, long events, long batch)
{
    for (long done = 0; done < events;) {
        long first = done + 1;

        run(database, statements[BEGIN], 0);
        for (long i = 0; i < batch && done < events; i++) {
            done++;
            // the issue first: the event's row points at it
            run(database, statements[ADD_ISSUE], done);
            run(database, statements[ADD_EVENT], done);
            run(database, statements[ADD_NOTICE], done);
        }
        // the turn marks what the one before it sent
        for (long number = first - batch; number < first; number++) {
            if (number > 0) {
                run(database, statements[MARK], number);
            }
        }
        run(database, statements[COMMIT], 0);
    }
}

int main(int count, char **arguments)
{
    sqlite3_stmt *statements[STATEMENT_COUNT] = {0};
    sqlite3 *database;
    long events, batch;
    int64_t begun;

    if (count != 4) {
        errx(2, "usage: sqlite_bound FILE EVENTS BATCH");
    }
    events = strtol(arguments[2], NULL, 10);
    batch = strtol(arguments[3], NULL, 10);
    database = open_ledger(arguments[1]);
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        check(database, sqlite3_prepare_v2(database, texts[i], -1, &statements[i], NULL));
    }
    begun = board_now_ns();
    add_events(database, statements, events, batch);
    printf("%.0f\n", (double)events * 1e9 / (double)(board_now_ns() - begun));
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(statements[i]);
    }
    sqlite3_close(database);
    return 0;
}
