// A rule book out of words in a test.
#pragma once

#include "common/rulebook/rulebook.h"

// Four people: rich and dana (sales), pat and sam (service); rich and pat are the default. A test
// adds tiers and rules.
extern const char small_book_people[];

// Reads a rule book from words. What is wrong with it ends the program.
struct rulebook *small_book(const char *words);
