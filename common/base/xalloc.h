// Allocation that never returns NULL: daemon and command line stop when memory is out. Only
// committed events are acknowledged, so a stop loses nothing. libheadsup does not use these.
#pragma once

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *string);
char *xstrndup(const char *string, size_t size);

// For cleanup_with() on a char * that the scope owns.
void freep(char **string);
