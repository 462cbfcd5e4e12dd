// The quiet: which decisions to tell now wait, and for what; and what is said when their moment has
// come. Pure, as all of the verdict. What is urgent never waits, and whoever asks here has seen to
// that.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/event/event.h"
#include "common/rulebook/rulebook.h"
#include "common/verdict/case_file.h"

// What an event did to its issue, as far as a message would tell of it. Or-ed, and stored.
enum change {
    CHANGE_OPENED = 1 << 0,
    CHANGE_REOPENED = 1 << 1,
    CHANGE_AMOUNT = 1 << 2,
    CHANGE_SEVERITY = 1 << 3,
    CHANGE_SUMMARY = 1 << 4,
    CHANGE_HANDED_ON = 1 << 5,
    CHANGE_TAKEN_ON = 1 << 6,
    CHANGE_PLAN = 1 << 7,
    CHANGE_EXPLANATION = 1 << 8,
    CHANGE_RESOLVED = 1 << 9, // or closed
    CHANGE_DEMAND = 1 << 10,
    CHANGE_WORDS = 1 << 11, // it brought words of its own
    CHANGE_AGE = 1 << 12,
    CHANGE_AFTERWARDS = 1 << 13, // it came when the issue was resolved or closed already
};

unsigned quiet_changes(const struct issue *before, const struct issue *after,
                       const struct event *event);

// What went before a decision to tell that rep now about an issue.
struct quiet_past {
    bool about_issue;      // false: nothing gathers
    int64_t held_until_ms; // when what is held about it goes out; 0: nothing is
    int64_t told_ms;       // when a message about it last went out to the rep; 0: none did
};

// When it goes out: now_ms or before, at once; else why says what it waits for.
int64_t quiet_moment(const struct rulebook *rulebook, const struct rep *rep,
                     const struct quiet_past *past, int64_t now_ms, struct text *why);
// The rep's hours at that moment: likewise.
int64_t quiet_hours(const struct rep *rep, int64_t now_ms, struct text *why);

// What goes out as one message, held or carried.
struct quiet_sum {
    int64_t count;    // of events
    unsigned changes; // of all of them
    bool told_before; // the rep was, of this issue
};

// True where the issue is over, and nothing that was held needs to be told any more: it was open
// when all of it was decided, and none of it is the news of its end to somebody who knew of it.
bool quiet_is_over(const struct issue *issue, const struct quiet_sum *sum);
// Why it comes: "the first word of it", "changed since the last message: the amount" …
void quiet_occasion(struct text *out, const struct quiet_sum *sum);
