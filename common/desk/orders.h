// Orders to the service itself: dead letters are sent again, a lane is paused or resumed, a test
// notice is sent. An order
// is an event like any other: it is on record, and does no more than its row says. Part of the
// desk; knows no socket and no clock.
#pragma once

#include "common/base/arena.h"
#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/desk/desk.h"
#include "common/event/event.h"
#include "common/ledger/ledger.h"
#include "common/ledger/ledger_outbox.h"
#include "common/rulebook/rulebook.h"

struct order_scene { // what an order is carried out on; all borrowed
    const struct rulebook *rulebook;
    struct ledger *ledger;
    const struct desk_listener *listener;
    struct arena *arena;
    struct desk *desk; // whose silences are set and lifted
};

enum { ORDER_WORDS_BYTES = 256 };

struct order_result {
    char say[ORDER_WORDS_BYTES]; // what came of it; "": no more than that it is on record
    char why[ORDER_WORDS_BYTES]; // of notice
    struct notice_record notice; // what is decided by it: to add, as it stands
};

// -EINVAL with why where the order names what the rule book does not have.
must_check int order_check(const struct rulebook *rulebook, const struct event *event,
                           struct refusal *why);
// Carries out an order that was checked, inside the open transaction. Negative: the ledger failed.
must_check int order_carry_out(const struct order_scene *scene, const struct event *event,
                               struct order_result *ret, struct error *err);
