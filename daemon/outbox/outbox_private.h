// What the files of the outbox share. Internal to this folder: outbox.c hands over and takes in,
// outbox_rulebook.c makes the lanes, outbox_standing.c keeps their standing, outbox_strays.c finds
// a home for what has none, or a dead one.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/ledger/ledger_outbox.h"
#include "daemon/outbox/lanes.h"
#include "daemon/outbox/outbox.h"
#include "daemon/outbox/outbox_stale.h"

struct kept;

struct slot { // one lane
    struct lane lane;
    struct due_cursor cursor;
    bool is_due;              // in the list of outbox->due
    struct slot *prev, *next; // there
    int unsettled;            // jobs of it in hand, or whose outcome is not on record
    bool dead_told;           // the admin was told of a dead letter, and is not again for now
    bool dead_telling;        // likewise, as of the transaction that is open
    int64_t dead_told_ms;     // when
    bool look;                // its standing is to be read from the ledger, by an order or anew
    bool diverted;            // what waited went to the fallback, in the transaction that is open
    bool untold;              // the courier does not know yet how it is now
    struct endpoint *gone; // owned, its name alone: the rule book does not have it any more, and it
                           // stays for what is in hand; NULL: it has
    struct stale stale;
    const struct kept *last; // the last attempt that is being recorded; NULL: none
    int64_t answered_ms;     // when an answer of its receiver was last put on record
    int32_t answer_status;   // and which; 0: none came
    bool is_doubt;           // one of outbox->doubts: handed something although none came
    UT_hash_handle hh;
};

struct job { // one notice in hand
    int64_t num, due_ms;
    struct slot *slot;
    int32_t attempts;
    bool answered; // its outcome is kept, and not on record yet
    bool stale;    // the lane has changed since: what fails says nothing of it as it is now
    UT_hash_handle hh;
    const char *rep, *headline, *body; // in words
    char words[];
};

struct kept { // an outcome, until it is on record
    struct job *job;
    struct lane_event event;
    int32_t status;
    char *answer;
};

struct outbox {
    const struct rulebook *rulebook;
    struct ledger *ledger;
    struct pair *pair; // NULL: no courier
    struct slot *slots;
    struct slot *by_lane; // hash
    struct slot *due;     // list: those that something may wait for; a turn looks at no others
    size_t slot_count;
    struct job *jobs; // hash by num
    struct kept *kept;
    size_t kept_count, kept_capacity;
    int64_t record_mono_ms; // when the kept ones are to be on record; INT64_MAX: there are none
    struct arena *arena;
    struct text headline, body, payload;
    struct notice_record records[LANE_WINDOW]; // of the lane in hand
    int64_t busy_until_ms;                     // the courier did not keep up: not before
    int64_t seen_ms;                           // the clock at the last hand-over
    int64_t stale_at_ms;                       // when lanes are next looked through for stale news
    bool untold, look, diverted;               // some lane's is set
    int doubts;                                // lanes that are one, see there
    int stale_looks;                           // how many lanes are to be looked through
    bool held;
    bool kept_others; // than deliveries
    bool strays;      // notices may wait for lanes that the rule book does not have
    bool swept;       // none does, as of the transaction that is open
};

struct slot *outbox_slot(const struct outbox *outbox, const char *lane);
// The lane of the same rep that takes what this one gives up; NULL: none.
struct slot *outbox_fallback(const struct outbox *outbox, const struct slot *slot);
// The lane of the same rep for which this one stands in; NULL: it stands in for none.
struct slot *outbox_own(const struct outbox *outbox, const struct slot *slot);
// Of these the one that lives, where the lane itself is dead and what waits for it is to go there.
struct slot *outbox_refuge(const struct outbox *outbox, const struct slot *slot);
// The next look into the ledger starts from the lane's oldest notice.
void outbox_rewind(struct outbox *outbox, struct slot *slot);
// When that look is; INT64_MAX: nothing waits for the lane.
void outbox_set_due(struct outbox *outbox, struct slot *slot, int64_t due_ms);
// Frees the slots.
void outbox_drop_slots(struct outbox *outbox);
// Tells the courier the lanes that it does not know as they are. -EAGAIN: it does not keep up.
must_check int outbox_tell_lanes(struct outbox *outbox);
// Finds strays a home, some at a time, inside the open transaction.
must_check int outbox_sweep(struct outbox *outbox, int64_t now_ms, struct error *err);
// Moves what waits for dead lanes to their fallbacks, some at a time, inside the open transaction.
must_check int outbox_divert(struct outbox *outbox, int64_t now_ms, struct error *err);
bool outbox_wants_divert(const struct outbox *outbox); // it would
bool outbox_has_in_hand(const struct outbox *outbox, int64_t num);

// At start: a lane that was closed or that a person paused stays so; one that an answer paused is
// tried again, as the admin may have mended it. Inside a transaction.
must_check int standing_restore(struct outbox *outbox, struct slot *slot, struct error *err);
// Takes over what people ordered of the lanes, once it is on record. -EAGAIN: the courier is busy.
must_check int standing_look(struct outbox *outbox, struct error *err);
// Puts on record what follows for the lane from an outcome, and tells the admin.
must_check int standing_record(struct outbox *outbox, const struct kept *kept, int64_t now_ms,
                               struct error *err);
// Puts the last answer of each lane on record.
must_check int standing_record_answers(struct outbox *outbox, int64_t now_ms, struct error *err);
