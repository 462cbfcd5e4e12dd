// The settings whose consequences this version does not have yet. They are read, checked and warned
// about, so that a rule book written for them loads.
#pragma once

#include "common/rulebook/settings.h"

extern const struct setting_group follow_through_group, boundaries_group, discount_group,
    freight_group, payment_days_group;
