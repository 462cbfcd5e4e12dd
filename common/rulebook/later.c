#include "common/rulebook/later.h"

#include <limits.h>

#include "common/base/moment.h"
#include "common/rulebook/reader.h"
#include "common/rulebook/reps.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

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
