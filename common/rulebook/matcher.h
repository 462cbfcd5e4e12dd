// A matcher is one comparison, "field op value". It is checked when it is read; afterwards it
// answers for one fact, and can say what it is. Regular expressions are PCRE2, interpreted, with
// limits.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"

enum field {
    FIELD_EVENT,
    FIELD_CATEGORY,
    FIELD_SEVERITY,
    FIELD_AMOUNT,
    FIELD_CURRENCY,
    FIELD_DEPARTMENT,
    FIELD_SOURCE,
    FIELD_SUMMARY,
    FIELD_ACCOUNT,
    FIELD_ACCOUNT_TIER,
    FIELD_ACCOUNT_VALUE,
    FIELD_ACCOUNT_GROUP,
    FIELD_ACCOUNT_GROUP_VALUE,
    FIELD_ACCOUNT_REGION,
    FIELD_ACCOUNT_OPEN_ISSUES,
    FIELD_ACCOUNT_RECENT_ISSUES,
    FIELD_ISSUE_STATE,
    FIELD_ISSUE_HOP, // FACT_COUNT: 0 or 1
    FIELD_AGE,
    FIELD_TRANSFERS,
    FIELD_REOPENED,
    FIELD_EXPLANATION, // "given" or "missing"
    FIELD_HOUR,        // 0 to 23
    FIELD_WEEKDAY,     // "mon" to "sun"
    FIELD_DATA,        // data.NAME
    FIELD_COUNT
};

// What a field holds, and so which operators and operands suit it.
enum fact_kind {
    FACT_ABSENT, // nothing is known: no matcher but != and !~ on it holds
    FACT_TEXT,
    FACT_MONEY, // minor units
    FACT_COUNT,
    FACT_SPAN, // milliseconds
    FACT_ANY // of a field only: data.NAME, compared as money or count where both sides are numbers
};

struct fact {
    enum fact_kind kind;
    const char *text; // FACT_TEXT
    int64_t number;   // the others; of a text its matcher_mark(), or 0: not worked out
};

enum operator{
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_AT_MOST,
    OP_MORE,
    OP_AT_LEAST,
    OP_MATCHES,
    OP_MATCHES_NOT,
    OP_IN
};

struct matcher_pattern; // a compiled regular expression

struct matcher {
    char *written; // as the admin wrote it
    enum field field;
    char *data_name; // FIELD_DATA: NAME
    enum operator op;
    char **words; // the operands as text; one, or those of "in"
    size_t word_count;
    int64_t
        *numbers; // the operands as numbers, or as marks where the kind is text; as many as words
    enum fact_kind kind;
    struct matcher_pattern *pattern; // of =~ and !~
};

// Reads "category = billing". -EINVAL with the words in err, which name the nearest right spelling.
must_check int matcher_parse(const char *written, struct matcher *ret, struct error *err);
void matcher_finish(struct matcher *matcher);

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_CANNOT_TELL };

// A number that two texts seldom share, so that most comparisons need not look at the texts.
int64_t matcher_mark(const char *text);

// Whether the matcher holds for the value of its field. ANSWER_CANNOT_TELL: a regular expression
// met its limits; counted as no by the rules, and said so in the reason.
enum answer matcher_holds(const struct matcher *matcher, const struct fact *value);

const char *field_name(enum field field);
enum fact_kind field_kind(enum field field);
