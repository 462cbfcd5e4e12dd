// One event as it arrives: CloudEvents 1.0 in JSON (structured mode), read strictly. A struct event
// borrows the bytes it was read from and owns the parsed tree; nothing here does I/O or logs.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"

// The closed list of what can happen. The words on the wire are "headsup." and event_type_name().
enum event_type {
    EVENT_ISSUE_OPENED,
    EVENT_ISSUE_UPDATED,
    EVENT_ISSUE_TRANSFERRED,
    EVENT_ISSUE_ESCALATION_REQUESTED,
    EVENT_ISSUE_CONCESSION_REQUESTED,
    EVENT_ISSUE_PROMISE_CLAIMED,
    EVENT_ISSUE_CUSTOMER_CONTACTED,
    EVENT_ISSUE_ACKNOWLEDGED,
    EVENT_ISSUE_PLANNED,
    EVENT_ISSUE_RESOLVED,
    EVENT_ISSUE_REOPENED,
    EVENT_ISSUE_CLOSED,
    EVENT_ACCOUNT_UPDATED,
    EVENT_ACCOUNT_TERMS_AGREED,
    EVENT_ACCOUNT_KICKOFF_HELD,
    EVENT_ACCOUNT_SHIPMENT_SCHEDULED,
    EVENT_ACCOUNT_BILLED,
    EVENT_ACCOUNT_PROMISE_MADE,
    EVENT_ACCOUNT_CHECKIN_HELD,
    EVENT_ACCOUNT_SURVEYED,
    EVENT_SILENCE_SET,
    EVENT_SILENCE_LIFTED,
    EVENT_NOTICE_RETRIED,
    EVENT_NOTICE_TEST_REQUESTED,
    EVENT_LANE_PAUSED,
    EVENT_LANE_RESUMED,
    EVENT_RULEBOOK_RELOADED,
    EVENT_TYPE_COUNT,   // what may come from outside ends here; the desk makes these:
    EVENT_ALARM_RANG,   // an issue came of an age that a rule asks about
    EVENT_DIGEST_DUE,   // it is a rep's hour for the digest; subject: the rep's id
    EVENT_SOURCE_SILENT // no event came from a source for too long; subject: the source
};

// What an event's subject is the key of.
enum event_about { ABOUT_ISSUE, ABOUT_ACCOUNT, ABOUT_SILENCE, ABOUT_THE_SERVICE };

struct event {
    enum event_type type;
    const char *id, *source; // borrowed from root
    const char *subject; // the key; NULL only where about is ABOUT_THE_SERVICE and none was given
    int64_t time_ms;     // when it happened; received_ms where the event does not say
    int64_t received_ms; // when the daemon had it
    bool has_amount;
    int64_t amount_minor; // data.amount
    json_t *root;         // owned
    json_t *data;         // borrowed from root; an object, or NULL where the event has none
    const char *bytes;    // as they came, borrowed
    size_t size;
};

// Why an event can never be stored. The code is for programs, the message for people; path is a
// JSON pointer (RFC 6901) into the event, "" where none exists.
struct refusal {
    char code[24]; // malformed, too_big, too_deep, bad_utf8, duplicate_key, missing, wrong_type,
                   // bad_value, bad_time, too_long, unknown_type, too_many, id_reused, bad_rulebook
    char message[256];
    char path[128];
    char id[64], source[128]; // as far as they could be read, else ""; cut to fit
};

// The name without the prefix: "issue.opened".
const char *event_type_name(enum event_type type);
// The type of "headsup.issue.opened" or "issue.opened"; EVENT_TYPE_COUNT where there is none.
enum event_type event_type_of(const char *name);
enum event_about event_type_about(enum event_type type);

// One event's bytes inside a frame.
struct event_slice {
    const char *bytes;
    size_t size;
};

// What a frame holds: one event, or the elements of one JSON array of them.
struct event_slices {
    bool is_array;
    size_t count;
    struct event_slice *slices; // owned
};

// Finds the events of a frame without parsing them: of an array, bounds depth and count. -EINVAL
// with why filled in where the frame as a whole is refused; ret then stays untouched. Each event
// stands for itself: what is wrong inside one, event_parse() says of it.
must_check int event_slices_read(const char *bytes, size_t size, struct event_slices *ret,
                                 struct refusal *why);
void event_slices_finish(struct event_slices *slices);

// Reads one event and checks it whole: attributes, the data that its type requires, and each known
// member's type. Unknown attributes and members are kept. -EINVAL with why filled in.
must_check int event_parse(const char *bytes, size_t size, int64_t received_ms, struct event *ret,
                           struct refusal *why);
void event_finish(struct event *event); // takes a zeroed event too

// A text member of data, or NULL where it is absent, null or no text.
const char *event_text(const struct event *event, const char *name);
const char *event_own_words(const struct event *event); // a demand, a claim, a note; NULL: none
// A money member of data in minor units, false where it is absent. (Its form was checked.)
bool event_money(const struct event *event, const char *name, int64_t *ret_minor);
// A moment member of data, false where it is absent.
bool event_moment(const struct event *event, const char *name, int64_t *ret_ms);

// Money from a JSON number or a decimal in a string: 0, -EINVAL or -ERANGE. A JSON number arrives
// as a double; its shortest decimal of at most 15 digits is what the sender wrote, and that is
// read.
must_check int event_money_of(const json_t *value, int64_t *ret_minor);

// True where both are the same event, whatever their white space and order of members.
bool event_same(const char *bytes, size_t size, const char *other, size_t other_size);
