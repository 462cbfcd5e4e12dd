#include "common/rulebook/sense.h"

#include <string.h>

#include "common/event/event.h"

// The matchers of a rule or a tier that ask about one thing.
struct group {
    const struct matcher *matchers;
    size_t count;
    const struct matcher *of;
};

static bool same_thing(const struct matcher *one, const struct matcher *other)
{
    return one->field == other->field &&
           (one->field != FIELD_DATA || strcmp(one->data_name, other->data_name) == 0);
}

static bool in_group(const struct group *group, size_t i)
{
    return same_thing(&group->matchers[i], group->of);
}

// Whether all matchers of the group hold for the value. A number of data.NAME may be written in
// several ways, so what a pattern makes of it is not known.
static bool all_hold(const struct group *group, const struct fact *value)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct matcher *matcher = &group->matchers[i];

        if (in_group(group, i) && !(matcher->pattern && matcher->kind == FACT_ANY) &&
            matcher_holds(matcher, value) == ANSWER_NO) {
            return false;
        }
    }
    return true;
}

// Whether one of the values that the matcher names (it is of = or in) suits all others too.
static bool some_value_holds(const struct group *group, const struct matcher *named)
{
    for (size_t i = 0; i < named->word_count; i++) {
        bool text = named->kind == FACT_TEXT || named->kind == FACT_ANY;
        struct fact value = {.kind = text ? FACT_TEXT : named->kind,
                             .text = text ? named->words[i] : NULL,
                             .number = text ? 0 : named->numbers[i]};

        if (all_hold(group, &value)) {
            return true;
        }
    }
    return false;
}

struct range {
    int64_t least, most;
};

// What values the field can have at all.
static struct range range_of(const struct matcher *matcher)
{
    switch (matcher->field) {
    case FIELD_ISSUE_HOP:
        return (struct range){0, 1};
    case FIELD_HOUR:
        return (struct range){0, 23};
    default:
        return (struct range){
            matcher->kind == FACT_COUNT || matcher->kind == FACT_SPAN ? 0 : INT64_MIN, INT64_MAX};
    }
}

static void narrow(struct range *range, const struct matcher *matcher)
{
    int64_t number = matcher->numbers ? matcher->numbers[0] : 0;
    struct range with = {INT64_MIN, INT64_MAX};

    switch (matcher->op) {
    case OP_LESS:
        with.most = number - 1;
        break;
    case OP_AT_MOST:
        with.most = number;
        break;
    case OP_MORE:
        with.least = number + 1;
        break;
    case OP_AT_LEAST:
        with.least = number;
        break;
    default:
        break;
    }
    range->least = with.least > range->least ? with.least : range->least;
    range->most = with.most < range->most ? with.most : range->most;
}

// Whether any value can make all matchers of the group hold.
static bool can_hold(const struct group *group)
{
    struct range range = range_of(group->of);

    for (size_t i = 0; i < group->count; i++) {
        const struct matcher *matcher = &group->matchers[i];

        if (in_group(group, i) && (matcher->op == OP_EQUAL || matcher->op == OP_IN)) {
            return some_value_holds(group, matcher);
        }
        if (in_group(group, i)) {
            narrow(&range, matcher);
        }
    }
    return range.least <= range.most;
}

struct owner { // of matchers: a rule or a tier
    const char *kind, *name, *file;
    int line;
};

static void warn_never(const struct group *group, const struct owner *owner,
                       struct problems *problems)
{
    struct text words = {0};
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++) {
        if (in_group(group, i)) {
            text_addf(&words, "%s'%s'", count ? " and " : "", group->matchers[i].written);
            count++;
        }
    }
    problems_add(problems, PROBLEM_WARNING, owner->file, owner->line,
                 "%s '%s' never matches: %s can never hold%s", owner->kind, owner->name,
                 text_string(&words), count > 1 ? " together" : "");
    text_finish(&words);
}

static bool names_values(const struct matcher *matcher)
{
    return matcher->op == OP_EQUAL || matcher->op == OP_UNEQUAL || matcher->op == OP_IN;
}

// What can be read, and hardly means what it says.
static void check_meaning(const struct matcher *matcher, const struct owner *owner,
                          struct problems *problems)
{
    if (matcher->op != OP_IN && names_values(matcher) && strchr(matcher->words[0], ',') &&
        !strpbrk(matcher->written, "'\"")) {
        problems_add(problems, PROBLEM_WARNING, owner->file, owner->line,
                     "%s '%s': '%s' asks for one text with a comma in it; several values want "
                     "'in', and a comma that is meant wants quotes",
                     owner->kind, owner->name, matcher->written);
    }
    if (matcher->field == FIELD_AGE && names_values(matcher) && matcher->numbers[0] > 0) {
        problems_add(problems, PROBLEM_WARNING, owner->file, owner->line,
                     "%s '%s': '%s' asks for one thousandth of a second; write >= instead",
                     owner->kind, owner->name, matcher->written);
    }
}

