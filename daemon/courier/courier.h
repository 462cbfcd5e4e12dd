// The courier: the process that carries notices to webhooks. It is the desk's child, run as
// "headsupd --courier ENDPOINT", and has libcurl and the lanes' secrets; no ledger and no rule
// book. It lives as long as the desk: it is told to stop over the pair, and dies with its parent.
#pragma once

#include <sys/types.h>

#include "common/base/attributes.h"

// Runs until the desk says stop. parent: the desk's process. 0, or a negative errno with its words
// in the log.
must_check int courier_run(const char *endpoint, pid_t parent);
