// headsup lanes: where notices go, one lane a webhook, and how each lane stands: those of the rule
// book, and those that only the ledger still knows, where something waits or died in them.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "client/tables.h"
#include "common/base/arena.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"

static const struct column columns[] = {
    {"lane", "LANE", COLUMN_TEXT, false},
    {"rep", NULL, COLUMN_TEXT, false},
    {"format", "FORMAT", COLUMN_TEXT, false},
    {"host", "HOST", COLUMN_TEXT, true},
    {"state", "STATE", COLUMN_TEXT, false},
    {"since", NULL, COLUMN_TEXT, false},
    {"by", NULL, COLUMN_TEXT, false},
    {"why", NULL, COLUMN_TEXT, false},
    {"waiting", "WAITING", COLUMN_NUMBER, false},
    {"dead", "DEAD", COLUMN_NUMBER, false},
    {"oldest_waiting_since", "OLDEST", COLUMN_TEXT, false},
    {"next_due_at", "NEXT", COLUMN_TEXT, false},
    {"last_status", "LAST", COLUMN_NUMBER, false},
    {"last_answer_at", "AGO", COLUMN_TEXT, false},
    {"last_answer", "SAID", COLUMN_TEXT, true},
};

enum { STATE_BYTES = 160 };

struct row { // a lane of the ledger; strings live in the arena
    struct lane_record lane;
    int64_t waiting, dead;
    bool in_rulebook;
};

struct listing {
    struct table *table;
    struct arena *arena;
    struct row *rows;
    size_t count, capacity;
    int64_t now_ms;
};

static int collect(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead)
{
    struct listing *listing = user;
    struct row *row;

    if (listing->count == listing->capacity) {
        listing->capacity = listing->capacity ? listing->capacity * 2 : 64;
        listing->rows = xrealloc(listing->rows, listing->capacity * sizeof *listing->rows);
    }
    row = &listing->rows[listing->count++];
    *row = (struct row){.lane = *lane, .waiting = waiting, .dead = dead};
    row->lane.lane = arena_copy(listing->arena, lane->lane);
    row->lane.why = arena_copy(listing->arena, lane->why);
    row->lane.by = arena_copy(listing->arena, lane->by);
    row->lane.answer = arena_copy(listing->arena, lane->answer);
    return 0;
}

// How long ago, or how long yet; NULL for 0.
static const char *span_of(int64_t ms, const char *none, char *buffer)
{
    return ms > 0 ? span_format(ms, buffer) : none;
}

static void add_waiting(const struct listing *listing, const struct lane_record *lane)
{
    char at[MOMENT_TEXT_BYTES], span[MOMENT_TEXT_BYTES];
    bool moves = lane->state == LANE_OPEN && lane->next_due_ms;

    table_add_text(listing->table, story_moment(lane->oldest_ms, at),
                   lane->oldest_ms ? span_of(listing->now_ms - lane->oldest_ms, "just now", span)
                                   : "-");
    table_add_text(listing->table, moves ? story_moment(lane->next_due_ms, at) : NULL,
                   moves ? span_of(lane->next_due_ms - listing->now_ms, "now", span) : "-");
}

static void add_answer(const struct listing *listing, const struct lane_record *lane)
{
    char at[MOMENT_TEXT_BYTES], span[MOMENT_TEXT_BYTES], status[16];
    const char *none = lane->answered_ms ? "none" : "-";

    (void)snprintf(status, sizeof status, "%" PRId32, lane->status);
    table_add_number(listing->table, lane->status, lane->status ? status : none);
    table_add_text(
        listing->table, story_moment(lane->answered_ms, at),
        lane->answered_ms ? span_of(listing->now_ms - lane->answered_ms, "just now", span) : "-");
    table_add_text(listing->table, lane->answer, NULL);
}

// "paused by anna", of a lane that a person paused.
static const char *state_told(const struct lane_record *lane, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "%s%s%s", lane_state_name(lane->state), lane->by ? " by " : "",
                   lane->by ? lane->by : "");
    return buffer;
}

