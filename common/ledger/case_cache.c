#include "common/ledger/case_cache.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/arena.h"
#include "common/base/xalloc.h"

enum { MOST_ACCOUNTS = 1024, MOST_ISSUES = 4096, MOST_COUNTS = 4096 };

struct account_entry {
    struct account account; // its strings are the arena's
    UT_hash_handle hh;
};

struct issue_entry {
    struct issue issue; // likewise
    UT_hash_handle hh;
};

struct counts_entry {
    struct case_counts counts;
    UT_hash_handle hh;
};

struct case_cache {
    struct account_entry *accounts; // hash by key
    struct issue_entry *issues;     // hash by num
    struct counts_entry *counts;    // hash by account
    struct arena *arena;            // of the accounts
    struct arena *turn_arena;       // of issues and counts
    int counts_made;                // in turn_arena
    bool spoilt;
};

struct case_cache *case_cache_create(void)
{
    struct case_cache *cache = xcalloc(1, sizeof *cache);

    cache->arena = arena_create();
    cache->turn_arena = arena_create();
    return cache;
}

static void clear_turn(struct case_cache *cache)
{
    if (cache->issues || cache->counts_made) {
        HASH_CLEAR(hh, cache->issues);
        HASH_CLEAR(hh, cache->counts);
        arena_reset(cache->turn_arena);
        cache->counts_made = 0;
    }
}

void case_cache_destroy(struct case_cache *cache)
{
    if (cache) {
        clear_turn(cache);
        HASH_CLEAR(hh, cache->accounts);
        arena_destroy(cache->arena);
        arena_destroy(cache->turn_arena);
        free(cache);
    }
}

bool case_cache_get_account(struct case_cache *cache, const char *key, struct account *ret)
{
    struct account_entry *entry = NULL;

    if (!cache->spoilt) {
        HASH_FIND(hh, cache->accounts, key, strlen(key), entry);
    }
    if (entry) {
        *ret = entry->account;
    }
    return entry != NULL;
}

void case_cache_put_account(struct case_cache *cache, const struct account *account)
{
    struct account_entry *entry;
    struct arena *arena = cache->arena;

    if (cache->spoilt || HASH_COUNT(cache->accounts) == MOST_ACCOUNTS) {
        cache->spoilt = true;
        return;
    }
    entry = arena_get(arena, sizeof *entry);
    entry->account = *account;
    entry->account.key = arena_copy(arena, account->key);
    entry->account.name = arena_copy(arena, account->name);
    entry->account.tier = arena_copy(arena, account->tier);
    entry->account.group = arena_copy(arena, account->group);
    entry->account.service = arena_copy(arena, account->service);
    entry->account.sales = arena_copy(arena, account->sales);
    entry->account.region = arena_copy(arena, account->region);
    entry->account.currency = arena_copy(arena, account->currency);
    entry->account.terms_summary = arena_copy(arena, account->terms_summary);
    entry->account.terms_link = arena_copy(arena, account->terms_link);
    entry->account.terms_agreed_by = arena_copy(arena, account->terms_agreed_by);
    HASH_ADD_KEYPTR(hh, cache->accounts, entry->account.key, strlen(entry->account.key), entry);
}

bool case_cache_get_issue(struct case_cache *cache, int64_t num, struct issue *ret)
{
    struct issue_entry *entry = NULL;

    if (!cache->spoilt) {
        HASH_FIND(hh, cache->issues, &num, sizeof num, entry);
    }
    if (entry) {
        *ret = entry->issue;
    }
    return entry != NULL;
}

static void copy_issue(struct arena *arena, const struct issue *issue, struct issue *ret)
{
    *ret = *issue;
    ret->key = arena_copy(arena, issue->key);
    ret->account = arena_copy(arena, issue->account);
    ret->category = arena_copy(arena, issue->category);
    ret->severity = arena_copy(arena, issue->severity);
    ret->department = arena_copy(arena, issue->department);
    ret->currency = arena_copy(arena, issue->currency);
    ret->summary = arena_copy(arena, issue->summary);
    ret->explanation = arena_copy(arena, issue->explanation);
    ret->contact = arena_copy(arena, issue->contact);
    ret->owner = arena_copy(arena, issue->owner);
    ret->acknowledged_by = arena_copy(arena, issue->acknowledged_by);
    ret->plan = arena_copy(arena, issue->plan);
    ret->resolution = arena_copy(arena, issue->resolution);
}

void case_cache_put_issue(struct case_cache *cache, const struct issue *issue)
{
    struct issue_entry *entry;

    HASH_CLEAR(hh, cache->counts);
    if (cache->spoilt) {
        return;
    }
    HASH_FIND(hh, cache->issues, &issue->num, sizeof issue->num, entry);
    if (!entry && HASH_COUNT(cache->issues) < MOST_ISSUES) {
        entry = arena_get(cache->turn_arena, sizeof *entry);
        entry->issue.num = issue->num;
        HASH_ADD(hh, cache->issues, issue.num, sizeof entry->issue.num, entry);
    }
    if (entry) {
        copy_issue(cache->turn_arena, issue, &entry->issue);
    }
}

void case_cache_note_heads_up(struct case_cache *cache, int64_t num, int64_t at_ms)
{
    struct issue_entry *entry;

    HASH_FIND(hh, cache->issues, &num, sizeof num, entry);
    if (entry && !entry->issue.heads_up_at_ms) {
        entry->issue.heads_up_at_ms = at_ms;
    }
}

bool case_cache_get_counts(struct case_cache *cache, const char *account,
                           struct case_counts *ret_counts)
{
    struct counts_entry *entry = NULL;

    if (!cache->spoilt) {
        HASH_FIND(hh, cache->counts, account, strlen(account), entry);
    }
    if (!entry || entry->counts.since_ms != ret_counts->since_ms) {
        return false;
    }
    *ret_counts = entry->counts;
    return true;
}

void case_cache_put_counts(struct case_cache *cache, const char *account,
                           const struct case_counts *counts)
{
    struct counts_entry *entry;
    size_t size = strlen(account);

    if (cache->spoilt) {
        return;
    }
    HASH_FIND(hh, cache->counts, account, size, entry);
    if (!entry && cache->counts_made < MOST_COUNTS) {
        entry = arena_get(cache->turn_arena, sizeof *entry);
        cache->counts_made++;
        HASH_ADD_KEYPTR(hh, cache->counts, arena_copy(cache->turn_arena, account), size, entry);
    }
    if (entry) {
        entry->counts = *counts;
    }
}

void case_cache_spoil(struct case_cache *cache)
{
    cache->spoilt = true;
}

void case_cache_begin_read(struct case_cache *cache)
{
    if (cache->spoilt) {
        HASH_CLEAR(hh, cache->accounts);
        arena_reset(cache->arena);
        clear_turn(cache);
        cache->spoilt = false;
    }
}

void case_cache_begin(struct case_cache *cache)
{
    case_cache_begin_read(cache);
    clear_turn(cache);
}
