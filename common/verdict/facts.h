// What a matcher's field is worth in a case: one function, from case file, event and moment to a
// fact.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/event/event.h"
#include "common/rulebook/matcher.h"
#include "common/verdict/case_file.h"

// The facts of one event that were asked for already: a thousand rules ask the same few.
struct fact_memo {
    uint32_t known; // a bit for each field
    struct fact facts[FIELD_DATA];
};

struct zone;

struct fact_source {
    const struct case_file *file;
    const struct issue *issue;     // as it stands after the event
    const struct account *account; // likewise
    const struct event *event;     // NULL: none (a tier is asked for)
    const char *tier;              // of the account; NULL: none, or not known yet
    int64_t now_ms;
    const struct zone *zone; // of hour and weekday; NULL: UTC
    struct fact_memo *memo;  // NULL: each is worked out anew
};

struct fact fact_of(const struct fact_source *source, const struct matcher *matcher);
// Whether all the matchers hold; where there are none, they do.
bool facts_hold(const struct fact_source *source, const struct matcher *matchers, size_t count);
// Adds the value as people write it, such as 18250.00 or "3 days"; "nothing" where it is absent.
void fact_write(struct text *out, const struct fact *fact);
