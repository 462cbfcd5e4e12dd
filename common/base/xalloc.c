#include "common/base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_stop(void *memory)
{
    if (!memory) {
        (void)fputs("headsup: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xmalloc(size_t size)
{
    return or_stop(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return or_stop(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return or_stop(realloc(old, size ? size : 1));
}

char *xstrdup(const char *string)
{
    return or_stop(strdup(string));
}

char *xstrndup(const char *string, size_t size)
{
    return or_stop(strndup(string, size));
}

void freep(char **string)
{
    free(*string);
}
