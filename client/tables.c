#include "client/tables.h"

#include <assert.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/json_out.h"
#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"

struct table {
    const struct column *columns;
    size_t count, rows;
    size_t column, heading; // of the next cell: among all, and among those with a heading
    bool json;
    struct libscols_table *scols; // for people
    struct libscols_line *line;
    struct text out; // in JSON
};

// For what fails only where memory is out.
static void need(bool done)
{
    if (!done) {
        abort();
    }
}

static void add_headings(struct table *table)
{
    table->scols = scols_new_table();
    need(table->scols != NULL);
    for (size_t i = 0; i < table->count; i++) {
        const struct column *column = &table->columns[i];
        int flags = column->kind == COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0;

        if (column->heading) {
            need(scols_table_new_column(table->scols, column->heading, 0,
                                        column->cut ? flags | SCOLS_FL_TRUNC : flags) != NULL);
        }
    }
}

struct table *table_create(const struct column *columns, size_t count, bool json)
{
    struct table *table = xcalloc(1, sizeof *table);

    table->columns = columns;
    table->count = count;
    table->json = json;
    if (json) {
        json_open_array(&table->out, NULL);
    } else {
        add_headings(table);
    }
    return table;
}

void table_destroyp(struct table **table)
{
    if (*table) {
        scols_unref_table((*table)->scols);
        text_finish(&(*table)->out);
        free(*table);
        *table = NULL;
    }
}

static void end_row(struct table *table)
{
    if (table->rows) {
        assert(table->column == table->count);
        if (table->json) {
            json_close_object(&table->out);
        }
    }
}

void table_add_row(struct table *table)
{
    end_row(table);
    table->rows++;
    table->column = table->heading = 0;
    if (table->json) {
        json_open_object(&table->out, NULL);
    } else {
        table->line = scols_table_new_line(table->scols, NULL);
        need(table->line != NULL);
    }
}

// The column of the next cell.
static const struct column *next_column(struct table *table)
{
    assert(table->rows && table->column < table->count);
    return &table->columns[table->column++];
}

static void add_cell(struct table *table, const struct column *column, const char *people)
{
    struct text cell = {0};

    if (!column->heading) {
        return;
    }
    text_add_line(&cell, people, LIMIT_TEXT_BYTES);
    need(scols_line_set_data(table->line, table->heading++, text_string(&cell)) == 0);
    text_finish(&cell);
}

void table_add_text(struct table *table, const char *words, const char *people)
{
    const struct column *column = next_column(table);

    if (table->json) {
        json_put_string(&table->out, column->name, words);
    } else {
        people = people ? people : words;
        add_cell(table, column, people && people[0] ? people : "-");
    }
}

void table_add_number(struct table *table, int64_t number, const char *people)
{
    const struct column *column = next_column(table);
    char digits[32];

    if (table->json) {
        json_put_int(&table->out, column->name, number);
        return;
    }
    (void)snprintf(digits, sizeof digits, "%" PRId64, number);
    add_cell(table, column, people ? people : digits);
}

void table_add_bool(struct table *table, bool yes)
{
    const struct column *column = next_column(table);

    if (table->json) {
        json_put_bool(&table->out, column->name, yes);
    } else {
        add_cell(table, column, yes ? "yes" : "no");
    }
}

void table_print(struct table *table, const char *nothing)
{
    end_row(table);
    if (table->json) {
        json_close_array(&table->out);
        (void)printf("%s\n", text_string(&table->out));
    } else if (table->rows == 0) {
        (void)printf("%s\n", nothing);
    } else {
        (void)fflush(stdout);
        need(scols_print_table(table->scols) == 0);
    }
}

void table_put(struct table *table, struct text *out, const char *name)
{
    assert(table->json);
    end_row(table);
    json_close_array(&table->out);
    json_put_raw(out, name, table->out.bytes, table->out.size);
}
