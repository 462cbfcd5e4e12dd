// Taking over a changed rule book: it is read whole and checked whole inside the turn that asks for
// it, put on record with that turn, and swapped in behind it; or it is refused with every error,
// and the old one stays. In the desk's process.
#pragma once

#include <stdbool.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/desk/desk.h"
#include "common/rulebook/rulebook.h"
#include "daemon/intake/intake.h"
#include "daemon/outbox/outbox.h"

struct reload {
    // borrowed: those who borrow the rule book
    struct desk *desk;
    struct outbox *outbox;
    struct intake *intake;
    struct ledger *ledger;
    const struct rulebook *old; // borrowed: that is in force
    struct rulebook *fresh;     // owned: read and found good, not in force yet; NULL: none
    struct problems problems;   // of this turn's reading
    bool tried;                 // in this turn: who asks again in it gets the same answer
};

// For the desk: see struct desk_listener.
int reload_try(void *user, struct text *say, const struct problems **ret_problems);
// Puts on record what follows from a fresh rule book, inside the open transaction.
must_check int reload_record(struct reload *reload, int64_t now_ms, struct error *err);
// The transaction failed: a fresh rule book is let go.
void reload_drop(struct reload *reload);
// Ends the turn. A fresh rule book takes the place of the old one, which is destroyed; true then.
bool reload_finish(struct reload *reload, struct rulebook **rulebook);
