// A rule book in sum: who would hear what.
#pragma once

#include "common/base/text.h"
#include "common/rulebook/rulebook.h"

void book_summary_print(const struct rulebook *rulebook);
// Writes it as the member "summary" of what is open in out.
void book_summary_put(const struct rulebook *rulebook, struct text *out);
