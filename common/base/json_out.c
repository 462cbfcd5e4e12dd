#include "common/base/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Bytes that JSON wants escaped, and what stands for them; 'u' means \u00XX.
static char escape_of(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return byte < 0x20 || byte == 0x7f ? 'u' : 0;
    }
}

static void add_quoted(struct text *out, const char *bytes, size_t size)
{
    size_t done = 0;

    text_add_char(out, '"');
    for (size_t i = 0; i < size; i++) {
        char escape = escape_of((unsigned char)bytes[i]);

        if (!escape) {
            continue;
        }
        text_add_bytes(out, bytes + done, i - done);
        if (escape == 'u') {
            text_addf(out, "\\u%04x", (unsigned)(unsigned char)bytes[i]);
        } else {
            text_add_bytes(out, (char[]){'\\', escape}, 2);
        }
        done = i + 1;
    }
    text_add_bytes(out, bytes + done, size - done);
    text_add_char(out, '"');
}

// The comma before all but the first, and the name.
static void begin(struct text *out, const char *name)
{
    char last = out->size ? out->bytes[out->size - 1] : '{';

    if (last != '{' && last != '[' && last != '\n') {
        text_add_char(out, ',');
    }
    if (name) {
        add_quoted(out, name, strlen(name));
        text_add_char(out, ':');
    }
}

void json_open_object(struct text *out, const char *name)
{
    begin(out, name);
    text_add_char(out, '{');
}

void json_close_object(struct text *out)
{
    text_add_char(out, '}');
}

void json_open_array(struct text *out, const char *name)
{
    begin(out, name);
    text_add_char(out, '[');
}

void json_close_array(struct text *out)
{
    text_add_char(out, ']');
}

void json_put_string(struct text *out, const char *name, const char *value)
{
    if (value) {
        json_put_bytes(out, name, value, strlen(value));
    } else {
        json_put_raw(out, name, "null", 4);
    }
}

void json_put_bytes(struct text *out, const char *name, const char *bytes, size_t size)
{
    begin(out, name);
    add_quoted(out, bytes, size);
}

void json_put_int(struct text *out, const char *name, int64_t value)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRId64, value);

    json_put_raw(out, name, digits, (size_t)size);
}

void json_put_bool(struct text *out, const char *name, bool value)
{
    json_put_raw(out, name, value ? "true" : "false", value ? 4 : 5);
}

void json_put_raw(struct text *out, const char *name, const char *value, size_t size)
{
    begin(out, name);
    text_add_bytes(out, value, size);
}
