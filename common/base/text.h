// A text that grows, and the few things that the program asks of UTF-8.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"

// Zeroed is empty and valid; bytes is NUL-terminated once anything was added.
struct text {
    char *bytes;
    size_t size, capacity;
};

void text_finish(struct text *text); // frees the contents; text is empty and valid after it
void text_clear(struct text *text);  // empties it and keeps its memory
void text_drop(struct text *text, size_t size); // takes so many bytes off its front
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t size);
void text_add_char(struct text *text, char byte);
void text_add_int(struct text *text, int64_t value);
void text_addf(struct text *text, const char *format, ...) printf_like(2, 3);
// The text as a string; "" when empty. Valid until the text changes.
const char *text_string(const struct text *text);
// Makes room for size more bytes and returns where they go; the caller sets text->size.
char *text_room(struct text *text, size_t size);

// Writes a whole number; returns its end, where a NUL is. buffer has INT_TEXT_BYTES.
#define INT_TEXT_BYTES 24
char *int_format(int64_t value, char *buffer);

// True where bytes are valid UTF-8 in shortest form, without surrogates (RFC 3629).
bool utf8_valid(const char *bytes, size_t size);
// The length of the longest beginning of string that has at most max_bytes and ends between
// characters.
size_t utf8_cut(const char *string, size_t size, size_t max_bytes);
// The number of characters (code points) of a valid string.
size_t utf8_length(const char *string, size_t size);
// The length of the run of printable ASCII, the space among it, that begins at bytes.
size_t ascii_printable(const char *bytes, size_t size);
// Appends string as one line that a terminal or a log can show: control characters become spaces,
// bytes that are no UTF-8 become '?', and what is longer than max_bytes ends in "…".
void text_add_line(struct text *text, const char *string, size_t max_bytes);
