// Finds the status of a receipt without a JSON library: it reads only as much as that takes.
#pragma once

#include <stddef.h>

#include "client/libheadsup/headsup.h"

// The status of a receipt, or of the worst in an array of them (unavailable before refused before
// accepted before duplicate). HEADSUP_NO_RECEIPT where it is neither.
enum headsup_status receipt_status(const char *bytes, size_t size);
