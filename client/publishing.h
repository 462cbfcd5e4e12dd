// Publishing many events: a window of them under way, receipts as they are answered, refusals with
// the line that they stand on, progress on a terminal, and the sum at the end.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/connection.h"
#include "client/progress.h"

enum receipts { RECEIPTS_ALL, RECEIPTS_BAD, RECEIPTS_NONE }; // which are printed

struct publishing {
    struct connection connection;
    const char *name; // of the input, for people
    enum receipts receipts;
    struct progress progress;
    bool given_up;
    int64_t begun_ms, flushed_ms;
    int64_t accepted, duplicate, refused, unsent;
};

// The usual flags of a command that publishes many, for its table.
#define PUBLISHING_FLAGS                                                                           \
    {'w', "window", "N", "events under way at once, 1 to 4096 (64)"},                              \
    {                                                                                              \
        0, "patience", "S", "give up after S seconds without an answer (60; 0: never)"             \
    }

// EXIT_DONE; or another exit status, with the words printed.
must_check int publishing_open(const struct invocation *invocation, const char *name,
                               enum receipts receipts, struct publishing *ret);
// Publishes one event, which stands on that line; waits for room in the window. False once the
// daemon is given up.
bool publishing_put(struct publishing *publishing, const char *event, size_t size, int64_t line);
// True where something has no answer yet.
bool publishing_pending(const struct publishing *publishing);
// Takes answers, waiting at most timeout_ms for them.
void publishing_wait(struct publishing *publishing, int timeout_ms);
// Counts something that could not be published, and says why.
void publishing_reject(struct publishing *publishing, int64_t line, const char *why);
// Says something about a line that is no fault.
void publishing_remark(struct publishing *publishing, int64_t line, const char *words);
// Waits for all answers, prints the sum and closes. Returns an enum exit_status.
int publishing_finish(struct publishing *publishing);
