#include "common/event/event.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/moment.h"
#include "common/event/event_bytes.h"
#include "common/event/event_data.h"
#include "common/event/event_types.h"
#include "common/event/refusal.h"

// The attributes of CloudEvents 1.0 (section "Context attributes") and the two members for the
// data, those that most events have first. Any other member is an extension attribute.
enum attribute {
    SPECVERSION,
    ID,
    SOURCE,
    TYPE,
    SUBJECT,
    TIME,
    DATA,
    DATACONTENTTYPE,
    DATASCHEMA,
    DATA_BASE64,
    ATTRIBUTE_COUNT
};

static const struct {
    const char *name, *path;
    size_t most; // bytes of a text; 0: not a text
    bool required;
} attributes[ATTRIBUTE_COUNT] = {
    [SPECVERSION] = {"specversion", "/specversion", LIMIT_WORD_BYTES, true},
    [ID] = {"id", "/id", LIMIT_ID_BYTES, true},
    [SOURCE] = {"source", "/source", LIMIT_SOURCE_BYTES, true},
    [TYPE] = {"type", "/type", LIMIT_TYPE_BYTES, true},
    [SUBJECT] = {"subject", "/subject", LIMIT_ID_BYTES, false},
    [TIME] = {"time", "/time", LIMIT_WORD_BYTES, false},
    [DATA] = {"data", "/data", 0, false},
    [DATACONTENTTYPE] = {"datacontenttype", "/datacontenttype", LIMIT_ID_BYTES, false},
    [DATASCHEMA] = {"dataschema", "/dataschema", LIMIT_SOURCE_BYTES, false},
    [DATA_BASE64] = {"data_base64", "/data_base64", 0, false},
};

// The attributes of one event as they were found; NULL where absent or null.
struct read {
    json_t *values[ATTRIBUTE_COUNT];
    const char *texts[ATTRIBUTE_COUNT];
};

static int check_text(const char *name, const char *path, const json_t *value, size_t most,
                      struct refusal *why)
{
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    char shown[REFUSAL_VALUE_BYTES];

    if (!text) {
        return refusal_set(why, "wrong_type", path, "%s must be a text; got %s", name,
                           refusal_value(value, shown));
    }
    if (size == 0) {
        return refusal_set(why, "bad_value", path, "%s must not be empty", name);
    }
    if (size > most) {
        return refusal_set(why, "too_long", path, "%s has %zu bytes; %zu are allowed", name, size,
                           most);
    }
    if (!event_text_plain(text, size)) {
        return refusal_set(why, "bad_value", path,
                           "%s holds a control character or a Unicode non-character: %s", name,
                           refusal_value(value, shown));
    }
    return 0;
}

