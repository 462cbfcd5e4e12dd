#include "common/ledger/wal_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { HELPER_LIVES_S = 60 }; // that thread of the C library, without work

void wal_sync_init(struct wal_sync *sync)
{
    static const struct aioinit settings = {.aio_threads = 1,
                                            .aio_num = 64, // the C library's own; the least is 32
                                            .aio_idle_time = HELPER_LIVES_S};

    *sync = (struct wal_sync){.fd = -1};
    aio_init(&settings);
}

// Through SQLite, and waiting: where the log cannot be opened a second time, or is no file of the
// operating system's at all.
static int sync_by_sqlite(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);

    if (code == SQLITE_OK && log && log->pMethods) {
        code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    }
    return code == SQLITE_OK ? 0 : -EIO;
}

// Whether SQLite's files are the operating system's, and its names theirs.
static bool has_real_files(sqlite3 *db)
{
    char *name = NULL; // of the VFS that has the file itself
    bool real = sqlite3_file_control(db, "main", SQLITE_FCNTL_VFSNAME, &name) == SQLITE_OK &&
                name && strcmp(name, "unix") == 0;

    sqlite3_free(name);
    return real;
}

// SQLite holds no lock on this file, so none is lost when it is closed: POSIX's locks are the
// process's, not the descriptor's. A sync of any descriptor is one of the file.
static void open_log(struct wal_sync *sync, sqlite3 *db)
{
    const char *path = sqlite3_db_filename(db, "main");

    if (sync->fd < 0 && path && path[0] && has_real_files(db)) {
        sync->fd = open(sqlite3_filename_wal(path), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    }
}

void wal_sync_begin(struct wal_sync *sync, sqlite3 *db)
{
    if (!sync->due || sync->under_way) {
        return;
    }
    open_log(sync, db);
    sync->request = (struct aiocb){.aio_fildes = sync->fd, .aio_sigevent.sigev_notify = SIGEV_NONE};
    sync->under_way = sync->fd >= 0 && aio_fsync(O_DSYNC, &sync->request) == 0;
    sync->due = !sync->under_way; // or wal_sync_end() does it
}

bool wal_sync_is_over(struct wal_sync *sync)
{
    return !sync->due && (!sync->under_way || aio_error(&sync->request) != EINPROGRESS);
}

// Waits for what is under way.
static void await(struct wal_sync *sync)
{
    const struct aiocb *const requests[] = {&sync->request};
    int error;

    while ((error = aio_error(&sync->request)) == EINPROGRESS) {
        (void)aio_suspend(requests, 1, NULL);
    }
    (void)aio_return(&sync->request);
    sync->under_way = false;
    sync->error = -error;
}

static int sync_now(struct wal_sync *sync, sqlite3 *db)
{
    open_log(sync, db);
    if (sync->fd < 0) {
        return sync_by_sqlite(db);
    }
    return fdatasync(sync->fd) < 0 ? -errno : 0;
}

int wal_sync_end(struct wal_sync *sync, sqlite3 *db)
{
    if (sync->under_way) {
        await(sync);
    }
    if (sync->due && sync->error == 0) {
        sync->due = false;
        sync->error = sync_now(sync, db);
    }
    return sync->error;
}

void wal_sync_finish(struct wal_sync *sync)
{
    if (sync->under_way) {
        await(sync);
    }
    if (sync->fd >= 0) {
        (void)close(sync->fd);
        sync->fd = -1;
    }
}
