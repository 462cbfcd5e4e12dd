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

void wal_sync_finish(struct wal_sync *sync)
{
    (void)!wal_sync_wait(sync);
    if (sync->fd >= 0) {
        (void)close(sync->fd);
        sync->fd = -1;
    }
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
    sqlite3_vfs *vfs = NULL;

    return sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) == SQLITE_OK && vfs &&
           strcmp(vfs->zName, "unix") == 0;
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
    if (!sync->due || wal_sync_wait(sync) < 0) {
        return;
    }
    sync->due = false;
    open_log(sync, db);
    sync->request = (struct aiocb){.aio_fildes = sync->fd, .aio_sigevent.sigev_notify = SIGEV_NONE};
    if (sync->fd >= 0 && aio_fsync(O_DSYNC, &sync->request) == 0) {
        sync->under_way = true;
    } else {
        sync->error = sync_by_sqlite(db);
    }
}

bool wal_sync_is_over(struct wal_sync *sync)
{
    return !sync->due && (!sync->under_way || aio_error(&sync->request) != EINPROGRESS);
}

int wal_sync_wait(struct wal_sync *sync)
{
    const struct aiocb *const requests[] = {&sync->request};
    int error;

    if (!sync->under_way) {
        return sync->error;
    }
    while ((error = aio_error(&sync->request)) == EINPROGRESS) {
        (void)aio_suspend(requests, 1, NULL);
    }
    (void)aio_return(&sync->request);
    sync->under_way = false;
    sync->error = -error;
    return sync->error;
}
