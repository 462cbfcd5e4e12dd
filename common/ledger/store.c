#include "common/ledger/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/xalloc.h"
#include "common/ledger/wal_gather.h"

// What every connection sets: nothing that a schema says is trusted, no extension is loaded.
static const struct {
    int option, value;
} hardening[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
};

// The log keeps the size that it grew to, up to where it is moved even while there is much to do:
// where a file grows, its sync waits for what others write to the same file system.
// NORMAL is FULL but for the sync of the log at the end of each commit, which store.sync does
// instead: https://www.sqlite.org/pragma.html#pragma_synchronous
// Small pages: an event alone touches some ten of them, and all are synced before its receipt.
static const char writer_settings[] =
    "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA busy_timeout = 5000; PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA cache_size = -8192;";

// A reader never writes and never checkpoints: two that do can damage a WAL of this SQLite.
static const char reader_settings[] =
    "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5000;"
    "PRAGMA temp_store = MEMORY;";

int store_save_meta(struct store *store, const char *name, const char *value, struct error *err)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(store->db, "UPDATE meta SET value = ?2 WHERE name = ?1", -1,
                                  &statement, NULL);

    if (code != SQLITE_OK) {
        return store_failed(store, code, err);
    }
    bind_text(statement, 1, name);
    bind_text(statement, 2, value);
    code = store_run(store, statement, err);
    (void)sqlite3_finalize(statement);
    return code;
}

// False of one in memory, and of one whose file has no name.
static bool named(const struct store *store)
{
    return store->path && store->path[0];
}

static const char *shown(const struct store *store)
{
    return named(store) ? store->path : "the ledger";
}

int store_failed(struct store *store, int code, struct error *err)
{
    const char *words = store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);

    switch (code & 0xff) {
    case SQLITE_FULL:
        return error_set(err, -ENOSPC, "the ledger's disk is full: free some space");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(err, -EBUSY, "the ledger is in use by another program: %s", words);
    case SQLITE_CONSTRAINT:
        return error_set(err, -EILSEQ, "the ledger refused a row: %s", words);
    case SQLITE_NOTADB:
        return error_set(err, -EPROTO, "%s is not a ledger: %s", shown(store), words);
    case SQLITE_CORRUPT:
        store->broken = true;
        return error_set(err, -EIO, "%s is damaged (%s): restore a backup", shown(store), words);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return error_set(err, -EACCES, "%s: the ledger cannot be opened: %s",
                         named(store) ? store->path : "memory", words);
    default:
        store->broken = true;
        return error_set(err, -EIO, "the ledger failed: %s (SQLite code %d)", words, code);
    }
}

int store_execute(struct store *store, const char *sql, struct error *err)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : store_failed(store, code, err);
}

sqlite3_stmt *store_prepare(struct store *store, enum sql which, struct error *err)
{
    sqlite3_stmt **statement = &store->statements[which];

    if (!*statement) {
        int code = sqlite3_prepare_v3(store->db, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                      statement, NULL);

        if (code != SQLITE_OK) {
            (void)store_failed(store, code, err);
            return NULL;
        }
    }
    return *statement;
}

int store_next(struct store *store, sqlite3_stmt *statement, struct error *err)
{
    int code = sqlite3_step(statement), result;

    if (code == SQLITE_ROW) {
        return 1;
    }
    result = code == SQLITE_DONE ? 0 : store_failed(store, code, err);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return result;
}

int store_end(struct store *store, sqlite3_stmt *statement, struct error *err)
{
    // a value that could not be given for want of memory is told only here
    int code = sqlite3_reset(statement);

    (void)sqlite3_clear_bindings(statement);
    return code == SQLITE_OK ? 0 : store_failed(store, code, err);
}

int store_run(struct store *store, sqlite3_stmt *statement, struct error *err)
{
    int more = store_next(store, statement, err);

    if (more > 0) {
        (void)sqlite3_reset(statement);
        return 0;
    }
    return more;
}

void bind_text(sqlite3_stmt *statement, int index, const char *value)
{
    (void)sqlite3_bind_text(statement, index, value, -1, SQLITE_STATIC);
}

void bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t size)
{
    (void)sqlite3_bind_blob64(statement, index, bytes, size, SQLITE_STATIC);
}

void bind_int(sqlite3_stmt *statement, int index, int64_t value)
{
    (void)sqlite3_bind_int64(statement, index, value);
}

void bind_known(sqlite3_stmt *statement, int index, bool known, int64_t value)
{
    if (known) {
        bind_int(statement, index, value);
    } else {
        (void)sqlite3_bind_null(statement, index);
    }
}

