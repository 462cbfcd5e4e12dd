// What headsup explain is to suppose where it has no ledger: an account and an issue, as KEY=VALUE
// after --account and --issue, or in a file of JSON. Written as the events that would have brought
// them about.
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "client/command.h"
#include "common/base/text.h"

struct supposed {
    json_t *account, *issue; // the members given; NULL: nothing was supposed of it
    int64_t age_ms;          // of the issue
};

// Reads the flags. EXIT_DONE; or another, with the words printed.
must_check int supposed_read(const struct invocation *invocation, struct supposed *ret);
void supposed_finish(struct supposed *supposed);
// The key of the issue; NULL where none is supposed.
const char *supposed_issue(const struct supposed *supposed);

enum { SUPPOSED_EVENTS = 4 };
struct supposed_event {
    struct text bytes;
    int64_t at_ms;
};

// Writes the events, in their order, and returns how many; the texts are the caller's to finish.
// account_key: of the account where what is supposed names none; NULL: likewise unknown.
size_t supposed_write(const struct supposed *supposed, const char *account_key, int64_t now_ms,
                      struct supposed_event ret[SUPPOSED_EVENTS]);
