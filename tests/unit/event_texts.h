// Events for tests, as text, and the two things that a test says of one. After cmocka.h.
#pragma once

#include <stdint.h>
#include <string.h>

#include "common/event/event.h"

#define RECEIVED_MS INT64_C(1795336200000) // 2026-11-22T08:30:00Z

#define HEAD "\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/billing\""
// An event of that type and subject, with that data.
#define EVENT(type, subject, data)                                                                 \
    "{" HEAD ",\"type\":\"headsup." type "\",\"subject\":\"" subject "\",\"data\":" data "}"
// A complete opening with more attributes or members.
#define OPENED_WITH(attributes, members)                                                           \
    "{" HEAD ",\"type\":\"headsup.issue.opened\",\"subject\":\"INV-7\"" attributes                 \
    ",\"data\":{\"account\":\"xyz\",\"category\":\"billing\",\"summary\":\"charged "               \
    "twice\"" members "}}"

static inline int parse(const char *json, struct event *ret, struct refusal *why)
{
    return event_parse(json, strlen(json), RECEIVED_MS, ret, why);
}

static inline void expect_good(const char *json)
{
    struct event event = {0};
    struct refusal why = {0};

    if (parse(json, &event, &why) < 0) {
        fail_msg("%s: %s %s: %s", json, why.code, why.path, why.message);
    }
    event_finish(&event);
}

static inline void expect_bad(const char *json, const char *code, const char *path,
                              const char *words)
{
    struct event event = {0};
    struct refusal why = {0};

    if (parse(json, &event, &why) == 0) {
        event_finish(&event);
        fail_msg("accepted: %.200s", json);
    }
    assert_null(event.root);
    if (strcmp(why.code, code) != 0 || strcmp(why.path, path) != 0 || !strstr(why.message, words)) {
        fail_msg("%.200s: got code %s path '%s' message '%s'", json, why.code, why.path,
                 why.message);
    }
}

struct bad {
    const char *json, *code, *path, *words;
};

static inline void expect_all_bad(const struct bad *bad, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_bad(bad[i].json, bad[i].code, bad[i].path, bad[i].words);
    }
}
