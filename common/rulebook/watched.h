// The sources of events that are watched: whose silence the admin is told of.
#pragma once

#include "common/rulebook/settings.h"

extern const struct setting_group source_group;
