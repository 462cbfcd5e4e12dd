// A disk in memory that SQLite takes for the real one, and that can lose power at any call. What
// was written and not synced is then kept, dropped or garbled, sector by sector; what was synced
// stays. It can also be full. One a process; it counts what changes it: write, truncate, sync and
// delete.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct crash_disk;

// What becomes of unsynced sectors when the power goes.
enum unsynced { UNSYNCED_KEPT, UNSYNCED_DROPPED, UNSYNCED_MIXED, UNSYNCED_COUNT };

// Makes the disk the default one of SQLite in this process; destroy puts the real one back.
struct crash_disk *crash_disk_create(void);
void crash_disk_destroy(struct crash_disk *disk);

// Empties the disk and begins to count anew. seed: of the dice that a crash throws.
void crash_disk_format(struct crash_disk *disk, uint64_t seed);
// Remembers all that is on it; restore puts it back, and begins to count anew.
void crash_disk_save(struct crash_disk *disk);
void crash_disk_restore(struct crash_disk *disk);

// The power goes at that call from now on; 0: never.
void crash_disk_crash_at(struct crash_disk *disk, int call);
// That call from now on finds the disk full, as do those after it; 0: it has room again.
void crash_disk_full_at(struct crash_disk *disk, int call);
// A disk that lies: a sync does nothing and says that it did.
void crash_disk_lie(struct crash_disk *disk, bool lies);

bool crash_disk_failed(const struct crash_disk *disk); // it crashed or was found full
int crash_disk_calls(const struct crash_disk *disk);
// After a crash, with every file closed: the power is back.
void crash_disk_power_on(struct crash_disk *disk, enum unsynced unsynced);
