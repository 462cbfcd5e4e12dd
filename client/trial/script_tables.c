// The settings of a file of tests, as tables: see settings.h.
#include <stdlib.h>

#include "client/trial/script.h"
#include "common/base/xalloc.h"
#include "common/rulebook/source.h"

enum { ACCOUNTS_MOST = 1000, TESTS_MOST = 10000, STEPS_MOST = 1000, NOTICES_MOST = 1000 };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// --- where things stand --------------------------------------------------------------------------

static struct script_place keep(struct place place)
{
    return (struct script_place){xstrdup(place.file), place.line};
}

static void check_account(struct reader *reader, struct place place, void *group)
{
    (void)reader;
    ((struct script_account *)group)->place = keep(place);
}

static void finish_account(void *group)
{
    free(((struct script_account *)group)->place.file);
}

static void check_notice(struct reader *reader, struct place place, void *group)
{
    (void)reader;
    ((struct script_notice *)group)->place = keep(place);
}

static void finish_notice(void *group)
{
    free(((struct script_notice *)group)->place.file);
}

static void check_step(struct reader *reader, struct place place, void *group)
{
    (void)reader;
    ((struct script_step *)group)->place = keep(place);
}

static void finish_step(void *group)
{
    free(((struct script_step *)group)->place.file);
}

static void check_test(struct reader *reader, struct place place, void *group)
{
    (void)reader;
    ((struct script_test *)group)->place = keep(place);
}

static void finish_test(void *group)
{
    free(((struct script_test *)group)->place.file);
}

static void prepare_receipt(void *group)
{
    ((struct script_receipt *)group)->hop = -1;
}

// --- the tables ----------------------------------------------------------------------------------

