// The people of a rule book: the settings of a rep, and what can only be checked when all are
// known.
#pragma once

#include "common/base/attributes.h"
#include "common/rulebook/reader.h"
#include "common/rulebook/settings.h"

extern const struct setting_group rep_group;
extern const struct setting_group default_group;
extern const struct setting_words role_words;

// Reads the name of a time zone, in place of the one before; said so where the system knows none.
void reps_read_zone(struct reader *reader, struct place place, const char *text, struct zone **ret);

// Looks up every rep that a setting named, and indexes reps and lanes in the book.
void reps_settle(struct reader *reader, struct rulebook *book);
