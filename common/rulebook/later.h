// The settings whose consequences this version does not have yet. They are read, checked and warned
// about, so that a rule book written for them loads.
#pragma once

#include "common/rulebook/settings.h"

extern const struct setting_group gather_group, follow_through_group, boundaries_group,
    discount_group, freight_group, payment_days_group, source_group;

// The form of a time zone's name, of a time of day, and of hours ("mon-fri 08:00-18:00").
void later_check_zone(struct reader *reader, struct place place, const char *text, void *group);
void later_check_digest(struct reader *reader, struct place place, const char *text, void *group);
void later_check_hours(struct reader *reader, struct place place, const char *text, void *group);
