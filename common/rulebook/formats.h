// What the rule book knows of each payload format: its name, how fast its product takes messages,
// how a mention of somebody is written for it, and where requests go. daemon/outbox writes them.
#pragma once

#include "common/base/attributes.h"

enum payload_format {
    FORMAT_GENERIC,
    FORMAT_SLACK,
    FORMAT_TEAMS,
    FORMAT_GOOGLE_CHAT,
    FORMAT_DISCORD,
    FORMAT_MATTERMOST,
    FORMAT_NTFY,
    FORMAT_COUNT
};

struct endpoint;
struct setting_words;

extern const struct setting_words formats_words;

const char *payload_format_name(enum payload_format format); // "generic" …
// As the vendor tells it; 0: no limit.
int formats_rate_per_minute(enum payload_format format);
#define FORMAT_RATES "0, for slack and google_chat 60, teams 240, discord 30, ntfy 12"

// How a mention is written, as an example; NULL: the format has none.
const char *formats_mention_example(enum payload_format format);
must_check int formats_mention_check(enum payload_format format, const char *mention); // or -EINVAL

// Makes the address that an admin wrote into the one that requests go to. What is wrong with it, in
// words without it; NULL where all is well.
// - discord: wait=true is added, without which Discord does not tell of what it could not keep
// - ntfy: JSON goes to the root, so the topic moves from the path to endpoint->topic; it stays in
//   the address as its fragment, which is never sent, because what an address holds is hidden from
//   logs
const char *formats_settle_url(struct endpoint *endpoint);
