// A fixture: a folder of rule books, made for one test and removed after it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/text.h"
#include "common/rulebook/rulebook.h"

struct shelf {
    char folder[32];
    struct problems problems; // of the last load
    struct rulebook *book;
    struct text path;
};

// Setup and teardown of cmocka.
int open_shelf(void **state);
int close_shelf(void **state);

// The path of a file in the folder; valid until the next call.
const char *path_of(struct shelf *shelf, const char *name);
void write_bytes(struct shelf *shelf, const char *name, const char *bytes, size_t size,
                 mode_t mode);
void write_file(struct shelf *shelf, const char *name, const char *words);
void make_folder(struct shelf *shelf, const char *name);
// Reads a rule book of the folder, in place of the one before.
int load(struct shelf *shelf, const char *name, bool with_secrets);
