// The log's pages reach the file in few pieces, and all of them before anybody else can know of the
// commit: on a disk that counts its calls, fills up, and loses its power.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/ledger/wal_gather.h"
#include "tests/support/crash_disk.h"

enum { ROW_BYTES = 3000 }; // one a page

static sqlite3 *open_database(const char *vfs)
{
    sqlite3 *db = NULL;

    assert_int_equal(
        sqlite3_open_v2("/ledger.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs),
        SQLITE_OK);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                  "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
                                  "CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, b BLOB)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    return db;
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

// Rows from first on, each with its own bytes. What SQLite said.
static int add_rows(sqlite3 *db, int first, int count)
{
    char sql[256];

    (void)snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE more (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM more WHERE i "
        "< %d) INSERT INTO rows SELECT i, CAST(printf('%%0*d', %d, i) AS BLOB) FROM more",
        first, first + count - 1, ROW_BYTES);
    return run(db, sql);
}

// How many rows there are and have the bytes that they were given; -1: the file is damaged.
static int good_rows(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int count = -1;

    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT iif((SELECT integrity_check FROM "
                                        "pragma_integrity_check) = 'ok', (SELECT count(*) FROM rows"
                                        " WHERE CAST(b AS TEXT) = printf('%0*d', 3000, n)), -1)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        count = sqlite3_column_int(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return count;
}

// What a program finds that starts after this one was killed: what reached the system is there.
static int rows_after_kill(struct crash_disk *disk, sqlite3 *db)
{
    sqlite3 *again;
    int count;

    crash_disk_crash_at(disk, 1);
    (void)sqlite3_close(db);
    crash_disk_crash_at(disk, 0);
    crash_disk_power_on(disk, UNSYNCED_KEPT);
    again = open_database(wal_gather_vfs());
    count = good_rows(again);
    (void)sqlite3_close(again);
    return count;
}

static int begin(void **state)
{
    struct crash_disk *disk = crash_disk_create();

    crash_disk_format(disk, 1);
    *state = disk;
    return 0;
}

static int end(void **state)
{
    crash_disk_destroy(*state);
    return 0;
}

static void a_commit_is_one_write(void **state)
{
    struct crash_disk *disk = *state;
    sqlite3 *db = open_database(wal_gather_vfs());
    int before;

    assert_int_equal(add_rows(db, 1, 1), SQLITE_OK);
    before = crash_disk_calls(disk);
    assert_int_equal(add_rows(db, 2, 20), SQLITE_OK);
    assert_int_equal(crash_disk_calls(disk) - before, 1);
    assert_int_equal(add_rows(db, 22, 100), SQLITE_OK); // 4 times what is gathered at most
    assert_in_range(crash_disk_calls(disk) - before, 4, 8);
    assert_int_equal(rows_after_kill(disk, db), 121);
}

static void others_read_what_was_committed(void **state)
{
    sqlite3 *db = open_database(wal_gather_vfs()), *other = open_database(NULL);

    (void)state;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(add_rows(db, i * 3, 1 + i % 3), SQLITE_OK);
        assert_int_equal(good_rows(other), good_rows(db));
    }
    assert_int_equal(good_rows(other), 14 + 13 * 2 + 13 * 3);
    (void)sqlite3_close(other);
    (void)sqlite3_close(db);
}

// Pages go to the log before their transaction ends, are read from there, and written anew in
// their place: then the checksums of all that follow are, too.
static void a_transaction_larger_than_the_cache(void **state)
{
    struct crash_disk *disk = *state;
    sqlite3 *db = open_database(wal_gather_vfs()), *other = open_database(NULL);

    assert_int_equal(run(db, "PRAGMA cache_size = 5; BEGIN"), SQLITE_OK);
    assert_int_equal(add_rows(db, 1, 200), SQLITE_OK);
    assert_int_equal(good_rows(db), 200);
    assert_int_equal(run(db, "UPDATE rows SET b = 'x' WHERE n % 7 = 0"), SQLITE_OK);
    assert_int_equal(good_rows(db), 200 - 28);
    assert_int_equal(good_rows(other), 0);
    assert_int_equal(
        run(db, "UPDATE rows SET b = CAST(printf('%0*d', 3000, n) AS BLOB) WHERE n % 7 = 0"),
        SQLITE_OK);
    assert_int_equal(run(db, "COMMIT"), SQLITE_OK);
    assert_int_equal(good_rows(other), 200);
    (void)sqlite3_close(other);
    assert_int_equal(rows_after_kill(disk, db), 200);
}

static void what_is_taken_back_leaves_nothing(void **state)
{
    struct crash_disk *disk = *state;
    sqlite3 *db = open_database(wal_gather_vfs());
    int before;

    assert_int_equal(run(db, "PRAGMA cache_size = 5; BEGIN"), SQLITE_OK);
    assert_int_equal(add_rows(db, 1, 200), SQLITE_OK);
    assert_int_equal(run(db, "ROLLBACK"), SQLITE_OK);
    assert_int_equal(add_rows(db, 1000, 3), SQLITE_OK);
    assert_int_equal(good_rows(db), 3);
    before = crash_disk_calls(disk);
    assert_int_equal(add_rows(db, 2000, 20), SQLITE_OK);
    assert_int_equal(crash_disk_calls(disk) - before, 1);
    assert_int_equal(rows_after_kill(disk, db), 23);
}

// At each write of a large transaction in turn; afterwards there is room again.
static void a_full_disk_leaves_nothing(void **state)
{
    struct crash_disk *disk = *state;
    int call = 1;

    for (bool met = true; met; call++) {
        sqlite3 *db;
        int code;

        crash_disk_format(disk, (uint64_t)call);
        db = open_database(wal_gather_vfs());
        assert_int_equal(add_rows(db, 1, 2), SQLITE_OK);
        assert_int_equal(run(db, "PRAGMA cache_size = 5; BEGIN"), SQLITE_OK);
        crash_disk_full_at(disk, call);
        code = add_rows(db, 3, 100);
        code = code == SQLITE_OK ? run(db, "COMMIT") : code;
        met = crash_disk_failed(disk);
        assert_int_equal(code, met ? SQLITE_FULL : SQLITE_OK);
        (void)run(db, "ROLLBACK");
        assert_int_equal(good_rows(db), met ? 2 : 102); // while the disk is full
        crash_disk_full_at(disk, 0);
        assert_int_equal(add_rows(db, 1000, 1), SQLITE_OK);
        assert_int_equal(rows_after_kill(disk, db), met ? 3 : 103);
    }
    assert_true(call > 4);
}

// So that what is in the log already can be moved out of it, though the disk is full: the commit's
// end could not be written, or what came before it.
static void a_commit_that_failed_is_in_nobodys_way(void **state)
{
    static const char header[24] = {[7] = 1}, page[512]; // the last of a commit
    static const char some[60000];
    const char *name = wal_gather_vfs();
    sqlite3_vfs *vfs = sqlite3_vfs_find(name);
    sqlite3_file *log = sqlite3_malloc(vfs->szOsFile);

    assert_int_equal(vfs->xOpen(vfs, "/ledger.db-wal", log,
                                SQLITE_OPEN_WAL | SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    crash_disk_full_at(*state, 1);
    assert_int_equal(log->pMethods->xWrite(log, header, sizeof header, 0), SQLITE_OK);
    assert_int_equal(log->pMethods->xWrite(log, page, sizeof page, sizeof header), SQLITE_FULL);
    assert_int_equal(log->pMethods->xSync(log, SQLITE_SYNC_NORMAL), SQLITE_OK);
    for (int i = 0; i < 3; i++) { // more than is gathered
        assert_int_equal(log->pMethods->xWrite(log, some, sizeof some, (int)sizeof some * i),
                         i < 2 ? SQLITE_OK : SQLITE_FULL);
    }
    assert_int_equal(log->pMethods->xSync(log, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(log->pMethods->xClose(log), SQLITE_OK);
    sqlite3_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_is_one_write, begin, end),
        cmocka_unit_test_setup_teardown(others_read_what_was_committed, begin, end),
        cmocka_unit_test_setup_teardown(a_transaction_larger_than_the_cache, begin, end),
        cmocka_unit_test_setup_teardown(what_is_taken_back_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_commit_that_failed_is_in_nobodys_way, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
