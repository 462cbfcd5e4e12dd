// Accounts that were looked up lately: most events are about few of them, and they seldom change.
// Only what is on record is kept. A save makes the whole cache stale; it is emptied when the next
// transaction begins, so that what was handed out stays valid until then. Internal to this folder.
#pragma once

#include <stdbool.h>

#include "common/verdict/case_file.h"

struct account_cache;

struct account_cache *account_cache_create(void);
void account_cache_destroy(struct account_cache *cache);
// True where it is known, and nothing was saved since.
bool account_cache_get(struct account_cache *cache, const char *key, struct account *ret);
void account_cache_put(struct account_cache *cache, const struct account *account);
void account_cache_spoil(struct account_cache *cache); // something was saved, or undone
void account_cache_begin(struct account_cache *cache); // a transaction begins
