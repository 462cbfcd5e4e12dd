#include "common/verdict/life.h"

#include <stddef.h>

// Which moves there are: the drawing in life.h, as a table.
static const bool allowed[ISSUE_STATE_COUNT][ISSUE_STATE_COUNT] = {
    [ISSUE_OPEN] = {[ISSUE_ACKNOWLEDGED] = true,
                    [ISSUE_PLANNED] = true,
                    [ISSUE_RESOLVED] = true,
                    [ISSUE_CLOSED] = true},
    [ISSUE_ACKNOWLEDGED] = {[ISSUE_PLANNED] = true, [ISSUE_RESOLVED] = true, [ISSUE_CLOSED] = true},
    [ISSUE_PLANNED] = {[ISSUE_PLANNED] = true, [ISSUE_RESOLVED] = true, [ISSUE_CLOSED] = true},
    [ISSUE_RESOLVED] = {[ISSUE_CLOSED] = true, [ISSUE_OPEN] = true},
    [ISSUE_CLOSED] = {[ISSUE_OPEN] = true},
};

// The state that an event asks for; ISSUE_STATE_COUNT: none.
static enum issue_state state_of(enum event_type type)
{
    switch (type) {
    case EVENT_ISSUE_ACKNOWLEDGED:
        return ISSUE_ACKNOWLEDGED;
    case EVENT_ISSUE_PLANNED:
        return ISSUE_PLANNED;
    case EVENT_ISSUE_RESOLVED:
        return ISSUE_RESOLVED;
    case EVENT_ISSUE_CLOSED:
        return ISSUE_CLOSED;
    case EVENT_ISSUE_REOPENED:
        return ISSUE_OPEN;
    default:
        return ISSUE_STATE_COUNT;
    }
}

static void move_state(struct issue *issue, const struct event *event)
{
    enum issue_state next = state_of(event->type);

    if (next == ISSUE_STATE_COUNT || event->time_ms < issue->state_at_ms) {
        return;
    }
    if (allowed[issue->state][next]) {
        issue->state = next;
        issue->state_at_ms = event->time_ms;
    }
}

// A text member of the event; NULL where it says nothing.
static const char *said(const struct event *event, const char *name)
{
    const char *value = event_text(event, name);

    return value && value[0] ? value : NULL;
}

static void set_text(const char **field, const struct event *event, const char *name, bool newer)
{
    const char *value = said(event, name);

    if (value && (newer || !*field)) {
        *field = value;
    }
}

static void set_fields(struct issue *issue, const struct event *event)
{
    bool newer = event->time_ms >= issue->updated_at_ms;

    set_text(&issue->category, event, "category", newer);
    set_text(&issue->summary, event, "summary", newer);
    set_text(&issue->severity, event, "severity", newer);
    set_text(&issue->currency, event, "currency", newer);
    set_text(&issue->department, event, "department", newer);
    set_text(&issue->explanation, event, "explanation", newer);
    set_text(&issue->contact, event, "contact", newer);
    if (event->has_amount && (newer || !issue->has_amount)) {
        issue->has_amount = true;
        issue->amount_minor = event->amount_minor;
    }
    if (newer) {
        issue->updated_at_ms = event->time_ms;
    }
}

static void plan(struct issue *issue, const struct event *event, bool newer)
{
    int64_t due;

    if (newer || !issue->plan) {
        set_text(&issue->plan, event, "plan", true);
        issue->plan_due_ms = event_moment(event, "due", &due) ? due : 0;
    }
}

static void transfer(struct issue *issue, const struct event *event)
{
    bool newer = event->time_ms >= issue->updated_at_ms;

    issue->transfers++;
    set_text(&issue->department, event, "to", newer);
    if (newer) {
        issue->updated_at_ms = event->time_ms;
    }
}

static void take_in(struct issue *issue, const struct event *event)
{
    bool newer = event->time_ms >= issue->state_at_ms;

    switch (event->type) {
    case EVENT_ISSUE_OPENED:
        if (!issue->opening_known) {
            issue->opening_known = true;
            issue->opened_at_ms = event->time_ms;
        }
        set_fields(issue, event);
        break;
    case EVENT_ISSUE_UPDATED:
        set_fields(issue, event);
        break;
    case EVENT_ISSUE_TRANSFERRED:
        transfer(issue, event);
        break;
    case EVENT_ISSUE_ESCALATION_REQUESTED:
        issue->demands++;
        break;
    case EVENT_ISSUE_ACKNOWLEDGED:
        set_text(&issue->acknowledged_by, event, "by", newer);
        break;
    case EVENT_ISSUE_PLANNED:
        plan(issue, event, newer);
        break;
    case EVENT_ISSUE_RESOLVED:
        set_text(&issue->resolution, event, "resolution", newer);
        break;
    case EVENT_ISSUE_REOPENED:
        issue->reopened++;
        break;
    default:
        break;
    }
}

const char *issue_account_after(const struct issue *issue, const struct event *event)
{
    const char *named = said(event, "account");
    bool changes = (event->type == EVENT_ISSUE_OPENED || event->type == EVENT_ISSUE_UPDATED) &&
                   event->time_ms >= issue->updated_at_ms;

    return named && (changes || !issue->account) ? named : issue->account;
}

void issue_apply(struct issue *issue, const struct event *event)
{
    if (!issue->known) {
        *issue = (struct issue){.known = true,
                                .key = event->subject,
                                .opened_at_ms = event->time_ms,
                                .state_at_ms = event->time_ms};
    }
    issue->account = issue_account_after(issue, event);
    take_in(issue, event);
    move_state(issue, event);
}

static void set_word(const char **field, const struct event *event, const char *name)
{
    if (event_text(event, name)) {
        *field = said(event, name);
    }
}

static void update_account(struct account *account, const struct event *event)
{
    int64_t value;

    set_word(&account->name, event, "name");
    set_word(&account->tier, event, "tier");
    set_word(&account->group, event, "group");
    set_word(&account->service, event, "service");
    set_word(&account->sales, event, "sales");
    set_word(&account->region, event, "region");
    set_word(&account->currency, event, "currency");
    if (event_money(event, "value", &value)) {
        account->has_value = true;
        account->value_minor = value;
    }
}

void account_apply(struct account *account, const struct event *event)
{
    account->key = event->subject;
    switch (event->type) {
    case EVENT_ACCOUNT_UPDATED:
        account->known = true;
        update_account(account, event);
        break;
    case EVENT_ACCOUNT_TERMS_AGREED:
        if (event->time_ms >= account->terms_at_ms) { // the newest agreement holds
            account->known = true;
            account->terms_summary = event_text(event, "summary");
            account->terms_link = event_text(event, "link");
            account->terms_agreed_by = event_text(event, "agreed_by");
            account->terms_at_ms = event->time_ms;
        }
        break;
    case EVENT_ACCOUNT_KICKOFF_HELD:
        account->known = true;
        account->kickoff_at_ms = event->time_ms;
        break;
    default:
        break;
    }
}
