#include "common/verdict/trace.h"

#include <stdarg.h>
#include <stdio.h>

enum { LAW_BYTES = 1024 };

void trace_begin(struct verdict_trace *trace, const struct rulebook *rulebook, struct arena *arena)
{
    if (trace) {
        *trace = (struct verdict_trace){.arena = arena};
        trace->tiers = arena_get(arena, rulebook->tier_count * sizeof *trace->tiers);
        trace->rules = arena_get(arena, rulebook->rule_count * sizeof *trace->rules);
    }
}

static struct matcher_trace *ask(const struct verdict_trace *trace, const struct matcher *matchers,
                                 size_t count, const struct fact_source *facts)
{
    struct matcher_trace *asked = arena_get(trace->arena, count * sizeof *asked);
    struct text words = {0};

    for (size_t i = 0; i < count; i++) {
        struct fact fact = fact_of(facts, &matchers[i]);

        text_clear(&words);
        fact_write(&words, &fact);
        asked[i] = (struct matcher_trace){
            .matcher = &matchers[i],
            .saw = arena_copy(trace->arena, text_string(&words)),
            .answer = matcher_holds(&matchers[i], &fact),
        };
    }
    text_finish(&words);
    return asked;
}

void trace_tier(struct verdict_trace *trace, const struct tier *tier, bool matched,
                const struct fact_source *facts)
{
    if (trace) {
        trace->tiers[trace->tier_count++] = (struct trial_trace){
            .tier = tier,
            .matched = matched,
            .matcher_count = tier->matcher_count,
            .matchers = ask(trace, tier->matchers, tier->matcher_count, facts),
        };
    }
}

void trace_rule(struct verdict_trace *trace, const struct rule *rule, bool matched,
                const struct fact_source *facts)
{
    if (trace) {
        trace->rules[trace->rule_count++] = (struct trial_trace){
            .rule = rule,
            .matched = matched,
            .urgent = matched && rule->urgent,
            .matcher_count = rule->matcher_count,
            .matchers = ask(trace, rule->matchers, rule->matcher_count, facts),
        };
        trace->stopped_by = matched && !rule->go_on ? rule : NULL;
    }
}

void trace_law(struct verdict_trace *trace, const char *law, const char *format, ...)
{
    char words[LAW_BYTES];
    va_list args;

    if (trace && trace->law_count < TRACE_LAWS) {
        va_start(args, format);
        (void)vsnprintf(words, sizeof words, format, args);
        va_end(args);
        trace->laws[trace->law_count++] =
            (struct law_trace){.law = law, .words = arena_copy(trace->arena, words)};
    }
}
