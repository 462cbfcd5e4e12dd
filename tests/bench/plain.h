// The plain pipeline: a yardstick for the daemon, of the same parts. An event comes over ZeroMQ, is
// read by cJSON, becomes four rows of SQLite, is answered when they are on disk, and goes out as a
// webhook by libcurl. No rules and no retries; what is there is as fast as it plainly can be. Two
// processes, as the daemon has: plain.c takes and answers, on plain_ledger.c; plain_sender.c sends.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { PLAIN_LANES = 8, PLAIN_AT_ONCE = 8 };

// ---- over the pair

// To the sender: so many of these to a message, each followed by its body.
struct plain_job {
    int64_t notice;
    uint32_t lane, size;
};
// And back: so many of these to a message.
struct plain_outcome {
    int64_t notice;
    int64_t delivered; // 0 or 1
};

// Sends what comes over the pair, lane n's to the url with n behind it. Ends with its parent.
void plain_send(const char *pair, const char *url);

// ---- the ledger

// The members of an event that become fields.
enum plain_member {
    PLAIN_SOURCE,
    PLAIN_ID,
    PLAIN_SUBJECT,
    PLAIN_TYPE,
    PLAIN_ACCOUNT,
    PLAIN_CATEGORY,
    PLAIN_SUMMARY,
    PLAIN_SEVERITY,
    PLAIN_CURRENCY,
    PLAIN_DEPARTMENT,
    PLAIN_CONTACT,
    PLAIN_MEMBER_COUNT
};

struct plain_event {
    const char *bytes; // as they came
    size_t size;
    const char *members[PLAIN_MEMBER_COUNT]; // NULL where it has none
    int64_t amount;                          // in cents
    int lane;
    const char *why;             // of the decision
    const char *headline, *text; // of the notice
};

struct plain_ledger;

// The file is made where there is none. Each of these ends the program where SQLite fails.
struct plain_ledger *plain_ledger_open(const char *path);
void plain_ledger_begin(struct plain_ledger *ledger);
// The number of the event and of its notice, or 0 where its source and id were there before.
int64_t plain_ledger_add(struct plain_ledger *ledger, const struct plain_event *event);
void plain_ledger_mark(struct plain_ledger *ledger, const struct plain_outcome *outcome);
void plain_ledger_commit(struct plain_ledger *ledger);
