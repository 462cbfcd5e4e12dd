// Templates: the headline and the body that a rule gives its notices, with fields in braces. They
// are checked when the rule book is read; common/verdict/template_words.c fills them in.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/error.h"

// What a notice can show: of the case as it stands when it is sent.
enum template_field {
    TEMPLATE_ACCOUNT,
    TEMPLATE_ACCOUNT_NAME,
    TEMPLATE_ACCOUNT_TIER,
    TEMPLATE_ACCOUNT_VALUE,
    TEMPLATE_ACCOUNT_GROUP,
    TEMPLATE_ACCOUNT_GROUP_VALUE,
    TEMPLATE_ACCOUNT_REGION,
    TEMPLATE_ACCOUNT_OPEN_ISSUES,
    TEMPLATE_ACCOUNT_RECENT_ISSUES,
    TEMPLATE_ISSUE_KEY,
    TEMPLATE_ISSUE_STATE,
    TEMPLATE_SUMMARY,
    TEMPLATE_CATEGORY,
    TEMPLATE_SEVERITY,
    TEMPLATE_AMOUNT,
    TEMPLATE_CURRENCY,
    TEMPLATE_DEPARTMENT,
    TEMPLATE_EXPLANATION,
    TEMPLATE_CONTACT,
    TEMPLATE_AGE,
    TEMPLATE_TRANSFERS,
    TEMPLATE_REOPENED,
    TEMPLATE_PLAN,
    TEMPLATE_PLAN_DUE,
    TEMPLATE_RESOLUTION,
    TEMPLATE_OWNER,
    TEMPLATE_WORKER,
    TEMPLATE_SERVICE,
    TEMPLATE_SALES,
    TEMPLATE_SOURCE,
    TEMPLATE_WORDS,
    TEMPLATE_RULE,
    TEMPLATE_COUNT // a piece of plain text
};

// A piece of a template: plain text, or a field.
struct template_piece {
    const char *text; // of plain text, borrowed
    size_t size;
    enum template_field field;
};

// Takes the next piece at *at, which moves on. False behind the last. The template was checked.
bool template_next(const char **at, struct template_piece *ret);
// -EINVAL with the words in err where a brace is not closed, or names no field.
must_check int template_check(const char *template, struct error *err);
const char *template_field_name(enum template_field field); // "account.name"
