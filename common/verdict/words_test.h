// The words of a test notice: those of any kind of notice about a case that is made up, and marked
// so. No issue and no account of the ledger comes into it. Pure.
#pragma once

#include <stdint.h>

#include "common/base/text.h"
#include "common/verdict/words.h"

// Writes headline and body. kind: the name of the kind whose words are wanted, NULL for none. The
// notice then is about room, the case that was made up, and as urgent as that kind is.
void words_test(struct text *headline, struct text *body, struct notice *notice, const char *kind,
                struct case_file *room, int64_t now_ms);
