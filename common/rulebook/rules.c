#include "common/rulebook/rules.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/nearest.h"
#include "common/base/xalloc.h"
#include "common/event/event.h"
#include "common/rulebook/floors.h"
#include "common/rulebook/reach.h"
#include "common/rulebook/sense.h"
#include "common/rulebook/template.h"

enum { MATCHERS_MOST = 64 };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const when_list[] = {
    [WHEN_UNSAID] = NULL, [WHEN_NOW] = "now", [WHEN_DIGEST] = "digest", [WHEN_NO] = "no"};
const struct setting_words when_words = {when_list, COUNT_OF(when_list)};

const char *when_name(enum when when)
{
    return when > WHEN_UNSAID && when <= WHEN_NO ? when_list[when] : "unsaid";
}

static const char *const priority_list[] = {"normal", "urgent"};
static const struct setting_words priorities = {priority_list, COUNT_OF(priority_list)};

static void check_rule(struct reader *reader, struct place place, void *group)
{
    struct rule *rule = group;
    const struct name *first;

    rule->file = xstrdup(place.file);
    rule->line = place.line;
    first = rule->name ? names_add(reader->rules, rule->name, rule, place) : NULL;
    if (first) {
        reader_error(reader, place, "the name is taken by the rule at %s:%d", first->place.file,
                     first->place.line);
    }
}

static void check_template(struct reader *reader, struct place place, const char *text, void *group)
{
    struct error err = {0};

    (void)group;
    if (template_check(text, &err) < 0) {
        reader_error(reader, place, "%s", err.message);
    }
}

static void finish_rule(void *group)
{
    struct rule *rule = group;

    free(rule->file);
}

static const struct setting rule_settings[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .required = true,
     .max = 128,
     STORED_IN(struct rule, name),
     .help = "What the rule is about, in words; it is the reason that a notice gives."},
    {.name = "match",
     .type = SETTING_MATCHERS,
     .max = MATCHERS_MOST,
     LISTED_IN(struct rule, matchers, matcher_count),
     .help = "The matchers that must all hold; without any, the rule matches every event."},
    {.name = "heads_up",
     .type = SETTING_WORD,
     .words = &when_words,
     STORED_IN(struct rule, heads_up),
     .help = "When the sales rep is told: now, in the digest, or no."},
    {.name = "service",
     .type = SETTING_WORD,
     .words = &when_words,
     STORED_IN(struct rule, service),
     .help = "When the service rep is told: now, in the digest, or no."},
    {.name = "escalate",
     .type = SETTING_BOOLEAN,
     .def = "false",
     .law = true,
     STORED_IN(struct rule, escalate),
     .help = "Whether the issue goes its one hop, from the service rep to the sales rep."},
    {.name = "priority",
     .type = SETTING_WORD,
     .def = "\"normal\"",
     .words = &priorities,
     STORED_IN(struct rule, urgent),
     .help = "What is urgent does not wait for the rep's hours: normal, or urgent."},
    {.name = "continue",
     .type = SETTING_BOOLEAN,
     .def = "false",
     STORED_IN(struct rule, go_on),
     .help = "Whether the rules below are tried too when this one has matched."},
    {.name = "headline",
     .type = SETTING_TEXT,
     .max = 256,
     .check = check_template,
     STORED_IN(struct rule, headline),
     .help = "The first line of the notice, with fields in braces."},
    {.name = "body",
     .type = SETTING_TEXT,
     .lines = true,
     .max = 2048,
     .check = check_template,
     STORED_IN(struct rule, body),
     .help = "What the notice says of the case, with fields in braces."},
};

const struct setting_group rule_group = {
    .title = "rule",
    .named = "name",
    .settings = rule_settings,
    .count = COUNT_OF(rule_settings),
    .size = sizeof(struct rule),
    .check = check_rule,
    .finish = finish_rule,
};

// A tier is a judgement of the account alone: it is asked for where there is no event.
static void check_tier(struct reader *reader, struct place place, void *group)
{
    const struct tier *tier = group;

    for (size_t i = 0; i < tier->matcher_count; i++) {
        const struct matcher *matcher = &tier->matchers[i];
        const char *name = field_name(matcher->field);

        if (!matcher->written) {
            continue; // its fault is noted already
        }
        if (matcher->field == FIELD_ACCOUNT_TIER) {
            reader_error(reader, place, "a tier cannot depend on a tier: '%s'", matcher->written);
        } else if (strncmp(name, "account", strlen("account")) != 0) {
            reader_error(reader, place,
                         "a tier asks about the account only (account, account.value, "
                         "account.group, account.group_value, account.region, "
                         "account.open_issues, account.recent_issues), not about %s",
                         name);
        }
    }
}

static const struct setting tier_settings[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .required = true,
     .max = 64,
     STORED_IN(struct tier, name),
     .help = "The tier's name, for account.tier; several entries may share one."},
    {.name = "match",
     .type = SETTING_MATCHERS,
     .required = true,
     .min = 1,
     .max = MATCHERS_MOST,
     LISTED_IN(struct tier, matchers, matcher_count),
     .help = "The matchers on the account that must all hold."},
};

