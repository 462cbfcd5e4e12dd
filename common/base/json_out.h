// Writes JSON (RFC 8259) into a text, member by member, compact and in the order of the calls.
// Commas are its business. For what leaves the program; what comes in is read by jansson.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"

// Each writes a member of the object that is open, or an element of the open array where name is
// NULL. A name is written as it stands: one that is not the program's own, through
// json_add_escaped() first.
void json_open_object(struct text *out, const char *name);
void json_close_object(struct text *out);
void json_open_array(struct text *out, const char *name);
void json_close_array(struct text *out);
void json_put_string(struct text *out, const char *name, const char *value); // NULL writes null
void json_put_bytes(struct text *out, const char *name, const char *bytes, size_t size);
// An array of the lines, without their ends.
void json_put_lines(struct text *out, const char *name, const char *lines);
void json_put_int(struct text *out, const char *name, int64_t value);
void json_put_bool(struct text *out, const char *name, bool value);
// Appends string as it stands between quotes.
void json_add_escaped(struct text *out, const char *string);
// Writes value as it stands: it must be JSON already.
void json_put_raw(struct text *out, const char *name, const char *value, size_t size);
