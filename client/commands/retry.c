// headsup retry: asks the daemon to send dead letters again.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/ordering.h"
#include "client/print.h"
#include "client/reading.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/xalloc.h"

static bool read_filter(const struct invocation *invocation, struct dead_filter *ret)
{
    int64_t status;

    *ret = (struct dead_filter){.lane = invocation_value(invocation, "lane")};
    if (!invocation_number(invocation, "status", (struct number_range){0, 999, -1}, &status)) {
        return false;
    }
    ret->status = (int32_t)status;
    return invocation_since(invocation, clock_wall_ms(), &ret->since_ms);
}

static int note_fate(void *user, const struct notice_record *notice)
{
    enum fate *fate = user;

    *fate = notice->fate;
    return 0;
}

// EXIT_DONE where that notice is a dead letter, else EXIT_WANTING with the words printed.
static int check_notice(struct ledger_reader *reader, const char *id)
{
    const char *prefix = ledger_reader_prefix(reader);
    bool ours = strncmp(id, "hn_", 3) != 0 || strncmp(id, prefix, strlen(prefix)) == 0;
    int64_t num = ours ? notice_id_num(id) : 0;
    enum fate fate = FATE_COUNT;
    struct error err = {0};
    int found = num ? ledger_get_notice(reader, num, note_fate, &fate, &err) : 0;

    if (found < 0) {
        return reading_result(found, &err);
    }
    if (found == 0) {
        print_line(stderr,
                   "headsup: no notice %s is on record; to list them: headsup notices --dead", id);
        return EXIT_WANTING;
    }
    if (fate != FATE_DEAD) {
        print_line(stderr, "headsup: %s is no dead letter: its fate is %s", id, fate_name(fate));
        return EXIT_WANTING;
    }
    return EXIT_DONE;
}

static const char *nearest_lane(const struct rulebook *rulebook, const char *typed)
{
    size_t most = 2 * rulebook->rep_count + 1, count = 0;
    const char **lanes = xcalloc(most, sizeof *lanes);
    const char *nearest;

    for (size_t i = 0; i < rulebook->rep_count; i++) {
        const struct rep *rep = &rulebook->reps[i];

        lanes[count++] = rep->webhook.lane;
        lanes[count++] = rep->fallback ? rep->fallback->lane : NULL;
    }
    lanes[count++] = rulebook->admin ? rulebook->admin->lane : NULL;
    nearest = nearest_word(typed, lanes, count);
    free((void *)lanes);
    return nearest;
}

// EXIT_DONE where the rule book or a dead letter has that lane (NULL: any), else EXIT_WANTING with
// the words printed.
static int check_lane(const struct reading *reading, const char *lane)
{
    const struct dead_filter all = {.lane = lane, .status = -1};
    struct error err = {0};
    const char *nearest;
    int64_t dead = 0;
    int code;

    if (!lane || rulebook_lane(reading->rulebook, lane)) {
        return EXIT_DONE;
    }
    code = ledger_count_dead(reading->reader, &all, &dead, &err);
    if (code < 0 || dead) {
        return reading_result(code, &err);
    }
    nearest = nearest_lane(reading->rulebook, lane);
    print_line(stderr, "headsup: neither the rule book nor any dead letter has a lane '%s'%s%s%s",
               lane, nearest ? "; did you mean '" : "", nearest ? nearest : "",
               nearest ? "'?" : "");
    return EXIT_WANTING;
}

// Counts what is meant. EXIT_DONE, or another exit status with the words printed.
static int count_meant(const struct invocation *invocation, struct ledger_reader *reader,
                       const struct dead_filter *filter, int64_t *ret)
{
    struct error err = {0};
    int status = EXIT_DONE;

    for (int i = 0; i < invocation->count && status == EXIT_DONE; i++) {
        status = check_notice(reader, invocation->arguments[i]);
    }
    if (invocation->count == 0) {
        return reading_result(ledger_count_dead(reader, filter, ret, &err), &err);
    }
    *ret = invocation->count;
    return status;
}

// id NULL: those that the filter means.
static void write_event(struct text *out, const struct dead_filter *filter, const char *prefix,
                        const char *id)
{
    char full[NOTICE_ID_BYTES], since[MOMENT_TEXT_BYTES];

    ordering_open(out, "notice.retried", NULL);
    if (id) {
        json_put_string(out, "notice", notice_id_format(prefix, notice_id_num(id), full));
    } else if (filter->lane) {
        json_put_string(out, "lane", filter->lane);
    } else {
        json_put_bool(out, "all", true);
    }
    if (!id && filter->status >= 0) {
        json_put_int(out, "status", filter->status);
    }
    if (!id && filter->since_ms) {
        json_put_string(out, "since", moment_format(filter->since_ms, since));
    }
    ordering_close(out);
}

