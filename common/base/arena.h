// Memory that lives as long as one event is in hand: strings of a case file and of a verdict are
// cut from it and all given back at once by arena_reset(). Nothing in it is freed by itself.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);
void arena_destroyp(struct arena **arena);
// Takes back all that was given out, keeping the first block for the next event.
void arena_reset(struct arena *arena);

// Zeroed memory, aligned for any type.
void *arena_get(struct arena *arena, size_t size);
// Copies a string; NULL stays NULL.
char *arena_copy(struct arena *arena, const char *string);
char *arena_copy_bytes(struct arena *arena, const char *bytes, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) printf_like(2, 3);
