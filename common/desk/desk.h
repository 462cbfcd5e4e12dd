// The desk: one event's way, from its bytes to its receipt. It reads the case file from the ledger,
// asks for the verdict and records what follows, inside the transaction that the caller has open.
// It knows no socket and no clock, so the same code serves the daemon and every trial run.
#pragma once

#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/event/event.h"
#include "common/ledger/ledger.h"
#include "common/rulebook/rulebook.h"

struct desk;

// What the desk tells whoever carries notices. All are hints: the ledger holds the truth, once the
// transaction that is open has been committed.
struct desk_listener {
    void (*lane_has_work)(void *user, const char *lane);   // a notice waits for it
    void (*lane_is_paused)(void *user, const char *lane);  // somebody asked it to stand still
    void (*lane_is_resumed)(void *user, const char *lane); // somebody asked to try again; NULL: all
    void *user;
};

// rulebook and ledger are borrowed. listener may be NULL.
struct desk *desk_create(const struct rulebook *rulebook, struct ledger *ledger,
                         const struct desk_listener *listener);
void desk_destroy(struct desk *desk);
void desk_destroyp(struct desk **desk);

// Handles one event and appends its receipt. 0: the receipt is true once the transaction is
// committed. Negative errno: the ledger failed, nothing of the transaction may be kept.
must_check int desk_handle(struct desk *desk, const struct event_slice *slice, const char *peer,
                           int64_t now_ms, struct text *receipt, struct error *err);
// Makes an event of each alarm that is due, at most a turn's worth, and handles it, inside the open
// transaction. Returns how many, or a negative errno as desk_handle() does.
must_check int desk_ring(struct desk *desk, int64_t now_ms, struct error *err);
// Appends the receipt of an event that could not be stored now.
void desk_unavailable(const struct event_slice *slice, int64_t now_ms, const char *message,
                      struct text *receipt);
