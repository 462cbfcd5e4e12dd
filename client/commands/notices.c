// headsup notices: what was or is to be sent, newest first.

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/moment.h"

static const struct column columns[] = {
    {"notice", "NOTICE", COLUMN_TEXT, false},   {"kind", "KIND", COLUMN_TEXT, false},
    {"to", "TO", COLUMN_TEXT, false},           {"role", NULL, COLUMN_TEXT, false},
    {"lane", NULL, COLUMN_TEXT, false},         {"fate", "FATE", COLUMN_TEXT, false},
    {"urgent", NULL, COLUMN_BOOL, false},       {"attempts", "TRIES", COLUMN_NUMBER, false},
    {"status", "ANSWER", COLUMN_NUMBER, false}, {"issue", "ISSUE", COLUMN_TEXT, false},
    {"account", NULL, COLUMN_TEXT, false},      {"created_at", "CREATED", COLUMN_TEXT, false},
    {"due_at", NULL, COLUMN_TEXT, false},       {"done_at", NULL, COLUMN_TEXT, false},
    {"rule", "RULE", COLUMN_TEXT, true},        {"why", NULL, COLUMN_TEXT, false},
    {"headline", NULL, COLUMN_TEXT, false},     {"event_source", NULL, COLUMN_TEXT, false},
    {"event_id", NULL, COLUMN_TEXT, false},     {"reason", NULL, COLUMN_TEXT, false},
    {"answer", NULL, COLUMN_TEXT, true},
};

enum { COLUMN_COUNT = sizeof columns / sizeof columns[0], REASON_BYTES = 64 };

// Of dead letters people ask other things: where and of what they died.
static void head_for_dead(struct column *changed)
{
    static const struct {
        const char *name, *heading;
    } headings[] = {{"lane", "LANE"},     {"fate", NULL},    {"created_at", NULL},
                    {"rule", NULL},       {"status", NULL},  {"done_at", "DIED"},
                    {"reason", "REASON"}, {"answer", "SAID"}};

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        for (size_t j = 0; j < sizeof headings / sizeof headings[0]; j++) {
            if (strcmp(changed[i].name, headings[j].name) == 0) {
                changed[i].heading = headings[j].heading;
            }
        }
    }
}

// Of what a dead letter died: an answer that was final, or too many that were not. NULL: it is
// none.
static const char *reason_of(const struct notice_record *notice, char *buffer)
{
    bool tried_again = notice->attempts > 1;

    if (notice->fate != FATE_DEAD) {
        return NULL;
    }
    if (notice->status == 0) {
        (void)snprintf(buffer, REASON_BYTES, "no answer in %" PRId32 " tries", notice->attempts);
    } else if (notice->status >= 500 || tried_again) {
        (void)snprintf(buffer, REASON_BYTES, "%" PRId32 " after %" PRId32 " tries", notice->status,
                       notice->attempts);
    } else {
        (void)snprintf(buffer, REASON_BYTES, "refused with %" PRId32, notice->status);
    }
    return buffer;
}

struct listing {
    struct table *table;
    const char *prefix;
};

static int add(void *user, const struct notice_record *notice)
{
    const struct listing *listing = user;
    struct table *table = listing->table;
    char id[NOTICE_ID_BYTES], at[MOMENT_TEXT_BYTES], shown[MOMENT_TEXT_BYTES];
    char reason[REASON_BYTES];

    table_add_row(table);
    table_add_text(table, notice_id_format(listing->prefix, notice->num, id), NULL);
    table_add_text(table, notice_kind_name(notice->kind), NULL);
    table_add_text(table, notice->rep, NULL);
    table_add_text(table, story_role(notice->role), NULL);
    table_add_text(table, notice->lane, NULL);
    table_add_text(table, fate_name(notice->fate), NULL);
    table_add_bool(table, notice->urgent);
    table_add_number(table, notice->attempts, NULL);
    table_add_number(table, notice->status, notice->status ? NULL : "-");
    table_add_text(table, notice->issue_key, NULL);
    table_add_text(table, notice->account_key, NULL);
    table_add_text(table, story_moment(notice->created_ms, at),
                   print_moment(notice->created_ms, shown));
    table_add_text(table, story_moment(notice->due_ms, at), NULL);
    table_add_text(table, story_moment(notice->done_ms, at), print_moment(notice->done_ms, shown));
    table_add_text(table, notice->rule, NULL);
    table_add_text(table, notice->why, NULL);
    table_add_text(table, notice->headline, NULL);
    table_add_text(table, notice->event_source, NULL);
    table_add_text(table, notice->event_id, NULL);
    table_add_text(table, reason_of(notice, reason), NULL);
    table_add_text(table, notice->answer, NULL);
    return 0;
}

static bool read_filter(const struct invocation *invocation, struct notice_filter *ret)
{
    bool dead = invocation_has(invocation, "dead"), waiting = invocation_has(invocation, "waiting");
    bool held = invocation_has(invocation, "held");
    int64_t limit;

    if (!invocation_number(invocation, "limit", (struct number_range){0, INT_MAX, 50}, &limit)) {
        return false;
    }
    if (dead + waiting + held > 1) {
        (void)usage_error(invocation->command, "--dead, --waiting and --held: one at a time");
        return false;
    }
    *ret = (struct notice_filter){
        .rep = invocation_value(invocation, "rep"),
        .lane = invocation_value(invocation, "lane"),
        .fate = dead      ? FATE_DEAD
                : waiting ? FATE_WAITING
                : held    ? FATE_HELD
                          : -1,
        .limit = (int)limit,
    };
    return true;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *table = NULL;
    struct column headed[COLUMN_COUNT];
    struct listing listing = {0};
    struct notice_filter filter;
    struct error err = {0};
    struct reading reading;
    int status;

    if (!read_filter(invocation, &filter)) {
        return EXIT_USAGE;
    }
    memcpy(headed, columns, sizeof headed);
    if (filter.fate == FATE_DEAD) {
        head_for_dead(headed);
    }
    listing.table = table = table_create(headed, COLUMN_COUNT, invocation->json);
    status = reading_open(invocation, &reading);
    if (status == EXIT_DONE) {
        listing.prefix = ledger_reader_prefix(reading.reader);
        status =
            reading_result(ledger_each_notice(reading.reader, &filter, add, &listing, &err), &err);
    }
    if (status == EXIT_DONE) {
        table_print(table, filter.fate == FATE_DEAD ? "no dead letters" : "no notices");
    }
    reading_finish(&reading);
    return status;
}

const struct command notices_command = {
    .name = "notices",
    .arguments = "",
    .summary = "list what was sent, waits or died",
    .words =
        "Lists notices, newest first: to whom, and what became of each. A dead letter is kept\n"
        "until headsup retry sends it again; --dead says of what each died. headsup why NOTICE\n"
        "says why one was sent.",
    .example = "  headsup notices --dead\n",
    .flags = {{'d', "dead", NULL, "only dead letters"},
              {'w', "waiting", NULL, "only those that wait for their lane or their next try"},
              {'H', "held", NULL, "only those that are held for their moment"},
              {'r', "rep", "ID", "only those to that rep"},
              {'l', "lane", "L", "only those of that lane"},
              {'n', "limit", "N", "at most N (50; 0: all)"}},
    .run = run,
};
