// The words of a template (common/rulebook/template.h), filled in from a notice's case as it
// stands. What comes from outside is one bounded line each; where nothing is known, it says so.
// Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/verdict/words.h"

// Adds at most max_bytes, with "…" where that cuts.
void template_words_add(struct text *out, const char *template, const struct notice *notice,
                        int64_t now_ms, size_t max_bytes);
