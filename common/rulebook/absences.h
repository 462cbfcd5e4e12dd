// When reps are away, and who stands in for them: somebody of the same role, who is there. A
// stand-in is not a hop (DOMAIN.md O3).
#pragma once

#include "common/rulebook/reader.h"
#include "common/rulebook/settings.h"

extern const struct setting_group absence_group;

// Reads the absences of a rep whose zone is known.
void absences_read(struct reader *reader, struct rep *rep);
// What can only be checked when all reps are known: circles, and stand-ins who are away too.
void absences_settle(struct reader *reader, const struct rulebook *book);
