#include "client/trial/told.h"

#include <stdlib.h>
#include <string.h>

#include "client/print.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/verdict/words.h"

enum { LINE_BYTES = 1024 };

void told_init(struct told_list *list)
{
    *list = (struct told_list){.arena = arena_create()};
}

void told_finish(struct told_list *list)
{
    arena_destroy(list->arena);
    free(list->list);
    *list = (struct told_list){0};
}

void told_clear(struct told_list *list)
{
    arena_reset(list->arena);
    list->count = 0;
}

void told_add(struct told_list *list, const struct notice_record *record,
              const struct notice *notice, int64_t at_ms)
{
    struct text headline = {0}, body = {0};
    struct told *told;

    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->list = xrealloc(list->list, list->capacity * sizeof *list->list);
    }
    words_headline(&headline, notice, at_ms);
    words_body(&body, notice, at_ms);
    told = &list->list[list->count++];
    *told = (struct told){
        .to = arena_copy(list->arena, record->rep),
        .kind = notice_kind_name(record->kind),
        .rule = arena_copy(list->arena, record->rule),
        .why = arena_copy(list->arena, record->why),
        .headline = arena_copy(list->arena, text_string(&headline)),
        .body = arena_copy(list->arena, text_string(&body)),
        .items = arena_get(list->arena, (notice->line_count + 1) * sizeof *told->items),
        .item_count = notice->line_count,
        .at_ms = at_ms,
    };
    for (size_t i = 0; i < told->item_count; i++) {
        told->items[i] = arena_copy(list->arena, notice->lines[i].key);
    }
    text_finish(&headline);
    text_finish(&body);
}

// --- does it fit ---------------------------------------------------------------------------------

static bool same(const char *expected, const char *got)
{
    return !expected || strcmp(expected, got) == 0;
}

static bool same_lines(const struct script_notice *expected, const char *body)
{
    for (size_t i = 0; i < expected->body_count; i++) {
        size_t size = strcspn(body, "\n");

        if (strlen(expected->body[i]) != size || strncmp(expected->body[i], body, size) != 0) {
            return false;
        }
        body += size;
        if (i + 1 < expected->body_count && *body++ != '\n') {
            return false;
        }
    }
    return !expected->body || *body == '\0';
}

static bool same_items(const struct script_notice *expected, const struct told *told)
{
    if (!expected->items || expected->item_count != told->item_count) {
        return !expected->items;
    }
    for (size_t i = 0; i < expected->item_count; i++) {
        if (strcmp(expected->items[i], told->items[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool says_all(const struct script_notice *expected, const struct told *told)
{
    for (size_t i = 0; i < expected->says_count; i++) {
        if (!strstr(told->headline, expected->says[i]) && !strstr(told->body, expected->says[i])) {
            return false;
        }
    }
    return !expected->why || strstr(told->why, expected->why);
}

static bool fits(const struct script_notice *expected, const struct told *told)
{
    return same(expected->to, told->to) && same(expected->kind, told->kind) &&
           same(expected->rule, told->rule) && same(expected->headline, told->headline) &&
           (!expected->at || expected->at_ms / SECOND_MS == told->at_ms / SECOND_MS) &&
           same_lines(expected, told->body) && same_items(expected, told) &&
           says_all(expected, told);
}

static bool take(struct told_list *list, const struct script_notice *expected)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!list->list[i].expected && fits(expected, &list->list[i])) {
            list->list[i].expected = true;
            return true;
        }
    }
    return false;
}

// --- in words ------------------------------------------------------------------------------------

static void add_line(struct text *out, const char *lead, const char *words)
{
    text_add(out, lead);
    text_add_line(out, words, LINE_BYTES);
    text_add_char(out, '\n');
}

static void add_texts(struct text *out, const char *name, char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_addf(out, "    %s ", name);
        add_line(out, "", texts[i]);
    }
}

static void describe_expected(const struct script_notice *notice, struct text *out)
{
    char at[MOMENT_TEXT_BYTES];
    struct text line = {0};

    text_addf(&line, "%s: %s", notice->to, notice->kind ? notice->kind : "a notice");
    if (notice->at) {
        text_addf(&line, " at %s", print_moment(notice->at_ms, at));
    }
    if (notice->rule) {
        text_addf(&line, ", by %s", notice->rule);
    }
    add_line(out, "", text_string(&line));
    text_finish(&line);
    if (notice->headline) {
        add_texts(out, "headline", &(char *){notice->headline}, 1);
    }
    add_texts(out, "body", notice->body, notice->body_count);
    add_texts(out, "says", notice->says, notice->says_count);
    add_texts(out, "item", notice->items, notice->item_count);
    if (notice->why) {
        add_texts(out, "why", &(char *){notice->why}, 1);
    }
}

static void describe_told(const struct told *told, struct text *out)
{
    char at[MOMENT_TEXT_BYTES];
    struct text line = {0};

    text_addf(&line, "%s: %s at %s, by %s", told->to, told->kind, print_moment(told->at_ms, at),
              told->rule);
    add_line(out, "", text_string(&line));
    text_finish(&line);
    add_line(out, "    why ", told->why);
    add_line(out, "    headline ", told->headline);
    for (const char *body = told->body; *body;) {
        size_t size = strcspn(body, "\n");

        text_clear(&line);
        text_add_bytes(&line, body, size);
        add_line(out, "    body ", text_string(&line));
        body += size + (body[size] == '\n');
    }
    text_finish(&line);
    for (size_t i = 0; i < told->item_count; i++) {
        add_line(out, "    item ", told->items[i]);
    }
}

bool told_meets(struct told_list *list, const struct script_step *step, struct text *expected,
                struct text *got)
{
    for (size_t i = 0; i < step->expect_count; i++) {
        if (!take(list, &step->expect[i])) {
            describe_expected(&step->expect[i], expected);
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!list->list[i].expected) {
            describe_told(&list->list[i], got);
        }
    }
    return expected->size == 0 && got->size == 0;
}
