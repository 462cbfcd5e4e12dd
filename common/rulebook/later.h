// The settings whose consequences this version does not have yet. They are read, checked and warned
// about, so that a rule book written for them loads.
#pragma once

#include "common/base/attributes.h"
#include "common/rulebook/settings.h"

extern const struct setting_group gather_group, follow_through_group, boundaries_group,
    discount_group, freight_group, payment_days_group, source_group;

// Reads "08:30" as a minute of the day, 0 to 1439: 0, or -EINVAL.
must_check int later_time_of_day(const char *text, int *ret_minute);
// The form of hours ("mon-fri 08:00-18:00").
void later_check_hours(struct reader *reader, struct place place, const char *text, void *group);
