// A file of tests of a rule book (headsup-test(5)): its accounts, its tests, their steps and what
// must follow from each. Read by its tables and checked whole, with line numbers; nothing here
// plays it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/rulebook/problems.h"
#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"

struct script_place {
    char *file;
    int line;
};

struct script_terms {
    char *summary, *link, *agreed_by;
};

// Kept as it is put on record before the first step.
struct script_account {
    struct script_place place;
    char *key, *name, *tier, *group, *service, *sales, *region, *currency;
    char *value;                // JSON
    struct script_terms *terms; // NULL: none
    bool kickoff;
};

// A decision in a receipt. What is NULL is not looked at.
struct script_decision {
    char *to, *action, *when, *rule;
};

// What a receipt must hold. What is NULL, or -1, is not looked at.
struct script_receipt {
    char *status, *code, *answer, *limit, *unknown, *state, *owner, *terms;
    int64_t hop;
    struct script_decision *decisions; // NULL: not looked at; else all, in order
    size_t decision_count;
};

// A notice that must come. What is NULL is not looked at.
struct script_notice {
    struct script_place place;
    char *to, *kind, *rule, *at, *why, *headline;
    char **body, **says, **items;
    size_t body_count, says_count, item_count; // items: of a digest, all of them
    int64_t at_ms;                             // with at
};

struct script_step {
    struct script_place place;
    char *at, *event, *subject, *source, *id, *time;
    char *data; // JSON of the event's data
    struct script_receipt *receipt;
    struct script_notice *expect; // NULL: not looked at; else all that come until the next step
    size_t expect_count;
    int64_t times, every_ms;
    int64_t at_ms;     // of its (first) event
    int64_t last_ms;   // of its last
    int64_t happen_ms; // added to the moment: when it happened
};

struct script_test {
    struct script_place place;
    char *name;
    char *rules;            // path as written; NULL: the file's
    struct inner_book book; // instead of rules
    char **refused;         // words that the errors of the book must hold
    size_t refused_count;
    struct script_account *accounts;
    size_t account_count;
    struct script_step *steps;
    size_t step_count;
    int64_t until_ms;                // how much time passes after the last step
    const struct rulebook *rulebook; // that it is played with; borrowed. NULL where refused
};

struct script {
    char *path;
    char *rules;
    struct inner_book book;
    char *start;
    struct script_account *accounts;
    size_t account_count;
    struct script_test *tests;
    size_t test_count;
    struct rulebook **loaded; // that rules of the file and of its tests name; owned
    size_t loaded_count;
};

// Reads a file of tests and the rule books that it names; default_rules is the path of the one that
// is meant where it names none. -EINVAL with every error in problems.
must_check int script_load(const char *path, const char *default_rules, struct script **ret,
                           struct problems *problems);
void script_destroy(struct script *script);
void script_destroyp(struct script **script);

// settings_each() for the tables of such a file.
void script_settings_each(void (*callback)(void *user, const struct setting_group *group,
                                           const struct setting *setting),
                          void *user);
extern const struct setting_group script_group; // script_tables.c
