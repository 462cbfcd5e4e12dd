// headsup show: the whole story of one issue, in the order in which it was told.

#include <stdio.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/reading.h"
#include "client/stories.h"
#include "common/base/json_out.h"

struct telling {
    struct ledger_reader *reader;
    const char *currency; // of the rule book
    bool json;
    struct text out; // of JSON
    struct error err;
};

static int tell_issue(void *user, const struct issue *issue)
{
    struct telling *telling = user;

    if (telling->json) {
        story_put_issue(&telling->out, "issue", issue);
    } else {
        story_print_issue(stdout, issue, telling->currency);
    }
    return 0;
}

static int tell_decision(void *user, const struct notice_record *notice)
{
    struct telling *telling = user;
    const char *prefix = ledger_reader_prefix(telling->reader);

    if (telling->json) {
        story_put_decision(&telling->out, prefix, notice);
    } else {
        story_print_decision(stdout, prefix, notice, false);
    }
    return 0;
}

static int tell_event(void *user, const struct event_record *event)
{
    struct telling *telling = user;
    struct notice_filter filter = {.fate = -1, .with_unsent = true, .event_seq = event->seq};
    int code;

    if (telling->json) {
        json_open_object(&telling->out, NULL);
        story_put_event(&telling->out, "event", event);
        json_open_array(&telling->out, "decisions");
    } else {
        (void)putchar('\n');
        story_print_event(stdout, event);
    }
    code = ledger_each_notice(telling->reader, &filter, tell_decision, telling, &telling->err);
    if (telling->json) {
        json_close_array(&telling->out);
        json_close_object(&telling->out);
    }
    return code;
}

static int tell(struct telling *telling, const char *key)
{
    int found;

    json_open_object(&telling->out, NULL);
    found = ledger_get_issue(telling->reader, key, tell_issue, telling, &telling->err);
    if (found == 0) {
        print_line(stderr, "headsup: no issue %s is on record; to list them: headsup issues", key);
        return EXIT_WANTING;
    }
    if (found > 0) {
        json_open_array(&telling->out, "events");
        found = ledger_each_issue_event(telling->reader, key, tell_event, telling, &telling->err);
        json_close_array(&telling->out);
    }
    json_close_object(&telling->out);
    if (found >= 0 && telling->json) {
        (void)printf("%s\n", text_string(&telling->out));
    }
    return reading_result(found, &telling->err);
}

static int run(const struct invocation *invocation)
{
    struct telling telling = {.json = invocation->json};
    struct reading reading;
    int status = reading_open(invocation, &reading);

    if (status == EXIT_DONE) {
        telling.reader = reading.reader;
        telling.currency = reading.rulebook->currency;
        status = tell(&telling, invocation->arguments[0]);
    }
    text_finish(&telling.out);
    reading_finish(&reading);
    return status;
}

const struct command show_command = {
    .name = "show",
    .arguments = "ISSUE",
    .summary = "tell the story of one issue",
    .words =
        "Tells what happened to an issue: its events in order, what was decided about each and\n"
        "why, and what became of every notice.",
    .example = "  headsup show INV-7\n",
    .least = 1,
    .most = 1,
    .run = run,
};
