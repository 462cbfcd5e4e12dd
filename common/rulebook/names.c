#include "common/rulebook/names.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/xalloc.h"

struct entry {
    struct name name;
    UT_hash_handle hh;
};

struct names {
    struct entry *entries;
};

struct names *names_create(void)
{
    return xcalloc(1, sizeof(struct names));
}

void names_destroy(struct names *names)
{
    struct entry *entry, *next;

    if (!names) {
        return;
    }
    entry = names->entries;
    HASH_CLEAR(hh, names->entries);
    for (; entry; entry = next) {
        next = entry->hh.next;
        free(entry);
    }
    free(names);
}

void names_destroyp(struct names **names)
{
    names_destroy(*names);
}

// NOLINTBEGIN(readability-function-size): the nesting is inside uthash's macros
static struct entry *find(const struct names *names, const char *key, size_t size)
{
    struct entry *entry = NULL;

    HASH_FIND(hh, names->entries, key, size, entry);
    return entry;
}

static void add(struct names *names, struct entry *entry)
{
    HASH_ADD_KEYPTR(hh, names->entries, entry->name.key, strlen(entry->name.key), entry);
}
// NOLINTEND(readability-function-size)

const struct name *names_find(const struct names *names, const char *key)
{
    const struct entry *entry = find(names, key, strlen(key));

    return entry ? &entry->name : NULL;
}

const struct name *names_add(struct names *names, const char *key, const void *thing,
                             struct place place)
{
    const struct name *holder = names_find(names, key);
    struct entry *entry;

    if (holder) {
        return holder;
    }
    entry = xcalloc(1, sizeof *entry);
    entry->name = (struct name){key, thing, names_count(names), place};
    add(names, entry);
    return NULL;
}

size_t names_count(const struct names *names)
{
    return HASH_COUNT(names->entries);
}
