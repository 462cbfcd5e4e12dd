// A trial of an event told to people and to programs: the rules in order with what their matchers
// saw, the laws, the receipt, and the notices as the reps would read them.
#pragma once

#include <stdio.h>

#include "common/base/text.h"
#include "common/desk/desk.h"
#include "common/rulebook/rulebook.h"

struct explanation {
    const struct rulebook *rulebook;
    const struct event *event;
    const struct desk_trial *trial;
};

// Only how it was decided, without the receipt and the notices.
void explanation_print_reasons(const struct explanation *explanation, FILE *to);
void explanation_print(const struct explanation *explanation, FILE *to);
void explanation_put(const struct explanation *explanation, struct text *out);
