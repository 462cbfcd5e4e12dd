// The sync that makes commits durable. SQLite would do it inside of COMMIT; here it is done when
// somebody is to be told of what was committed, or runs meanwhile beside whatever its caller does
// (POSIX asynchronous I/O, aio_fsync(3)). Internal to this folder.
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
// Begins to sync what is due, beside the caller. That pays where the caller has other things to do:
// the helper costs more than a sync of few pages.
void wal_sync_begin(struct wal_sync *sync, sqlite3 *db);
// True where everything that was written is on disk, or never will be.
bool wal_sync_is_over(struct wal_sync *sync);
// Waits for what is under way, and syncs what is due. Negative: a sync failed, this one or an
// earlier one.
must_check int wal_sync_end(struct wal_sync *sync, sqlite3 *db);
