// Orders to the service itself, as the commands give them: an event that says who gave it, and its
// way to the receipt.
#pragma once

#include "client/connection.h"
#include "common/base/text.h"

// Begins an order of that type (without its prefix) in out, anew; its data is open, for members.
// subject may be NULL.
void ordering_open(struct text *out, const char *type, const char *subject);
// Ends it with the name of the person at the keyboard.
void ordering_close(struct text *out);

// Connects, with the patience of the flag --patience. An exit status.
must_check int ordering_connect(const struct invocation *invocation, struct connection *ret);
// Publishes one order. The receipt is printed in JSON where that is asked for, and in words where
// it is no good one. An exit status.
must_check int ordering_publish(const struct invocation *invocation, struct connection *connection,
                                const struct text *event, struct text *receipt);
// Connects, publishes one order and prints what came of it. An exit status.
must_check int ordering_run(const struct invocation *invocation, const struct text *event);
