#include "common/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"

enum { BLOCK_BYTES = 16 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t used, capacity;
    _Alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct block *newest; // the first block is the last of the list
};

static struct block *block_create(size_t capacity, struct block *next)
{
    struct block *block = xmalloc(sizeof *block + capacity);

    block->next = next;
    block->used = 0;
    block->capacity = capacity;
    return block;
}

struct arena *arena_create(void)
{
    struct arena *arena = xcalloc(1, sizeof *arena);

    arena->newest = block_create(BLOCK_BYTES, NULL);
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena) {
        return;
    }
    for (struct block *block = arena->newest, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

void arena_destroyp(struct arena **arena)
{
    arena_destroy(*arena);
}

void arena_reset(struct arena *arena)
{
    while (arena->newest->next) {
        struct block *next = arena->newest->next;

        free(arena->newest);
        arena->newest = next;
    }
    arena->newest->used = 0;
}

static void *take(struct arena *arena, size_t size)
{
    struct block *block = arena->newest;
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void *memory;

    if (rounded > block->capacity - block->used) {
        block = block_create(rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES, block);
        arena->newest = block;
    }
    memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

void *arena_get(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

char *arena_copy(struct arena *arena, const char *string)
{
    return string ? arena_copy_bytes(arena, string, strlen(string)) : NULL;
}

char *arena_copy_bytes(struct arena *arena, const char *bytes, size_t size)
{
    char *copy = take(arena, size + 1);

    if (size) {
        memcpy(copy, bytes, size);
    }
    copy[size] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char *string;
    int size;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        size = 0;
    }
    string = take(arena, (size_t)size + 1);
    string[0] = '\0';
    (void)vsnprintf(string, (size_t)size + 1, format, again);
    va_end(again);
    return string;
}
