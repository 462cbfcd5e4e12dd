// The settings of a rule book as a whole: its top level and the groups that fill struct rulebook
// itself. load.c reads by them.
#pragma once

#include "common/rulebook/settings.h"

extern const struct setting_group book_group;