int store_ask(struct store *store, const char *sql, int64_t *ret, struct error *err)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        *ret = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
        (void)sqlite3_finalize(statement);
    }
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : store_failed(store, code, err);
}

int store_meta(struct store *store, const char *name, char *ret, size_t size, struct error *err)
{
    sqlite3_stmt *statement;
    const char *value;
    int code = sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE name = ?1", -1,
                                  &statement, NULL);

    if (code != SQLITE_OK) {
        return store_failed(store, code, err);
    }
    bind_text(statement, 1, name);
    value = sqlite3_step(statement) == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0)
                                                  : NULL;
    (void)snprintf(ret, size, "%s", value ? value : "");
    code = sqlite3_finalize(statement);
    if (code != SQLITE_OK) {
        return store_failed(store, code, err);
    }
    return ret[0] ? 0 : error_set(err, -EPROTO, "the ledger lacks its %s", name);
}

// Whose file this is, and of which version.
static int check_identity(struct store *store, int64_t *ret_version, struct error *err)
{
    int64_t application = 0, tables = 0;
    int code = store_ask(store, "PRAGMA application_id", &application, err);

    if (code == 0) {
        code = store_ask(store, "PRAGMA user_version", ret_version, err);
    }
    if (code == 0) {
        code = store_ask(store, "SELECT count(*) FROM sqlite_schema", &tables, err);
    }
    if (code < 0) {
        return code;
    }
    if (application != SQL_APPLICATION_ID && (application != 0 || tables != 0)) {
        return error_set(err, -EPROTO, "%s is a database of another program, not a ledger",
                         shown(store));
    }
    if (*ret_version < 0) {
        return error_set(err, -EIO, "%s is damaged (its version is %lld): restore a backup",
                         shown(store), (long long)*ret_version);
    }
    if (*ret_version > sql_migration_count) {
        return error_set(err, -EPROTO,
                         "%s was written by a newer headsup (ledger version %lld, this one knows "
                         "%d): install that version again, or restore a backup",
                         shown(store), (long long)*ret_version, sql_migration_count);
    }
    return 0;
}

// Runs what brings the ledger up to date, all in one transaction.
static int migrate(struct store *store, int64_t version, struct error *err)
{
    char sql[256], name[9] = "";
    int code;

    if (version == sql_migration_count) {
        return 0;
    }
    code = store_execute(store, "BEGIN EXCLUSIVE", err);
    for (int64_t i = version; code == 0 && i < sql_migration_count; i++) {
        code = store_execute(store, sql_migrations[i], err);
    }
    if (code == 0 && version == 0) {
        if (getentropy(name, 8) < 0) {
            return error_set(err, -errno, "no random bytes: %s", strerrordesc_np(errno));
        }
        for (int i = 0; i < 8; i++) {
            name[i] = (char)('a' + (unsigned char)name[i] % 26);
        }
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO meta VALUES ('notice_prefix', 'hn_%s'),"
                       " ('ages', 'ages')",
                       name);
        code = store_execute(store, sql, err);
    }
    if (code == 0) {
        (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       SQL_APPLICATION_ID, sql_migration_count);
        code = store_execute(store, sql, err);
    }
    if (code == 0) {
        code = store_execute(store, "COMMIT", err);
    }
    return code;
}

// One writer a ledger, held by a lock on a file beside it that says who has it.
static int take_lock(struct store *store, struct error *err)
{
    char path[4096], owner[32] = "";
    ssize_t got;

    (void)snprintf(path, sizeof path, "%s.lock", store->path);
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock_fd < 0) {
        return error_set(err, -errno, "%s: %s", path, strerrordesc_np(errno));
    }
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        got = pread(store->lock_fd, owner, sizeof owner - 1, 0);
        owner[got > 0 ? got : 0] = '\0';
        owner[strcspn(owner, "\n")] = '\0';
        return error_set(err, -EBUSY,
                         "another headsupd (process %s) has the ledger %s: one daemon a ledger",
                         owner[0] ? owner : "unknown", store->path);
    }
    (void)snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(store->lock_fd, 0) < 0 || pwrite(store->lock_fd, owner, strlen(owner), 0) < 0) {
        // a full disk must not keep the daemon from starting: the lock holds without the number
        return 0;
    }
    return 0;
}

