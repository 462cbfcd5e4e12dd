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
    bool stale; // to be asked for anew
    UT_hash_handle hh;
};

struct case_cache {
    struct account_entry *accounts; // hash by key
    struct issue_entry *issues;     // hash by num
    struct counts_entry *counts;    // hash by account
    struct arena *arena;            // of the accounts
    struct arena *counts_arena;     // of the counts
    struct arena *turn_arena;       // of the issues
    bool spoilt;
};

struct case_cache *case_cache_create(void)
{
    struct case_cache *cache = xcalloc(1, sizeof *cache);

    cache->arena = arena_create();
    cache->counts_arena = arena_create();
    cache->turn_arena = arena_create();
    return cache;
}

static void clear_turn(struct case_cache *cache)
{
    if (cache->issues) {
        HASH_CLEAR(hh, cache->issues);
        arena_reset(cache->turn_arena);
    }
}

static void clear_counts(struct case_cache *cache)
{
    if (cache->counts) {
        HASH_CLEAR(hh, cache->counts);
        arena_reset(cache->counts_arena);
    }
}

void case_cache_destroy(struct case_cache *cache)
{
    if (cache) {
        clear_turn(cache);
        clear_counts(cache);
        HASH_CLEAR(hh, cache->accounts);
        arena_destroy(cache->arena);
        arena_destroy(cache->counts_arena);
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

static struct counts_entry *counts_of(struct case_cache *cache, const char *account)
{
    struct counts_entry *entry = NULL;

    if (account) {
        HASH_FIND(hh, cache->counts, account, strlen(account), entry);
    }
    return entry && !entry->stale ? entry : NULL;
}

static void forget_counts(struct case_cache *cache, const char *account)
{
    struct counts_entry *entry = counts_of(cache, account);

    if (entry) {
        entry->stale = true;
    }
}

// One more of the account. Where the newest are as many as are counted, which of them it displaces
// is not known here: it does not matter where all of them, and it too, count alike.
static void count_new(struct case_counts *counts, const struct issue *issue, bool *ret_stale)
{
    bool recent = issue->opened_at_ms >= counts->since_ms, open = issue_is_open(issue);

    if (counts->seen < CASE_COUNT_CAP) {
        counts->seen++;
        counts->open += open;
        counts->recent += recent;
    } else if (counts->open != (open ? counts->seen : 0) ||
               counts->recent != (recent ? counts->seen : 0)) {
        *ret_stale = true;
    }
    if (recent && issue->opened_at_ms < counts->oldest_ms) {
        counts->oldest_ms = issue->opened_at_ms;
    }
}

static bool same_account(const struct issue *one, const struct issue *other)
{
    return one->account && other->account && strcmp(one->account, other->account) == 0;
}

static void follow(struct case_cache *cache, const struct issue *before, const struct issue *issue)
{
    struct counts_entry *entry = counts_of(cache, issue->account);

    if (!before->known) {
        if (entry) {
            count_new(&entry->counts, issue, &entry->stale);
        }
    } else if (!same_account(before, issue) || before->opened_at_ms != issue->opened_at_ms) {
        forget_counts(cache, before->account);
        forget_counts(cache, issue->account);
    } else if (entry && issue_is_open(before) != issue_is_open(issue)) {
        entry->counts.open += issue_is_open(issue) - issue_is_open(before);
        entry->stale = entry->counts.seen == CASE_COUNT_CAP; // perhaps it was not among them
    }
}

void case_cache_put_issue(struct case_cache *cache, const struct issue *before,
                          const struct issue *issue)
{
    struct issue_entry *entry;

    if (cache->spoilt) {
        return;
    }
    if (before) {
        follow(cache, before, issue);
    } else {
        clear_counts(cache);
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

// What is recent changes with the moment that is asked for: as long as the oldest of them still is,
// so are they all, and none that was not becomes so.
bool case_cache_get_counts(struct case_cache *cache, const char *account,
                           struct case_counts *ret_counts)
{
    struct counts_entry *entry = cache->spoilt ? NULL : counts_of(cache, account);
    int64_t since_ms = ret_counts->since_ms;

    if (!entry || since_ms < entry->counts.since_ms || since_ms > entry->counts.oldest_ms) {
        return false;
    }
    *ret_counts = entry->counts;
    ret_counts->since_ms = since_ms;
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
    if (!entry) {
        if (HASH_COUNT(cache->counts) == MOST_COUNTS) {
            clear_counts(cache);
        }
        entry = arena_get(cache->counts_arena, sizeof *entry);
        HASH_ADD_KEYPTR(hh, cache->counts, arena_copy(cache->counts_arena, account), size, entry);
    }
    entry->counts = *counts;
    entry->stale = false;
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
        clear_counts(cache);
        cache->spoilt = false;
    }
}

void case_cache_begin(struct case_cache *cache)
{
    case_cache_begin_read(cache);
    clear_turn(cache);
}