// A text that goes into the member of its own name.
// clang-format off
#define TEXT_OF(holder, member, told) \
    {.name = #member, .type = SETTING_TEXT, STORED_IN(holder, member), .help = (told)}
// clang-format on

static const struct setting terms_settings[] = {
    {.name = "summary",
     .type = SETTING_TEXT,
     .required = true,
     STORED_IN(struct script_terms, summary),
     .help = "What was agreed, in short."},
    TEXT_OF(struct script_terms, link, "Where the document is."),
    TEXT_OF(struct script_terms, agreed_by, "Who agreed to it."),
};

static const struct setting_group terms_group = {
    .title = "terms",
    .settings = terms_settings,
    .count = COUNT_OF(terms_settings),
    .size = sizeof(struct script_terms),
};

static const struct setting account_settings[] = {
    {.name = "key",
     .type = SETTING_TEXT,
     .required = true,
     STORED_IN(struct script_account, key),
     .help = "The account's key, as events name it."},
    TEXT_OF(struct script_account, name, "What the company is called."),
    TEXT_OF(struct script_account, tier, "Its tier, where the rule book does not decide it."),
    TEXT_OF(struct script_account, group, "The group that it belongs to."),
    TEXT_OF(struct script_account, service, "The id of its service rep."),
    TEXT_OF(struct script_account, sales, "The id of its sales rep."),
    TEXT_OF(struct script_account, region, "Its region."),
    TEXT_OF(struct script_account, currency, "The currency of its value."),
    {.name = "value",
     .type = SETTING_JSON,
     STORED_IN(struct script_account, value),
     .help = "What it is worth in a year: a number, or a decimal in quotes."},
    {.name = "terms",
     .type = SETTING_GROUP,
     .group = &terms_group,
     .by_pointer = true,
     STORED_IN(struct script_account, terms),
     .help = "The terms that were agreed with it."},
    {.name = "kickoff",
     .type = SETTING_BOOLEAN,
     .def = "false",
     STORED_IN(struct script_account, kickoff),
     .help = "Whether its kick-off meeting was held."},
};

static const struct setting_group account_group = {
    .title = "account",
    .named = "key",
    .settings = account_settings,
    .count = COUNT_OF(account_settings),
    .size = sizeof(struct script_account),
    .check = check_account,
    .finish = finish_account,
};

static const struct setting decision_settings[] = {
    TEXT_OF(struct script_decision, to, "The id of the rep who is told."),
    TEXT_OF(struct script_decision, action, "The kind of the notice, or none."),
    TEXT_OF(struct script_decision, when, "When: now, digest or no."),
    TEXT_OF(struct script_decision, rule, "The rule or the law that decided."),
};

static const struct setting_group decision_group = {
    .title = "decision",
    .settings = decision_settings,
    .count = COUNT_OF(decision_settings),
    .size = sizeof(struct script_decision),
};

static const struct setting receipt_settings[] = {
    {.name = "status",
     .type = SETTING_TEXT,
     STORED_IN(struct script_receipt, status),
     .def_told = "\"accepted\"",
     .help = "What became of the event: accepted, duplicate or refused."},
    TEXT_OF(struct script_receipt, code, "The code of a refusal, such as missing."),
    TEXT_OF(struct script_receipt, answer, "What to tell the customer, word for word."),
    TEXT_OF(struct script_receipt, limit, "The limit or the law that decided the answer."),
    TEXT_OF(struct script_receipt, unknown, "What was not on record: account or issue."),
    TEXT_OF(struct script_receipt, state, "The state of the issue after the event."),
    {.name = "hop",
     .type = SETTING_INTEGER,
     .max = 1,
     STORED_IN(struct script_receipt, hop),
     .help = "The hop of the issue after the event: 0 for service, 1 for sales."},
    TEXT_OF(struct script_receipt, owner, "The id of the rep who works on the issue."),
    TEXT_OF(struct script_receipt, terms, "The summary of the terms that bear on it."),
    {.name = "decisions",
     .type = SETTING_GROUPS,
     .max = NOTICES_MOST,
     .group = &decision_group,
     LISTED_IN(struct script_receipt, decisions, decision_count),
     .help = "All that was decided, in the receipt's order."},
};

static const struct setting_group receipt_group = {
    .title = "receipt",
    .settings = receipt_settings,
    .count = COUNT_OF(receipt_settings),
    .size = sizeof(struct script_receipt),
    .prepare = prepare_receipt,
};

static const struct setting notice_settings[] = {
    {.name = "to",
     .type = SETTING_TEXT,
     .required = true,
     STORED_IN(struct script_notice, to),
     .help = "The id of the rep who is told; admin, for the admin."},
    TEXT_OF(struct script_notice, kind, "The kind of the notice, such as heads_up or digest."),
    TEXT_OF(struct script_notice, rule, "The rule or the law that it comes by."),
    TEXT_OF(struct script_notice, at, "When it comes, to the second: a moment, or +SPAN."),
    TEXT_OF(struct script_notice, why, "Words that its reason must hold."),
    TEXT_OF(struct script_notice, headline, "Its headline, word for word."),
    {.name = "body",
     .type = SETTING_TEXTS,
     .max = NOTICES_MOST,
     LISTED_IN(struct script_notice, body, body_count),
     .help = "The lines of its body, word for word and all of them."},
    {.name = "says",
     .type = SETTING_TEXTS,
     .max = NOTICES_MOST,
     LISTED_IN(struct script_notice, says, says_count),
     .help = "Words that its headline or its body must hold."},
    {.name = "items",
     .type = SETTING_TEXTS,
     .max = NOTICES_MOST,
     LISTED_IN(struct script_notice, items, item_count),
     .help = "The keys of what is in a digest, in its order and all of them."},
};

static const struct setting_group notice_group = {
    .title = "expect",
    .named = "to",
    .settings = notice_settings,
    .count = COUNT_OF(notice_settings),
    .size = sizeof(struct script_notice),
    .check = check_notice,
    .finish = finish_notice,
};

static const struct setting step_settings[] = {
    {.name = "at",
     .type = SETTING_TEXT,
     STORED_IN(struct script_step, at),
     .def_told = "\"+0s\"",
     .help = "When it comes: a moment, or +SPAN after the step before."},
    TEXT_OF(struct script_step, event, "The type of the event, such as issue.opened."),
    TEXT_OF(struct script_step, subject, "The key of the issue or the account that it is about."),
    {.name = "source",
     .type = SETTING_TEXT,
     .def = "\"/test\"",
     STORED_IN(struct script_step, source),
     .help = "The source of the event."},
    TEXT_OF(struct script_step, id, "The id of the event, where it must be a certain one."),
    {.name = "time",
     .type = SETTING_TEXT,
     STORED_IN(struct script_step, time),
     .help = "When it happened, where that was earlier: a moment, or -SPAN before it comes."},
    {.name = "data",
     .type = SETTING_JSON,
     STORED_IN(struct script_step, data),
     .help = "The data of the event: a group, or JSON in quotes."},
    {.name = "times",
     .type = SETTING_INTEGER,
     .def = "1",
     .min = 1,
     .max = 10000,
     STORED_IN(struct script_step, times),
     .help = "How often the event comes, each time with an id of its own."},
    {.name = "every",
     .type = SETTING_SPAN,
     .def = "\"0s\"",
     STORED_IN(struct script_step, every_ms),
     .help = "The time between one of them and the next."},
    {.name = "receipt",
     .type = SETTING_GROUP,
     .group = &receipt_group,
     .by_pointer = true,
     STORED_IN(struct script_step, receipt),
     .help = "What the receipt must say; of several, that of the last."},
    {.name = "expect",
     .type = SETTING_GROUPS,
     .max = NOTICES_MOST,
     .group = &notice_group,
     LISTED_IN(struct script_step, expect, expect_count),
     .help = "All notices that are sent until the next step; () means that nobody is told."},
};

static const struct setting_group step_group = {
    .title = "step",
    .settings = step_settings,
    .count = COUNT_OF(step_settings),
    .size = sizeof(struct script_step),
    .check = check_step,
    .finish = finish_step,
};

static const struct setting test_settings[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .required = true,
     STORED_IN(struct script_test, name),
     .help = "What the test shows, in words."},
    {.name = "rules",
     .type = SETTING_TEXT,
     STORED_IN(struct script_test, rules),
     .help = "The rule book of this test; the path begins at the file's folder."},
    {.name = "book",
     .type = SETTING_BOOK,
     STORED_IN(struct script_test, book),
     .help = "A rule book of its own, written here."},
    {.name = "refused",
     .type = SETTING_TEXTS,
     .min = 1,
     .max = NOTICES_MOST,
     LISTED_IN(struct script_test, refused, refused_count),
     .help = "The book must be refused, and its errors must hold these words."},
    {.name = "accounts",
     .type = SETTING_GROUPS,
     .max = ACCOUNTS_MOST,
     .group = &account_group,
     LISTED_IN(struct script_test, accounts, account_count),
     .help = "Accounts on record beside those of the file."},
    {.name = "until",
     .type = SETTING_SPAN,
     .def = "\"1h\"",
     STORED_IN(struct script_test, until_ms),
     .help = "How much time passes after the last step."},
    {.name = "steps",
     .type = SETTING_GROUPS,
     .max = STEPS_MOST,
     .group = &step_group,
     LISTED_IN(struct script_test, steps, step_count),
     .help = "What happens, in order, and what must follow."},
};