// endpoint NULL: the rule book does not have that lane any more.
static void add(const struct listing *listing, const struct endpoint *endpoint, const char *rep,
                const struct row *row)
{
    const struct lane_record *lane = &row->lane;
    char at[MOMENT_TEXT_BYTES], state[STATE_BYTES];

    table_add_row(listing->table);
    table_add_text(listing->table, lane->lane, NULL);
    table_add_text(listing->table, rep, NULL);
    table_add_text(listing->table, endpoint ? payload_format_name(endpoint->format) : NULL, NULL);
    table_add_text(listing->table, endpoint ? endpoint->host : NULL,
                   endpoint ? NULL : "not in the rule book");
    table_add_text(listing->table, lane_state_name(lane->state),
                   state_told(lane, state, sizeof state));
    table_add_text(listing->table, story_moment(lane->since_ms, at), NULL);
    table_add_text(listing->table, lane->by, NULL);
    table_add_text(listing->table, lane->why, NULL);
    table_add_number(listing->table, row->waiting, NULL);
    table_add_number(listing->table, row->dead, NULL);
    add_waiting(listing, lane);
    add_answer(listing, lane);
}

static void add_endpoint(const struct listing *listing, const struct endpoint *endpoint,
                         const char *rep)
{
    struct row none = {.lane = {.lane = endpoint->lane}};

    for (size_t i = 0; i < listing->count; i++) {
        if (strcmp(listing->rows[i].lane.lane, endpoint->lane) == 0) {
            listing->rows[i].in_rulebook = true;
            add(listing, endpoint, rep, &listing->rows[i]);
            return;
        }
    }
    add(listing, endpoint, rep, &none);
}

// Of a lane that left the rule book nothing else is of interest.
static bool has_something(const struct row *row)
{
    return row->waiting || row->dead;
}

static void add_all(const struct listing *listing, const struct rulebook *rulebook)
{
    for (size_t i = 0; i < rulebook->rep_count; i++) {
        const struct rep *rep = &rulebook->reps[i];

        add_endpoint(listing, &rep->webhook, rep->id);
        if (rep->fallback) {
            add_endpoint(listing, rep->fallback, rep->id);
        }
    }
    if (rulebook->admin) {
        add_endpoint(listing, rulebook->admin, NULL);
    }
    for (size_t i = 0; i < listing->count; i++) {
        if (!listing->rows[i].in_rulebook && has_something(&listing->rows[i])) {
            add(listing, NULL, NULL, &listing->rows[i]);
        }
    }
}

// Why a lane that does not move stands still, for people.
static void explain(const struct row *row)
{
    const struct lane_record *lane = &row->lane;
    char at[MOMENT_TEXT_BYTES], state[STATE_BYTES];
    struct text words = {0};

    text_addf(&words, "%s: %s since %s", lane->lane, state_told(lane, state, sizeof state),
              print_moment(lane->since_ms, at));
    if (lane->why) {
        text_addf(&words, ": %s", lane->why);
    }
    if (row->in_rulebook) {
        text_addf(&words, "; headsup resume %s", lane->lane);
    } else {
        text_add(&words, "; the rule book has no such lane any more");
    }
    print_line(stdout, "%s", text_string(&words));
    text_finish(&words);
}

static void explain_all(const struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        const struct row *row = &listing->rows[i];

        if (row->lane.state != LANE_OPEN && (row->in_rulebook || has_something(row))) {
            explain(row);
        }
    }
}

static int run(const struct invocation *invocation)
{
    cleanup_with(table_destroyp) struct table *table =
        table_create(columns, sizeof columns / sizeof columns[0], invocation->json);
    cleanup_with(arena_destroyp) struct arena *arena = arena_create();
    struct listing listing = {.table = table, .arena = arena, .now_ms = clock_wall_ms()};
    struct error err = {0};
    struct reading reading;
    int status = reading_open(invocation, &reading);

    if (status == EXIT_DONE) {
        status = reading_result(ledger_each_lane(reading.reader, collect, &listing, &err), &err);
    }
    if (status == EXIT_DONE) {
        add_all(&listing, reading.rulebook);
        table_print(table, "no lane is in the rule book");
    }
    if (status == EXIT_DONE && !invocation->json) {
        explain_all(&listing);
    }
    reading_finish(&reading);
    free(listing.rows);
    return status;
}

const struct command lanes_command = {
    .name = "lanes",
    .arguments = "",
    .summary = "list the lanes that notices go by, and how they stand",
    .words =
        "Lists a lane for each webhook: where it leads, whether it is open, paused or closed,\n"
        "what waits in it and since when, what died in it, and what its receiver said last.\n"
        "Reads only, and works while the daemon is down.",
    .example = "  headsup lanes\n",
    .run = run,
};
