// The words of what falls due with an account, where no event of an issue is the occasion: a
// kick-off before the first shipment (DOMAIN.md T3), a review call (F4), a check-in call (F5), a
// meeting of those who serve the account (R1). Pure.
#pragma once

#include <stdbool.h>

#include "common/verdict/words.h"

// True for the kinds that are about the account alone: no issue is told of.
bool words_occasion_of_account(enum notice_kind kind);
// What follows the account's name in the headline; false where the kind is none of these.
bool words_occasion_headline(struct text *out, const struct notice *notice);
// What the reader is to do, without "You: "; false where the kind is none of these.
bool words_occasion_to_do(struct text *out, const struct notice *notice);
