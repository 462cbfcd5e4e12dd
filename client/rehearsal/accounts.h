// The accounts that a rehearsal of a file begins with, as events in a file without a name: those of
// a CSV file, or those of a ledger as they stand.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"

// Both return an enum exit_status with the words printed, and on EXIT_DONE a descriptor in ret_fd.
// now_ms: the moment at which they are to come; what is later is taken to be of that moment.
must_check int accounts_of_file(const char *path, int *ret_fd);
must_check int accounts_of_ledger(const char *path, int64_t now_ms, int *ret_fd);
