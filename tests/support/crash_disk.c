#include "tests/support/crash_disk.h"

#include <assert.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"

enum { SECTOR = 512, FILES = 8, NAME_BYTES = 128, SHARED_REGIONS = 8 };

struct image { // what a file holds
    char *bytes;
    size_t size, capacity; // whole sectors of capacity; what lies beyond size is zero
};

struct written { // of a sector; to 0: nothing
    unsigned from, to;
};

struct disk_file {
    char name[NAME_BYTES];
    bool exists, durable_exists;
    struct image now, durable;
    struct written *dirty; // of each sector of now, what no sync has seen
    size_t dirty_count;
    void *shared[SHARED_REGIONS]; // the index of a WAL: memory, gone with the power
};

struct crash_disk {
    sqlite3_vfs vfs, *real;
    struct disk_file files[FILES], saved[FILES];
    uint64_t dice;
    int calls, crash_at, full_at;
    bool crashed, full, lies;
};

struct open_file { // as SQLite holds it
    sqlite3_file base;
    struct crash_disk *disk;
    struct disk_file *file;
    bool sync_folder; // its first sync is one of the folder too, as SQLite's own does for a journal
};

static unsigned roll(struct crash_disk *disk, unsigned bound)
{
    disk->dice = disk->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(disk->dice >> 33) % bound;
}

// --- images --------------------------------------------------------------------------------------

static void image_resize(struct image *image, size_t size)
{
    if (size > image->capacity) {
        size_t capacity = (size + size / 2 + SECTOR) / SECTOR * SECTOR;

        image->bytes = xrealloc(image->bytes, capacity);
        memset(image->bytes + image->capacity, 0, capacity - image->capacity);
        image->capacity = capacity;
    }
    if (size < image->size) {
        memset(image->bytes + size, 0, image->size - size);
    }
    image->size = size;
}

static void image_copy(struct image *to, const struct image *from)
{
    image_resize(to, 0);
    image_resize(to, from->size);
    if (from->size) {
        memcpy(to->bytes, from->bytes, from->size);
    }
}

static void file_finish(struct disk_file *file)
{
    for (int i = 0; i < SHARED_REGIONS; i++) {
        free(file->shared[i]);
    }
    free(file->now.bytes);
    free(file->durable.bytes);
    free(file->dirty);
    *file = (struct disk_file){0};
}

static void mark_dirty(struct disk_file *file, size_t from, size_t to)
{
    size_t last = (to + SECTOR - 1) / SECTOR;

    if (last > file->dirty_count) {
        file->dirty = xrealloc(file->dirty, last * 2 * sizeof *file->dirty);
        memset(file->dirty + file->dirty_count, 0,
               (last * 2 - file->dirty_count) * sizeof *file->dirty);
        file->dirty_count = last * 2;
    }
    for (size_t sector = from / SECTOR; sector < last; sector++) {
        struct written *dirty = &file->dirty[sector];
        size_t start = sector * SECTOR;
        unsigned first = from > start ? (unsigned)(from - start) : 0;
        unsigned end = to - start < SECTOR ? (unsigned)(to - start) : SECTOR;

        dirty->from = dirty->to && dirty->from < first ? dirty->from : first;
        dirty->to = dirty->to > end ? dirty->to : end;
    }
}

static void make_durable(struct disk_file *file)
{
    image_copy(&file->durable, &file->now);
    file->durable_exists = file->exists;
    if (file->dirty_count) {
        memset(file->dirty, 0, file->dirty_count * sizeof *file->dirty);
    }
}

// --- faults --------------------------------------------------------------------------------------

enum verdict_of_call { CALL_GOES, CALL_CRASHES, CALL_IS_FULL };

// Counts a call that changes the disk.
static enum verdict_of_call count_call(struct crash_disk *disk, bool needs_room)
{
    disk->calls++;
    if (disk->crash_at && disk->calls >= disk->crash_at) {
        disk->crashed = true;
    }
    if (disk->full_at && disk->calls >= disk->full_at && needs_room) {
        disk->full = true;
        return CALL_IS_FULL;
    }
    return disk->crashed ? CALL_CRASHES : CALL_GOES;
}

