// "Did you mean …": the nearest right spelling of a word that a person mistyped.
#pragma once

#include <stddef.h>

// The word of the list that is fewest edits away from typed (a swap of neighbours is one edit), or
// NULL where none is near enough to be meant. The list may hold NULLs, which are passed over.
const char *nearest_word(const char *typed, const char *const *words, size_t count);
