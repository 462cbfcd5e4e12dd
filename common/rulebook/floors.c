#include "common/rulebook/floors.h"

#include <string.h>

#include "common/base/money.h"

// The least value that a matcher lets through, INT64_MIN where it sets none.
static int64_t least_of(const struct matcher *matcher)
{
    switch (matcher->op) {
    case OP_AT_LEAST:
        return matcher->numbers[0];
    case OP_MORE:
        return matcher->numbers[0] + 1;
    default:
        return INT64_MIN;
    }
}

// The most, INT64_MAX where it sets none.
static int64_t most_of(const struct matcher *matcher)
{
    switch (matcher->op) {
    case OP_AT_MOST:
        return matcher->numbers[0];
    case OP_LESS:
        return matcher->numbers[0] - 1;
    default:
        return INT64_MAX;
    }
}

static int64_t least_of_all(const struct matcher *matchers, size_t count, enum field field)
{
    int64_t least = INT64_MIN;

    for (size_t i = 0; i < count; i++) {
        if (matchers[i].field == field && least_of(&matchers[i]) > least) {
            least = least_of(&matchers[i]);
        }
    }
    return least;
}

// The floor of the tiers that the matcher names: what each entry of each asks for at least.
static int64_t floor_of(const struct rulebook *book, const struct matcher *named, enum field field)
{
    int64_t lowest = INT64_MAX;
    bool any = false;

    for (size_t i = 0; i < book->tier_count; i++) {
        const struct tier *tier = &book->tiers[i];

        for (size_t j = 0; j < named->word_count; j++) {
            if (strcmp(tier->name, named->words[j]) == 0) {
                int64_t least = least_of_all(tier->matchers, tier->matcher_count, field);

                lowest = least < lowest ? least : lowest;
                any = true;
            }
        }
    }
    return any ? lowest : INT64_MIN;
}

static void warn(const struct rule *rule, const struct matcher *matcher,
                 const struct matcher *named, int64_t floor, struct problems *problems)
{
    char floor_text[MONEY_TEXT_BYTES];
    const char *words = "asks for nothing beside";

    if (most_of(matcher) != INT64_MAX) {
        words = "leaves nothing of";
    } else if (least_of(matcher) > floor) {
        words = "leaves out some accounts of";
    }
    problems_add(problems, PROBLEM_WARNING, rule->file, rule->line,
                 "rule '%s': '%s' %s '%s', whose floor is %s", rule->name, matcher->written, words,
                 named->written, money_format(floor, floor_text));
}

static void check_rule(const struct rulebook *book, const struct rule *rule, enum field field,
                       struct problems *problems)
{
    const struct matcher *named = NULL;
    int64_t floor;

    for (size_t i = 0; i < rule->matcher_count; i++) {
        const struct matcher *matcher = &rule->matchers[i];

        if (matcher->field == FIELD_ACCOUNT_TIER &&
            (matcher->op == OP_EQUAL || matcher->op == OP_IN)) {
            named = matcher;
        }
    }
    floor = named ? floor_of(book, named, field) : INT64_MIN;
    for (size_t i = 0; i < rule->matcher_count && floor != INT64_MIN; i++) {
        const struct matcher *matcher = &rule->matchers[i];

        if (matcher->field == field &&
            (least_of(matcher) != INT64_MIN || most_of(matcher) < floor)) {
            warn(rule, matcher, named, floor, problems);
        }
    }
}

void floors_warn(const struct rulebook *book, struct problems *problems)
{
    for (size_t i = 0; i < book->rule_count && book->tier_count; i++) {
        check_rule(book, &book->rules[i], FIELD_ACCOUNT_VALUE, problems);
        check_rule(book, &book->rules[i], FIELD_ACCOUNT_GROUP_VALUE, problems);
    }
}
