#include "common/ledger/account_cache.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/arena.h"
#include "common/base/xalloc.h"

enum { MOST_ACCOUNTS = 1024 };

struct entry {
    struct account account; // its strings are the arena's
    UT_hash_handle hh;
};

struct account_cache {
    struct entry *entries; // hash by key
    struct arena *arena;
    bool spoilt;
};

struct account_cache *account_cache_create(void)
{
    struct account_cache *cache = xcalloc(1, sizeof *cache);

    cache->arena = arena_create();
    return cache;
}

void account_cache_destroy(struct account_cache *cache)
{
    if (cache) {
        HASH_CLEAR(hh, cache->entries);
        arena_destroy(cache->arena);
        free(cache);
    }
}

bool account_cache_get(struct account_cache *cache, const char *key, struct account *ret)
{
    struct entry *entry;

    if (cache->spoilt) {
        return false;
    }
    HASH_FIND(hh, cache->entries, key, strlen(key), entry);
    if (!entry) {
        return false;
    }
    *ret = entry->account;
    return true;
}

void account_cache_put(struct account_cache *cache, const struct account *account)
{
    struct entry *entry;

    if (cache->spoilt || HASH_COUNT(cache->entries) == MOST_ACCOUNTS) {
        cache->spoilt = true;
        return;
    }
    entry = arena_get(cache->arena, sizeof *entry);
    entry->account = *account;
    entry->account.key = arena_copy(cache->arena, account->key);
    entry->account.name = arena_copy(cache->arena, account->name);
    entry->account.tier = arena_copy(cache->arena, account->tier);
    entry->account.group = arena_copy(cache->arena, account->group);
    entry->account.service = arena_copy(cache->arena, account->service);
    entry->account.sales = arena_copy(cache->arena, account->sales);
    entry->account.region = arena_copy(cache->arena, account->region);
    entry->account.currency = arena_copy(cache->arena, account->currency);
    entry->account.terms_summary = arena_copy(cache->arena, account->terms_summary);
    entry->account.terms_link = arena_copy(cache->arena, account->terms_link);
    entry->account.terms_agreed_by = arena_copy(cache->arena, account->terms_agreed_by);
    HASH_ADD_KEYPTR(hh, cache->entries, entry->account.key, strlen(entry->account.key), entry);
}

void account_cache_spoil(struct account_cache *cache)
{
    cache->spoilt = true;
}

void account_cache_begin(struct account_cache *cache)
{
    if (cache->spoilt) {
        HASH_CLEAR(hh, cache->entries);
        arena_reset(cache->arena);
        cache->spoilt = false;
    }
}
