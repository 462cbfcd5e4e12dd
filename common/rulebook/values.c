#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/xalloc.h"
#include "common/rulebook/fields.h"
#include "common/rulebook/reader.h"

enum { TEXT_BYTES = 1024, SHOWN_BYTES = 80 };

// What is expected, in words, and an example where the setting has none of its own.
static const struct {
    const char *words, *example;
} types[] = {
    [SETTING_TEXT] = {"a text in double quotes", "\"…\""},
    [SETTING_INTEGER] = {"a whole number", "1"},
    [SETTING_BOOLEAN] = {"true or false", "true"},
    [SETTING_FLOAT] = {"a number", "2.5"},
    [SETTING_SPAN] = {"a span of time in double quotes", "\"30s\""},
    [SETTING_WORD] = {"a word in double quotes", "\"…\""},
    [SETTING_TEXTS] = {"a list of texts", "[ \"…\", \"…\" ]"},
    [SETTING_SPANS] = {"a list of spans of time", "[ \"5s\", \"5m\" ]"},
    [SETTING_MATCHERS] = {"a list of matchers", "[ \"category = billing\" ]"},
    [SETTING_GROUP] = {"a group", "{ … }"},
    [SETTING_GROUPS] = {"a list of groups", "( { … }, { … } )"},
    [SETTING_JSON] = {"a value", "…"},
    [SETTING_BOOK] = {"a rule book", "{ … }"},
    [SETTING_ABSENT] = {"absent", ""},
};

bool value_climbs(const char *word)
{
    static const char *const climbers[] = {"manager",   "supervisor", "director",  "boss",  "owner",
                                           "president", "vp",         "executive", "chief", "ceo",
                                           "third",     "level",      "levels",    "hop",   "hops",
                                           "head",      "leadership"};

    if (strcasecmp(word, "escalate_to") == 0) {
        return true;
    }
    for (size_t size; *word; word += size + (word[size] != '\0')) {
        size = strcspn(word, "_- ");
        for (size_t i = 0; i < sizeof climbers / sizeof climbers[0]; i++) {
            if (strlen(climbers[i]) == size && strncasecmp(word, climbers[i], size) == 0) {
                return true;
            }
        }
    }
    return false;
}

void value_wrong_type(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting)
{
    const char *example = setting->def ? setting->def : types[setting->type].example;
    const char *law = setting->law ? "; " ONE_HOP_LAW : "";

    if (setting->type == SETTING_WORD && setting->words->words[0] && !setting->def) {
        reader_error(reader, reader_place(reader, from), "'%s' must be %s, such as %s = \"%s\"%s",
                     setting->name, types[setting->type].words, setting->name,
                     setting->words->words[0], law);
        return;
    }
    reader_error(reader, reader_place(reader, from), "'%s' must be %s, such as %s = %s%s",
                 setting->name, types[setting->type].words, setting->name, example, law);
}

void value_store(const struct setting *setting, void *group, int64_t number)
{
    char *at;

    if (!group || setting->size == 0) {
        return;
    }
    at = (char *)group + setting->offset;
    if (setting->size == sizeof(bool)) {
        *(bool *)at = number != 0;
    } else if (setting->size == sizeof(int)) {
        *(int *)at = (int)number;
    } else {
        *(int64_t *)at = number;
    }
}

void value_store_list(const struct setting *setting, void *group, void *list, size_t count)
{
    *(void **)((char *)group + setting->offset) = list;
    *(size_t *)((char *)group + setting->count_offset) = count;
}

// False where the text of a string is nothing to build on; said so.
static bool text_good(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting)
{
    const char *text = config_setting_get_string(from), *words = NULL;
    size_t size = strlen(text);
    size_t most = setting->type == SETTING_TEXT && setting->max ? (size_t)setting->max : TEXT_BYTES;

    if (size == 0) {
        words = "is empty";
    } else if (!utf8_valid(text, size)) {
        words = "is not UTF-8";
    } else if (size > most) {
        words = "is too long";
    }
    for (size_t i = 0; i < size && !words; i++) {
        unsigned char byte = (unsigned char)text[i];

        // U+0080 to U+009F are control characters too
        if ((byte < 0x20 && !(setting->lines && byte == '\n')) || byte == 0x7f ||
            (byte == 0xc2 && (unsigned char)text[i + 1] < 0xa0)) {
            words = "holds a control character or a line break";
        }
    }
    if (words) {
        reader_error(reader, reader_place(reader, from), "'%s' %s", setting->name, words);
    }
    return !words;
}

static bool is_text(struct reader *reader, const config_setting_t *from,
                    const struct setting *setting)
{
    if (config_setting_type(from) != CONFIG_TYPE_STRING) {
        value_wrong_type(reader, from, setting);
        return false;
    }
    return text_good(reader, from, setting);
}