static int publish(const struct invocation *invocation, const struct dead_filter *filter,
                   const char *prefix)
{
    int events = invocation->count ? invocation->count : 1, status;
    struct connection connection = {0};
    struct text event = {0}, receipt = {0};

    status = ordering_connect(invocation, &connection);
    for (int i = 0; i < events && status == EXIT_DONE; i++) {
        write_event(&event, filter, prefix, invocation->count ? invocation->arguments[i] : NULL);
        status = ordering_publish(invocation, &connection, &event, &receipt);
    }
    connection_finish(&connection);
    text_finish(&event);
    text_finish(&receipt);
    return status;
}

static bool sound(const struct invocation *invocation)
{
    bool narrowed = invocation_has(invocation, "status") || invocation_has(invocation, "since");
    bool lane = invocation_has(invocation, "lane"), all = invocation_has(invocation, "all");
    bool single = invocation->count > 0;

    if ((single && (lane || all || narrowed)) || (lane && all) ||
        !(single || lane || all || narrowed)) {
        (void)usage_error(invocation->command, "say which dead letters: NOTICE…, or --all, or any "
                                               "of --lane, --status and --since");
        return false;
    }
    return true;
}

// That there are none: what a rep's fallback gave up died in its lane, not in the rep's.
static void announce_none(FILE *to, const struct reading *reading, const struct dead_filter *filter)
{
    const struct rep *rep = rulebook_rep(reading->rulebook, filter->lane);
    struct dead_filter beside = *filter;
    struct error err = {0};
    int64_t dead = 0;

    beside.lane = rep && rep->fallback ? rep->fallback->lane : NULL;
    if (beside.lane && ledger_count_dead(reading->reader, &beside, &dead, &err) == 0 && dead) {
        print_line(to, "no dead letters in lane %s; there are in lane %s: %" PRId64, filter->lane,
                   beside.lane, dead);
    } else {
        (void)fprintf(to, "no dead letters: nothing to send again\n");
    }
}

static void announce(const struct invocation *invocation, const struct reading *reading,
                     const struct dead_filter *filter, int64_t meant)
{
    FILE *to = invocation->json ? stderr : stdout;

    if (meant == 0) {
        announce_none(to, reading, filter);
    } else {
        (void)fprintf(to, "%" PRId64 " dead letter%s to send again\n", meant,
                      meant == 1 ? "" : "s");
    }
}

static int run(const struct invocation *invocation)
{
    struct dead_filter filter;
    struct reading reading;
    int64_t meant = 0;
    int status;

    if (!sound(invocation) || !read_filter(invocation, &filter)) {
        return EXIT_USAGE;
    }
    status = reading_open(invocation, &reading);
    if (status == EXIT_DONE) {
        status = check_lane(&reading, filter.lane);
    }
    if (status == EXIT_DONE) {
        status = count_meant(invocation, reading.reader, &filter, &meant);
    }
    if (status == EXIT_DONE) {
        announce(invocation, &reading, &filter, meant);
    }
    if (status == EXIT_DONE && meant) {
        status = publish(invocation, &filter, ledger_reader_prefix(reading.reader));
    }
    if (status == EXIT_DONE && meant && !invocation->json) {
        (void)printf("asked for; headsup notices --waiting shows how they fare\n");
    }
    reading_finish(&reading);
    return status;
}

const struct command retry_command = {
    .name = "retry",
    .arguments = "[NOTICE…]",
    .summary = "send dead letters again",
    .words =
        "Counts the dead letters that are meant, and asks the daemon to send them again: single\n"
        "ones, those of one lane, those that died of one answer or since a moment, or all.",
    .example = "  headsup notices --dead\n"
               "  headsup retry --lane rich\n"
               "  headsup retry --status 503 --since 2h\n",
    .most = -1,
    .flags = {{'l', "lane", "LANE", "all dead letters of that lane"},
              {'s', "status", "CODE", "those whose last answer was that (0: none came)"},
              {'t', "since", "SPAN|TIME", "those that died since then: 2h, 2026-11-22T08:30:00Z"},
              {'a', "all", NULL, "all dead letters there are"},
              {0, "patience", "S", "give up after S seconds without an answer (10; 0: never)"}},
    .run = run,
};
