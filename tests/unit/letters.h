// Notices of each kind, for the tests of the formats.
#pragma once

#include "common/base/text.h"
#include "common/rulebook/settings.h"
#include "common/verdict/words.h"

#define CREATED_MS INT64_C(1795248900250) // 2026-11-21T08:15:00.25Z
#define NOW_MS     (CREATED_MS + 60000)

extern const struct case_file about_issue, bare_issue, about_account;

// About about_issue, decided by a rule.
struct notice new_notice(enum notice_kind kind);
// As it would be sent, in the words that a rep gets.
struct notice example(enum notice_kind kind, struct text *headline, struct text *body);
// The payload, to an endpoint whose reader has a mention; what is wrong with it ends the program.
// Returns the content type.
const char *write_as(struct text *out, enum payload_format format, const struct notice *notice,
                     const char *headline, const char *body);
