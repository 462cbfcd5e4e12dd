// headsup reload: asks the daemon to take over the changed rule book, and waits for what came of
// it.

#include <jansson.h>
#include <stdio.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/receipt_words.h"
#include "client/sending.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/rulebook/rulebook.h"

enum { PATIENCE_S = 60 };

// Without an endpoint the rule book has to say where the daemon is; one that cannot be read is not
// worth asking for. EXIT_DONE, or EXIT_WANTING with every error printed.
static int check_first(const struct invocation *invocation)
{
    struct rulebook *rulebook = NULL;
    struct problems problems = {0};
    int code =
        invocation->endpoint ? 0 : rulebook_load(invocation->conf, false, &rulebook, &problems);

    if (code < 0) {
        print_lines(stderr, "error: ", text_string(&problems.errors));
        print_line(
            stderr,
            "headsup: the rule book %s has %zu error%s, so headsupd was not asked; it goes on "
            "with what it has",
            invocation->conf, problems.error_count, problems.error_count == 1 ? "" : "s");
    }
    rulebook_destroy(rulebook);
    problems_finish(&problems);
    return code < 0 ? EXIT_WANTING : EXIT_DONE;
}

static void write_event(struct text *out)
{
    char uuid[UUID_BYTES], now[MOMENT_TEXT_BYTES], person[PERSON_BYTES];
    struct text source = {0};

    sending_add_source(&source);
    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    json_put_string(out, "id", sending_uuid(uuid));
    json_put_string(out, "source", text_string(&source));
    json_put_string(out, "type", "headsup.rulebook.reloaded");
    json_put_string(out, "time", moment_format(clock_wall_ms(), now));
    json_open_object(out, "data");
    json_put_string(out, "by", sending_person(person));
    json_close_object(out);
    json_close_object(out);
    text_finish(&source);
}

static void print_success(const struct text *receipt)
{
    json_t *root = json_loadb(receipt->bytes, receipt->size, 0, NULL);
    const char *say = json_string_value(json_object_get(json_object_get(root, "answer"), "say"));

    print_line(stdout, "%s", say ? say : "done");
    receipt_print_list(stdout, "warning: ", json_object_get(root, "warnings"));
    json_decref(root);
}

static void print_receipt(const struct invocation *invocation, const struct text *receipt,
                          int status)
{
    if (invocation->json) {
        (void)printf("%s\n", text_string(receipt));
    } else if (status == EXIT_DONE) {
        print_success(receipt);
    } else {
        receipt_print(stderr, receipt->bytes, receipt->size);
    }
}

static int run(const struct invocation *invocation)
{
    struct headsup_options options = {.window = 1};
    struct connection connection = {0};
    struct text event = {0}, receipt = {0};
    int status;

    if (!sending_patience(invocation, PATIENCE_S, &options.patience_ms)) {
        return EXIT_USAGE;
    }
    status = check_first(invocation);
    if (status == EXIT_DONE) {
        status = connection_open(invocation, &options, &connection);
    }
    if (status == EXIT_DONE) {
        write_event(&event);
        status = sending_publish(&connection, &event, &receipt);
    }
    if (receipt.size) {
        print_receipt(invocation, &receipt, status);
    } else if (status == EXIT_UNREACHABLE && !invocation->endpoint) {
        print_line(stderr,
                   "headsup: where intake.bind was changed, headsupd still listens where it "
                   "did: restart it, or name that endpoint with -e");
    }
    connection_finish(&connection);
    text_finish(&event);
    text_finish(&receipt);
    return status;
}

const struct command reload_command = {
    .name = "reload",
    .arguments = "",
    .summary = "have the daemon take over the changed rule book",
    .words =
        "Asks the daemon to read its rule book anew, and says what came of it: the new one is\n"
        "in force, with its warnings, or it is refused with every error (exit status 1) and\n"
        "the old one stays. Nothing that is under way is lost.",
    .example = "  headsup reload && headsup status\n",
    .flags = {{0, "patience", "S", "give up after S seconds without an answer (60; 0: never)"}},
    .run = run,
};