// An attribute that CloudEvents does not define: kept, once its name and value are of the allowed
// form.
static int check_extension(const char *name, const json_t *value, struct refusal *why)
{
    char path[128] = "/", shown[REFUSAL_VALUE_BYTES];
    size_t size = strlen(name), out = 1;

    // escaped as RFC 6901, section 3, wants it
    for (const char *at = name; *at && out < sizeof path - 2; at++) {
        if (*at == '~' || *at == '/') {
            path[out++] = '~';
        }
        path[out++] = (char)(*at == '~' ? '0' : *at == '/' ? '1' : *at);
    }
    path[out] = '\0';
    if (size == 0 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") != size) {
        return refusal_set(why, "bad_value", path,
                           "the attribute name %s is not made of lower-case letters and "
                           "digits (members of your own go into data)",
                           log_quote(name, shown, sizeof shown));
    }
    if (json_is_string(value) && json_string_length(value)) {
        return check_text(name, path, value, LIMIT_TEXT_BYTES, why);
    }
    if (json_is_string(value) || json_is_boolean(value) || json_is_null(value)) {
        return 0;
    }
    if (json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
        json_integer_value(value) <= INT32_MAX) {
        return 0;
    }
    return refusal_set(why, json_is_integer(value) ? "bad_value" : "wrong_type", path,
                       "%.40s must be a text, true, false or a 32-bit integer; got %s", name,
                       refusal_value(value, shown));
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (strcmp(name, attributes[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static int check_extensions(json_t *root, struct refusal *why)
{
    const char *name;
    json_t *value;

    json_object_foreach(root, name, value)
    {
        if (!is_known(name) && check_extension(name, value, why) < 0) {
            return -EINVAL;
        }
    }
    return 0;
}

// Finds the attributes, and checks those that are texts as far as all texts are alike.
static int read_attributes(json_t *root, struct read *ret, struct refusal *why)
{
    size_t known = 0, count = json_object_size(root);

    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        json_t *value = known < count ? json_object_get(root, attributes[i].name) : NULL;

        known += value != NULL;
        ret->values[i] = json_is_null(value) ? NULL : value;
        if (!ret->values[i] && attributes[i].required) {
            return refusal_set(why, "missing", attributes[i].path,
                               "%s is missing: every event has it", attributes[i].name);
        }
        if (ret->values[i] && attributes[i].most) {
            if (check_text(attributes[i].name, attributes[i].path, value, attributes[i].most, why) <
                0) {
                return -EINVAL;
            }
            ret->texts[i] = json_string_value(value);
        }
    }
    return known < count ? check_extensions(root, why) : 0;
}

static int set_type(struct event *event, const char *type, struct refusal *why)
{
    char shown[REFUSAL_VALUE_BYTES];
    const char *nearest;

    event->type = event_type_of(type);
    if (event->type < EVENT_TYPE_COUNT &&
        strncmp(type, EVENT_TYPE_PREFIX, strlen(EVENT_TYPE_PREFIX)) == 0) {
        return 0;
    }
    nearest = event_type_nearest(type);
    log_quote(type, shown, sizeof shown);
    if (!nearest) {
        return refusal_set(why, "unknown_type", "/type", "there is no event type %s", shown);
    }
    return refusal_set(why, "unknown_type", "/type",
                       "there is no event type %s; did you mean \"%s%s\"?", shown,
                       EVENT_TYPE_PREFIX, nearest);
}

static int set_time(struct event *event, const char *time, struct refusal *why)
{
    char now[MOMENT_TEXT_BYTES], shown[REFUSAL_VALUE_BYTES];

    event->time_ms = event->received_ms;
    if (!time) {
        return 0;
    }
    if (moment_parse(time, &event->time_ms) < 0) {
        return refusal_set(why, "bad_time", "/time",
                           "time must be a moment of 1970 or later in RFC 3339, such as "
                           "2026-11-22T08:30:00Z; got %s",
                           log_quote(time, shown, sizeof shown));
    }
    if (event->time_ms > event->received_ms + DAY_MS) {
        return refusal_set(why, "bad_time", "/time",
                           "time is more than a day ahead of the clock here: it says %s, and it is "
                           "%s now",
                           time, moment_format(event->received_ms, now));
    }
    return 0;
}

static int set_subject(struct event *event, const char *subject, struct refusal *why)
{
    static const char *const meanings[] = {
        [ABOUT_ISSUE] = "the issue's key",
        [ABOUT_ACCOUNT] = "the account's key",
        [ABOUT_SILENCE] = "the silence's name",
    };
    enum event_about about = event_type_about(event->type);

    event->subject = subject;
    if (!subject && about != ABOUT_THE_SERVICE) {
        return refusal_set(why, "missing", "/subject", "subject is missing: for %s%s it is %s",
                           EVENT_TYPE_PREFIX, event_type_name(event->type), meanings[about]);
    }
    return 0;
}

static int check_content_type(const char *content_type, struct refusal *why)
{
    const char *json = "application/json";
    size_t size = strlen(json);
    char shown[REFUSAL_VALUE_BYTES];

    if (!content_type || (strncasecmp(content_type, json, size) == 0 &&
                          strchr(" \t;", content_type[size]))) { // the end counts as found
        return 0;
    }
    return refusal_set(why, "bad_value", "/datacontenttype",
                       "datacontenttype must be application/json or absent; got %s",
                       log_quote(content_type, shown, sizeof shown));
}

static int set_data(struct event *event, const struct read *read, struct refusal *why)
{
    json_t *data = read->values[DATA];
    char shown[REFUSAL_VALUE_BYTES];

    if (read->values[DATA_BASE64]) {
        return refusal_set(why, "bad_value", "/data_base64",
                           "data_base64 is not taken: send the data as JSON, in data");
    }
    if (data && !json_is_object(data)) {
        return refusal_set(why, "wrong_type", "/data", "data must be an object; got %s",
                           refusal_value(data, shown));
    }
    event->data = data;
    return event_data_check(event, why);
}

static int read_event(struct event *event, struct refusal *why)
{
    struct read read = {0};
    char shown[REFUSAL_VALUE_BYTES];
    int r;

    if (!json_is_object(event->root)) {
        return refusal_set(why, "wrong_type", "", "an event must be a JSON object; got %s",
                           refusal_value(event->root, shown));
    }
    r = read_attributes(event->root, &read, why);
    if (r < 0) {
        return r;
    }
    assert(read.texts[SPECVERSION] && read.texts[TYPE]); // they are required
    if (strcmp(read.texts[SPECVERSION], "1.0") != 0) {
        return refusal_set(why, "bad_value", attributes[SPECVERSION].path,
                           "specversion must be \"1.0\"; got %s",
                           refusal_value(read.values[SPECVERSION], shown));
    }
    event->id = read.texts[ID];
    event->source = read.texts[SOURCE];
    r = set_type(event, read.texts[TYPE], why);
    r = r < 0 ? r : set_subject(event, read.texts[SUBJECT], why);
    r = r < 0 ? r : set_time(event, read.texts[TIME], why);
    r = r < 0 ? r : check_content_type(read.texts[DATACONTENTTYPE], why);
    return r < 0 ? r : set_data(event, &read, why);
}

// Puts the parser's complaint into our codes and a sentence.
static int refuse_json(const json_error_t *error, struct refusal *why)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return refusal_set(why, "duplicate_key", "",
                           "a member stands twice in one object, at line %d, column %d: %s",
                           error->line, error->column, error->text);
    case json_error_numeric_overflow:
        return refusal_set(why, "bad_value", "",
                           "a number is out of range, at line %d, column %d: %s", error->line,
                           error->column, error->text);
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return refusal_set(why, "bad_value", "",
                           "a text holds the character U+0000, at line %d, column %d", error->line,
                           error->column);
    default:
        return refusal_set(why, "malformed", "",
                           "not valid JSON, at line %d, column %d (byte %d): %s", error->line,
                           error->column, error->position, error->text);
    }
}

int event_parse(const char *bytes, size_t size, int64_t received_ms, struct event *ret,
                struct refusal *why)
{
    cleanup_with(event_finish) struct event event = {
        .bytes = bytes, .size = size, .received_ms = received_ms};
    json_error_t error;
    int r = event_bytes_check(bytes, size, why);

    if (r < 0) {
        return r;
    }
    event.root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!event.root) {
        return refuse_json(&error, why);
    }
    r = read_event(&event, why);
    if (r < 0) {
        refusal_name(why, json_string_value(json_object_get(event.root, "id")),
                     json_string_value(json_object_get(event.root, "source")));
        return r;
    }
    *ret = event;
    event.root = NULL;
    return 0;
}

void event_finish(struct event *event)
{
    json_decref(event->root);
    *event = (struct event){0};
}

static void json_finish(json_t **tree)
{
    json_decref(*tree);
}

bool event_same(const char *bytes, size_t size, const char *other, size_t other_size)
{
    cleanup_with(json_finish) json_t *one = NULL;
    cleanup_with(json_finish) json_t *two = NULL;

    if (size == other_size && memcmp(bytes, other, size) == 0) {
        return true;
    }
    one = json_loadb(bytes, size, 0, NULL);
    two = json_loadb(other, other_size, 0, NULL);
    return one && two && json_equal(one, two);
}

const char *event_own_words(const struct event *event)
{
    static const char *const names[] = {"demand", "claim", "note", "reason"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *words = event_text(event, names[i]);

        if (words) {
            return words;
        }
    }
    return NULL;
}
