// The one table of event types: what each is about, and which members its data may have. It drives
// the checks of the data, the messages of a refusal and what the command line offers.
#pragma once

#include <stdbool.h>

#include "common/event/event.h"

enum member_kind {
    MEMBER_TEXT,    // running text
    MEMBER_SUMMARY, // running text that may be empty: live systems do send it so
    MEMBER_WORD,    // one word or a few: category, department
    MEMBER_KEY,     // names a record: an account, a rep, an order
    MEMBER_ONE_OF,  // one of words
    MEMBER_MONEY,   // a decimal with at most two places
    MEMBER_COUNT,   // a whole number from 0 to most
    MEMBER_NUMBER,  // a number from 0 to most
    MEMBER_BOOLEAN, // true or false
    MEMBER_MOMENT,  // RFC 3339, or a date alone
    MEMBER_OBJECT,  // checked by whoever reads it
    MEMBER_SALE,    // an object of money: amount, cost
    MEMBER_TEXTS    // one text or an array of them
};

struct event_member {
    const char *name; // NULL ends the list
    enum member_kind kind;
    bool required;
    int most;                 // MEMBER_COUNT, MEMBER_NUMBER
    const char *const *words; // MEMBER_ONE_OF, NULL at the end
};

enum { EVENT_MEMBERS = 12 };

struct event_kind {
    const char *name; // without the prefix
    enum event_about about;
    struct event_member members[EVENT_MEMBERS];
};

#define EVENT_TYPE_PREFIX "headsup."

const struct event_kind *event_kind_of(enum event_type type);
// The nearest right spelling of a mistyped type without its prefix; NULL where none is near.
const char *event_type_nearest(const char *typed);
