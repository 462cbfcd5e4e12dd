// Money: a decimal with at most two places, held as an integer of minor units (cents). Never a
// float.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"

#define MONEY_TEXT_BYTES 64

// Reads "18250", "18250.5", "-3.07". 0; -EINVAL where it is no such decimal; -ERANGE beyond
// LIMIT_MONEY_MINOR.
must_check int money_parse(const char *string, int64_t *ret_minor);
// Writes "18250.00", for machines. buffer has MONEY_TEXT_BYTES.
const char *money_format(int64_t minor, char *buffer);
// How amounts are written for people, each named after what 1234.50 becomes.
enum money_form { MONEY_COMMA_POINT, MONEY_POINT_COMMA, MONEY_SPACE_COMMA, MONEY_QUOTE_POINT };

// Writes "$18,250.00", "€1.50" or "18,250.00 CHF", for people; currency NULL leaves it out.
const char *money_format_people(int64_t minor, const char *currency, char *buffer);
// The same in any form: "18.250,00 €"; in all but the first the currency's sign stands behind.
const char *money_format_in(enum money_form form, int64_t minor, const char *currency,
                            char *buffer);