static void read_text(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    const char *text;

    if (!is_text(reader, from, setting)) {
        return;
    }
    text = config_setting_get_string(from);
    if (group && setting->size) {
        *(char **)((char *)group + setting->offset) = xstrdup(text);
    }
    if (setting->check) {
        setting->check(reader, reader_place(reader, from), text, group);
    }
}

static void read_integer(struct reader *reader, const config_setting_t *from,
                         const struct setting *setting, void *group)
{
    struct place place = reader_place(reader, from);
    int type = config_setting_type(from);
    long long number;

    // the type comes first: the library's own conversions lose what does not fit
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
        value_wrong_type(reader, from, setting);
        return;
    }
    number =
        type == CONFIG_TYPE_INT ? config_setting_get_int(from) : config_setting_get_int64(from);
    if (number < setting->min || number > setting->max) {
        reader_error(reader, place, "'%s' is %lld; it must be between %" PRId64 " and %" PRId64,
                     setting->name, number, setting->min, setting->max);
    } else if (type == CONFIG_TYPE_INT64) {
        reader_error(reader, place, "'%s' is to be written without an L: %lld", setting->name,
                     number);
    } else {
        value_store(setting, group, number);
    }
}

static void read_float(struct reader *reader, const config_setting_t *from,
                       const struct setting *setting, void *group)
{
    double number;

    if (config_setting_type(from) == CONFIG_TYPE_INT) {
        number = config_setting_get_int(from);
    } else if (config_setting_type(from) == CONFIG_TYPE_FLOAT) {
        number = config_setting_get_float(from);
    } else {
        value_wrong_type(reader, from, setting);
        return;
    }
    if (!(number >= (double)setting->min && number <= (double)setting->max)) {
        reader_error(reader, reader_place(reader, from),
                     "'%s' is %g; it must be between %" PRId64 " and %" PRId64, setting->name,
                     number, setting->min, setting->max);
    } else if (group && setting->size) {
        *(double *)((char *)group + setting->offset) = number;
    }
}

static void read_boolean(struct reader *reader, const config_setting_t *from,
                         const struct setting *setting, void *group)
{
    if (config_setting_type(from) == CONFIG_TYPE_BOOL) {
        value_store(setting, group, config_setting_get_bool(from));
    } else {
        value_wrong_type(reader, from, setting);
    }
}

static bool to_span(struct reader *reader, const config_setting_t *from,
                    const struct setting *setting, int64_t *ret_ms)
{
    int64_t least = setting->type == SETTING_SPAN ? setting->min : 1;
    int64_t most =
        setting->type == SETTING_SPAN && setting->max ? setting->max : INT64_C(3650) * DAY_MS;
    char low[MOMENT_TEXT_BYTES], high[MOMENT_TEXT_BYTES];
    const char *text;

    if (!is_text(reader, from, setting)) {
        return false;
    }
    text = config_setting_get_string(from);
    if (span_parse(text, ret_ms) == -EINVAL) {
        reader_error(reader, reader_place(reader, from),
                     "'%s' is no span of time: '%.*s'; write 30s, 5m, 4h or 3d", setting->name,
                     (int)utf8_cut(text, strlen(text), SHOWN_BYTES), text);
        return false;
    }
    if (span_parse(text, ret_ms) < 0 || *ret_ms < least || *ret_ms > most) {
        reader_error(reader, reader_place(reader, from), "'%s' must be between %s and %s",
                     setting->name, span_format(least, low), span_format(most, high));
        return false;
    }
    return true;
}

static void read_span(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    int64_t ms = 0;

    if (to_span(reader, from, setting, &ms)) {
        value_store(setting, group, ms);
    }
}

static void refuse_word(struct reader *reader, const config_setting_t *from,
                        const struct setting *setting, const char *text)
{
    const struct setting_words *words = setting->words;
    const char *nearest = nearest_word(text, words->words, words->count);
    bool law = setting->law || value_climbs(text);
    struct text list = {0};

    for (size_t i = 0; i < words->count; i++) {
        if (words->words[i]) {
            text_addf(&list, "%s%s", list.size ? ", " : "", words->words[i]);
        }
    }
    reader_error(reader, reader_place(reader, from),
                 "'%s' cannot be '%.*s': it is one of %s%s%s%s%s", setting->name,
                 (int)utf8_cut(text, strlen(text), SHOWN_BYTES), text, text_string(&list),
                 nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
                 law ? "; " ONE_HOP_LAW : "");
    text_finish(&list);
}

static void read_word(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    const struct setting_words *words = setting->words;
    const char *text;

    if (!is_text(reader, from, setting)) {
        return;
    }
    text = config_setting_get_string(from);
    for (size_t i = 0; i < words->count; i++) {
        if (words->words[i] && strcmp(words->words[i], text) == 0) {
            value_store(setting, group, (int64_t)i);
            return;
        }
    }
    refuse_word(reader, from, setting, text);
}

