// The notices that the turn added and that wait for their lanes: most go out at once, and need not
// be read for it. What was handed out stays valid until the next transaction begins. Internal to
// this folder.
#pragma once

#include "common/ledger/records.h"

struct notice_cache;

struct notice_cache *notice_cache_create(void);
void notice_cache_destroy(struct notice_cache *cache);
// As it was just added, with a num greater than any before it. Its strings are copied. One that
// says nothing of its event is passed over.
void notice_cache_put(struct notice_cache *cache, const struct notice_record *notice);
// NULL: not known, or no longer as it was added, for then it waited for another lane.
const struct notice_record *notice_cache_get(const struct notice_cache *cache, int64_t num,
                                             const char *lane);
bool notice_cache_is_empty(const struct notice_cache *cache);
// A transaction begins. Of one that was undone nothing is due.
void notice_cache_clear(struct notice_cache *cache);
