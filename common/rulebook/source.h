// The text of a rule book, put together from its files before libconfig reads it. @include is ours:
// the library resolves it from the working directory, swallows a comment that never ends and cuts
// large numbers. Keeps where each line came from.
#pragma once

#include <stddef.h>

#include "common/base/attributes.h"
#include "common/base/text.h"
#include "common/rulebook/rulebook.h"

enum {
    SOURCE_FILE_BYTES = 4 * 1024 * 1024,
    SOURCE_BYTES = 16 * 1024 * 1024, // all files together
    SOURCE_FILES = 1000,
    SOURCE_DEPTH = 10,   // of files that include files
    SOURCE_NESTING = 32, // of brackets
    SOURCE_STRING_BYTES = 64 * 1024
};

// Where something stands. line 0: the file as a whole.
struct place {
    const char *file; // borrowed
    int line;
};

struct source {
    struct text text;    // tokens with a blank or a new line between them; no comments
    struct place *lines; // of each line of text, the first at 0
    size_t line_count, line_capacity;
    char **files;
    size_t file_count;
};

// Reads path and all that it includes. -EINVAL where the whole cannot be put together; why is in
// problems.
must_check int source_read(const char *path, struct source *ret, struct problems *problems);
void source_finish(struct source *source);

// Where a line of the text (counted from 1, as libconfig does) came from.
struct place source_place(const struct source *source, unsigned line);

// The path that name, written in the file at path, stands for: absolute, or from that file's
// folder.
char *source_resolve(const char *path, const char *name);
