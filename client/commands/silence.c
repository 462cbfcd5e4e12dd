// headsup silence and headsup silences: a person keeps notices back for a while, and sees what is
// kept back.

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/ordering.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"

// --- setting and lifting -------------------------------------------------------------------------

// "+2h" from now on, or as it stands: the daemon says what is wrong with it.
static bool put_until(const struct invocation *invocation, struct text *event)
{
    const char *until = invocation_value(invocation, "until");
    char at[MOMENT_TEXT_BYTES];
    int64_t span_ms;

    if (until[0] != '+' && until[0] != '-' && span_parse(until, &span_ms) < 0) {
        json_put_string(event, "until", until);
        return true;
    }
    if (until[0] != '+' || span_parse(until + 1, &span_ms) < 0) {
        (void)usage_error(invocation->command,
                          "--until wants a moment such as 2026-11-24T17:00:00Z, or a span from "
                          "now such as +2h");
        return false;
    }
    json_put_string(event, "until", moment_format(clock_wall_ms() + span_ms, at));
    return true;
}

static int write_set(const struct invocation *invocation, struct text *event)
{
    const char *match;
    int at = 0;

    if (!invocation_has(invocation, "match") || !invocation_has(invocation, "until") ||
        !invocation_has(invocation, "comment")) {
        return usage_error(invocation->command,
                           "a silence wants --match, --until and --comment; or --lift");
    }
    json_open_array(event, "match");
    while ((match = invocation_next(invocation, "match", &at)) != NULL) {
        json_put_string(event, NULL, match);
    }
    json_close_array(event);
    json_put_string(event, "comment", invocation_value(invocation, "comment"));
    return put_until(invocation, event) ? EXIT_DONE : EXIT_USAGE;
}

static int run_silence(const struct invocation *invocation)
{
    bool lift = invocation_has(invocation, "lift");
    struct text event = {0};
    int status = EXIT_DONE;

    ordering_open(&event, lift ? "silence.lifted" : "silence.set", invocation->arguments[0]);
    if (!lift) {
        status = write_set(invocation, &event);
    }
    ordering_close(&event);
    if (status == EXIT_DONE) {
        status = ordering_run(invocation, &event);
    }
    text_finish(&event);
    return status;
}

const struct command silence_command = {
    .name = "silence",
    .arguments = "NAME",
    .summary = "keep notices back for a while, or end that",
    .words =
        "Until its end, nobody is told of what all its matchers match; what would have been told\n"
        "is on record with the silence's name. An issue that moves to sales is told all the same.\n"
        "A silence of the same name is replaced.",
    .example = "  headsup silence move --match \"source = /home-office/billing\" --until +2h \\\n"
               "      --comment \"billing moves to its new system\"\n"
               "  headsup silence --lift move\n",
    .least = 1,
    .most = 1,
    .flags = {{'m', "match", "MATCHER", "what it matches, as in a rule; several times: all hold"},
              {'u', "until", "TIME|+SPAN", "when it ends"},
              {'w', "comment", "WORDS", "why, for those who ask"},
              {0, "lift", NULL, "end the silence of that name"},
              {0, "patience", "S", "give up after S seconds without an answer (10; 0: never)"}},
    .run = run_silence,
};

// --- the list ------------------------------------------------------------------------------------

static const struct column columns[] = {
    {"silence", "SILENCE", COLUMN_TEXT, false}, {"until", "UNTIL", COLUMN_TEXT, false},
    {"since", NULL, COLUMN_TEXT, false},        {"by", "BY", COLUMN_TEXT, false},
    {"match", "MATCHES", COLUMN_TEXT, true},    {"comment", "COMMENT", COLUMN_TEXT, true},
};

struct listing {
    struct table *table;
    int64_t now_ms;
};

static int add(void *user, const struct silence_record *silence)
{
    const struct listing *listing = user;
    json_t *match = json_loads(silence->match, 0, NULL), *one;
    char at[MOMENT_TEXT_BYTES], shown[MOMENT_TEXT_BYTES];
    struct text words = {0};
    size_t i;

    if (silence->until_ms > listing->now_ms) {
        json_array_foreach(match, i, one)
        {
            text_addf(&words, "%s%s", i ? " and " : "", json_string_value(one));
        }
        table_add_row(listing->table);
        table_add_text(listing->table, silence->name, NULL);
        table_add_text(listing->table, story_moment(silence->until_ms, at),
                       print_moment(silence->until_ms, shown));
        table_add_text(listing->table, story_moment(silence->since_ms, at), NULL);
        table_add_text(listing->table, silence->by, NULL);
        table_add_text(listing->table, text_string(&words), NULL);
        table_add_text(listing->table, silence->comment, NULL);
    }
    text_finish(&words);
    json_decref(match);
    return 0;
}

static int run_silences(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *table =
        table_create(columns, sizeof columns / sizeof columns[0], invocation->json);
    struct listing listing = {table, clock_wall_ms()};
    struct error err = {0};
    struct reading reading;
    int status = reading_open(invocation, &reading);

    if (status == EXIT_DONE) {
        status = reading_result(ledger_each_silence(reading.reader, add, &listing, &err), &err);
    }
    if (status == EXIT_DONE) {
        table_print(table, "no silence holds");
    }
    reading_finish(&reading);
    return status;
}

const struct command silences_command = {
    .name = "silences",
    .arguments = "",
    .summary = "list the silences that hold",
    .words = "Lists what keeps notices back at present: until when, by whom and why. Those that\n"
             "end first stand at the top. Reads only, and works while the daemon is down.",
    .example = "  headsup silences\n",
    .run = run_silences,
};
