#include "common/rulebook/reach.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"
#include "common/rulebook/implies.h"
#include "common/rulebook/names.h"

enum { NEAREST_MOST = 250 };

// Matchers that ask the same have the same number; a rule is the set of its numbers. To find an
// earlier rule whose set lies within a later one's, each stands in the row of its rarest matcher.
struct reach {
    const struct rulebook *book;
    struct names *matchers;
    char **keys; // of matchers, owned
    size_t *numbers,
        *starts;          // of rule i: numbers[starts[i]] up to numbers[starts[i + 1]], ascending
    size_t *frequency;    // of each matcher
    size_t *first, *next; // rows of rules, by rarest matcher; index + 1, 0 ends
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_number(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;

    return (left > right) - (left < right);
}

// A matcher in a form that is the same for all that ask the same.
static char *key_of(const struct matcher *matcher)
{
    const char **words = xcalloc(matcher->word_count, sizeof *words);
    char(*digits)[24] = xcalloc(matcher->word_count, sizeof *digits);
    enum operator op = matcher->op == OP_IN ? OP_EQUAL : matcher->op;
    struct text key = {0};

    text_addf(&key, "%d%c%s%c%d", (int)matcher->field, 31,
              matcher->data_name ? matcher->data_name : "", 31, (int)op);
    for (size_t i = 0; i < matcher->word_count; i++) {
        words[i] = matcher->words[i];
        if (matcher->numbers && matcher->kind != FACT_ANY && matcher->kind != FACT_TEXT) {
            (void)snprintf(digits[i], sizeof digits[i], "%" PRId64, matcher->numbers[i]);
            words[i] = digits[i];
        }
    }
    if (matcher->word_count > 1) {
        qsort(words, matcher->word_count, sizeof *words, by_text);
    }
    for (size_t i = 0; i < matcher->word_count; i++) {
        text_addf(&key, "%c%s", 31, words[i]);
    }
    free(digits);
    free(words);
    return key.bytes;
}

static size_t number_of(struct reach *reach, const struct matcher *matcher)
{
    char *key = key_of(matcher);
    size_t number = names_count(reach->matchers);
    const struct name *known = names_add(reach->matchers, key, NULL, (struct place){0});

    if (known) {
        free(key);
        return known->number;
    }
    reach->keys[number] = key;
    return number;
}

static void number_rules(struct reach *reach)
{
    const struct rulebook *book = reach->book;
    size_t at = 0;

    for (size_t i = 0; i < book->rule_count; i++) {
        reach->starts[i] = at;
        for (size_t j = 0; j < book->rules[i].matcher_count; j++) {
            reach->numbers[at] = number_of(reach, &book->rules[i].matchers[j]);
            reach->frequency[reach->numbers[at]]++;
            at++;
        }
        qsort(reach->numbers + reach->starts[i], at - reach->starts[i], sizeof *reach->numbers,
              by_number);
    }
    reach->starts[book->rule_count] = at;
}

// Whether each matcher of inner is one of outer.
static bool within(const struct reach *reach, size_t inner, size_t outer)
{
    size_t at = reach->starts[outer];

    for (size_t i = reach->starts[inner]; i < reach->starts[inner + 1]; i++) {
        while (at < reach->starts[outer + 1] && reach->numbers[at] < reach->numbers[i]) {
            at++;
        }
        if (at == reach->starts[outer + 1] || reach->numbers[at] != reach->numbers[i]) {
            return false;
        }
    }
    return true;
}

// The earlier rule that hides this one, plus one; 0 where none does.
static size_t hidden_by(const struct reach *reach, size_t rule)
{
    for (size_t i = reach->starts[rule]; i < reach->starts[rule + 1]; i++) {
        for (size_t row = reach->first[reach->numbers[i]]; row; row = reach->next[row - 1]) {
            if (within(reach, row - 1, rule)) {
                return row;
            }
        }
    }
    return 0;
}

// The same where the matchers are not the same, but those of the later imply the earlier's, as 100
// or more is 10 or more. Of rules without number only the nearest are asked, so that time stays
// linear.
static size_t implied_by(const struct rulebook *book, size_t rule)
{
    size_t from = rule > NEAREST_MOST ? rule - NEAREST_MOST : 0;

    for (size_t i = from; i < rule; i++) {
        if (!book->rules[i].go_on && rule_implies(&book->rules[rule], &book->rules[i])) {
            return i + 1;
        }
    }
    return 0;
}

static void put_in_row(struct reach *reach, size_t rule)
{
    size_t rarest = reach->numbers[reach->starts[rule]];

    for (size_t i = reach->starts[rule]; i < reach->starts[rule + 1]; i++) {
        if (reach->frequency[reach->numbers[i]] < reach->frequency[rarest]) {
            rarest = reach->numbers[i];
        }
    }
    reach->next[rule] = reach->first[rarest];
    reach->first[rarest] = rule + 1;
}

static void warn_of_rest(const struct rulebook *book, size_t all, struct problems *problems)
{
    const struct rule *after;
    size_t more = book->rule_count - all - 2;

    if (all + 1 >= book->rule_count) {
        return;
    }
    after = &book->rules[all + 1];
    if (more) {
        problems_add(problems, PROBLEM_WARNING, after->file, after->line,
                     "rule '%s' and the %zu after it can never be reached: rule '%s' at %s:%d "
                     "matches everything",
                     after->name, more, book->rules[all].name, book->rules[all].file,
                     book->rules[all].line);
    } else {
        problems_add(problems, PROBLEM_WARNING, after->file, after->line,
                     "rule '%s' can never be reached: rule '%s' at %s:%d matches everything",
                     after->name, book->rules[all].name, book->rules[all].file,
                     book->rules[all].line);
    }
}

static void warn_each(struct reach *reach, struct problems *problems)
{
    const struct rulebook *book = reach->book;

    for (size_t i = 0; i < book->rule_count; i++) {
        const struct rule *rule = &book->rules[i];
        size_t hider = hidden_by(reach, i);

        hider = hider ? hider : implied_by(book, i);
        if (hider) {
            problems_add(problems, PROBLEM_WARNING, rule->file, rule->line,
                         "rule '%s' can never be reached: rule '%s' at %s:%d matches whatever it "
                         "matches",
                         rule->name, book->rules[hider - 1].name, book->rules[hider - 1].file,
                         book->rules[hider - 1].line);
        } else if (!rule->go_on && rule->matcher_count == 0) {
            warn_of_rest(book, i, problems);
            return;
        } else if (!rule->go_on) {
            put_in_row(reach, i);
        }
    }
}

void reach_warn(const struct rulebook *book, struct problems *problems)
{
    struct reach reach = {.book = book, .matchers = names_create()};
    size_t total = 0;

    for (size_t i = 0; i < book->rule_count; i++) {
        total += book->rules[i].matcher_count;
    }
    reach.keys = xcalloc(total, sizeof *reach.keys);
    reach.numbers = xcalloc(total, sizeof *reach.numbers);
    reach.frequency = xcalloc(total, sizeof *reach.frequency);
    reach.first = xcalloc(total, sizeof *reach.first);
    reach.starts = xcalloc(book->rule_count + 1, sizeof *reach.starts);
    reach.next = xcalloc(book->rule_count, sizeof *reach.next);
    number_rules(&reach);
    warn_each(&reach, problems);
    for (size_t i = 0; i < names_count(reach.matchers); i++) {
        free(reach.keys[i]);
    }
    free(reach.keys);
    free(reach.numbers);
    free(reach.frequency);
    free(reach.first);
    free(reach.starts);
    free(reach.next);
    names_destroy(reach.matchers);
}
