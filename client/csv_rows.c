#include "client/csv_rows.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const struct text *file;
    size_t at, after;       // the next byte; the byte behind the first line of the row at hand
    int64_t line, row_line; // of the next byte; on which the row at hand begins
    char separator;
    struct csv_parser parser;
    struct text cells[CSV_COLUMNS];
    size_t count, bytes; // of the row at hand: cells (CSV_COLUMNS + 1: too many), bytes so far
    on_csv_row *callback;
    void *user;
    int result;
};

static void on_cell(void *bytes, size_t size, void *user)
{
    struct reading *reading = user;

    if (reading->count < CSV_COLUMNS) {
        text_clear(&reading->cells[reading->count]);
        text_add_bytes(&reading->cells[reading->count], bytes ? bytes : "", size);
    }
    reading->count += reading->count <= CSV_COLUMNS;
}

// Hands over the row at hand. wrong NULL: it was read to its end.
static void hand_over(struct reading *reading, const char *wrong)
{
    struct csv_row row = {reading->row_line, wrong, reading->count, reading->cells};

    if (reading->count > CSV_COLUMNS) {
        row.wrong = "more than 64 cells";
        row.count = CSV_COLUMNS;
    }
    reading->count = reading->bytes = 0;
    if (reading->result == 0) {
        reading->result = reading->callback(reading->user, &row);
    }
}

static void on_row(int terminator, void *user)
{
    (void)terminator;
    hand_over(user, NULL);
}

static void start_parser(struct reading *reading)
{
    if (csv_init(&reading->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        abort();
    }
    csv_set_delim(&reading->parser, (unsigned char)reading->separator);
}

// A row that cannot be read costs its first line only: a quote that is not closed must not swallow
// the rows behind it.
static void give_up_row(struct reading *reading, const char *wrong)
{
    csv_free(&reading->parser);
    start_parser(reading);
    hand_over(reading, wrong);
    reading->at = reading->after;
    reading->line = reading->row_line + 1;
}

static void read_line(struct reading *reading)
{
    const char *from = reading->file->bytes + reading->at;
    size_t left = reading->file->size - reading->at, size;
    const char *end = memchr(from, '\n', left);

    size = end ? (size_t)(end - from) + 1 : left;
    if (reading->bytes == 0) {
        reading->row_line = reading->line;
        reading->after = reading->at + size;
    }
    reading->at += size;
    reading->line++;
    reading->bytes += size;
    if (reading->bytes > CSV_ROW_BYTES) {
        give_up_row(reading, "longer than 64 KiB; is a quote not closed?");
    } else if (csv_parse(&reading->parser, from, size, on_cell, on_row, reading) != size) {
        give_up_row(reading, "a quote out of place");
    } else if (reading->parser.pstate == 0) {
        reading->bytes = 0; // between two rows: an empty line is none
    }
}

// Comma, or what stands in the header line instead of it.
static char separator_of(const struct text *file)
{
    size_t size = strcspn(text_string(file), "\n");

    if (memchr(text_string(file), ',', size)) {
        return ',';
    }
    return memchr(text_string(file), ';', size)    ? ';'
           : memchr(text_string(file), '\t', size) ? '\t'
                                                   : ',';
}

int csv_rows_read(const struct text *file, on_csv_row *callback, void *user)
{
    struct reading reading = {.file = file,
                              .line = 1,
                              .separator = separator_of(file),
                              .callback = callback,
                              .user = user};

    if (file->size >= 3 && memcmp(file->bytes, "\xef\xbb\xbf", 3) == 0) {
        reading.at = 3; // a byte order mark
    }
    start_parser(&reading);
    while (reading.result == 0 && reading.at < file->size) {
        read_line(&reading);
        if (reading.result == 0 && reading.at == file->size &&
            csv_fini(&reading.parser, on_cell, on_row, &reading) != 0) {
            give_up_row(&reading, "a quote that is not closed");
        }
    }
    csv_free(&reading.parser);
    for (size_t i = 0; i < CSV_COLUMNS; i++) {
        text_finish(&reading.cells[i]);
    }
    return reading.result;
}
