// The data of an event against the table of its type: what must be there, and the form of each
// member that is known. What is not known is kept and never looked at.
#pragma once

#include "common/base/attributes.h"
#include "common/event/event.h"

// Checks event->data (which may be NULL) and takes over the amount. -EINVAL with why.
must_check int event_data_check(struct event *event, struct refusal *why);
// False where a text holds a control character or a Unicode non-character, which CloudEvents keeps
// out of attributes, and we out of keys.
bool event_text_plain(const char *text, size_t size);
