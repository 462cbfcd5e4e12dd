// SQLite as the ledger uses it: opening with the right settings, migrating, preparing once,
// running. Internal to this folder; the only header here that knows sqlite3.h.
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/sql.h"
#include "common/ledger/wal_sync.h"

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT]; // prepared when first used
    bool broken;                         // an I/O error or damage was met: trust nothing more
    int wal_pages;                       // that the write-ahead log holds, as of the last commit
    struct wal_sync sync;                // of that log
    int lock_fd;                         // -1: none
    char *path;                          // NULL: in memory; "": a file without a name
};

// path NULL: in memory. Locks, checks, migrates.
must_check int store_open_writer(struct store *store, const char *path, struct error *err);
// A ledger on disk that nobody else sees, gone when it is closed; path is not asked for.
must_check int store_open_scratch(struct store *store, const char *path, struct error *err);
must_check int store_open_reader(struct store *store, const char *path, struct error *err);
void store_close(struct store *store);

// The prepared statement, reset and with nothing bound; NULL with err set where it cannot be.
sqlite3_stmt *store_prepare(struct store *store, enum sql which, struct error *err);
// Steps a statement that gives no rows, and resets it.
must_check int store_run(struct store *store, sqlite3_stmt *statement, struct error *err);
// Steps to the next row: 1 row, 0 end (and reset), or a negative errno (and reset).
must_check int store_next(struct store *store, sqlite3_stmt *statement, struct error *err);
// Ends a statement at a row that was read. Negative: some value of it could not be given, so
// nothing that was read may be used.
must_check int store_end(struct store *store, sqlite3_stmt *statement, struct error *err);
// Turns a failure of SQLite into ours: -ENOSPC, -EBUSY, -EIO … and notes what breaks the store.
int store_failed(struct store *store, int code, struct error *err);
must_check int store_execute(struct store *store, const char *sql, struct error *err);
// The one number that a query gives; 0 where it gives none.
must_check int store_ask(struct store *store, const char *sql, int64_t *ret, struct error *err);
// The value of a meta row, at most size - 1 bytes of it.
must_check int store_meta(struct store *store, const char *name, char *ret, size_t size,
                          struct error *err);

must_check int store_save_meta(struct store *store, const char *name, const char *value,
                               struct error *err);

// NULL binds NULL; the string must live until the statement was run.
void bind_text(sqlite3_stmt *statement, int index, const char *value);
void bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t size);
void bind_int(sqlite3_stmt *statement, int index, int64_t value);
// value, or NULL where known is false.
void bind_known(sqlite3_stmt *statement, int index, bool known, int64_t value);