static void read_matcher(struct reader *reader, const config_setting_t *from,
                         const struct setting *setting, struct matcher *ret)
{
    struct error err = {0};
    struct matcher matcher = {0};

    if (!is_text(reader, from, setting)) {
        return;
    }
    if (matcher_parse(config_setting_get_string(from), &matcher, &err) < 0) {
        reader_error(reader, reader_place(reader, from), "%s", err.message);
    } else if (ret) {
        *ret = matcher;
    } else {
        matcher_finish(&matcher);
    }
}

static void read_one(struct reader *reader, const config_setting_t *from,
                     const struct setting *setting, void *list, size_t i)
{
    int64_t ms = 0;

    if (setting->type == SETTING_MATCHERS) {
        read_matcher(reader, from, setting, list ? (struct matcher *)list + i : NULL);
    } else if (setting->type == SETTING_SPANS) {
        if (to_span(reader, from, setting, &ms) && list) {
            ((int64_t *)list)[i] = ms;
        }
    } else if (is_text(reader, from, setting)) {
        if (list) {
            ((char **)list)[i] = xstrdup(config_setting_get_string(from));
        }
        if (setting->check) {
            setting->check(reader, reader_place(reader, from), config_setting_get_string(from),
                           NULL);
        }
    }
}

static void read_many(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    size_t each = setting->type == SETTING_MATCHERS ? sizeof(struct matcher)
                  : setting->type == SETTING_SPANS  ? sizeof(int64_t)
                                                    : sizeof(char *);
    void *list = NULL;
    int count;

    if (!config_setting_is_array(from) && !config_setting_is_list(from)) {
        value_wrong_type(reader, from, setting);
        return;
    }
    count = config_setting_length(from);
    if (count < setting->min || count > setting->max) {
        reader_error(reader, reader_place(reader, from),
                     "'%s' has %d members; it must have at least %d and at most %d", setting->name,
                     count, (int)setting->min, (int)setting->max);
        return;
    }
    if (group && setting->size && count) {
        list = xcalloc((size_t)count, each);
        value_store_list(setting, group, list, (size_t)count);
    }
    for (int i = 0; i < count; i++) {
        read_one(reader, config_setting_get_elem(from, (unsigned)i), setting, list, (size_t)i);
    }
}

// NOLINTBEGIN(misc-no-recursion): as deep as source.h lets brackets be

static void add_json(struct text *out, const config_setting_t *from, const char *name)
{
    int count = config_setting_length(from);
    char number[32];

    switch (config_setting_type(from)) {
    case CONFIG_TYPE_GROUP:
    case CONFIG_TYPE_LIST:
    case CONFIG_TYPE_ARRAY:
        config_setting_is_group(from) ? json_open_object(out, name) : json_open_array(out, name);
        for (int i = 0; i < count; i++) {
            const config_setting_t *one = config_setting_get_elem(from, (unsigned)i);

            add_json(out, one, config_setting_name(one));
        }
        config_setting_is_group(from) ? json_close_object(out) : json_close_array(out);
        break;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        json_put_int(out, name, config_setting_get_int64(from));
        break;
    case CONFIG_TYPE_FLOAT:
        (void)snprintf(number, sizeof number, "%.15g", config_setting_get_float(from));
        json_put_raw(out, name, number, strlen(number));
        break;
    case CONFIG_TYPE_BOOL:
        json_put_bool(out, name, config_setting_get_bool(from));
        break;
    default:
        json_put_string(out, name, config_setting_get_string(from));
    }
}

// NOLINTEND(misc-no-recursion)

static void read_json(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    struct text out = {0};

    add_json(&out, from, NULL);
    if (!utf8_valid(text_string(&out), out.size)) {
        reader_error(reader, reader_place(reader, from), "'%s' is not UTF-8", setting->name);
    } else if (group) {
        *(char **)((char *)group + setting->offset) = xstrdup(text_string(&out));
    }
    text_finish(&out);
}

void value_read(struct reader *reader, const config_setting_t *from, const struct setting *setting,
                void *group)
{
    static void (*const readers[])(struct reader *, const config_setting_t *,
                                   const struct setting *, void *) = {
        [SETTING_TEXT] = read_text,       [SETTING_INTEGER] = read_integer,
        [SETTING_BOOLEAN] = read_boolean, [SETTING_FLOAT] = read_float,
        [SETTING_SPAN] = read_span,       [SETTING_WORD] = read_word,
        [SETTING_TEXTS] = read_many,      [SETTING_SPANS] = read_many,
        [SETTING_MATCHERS] = read_many,   [SETTING_JSON] = read_json,
    };

    if (setting->type == SETTING_ABSENT) {
        reader_error(reader, reader_place(reader, from), "'%s' is not available in this version",
                     setting->name);
    } else {
        readers[setting->type](reader, from, setting, group);
    }
}
