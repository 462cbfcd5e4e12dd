#include "common/event/event_data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/event/event_types.h"
#include "common/event/refusal.h"

// A member that is looked at.
struct found {
    const struct event_member *member;
    const json_t *value;
    bool of_sale;  // it stands in data.sale
    size_t number; // of an element of an array, from 1; 0: it is none
};

// Where it stands, for a person and as a JSON pointer: worked out for a refusal alone, for every
// member of every event is looked at.
struct place {
    char name[64]; // "data.amount", "data.match[2]"
    char path[64]; // "/data/amount", "/data/match/2"
};

static struct place place_of(const struct found *found)
{
    const char *name = found->member->name;
    char in_name[24] = "", in_path[24] = ""; // the element
    struct place place;

    if (found->number) {
        (void)snprintf(in_name, sizeof in_name, "[%zu]", found->number - 1);
        (void)snprintf(in_path, sizeof in_path, "/%zu", found->number - 1);
    }
    (void)snprintf(place.name, sizeof place.name, "data.%s%s%s", found->of_sale ? "sale." : "",
                   name, in_name);
    (void)snprintf(place.path, sizeof place.path, "/data/%s%s%s", found->of_sale ? "sale/" : "",
                   name, in_path);
    return place;
}

static int refuse(const struct found *found, const char *code, const char *wanted,
                  struct refusal *why)
{
    struct place place = place_of(found);
    char value[REFUSAL_VALUE_BYTES];

    return refusal_set(why, code, place.path, "%s must be %s; got %s", place.name, wanted,
                       refusal_value(found->value, value));
}

static int refuse_empty(const struct found *found, struct refusal *why)
{
    struct place place = place_of(found);

    return refusal_set(why, "bad_value", place.path, "%s must not be empty", place.name);
}

bool event_text_plain(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;

    for (size_t i = ascii_printable(text, size); i < size;
         i++, i += ascii_printable(text + i, size - i)) {
        size_t left = size - i;

        if (at[i] < 0x20 || at[i] == 0x7f) {
            return false;
        }
        // U+0080 to U+009F; U+FDD0 to U+FDEF; U+FFFE and U+FFFF; the last two of each other plane
        if ((at[i] == 0xc2 && left > 1 && at[i + 1] < 0xa0) ||
            (at[i] == 0xef && left > 2 && at[i + 1] == 0xb7 && at[i + 2] >= 0x90 &&
             at[i + 2] <= 0xaf) ||
            (at[i] == 0xef && left > 2 && at[i + 1] == 0xbf && at[i + 2] >= 0xbe) ||
            (at[i] >= 0xf0 && left > 3 && (at[i + 1] & 0x0f) == 0x0f && at[i + 2] == 0xbf &&
             at[i + 3] >= 0xbe)) {
            return false;
        }
    }
    return true;
}

static int check_text(const struct found *found, struct refusal *why)
{
    enum member_kind kind = found->member->kind;
    const char *text = json_string_value(found->value);
    size_t size = json_string_length(found->value), most;

    if (!text) {
        return refuse(found, "wrong_type", "a text", why);
    }
    most = kind == MEMBER_WORD  ? LIMIT_WORD_BYTES
           : kind == MEMBER_KEY ? LIMIT_ID_BYTES
                                : LIMIT_TEXT_BYTES;
    if (size > most) {
        struct place place = place_of(found);

        return refusal_set(why, "too_long", place.path, "%s has %zu bytes; %zu are allowed",
                           place.name, size, most);
    }
    if (size == 0 && found->member->required && kind != MEMBER_SUMMARY) {
        return refuse_empty(found, why);
    }
    if ((kind == MEMBER_WORD || kind == MEMBER_KEY) && !event_text_plain(text, size)) {
        return refuse(found, "bad_value", "one line without control characters", why);
    }
    return 0;
}

static int check_one_of(const struct found *found, struct refusal *why)
{
    const char *text = json_string_value(found->value);
    struct text wanted = {0};
    int r;

    for (const char *const *word = found->member->words; text && *word; word++) {
        if (strcmp(text, *word) == 0) {
            return 0;
        }
    }
    for (const char *const *word = found->member->words; *word; word++) {
        text_addf(&wanted, "%s%s", wanted.size ? (word[1] ? ", " : " or ") : "", *word);
    }
    r = refuse(found, text ? "bad_value" : "wrong_type", text_string(&wanted), why);
    text_finish(&wanted);
    return r;
}

static int check_money(const struct found *found, struct refusal *why)
{
    int64_t minor;
    int r = event_money_of(found->value, &minor);

    if (r == -ERANGE) {
        return refuse(found, "bad_value", "money of at most 1000000000000.00 either way", why);
    }
    if (r < 0) {
        bool right_type = json_is_number(found->value) || json_is_string(found->value);

        return refuse(found, right_type ? "bad_value" : "wrong_type",
                      "money with at most two decimal places, such as 18250.00", why);
    }
    return 0;
}

static int check_number(const struct found *found, struct refusal *why)
{
    bool whole = found->member->kind == MEMBER_COUNT;
    double number = json_number_value(found->value);
    char wanted[64];

    (void)snprintf(wanted, sizeof wanted, "a %snumber from 0 to %d", whole ? "whole " : "",
                   found->member->most);
    if (!json_is_number(found->value)) {
        return refuse(found, "wrong_type", wanted, why);
    }
    if (number < 0 || number > found->member->most || (whole && number != (double)(int)number)) {
        return refuse(found, "bad_value", wanted, why);
    }
    return 0;
}