// --- a file --------------------------------------------------------------------------------------

static struct open_file *of(sqlite3_file *file)
{
    return (struct open_file *)(void *)file;
}

static int disk_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int disk_read(sqlite3_file *base, void *to, int size, sqlite3_int64 offset)
{
    const struct open_file *open = of(base);
    const struct image *image = &open->file->now;
    size_t at = (size_t)offset, left = at < image->size ? image->size - at : 0;

    if (open->disk->crashed) {
        return SQLITE_IOERR_READ;
    }
    left = left < (size_t)size ? left : (size_t)size;
    if (left) {
        memcpy(to, image->bytes + at, left);
    }
    memset((char *)to + left, 0, (size_t)size - left);
    return left == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *base, const void *from, int size, sqlite3_int64 offset)
{
    struct open_file *open = of(base);
    bool was_crashed = open->disk->crashed;
    enum verdict_of_call call = count_call(open->disk, true);
    size_t at = (size_t)offset, end = at + (size_t)size;

    if (was_crashed || call == CALL_IS_FULL) {
        return was_crashed ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    }
    // the call at which the power goes was under way: its sectors may be on the disk or not
    if (end > open->file->now.size) {
        image_resize(&open->file->now, end);
    }
    memcpy(open->file->now.bytes + at, from, (size_t)size);
    mark_dirty(open->file, at, end);
    return call == CALL_GOES ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct open_file *open = of(base);
    bool was_crashed = open->disk->crashed;
    enum verdict_of_call call = count_call(open->disk, false);

    if (!was_crashed) {
        image_resize(&open->file->now, (size_t)size);
    }
    return call == CALL_GOES ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

// Births and deaths are on the disk now.
static void sync_folder(struct crash_disk *disk)
{
    for (int i = 0; i < FILES; i++) {
        struct disk_file *file = &disk->files[i];

        if (file->exists) {
            file->durable_exists = true;
        } else {
            make_durable(file);
        }
    }
}

static int disk_sync(sqlite3_file *base, int flags)
{
    struct open_file *open = of(base);

    (void)flags;
    if (count_call(open->disk, false) != CALL_GOES) {
        return SQLITE_IOERR_FSYNC;
    }
    if (!open->disk->lies) {
        make_durable(open->file);
        if (open->sync_folder) {
            sync_folder(open->disk);
            open->sync_folder = false;
        }
    }
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)of(base)->file->now.size;
    return of(base)->disk->crashed ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int disk_lock(sqlite3_file *base, int level)
{
    (void)level;
    return of(base)->disk->crashed ? SQLITE_IOERR_LOCK : SQLITE_OK;
}

static int disk_unlock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int disk_reserved(sqlite3_file *base, int *ret)
{
    (void)base;
    *ret = 0;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *base)
{
    (void)base;
    return SECTOR;
}

// No write is atomic; yet what it does not write it spares, also in a sector that it shares, as
// SQLite takes for granted on Linux: https://www.sqlite.org/psow.html
static int disk_traits(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int disk_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
    void **shared = of(base)->file->shared;

    *ret = NULL;
    if (region >= SHARED_REGIONS) {
        return SQLITE_IOERR_SHMMAP;
    }
    if (!shared[region] && extend) {
        shared[region] = xcalloc(1, (size_t)size);
    }
    *ret = shared[region];
    return SQLITE_OK;
}

static int disk_map_lock(sqlite3_file *base, int offset, int count, int flags)
{
    (void)base;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void disk_barrier(sqlite3_file *base)
{
    (void)base;
}

static int disk_unmap(sqlite3_file *base, int remove)
{
    void **shared = of(base)->file->shared;

    for (int i = 0; remove && i < SHARED_REGIONS; i++) {
        free(shared[i]);
        shared[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_map,
    .xShmLock = disk_map_lock,
    .xShmBarrier = disk_barrier,
    .xShmUnmap = disk_unmap,
};

// --- the disk ------------------------------------------------------------------------------------

static struct disk_file *find(struct crash_disk *disk, const char *name)
{
    for (int i = 0; i < FILES; i++) {
        if (disk->files[i].name[0] && strcmp(disk->files[i].name, name) == 0) {
            return &disk->files[i];
        }
    }
    return NULL;
}

static struct disk_file *add(struct crash_disk *disk, const char *name)
{
    for (int i = 0; i < FILES; i++) {
        if (!disk->files[i].name[0]) {
            (void)snprintf(disk->files[i].name, NAME_BYTES, "%s", name);
            return &disk->files[i];
        }
    }
    return NULL;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret)
{
    struct crash_disk *disk = vfs->pAppData;
    struct disk_file *file;

    base->pMethods = NULL;
    name = name ? name : "(temporary)";
    file = find(disk, name);
    if (disk->crashed || (!(file && file->exists) && !(flags & SQLITE_OPEN_CREATE))) {
        return SQLITE_CANTOPEN;
    }
    file = file ? file : add(disk, name);
    assert(file);
    file->exists = true;
    of(base)->base.pMethods = &methods;
    of(base)->disk = disk;
    of(base)->file = file;
    of(base)->sync_folder = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    if (ret) {
        *ret = flags;
    }
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct crash_disk *disk = vfs->pAppData;
    struct disk_file *file = find(disk, name);
    bool was_crashed = disk->crashed;
    enum verdict_of_call call = count_call(disk, false);

    if (was_crashed) {
        return SQLITE_IOERR_DELETE;
    }
    if (!file || !file->exists) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    file->exists = false;
    image_resize(&file->now, 0);
    if (sync_folder && call == CALL_GOES && !disk->lies) {
        make_durable(file);
    }
    return call == CALL_GOES ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    struct crash_disk *disk = vfs->pAppData;
    const struct disk_file *file = find(disk, name);

    (void)flags;
    *ret = file && file->exists && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    return disk->crashed ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int disk_path(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
    (void)vfs;
    (void)snprintf(ret, (size_t)size, "%s", name);
    return SQLITE_OK;
}

struct crash_disk *crash_disk_create(void)
{
    struct crash_disk *disk = xcalloc(1, sizeof *disk);

    disk->real = sqlite3_vfs_find(NULL);
    disk->vfs = *disk->real; // the clock and the dice are the real one's
    disk->vfs.iVersion = 2;
    disk->vfs.zName = "crash_disk";
    disk->vfs.pNext = NULL;
    disk->vfs.pAppData = disk;
    disk->vfs.szOsFile = (int)sizeof(struct open_file);
    disk->vfs.mxPathname = NAME_BYTES;
    disk->vfs.xOpen = disk_open;
    disk->vfs.xDelete = disk_delete;
    disk->vfs.xAccess = disk_access;
    disk->vfs.xFullPathname = disk_path;
    (void)sqlite3_vfs_register(&disk->vfs, 1);
    return disk;
}

static void empty(struct disk_file files[FILES])
{
    for (int i = 0; i < FILES; i++) {
        file_finish(&files[i]);
    }
}

void crash_disk_destroy(struct crash_disk *disk)
{
    (void)sqlite3_vfs_unregister(&disk->vfs);
    (void)sqlite3_vfs_register(disk->real, 1);
    empty(disk->files);
    empty(disk->saved);
    free(disk);
}

static void reset(struct crash_disk *disk)
{
    disk->calls = disk->crash_at = disk->full_at = 0;
    disk->crashed = disk->full = false;
}

void crash_disk_format(struct crash_disk *disk, uint64_t seed)
{
    empty(disk->files);
    disk->dice = seed;
    reset(disk);
}

static void copy_files(struct disk_file to[FILES], const struct disk_file from[FILES])
{
    empty(to);
    for (int i = 0; i < FILES; i++) {
        if (from[i].exists) {
            (void)snprintf(to[i].name, NAME_BYTES, "%s", from[i].name);
            to[i].exists = true;
            image_copy(&to[i].now, &from[i].now);
            make_durable(&to[i]);
        }
    }
}

void crash_disk_save(struct crash_disk *disk)
{
    copy_files(disk->saved, disk->files);
}

void crash_disk_restore(struct crash_disk *disk)
{
    copy_files(disk->files, disk->saved);
    reset(disk);
}

void crash_disk_crash_at(struct crash_disk *disk, int call)
{
    disk->crash_at = call;
    disk->calls = 0;
}

void crash_disk_full_at(struct crash_disk *disk, int call)
{
    disk->full_at = call;
    disk->full = false;
    disk->calls = 0;
}

void crash_disk_lie(struct crash_disk *disk, bool lies)
{
    disk->lies = lies;
}

bool crash_disk_failed(const struct crash_disk *disk)
{
    return disk->crashed || disk->full;
}

int crash_disk_calls(const struct crash_disk *disk)
{
    return disk->calls;
}

// Of two values, which one the disk has: the new one, the old one, or either.
static bool takes_new(struct crash_disk *disk, enum unsynced unsynced)
{
    return unsynced == UNSYNCED_KEPT || (unsynced == UNSYNCED_MIXED && roll(disk, 2) == 0);
}

static void settle_sector(struct crash_disk *disk, struct disk_file *file, size_t sector,
                          enum unsynced unsynced)
{
    size_t at = sector * SECTOR;
    size_t left = file->now.size - at < SECTOR ? file->now.size - at : SECTOR;
    unsigned fate = unsynced == UNSYNCED_MIXED     ? roll(disk, 3)
                    : unsynced == UNSYNCED_DROPPED ? UNSYNCED_DROPPED
                                                   : UNSYNCED_KEPT;
    size_t old = at < file->durable.size ? file->durable.size - at : 0;

    if (fate == UNSYNCED_DROPPED) {
        memset(file->now.bytes + at, 0, left);
        old = old < left ? old : left;
        if (old) {
            memcpy(file->now.bytes + at, file->durable.bytes + at, old);
        }
    }
    left = left < file->dirty[sector].to ? left : file->dirty[sector].to;
    for (size_t i = file->dirty[sector].from; fate == UNSYNCED_MIXED && i < left; i++) {
        file->now.bytes[at + i] = (char)roll(disk, 256);
    }
}

static void settle_file(struct crash_disk *disk, struct disk_file *file, enum unsynced unsynced)
{
    if (file->exists != file->durable_exists && !takes_new(disk, unsynced)) {
        file->exists = file->durable_exists; // a birth or a death that the disk never heard of
        image_copy(&file->now, &file->durable);
    }
    if (file->now.size != file->durable.size && !takes_new(disk, unsynced)) {
        size_t was = file->now.size;

        image_resize(&file->now, file->durable.size);
        for (size_t i = was; i < file->now.size; i++) { // what a truncation had cut off
            file->now.bytes[i] = file->durable.bytes[i];
        }
    }
    for (size_t i = 0; i < file->dirty_count && i * SECTOR < file->now.size; i++) {
        if (file->dirty[i].to) {
            settle_sector(disk, file, i, unsynced);
        }
    }
    make_durable(file);
}

void crash_disk_power_on(struct crash_disk *disk, enum unsynced unsynced)
{
    for (int i = 0; i < FILES; i++) {
        struct disk_file *file = &disk->files[i];

        if (file->name[0]) {
            settle_file(disk, file, unsynced);
            for (int j = 0; j < SHARED_REGIONS; j++) {
                free(file->shared[j]);
                file->shared[j] = NULL;
            }
        }
    }
    reset(disk);
}
