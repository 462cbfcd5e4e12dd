// The desk: one event's way, from its bytes to its receipt. It reads the case file from the ledger,
// asks for the verdict and records what follows, inside the transaction that the caller has open.
// It knows no socket and no clock, so the same code serves the daemon and every trial run.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/desk/hold.h"
#include "common/event/event.h"
#include "common/ledger/ledger.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/trace.h"
#include "common/verdict/verdict.h"

struct desk;

// What the desk tells whoever carries notices. All are hints: the ledger holds the truth, once the
// transaction that is open has been committed.
struct desk_listener {
    void (*lane_has_work)(void *user, const char *lane);   // a notice waits for it
    void (*lane_has_older)(void *user, const char *lane);  // one that is older than others of it
    void (*lane_is_paused)(void *user, const char *lane);  // somebody asked it to stand still
    void (*lane_is_resumed)(void *user, const char *lane); // somebody asked to try again; NULL: all
    void (*source_is_silent)(void *user, const char *words); // one that is watched; which, in words
    void *user;
    // Reads the changed rule book: 0 and what to say of it, where it is good and will be taken over
    // once the transaction is committed; negative: refused. problems are borrowed until the next
    // event.
    int (*try_reload)(void *reloader, struct text *say, const struct problems **ret_problems);
    void *reloader;
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

// What would come of an event; strings live until the desk has the next one in hand.
struct desk_trial {
    int64_t known_seq; // of the event on record with this source and id; 0: none
    bool is_order;     // to the service itself: no rule is asked, and nothing below is filled in
    struct case_file file, after; // as it is, and as it would be
    struct verdict verdict;
    struct placing placings[VERDICT_DECISIONS]; // of its decisions
    struct verdict_trace trace;
    const char *receipt; // JSON
    const char *words;   // the event's own, for its notices; NULL: none
};

// Decides an event as desk_handle() would, on the same way, and records nothing: a ledger that is
// only looked at will do.
must_check int desk_try(struct desk *desk, const struct event *event, struct desk_trial *ret,
                        struct error *err);
// The same for the alarm of an issue that comes of an age at that moment. The event is no one's to
// finish; like all else it lives until the desk has the next one in hand.
must_check int desk_try_alarm(struct desk *desk, const char *issue_key, int64_t now_ms,
                              struct event *ret_event, struct desk_trial *ret, struct error *err);
// Makes an event of each alarm and digest that is due, at most a turn's worth, and handles it, and
// asks again what is held until now, inside the open transaction. Returns how many, or a negative
// errno as desk_handle() does.
must_check int desk_ring(struct desk *desk, int64_t now_ms, struct error *err);
// When desk_ring() will have something to do; INT64_MAX: nothing is armed.
must_check int desk_rings_at(struct desk *desk, int64_t *ret_ms, struct error *err);
// Makes an event of a signal that asks for the rule book to be taken over, and handles it likewise.
must_check int desk_reload(struct desk *desk, int64_t now_ms, struct error *err);
// From now on the rule book is this one; borrowed. Between two transactions.
void desk_take_rulebook(struct desk *desk, const struct rulebook *rulebook);
// Appends the receipt of an event that could not be stored now.
void desk_unavailable(const struct event_slice *slice, int64_t now_ms, const char *message,
                      struct text *receipt);
