// headsup retry: asks the daemon to send dead letters again.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/ordering.h"
#include "client/print.h"
#include "client/reading.h"
#include "common/base/json_out.h"

struct count {
    const char *lane; // NULL: all
    int64_t dead;
};

static int count_lane(void *user, const struct lane_record *lane, int64_t waiting, int64_t dead)
{
    struct count *count = user;

    (void)waiting;
    if (!count->lane || strcmp(count->lane, lane->lane) == 0) {
        count->dead += dead;
    }
    return 0;
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

// Counts what is meant. EXIT_DONE, or another exit status with the words printed.
static int count_meant(const struct invocation *invocation, struct ledger_reader *reader,
                       int64_t *ret)
{
    struct count count = {.lane = invocation_value(invocation, "lane")};
    struct error err = {0};
    int status = EXIT_DONE;

    for (int i = 0; i < invocation->count && status == EXIT_DONE; i++) {
        status = check_notice(reader, invocation->arguments[i]);
    }
    if (invocation->count == 0) {
        status = reading_result(ledger_each_lane(reader, count_lane, &count, &err), &err);
    }
    *ret = invocation->count ? invocation->count : count.dead;
    return status;
}

// id NULL: those of the lane, or all.
static void write_event(struct text *out, const struct invocation *invocation, const char *prefix,
                        const char *id)
{
    const char *lane = invocation_value(invocation, "lane");
    char full[NOTICE_ID_BYTES];

    ordering_open(out, "notice.retried");
    if (id) {
        json_put_string(out, "notice", notice_id_format(prefix, notice_id_num(id), full));
    } else if (lane) {
        json_put_string(out, "lane", lane);
    } else {
        json_put_bool(out, "all", true);
    }
    ordering_close(out);
}

static int publish(const struct invocation *invocation, const char *prefix)
{
    int events = invocation->count ? invocation->count : 1, status;
    struct connection connection = {0};
    struct text event = {0}, receipt = {0};

    status = ordering_connect(invocation, &connection);
    for (int i = 0; i < events && status == EXIT_DONE; i++) {
        write_event(&event, invocation, prefix,
                    invocation->count ? invocation->arguments[i] : NULL);
        status = ordering_publish(invocation, &connection, &event, &receipt);
    }
    connection_finish(&connection);
    text_finish(&event);
    text_finish(&receipt);
    return status;
}

static bool sound(const struct invocation *invocation)
{
    int ways = (invocation->count > 0) + invocation_has(invocation, "lane") +
               invocation_has(invocation, "all");

    if (ways != 1) {
        (void)usage_error(invocation->command,
                          "say which dead letters: NOTICE…, --lane LANE or --all");
    }
    return ways == 1;
}

static void announce(const struct invocation *invocation, int64_t meant)
{
    FILE *to = invocation->json ? stderr : stdout;

    if (meant == 0) {
        (void)fprintf(to, "no dead letters: nothing to send again\n");
    } else {
        (void)fprintf(to, "%" PRId64 " dead letter%s to send again\n", meant,
                      meant == 1 ? "" : "s");
    }
}

static int run(const struct invocation *invocation)
{
    struct reading reading;
    int64_t meant = 0;
    int status;

    if (!sound(invocation)) {
        return EXIT_USAGE;
    }
    status = reading_open(invocation, &reading);
    if (status == EXIT_DONE) {
        status = count_meant(invocation, reading.reader, &meant);
    }
    if (status == EXIT_DONE) {
        announce(invocation, meant);
    }
    if (status == EXIT_DONE && meant) {
        status = publish(invocation, ledger_reader_prefix(reading.reader));
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
        "ones, those of one lane, or all.",
    .example = "  headsup notices --dead\n"
               "  headsup retry --lane rich\n",
    .most = -1,
    .flags = {{'l', "lane", "LANE", "all dead letters of that lane"},
              {'a', "all", NULL, "all dead letters there are"},
              {0, "patience", "S", "give up after S seconds without an answer (10; 0: never)"}},
    .run = run,
};
