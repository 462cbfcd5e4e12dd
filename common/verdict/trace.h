// How a verdict came about, written down while it is made: each tier and rule that was tried, what
// its matchers saw, and the laws that applied. For whoever asks; the daemon asks for none. Every
// function takes NULL for the trace and then does nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/facts.h"

struct matcher_trace {
    const struct matcher *matcher;
    const char *saw; // the value of its field, in words
    enum answer answer;
};

// One tier or rule that was tried. All its matchers were asked, also those behind one that failed.
struct trial_trace {
    const struct tier *tier; // one of the two
    const struct rule *rule;
    bool matched;
    bool heads_up, service, escalate, urgent; // a rule: which of what it says counted
    size_t matcher_count;
    struct matcher_trace *matchers;
};

struct law_trace {
    const char *law;   // "one hop", "stand firm", "unknown account" …
    const char *words; // what it meant here
};

enum { TRACE_LAWS = 16 };

struct verdict_trace { // zeroed: nothing was written yet
    struct arena *arena;
    const char *tier;          // that the account was taken to have; NULL: none
    bool tier_on_record;       // it is the account's own word, and no tier was tried
    struct trial_trace *tiers; // in the order of trying
    size_t tier_count;
    struct trial_trace *rules; // likewise
    size_t rule_count;
    const struct rule *stopped_by; // NULL: all rules were tried
    size_t law_count;
    struct law_trace laws[TRACE_LAWS];
};

// Begins a trace; its parts live in arena.
void trace_begin(struct verdict_trace *trace, const struct rulebook *rulebook, struct arena *arena);
// Writes down a tier or a rule that was tried, and asks each of its matchers once more.
void trace_tier(struct verdict_trace *trace, const struct tier *tier, bool matched,
                const struct fact_source *facts);
void trace_rule(struct verdict_trace *trace, const struct rule *rule, bool matched,
                const struct fact_source *facts);
// Writes down a law that applied, in words.
void trace_law(struct verdict_trace *trace, const char *law, const char *format, ...)
    printf_like(3, 4);
