#include "common/rulebook/reader.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/nearest.h"
#include "common/base/xalloc.h"
#include "common/rulebook/fields.h"

enum { SETTINGS_MOST = 32, SHOWN_BYTES = 80 };

void reader_init(struct reader *reader)
{
    reader->reps = names_create();
    reader->rules = names_create();
    reader->sources = names_create();
}

void reader_finish(struct reader *reader)
{
    for (struct defaults *defaults = reader->defaults, *next; defaults; defaults = next) {
        next = defaults->next;
        config_destroy(&defaults->config);
        free(defaults);
    }
    for (size_t i = 0; i < reader->reference_count; i++) {
        free(reader->references[i].owner);
        free(reader->references[i].id);
    }
    free(reader->references);
    names_destroy(reader->reps);
    names_destroy(reader->rules);
    names_destroy(reader->sources);
    text_finish(&reader->owner);
}

static void note(struct reader *reader, enum problem_kind kind, struct place place,
                 const char *format, va_list args) printf_like(4, 0);

static void note(struct reader *reader, enum problem_kind kind, struct place place,
                 const char *format, va_list args)
{
    cleanup_with(freep) char *words = NULL;

    if (vasprintf(&words, format, args) < 0) {
        words = xstrdup(format);
    }
    problems_add(reader->problems, kind, place.file, place.line, "%s%s%s",
                 text_string(&reader->owner), reader->owner.size ? ": " : "", words);
}

void reader_error(struct reader *reader, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(reader, PROBLEM_ERROR, place, format, args);
    va_end(args);
}

void reader_warning(struct reader *reader, struct place place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(reader, PROBLEM_WARNING, place, format, args);
    va_end(args);
}

void reader_refer(struct reader *reader, const char *id, struct reference reference)
{
    reference.owner = xstrdup(text_string(&reader->owner));
    reference.id = xstrdup(id);
    reader->references =
        xrealloc(reader->references, (reader->reference_count + 1) * sizeof *reader->references);
    reader->references[reader->reference_count++] = reference;
}

struct place reader_place(const struct reader *reader, const config_setting_t *from)
{
    if (reader->in_defaults) {
        return (struct place){NULL, 0};
    }
    return source_place(reader->source, config_setting_source_line(from));
}

// Adds to the owner's words; the size before it, to go back to.
static size_t enter(struct reader *reader, const char *format, ...) printf_like(2, 3);

static size_t enter(struct reader *reader, const char *format, ...)
{
    size_t before = reader->owner.size;
    cleanup_with(freep) char *words = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&words, format, args) < 0) {
        words = xstrdup(format);
    }
    va_end(args);
    text_add(&reader->owner, before ? ", " : "");
    text_add_line(&reader->owner, words, SHOWN_BYTES);
    return before;
}

static void leave(struct reader *reader, size_t before)
{
    reader->owner.size = before;
    reader->owner.bytes[before] = '\0';
}

static size_t enter_one_of(struct reader *reader, const config_setting_t *from, int i,
                           const struct setting_group *table)
{
    const config_setting_t *name = table->named && config_setting_is_group(from)
                                       ? config_setting_get_member(from, table->named)
                                       : NULL;
    const char *text = name ? config_setting_get_string(name) : NULL;

    if (text && *text && utf8_valid(text, strlen(text))) {
        return enter(reader, "%s '%s'", table->title, text);
    }
    return enter(reader, "%s number %d", table->title, i + 1);
}

static void refuse_unknown(struct reader *reader, const config_setting_t *from,
                           const struct setting_group *table)
{
    const char *names[SETTINGS_MOST], *name = config_setting_name(from), *nearest;
    struct place place = reader_place(reader, from);
    int shown = (int)utf8_cut(name, strlen(name), SHOWN_BYTES);

    if (value_climbs(name)) {
        reader_error(reader, place, "'%.*s' is no setting: " ONE_HOP_LAW, shown, name);
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        names[i] = table->settings[i].name;
    }
    nearest = nearest_word(name, names, table->count);
    if (nearest) {
        reader_error(reader, place, "'%.*s' is no setting; did you mean '%s'?", shown, name,
                     nearest);
    } else {
        reader_error(reader, place, "'%.*s' is no setting", shown, name);
    }
}

static void warn_later(struct reader *reader, const config_setting_t *from,
                       const struct setting *setting)
{
    for (size_t i = 0; i < reader->later_count; i++) {
        if (reader->later[i] == setting) {
            return;
        }
    }
    assert(reader->later_count < READER_LATER);
    reader->later[reader->later_count++] = setting;
    reader_warning(reader, reader_place(reader, from), "'%s' has no effect in this version",
                   setting->name);
}

// NOLINTBEGIN(misc-no-recursion): groups hold groups as deep as the tables say, which is four

