// The silences that hold, as the desk keeps them in hand: read from the ledger, and read anew when
// an event changed them or a transaction was undone. Part of the desk.
#pragma once

#include "common/desk/desk_private.h"
#include "common/event/refusal.h"

// Sees to it that desk->silences are those of the ledger. Negative: the ledger failed.
must_check int silences_refresh(struct desk *desk, struct error *err);
void silences_finish(struct desk *desk);

// -EINVAL with why where an event about a silence cannot be carried out.
must_check int silences_check(const struct desk *desk, const struct event *event,
                              struct refusal *why);
// Sets or lifts what was checked, inside the open transaction, and says what came of it.
must_check int silences_carry_out(struct desk *desk, const struct event *event, char *say,
                                  size_t size, struct error *err);