const struct setting_group tier_group = {
    .title = "tier",
    .named = "name",
    .settings = tier_settings,
    .count = COUNT_OF(tier_settings),
    .size = sizeof(struct tier),
    .check = check_tier,
};

// The names that a rule may compare with, as far as the rule book says them.
struct known {
    const char *what;
    const char *const *names;
    size_t count;
};

static bool has(const struct known *known, const char *name)
{
    for (size_t i = 0; i < known->count; i++) {
        if (strcmp(known->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void warn_unknown(struct reader *reader, const struct known *known, const struct rule *rule,
                         const struct matcher *matcher)
{
    for (size_t i = 0; i < matcher->word_count && !matcher->pattern; i++) {
        if (!has(known, matcher->words[i])) {
            const char *nearest = nearest_word(matcher->words[i], known->names, known->count);

            problems_add(reader->problems, PROBLEM_WARNING, rule->file, rule->line,
                         "rule '%s': the rule book has no %s '%s'%s%s%s", rule->name, known->what,
                         matcher->words[i], nearest ? "; did you mean '" : "",
                         nearest ? nearest : "", nearest ? "'?" : "");
        }
    }
}

static void warn_unknowns(struct reader *reader, const struct rulebook *book)
{
    const char **names = xcalloc(book->tier_count, sizeof *names);
    const struct known tiers = {"tier", names, book->tier_count};
    const struct known departments = {"department", (const char *const *)book->departments,
                                      book->department_count};

    for (size_t i = 0; i < book->tier_count; i++) {
        names[i] = book->tiers[i].name;
    }
    for (size_t i = 0; i < book->rule_count; i++) {
        const struct rule *rule = &book->rules[i];

        for (size_t j = 0; j < rule->matcher_count; j++) {
            if (rule->matchers[j].field == FIELD_ACCOUNT_TIER) {
                warn_unknown(reader, &tiers, rule, &rule->matchers[j]);
            } else if (rule->matchers[j].field == FIELD_DEPARTMENT && departments.count) {
                warn_unknown(reader, &departments, rule, &rule->matchers[j]);
            }
        }
    }
    free(names);
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void add_ages(struct rulebook *book, const struct matcher *matcher)
{
    bool beyond = matcher->op == OP_MORE || matcher->op == OP_AT_MOST;

    for (size_t i = 0; i < matcher->word_count; i++) {
        if (matcher->numbers[i] > 0) { // an age of nothing is reached by every event
            book->ages_ms = xrealloc(book->ages_ms, (book->age_count + 1) * sizeof *book->ages_ms);
            book->ages_ms[book->age_count++] = matcher->numbers[i] + beyond;
        }
    }
}

static void sort_ages(struct rulebook *book)
{
    size_t kept = 0;

    if (book->age_count) {
        qsort(book->ages_ms, book->age_count, sizeof *book->ages_ms, by_value);
    }
    for (size_t i = 0; i < book->age_count; i++) {
        if (kept == 0 || book->ages_ms[i] != book->ages_ms[kept - 1]) {
            book->ages_ms[kept++] = book->ages_ms[i];
        }
    }
    book->age_count = kept;
}

static_assert(EVENT_SOURCE_SILENT < 64, "a rule has a bit for each type of event");

// Most rules are about a few types of event: the others pass them over at a glance.
static uint64_t events_of(const struct rule *rule)
{
    uint64_t events = 0;

    for (unsigned type = 0; type <= EVENT_SOURCE_SILENT; type++) {
        struct fact fact = {.kind = FACT_TEXT, .text = event_type_name((enum event_type)type)};
        bool holds = true;

        for (size_t i = 0; i < rule->matcher_count && holds && fact.text; i++) {
            holds = rule->matchers[i].field != FIELD_EVENT ||
                    matcher_holds(&rule->matchers[i], &fact) == ANSWER_YES;
        }
        events |= (uint64_t)holds << type;
    }
    return events;
}

void rules_settle(struct reader *reader, struct rulebook *book)
{
    for (size_t i = 0; i < book->rule_count; i++) {
        struct rule *rule = &book->rules[i];

        rule->events = events_of(rule);

        for (size_t j = 0; j < rule->matcher_count; j++) {
            const struct matcher *matcher = &rule->matchers[j];

            if (matcher->field == FIELD_AGE) {
                add_ages(book, matcher);
            }
        }
    }
    sort_ages(book);
    warn_unknowns(reader, book);
    reach_warn(book, reader->problems);
    sense_warn(book, reader->problems);
    floors_warn(book, reader->problems);
}

const struct rule *rulebook_rule(const struct rulebook *rulebook, const char *name)
{
    const struct name *found = name ? names_find(rulebook->rule_index, name) : NULL;

    return found ? found->thing : NULL;
}
