// Gathers what a commit writes to the write-ahead log: SQLite gives each page in two pieces, here
// they reach the file in one piece of many pages. Internal to this folder.
#pragma once

// The name of a VFS that does so and leaves all else to the one that is the default now; NULL where
// there is none, or no memory. To be asked for again before each opening.
const char *wal_gather_vfs(void);
