#include "tests/support/stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_private.h"
#include "common/ledger/rows.h"
#include "tests/support/small_book.h"

// For what a test cannot go on without.
static void must(int code, const char *what, const char *words)
{
    if (code < 0) {
        (void)fprintf(stderr, "%s: %s (%d)\n", what, words, code);
        abort();
    }
}

void stage_open(struct stage *stage, const char *book, const char *ledger_path)
{
    struct error err = {0};

    *stage = (struct stage){.now_ms = STAGE_START_MS};
    stage->rulebook = small_book(book);
    stage->arena = arena_create();
    must(ledger_path ? ledger_open(ledger_path, &stage->ledger, &err)
                     : ledger_open_memory(&stage->ledger, &err),
         "ledger", err.message);
    stage->desk = desk_create(stage->rulebook, stage->ledger, NULL);
}

void stage_close(struct stage *stage)
{
    desk_destroy(stage->desk);
    ledger_close(stage->ledger);
    rulebook_destroy(stage->rulebook);
    arena_destroy(stage->arena);
    text_finish(&stage->receipt);
    text_finish(&stage->bytes);
    *stage = (struct stage){0};
}

void stage_write(struct stage *stage, const char *type, const char *subject, const char *data)
{
    char time[MOMENT_TEXT_BYTES];

    text_clear(&stage->bytes);
    text_addf(
        &stage->bytes,
        "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/test\",\"type\":\"headsup.%s\","
        "\"time\":\"%s\",",
        ++stage->events, type, moment_format(stage->now_ms - stage->late_ms, time));
    if (subject) {
        text_addf(&stage->bytes, "\"subject\":\"%s\",", subject);
    }
    text_addf(&stage->bytes, "\"data\":{%s}}", data ? data : "");
}

int stage_handle(struct stage *stage, struct error *err)
{
    const struct event_slice slice = {stage->bytes.bytes, stage->bytes.size};

    text_clear(&stage->receipt);
    return desk_handle(stage->desk, &slice, "uid:1000", stage->now_ms, &stage->receipt, err);
}

const char *stage_publish(struct stage *stage, const char *type, const char *subject,
                          const char *data)
{
    struct error err = {0};

    stage_write(stage, type, subject, data);
    must(ledger_begin(stage->ledger, &err), "begin", err.message);
    must(stage_handle(stage, &err), "handle", err.message);
    must(ledger_commit(stage->ledger, &err), "commit", err.message);
    return text_string(&stage->receipt);
}

json_t *stage_receipt(struct stage *stage, const char *type, const char *subject, const char *data)
{
    json_error_t error;
    const char *words = stage_publish(stage, type, subject, data);
    json_t *receipt = json_loads(words, JSON_REJECT_DUPLICATES, &error);

    must(receipt ? 0 : -1, words, error.text);
    return receipt;
}

static sqlite3_stmt *prepare(struct stage *stage, const char *sql)
{
    sqlite3 *db = ledger_store(stage->ledger)->db;
    sqlite3_stmt *statement;

    must(-sqlite3_prepare_v2(db, sql, -1, &statement, NULL), sql, sqlite3_errmsg(db));
    return statement;
}

int stage_ring(struct stage *stage, json_t **ret_receipt)
{
    struct error err = {0};
    sqlite3_stmt *statement;
    int count;

    must(ledger_begin(stage->ledger, &err), "begin", err.message);
    count = desk_ring(stage->desk, stage->now_ms, &err);
    must(count, "ring", err.message);
    must(ledger_commit(stage->ledger, &err), "commit", err.message);
    if (count) {
        statement = prepare(stage, "SELECT receipt FROM events ORDER BY seq DESC LIMIT 1");
        must(sqlite3_step(statement) == SQLITE_ROW ? 0 : -1, "receipt", "no row");
        *ret_receipt = json_loadb(sqlite3_column_blob(statement, 0),
                                  (size_t)sqlite3_column_bytes(statement, 0), 0, NULL);
        (void)sqlite3_finalize(statement);
    }
    return count;
}

size_t stage_notices(struct stage *stage, const char *where, struct notice_record *ret, size_t most)
{
    char sql[4096];
    size_t count = 0;
    sqlite3_stmt *statement;

    (void)snprintf(sql, sizeof sql,
                   "SELECT " NOTICE_COLUMNS " FROM " DECISIONS
                   " n LEFT JOIN events e ON e.seq = n.event"
                   " WHERE %s ORDER BY n.event, n.role DESC, n.num",
                   where);
    statement = prepare(stage, sql);
    while (count < most && sqlite3_step(statement) == SQLITE_ROW) {
        row_notice(statement, stage->arena, &ret[count++]);
    }
    (void)sqlite3_finalize(statement);
    return count;
}

int64_t stage_number(struct stage *stage, const char *sql)
{
    sqlite3_stmt *statement = prepare(stage, sql);
    int64_t number;

    must(sqlite3_step(statement) == SQLITE_ROW ? 0 : -1, sql, "no row");
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

struct case_file stage_case(struct stage *stage, const char *issue_key)
{
    struct case_query query = {
        .issue_key = issue_key, .wants = CASE_COUNTS | CASE_GROUP_VALUE, .now_ms = stage->now_ms};
    struct case_file file;
    struct error err = {0};

    must(ledger_load_case(stage->ledger, &query, stage->arena, &file, &err), "case", err.message);
    return file;
}
