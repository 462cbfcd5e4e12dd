// Whether one matcher holds wherever another does, as far as that can be told from the two alone.
// Pure.
#pragma once

#include <stdbool.h>

#include "common/rulebook/rulebook.h"

bool matcher_implies(const struct matcher *strong, const struct matcher *weak);
// Whether each matcher of weak holds wherever all of strong do: whatever strong matches, weak does.
bool rule_implies(const struct rule *strong, const struct rule *weak);
