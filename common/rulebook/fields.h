// What a matcher can ask about: the fields, what each holds, and which words its operands may be.
#pragma once

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/rulebook/matcher.h"

// The one-hop law (DOMAIN.md O1), in the words that refuse whatever names a third level.
#define ONE_HOP_LAW                                                                                \
    "an issue goes from the service rep to the sales rep, and that's it: above the sales rep "     \
    "there is nobody"

// Finds the field of that name; "data.NAME" is FIELD_DATA. FIELD_COUNT where there is none.
enum field field_of(const char *name);
// The nearest right spelling of a field's name, or NULL.
const char *field_nearest(const char *name);
// Whether the field may be compared with that word; -EINVAL says in err what it may be.
must_check int field_check_word(enum field field, const char *word, struct error *err);
