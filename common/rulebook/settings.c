#include "common/rulebook/settings.h"

#include <stdlib.h>

#include "common/rulebook/matcher.h"
#include "common/rulebook/rulebook.h"

static void finish_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
    }
    free(texts);
}

static void finish_matchers(struct matcher *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        matcher_finish(&matchers[i]);
    }
    free(matchers);
}

// NOLINTBEGIN(misc-no-recursion): groups hold groups as deep as the tables say, which is four

static void finish_groups(const struct setting_group *table, char *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        settings_finish(table, groups + i * table->size);
    }
    free(groups);
}

static void finish_inner(const struct setting *setting, void *at)
{
    if (!setting->by_pointer) {
        settings_finish(setting->group, at);
    } else if (*(void **)at) {
        settings_finish(setting->group, *(void **)at);
        free(*(void **)at);
    }
}

static void finish_setting(const struct setting *setting, char *group)
{
    void *at = group + setting->offset;
    size_t count = *(size_t *)(group + setting->count_offset);

    if (setting->later) {
        return;
    }
    if (setting->type == SETTING_GROUP) {
        finish_inner(setting, at);
    } else if (setting->size == 0) {
        return;
    } else if (setting->type == SETTING_TEXT || setting->type == SETTING_JSON) {
        free(*(char **)at);
    } else if (setting->type == SETTING_BOOK) {
        rulebook_destroy(((struct inner_book *)at)->book);
        problems_finish(&((struct inner_book *)at)->problems);
    } else if (setting->type == SETTING_TEXTS) {
        finish_texts(*(char ***)at, count);
    } else if (setting->type == SETTING_SPANS) {
        free(*(int64_t **)at);
    } else if (setting->type == SETTING_MATCHERS) {
        finish_matchers(*(struct matcher **)at, count);
    } else if (setting->type == SETTING_GROUPS) {
        finish_groups(setting->group, *(char **)at, count);
    }
}

void settings_finish(const struct setting_group *table, void *group)
{
    for (size_t i = 0; i < table->count; i++) {
        finish_setting(&table->settings[i], group);
    }
    if (table->finish) {
        table->finish(group);
    }
}

// NOLINTEND(misc-no-recursion)
