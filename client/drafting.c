#include "client/drafting.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

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
    struct text name = {0};

    if (json_object_get(draft->keys, key)) {
        return usage_error(command, "'%s' is given twice", key);
    }
    if (as_json && !is_json(value)) {
        return usage_error(command, "'%s' is no JSON; without the colon it is taken as text",
                           value);
    }
    (void)json_object_set_new(draft->keys, key, json_true());
    json_add_escaped(&name, key);
    if (as_json || is_number(key, value)) {
        json_put_raw(&draft->data, text_string(&name), value, strlen(value));
    } else {
        json_put_string(&draft->data, text_string(&name), value);
    }
    text_finish(&name);
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

static void write_event(struct text *out, const char *type, const struct draft *draft,
                        int64_t now_ms)
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
    put_attribute(out, draft, ATTRIBUTE_TIME, moment_format(now_ms, now));
    if (draft->data.size > 2) {
        json_put_raw(out, "data", draft->data.bytes, draft->data.size);
    }
    json_close_object(out);
    text_finish(&source);
    text_finish(&full_type);
}

int drafting_event(const struct invocation *invocation, int64_t now_ms, struct text *ret)
{
    struct draft draft = {.keys = json_object()};
    int status = EXIT_DONE;

    json_open_object(&draft.data, NULL);
    for (int i = 1; i < invocation->count && status == EXIT_DONE; i++) {
        status = take_argument(invocation->command, &draft, invocation->arguments[i]);
    }
    json_close_object(&draft.data);
    if (status == EXIT_DONE) {
        write_event(ret, invocation->arguments[0], &draft, now_ms);
    }
    text_finish(&draft.data);
    json_decref(draft.keys);
    return status;
}