static const struct setting_group test_group = {
    .title = "test",
    .named = "name",
    .settings = test_settings,
    .count = COUNT_OF(test_settings),
    .size = sizeof(struct script_test),
    .check = check_test,
    .finish = finish_test,
};

static const struct setting script_settings[] = {
    {.name = "rules",
     .type = SETTING_TEXT,
     STORED_IN(struct script, rules),
     .help = "The rule book; the path begins at the file's folder."},
    {.name = "book",
     .type = SETTING_BOOK,
     STORED_IN(struct script, book),
     .help = "Instead of rules: a rule book written here."},
    {.name = "start",
     .type = SETTING_TEXT,
     .def = "\"2026-11-23T08:00:00Z\"",
     STORED_IN(struct script, start),
     .help = "When each test begins, where its first step names no moment."},
    {.name = "accounts",
     .type = SETTING_GROUPS,
     .max = ACCOUNTS_MOST,
     .group = &account_group,
     LISTED_IN(struct script, accounts, account_count),
     .help = "The accounts that are on record when a test begins."},
    {.name = "tests",
     .type = SETTING_GROUPS,
     .required = true,
     .min = 1,
     .max = TESTS_MOST,
     .group = &test_group,
     LISTED_IN(struct script, tests, test_count),
     .help = "The tests, each played by itself."},
};

const struct setting_group script_group = {
    .title = "file",
    .settings = script_settings,
    .count = COUNT_OF(script_settings),
    .size = sizeof(struct script),
};

void script_settings_each(void (*callback)(void *user, const struct setting_group *group,
                                           const struct setting *setting),
                          void *user)
{
    static const struct setting_group *const groups[] = {
        &script_group, &account_group, &terms_group,    &test_group,
        &step_group,   &receipt_group, &decision_group, &notice_group,
    };

    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        for (size_t j = 0; j < groups[i]->count; j++) {
            callback(user, groups[i], &groups[i]->settings[j]);
        }
    }
}
