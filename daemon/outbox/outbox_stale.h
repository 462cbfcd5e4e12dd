// The part of the outbox that keeps stale news from being sent. A heads-up that waited for its
// receiver longer than the endpoint's expire_after becomes a line of the rep's digest, and its
// record says so. Whatever asks for something to be done is sent, however late. Internal to this
// folder.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/ledger_outbox.h"

struct outbox;
struct slot;

struct stale {  // what of a lane's queue may have waited too long
    bool look;  // is to be looked through
    bool found; // something is, and all that is due is to be looked through
    bool more;  // was not looked through to its end, in the transaction that is open
    struct due_cursor at, next; // next: once that is committed
};

// True where the notice is no news any more, and is not to be sent from that lane.
bool stale_is(const struct outbox *outbox, const struct slot *slot,
              const struct notice_record *record, int64_t now_ms);
// Some of the lane is.
void stale_found(struct outbox *outbox, struct slot *slot);
// Notes which lanes stand still so long that some of theirs may be.
void stale_note(struct outbox *outbox, int64_t now_ms);
bool stale_wants_record(const struct outbox *outbox);
// Puts it into the digests, some at a time, inside the open transaction; and once that is
// committed.
must_check int stale_record(struct outbox *outbox, int64_t now_ms, struct error *err);
void stale_recorded(struct outbox *outbox, struct slot *slot);
