// What a rule does, in words for people.
#pragma once

#include "common/base/text.h"
#include "common/rulebook/rulebook.h"

// "now", "in the digest", "not told" or "unsaid".
const char *rule_words_when(enum when when);
// Adds "to sales now; to service as unsaid: in the digest; urgent".
void rule_words_add(struct text *out, const struct rulebook *rulebook, const struct rule *rule);
