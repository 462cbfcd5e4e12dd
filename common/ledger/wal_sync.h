// The sync that makes commits durable. SQLite would do it inside of COMMIT and wait; here it runs
// beside whatever its caller does next (POSIX asynchronous I/O, aio_fsync(3)), and is waited for
// before anybody is told of what was committed. Internal to this folder.
#pragma once

#include <aio.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "common/base/attributes.h"

struct wal_sync {
    struct aiocb request;
    int fd;         // of the write-ahead log; -1: not open
    bool due;       // frames were written since the last sync was begun
    bool under_way; // one was begun, and its end was not seen
    int error;      // of one that failed, negative: what was committed may be lost, for good
};

void wal_sync_init(struct wal_sync *sync);
// Waits for what is under way.
void wal_sync_finish(struct wal_sync *sync);
// Begins to sync what is due. One that is under way is waited for first.
void wal_sync_begin(struct wal_sync *sync, sqlite3 *db);
// True where everything that was written is on disk, or never will be.
bool wal_sync_is_over(struct wal_sync *sync);
// Waits until nothing is under way. Negative: a sync failed, this one or an earlier one.
must_check int wal_sync_wait(struct wal_sync *sync);
