#include "common/verdict/quiet.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/moment.h"

static bool differ(const char *left, const char *right)
{
    return left != right && (!left || !right || strcmp(left, right) != 0);
}

static unsigned if_so(bool so, enum change change)
{
    return so ? (unsigned)change : 0;
}

unsigned quiet_changes(const struct issue *before, const struct issue *after,
                       const struct event *event)
{
    bool over = before->known && before->state >= ISSUE_RESOLVED;
    unsigned changes = if_so(after->opening_known && !before->opening_known, CHANGE_OPENED) |
                       if_so(event->type == EVENT_ALARM_RANG, CHANGE_AGE) |
                       if_so(after->demands > before->demands, CHANGE_DEMAND) |
                       if_so(event_own_words(event) != NULL, CHANGE_WORDS) |
                       if_so(over, CHANGE_AFTERWARDS) |
                       if_so(!over && after->state >= ISSUE_RESOLVED, CHANGE_RESOLVED);

    if (!before->known) { // all of it is new
        return changes;
    }
    return changes | if_so(after->reopened > before->reopened, CHANGE_REOPENED) |
           if_so(after->has_amount &&
                     (!before->has_amount || after->amount_minor != before->amount_minor),
                 CHANGE_AMOUNT) |
           if_so(differ(after->severity, before->severity), CHANGE_SEVERITY) |
           if_so(differ(after->summary, before->summary), CHANGE_SUMMARY) |
           if_so(after->transfers > before->transfers ||
                     differ(after->department, before->department),
                 CHANGE_HANDED_ON) |
           if_so(differ(after->acknowledged_by, before->acknowledged_by), CHANGE_TAKEN_ON) |
           if_so(differ(after->plan, before->plan) || after->plan_due_ms != before->plan_due_ms,
                 CHANGE_PLAN) |
           if_so(differ(after->explanation, before->explanation), CHANGE_EXPLANATION);
}

int64_t quiet_hours(const struct rep *rep, int64_t now_ms, struct text *why)
{
    int64_t at_ms = rep->hours ? hours_next(rep->hours, rep->zone, now_ms) : now_ms;

    if (at_ms > now_ms) {
        text_clear(why);
        text_addf(why, "hours: %s is told %s (%s)", rep->id, rep->hours_text, rep->zone_name);
    }
    return at_ms;
}

int64_t quiet_moment(const struct rulebook *rulebook, const struct rep *rep,
                     const struct quiet_past *past, int64_t now_ms, struct text *why)
{
    const struct gather *gather = past->about_issue ? rulebook->gather : NULL;
    int64_t at_ms = now_ms, again_ms;
    char span[SPAN_TEXT_BYTES];

    text_clear(why);
    if (past->held_until_ms) {
        text_add(why, "gather: it joins what is held about this issue");
        return past->held_until_ms;
    }
    if (gather && gather->wait_ms) {
        at_ms = now_ms + gather->wait_ms;
        text_addf(why, "gather: it waits %s for others about this issue",
                  span_format_whole(gather->wait_ms, span));
        again_ms = past->told_ms ? past->told_ms + gather->again_ms : 0;
        if (again_ms > at_ms) {
            at_ms = again_ms;
            text_clear(why);
            text_addf(why, "gather: the next message about this issue goes out %s after the last",
                      span_format_whole(gather->again_ms, span));
        }
    }
    return quiet_hours(rep, at_ms, why);
}

bool quiet_is_over(const struct issue *issue, const struct quiet_sum *sum)
{
    return issue->known && issue->state >= ISSUE_RESOLVED && !(sum->changes & CHANGE_AFTERWARDS) &&
           !((sum->changes & CHANGE_RESOLVED) && sum->told_before);
}

static void add_changes(struct text *out, unsigned changes)
{
    static const struct {
        enum change change;
        const char *words;
    } names[] = {
        {CHANGE_OPENED, "its opening"},
        {CHANGE_REOPENED, "it was reopened"},
        {CHANGE_RESOLVED, "it is resolved"},
        {CHANGE_AMOUNT, "the amount"},
        {CHANGE_SEVERITY, "the severity"},
        {CHANGE_SUMMARY, "what it is"},
        {CHANGE_HANDED_ON, "who has it"},
        {CHANGE_TAKEN_ON, "who works on it"},
        {CHANGE_PLAN, "the plan"},
        {CHANGE_EXPLANATION, "the explanation"},
        {CHANGE_DEMAND, "the customer's demand"},
        {CHANGE_WORDS, "a note"},
        {CHANGE_AGE, "its age"},
    };
    bool first = true;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        // a demand is its words
        if ((changes & names[i].change) &&
            !(names[i].change == CHANGE_WORDS && (changes & CHANGE_DEMAND))) {
            text_addf(out, "%s%s", first ? "" : ", ", names[i].words);
            first = false;
        }
    }
}

void quiet_occasion(struct text *out, const struct quiet_sum *sum)
{
    unsigned told = sum->changes & ~(unsigned)CHANGE_AFTERWARDS;

    if (!sum->told_before) {
        text_add(out, "the first word of it");
    } else if (told) {
        text_add(out, "changed since the last message: ");
        add_changes(out, told);
    } else {
        text_add(out, "repeated, and nothing of it has changed");
    }
    if (sum->count > 1) {
        text_addf(out, "; %" PRId64 " events in one message", sum->count);
    }
}
