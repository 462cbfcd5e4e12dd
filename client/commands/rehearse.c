// headsup rehearse: what a changed rule book would have made of the events of the past, beside the
// present one. Decided by the daemon's own code, on scratch ledgers; nothing is recorded.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/rehearsal/accounts.h"
#include "client/rehearsal/picture.h"
#include "client/rehearsal/rehearsal.h"
#include "client/rehearsal/report.h"
#include "client/rehearsal/spool.h"
#include "common/base/moment.h"
#include "common/ledger/ledger_reader.h"

enum { SHOWN_USUAL = 20, SHOWN_MOST = 100000, SINCE_USUAL_DAYS = 30 };

struct rehearsing {
    const struct invocation *invocation;
    struct rulebook *books[SIDES];
    struct rehearsal rehearsal;
    int64_t now_ms;
    struct tally *tally;
};

static void rehearsing_finish(struct rehearsing *rehearsing)
{
    const struct feed *feed = &rehearsing->rehearsal.feed;

    for (int side = 0; side < SIDES; side++) {
        rulebook_destroy(rehearsing->books[side]);
    }
    if (!feed->ledger_path && feed->accounts_fd > 0) {
        (void)close(feed->accounts_fd);
    }
    if (!feed->ledger_path && feed->events_fd > 0) {
        (void)close(feed->events_fd);
    }
    tally_destroy(rehearsing->tally);
}

// --- the rule books ------------------------------------------------------------------------------

static int load(const char *path, struct rulebook **ret)
{
    struct problems problems = {0};
    int code = rulebook_load(path, false, ret, &problems);

    if (code < 0) {
        print_lines(stderr, "error: ", text_string(&problems.errors));
        print_line(stderr, "headsup: the rule book %s has %zu error%s", path, problems.error_count,
                   problems.error_count == 1 ? "" : "s");
    }
    problems_finish(&problems);
    return code < 0 ? EXIT_WANTING : EXIT_DONE;
}

static int load_both(struct rehearsing *rehearsing)
{
    const struct invocation *invocation = rehearsing->invocation;
    const char *rules = invocation_value(invocation, "rules");
    int status;

    if (!rules) {
        (void)usage_error(invocation->command, "--rules wants the changed rule book");
        return EXIT_USAGE;
    }
    status = load(invocation->conf, &rehearsing->books[BEFORE]);
    return status == EXIT_DONE ? load(rules, &rehearsing->books[AFTER]) : status;
}

// --- the feed ------------------------------------------------------------------------------------

static int open_ledger(struct rehearsing *rehearsing)
{
    const char *path = rehearsing->books[BEFORE]->ledger_path;
    struct feed *feed = &rehearsing->rehearsal.feed;
    cleanup_with(ledger_reader_closep) struct ledger_reader *reader = NULL;
    struct error err = {0};
    int code = ledger_reader_open(path, &reader, &err);

    *feed = (struct feed){.ledger_path = path,
                          .since_ms = rehearsing->now_ms - INT64_C(1) * SINCE_USUAL_DAYS * DAY_MS,
                          .until_ms = rehearsing->now_ms,
                          .long_past = rehearsal_counts_recent(rehearsing->books[BEFORE]) ||
                                       rehearsal_counts_recent(rehearsing->books[AFTER])};
    rehearsing->rehearsal.name = path;
    if (invocation_has(rehearsing->invocation, "accounts")) {
        return usage_error(rehearsing->invocation->command,
                           "--accounts is for a file; the ledger has its own");
    }
    if (!invocation_since(rehearsing->invocation, rehearsing->now_ms, &feed->since_ms)) {
        return EXIT_USAGE;
    }
    if (feed->since_ms >= feed->until_ms) {
        return usage_error(rehearsing->invocation->command, "--since lies in the future");
    }
    if (code == 0) {
        code = ledger_last_seq(reader, &feed->until_seq, &err);
    }
    feed->total = feed->until_seq;
    return reading_result(code, &err);
}

// Those of --accounts, or those of the ledger where there is one.
static int take_accounts(struct rehearsing *rehearsing)
{
    const char *file = invocation_value(rehearsing->invocation, "accounts");
    const char *ledger = rehearsing->books[BEFORE]->ledger_path;
    struct feed *feed = &rehearsing->rehearsal.feed;

    if (file) {
        return accounts_of_file(file, &feed->accounts_fd);
    }
    return access(ledger, F_OK) == 0
               ? accounts_of_ledger(ledger, feed->first_ms, &feed->accounts_fd)
               : EXIT_DONE;
}

static int open_file(struct rehearsing *rehearsing, const char *path)
{
    struct feed *feed = &rehearsing->rehearsal.feed;
    struct error err = {0};
    int status;

    *feed = (struct feed){.accounts_fd = -1, .until_ms = DAY_MS, .now_ms = rehearsing->now_ms};
    rehearsing->rehearsal.name = strcmp(path, "-") == 0 ? "standard input" : path;
    if (invocation_has(rehearsing->invocation, "since")) {
        return usage_error(rehearsing->invocation->command,
                           "--since is for the ledger; of a file, all events count");
    }
    feed->events_fd = spool_open(path, &err);
    if (feed->events_fd < 0) {
        return reading_result(feed->events_fd, &err);
    }
    feed->total = lseek(feed->events_fd, 0, SEEK_END);
    status = reading_result(
        feed_first_moment(feed->events_fd, rehearsing->now_ms, &feed->first_ms, &err), &err);
    return status == EXIT_DONE ? take_accounts(rehearsing) : status;
}

