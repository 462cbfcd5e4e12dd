// Accounts out of a CSV file: each row becomes one account.updated event, under an id that follows
// from what the row says, so that the same row twice is a duplicate.
#pragma once

#include <stdbool.h>

#include "client/command.h"

// Imports the file. Returns an enum exit_status. again: under new ids, so that rows count although
// they were imported before.
int account_import(const struct invocation *invocation, const char *path, bool again);
