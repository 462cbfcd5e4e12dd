// Rules and tiers: their settings, what they must not say, and the rules that can never be reached.
#pragma once

#include "common/rulebook/reader.h"
#include "common/rulebook/settings.h"

extern const struct setting_group rule_group;
extern const struct setting_group tier_group;
extern const struct setting_words when_words;

// Collects the ages that rules wait for, and warns of what cannot be meant. For a book without
// errors.
void rules_settle(struct reader *reader, struct rulebook *book);
