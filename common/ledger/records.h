// The rows that the ledger gives and takes, beside the values of case_file.h.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/verdict/verdict.h"

// What becomes of a notice. Every decision ends in one of these, and the sum over them balances
// with the events (promise P5).
enum fate {
    FATE_WAITING,   // for its lane, or for its next try
    FATE_DELIVERED, // a receiver answered 2xx
    FATE_DEAD,      // dead letter: kept, listed, retried on command
    FATE_DIGEST,    // kept for the rep's digest
    FATE_UNSENT,    // decided: nobody is told; the reason is on record
    FATE_DROPPED,   // was to be sent, and then was not, for a reason on record
    FATE_HELD,      // decided to tell; is asked again at its moment
    FATE_GATHERED,  // told by another notice, its carrier
    FATE_COUNT
};

const char *fate_name(enum fate fate); // "waiting" …

enum { ROLE_ADMIN = 2 }; // beside enum role, of a notice to the admin's lane

struct notice_record {
    int64_t num;       // the row; negative: of a decision that told nobody, and is no notice
    int64_t event_seq; // 0: no event (the admin's notices)
    int64_t issue_num; // 0: none
    int role;          // enum role, or ROLE_ADMIN
    enum notice_kind kind;
    enum fate fate;
    bool urgent;
    const char *rep;  // rep id, or "admin"
    const char *lane; // where it goes; NULL where it is not sent
    const char *rule, *why;
    int64_t created_ms, due_ms, done_ms; // done: 0 until its fate is final
    int32_t attempts, status;            // status: of the last answer; 0: none came
    const char *answer;                  // the last answer's first bytes, or why none came
    const char *headline, *body;         // as sent last; NULL until then
    int64_t carrier_num; // FATE_DIGEST, FATE_GATHERED: the notice that it went out with; 0: not yet
    const char *words;   // the event's own (a demand, a note); NULL: none
    const char *quiet;   // FATE_HELD: what for; else what came of that. NULL: it was never held
    unsigned changes;    // enum change, or-ed, where that is asked: what the event changed
    int64_t since_ms;    // read, not written: where it was tried, since when it waits for that
    // read, not written: of the event that caused it, and the account where it is about no issue
    const char *event_source, *event_id;
    const char *event_type;
    const char *issue_key, *account_key;
};

struct notice_outcome {
    int64_t num;
    enum fate fate; // FATE_WAITING: again at due_ms
    int64_t due_ms, now_ms;
    int32_t attempts; // that were made so far
    int32_t status;
    const char *answer;
    const char *headline, *body; // as sent; NULL: as before
};

// Which dead letters are meant.
struct dead_filter {
    int64_t num;      // that one; 0: all for which the rest holds
    const char *lane; // NULL: of any
    int32_t status;   // of the last answer, 0 where none came; negative: any
    int64_t since_ms; // died then or later; 0: ever
};

enum lane_state { LANE_OPEN, LANE_PAUSED, LANE_CLOSED, LANE_STATE_COUNT };

const char *lane_state_name(enum lane_state state); // "open", "paused", "closed"

struct lane_record {
    const char *lane;
    enum lane_state state;
    const char *why; // the answer that paused or closed it, or what the person said who paused it
    const char *by;  // who paused it; NULL: no person did
    int64_t since_ms;
    // read, not written: the last answer of its receiver, and what waits
    int64_t answered_ms; // 0: none came
    int32_t status;      // 0: the attempt failed without an answer
    const char *answer;
    int64_t oldest_ms, next_due_ms; // of those that wait: created first, due next; 0: none
};

// What the receiver of a lane said last.
struct lane_answer {
    const char *lane;
    int64_t at_ms;
    int32_t status;
    const char *answer;
};

struct event_record {
    int64_t seq, time_ms, received_ms;
    const char *source, *id, *type, *subject, *peer;
    const char *bytes, *receipt;
    size_t size, receipt_size;
};

// The public id of a notice: the ledger's prefix, which has NOTICE_PREFIX_BYTES at most, '_' and
// num. The buffer has NOTICE_ID_BYTES.
enum { NOTICE_PREFIX_BYTES = 16, NOTICE_ID_BYTES = 48 };
const char *notice_id_format(const char *prefix, int64_t num, char *buffer);
// The num of a public id ("hn_xxxxxxxx_17") or of a bare number; 0 where it is neither.
int64_t notice_id_num(const char *id);
