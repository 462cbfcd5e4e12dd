// No statement of a turn walks through a table or sorts one: what a turn costs does not grow with
// the ledger.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/ledger/sql.h"

static sqlite3 *new_ledger(void)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (int i = 0; i < sql_migration_count; i++) {
        assert_int_equal(sqlite3_exec(db, sql_migrations[i], NULL, NULL, NULL), SQLITE_OK);
    }
    return db;
}

// True where one step of the plan goes through all of a table, or through all notices of a fate, or
// sorts what it found.
static bool is_walk(const char *step)
{
    return (strstr(step, "SCAN ") && !strstr(step, "SCAN (subquery") &&
            !strstr(step, "CONSTANT ROW")) ||
           strstr(step, "INDEX notices_open (fate=?)") ||
           strstr(step, "USE TEMP B-TREE FOR ORDER BY");
}

// What may: it is asked for by a person, once a day, or of a table that stays small.
static const bool walks_allowed[SQL_COUNT] = {
    [SQL_DECISIONS_SINCE] = true, // on trial only
    [SQL_WAITING_NOTICES] = true, // likewise
    [SQL_NEXT_WAITING] = true,    // likewise
    [SQL_DUE_DIGESTS] = true,     // through what is due
    [SQL_DIGEST_ITEMS] = true,    // of one digest
    [SQL_LOAD_BIG] = true,        // of an account's newest ones
    [SQL_RETRY_DEAD] = true,      // an order
    [SQL_REOPEN_LANES] = true,    // likewise
    [SQL_REOPEN_DEAD] = true,     // likewise
    [SQL_PRUNE_SILENCES] = true,  [SQL_EACH_SILENCE] = true, [SQL_EACH_SOURCE] = true,
};

static int count_walks(sqlite3 *db, enum sql which, struct text *words)
{
    struct text sql = {0};
    sqlite3_stmt *plan = NULL;
    int walks = 0;

    text_addf(&sql, "EXPLAIN QUERY PLAN %s", sql_texts[which]);
    assert_int_equal(sqlite3_prepare_v2(db, text_string(&sql), -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);

        if (is_walk(step)) {
            text_addf(words, "%s\n    %s\n", sql_texts[which], step);
            walks++;
        }
    }
    (void)sqlite3_finalize(plan);
    text_finish(&sql);
    return walks;
}

static void no_statement_of_a_turn_walks(void **state)
{
    struct text words = {0};
    sqlite3 *db = new_ledger();
    int walks = 0;

    (void)state;
    for (int i = 0; i < SQL_COUNT; i++) {
        walks += walks_allowed[i] ? 0 : count_walks(db, (enum sql)i, &words);
    }
    if (walks) {
        (void)fputs(text_string(&words), stderr);
        fail_msg("%d steps", walks);
    }
    text_finish(&words);
    (void)sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_statement_of_a_turn_walks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
