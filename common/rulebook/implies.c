#include "common/rulebook/implies.h"

#include <string.h>

static bool has_floor(const struct matcher *matcher)
{
    return matcher->op == OP_MORE || matcher->op == OP_AT_LEAST;
}

static bool has_ceiling(const struct matcher *matcher)
{
    return matcher->op == OP_LESS || matcher->op == OP_AT_MOST;
}

// The least, or the most, that the matcher holds for.
static int64_t bound(const struct matcher *matcher)
{
    return matcher->numbers[0] + (matcher->op == OP_MORE) - (matcher->op == OP_LESS);
}

// Whether weak holds for each of the values that strong names.
static bool suits_all(const struct matcher *strong, const struct matcher *weak)
{
    for (size_t i = 0; i < strong->word_count; i++) {
        bool text = strong->kind == FACT_TEXT;
        struct fact value = {.kind = strong->kind,
                             .text = text ? strong->words[i] : NULL,
                             .number = text ? 0 : strong->numbers[i]};

        if (matcher_holds(weak, &value) != ANSWER_YES) {
            return false;
        }
    }
    return true;
}

bool matcher_implies(const struct matcher *strong, const struct matcher *weak)
{
    if (strong->field != weak->field) {
        return false;
    }
    if (strcmp(strong->written, weak->written) == 0) {
        return true;
    }
    if (strong->kind == FACT_ANY) { // numbers or texts, as each event has it
        return false;
    }
    if (strong->op == OP_EQUAL || strong->op == OP_IN) {
        return suits_all(strong, weak);
    }
    if (has_floor(strong)) {
        return has_floor(weak) && bound(strong) >= bound(weak);
    }
    return has_ceiling(strong) && has_ceiling(weak) && bound(strong) <= bound(weak);
}

bool rule_implies(const struct rule *strong, const struct rule *weak)
{
    for (size_t i = 0; i < weak->matcher_count; i++) {
        bool implied = false;

        for (size_t j = 0; j < strong->matcher_count && !implied; j++) {
            implied = matcher_implies(&strong->matchers[j], &weak->matchers[i]);
        }
        if (!implied) {
            return false;
        }
    }
    return true;
}
