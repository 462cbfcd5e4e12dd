// What can be read in a rule book and still cannot be meant: matchers that can never all hold, and
// rules without an effect. Warnings, for a book without errors.
#pragma once

#include "common/rulebook/rulebook.h"

void sense_warn(const struct rulebook *book, struct problems *problems);
