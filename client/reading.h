// What the commands that read stand on: the rule book and the ledger that it names, read only.
#pragma once

#include "client/command.h"
#include "common/ledger/ledger_reader.h"
#include "common/rulebook/rulebook.h"

struct reading {
    struct rulebook *rulebook;
    struct ledger_reader *reader;
};

// Reads the rule book, without its secrets. EXIT_DONE; or EXIT_WANTING, with the words printed.
must_check int reading_rulebook(const struct invocation *invocation, struct rulebook **ret);
// Opens both. EXIT_DONE; or EXIT_WANTING, with the words printed.
must_check int reading_open(const struct invocation *invocation, struct reading *ret);
void reading_finish(struct reading *reading);

// Ends a command that read: EXIT_DONE where code is 0 or more, else EXIT_WANTING with err printed.
int reading_result(int code, const struct error *err);
