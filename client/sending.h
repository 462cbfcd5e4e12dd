// Publishing single events, as the commands that write do: the envelope that they share, and one
// event's way to its receipt.
#pragma once

#include <stdint.h>

#include "client/connection.h"
#include "common/base/text.h"

enum { UUID_BYTES = 40, PERSON_BYTES = 64, SENDING_PATIENCE_S = 10 };

// A random UUID (version 4). buffer has UUID_BYTES.
const char *sending_uuid(char *buffer);
// The name of the person at the keyboard, of letters that a source may hold. buffer has
// PERSON_BYTES.
const char *sending_person(char *buffer);
// "/headsup/cli/PERSON"
void sending_add_source(struct text *out);

// The flag --patience of those that publish, in milliseconds as the publisher takes it. False with
// the words printed.
must_check bool sending_patience(const struct invocation *invocation, int64_t usual_s, int *ret_ms);

// Publishes one event and waits for its receipt. EXIT_DONE with accepted or duplicate; EXIT_WANTING
// with refused; EXIT_UNREACHABLE with the words printed. ret: the receipt, if one came.
must_check int sending_publish(struct connection *connection, const struct text *event,
                               struct text *ret);
