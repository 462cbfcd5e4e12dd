// A receipt in words for people.
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

// Prints what a receipt says; as it stands where it is no receipt that this version can read.
void receipt_print(FILE *to, const char *bytes, size_t size);
// Prints an array of texts, each on a line behind the words.
void receipt_print_list(FILE *to, const char *words, const json_t *list);
// Prints the answer alone that an order got; nothing where there is none.
void receipt_print_answer(FILE *to, const char *bytes, size_t size);
