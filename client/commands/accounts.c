// headsup accounts: import them, list them, show one with its terms.

#include <stdio.h>
#include <string.h>

#include "client/account_import.h"
#include "client/commands/commands.h"
#include "client/print.h"
#include "client/publishing.h"
#include "client/reading.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/moment.h"
#include "common/base/money.h"

static const struct column columns[] = {
    {"key", "KEY", COLUMN_TEXT, false},
    {"name", "NAME", COLUMN_TEXT, true},
    {"tier", "TIER", COLUMN_TEXT, false},
    {"value", "VALUE", COLUMN_NUMBER, false},
    {"currency", NULL, COLUMN_TEXT, false},
    {"group", "GROUP", COLUMN_TEXT, false},
    {"service", "SERVICE", COLUMN_TEXT, false},
    {"sales", "SALES", COLUMN_TEXT, false},
    {"region", "REGION", COLUMN_TEXT, false},
    {"kickoff_at", NULL, COLUMN_TEXT, false},
    {"terms", "TERMS", COLUMN_TEXT, true},
    {"terms_link", NULL, COLUMN_TEXT, false},
    {"terms_agreed_by", NULL, COLUMN_TEXT, false},
    {"terms_agreed_at", NULL, COLUMN_TEXT, false},
};

struct listing {
    struct table *table;
    const char *currency; // of the rule book
};

static int add(void *user, const struct account *account)
{
    const struct listing *listing = user;
    const char *currency = account->currency ? account->currency : listing->currency;
    char money[MONEY_TEXT_BYTES], people[MONEY_TEXT_BYTES];
    char kickoff[MOMENT_TEXT_BYTES], agreed[MOMENT_TEXT_BYTES];
    struct table *table = listing->table;

    table_add_row(table);
    table_add_text(table, account->key, NULL);
    table_add_text(table, account->name, NULL);
    table_add_text(table, account->tier, NULL);
    table_add_text(table, account->has_value ? money_format(account->value_minor, money) : NULL,
                   story_money(account->has_value, account->value_minor, currency, people));
    table_add_text(table, account->currency, NULL);
    table_add_text(table, account->group, NULL);
    table_add_text(table, account->service, NULL);
    table_add_text(table, account->sales, NULL);
    table_add_text(table, account->region, NULL);
    table_add_text(table, story_moment(account->kickoff_at_ms, kickoff), NULL);
    table_add_text(table, account->terms_summary, NULL);
    table_add_text(table, account->terms_link, NULL);
    table_add_text(table, account->terms_agreed_by, NULL);
    table_add_text(table, story_moment(account->terms_at_ms, agreed), NULL);
    return 0;
}

static const char *or_default(const char *rep)
{
    return rep ? rep : "the default";
}

static int print_account(void *user, const struct account *account)
{
    const struct listing *listing = user;
    const char *currency = account->currency ? account->currency : listing->currency;
    char money[MONEY_TEXT_BYTES], at[MOMENT_TEXT_BYTES];

    print_line(stdout, "%s: %s", account->key, account->name ? account->name : "no name");
    if (account->has_value) {
        print_line(stdout, "  worth %s a year",
                   story_money(true, account->value_minor, currency, money));
    }
    if (account->tier) {
        print_line(stdout, "  tier %s", account->tier);
    }
    if (account->group || account->region) {
        print_line(stdout, "  group %s, region %s", account->group ? account->group : "none",
                   account->region ? account->region : "none");
    }
    print_line(stdout, "  service %s, sales %s", or_default(account->service),
               or_default(account->sales));
    print_line(stdout, "  kick-off: %s",
               account->kickoff_at_ms ? print_moment(account->kickoff_at_ms, at) : "not held");
    if (!account->terms_summary) {
        print_line(stdout, "  terms: none on record");
        return 0;
    }
    print_line(stdout, "  terms: %s", account->terms_summary);
    print_line(stdout, "    agreed by %s, %s",
               account->terms_agreed_by ? account->terms_agreed_by : "nobody named",
               print_moment(account->terms_at_ms, at));
    if (account->terms_link) {
        print_line(stdout, "    %s", account->terms_link);
    }
    return 0;
}

static int list(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *table =
        table_create(columns, sizeof columns / sizeof columns[0], invocation->json);
    struct listing listing = {.table = table};
    struct error err = {0};
    struct reading reading;
    int status = reading_open(invocation, &reading);

    if (status == EXIT_DONE) {
        listing.currency = reading.rulebook->currency;
        status = reading_result(ledger_each_account(reading.reader, add, &listing, &err), &err);
    }
    if (status == EXIT_DONE) {
        table_print(table, "no accounts; to bring them in: headsup accounts import FILE.csv");
    }
    reading_finish(&reading);
    return status;
}

static int show(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *table =
        table_create(columns, sizeof columns / sizeof columns[0], true);
    const char *key = invocation->arguments[1];
    struct listing listing = {.table = table};
    struct error err = {0};
    struct reading reading;
    int status = reading_open(invocation, &reading), found = 0;

    if (status == EXIT_DONE) {
        listing.currency = reading.rulebook->currency;
        found = ledger_get_account(reading.reader, key, invocation->json ? add : print_account,
                                   &listing, &err);
        status = reading_result(found, &err);
    }
    if (status == EXIT_DONE && found == 0) {
        print_line(stderr,
                   "headsup: no account %s is on record; to list them: "
                   "headsup accounts list",
                   key);
        status = EXIT_WANTING;
    } else if (status == EXIT_DONE && invocation->json) {
        table_print(table, "");
    }
    reading_finish(&reading);
    return status;
}

static int run(const struct invocation *invocation)
{
    const char *what = invocation->arguments[0];
    bool named = invocation->count == 2;

    if (strcmp(what, "list") == 0 && !named) {
        return list(invocation);
    }
    if (strcmp(what, "show") == 0 && named) {
        return show(invocation);
    }
    if (strcmp(what, "import") == 0 && named) {
        return account_import(invocation, invocation->arguments[1],
                              invocation_has(invocation, "again"));
    }
    return usage_error(invocation->command, "accounts wants: import FILE.csv, list, or show KEY");
}

const struct command accounts_command = {
    .name = "accounts",
    .arguments = "import FILE.csv | list | show KEY",
    .summary = "import the accounts, list them, show one with its terms",
    .words = "import reads a CSV file with a header line of key, name, value, tier, group, "
             "service, sales,\n"
             "region and currency, in any order; only key must be there. An empty cell changes "
             "nothing.\n"
             "Rows that are wrong are told with their line, and the rest goes on. Importing a file "
             "twice\n"
             "is harmless. value is a year's worth; service and sales are reps of the rule book.",
    .example = "  headsup accounts import crm-export.csv\n"
               "  headsup accounts show xyz\n",
    .least = 1,
    .most = 2,
    .flags = {PUBLISHING_FLAGS,
              {0, "again", NULL, "import: apply rows anew that were imported before"}},
    .run = run,
};
