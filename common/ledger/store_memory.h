// SQLite's memory. A statement takes some eight small pieces each time it runs, and gives them back
// at its end; Debian's SQLite is built without the store of such pieces that it could have itself.
#pragma once

// Has SQLite keep the small pieces that it gives back for the next time it asks. Before its first
// use; for programs where one thread at a time has SQLite.
void store_memory_use(void);
