// Reading a rule book by its tables: the state of one reading, shared by the parts of this folder.
// Every fault is noted with its place and the reading goes on.
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/text.h"
#include "common/rulebook/names.h"
#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"
#include "common/rulebook/source.h"

// A rep's id that some setting names; looked up when all reps are known.
struct reference {
    struct place place;
    char *owner, *id;
    enum role role;         // that the rep must have
    const struct rep **ret; // NULL: only checked
    const struct rep *self; // who must not be meant; NULL: nobody
};

struct defaults { // of one group, read from its table
    const struct setting_group *table;
    config_t config;
    struct defaults *next;
};

enum { READER_LATER = 64 };

struct reader {
    struct rulebook *book;
    struct problems *problems;
    const struct source *source;
    bool with_secrets;
    bool in_defaults;  // what is read is no admin's
    struct text owner; // "rule 'x'", "rep 'rich', webhook"
    struct defaults *defaults;
    const struct setting *later[READER_LATER]; // that were warned of
    size_t later_count;
    struct names *reps, *rules, *sources;
    struct reference *references;
    size_t reference_count;
};

void reader_init(struct reader *reader);
void reader_finish(struct reader *reader);

// Note a fault of what is being read: the owner's name comes before the words.
void reader_error(struct reader *reader, struct place place, const char *format, ...)
    printf_like(3, 4);
void reader_warning(struct reader *reader, struct place place, const char *format, ...)
    printf_like(3, 4);
// Has a rep's id looked up later; takes over what reference says but owner and id, which it copies.
void reader_refer(struct reader *reader, const char *id, struct reference reference);

// Reads one group into the struct of its table. from NULL: the group is absent, its defaults hold.
// group NULL: it is only checked.
void reader_group(struct reader *reader, const config_setting_t *from, struct place place,
                  const struct setting_group *table, void *group);
struct place reader_place(const struct reader *reader, const config_setting_t *from);

// Reads one value that is no group (values.c). Where it is wrong nothing is stored.
void value_read(struct reader *reader, const config_setting_t *from, const struct setting *setting,
                void *group);
// Reads the rule book that stands there, with a reader of its own (load.c).
void book_read_inside(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group);
// Says that the value has the wrong type.
void value_wrong_type(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting);
// Puts a number where the setting goes, in that place's size.
void value_store(const struct setting *setting, void *group, int64_t number);
// Puts a list where the setting goes.
void value_store_list(const struct setting *setting, void *group, void *list, size_t count);
// True for words that somebody writes who looks for a third level.
bool value_climbs(const char *word);
