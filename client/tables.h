// Tables: rows printed for people (libsmartcols) or as one JSON array of objects, out of the same
// description of columns. Outside text is made fit for a terminal here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"

enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_BOOL };

struct column {
    const char *name;    // of the member, in JSON
    const char *heading; // for people; NULL: in JSON only
    enum column_kind kind;
    bool cut; // may be cut to fit the terminal
};

struct table;

struct table *table_create(const struct column *columns, size_t count, bool json);
void table_destroyp(struct table **table);

void table_add_row(struct table *table);
// Fills the next cell of the row. What people see may differ from what programs see: people NULL
// means the same words. NULL words mean nothing there ("-" for people, null in JSON).
void table_add_text(struct table *table, const char *words, const char *people);
void table_add_number(struct table *table, int64_t number, const char *people);
void table_add_bool(struct table *table, bool yes);

// Prints the table to standard output; nothing: what people read where there is no row.
void table_print(struct table *table, const char *nothing);
// Writes the rows of a JSON table as a member of what is open in out.
void table_put(struct table *table, struct text *out, const char *name);
