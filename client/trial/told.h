// Notices as they were sent in a trial, held against those that a step expects.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/trial/script.h"
#include "client/trial/trial.h"
#include "common/base/arena.h"
#include "common/base/text.h"

struct told {
    const char *to, *kind, *rule, *why, *headline, *body;
    const char **items; // of a digest: keys
    size_t item_count;
    int64_t at_ms;
    bool expected; // some expectation took it
};

struct told_list {
    struct arena *arena; // theirs
    struct told *list;
    size_t count, capacity;
};

void told_init(struct told_list *list);
void told_finish(struct told_list *list);
void told_clear(struct told_list *list);
// Adds a notice with its words.
void told_add(struct told_list *list, const struct notice_record *record,
              const struct notice *notice, int64_t at_ms);
// Each expectation, in its order, takes the first notice that fits. True where none is left over on
// either side; else what is goes, as lines, to expected and got.
bool told_meets(struct told_list *list, const struct script_step *step, struct text *expected,
                struct text *got);
