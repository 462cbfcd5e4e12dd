// headsup status: the sums of the ledger and the state of its lanes.

#include <inttypes.h>
#include <stdio.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"

static const struct column columns[] = {
    {"lane", "LANE", COLUMN_TEXT, false},         {"state", "STATE", COLUMN_TEXT, false},
    {"waiting", "WAITING", COLUMN_NUMBER, false}, {"dead", "DEAD", COLUMN_NUMBER, false},
    {"since", "SINCE", COLUMN_TEXT, false},       {"why", "WHY", COLUMN_TEXT, true},
};

struct listing {
    struct table *table;
    const struct rulebook *rulebook;
};

static int add_lane(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead)
{
    char at[MOMENT_TEXT_BYTES], shown[MOMENT_TEXT_BYTES];
    const struct listing *listing = user;
    bool gone = !rulebook_lane(listing->rulebook, lane->lane);
    struct table *table = listing->table;
    struct text why = {0};

    if (gone && !waiting && !dead) {
        return 0;
    }
    text_addf(&why, "not in the rule book%s%s", lane->why ? "; " : "", lane->why ? lane->why : "");
    table_add_row(table);
    table_add_text(table, lane->lane, NULL);
    table_add_text(table, lane_state_name(lane->state), NULL);
    table_add_number(table, waiting, NULL);
    table_add_number(table, dead, NULL);
    table_add_text(table, story_moment(lane->since_ms, at), print_moment(lane->since_ms, shown));
    table_add_text(table, lane->why, gone ? text_string(&why) : NULL);
    text_finish(&why);
    return 0;
}

// What each event came to, in the order of the balance.
struct sum {
    const char *name, *words;
    int64_t count;
};

enum { SUM_COUNT = 6 };

static void sums_of(const struct ledger_summary *summary, struct sum *ret)
{
    const struct sum sums[SUM_COUNT] = {
        {"told", "told", summary->told},
        {"waiting", "waiting", summary->waiting},
        {"dead", "dead letters", summary->dead},
        {"digest", "kept for a digest", summary->digest},
        {"nobody", "nobody to tell", summary->nobody},
        {"unexplained", "unexplained", summary->unexplained},
    };

    for (int i = 0; i < SUM_COUNT; i++) {
        ret[i] = sums[i];
    }
}

// P5: each event ended in one fate, and for a reason on record.
static bool balances(const struct ledger_summary *summary)
{
    struct sum sums[SUM_COUNT];
    int64_t total = 0;

    sums_of(summary, sums);
    for (int i = 0; i < SUM_COUNT; i++) {
        total += sums[i].count;
    }
    return summary->unexplained == 0 && total == summary->events;
}

// Those that the admin was told of, and that were not heard since.
static int put_silent(void *user, const struct source_record *source)
{
    char at[MOMENT_TEXT_BYTES];
    struct text *out = user;

    if (source->told_ms) {
        json_open_object(out, NULL);
        json_put_string(out, "source", source->name);
        json_put_string(out, "heard_at", story_moment(source->heard_ms, at));
        json_put_string(out, "watched_since", story_moment(source->since_ms, at));
        json_close_object(out);
    }
    return 0;
}

static int write_silent(void *user, const struct source_record *source)
{
    char at[MOMENT_TEXT_BYTES];
    struct text *out = user;

    if (source->told_ms) {
        text_addf(out, "silent    %s: %s %s\n", source->name,
                  source->heard_ms ? "last heard" : "never heard since",
                  print_moment(source->heard_ms ? source->heard_ms : source->since_ms, at));
    }
    return 0;
}

static int read_silent(const struct reading *reading, bool json, struct text *ret)
{
    struct error err = {0};
    int code;

    if (!json) {
        return reading_result(ledger_each_source(reading->reader, write_silent, ret, &err), &err);
    }
    json_open_array(ret, NULL);
    code = ledger_each_source(reading->reader, put_silent, ret, &err);
    json_close_array(ret);
    return reading_result(code, &err);
}

