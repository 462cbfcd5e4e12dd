// Payload formats: a notice's words wrapped as the receiver's product wants them. Customer text is
// data: escaped by each format's own rules, mentions and markup defused, cut to its limits.
#pragma once

#include <stdint.h>

#include "common/base/text.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/words.h"
#include "daemon/outbox/quote.h"

// What a payload is made of. All borrowed.
struct message {
    const struct notice *notice;
    const char *headline, *body; // words.h's; the headline is never empty but in generic
    const char *mention;         // of the reader, where he must act now; NULL: none
    const char *topic;           // of ntfy
    int64_t now_ms;
};

// Writes the body of the request for the endpoint; headline and body are words.h's. Returns its
// content type.
const char *format_write(struct text *out, const struct endpoint *endpoint,
                         const struct notice *notice, const char *headline, const char *body,
                         int64_t now_ms);

// One function a format; format_write() chooses.
void format_generic(struct text *out, const struct message *message);
void format_slack(struct text *out, const struct message *message);
void format_teams(struct text *out, const struct message *message);
void format_google_chat(struct text *out, const struct message *message);
void format_discord(struct text *out, const struct message *message);
void format_mattermost(struct text *out, const struct message *message);
void format_ntfy(struct text *out, const struct message *message);

// What they share: the last line, "Why: … · hn_…", whose reason takes no more than room characters
// and whose id is never cut.
void format_add_reason(struct text *out, enum quote_style style, const struct notice *notice,
                       size_t room);
// How much room a body takes.
typedef size_t body_measure(enum quote_style style, const struct text *body);
// The body. Where it takes more than room, whole lines of a digest are left out, or the end of what
// a rule's template says: as little as may be. So it can still be too long.
void format_fit_body(struct text *ret, const struct message *message, body_measure *measure,
                     enum quote_style style, size_t room);
// The same, quoted; what is too long even so is cut after room characters.
void format_add_body(struct text *out, enum quote_style style, const struct message *message,
                     size_t room);
// Headline and body in plain text, for where a phone shows no more than that.
void format_add_brief(struct text *out, enum quote_style style, const struct message *message,
                      size_t room);
