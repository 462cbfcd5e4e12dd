// headsup event: builds one event out of words and publishes it.

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/receipt_words.h"
#include "client/sending.h"
#include "common/base/json_out.h"
#include "common/base/limits.h"
#include "common/base/moment.h"

// The attributes of an event that a person may give; all other keys are data.
enum attribute {
    ATTRIBUTE_ID,
    ATTRIBUTE_SOURCE,
    ATTRIBUTE_SUBJECT,
    ATTRIBUTE_TIME,
    ATTRIBUTE_COUNT
};

static const char *const attribute_names[ATTRIBUTE_COUNT] = {"id", "source", "subject", "time"};

// The members of data that are numbers, and so need no ":=".
static const char *const number_names[] = {"percent", "days", "score"};

struct draft {
    const char *attributes[ATTRIBUTE_COUNT]; // NULL: not given
    json_t *keys;                            // those of data seen so far
    struct text data;
};

static enum attribute attribute_of(const char *key)
{
    int i = 0;

    while (i < ATTRIBUTE_COUNT && strcmp(key, attribute_names[i]) != 0) {
        i++;
    }
    return (enum attribute)i;
}

static bool is_json(const char *value)
{
    json_t *parsed = json_loads(value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    bool sound = parsed != NULL;

    json_decref(parsed);
    return sound;
}

static bool is_number(const char *key, const char *value)
{
    for (size_t i = 0; i < sizeof number_names / sizeof number_names[0]; i++) {
        if (strcmp(key, number_names[i]) == 0) {
            return value[0] && !strchr("\"{[tfn", value[0]) && is_json(value);
        }
    }
    return false;
}

static int take_member(const struct command *command, struct draft *draft, const char *key,
                       const char *value, bool as_json)
{
    if (json_object_get(draft->keys, key)) {
        return usage_error(command, "'%s' is given twice", key);
    }
    if (as_json && !is_json(value)) {
        return usage_error(command, "'%s' is no JSON; without the colon it is taken as text",
                           value);
    }
    (void)json_object_set_new(draft->keys, key, json_true());
    if (as_json || is_number(key, value)) {
        json_put_raw(&draft->data, key, value, strlen(value));
    } else {
        json_put_string(&draft->data, key, value);
    }
    return EXIT_DONE;
}

// Takes one KEY=VALUE or KEY:=JSON.
static int take_argument(const struct command *command, struct draft *draft, const char *argument)
{
    size_t size = strcspn(argument, "=");
    bool as_json = size && argument[size] == '=' && argument[size - 1] == ':';
    char key[LIMIT_WORD_BYTES];
    enum attribute attribute;
    const char *value;

    if (!utf8_valid(argument, strlen(argument))) {
        return usage_error(command, "'%s' is not UTF-8", argument);
    }
    if (argument[size] != '=' || size == 0 || size >= sizeof key) {
        return usage_error(command, "'%s' is no KEY=VALUE", argument);
    }
    value = argument + size + 1;
    (void)snprintf(key, sizeof key, "%.*s", (int)(as_json ? size - 1 : size), argument);
    attribute = attribute_of(key);
    if (attribute == ATTRIBUTE_COUNT) {
        return take_member(command, draft, key, value, as_json);
    }
    if (as_json || draft->attributes[attribute]) {
        return usage_error(command, "'%s' is %s", key, as_json ? "a text" : "given twice");
    }
    draft->attributes[attribute] = value;
    return EXIT_DONE;
}

static void put_attribute(struct text *out, const struct draft *draft, enum attribute attribute,
                          const char *usual)
{
    const char *value = draft->attributes[attribute];

    json_put_string(out, attribute_names[attribute], value ? value : usual);
}

static void write_event(struct text *out, const char *type, const struct draft *draft)
{
    char uuid[UUID_BYTES], now[MOMENT_TEXT_BYTES];
    struct text source = {0}, full_type = {0};

    sending_add_source(&source);
    text_addf(&full_type, "%s%s", strncmp(type, "headsup.", 8) == 0 ? "" : "headsup.", type);
    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    put_attribute(out, draft, ATTRIBUTE_ID, sending_uuid(uuid));
    put_attribute(out, draft, ATTRIBUTE_SOURCE, text_string(&source));
    json_put_string(out, "type", text_string(&full_type));
    if (draft->attributes[ATTRIBUTE_SUBJECT]) {
        put_attribute(out, draft, ATTRIBUTE_SUBJECT, NULL);
    }
    put_attribute(out, draft, ATTRIBUTE_TIME, moment_format(clock_wall_ms(), now));
    if (draft->data.size > 2) {
        json_put_raw(out, "data", draft->data.bytes, draft->data.size);
    }
    json_close_object(out);
    text_finish(&source);
    text_finish(&full_type);
}

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
    struct draft draft = {.keys = json_object()};
    struct text event = {0};
    int status = EXIT_DONE;

    json_open_object(&draft.data, NULL);
    for (int i = 1; i < invocation->count && status == EXIT_DONE; i++) {
        status = take_argument(invocation->command, &draft, invocation->arguments[i]);
    }
    json_close_object(&draft.data);
    if (status == EXIT_DONE) {
        write_event(&event, invocation->arguments[0], &draft);
        status = invocation_has(invocation, "dry-run") ? EXIT_DONE : publish(invocation, &event);
    }
    if (status == EXIT_DONE && invocation_has(invocation, "dry-run")) {
        (void)printf("%s\n", text_string(&event));
    }
    text_finish(&event);
    text_finish(&draft.data);
    json_decref(draft.keys);
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
