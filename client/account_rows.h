// Accounts out of a CSV file: each row becomes one account.updated event, under an id that follows
// from what the row says, so that the same row twice is a duplicate.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/text.h"

// Who takes them.
struct account_sink {
    const char *name;  // of the file, for people
    const char *again; // part of each id, so that rows count although they came before; NULL: none
    // Takes an event. Other than EXIT_DONE ends the reading, which then returns that.
    int (*event)(void *user, const struct text *event, int64_t line);
    void (*reject)(void *user, int64_t line, const char *why);   // a row that is wrong
    void (*remark)(void *user, int64_t line, const char *words); // what is no fault
    void *user;
};

// Reads the file whole; then the rows in it. Each returns an enum exit_status, with the words
// printed where it is no good one.
must_check int account_rows_load(const char *path, struct text *ret);
must_check int account_rows_read(const struct text *file, const struct account_sink *sink);
