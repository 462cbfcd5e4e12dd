#include "common/rulebook/template.h"

#include <errno.h>
#include <string.h>

#include "common/base/nearest.h"
#include "common/base/text.h"

enum { NAME_BYTES = 64 };

static const char *const names[TEMPLATE_COUNT] = {
    [TEMPLATE_ACCOUNT] = "account",
    [TEMPLATE_ACCOUNT_NAME] = "account.name",
    [TEMPLATE_ACCOUNT_TIER] = "account.tier",
    [TEMPLATE_ACCOUNT_VALUE] = "account.value",
    [TEMPLATE_ACCOUNT_GROUP] = "account.group",
    [TEMPLATE_ACCOUNT_GROUP_VALUE] = "account.group_value",
    [TEMPLATE_ACCOUNT_REGION] = "account.region",
    [TEMPLATE_ACCOUNT_OPEN_ISSUES] = "account.open_issues",
    [TEMPLATE_ACCOUNT_RECENT_ISSUES] = "account.recent_issues",
    [TEMPLATE_ISSUE_KEY] = "issue.key",
    [TEMPLATE_ISSUE_STATE] = "issue.state",
    [TEMPLATE_SUMMARY] = "summary",
    [TEMPLATE_CATEGORY] = "category",
    [TEMPLATE_SEVERITY] = "severity",
    [TEMPLATE_AMOUNT] = "amount",
    [TEMPLATE_CURRENCY] = "currency",
    [TEMPLATE_DEPARTMENT] = "department",
    [TEMPLATE_EXPLANATION] = "explanation",
    [TEMPLATE_CONTACT] = "contact",
    [TEMPLATE_AGE] = "age",
    [TEMPLATE_TRANSFERS] = "transfers",
    [TEMPLATE_REOPENED] = "reopened",
    [TEMPLATE_PLAN] = "plan",
    [TEMPLATE_PLAN_DUE] = "plan.due",
    [TEMPLATE_RESOLUTION] = "resolution",
    [TEMPLATE_OWNER] = "owner",
    [TEMPLATE_WORKER] = "worker",
    [TEMPLATE_SERVICE] = "service",
    [TEMPLATE_SALES] = "sales",
    [TEMPLATE_SOURCE] = "source",
    [TEMPLATE_WORDS] = "words",
    [TEMPLATE_RULE] = "rule",
};

const char *template_field_name(enum template_field field)
{
    return field < TEMPLATE_COUNT ? names[field] : "";
}

static enum template_field field_at(const char *name, size_t size)
{
    unsigned field = 0;

    while (field < TEMPLATE_COUNT &&
           (strlen(names[field]) != size || strncmp(names[field], name, size) != 0)) {
        field++;
    }
    return (enum template_field)field;
}

bool template_next(const char **at, struct template_piece *ret)
{
    const char *text = *at;
    size_t size;

    if (*text == '\0') {
        return false;
    }
    *ret = (struct template_piece){.text = text, .field = TEMPLATE_COUNT};
    if (*text != '{') {
        ret->size = strcspn(text, "{");
        *at = text + ret->size;
    } else if (text[1] == '{') { // one brace
        ret->size = 1;
        *at = text + 2;
    } else {
        size = strcspn(text + 1, "}");
        ret->field = field_at(text + 1, size);
        *at = text + 1 + size + (text[1 + size] != '\0');
    }
    return true;
}

static int refuse(const char *name, size_t size, struct error *err)
{
    char typed[NAME_BYTES + 1] = "";
    const char *nearest;

    memcpy(typed, name, size < NAME_BYTES ? size : utf8_cut(name, size, NAME_BYTES));
    nearest = nearest_word(typed, names, TEMPLATE_COUNT);
    return error_set(err, -EINVAL, "a notice has no {%s}%s%s%s", typed,
                     nearest ? "; did you mean {" : "", nearest ? nearest : "",
                     nearest ? "}?" : "");
}

// What others write {{ summary }}: here it would be read out as it stands.
static enum template_field doubled_at(const char *at)
{
    const char *name = at + strspn(at, " ");
    size_t size = strcspn(name, " }");

    return name[size + strspn(name + size, " ")] == '}' ? field_at(name, size) : TEMPLATE_COUNT;
}

int template_check(const char *template, struct error *err)
{
    enum template_field doubled;
    const char *at = template;

    while ((at = strchr(at, '{')) != NULL) {
        size_t size = strcspn(at + 1, "}");

        if (at[1] == '{') {
            doubled = doubled_at(at + 2);
            if (doubled != TEMPLATE_COUNT) {
                return error_set(err, -EINVAL, "a field stands in one pair of braces: {%s}",
                                 names[doubled]);
            }
            at += 2;
            continue;
        }
        if (at[1 + size] == '\0') {
            return error_set(err, -EINVAL,
                             "a brace is opened and never closed; a brace itself is written {{");
        }
        if (field_at(at + 1, size) == TEMPLATE_COUNT) {
            return refuse(at + 1, size, err);
        }
        at += 1 + size;
    }
    return 0;
}
