// Looks at a payload as its receiver would: it is JSON, within the vendor's limits, and nothing in
// it works as a mention, a link or markup but what headsup itself put there. Fails by assert().
#pragma once

#include "daemon/outbox/format.h"

// notice: what the payload was written from, for the mention that it may hold.
void payload_check(const struct text *payload, const struct endpoint *endpoint,
                   const struct notice *notice);