static int connect_to(struct store *store, int flags, struct error *err)
{
    // One thread of a process has the ledger, so SQLite needs no locks of its own and no count of
    // its memory. Only the first call in a process says so; later ones are refused, and change
    // nothing.
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int code =
        sqlite3_open_v2(store->path ? store->path : ":memory:", &store->db,
                        flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, wal_gather_vfs());

    if (code != SQLITE_OK) {
        return store_failed(store, code, err);
    }
    for (size_t i = 0; i < sizeof hardening / sizeof hardening[0]; i++) {
        (void)sqlite3_db_config(store->db, hardening[i].option, hardening[i].value, NULL);
    }
    return 0;
}

// After an unclean stop (a WAL with content was left) the whole file is looked through once.
static bool left_unclean(const struct store *store)
{
    char path[4096];
    struct stat status;

    (void)snprintf(path, sizeof path, "%s-wal", store->path);
    return stat(path, &status) == 0 && status.st_size > 0;
}

static int check_health(struct store *store, struct error *err)
{
    sqlite3_stmt *statement;
    const char *words;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);

    if (code != SQLITE_OK) {
        return store_failed(store, code, err);
    }
    code = sqlite3_step(statement);
    words = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "unreadable";
    if (!words || strcmp(words, "ok") != 0) {
        code = error_set(err, -EIO, "%s is damaged (%s): restore a backup", shown(store),
                         words ? words : "unreadable");
    } else {
        code = 0;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

// Takes the place of SQLite's automatic checkpoint: see ledger_checkpoint().
static int on_wal_grown(void *user, sqlite3 *db, const char *name, int pages)
{
    struct store *store = user;

    (void)db;
    (void)name;
    store->wal_pages = pages;
    store->sync.due = true;
    return SQLITE_OK;
}

static int open_writer(struct store *store, struct error *err)
{
    bool unclean = named(store) && left_unclean(store);
    int64_t version = 0;
    int code = connect_to(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);

    if (code == 0) {
        code = check_identity(store, &version, err);
    }
    if (code == 0) {
        code = store_execute(store, writer_settings, err);
    }
    if (code == 0 && unclean) {
        code = store_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)", err);
        code = code < 0 ? code : check_health(store, err);
    }
    if (code < 0) {
        return code; // perhaps there is no connection at all
    }
    (void)sqlite3_wal_hook(store->db, on_wal_grown, store);
    return migrate(store, version, err);
}

int store_open_writer(struct store *store, const char *path, struct error *err)
{
    mode_t mask;
    int code = 0;

    *store = (struct store){.lock_fd = -1, .path = path ? xstrdup(path) : NULL};
    wal_sync_init(&store->sync);
    mask = umask(0077); // the ledger is its owner's alone
    if (path) {
        code = take_lock(store, err);
    }
    if (code == 0) {
        code = open_writer(store, err);
    }
    (void)umask(mask);
    if (code < 0) {
        store_close(store);
    }
    return code;
}

// What is lost with the program anyway need not outlive a crash.
static const char scratch_settings[] = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                                       "PRAGMA cell_size_check = OFF;";

int store_open_scratch(struct store *store, const char *path, struct error *err)
{
    int code;

    (void)path;
    *store = (struct store){.lock_fd = -1, .path = xstrdup("")};
    wal_sync_init(&store->sync);
    code = open_writer(store, err);
    if (code == 0) {
        code = store_execute(store, scratch_settings, err);
    }
    if (code < 0) {
        store_close(store);
    }
    return code;
}

int store_open_reader(struct store *store, const char *path, struct error *err)
{
    int64_t version = 0;
    int code;

    *store = (struct store){.lock_fd = -1, .path = xstrdup(path)};
    wal_sync_init(&store->sync);
    code = connect_to(store, SQLITE_OPEN_READONLY, err);
    if (code == 0) {
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        code = store_execute(store, reader_settings, err);
    }
    if (code == 0) {
        code = check_identity(store, &version, err);
    }
    if (code == 0 && version < sql_migration_count) {
        code = error_set(err, -EPROTO,
                         "%s is of an older version: start headsupd once, which brings it up to "
                         "date",
                         path);
    }
    if (code < 0) {
        store_close(store);
    }
    return code;
}

void store_close(struct store *store)
{
    wal_sync_finish(&store->sync);
    for (int i = 0; i < SQL_COUNT; i++) {
        (void)sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    (void)sqlite3_close(store->db);
    store->db = NULL;
    if (store->lock_fd >= 0) {
        (void)close(store->lock_fd);
        store->lock_fd = -1;
    }
    free(store->path);
    store->path = NULL;
}
