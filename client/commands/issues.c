// headsup issues: the issues on record, newest first.

#include <limits.h>
#include <stdio.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/moment.h"
#include "common/base/money.h"

static const struct column columns[] = {
    {"key", "ISSUE", COLUMN_TEXT, false},
    {"account", "ACCOUNT", COLUMN_TEXT, false},
    {"state", "STATE", COLUMN_TEXT, false},
    {"hop", "WITH", COLUMN_TEXT, false},
    {"owner", "OWNER", COLUMN_TEXT, false},
    {"category", "CATEGORY", COLUMN_TEXT, false},
    {"severity", NULL, COLUMN_TEXT, false},
    {"amount", "AMOUNT", COLUMN_NUMBER, false},
    {"currency", NULL, COLUMN_TEXT, false},
    {"opened_at", "OPENED", COLUMN_TEXT, false},
    {"transfers", "HAND-OFFS", COLUMN_NUMBER, false},
    {"summary", "SUMMARY", COLUMN_TEXT, true},
};

struct listing {
    struct table *table;
    const char *currency; // of the rule book
};

static int add(void *user, const struct issue *issue)
{
    const struct listing *listing = user;
    const char *currency = issue->currency ? issue->currency : listing->currency;
    char money[MONEY_TEXT_BYTES], people[MONEY_TEXT_BYTES];
    char at[MOMENT_TEXT_BYTES], shown[MOMENT_TEXT_BYTES];
    struct table *table = listing->table;

    table_add_row(table);
    table_add_text(table, issue->key, NULL);
    table_add_text(table, issue->account, NULL);
    table_add_text(table, issue_state_name(issue->state), NULL);
    table_add_number(table, issue->hop,
                     role_name(issue->hop == HOP_SALES ? ROLE_SALES : ROLE_SERVICE));
    table_add_text(table, issue->owner, NULL);
    table_add_text(table, issue->category, NULL);
    table_add_text(table, issue->severity, NULL);
    table_add_text(table, issue->has_amount ? money_format(issue->amount_minor, money) : NULL,
                   story_money(issue->has_amount, issue->amount_minor, currency, people));
    table_add_text(table, issue->currency, NULL);
    table_add_text(table, story_moment(issue->opened_at_ms, at),
                   print_moment(issue->opened_at_ms, shown));
    table_add_number(table, issue->transfers, NULL);
    table_add_text(table, issue->summary, NULL);
    return 0;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *table =
        table_create(columns, sizeof columns / sizeof columns[0], invocation->json);
    struct listing listing = {.table = table};
    struct error err = {0};
    struct reading reading;
    int64_t limit;
    int status;

    if (!invocation_number(invocation, "limit", (struct number_range){0, INT_MAX, 50}, &limit)) {
        return EXIT_USAGE;
    }
    status = reading_open(invocation, &reading);
    if (status == EXIT_DONE) {
        listing.currency = reading.rulebook->currency;
        status = reading_result(
            ledger_each_issue(reading.reader, invocation_value(invocation, "account"),
                              invocation_has(invocation, "open"), (int)limit, add, &listing, &err),
            &err);
    }
    if (status == EXIT_DONE) {
        table_print(table, "no issues");
    }
    reading_finish(&reading);
    return status;
}

const struct command issues_command = {
    .name = "issues",
    .arguments = "",
    .summary = "list the issues",
    .words =
        "Lists the issues on record, newest first. WITH says which rep has it: service, or sales\n"
        "after the one hop there is. headsup show ISSUE tells the story of one.",
    .example = "  headsup issues --open --account xyz\n",
    .flags = {{'o', "open", NULL, "only those neither resolved nor closed"},
              {'a', "account", "KEY", "only those of that account"},
              {'n', "limit", "N", "at most N (50; 0: all)"}},
    .run = run,
};
