#include "common/rulebook/fields.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/nearest.h"
#include "common/base/text.h"
#include "common/event/event.h"

enum { WORDS_MOST = 8, NAME_BYTES = 64 };

struct field_fact {
    const char *name;
    enum fact_kind kind;
    const char *words[WORDS_MOST]; // the only ones that it can be; none: any
};

static const struct field_fact fields[FIELD_COUNT] = {
    [FIELD_EVENT] = {"event", FACT_TEXT, {NULL}},
    [FIELD_CATEGORY] = {"category", FACT_TEXT, {NULL}},
    [FIELD_SEVERITY] = {"severity", FACT_TEXT, {"minor", "normal", "major"}},
    [FIELD_AMOUNT] = {"amount", FACT_MONEY, {NULL}},
    [FIELD_CURRENCY] = {"currency", FACT_TEXT, {NULL}},
    [FIELD_DEPARTMENT] = {"department", FACT_TEXT, {NULL}},
    [FIELD_SOURCE] = {"source", FACT_TEXT, {NULL}},
    [FIELD_SUMMARY] = {"summary", FACT_TEXT, {NULL}},
    [FIELD_ACCOUNT] = {"account", FACT_TEXT, {NULL}},
    [FIELD_ACCOUNT_TIER] = {"account.tier", FACT_TEXT, {NULL}},
    [FIELD_ACCOUNT_VALUE] = {"account.value", FACT_MONEY, {NULL}},
    [FIELD_ACCOUNT_GROUP] = {"account.group", FACT_TEXT, {NULL}},
    [FIELD_ACCOUNT_GROUP_VALUE] = {"account.group_value", FACT_MONEY, {NULL}},
    [FIELD_ACCOUNT_REGION] = {"account.region", FACT_TEXT, {NULL}},
    [FIELD_ACCOUNT_OPEN_ISSUES] = {"account.open_issues", FACT_COUNT, {NULL}},
    [FIELD_ACCOUNT_RECENT_ISSUES] = {"account.recent_issues", FACT_COUNT, {NULL}},
    [FIELD_ISSUE_STATE] = {"issue.state",
                           FACT_TEXT,
                           {"open", "acknowledged", "planned", "resolved", "closed"}},
    [FIELD_ISSUE_HOP] = {"issue.hop", FACT_COUNT, {NULL}},
    [FIELD_AGE] = {"age", FACT_SPAN, {NULL}},
    [FIELD_TRANSFERS] = {"transfers", FACT_COUNT, {NULL}},
    [FIELD_REOPENED] = {"reopened", FACT_COUNT, {NULL}},
    [FIELD_EXPLANATION] = {"explanation", FACT_TEXT, {"given", "missing"}},
    [FIELD_HOUR] = {"hour", FACT_COUNT, {NULL}},
    [FIELD_WEEKDAY] = {"weekday", FACT_TEXT, {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}},
    [FIELD_DATA] = {"data.NAME", FACT_ANY, {NULL}},
};

const char *field_name(enum field field)
{
    return field < FIELD_COUNT ? fields[field].name : "";
}

enum fact_kind field_kind(enum field field)
{
    return field < FIELD_COUNT ? fields[field].kind : FACT_ABSENT;
}

enum field field_of(const char *name)
{
    if (strncmp(name, "data.", 5) == 0) {
        size_t size = strlen(name + 5);

        return size && size <= NAME_BYTES && !strchr(name + 5, '.') ? FIELD_DATA : FIELD_COUNT;
    }
    for (unsigned i = 0; i < FIELD_DATA; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return (enum field)i;
        }
    }
    return FIELD_COUNT;
}

const char *field_nearest(const char *name)
{
    const char *names[FIELD_COUNT];

    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        names[i] = fields[i].name;
    }
    return nearest_word(name, names, FIELD_COUNT);
}

static int refuse(struct error *err, const char *word, const char *what, const char *nearest)
{
    int shown = (int)utf8_cut(word, strlen(word), 64);

    return nearest ? error_set(err, -EINVAL, "'%.*s' is no %s; did you mean '%s'?", shown, word,
                               what, nearest)
                   : error_set(err, -EINVAL, "'%.*s' is no %s", shown, word, what);
}

static int check_event(const char *word, struct error *err)
{
    const char *names[EVENT_TYPE_COUNT];

    if (event_type_of(word) != EVENT_TYPE_COUNT) {
        return 0;
    }
    for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
        names[i] = event_type_name((enum event_type)i);
    }
    return refuse(err, word, "event", nearest_word(word, names, EVENT_TYPE_COUNT));
}

static int check_currency(const char *word, struct error *err)
{
    if (strlen(word) == 3 && strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3) {
        return 0;
    }
    return refuse(err, word, "currency: write three capital letters, such as USD", NULL);
}

int field_check_word(enum field field, const char *word, struct error *err)
{
    const struct field_fact *fact = &fields[field];
    struct text known = {0};
    const char *nearest;

    if (field == FIELD_EVENT) {
        return check_event(word, err);
    }
    if (field == FIELD_CURRENCY) {
        return check_currency(word, err);
    }
    for (size_t i = 0; i < WORDS_MOST && fact->words[i]; i++) {
        if (strcmp(fact->words[i], word) == 0) {
            text_finish(&known);
            return 0;
        }
        text_addf(&known, "%s%s", i ? ", " : "", fact->words[i]);
    }
    if (!known.size) {
        return 0;
    }
    nearest = nearest_word(word, fact->words, WORDS_MOST);
    (void)error_set(err, -EINVAL, "'%.*s' is no %s (%s)%s%s%s",
                    (int)utf8_cut(word, strlen(word), 64), word, fact->name, known.bytes,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    text_finish(&known);
    return -EINVAL;
}