static void print_json(const char *path, const struct ledger_summary *summary,
                       const struct text *silent, struct table *lanes)
{
    char at[MOMENT_TEXT_BYTES];
    struct sum sums[SUM_COUNT];
    struct text out = {0};

    sums_of(summary, sums);
    json_open_object(&out, NULL);
    json_put_string(&out, "ledger", path);
    json_put_int(&out, "size_bytes", summary->size_bytes);
    json_put_int(&out, "events", summary->events);
    json_put_int(&out, "issues", summary->issues);
    json_put_int(&out, "open_issues", summary->open_issues);
    json_put_int(&out, "accounts", summary->accounts);
    json_open_object(&out, "notices");
    for (int i = 0; i < FATE_COUNT; i++) {
        json_put_int(&out, fate_name((enum fate)i), summary->notices[i]);
    }
    json_close_object(&out);
    json_put_string(&out, "oldest_waiting_since", story_moment(summary->oldest_waiting_ms, at));
    json_open_object(&out, "balance");
    for (int i = 0; i < SUM_COUNT; i++) {
        json_put_int(&out, sums[i].name, sums[i].count);
    }
    json_put_bool(&out, "balanced", balances(summary));
    json_close_object(&out);
    json_put_raw(&out, "silent_sources", silent->bytes, silent->size);
    table_put(lanes, &out, "lanes");
    json_close_object(&out);
    (void)printf("%s\n", text_string(&out));
    text_finish(&out);
}

static void print_notices(const struct ledger_summary *summary)
{
    char count[COUNT_BYTES], span[MOMENT_TEXT_BYTES];

    (void)printf("notices   ");
    for (int i = 0; i < FATE_COUNT; i++) {
        (void)printf("%s%s %s", i ? ", " : "", print_count(summary->notices[i], count),
                     fate_name((enum fate)i));
    }
    (void)putchar('\n');
    if (summary->oldest_waiting_ms) {
        (void)printf("          the oldest waits for %s\n",
                     span_format(clock_wall_ms() - summary->oldest_waiting_ms, span));
    }
}

static void print_events(const struct ledger_summary *summary)
{
    struct sum sums[SUM_COUNT];
    char count[COUNT_BYTES];

    sums_of(summary, sums);
    (void)printf("events    %s:", print_count(summary->events, count));
    for (int i = 0; i < SUM_COUNT; i++) {
        if (sums[i].count || i + 1 < SUM_COUNT) {
            (void)printf("%s %s %s", i ? "," : "", print_count(sums[i].count, count),
                         sums[i].words);
        }
    }
    (void)putchar('\n');
}

static void print_words(const char *path, const struct ledger_summary *summary,
                        const struct text *silent, struct table *lanes)
{
    char count[COUNT_BYTES], open[COUNT_BYTES];

    print_line(stdout, "ledger    %s, %.1f MiB", path, (double)summary->size_bytes / (1 << 20));
    print_events(summary);
    print_notices(summary);
    (void)printf("issues    %s, %s open\n", print_count(summary->issues, count),
                 print_count(summary->open_issues, open));
    (void)printf("accounts  %s\n", print_count(summary->accounts, count));
    print_lines(stdout, "", text_string(silent));
    (void)putchar('\n');
    table_print(lanes, "no lane has anything to do or to tell");
}

static int audit(const struct ledger_summary *summary)
{
    if (balances(summary)) {
        (void)fprintf(stderr, "balanced: every event has its fate\n");
        return EXIT_DONE;
    }
    (void)fprintf(stderr,
                  "NOT balanced: %" PRId64 " of %" PRId64 " events have no fate on record\n",
                  summary->unexplained, summary->events);
    return EXIT_WANTING;
}

static int run(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *lanes =
        table_create(columns, sizeof columns / sizeof columns[0], invocation->json);
    struct ledger_summary summary;
    struct error err = {0};
    struct text silent = {0};
    struct reading reading;
    int status = reading_open(invocation, &reading);

    if (status == EXIT_DONE) {
        status = reading_result(ledger_summarize(reading.reader, &summary, &err), &err);
    }
    if (status == EXIT_DONE) {
        struct listing listing = {lanes, reading.rulebook};

        status = reading_result(ledger_each_lane(reading.reader, add_lane, &listing, &err), &err);
    }
    if (status == EXIT_DONE) {
        status = read_silent(&reading, invocation->json, &silent);
    }
    if (status == EXIT_DONE && invocation->json) {
        print_json(reading.rulebook->ledger_path, &summary, &silent, lanes);
    } else if (status == EXIT_DONE) {
        print_words(reading.rulebook->ledger_path, &summary, &silent, lanes);
    }
    if (status == EXIT_DONE && invocation_has(invocation, "audit")) {
        (void)fflush(stdout);
        status = audit(&summary);
    }
    reading_finish(&reading);
    text_finish(&silent);
    return status;
}

const struct command status_command = {
    .name = "status",
    .arguments = "",
    .summary = "say how the ledger and its lanes stand",
    .words = "Sums up the ledger: events and what became of each, notices by fate, lanes and what\n"
             "waits in them. Reads only, and works while the daemon is down.",
    .example = "  headsup status --audit\n",
    .flags = {{0, "audit", NULL, "exit with 1 unless every event has its fate on record"}},
    .run = run,
};
