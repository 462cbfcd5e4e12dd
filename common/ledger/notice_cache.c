#include "common/ledger/notice_cache.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/xalloc.h"

enum { MOST = 1024 };

struct notice_cache {
    struct notice_record notices[MOST]; // by num
    int count;
    struct arena *arena;
};

struct notice_cache *notice_cache_create(void)
{
    struct notice_cache *cache = xcalloc(1, sizeof *cache);

    cache->arena = arena_create();
    return cache;
}

void notice_cache_destroy(struct notice_cache *cache)
{
    if (cache) {
        arena_destroy(cache->arena);
        free(cache);
    }
}

static const char *copied(struct arena *arena, const char *string)
{
    return string ? arena_copy(arena, string) : NULL;
}

void notice_cache_put(struct notice_cache *cache, const struct notice_record *notice)
{
    struct arena *arena = cache->arena;
    struct notice_record *is;

    if (notice->fate != FATE_WAITING || !notice->event_source || cache->count == MOST) {
        return;
    }
    is = &cache->notices[cache->count++];
    *is = *notice;
    is->rep = arena_copy(arena, notice->rep);
    is->lane = arena_copy(arena, notice->lane);
    is->rule = arena_copy(arena, notice->rule);
    is->why = arena_copy(arena, notice->why);
    is->words = copied(arena, notice->words);
    is->quiet = copied(arena, notice->quiet);
    is->event_source = arena_copy(arena, notice->event_source);
    is->event_id = arena_copy(arena, notice->event_id);
    is->event_type = arena_copy(arena, notice->event_type);
    is->account_key = copied(arena, notice->account_key);
}

static int by_num(const void *num, const void *notice)
{
    int64_t wanted = *(const int64_t *)num, is = ((const struct notice_record *)notice)->num;

    return (wanted > is) - (wanted < is);
}

const struct notice_record *notice_cache_get(const struct notice_cache *cache, int64_t num,
                                             const char *lane)
{
    const struct notice_record *found =
        bsearch(&num, cache->notices, (size_t)cache->count, sizeof *cache->notices, by_num);

    return found && strcmp(found->lane, lane) == 0 ? found : NULL;
}

bool notice_cache_is_empty(const struct notice_cache *cache)
{
    return cache->count == 0;
}

void notice_cache_clear(struct notice_cache *cache)
{
    cache->count = 0;
    arena_reset(cache->arena);
}