// A moment of data. A date alone is what people say of a plan or a promise: it lasts until the end
// of that day, in UTC.
static int moment_of(const char *text, int64_t *ret_ms)
{
    const size_t date_bytes = strlen("2026-11-24");
    char whole[MOMENT_TEXT_BYTES];

    if (strlen(text) != date_bytes) {
        return moment_parse(text, ret_ms);
    }
    (void)snprintf(whole, sizeof whole, "%sT23:59:59Z", text);
    return moment_parse(whole, ret_ms);
}

static int check_moment(const struct found *found, struct refusal *why)
{
    const char *wanted = "a moment such as 2026-11-24T17:00:00Z, or a date such as 2026-11-24";
    const char *text = json_string_value(found->value);
    int64_t ms;

    if (!text) {
        return refuse(found, "wrong_type", wanted, why);
    }
    return moment_of(text, &ms) < 0 ? refuse(found, "bad_time", wanted, why) : 0;
}

static int check_sale(const struct found *found, struct refusal *why)
{
    static const struct event_member parts[] = {{.name = "amount"}, {.name = "cost"}};

    if (!json_is_object(found->value)) {
        return refuse(found, "wrong_type", "an object with amount and cost", why);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const json_t *value = json_object_get(found->value, parts[i].name);
        struct found part = {.member = &parts[i], .value = value, .of_sale = true};

        if (value && !json_is_null(value) && check_money(&part, why) < 0) {
            return -EINVAL;
        }
    }
    return 0;
}

static int check_texts(const struct found *found, struct refusal *why)
{
    size_t count = json_array_size(found->value);

    if (json_is_string(found->value)) {
        return check_text(found, why);
    }
    if (!json_is_array(found->value)) {
        return refuse(found, "wrong_type", "a text or an array of texts", why);
    }
    if (count == 0 && found->member->required) {
        return refuse_empty(found, why);
    }
    for (size_t i = 0; i < count; i++) {
        struct found element = {
            .member = found->member, .value = json_array_get(found->value, i), .number = i + 1};

        if (check_text(&element, why) < 0) {
            return -EINVAL;
        }
    }
    return 0;
}

static int check_member(const struct found *found, struct refusal *why)
{
    switch (found->member->kind) {
    case MEMBER_TEXT:
    case MEMBER_SUMMARY:
    case MEMBER_WORD:
    case MEMBER_KEY:
        return check_text(found, why);
    case MEMBER_ONE_OF:
        return check_one_of(found, why);
    case MEMBER_MONEY:
        return check_money(found, why);
    case MEMBER_COUNT:
    case MEMBER_NUMBER:
        return check_number(found, why);
    case MEMBER_BOOLEAN:
        return json_is_boolean(found->value) ? 0
                                             : refuse(found, "wrong_type", "true or false", why);
    case MEMBER_MOMENT:
        return check_moment(found, why);
    case MEMBER_OBJECT:
        return json_is_object(found->value) ? 0 : refuse(found, "wrong_type", "an object", why);
    case MEMBER_SALE:
        return check_sale(found, why);
    case MEMBER_TEXTS:
        return check_texts(found, why);
    }
    return 0;
}

int event_data_check(struct event *event, struct refusal *why)
{
    const struct event_kind *kind = event_kind_of(event->type);

    for (const struct event_member *member = kind->members; member->name; member++) {
        const json_t *value = json_object_get(event->data, member->name);
        struct found found = {.member = member, .value = value};

        if (value && !json_is_null(value)) {
            if (check_member(&found, why) < 0) {
                return -EINVAL;
            }
        } else if (member->required) {
            struct place place = place_of(&found);

            return refusal_set(why, "missing", place.path, "%s is missing: %s%s needs it",
                               place.name, EVENT_TYPE_PREFIX, kind->name);
        }
        if (value && member->kind == MEMBER_MONEY && strcmp(member->name, "amount") == 0) {
            event->has_amount = event_money_of(value, &event->amount_minor) == 0;
        }
    }
    return 0;
}

const char *event_text(const struct event *event, const char *name)
{
    return json_string_value(json_object_get(event->data, name));
}

bool event_money(const struct event *event, const char *name, int64_t *ret_minor)
{
    const json_t *value = json_object_get(event->data, name);

    return value && event_money_of(value, ret_minor) == 0;
}

bool event_moment(const struct event *event, const char *name, int64_t *ret_ms)
{
    const char *text = event_text(event, name);

    return text && moment_of(text, ret_ms) == 0;
}

// Where real is the double nearest to an amount with two decimal places, that amount: the slow way
// finds no other, for a double holds 15 digits.
static bool cents_of(double real, int64_t *ret_minor)
{
    double cents = real * 100;
    int64_t minor;

    if (!(cents >= -(double)LIMIT_MONEY_MINOR && cents <= (double)LIMIT_MONEY_MINOR)) {
        return false;
    }
    minor = (int64_t)(cents + (cents < 0 ? -0.5 : 0.5));
    if ((double)minor / 100 != real) {
        return false;
    }
    *ret_minor = minor;
    return true;
}

int event_money_of(const json_t *value, int64_t *ret_minor)
{
    char decimal[32];
    double real;

    if (json_is_integer(value)) {
        json_int_t whole = json_integer_value(value);

        if (whole > LIMIT_MONEY_MINOR / 100 || whole < -LIMIT_MONEY_MINOR / 100) {
            return -ERANGE;
        }
        *ret_minor = whole * 100;
        return 0;
    }
    if (!json_is_real(value)) {
        return json_is_string(value) ? money_parse(json_string_value(value), ret_minor) : -EINVAL;
    }
    real = json_real_value(value);
    if (cents_of(real, ret_minor)) {
        return 0;
    }
    (void)snprintf(decimal, sizeof decimal, "%.15g", real);
    if (strchr(decimal, 'e')) {
        // too large, or with far more than two decimal places
        return real > 1 || real < -1 ? -ERANGE : -EINVAL;
    }
    return money_parse(decimal, ret_minor);
}
