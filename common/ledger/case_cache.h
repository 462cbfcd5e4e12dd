// What a case file was made of lately: accounts that were looked up, for most events are about few
// of them and they seldom change; the issues that this turn saved, which its notices are about; and
// the counts of an account's issues, which follow what is saved. Only what is on record, or will be
// with the transaction that is open, is kept. What was handed out stays valid until the next
// transaction begins. Internal to this folder.
#pragma once

#include <stdbool.h>

#include "common/verdict/case_file.h"

struct case_cache;

// Of an account's newest issues, CASE_COUNT_CAP at most.
struct case_counts {
    int64_t since_ms;  // what was opened then or later counts as recent
    int64_t oldest_ms; // when the oldest of the recent ones was opened; INT64_MAX: there is none
    int32_t seen, open, recent;
};

struct case_cache *case_cache_create(void);
void case_cache_destroy(struct case_cache *cache);
// True where it is known, and nothing made the cache stale since.
bool case_cache_get_account(struct case_cache *cache, const char *key, struct account *ret);
void case_cache_put_account(struct case_cache *cache, const struct account *account);
bool case_cache_get_issue(struct case_cache *cache, int64_t num, struct issue *ret);
// As it was just saved: from now on it stands so. before: as it stood, known or not; where that is
// NULL, the counts of all accounts are asked for anew.
void case_cache_put_issue(struct case_cache *cache, const struct issue *before,
                          const struct issue *issue);
// The first time that the issue's sales rep was told of it at once.
void case_cache_note_heads_up(struct case_cache *cache, int64_t num, int64_t at_ms);
// ret_counts->since_ms says what is asked for, and stays; the rest is filled in.
bool case_cache_get_counts(struct case_cache *cache, const char *account,
                           struct case_counts *ret_counts);
void case_cache_put_counts(struct case_cache *cache, const char *account,
                           const struct case_counts *counts);
void case_cache_spoil(struct case_cache *cache); // all may have changed: by another save, or undone
void case_cache_begin_read(struct case_cache *cache); // a span of reading begins
void case_cache_begin(struct case_cache *cache);      // a turn's transaction begins
