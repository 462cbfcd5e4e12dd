// Payload formats: a notice's words wrapped as the receiver's product wants them. Customer text is
// data: escaped by each format's own rules, mentions and markup defused, cut to its limits.
#pragma once

#include <stdint.h>

#include "common/base/text.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/words.h"

// Writes the body of the request; headline and body are words.h's. Returns its content type.
const char *format_write(struct text *out, enum payload_format format, const struct notice *notice,
                         const char *headline, const char *body, int64_t now_ms);

// One function a format; format_write() chooses.
void format_generic(struct text *out, const struct notice *notice, const char *headline,
                    const char *body, int64_t now_ms);
void format_slack(struct text *out, const struct notice *notice, const char *headline,
                  const char *body);
