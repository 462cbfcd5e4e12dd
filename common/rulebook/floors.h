// A tier's floor is the worth that each of its entries asks for. A rule that names the tier and a
// worth too should ask for more than its floor with open eyes, and need not ask for less.
#pragma once

#include "common/rulebook/rulebook.h"

void floors_warn(const struct rulebook *book, struct problems *problems);