// --- all of it -----------------------------------------------------------------------------------

// Whether there may be a picture: asked before all the work.
static int check_picture(const struct invocation *invocation)
{
    const char *path = invocation_value(invocation, "picture");
    enum picture_kind kind;

    if (!path) {
        return invocation_has(invocation, "force")
                   ? usage_error(invocation->command, "--force is for --picture")
                   : EXIT_DONE;
    }
    if (!picture_kind_of(path, &kind)) {
        return usage_error(invocation->command,
                           "--picture wants a file that ends in .svg or .html, not '%s'", path);
    }
    if (access(path, F_OK) == 0 && !invocation_has(invocation, "force")) {
        print_line(stderr, "headsup: %s is there already; --force replaces it", path);
        return EXIT_WANTING;
    }
    return EXIT_DONE;
}

static int draw(const struct invocation *invocation, const struct report *report)
{
    const char *path = invocation_value(invocation, "picture");
    enum picture_kind kind;
    struct text picture = {0};
    struct error err = {0};
    int code = 0;

    if (path && picture_kind_of(path, &kind)) {
        picture_write(report, kind, &picture);
        code = picture_save(path, invocation_has(invocation, "force"), &picture, &err);
    }
    text_finish(&picture);
    return reading_result(code, &err);
}

static int tell(const struct rehearsing *rehearsing)
{
    const struct feed *feed = &rehearsing->rehearsal.feed;
    const struct run_sums *sums = &rehearsing->tally->sums;
    const struct report report = {
        .tally = rehearsing->tally,
        .books = {rehearsing->invocation->conf, invocation_value(rehearsing->invocation, "rules")},
        .from_ledger = feed->ledger_path != NULL,
        .from_ms = feed->ledger_path ? feed->since_ms : feed->first_ms,
        .until_ms = feed->ledger_path ? feed->until_ms : sums->last_ms};
    int status = draw(rehearsing->invocation, &report); // even if nobody reads on
    struct text out = {0};

    if (rehearsing->invocation->json) {
        report_put(&report, &out);
        (void)printf("%s\n", text_string(&out));
    } else {
        report_print(&report);
    }
    text_finish(&out);
    return status;
}

static int rehearse(struct rehearsing *rehearsing)
{
    struct rehearsal *rehearsal = &rehearsing->rehearsal;
    struct error err = {0};
    int64_t shown;

    if (!invocation_number(rehearsing->invocation, "show",
                           (struct number_range){0, SHOWN_MOST, SHOWN_USUAL}, &shown)) {
        return EXIT_USAGE;
    }
    rehearsal->books[BEFORE] = rehearsing->books[BEFORE];
    rehearsal->books[AFTER] = rehearsing->books[AFTER];
    rehearsal->shown_most = (size_t)shown;
    if (rehearsal_run(rehearsal, &rehearsing->tally, &err) < 0) {
        print_line(stderr, "headsup: %s", err.message);
        return EXIT_WANTING;
    }
    return tell(rehearsing);
}

static int run(const struct invocation *invocation)
{
    cleanup_with(rehearsing_finish) struct rehearsing rehearsing = {.invocation = invocation,
                                                                    .now_ms = clock_wall_ms()};
    int status = check_picture(invocation);

    if (status == EXIT_DONE) {
        status = load_both(&rehearsing);
    }
    if (status == EXIT_DONE) {
        status = invocation->count ? open_file(&rehearsing, invocation->arguments[0])
                                   : open_ledger(&rehearsing);
    }
    return status == EXIT_DONE ? rehearse(&rehearsing) : status;
}

const struct command rehearse_command = {
    .name = "rehearse",
    .arguments = "--rules NEW.conf [FILE.jsonl|-]",
    .summary = "say what a changed rule book would have made of the past",
    .words =
        "Plays the events of the past through the present rule book (-c) and through a changed "
        "one,\n"
        "each on a scratch ledger and with a clock that follows the events: who would have heard\n"
        "more, who less, by which rule, and which notices differ. The events are those of the "
        "ledger,\n"
        "or those of a file. Nothing is recorded and nobody is told; no daemon is asked.",
    .example = "  headsup rehearse --rules new.conf\n"
               "  headsup rehearse --rules new.conf --since 7d --picture week.svg\n",
    .most = 1,
    .flags = {{0, "rules", "NEW.conf", "the changed rule book"},
              {'t', "since", "SPAN|TIME", "events since then: 7d, 2026-11-22T08:30:00Z (30d)"},
              {0, "accounts", "FILE.csv",
               "with a file of events: the accounts, as accounts import reads them"},
              {'n', "show", "N", "notices that differ, at most (20)"},
              {0, "picture", "FILE", "draw the messages of each day, as .svg or .html"},
              {0, "force", NULL, "replace the picture's file where it is there already"}},
    .run = run,
};
