// headsup event: builds one event out of words and publishes it.

#include <stdio.h>

#include "client/commands/commands.h"
#include "client/drafting.h"
#include "client/receipt_words.h"
#include "client/sending.h"
#include "common/base/moment.h"

static int publish(const struct invocation *invocation, const struct text *event)
{
    struct headsup_options options = {.window = 1};
    struct connection connection = {0};
    struct text receipt = {0};
    int status;

    if (!sending_patience(invocation, SENDING_PATIENCE_S, &options.patience_ms)) {
        return EXIT_USAGE;
    }
    status = connection_open(invocation, &options, &connection);
    if (status == EXIT_DONE) {
        status = sending_publish(&connection, event, &receipt);
    }
    if (receipt.size && invocation->json) {
        (void)printf("%s\n", text_string(&receipt));
    } else if (receipt.size) {
        receipt_print(status == EXIT_DONE ? stdout : stderr, receipt.bytes, receipt.size);
    }
    text_finish(&receipt);
    connection_finish(&connection);
    return status;
}

static int run(const struct invocation *invocation)
{
    struct text event = {0};
    int status = drafting_event(invocation, clock_wall_ms(), &event);

    if (status == EXIT_DONE && invocation_has(invocation, "dry-run")) {
        (void)printf("%s\n", text_string(&event));
    } else if (status == EXIT_DONE) {
        status = publish(invocation, &event);
    }
    text_finish(&event);
    return status;
}

const struct command event_command = {
    .name = "event",
    .arguments = "TYPE [KEY=VALUE…]",
    .summary = "publish one event made of words",
    .words =
        "Publishes one event and prints what was decided. The keys id, source, subject and time "
        "are\n"
        "the event's own; all others are its data. A value is text; KEY:=JSON gives any other.\n"
        "Unless said otherwise id is random, source is /headsup/cli/YOU and time is now.\n\n"
        "Types: issue.opened, issue.updated, issue.transferred, issue.escalation_requested,\n"
        "issue.concession_requested, issue.promise_claimed, issue.customer_contacted,\n"
        "issue.acknowledged, issue.planned, issue.resolved, issue.reopened, issue.closed,\n"
        "account.updated, account.terms_agreed, account.kickoff_held,\n"
        "account.shipment_scheduled, account.billed, account.promise_made, account.checkin_held,\n"
        "account.surveyed, silence.set, silence.lifted, rulebook.reloaded.",
    .example =
        "  headsup event issue.opened subject=INV-7 account=xyz category=billing \\\n"
        "      summary=\"charged twice for October\" amount=18250\n"
        "  headsup event issue.concession_requested subject=INV-7 kind=discount percent=5 \\\n"
        "      sale:='{\"amount\": 1000, \"cost\": 800}'\n",
    .least = 1,
    .most = -1,
    .flags = {{0, "patience", "S", "give up after S seconds without an answer (10; 0: never)"},
              {'n', "dry-run", NULL, "print the event and publish nothing"}},
    .run = run,
};
