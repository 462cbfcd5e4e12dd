// An event made of words: TYPE KEY=VALUE… as a person types them.
#pragma once

#include <stdint.h>

#include "client/command.h"
#include "common/base/attributes.h"
#include "common/base/text.h"

// Writes the event that the arguments of an invocation make; what they leave unsaid is random
// (id), the person at the keyboard (source) and now (time). EXIT_DONE; or EXIT_USAGE, with the
// words printed.
must_check int drafting_event(const struct invocation *invocation, int64_t now_ms,
                              struct text *ret);
