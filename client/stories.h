// What the ledger remembers of one event and of one decision about it, in words and in JSON: what
// show and why are made of.
#pragma once

#include <stdio.h>

#include "common/base/text.h"
#include "common/ledger/records.h"

void story_print_event(FILE *to, const struct event_record *event);
// with_sent: with the words that went out.
void story_print_decision(FILE *to, const char *prefix, const struct notice_record *notice,
                          bool with_sent);
// currency: of amounts that name none.
void story_print_issue(FILE *to, const struct issue *issue, const char *currency);

void story_put_event(struct text *out, const char *name, const struct event_record *event);
void story_put_decision(struct text *out, const char *prefix, const struct notice_record *notice);
void story_put_issue(struct text *out, const char *name, const struct issue *issue);

// Money for people: "$18,250.00", or NULL where there is none. buffer has MONEY_TEXT_BYTES.
const char *story_money(bool has, int64_t minor, const char *currency, char *buffer);
const char *story_role(int role); // "service", "sales", "admin"
// RFC 3339, or NULL for 0. buffer has MOMENT_TEXT_BYTES.
const char *story_moment(int64_t ms, char *buffer);
