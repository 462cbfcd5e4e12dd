// The rows of a CSV file (RFC 4180) with a header line, each with the line on which it begins. A
// row that is no CSV is told to the caller, and reading goes on behind it. libcsv stays behind
// these names.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"

enum { CSV_COLUMNS = 64, CSV_ROW_BYTES = 64 * 1024 };

struct csv_row {
    int64_t line;      // on which it begins, from 1
    const char *wrong; // what is wrong with it, in words; NULL: nothing
    size_t count;
    const struct text *cells; // valid during the call
};

// Takes one row; the first is the header line. Other than 0 ends the reading.
typedef int on_csv_row(void *user, const struct csv_row *row);

// Returns 0, or what the callback ended with.
int csv_rows_read(const struct text *file, on_csv_row *callback, void *user);