static void check_matchers(const struct matcher *matchers, size_t count, const struct owner *owner,
                           struct problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        struct group group = {matchers, count, &matchers[i]};
        bool first = true;

        check_meaning(&matchers[i], owner, problems);
        for (size_t j = 0; j < i && first; j++) {
            first = !same_thing(&matchers[j], &matchers[i]);
        }
        if (first && !can_hold(&group)) {
            warn_never(&group, owner, problems);
        }
    }
}

// Whether the rule changes nothing, matched or not.
static bool is_idle(const struct rule *rule)
{
    return rule->go_on && !rule->escalate && !rule->urgent && rule->heads_up == WHEN_UNSAID &&
           rule->service == WHEN_UNSAID;
}

// A bit for each type of event that is about that.
static uint64_t events_about(enum event_about about)
{
    uint64_t events = 0;

    for (unsigned type = 0; type <= EVENT_SOURCE_SILENT; type++) {
        bool real = event_type_name((enum event_type)type) != NULL;

        events |= (uint64_t)(real && event_type_about((enum event_type)type) == about) << type;
    }
    return events;
}

// What a rule says and nothing comes of. An issue that comes of an age while sales has it makes
// use of heads_up beside escalate.
static void warn_in_vain(const struct rule *rule, struct problems *problems)
{
    bool said = rule->heads_up != WHEN_UNSAID || rule->service != WHEN_UNSAID;
    bool issues = rule->events & events_about(ABOUT_ISSUE);
    bool accounts = rule->events & events_about(ABOUT_ACCOUNT);
    bool alarms = rule->events & UINT64_C(1) << EVENT_ALARM_RANG;
    bool now = rule->escalate || rule->heads_up == WHEN_NOW || rule->service == WHEN_NOW;
    const char *words = NULL;

    if (rule->escalate && accounts && !issues) {
        words = "'escalate' has no effect: only an issue has a hop to go";
    } else if (rule->escalate && said && issues && !accounts && !alarms) {
        words = "'heads_up' and 'service' have no effect beside 'escalate': both are told now";
    } else if ((rule->headline || rule->body) && !now) {
        words = "its words have no effect: 'headline' and 'body' are of notices that it tells now";
    }
    if (words) {
        problems_add(problems, PROBLEM_WARNING, rule->file, rule->line, "rule '%s': %s", rule->name,
                     words);
    }
}

static bool tells(enum when when)
{
    return when == WHEN_NOW || when == WHEN_DIGEST;
}

// Nobody in a role ever hears of anything. Asked only where the rules say something of somebody.
static void warn_unheard(const struct rulebook *book, struct problems *problems)
{
    bool sales = tells(book->unsaid_heads_up), service = tells(book->unsaid_service), any = false;

    for (size_t i = 0; i < book->rule_count; i++) {
        const struct rule *rule = &book->rules[i];

        sales = sales || rule->escalate || tells(rule->heads_up);
        service = service || rule->escalate || tells(rule->service);
        any = any || rule->heads_up != WHEN_UNSAID || rule->service != WHEN_UNSAID;
    }
    if (!sales && any) {
        problems_add(problems, PROBLEM_WARNING, book->path, 0,
                     "no rule, nor what is unsaid, ever tells a sales rep anything");
    }
    if (!service && any) {
        problems_add(problems, PROBLEM_WARNING, book->path, 0,
                     "no rule, nor what is unsaid, ever tells a service rep anything");
    }
}

void sense_warn(const struct rulebook *book, struct problems *problems)
{
    for (size_t i = 0; i < book->tier_count; i++) {
        const struct tier *tier = &book->tiers[i];
        const struct owner owner = {"tier", tier->name, book->path, 0};

        check_matchers(tier->matchers, tier->matcher_count, &owner, problems);
    }
    for (size_t i = 0; i < book->rule_count; i++) {
        const struct rule *rule = &book->rules[i];
        const struct owner owner = {"rule", rule->name, rule->file, rule->line};

        check_matchers(rule->matchers, rule->matcher_count, &owner, problems);
        if (is_idle(rule)) {
            problems_add(problems, PROBLEM_WARNING, rule->file, rule->line,
                         "rule '%s' has no effect: it says nothing, and goes on", rule->name);
        }
        warn_in_vain(rule, problems);
    }
    warn_unheard(book, problems);
}
