// What a rehearsal is fed with: events of the past, each with the moment at which it comes. Out of
// the ledger, as they were received; or out of a file, as they happened. Orders to the service and
// what it made itself are left out: a trial makes its own. In each child it is read anew.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rehearsal/record.h"
#include "common/base/attributes.h"
#include "common/base/error.h"

struct feed {
    const char *ledger_path; // NULL: out of files
    int64_t since_ms;        // of the ledger
    int64_t until_ms; // of the ledger: the end; of files: how long it goes on behind the last event
    int64_t until_seq;
    bool long_past;             // issues of the 90 days before since_ms too, for who counts them
    int accounts_fd, events_fd; // regular files; accounts_fd -1: none
    int64_t first_ms;           // of the files: the first moment
    int64_t now_ms;             // what is later than that, and a day, has not happened
    int64_t total;              // what feed_item.done comes to
};

struct feed_item {
    const char *bytes; // valid during the call
    size_t size;
    int64_t number; // its line, or its number in the ledger
    int64_t at_ms;
    int64_t done;
    bool counted;      // in the time that is looked at
    const char *wrong; // why it is no event; NULL: it may be one
};

// Other than 0 ends the feed.
typedef int on_feed_item(void *user, const struct feed_item *item);

// Counts what is late or left out in sums. 0, what the callback ended with, or a negative errno.
must_check int feed_each(const struct feed *feed, on_feed_item *callback, void *user,
                         struct run_sums *sums, struct error *err);
// The moment of the first event in a file that says when it happened; now_ms where none does.
must_check int feed_first_moment(int fd, int64_t now_ms, int64_t *ret_ms, struct error *err);