static void read_list(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    const struct setting_group *table = setting->group;
    int count = config_setting_length(from);
    char *list;

    if (count < setting->min || count > setting->max) {
        reader_error(reader, reader_place(reader, from),
                     "'%s' has %d members; it must have at least %d and at most %d", setting->name,
                     count, (int)setting->min, (int)setting->max);
        return;
    }
    list = group ? xcalloc((size_t)count, table->size) : NULL;
    if (list) {
        // before it is read: what is in it is freed with the book, whatever is wrong with it
        value_store_list(setting, group, list, (size_t)count);
    }
    for (int i = 0; i < count; i++) {
        const config_setting_t *one = config_setting_get_elem(from, (unsigned)i);
        size_t before = enter_one_of(reader, one, i, table);
        void *into = list ? list + (size_t)i * table->size : NULL;

        if (config_setting_is_group(one)) {
            reader_group(reader, one, reader_place(reader, one), table, into);
        } else {
            reader_error(reader, reader_place(reader, one), "a group must stand here: { … }");
        }
        leave(reader, before);
    }
}

static void read_inner(struct reader *reader, const config_setting_t *from, struct place place,
                       const struct setting *setting, void *group)
{
    size_t before = enter(reader, "%s", setting->name);
    void *into = group ? (char *)group + setting->offset : NULL;

    if (into && setting->by_pointer) {
        into = *(void **)into = xcalloc(1, setting->group->size);
    }
    reader_group(reader, from, place, setting->group, into);
    leave(reader, before);
}

static void read_present(struct reader *reader, const config_setting_t *from,
                         const struct setting *setting, void *group)
{
    if (setting->later) {
        warn_later(reader, from, setting);
        group = NULL;
    }
    if (setting->type == SETTING_GROUP && config_setting_is_group(from)) {
        read_inner(reader, from, reader_place(reader, from), setting, group);
    } else if (setting->type == SETTING_GROUPS && config_setting_is_list(from)) {
        read_list(reader, from, setting, group);
    } else if (setting->type == SETTING_BOOK && config_setting_is_group(from)) {
        book_read_inside(reader, from, setting, group);
    } else if (setting->type == SETTING_GROUP || setting->type == SETTING_GROUPS ||
               setting->type == SETTING_BOOK) {
        value_wrong_type(reader, from, setting);
    } else {
        value_read(reader, from, setting, group);
    }
}

// The defaults of a group, read once by the reader of everything else.
static const config_setting_t *default_of(struct reader *reader, const struct setting_group *table,
                                          const struct setting *setting)
{
    struct defaults *defaults = reader->defaults;
    struct text text = {0};
    int ok;

    while (defaults && defaults->table != table) {
        defaults = defaults->next;
    }
    if (!defaults) {
        defaults = xcalloc(1, sizeof *defaults);
        defaults->table = table;
        defaults->next = reader->defaults;
        reader->defaults = defaults;
        for (size_t i = 0; i < table->count; i++) {
            if (table->settings[i].def) {
                text_addf(&text, "%s = %s;\n", table->settings[i].name, table->settings[i].def);
            }
        }
        config_init(&defaults->config);
        ok = config_read_string(&defaults->config, text_string(&text));
        assert(ok == CONFIG_TRUE); // our own text
        text_finish(&text);
        (void)ok;
    }
    return config_setting_get_member(config_root_setting(&defaults->config), setting->name);
}

static void read_absent(struct reader *reader, struct place place,
                        const struct setting_group *table, const struct setting *setting,
                        void *group)
{
    if (setting->required) {
        reader_error(reader, place, "'%s' is missing: %s", setting->name, setting->help);
    } else if (setting->def && group && !setting->later) {
        reader->in_defaults = true;
        value_read(reader, default_of(reader, table, setting), setting, group);
        reader->in_defaults = false;
    } else if (setting->type == SETTING_GROUP && !setting->by_pointer && group && !setting->later) {
        read_inner(reader, NULL, place, setting, group);
    }
}

void reader_group(struct reader *reader, const config_setting_t *from, struct place place,
                  const struct setting_group *table, void *group)
{
    bool seen[SETTINGS_MOST] = {false};
    int count = from ? config_setting_length(from) : 0;

    assert(table->count <= SETTINGS_MOST);
    if (group && table->prepare) {
        table->prepare(group);
    }
    for (int i = 0; i < count; i++) {
        const config_setting_t *member = config_setting_get_elem(from, (unsigned)i);
        size_t at = 0;

        while (at < table->count &&
               strcmp(table->settings[at].name, config_setting_name(member)) != 0) {
            at++;
        }
        if (at == table->count) {
            refuse_unknown(reader, member, table);
            continue;
        }
        seen[at] = true;
        read_present(reader, member, &table->settings[at], group);
    }
    for (size_t i = 0; i < table->count; i++) {
        if (!seen[i]) {
            read_absent(reader, place, table, &table->settings[i], group);
        }
    }
    if (group && table->check) {
        table->check(reader, place, group);
    }
}

// NOLINTEND(misc-no-recursion)
