// Rules that can never be reached, because an earlier one without "continue" always matches where
// they would.
#pragma once

#include "common/rulebook/rulebook.h"

void reach_warn(const struct rulebook *book, struct problems *problems);
