// A receipt held against what a step expects of it.
#pragma once

#include <stdbool.h>

#include "client/trial/script.h"
#include "common/base/text.h"

// expected NULL: that the event was accepted. True where all is as expected; else what is not goes,
// as lines, to ret_expected and ret_got.
bool receipt_check(const struct script_receipt *expected, const char *receipt, size_t size,
                   struct text *ret_expected, struct text *ret_got);
