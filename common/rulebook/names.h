// An index of things by their names, for looking up one of thousands. Borrows the names and the
// things.
#pragma once

#include <stddef.h>

#include "common/rulebook/source.h"

struct names;

struct name {
    const char *key;
    const void *thing;
    size_t number; // in order of adding, from 0
    struct place place;
};

struct names *names_create(void);
void names_destroy(struct names *names);
void names_destroyp(struct names **names);

// The entry of that name, or NULL.
const struct name *names_find(const struct names *names, const char *key);
// Adds an entry. Where the name is taken already nothing changes and its holder is returned, else
// NULL.
const struct name *names_add(struct names *names, const char *key, const void *thing,
                             struct place place);
size_t names_count(const struct names *names);
