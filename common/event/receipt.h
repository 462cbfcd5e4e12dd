// The receipt: what a publisher gets for each event, in order. Written as one JSON object.
// Everything in it is borrowed; the desk fills it from what was decided.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/event/event.h"

enum receipt_status {
    RECEIPT_ACCEPTED,   // on disk
    RECEIPT_DUPLICATE,  // (source, id) was accepted before; carries the first receipt
    RECEIPT_REFUSED,    // never to be stored
    RECEIPT_UNAVAILABLE // not stored, may be later
};

enum { RECEIPT_DECISIONS = 8 };

struct receipt_decision {
    const char *rule;   // the rule's name, or "law: …"
    const char *action; // heads_up, owner, escalation, handed_over, stand_firm, none …
    const char *to;     // rep id; NULL where nobody
    const char *when;   // now, digest or no
    const char *away;   // rep id, for whom that one stands in; NULL: for nobody
    int64_t until_ms;   // now, but held for its moment: until then; 0: not
};

// An accepted event's receipt.
struct receipt {
    const char *id, *source;
    int64_t seq;
    const char *issue_key; // NULL: the event is about no issue
    const char *issue_state;
    int issue_hop;
    const char *issue_owner;   // rep id
    const char *unknown;       // "account", "issue" or NULL: what was not on record
    const char *notice;        // id of the one that was asked for; NULL: none was
    const char *answer;        // what to tell the customer; NULL where nothing was asked
    const char *answer_limit;  // the limit or the law that decided it
    const char *terms_summary; // NULL: none on record
    const char *terms_link, *terms_agreed_by;
    int64_t terms_at_ms;  // 0: not known
    const char *warnings; // lines; NULL: none
    size_t decision_count;
    struct receipt_decision decisions[RECEIPT_DECISIONS];
};

void receipt_write_accepted(struct text *out, const struct receipt *receipt);
// first: the receipt that was stored when the event was accepted.
void receipt_write_duplicate(struct text *out, const struct event *event, const char *first,
                             size_t first_size);
void receipt_write_refused(struct text *out, const struct refusal *why);
// With a list of all that is wrong: lines, of which as many as LIMIT_RECEIPT_LIST_BYTES holds.
void receipt_write_refused_list(struct text *out, const struct refusal *why, const char *errors);
void receipt_write_unavailable(struct text *out, const struct event *event, const char *message);
