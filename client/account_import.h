// Accounts out of a CSV file (account_rows.h), published.
#pragma once

#include <stdbool.h>

#include "client/command.h"

// Imports the file. Returns an enum exit_status. again: under new ids, so that rows count although
// they were imported before.
int account_import(const struct invocation *invocation, const char *path, bool again);
