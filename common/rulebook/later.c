#include "common/rulebook/later.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/rulebook/reader.h"
#include "common/rulebook/reps.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// Takes "08:30" from *at; 24:00 is the end of a day.
static bool take_time(const char **at)
{
    const char *s = *at;
    int hour, minute;

    if (strspn(s, "0123456789") != 2 || s[2] != ':' || strspn(s + 3, "0123456789") != 2) {
        return false;
    }
    hour = (s[0] - '0') * 10 + (s[1] - '0');
    minute = (s[3] - '0') * 10 + (s[4] - '0');
    *at = s + 5;
    return minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
}

static bool take_day(const char **at)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

    for (size_t i = 0; i < COUNT_OF(days); i++) {
        if (strncmp(*at, days[i], 3) == 0) {
            *at += 3;
            return true;
        }
    }
    return false;
}

static bool take(const char **at, char byte)
{
    if (**at != byte) {
        return false;
    }
    (*at)++;
    return true;
}

// One or more of "mon-fri 08:00-18:00", "sat 09:00-12:00" or "08:00-18:00", with commas.
static bool hours_good(const char *at)
{
    for (;;) {
        if (take_day(&at)) {
            if ((take(&at, '-') && !take_day(&at)) || !take(&at, ' ')) {
                return false;
            }
        }
        if (!take_time(&at) || !take(&at, '-') || !take_time(&at)) {
            return false;
        }
        if (*at == '\0') {
            return true;
        }
        if (!take(&at, ',')) {
            return false;
        }
        at += strspn(at, " ");
    }
}

void later_check_hours(struct reader *reader, struct place place, const char *text, void *group)
{
    (void)group;
    if (!hours_good(text)) {
        reader_error(reader, place, "'hours' are written like \"mon-fri 08:00-18:00\"");
    }
}

int later_time_of_day(const char *text, int *ret_minute)
{
    const char *at = text;

    if (!take_time(&at) || *at || strncmp(text, "24", 2) == 0) {
        return -EINVAL;
    }
    *ret_minute =
        ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
    return 0;
}

static const struct setting gather_settings[] = {
    {.name = "wait",
     .type = SETTING_SPAN,
     .def = "\"30s\"",
     .max = DAY_MS,
     .help = "How long the first notice about an issue waits for others to join it."},
    {.name = "again",
     .type = SETTING_SPAN,
     .def = "\"5m\"",
     .max = 7 * (int64_t)DAY_MS,
     .help = "How long a further message about the same issue waits."},
};

const struct setting_group gather_group = {
    .title = "gather", .settings = gather_settings, .count = COUNT_OF(gather_settings)};

static const struct setting follow_through_settings[] = {
    {.name = "acknowledge_within",
     .type = SETTING_SPAN,
     .def = "\"4h\"",
     .help = "How soon somebody must have taken on a new issue."},
    {.name = "plan_within",
     .type = SETTING_SPAN,
     .def = "\"1d\"",
     .help = "How soon the customer must have been told a plan and a date."},
    {.name = "bill_check_after",
     .type = SETTING_SPAN,
     .def = "\"35d\"",
     .help = "When, after an issue is resolved, the next bill is checked."},
    {.name = "review_after",
     .type = SETTING_SPAN,
     .def = "\"90d\"",
     .help = "When, after an issue is resolved, a review call falls due."},
    {.name = "checkin_every",
     .type = SETTING_SPAN,
     .def = "\"30d\"",
     .help = "How often a check-in call with every account falls due."},
};

const struct setting_group follow_through_group = {.title = "follow_through",
                                                   .settings = follow_through_settings,
                                                   .count = COUNT_OF(follow_through_settings)};

static const struct setting discount_settings[] = {
    {.name = "service",
     .type = SETTING_FLOAT,
     .max = 100,
     .help = "The per cent that a service rep may grant."},
    {.name = "sales",
     .type = SETTING_FLOAT,
     .max = 100,
     .help = "The per cent that a sales rep may grant."},
};

const struct setting_group discount_group = {
    .title = "discount", .settings = discount_settings, .count = COUNT_OF(discount_settings)};

static const struct setting freight_settings[] = {
    {.name = "account_value_min",
     .type = SETTING_INTEGER,
     .max = INT_MAX,
     .help = "The account's worth from which freight may be paid."},
    {.name = "sale_gross_profit_min",
     .type = SETTING_INTEGER,
     .max = INT_MAX,
     .help = "The sale's gross profit from which freight may be paid."},
    {.name = "our_fault",
     .type = SETTING_WORD,
     .words = &role_words,
     .law = true,
     .help = "Who may pay freight where the fault is ours: service, or sales."},
};

const struct setting_group freight_group = {
    .title = "freight", .settings = freight_settings, .count = COUNT_OF(freight_settings)};

static const struct setting payment_days_settings[] = {
    {.name = "service",
     .type = SETTING_INTEGER,
     .max = 3650,
     .help = "The days to pay that a service rep may grant."},
    {.name = "sales",
     .type = SETTING_INTEGER,
     .max = 3650,
     .help = "The days to pay that a sales rep may grant."},
};

const struct setting_group payment_days_group = {.title = "payment_days",
                                                 .settings = payment_days_settings,
                                                 .count = COUNT_OF(payment_days_settings)};

static const struct setting boundaries_settings[] = {
    {.name = "gross_profit_floor",
     .type = SETTING_FLOAT,
     .max = 100,
     .help = "The gross profit, in per cent of a sale, that no concession may go below."},
    {.name = "discount",
     .type = SETTING_GROUP,
     .group = &discount_group,
     .help = "The discounts that each role may grant."},
    {.name = "freight",
     .type = SETTING_GROUP,
     .group = &freight_group,
     .help = "Who pays freight, and when."},
    {.name = "lead_time_days",
     .type = SETTING_INTEGER,
     .max = 3650,
     .help = "The shortest lead time, in days, that may be promised."},
    {.name = "payment_days",
     .type = SETTING_GROUP,
     .group = &payment_days_group,
     .help = "The days to pay that each role may grant."},
    {.name = "alternatives",
     .type = SETTING_TEXTS,
     .max = 32,
     .help = "What can be offered instead, at no cost in gross profit."},
};

const struct setting_group boundaries_group = {
    .title = "boundaries", .settings = boundaries_settings, .count = COUNT_OF(boundaries_settings)};

static const struct setting source_settings[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .required = true,
     .help = "The source, as its events name it."},
    {.name = "silent_after",
     .type = SETTING_SPAN,
     .required = true,
     .min = SECOND_MS,
     .help = "How long it may be quiet before the admin is told."},
};

const struct setting_group source_group = {.title = "source",
                                           .named = "name",
                                           .settings = source_settings,
                                           .count = COUNT_OF(source_settings)};
