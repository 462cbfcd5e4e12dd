#include "common/ledger/wal_gather.h"

#include <endian.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The log's layout, and what marks the last frame of a commit:
// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
enum { FRAME_HEADER = 24, PAGES_AFTER_COMMIT = 4 };

enum {
    GATHERED_BYTES = 0x1ffff
}; // no more fit one call of SQLite's own VFS, which cuts the number's bits

struct log_file {
    sqlite3_file base; // what SQLite sees; the file of the VFS below lies behind this struct
    char *gathered;
    sqlite3_int64 at; // where in the log the gathered bytes go
    int used;
    bool commits; // the page that comes next ends a commit
};

static struct {
    sqlite3_vfs vfs, *below;
} gather;

static struct log_file *of(sqlite3_file *file)
{
    return (struct log_file *)(void *)file;
}

static sqlite3_file *below(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)(of(file) + 1);
}

static int write_out(sqlite3_file *file)
{
    struct log_file *log = of(file);
    int code = SQLITE_OK;

    if (log->used > 0) {
        code = below(file)->pMethods->xWrite(below(file), log->gathered, log->used, log->at);
    }
    if (code == SQLITE_OK) {
        log->at += log->used;
        log->used = 0;
    }
    return code;
}

// Where that fails, what was gathered is dropped: SQLite undoes the transaction that it is of.
static int write_out_or_drop(sqlite3_file *file)
{
    int code = write_out(file);

    of(file)->used = 0;
    return code;
}

static bool ends_commit(const void *header)
{
    uint32_t pages;

    memcpy(&pages, (const char *)header + PAGES_AFTER_COMMIT, sizeof pages);
    return be32toh(pages) != 0;
}

// What follows upon the piece before is gathered until its commit is whole: others read the file
// only once SQLite has noted the commit, which is after the last of these calls.
static int log_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct log_file *log = of(file);
    bool whole = size != FRAME_HEADER && log->commits;
    int code = SQLITE_OK;

    if (offset != log->at + log->used || size > GATHERED_BYTES - log->used) {
        code = write_out_or_drop(file);
    }
    if (code == SQLITE_OK && (offset != log->at + log->used || size > GATHERED_BYTES)) {
        code = below(file)->pMethods->xWrite(below(file), bytes, size, offset);
        log->at = code == SQLITE_OK ? offset + size : log->at;
    } else if (code == SQLITE_OK) {
        memcpy(log->gathered + log->used, bytes, (size_t)size);
        log->used += size;
        code = whole ? write_out_or_drop(file) : SQLITE_OK;
    }
    log->commits = size == FRAME_HEADER && ends_commit(bytes);
    return code;
}

static int log_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    const struct log_file *log = of(file);
    bool gathered = offset < log->at + log->used && offset + size > log->at;
    int code = gathered ? write_out(file) : SQLITE_OK;

    return code == SQLITE_OK ? below(file)->pMethods->xRead(below(file), bytes, size, offset)
                             : code;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = write_out(file);

    return code == SQLITE_OK ? below(file)->pMethods->xTruncate(below(file), size) : code;
}

static int log_sync(sqlite3_file *file, int flags)
{
    int code = write_out(file);

    return code == SQLITE_OK ? below(file)->pMethods->xSync(below(file), flags) : code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    int code = write_out(file);

    return code == SQLITE_OK ? below(file)->pMethods->xFileSize(below(file), ret) : code;
}

static int log_lock(sqlite3_file *file, int level)
{
    return below(file)->pMethods->xLock(below(file), level);
}

static int log_unlock(sqlite3_file *file, int level)
{
    return below(file)->pMethods->xUnlock(below(file), level);
}

static int log_check_lock(sqlite3_file *file, int *ret)
{
    return below(file)->pMethods->xCheckReservedLock(below(file), ret);
}

static int log_control(sqlite3_file *file, int operation, void *argument)
{
    return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

static int log_sector(sqlite3_file *file)
{
    return below(file)->pMethods->xSectorSize(below(file));
}

static int log_traits(sqlite3_file *file)
{
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

static int log_close(sqlite3_file *file)
{
    (void)write_out(file); // of a commit nothing is left: it went out whole
    sqlite3_free(of(file)->gathered);
    return below(file)->pMethods->xClose(below(file));
}

static const sqlite3_io_methods methods = {
    .iVersion = 1, // a log is neither shared as memory nor mapped
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_traits,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
    int code;

    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL)) {
        return gather.below->xOpen(gather.below, name, file, flags, ret);
    }
    *of(file) = (struct log_file){.gathered = sqlite3_malloc(GATHERED_BYTES)};
    if (!of(file)->gathered) {
        return SQLITE_NOMEM;
    }
    memset(below(file), 0, (size_t)gather.below->szOsFile);
    code = gather.below->xOpen(gather.below, name, below(file), flags, ret);
    if (code == SQLITE_OK) {
        file->pMethods = &methods;
    } else {
        sqlite3_free(of(file)->gathered);
    }
    return code;
}

const char *wal_gather_vfs(void)
{
    sqlite3_vfs *found = sqlite3_vfs_find(NULL);

    if (!found) {
        return NULL;
    }
    (void)sqlite3_vfs_unregister(&gather.vfs);
    gather.below = found;
    gather.vfs = *found; // all but the opening of files is done by that one's own functions
    gather.vfs.pNext = NULL;
    gather.vfs.zName = "headsup";
    gather.vfs.szOsFile += (int)sizeof(struct log_file);
    gather.vfs.xOpen = open_file;
    return sqlite3_vfs_register(&gather.vfs, 0) == SQLITE_OK ? gather.vfs.zName : NULL;
}
