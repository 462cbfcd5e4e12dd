// The outbox: what is decided and not yet delivered. In the desk's process. It hands each lane's
// due notices to the courier, rendered from the case as it stands at that moment, and records what
// became of them. The ledger holds the truth; here is only what is in hand.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/ledger/ledger.h"
#include "common/rulebook/rulebook.h"
#include "daemon/pair.h"

struct outbox;

// rulebook and ledger are borrowed. What the ledger holds is due at once, as new work is.
must_check int outbox_create(const struct rulebook *rulebook, struct ledger *ledger,
                             struct outbox **ret, struct error *err);
void outbox_destroy(struct outbox *outbox);

// A changed rule book. First what follows from it goes on record, inside the open transaction
// (negative: the ledger failed); once that is committed its lanes are made of it anew, and it is
// borrowed instead of the last one. A lane keeps its place, unless its receiver is another: then it
// starts anew. A lane that is no more gets nothing more; what waits for it goes to others (see
// outbox_strays.c).
must_check int outbox_record_rulebook(struct outbox *outbox, const struct rulebook *rulebook,
                                      int64_t now_ms, struct error *err);
void outbox_take_rulebook(struct outbox *outbox, const struct rulebook *rulebook);

// A courier is up: it is told the lanes, and gets jobs from now on. pair is borrowed until it is
// lost.
void outbox_courier_up(struct outbox *outbox, struct pair *pair);
// The courier died: what it had in hand goes out again, under the same ids.
void outbox_courier_lost(struct outbox *outbox);

// Hints from the desk; lane NULL: all of them.
void outbox_lane_has_work(void *user, const char *lane);
void outbox_lane_has_older(void *user, const char *lane);
void outbox_lane_is_paused(void *user, const char *lane);
void outbox_lane_is_resumed(void *user, const char *lane);
void outbox_source_is_silent(void *user, const char *words); // the log says so too

// Keeps an outcome until outbox_record() puts it on record.
void outbox_take_outcome(struct outbox *outbox, const struct pair_outcome *outcome);
size_t outbox_outcomes(const struct outbox *outbox);
// When outbox_record() is to be called at the latest, by the monotonic clock; INT64_MAX: it has
// nothing to do. A delivery waits a moment for company: a transaction of its own costs as much as
// that of an event.
int64_t outbox_records_at(const struct outbox *outbox);
// True where what outbox_record() would write are deliveries and no more: nobody is told of these.
bool outbox_records_only_deliveries(const struct outbox *outbox);
// Records the outcomes kept, inside the open transaction; outbox_recorded() forgets them once that
// is committed. Negative: the ledger failed.
must_check int outbox_record(struct outbox *outbox, int64_t now_ms, struct error *err);
void outbox_recorded(struct outbox *outbox);

// Hands over what is due. 1: not all of it, for what is held can be released, as the ledger has
// settled; call again then. Negative: the ledger failed.
must_check int outbox_hand_over(struct outbox *outbox, int64_t now_ms, struct error *err);
// Until it is released nothing reaches the courier: what is handed over was committed and may not
// be on disk yet.
void outbox_hold(struct outbox *outbox);
void outbox_release(struct outbox *outbox);
// When there will be something to hand over; INT64_MAX: not before something happens.
int64_t outbox_wakes_at(const struct outbox *outbox);
size_t outbox_in_hand(const struct outbox *outbox);
