// What an admin can write, as tables: each setting once, with its type, bounds, default and the
// sentence that explains it. The tables read the rule book, check it, free it, and are held against
// the example and the manual. No list of keys exists beside them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/rulebook/problems.h"

enum setting_type {
    SETTING_TEXT,     // char *
    SETTING_INTEGER,  // an integer of any size
    SETTING_BOOLEAN,  // bool
    SETTING_FLOAT,    // double; an integer will do
    SETTING_SPAN,     // int64_t, milliseconds: "30s"
    SETTING_WORD,     // one of a few words: their place in the list, in an enum or a bool
    SETTING_TEXTS,    // char **, and how many
    SETTING_SPANS,    // int64_t *, and how many
    SETTING_MATCHERS, // struct matcher *, and how many
    SETTING_GROUP,    // settings of their own: a struct inside this one, or a pointer to one
    SETTING_GROUPS,   // a list of groups: a pointer to the first, and how many
    SETTING_JSON,     // any value, as JSON: char *
    SETTING_BOOK,     // a whole rule book: struct inner_book
    SETTING_ABSENT    // a name that is known, and refused in this version
};

struct place;
struct reader;
struct rulebook;
struct setting_group;

struct setting_words {
    const char *const *words; // NULLs are passed over
    size_t count;
};

struct setting {
    const char *name;
    enum setting_type type;
    const char *help;     // one sentence
    const char *def;      // the default as the rule book would have it; NULL: none
    const char *def_told; // what the manual says of it, where def does not say it all
    bool required;        // refused where it is absent
    bool later;           // checked, but without effect in this version
    bool lines;           // a text that may have several lines
    bool law;             // what is no value of it is answered with the one-hop law
    int64_t min, max;     // of a number; of a span, ms; of a text, max bytes; of a list, members
    const struct setting_words *words;
    const struct setting_group *group;
    bool by_pointer; // of a group: the struct holds a pointer, NULL where the group is absent
    // Further checks of a text, or of each text of a list. group is the struct that it goes into,
    // NULL where it goes nowhere.
    void (*check)(struct reader *reader, struct place place, const char *text, void *group);
    size_t offset, size; // where it goes in the group's struct; size 0: nowhere
    size_t count_offset; // of lists: where their count goes
};

// clang-format off
// The size of what is stored, be it a number or a pointer, is what is asked for.
#define STORED_IN(type, member) \
    .offset = offsetof(type, member), \
    .size = sizeof(((type *)NULL)->member) // NOLINT(bugprone-sizeof-expression)
#define LISTED_IN(type, member, counter) \
    STORED_IN(type, member), .count_offset = offsetof(type, counter)
// clang-format on

struct setting_group {
    const char *title; // of the manual's section: "rule"
    const char *named; // the setting that names one of a list; NULL: none
    const struct setting *settings;
    size_t count;
    size_t size;                                                           // of its struct
    void (*prepare)(void *group);                                          // before it is read
    void (*check)(struct reader *reader, struct place place, void *group); // after
    void (*finish)(void *group); // frees what no setting fills
};

// A rule book that stands inside another file.
struct inner_book {
    bool given;
    struct rulebook *book;    // NULL: it is refused, for what is in problems
    struct problems problems; // its own, apart from those of the file
};

// Reads a file of settings by its table, with all that it includes, into a zeroed struct of that
// table. -EINVAL with every error in problems; the struct is to be finished either way.
must_check int settings_load(const char *path, const struct setting_group *table, void *into,
                             struct problems *problems);

// Calls back for each setting of each group, in the manual's order.
void settings_each(void (*callback)(void *user, const struct setting_group *group,
                                    const struct setting *setting),
                   void *user);
// Frees all that the settings of a group filled in.
void settings_finish(const struct setting_group *table, void *group);
