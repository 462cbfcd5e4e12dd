#include "common/event/event_types.h"

#include <string.h>

#include "common/base/nearest.h"

enum { MOST_DAYS = 3650 };

static const char *const severities[] = {"minor", "normal", "major", NULL};
static const char *const faults[] = {"ours", "theirs", "carrier", NULL};
static const char *const concessions[] = {"discount",      "freight", "lead_time",
                                          "payment_terms", "credit",  NULL};

// Kinds of notices that are sent, so that a test can show their words.
static const char *const tested[] = {
    "heads_up", "owner",   "escalation", "handed_over", "stand_firm",    "kick_off", "review",
    "check_in", "meeting", "digest",     "dead_letter", "source_silent", NULL};

// How a line of the table below is written: an optional member, and a required one.
#define MAY(name, kind)                                                                            \
    {                                                                                              \
        name, MEMBER_##kind, false, 0, NULL                                                        \
    }
#define MUST(name, kind)                                                                           \
    {                                                                                              \
        name, MEMBER_##kind, true, 0, NULL                                                         \
    }

static const struct event_kind kinds[EVENT_SOURCE_SILENT + 1] = {
    [EVENT_ISSUE_OPENED] = {"issue.opened",
                            ABOUT_ISSUE,
                            {MUST("account", KEY),
                             MUST("category", WORD),
                             MUST("summary", SUMMARY),
                             {"severity", MEMBER_ONE_OF, false, 0, severities},
                             MAY("amount", MONEY),
                             MAY("currency", WORD),
                             MAY("department", WORD),
                             MAY("explanation", TEXT),
                             MAY("contact", TEXT)}},
    [EVENT_ISSUE_UPDATED] = {"issue.updated",
                             ABOUT_ISSUE,
                             {MAY("note", TEXT),
                              MAY("account", KEY),
                              MAY("category", WORD),
                              MAY("summary", SUMMARY),
                              {"severity", MEMBER_ONE_OF, false, 0, severities},
                              MAY("amount", MONEY),
                              MAY("currency", WORD),
                              MAY("department", WORD),
                              MAY("explanation", TEXT),
                              MAY("contact", TEXT)}},
    [EVENT_ISSUE_TRANSFERRED] = {"issue.transferred",
                                 ABOUT_ISSUE,
                                 {MUST("to", WORD), MAY("from", WORD), MAY("reason", TEXT),
                                  MAY("account", KEY)}},
    [EVENT_ISSUE_ESCALATION_REQUESTED] = {"issue.escalation_requested",
                                          ABOUT_ISSUE,
                                          {MAY("demand", TEXT), MAY("account", KEY)}},
    [EVENT_ISSUE_CONCESSION_REQUESTED] = {"issue.concession_requested",
                                          ABOUT_ISSUE,
                                          {{"kind", MEMBER_ONE_OF, true, 0, concessions},
                                           {"percent", MEMBER_NUMBER, false, 100, NULL},
                                           {"days", MEMBER_COUNT, false, MOST_DAYS, NULL},
                                           MAY("amount", MONEY),
                                           MAY("sale", SALE),
                                           {"fault", MEMBER_ONE_OF, false, 0, faults},
                                           MAY("account", KEY)}},
    [EVENT_ISSUE_PROMISE_CLAIMED] = {"issue.promise_claimed",
                                     ABOUT_ISSUE,
                                     {MUST("claim", TEXT), MAY("by", KEY), MAY("account", KEY)}},
    [EVENT_ISSUE_CUSTOMER_CONTACTED] = {"issue.customer_contacted",
                                        ABOUT_ISSUE,
                                        {MUST("who", KEY), MAY("channel", WORD),
                                         MAY("account", KEY)}},
    [EVENT_ISSUE_ACKNOWLEDGED] = {"issue.acknowledged",
                                  ABOUT_ISSUE,
                                  {MAY("by", KEY), MAY("account", KEY)}},
    [EVENT_ISSUE_PLANNED] = {"issue.planned",
                             ABOUT_ISSUE,
                             {MUST("plan", TEXT), MAY("due", MOMENT), MAY("by", KEY),
                              MAY("account", KEY)}},
    [EVENT_ISSUE_RESOLVED] = {"issue.resolved",
                              ABOUT_ISSUE,
                              {MAY("by", KEY), MAY("resolution", TEXT), MAY("cause", WORD),
                               MAY("account", KEY)}},
    [EVENT_ISSUE_REOPENED] = {"issue.reopened", ABOUT_ISSUE, {MAY("by", KEY), MAY("account", KEY)}},
    [EVENT_ISSUE_CLOSED] = {"issue.closed", ABOUT_ISSUE, {MAY("by", KEY), MAY("account", KEY)}},
    [EVENT_ACCOUNT_UPDATED] = {"account.updated",
                               ABOUT_ACCOUNT,
                               {MAY("name", KEY), MAY("value", MONEY), MAY("tier", WORD),
                                MAY("group", KEY), MAY("service", KEY), MAY("sales", KEY),
                                MAY("region", WORD), MAY("currency", WORD)}},
    [EVENT_ACCOUNT_TERMS_AGREED] = {"account.terms_agreed",
                                    ABOUT_ACCOUNT,
                                    {MUST("summary", TEXT), MAY("link", TEXT),
                                     MAY("agreed_by", KEY), MAY("boundaries", OBJECT)}},
    [EVENT_ACCOUNT_KICKOFF_HELD] = {"account.kickoff_held",
                                    ABOUT_ACCOUNT,
                                    {MAY("by", KEY), MAY("attendees", TEXTS)}},
    [EVENT_ACCOUNT_SHIPMENT_SCHEDULED] = {"account.shipment_scheduled",
                                          ABOUT_ACCOUNT,
                                          {MAY("ships_at", MOMENT), MAY("order", KEY)}},
    [EVENT_ACCOUNT_BILLED] = {"account.billed",
                              ABOUT_ACCOUNT,
                              {MAY("bill", KEY), MAY("amount", MONEY)}},
    [EVENT_ACCOUNT_PROMISE_MADE] = {"account.promise_made",
                                    ABOUT_ACCOUNT,
                                    {MUST("promise", TEXT), MUST("by", KEY), MAY("to", KEY),
                                     MAY("until", MOMENT)}},
    [EVENT_ACCOUNT_CHECKIN_HELD] = {"account.checkin_held",
                                    ABOUT_ACCOUNT,
                                    {MAY("by", KEY), MAY("note", TEXT)}},
    [EVENT_ACCOUNT_SURVEYED] = {"account.surveyed",
                                ABOUT_ACCOUNT,
                                {{"score", MEMBER_NUMBER, true, 10, NULL}, MAY("by", KEY)}},
    [EVENT_SILENCE_SET] = {"silence.set",
                           ABOUT_SILENCE,
                           {MUST("match", TEXTS), MUST("until", MOMENT), MUST("comment", TEXT),
                            MAY("by", KEY)}},
    // what is lifted is named by the subject: nothing of what set it has to be said again
    [EVENT_SILENCE_LIFTED] = {"silence.lifted",
                              ABOUT_SILENCE,
                              {MAY("match", TEXTS), MAY("until", MOMENT), MAY("comment", TEXT),
                               MAY("by", KEY)}},
    [EVENT_NOTICE_RETRIED] = {"notice.retried",
                              ABOUT_THE_SERVICE,
                              {MAY("notice", KEY),
                               MAY("lane", KEY),
                               MAY("all", BOOLEAN),
                               {"status", MEMBER_COUNT, false, 999, NULL},
                               MAY("since", MOMENT),
                               MAY("by", KEY)}},
    [EVENT_NOTICE_TEST_REQUESTED] = {"notice.test_requested",
                                     ABOUT_THE_SERVICE,
                                     {MUST("rep", KEY),
                                      {"kind", MEMBER_ONE_OF, false, 0, tested},
                                      MAY("by", KEY)}},
    [EVENT_LANE_PAUSED] = {"lane.paused",
                           ABOUT_THE_SERVICE,
                           {MUST("lane", KEY), MAY("by", KEY), MAY("reason", TEXT)}},
    [EVENT_LANE_RESUMED] = {"lane.resumed", ABOUT_THE_SERVICE, {MUST("lane", KEY), MAY("by", KEY)}},
    [EVENT_RULEBOOK_RELOADED] = {"rulebook.reloaded", ABOUT_THE_SERVICE, {MAY("by", KEY)}},
    [EVENT_ALARM_RANG] = {"alarm.rang", ABOUT_ISSUE, {MAY("note", TEXT)}},
    [EVENT_DIGEST_DUE] = {"digest.due", ABOUT_THE_SERVICE, {MAY("note", TEXT)}},
    [EVENT_SOURCE_SILENT] = {"source.silent", ABOUT_THE_SERVICE, {MAY("note", TEXT)}},
};

const struct event_kind *event_kind_of(enum event_type type)
{
    return &kinds[type];
}

const char *event_type_name(enum event_type type)
{
    return kinds[type].name;
}

enum event_about event_type_about(enum event_type type)
{
    return kinds[type].about;
}

static const char *without_prefix(const char *name)
{
    size_t prefix = strlen(EVENT_TYPE_PREFIX);

    return strncmp(name, EVENT_TYPE_PREFIX, prefix) == 0 ? name + prefix : name;
}

enum event_type event_type_of(const char *name)
{
    const char *wanted = without_prefix(name);

    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        if (strcmp(kinds[type].name, wanted) == 0) {
            return (enum event_type)type;
        }
    }
    return EVENT_TYPE_COUNT;
}

const char *event_type_nearest(const char *typed)
{
    const char *names[EVENT_TYPE_COUNT];

    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        names[type] = kinds[type].name;
    }
    return nearest_word(without_prefix(typed), names, EVENT_TYPE_COUNT);
}
