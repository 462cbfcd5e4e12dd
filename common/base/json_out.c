#include "common/base/json_out.h"

#include <stdint.h>
#include <string.h>

// Bytes that JSON wants escaped, and what stands for them; 'u' means \u00XX.
static const char escapes[256] = {
    [0] = 'u',  [1] = 'u',  [2] = 'u',    [3] = 'u',    [4] = 'u',   [5] = 'u',     [6] = 'u',
    [7] = 'u',  [8] = 'u',  ['\t'] = 't', ['\n'] = 'n', [11] = 'u',  [12] = 'u',    ['\r'] = 'r',
    [14] = 'u', [15] = 'u', [16] = 'u',   [17] = 'u',   [18] = 'u',  [19] = 'u',    [20] = 'u',
    [21] = 'u', [22] = 'u', [23] = 'u',   [24] = 'u',   [25] = 'u',  [26] = 'u',    [27] = 'u',
    [28] = 'u', [29] = 'u', [30] = 'u',   [31] = 'u',   ['"'] = '"', ['\\'] = '\\', [127] = 'u',
};

// Writes what stands for a byte that must be escaped; returns behind it.
static char *put_escape(char *at, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";

    *at++ = '\\';
    *at++ = escapes[byte];
    if (escapes[byte] == 'u') {
        *at++ = '0';
        *at++ = '0';
        *at++ = hex[byte >> 4];
        *at++ = hex[byte & 15];
    }
    return at;
}

enum { LONGEST_ESCAPE = 6 };

// Whether any of eight bytes is one that escapes[] has: the highest bit of a byte of the sum says
// so of it, where that byte is ASCII. No other is escaped.
static bool any_escaped(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t control = (eight - ones * 0x20) | (eight + ones);
    uint64_t quote = (eight ^ (ones * '"')) - ones, slash = (eight ^ (ones * '\\')) - ones;

    return ((control | quote | slash) & ~eight & highs) != 0;
}

// Writes bytes with what stands for those that must be escaped; returns behind them. Much of what
// the daemon writes goes through here: eight at a time, up to one that must be escaped.
static char *put_escaped(char *at, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    uint64_t eight;

    for (;;) {
        for (; end - bytes >= (ptrdiff_t)sizeof eight; bytes += sizeof eight, at += sizeof eight) {
            memcpy(&eight, bytes, sizeof eight);
            if (any_escaped(eight)) {
                break;
            }
            memcpy(at, &eight, sizeof eight);
        }
        for (; bytes < end && !escapes[(unsigned char)*bytes]; bytes++, at++) {
            *at = *bytes;
        }
        if (bytes == end) {
            return at;
        }
        at = put_escape(at, (unsigned char)*bytes++);
    }
}

// Writes the comma before all but the first, and the name. Returns where the value goes, of which
// there is room for so many bytes; end() comes behind it.
static char *begin(struct text *out, const char *name, size_t value_most)
{
    size_t name_size = name ? strlen(name) : 0;
    char *at = text_room(out, strlen(",\"\":") + name_size + value_most);
    char last = out->size ? at[-1] : '{';

    if (last != '{' && last != '[' && last != '\n') {
        *at++ = ',';
    }
    if (name) {
        *at++ = '"';
        at = mempcpy(at, name, name_size);
        *at++ = '"';
        *at++ = ':';
    }
    return at;
}

static void end(struct text *out, char *at)
{
    *at = '\0';
    out->size = (size_t)(at - out->bytes);
}

static void open_with(struct text *out, const char *name, char bracket)
{
    char *at = begin(out, name, 1);

    *at++ = bracket;
    end(out, at);
}

void json_add_escaped(struct text *out, const char *string)
{
    size_t size = strlen(string);

    end(out, put_escaped(text_room(out, size * LONGEST_ESCAPE), string, size));
}

void json_open_object(struct text *out, const char *name)
{
    open_with(out, name, '{');
}

void json_close_object(struct text *out)
{
    text_add_char(out, '}');
}

void json_open_array(struct text *out, const char *name)
{
    open_with(out, name, '[');
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
    char *at = begin(out, name, size * LONGEST_ESCAPE + strlen("\"\""));

    *at++ = '"';
    at = put_escaped(at, bytes, size);
    *at++ = '"';
    end(out, at);
}

void json_put_lines(struct text *out, const char *name, const char *lines)
{
    json_open_array(out, name);
    while (*lines) {
        size_t size = strcspn(lines, "\n");

        json_put_bytes(out, NULL, lines, size);
        lines += size;
        lines += *lines == '\n';
    }
    json_close_array(out);
}

void json_put_int(struct text *out, const char *name, int64_t value)
{
    end(out, int_format(value, begin(out, name, INT_TEXT_BYTES)));
}

void json_put_bool(struct text *out, const char *name, bool value)
{
    json_put_raw(out, name, value ? "true" : "false", value ? 4 : 5);
}

void json_put_raw(struct text *out, const char *name, const char *value, size_t size)
{
    char *at = begin(out, name, size);

    if (size) {
        memcpy(at, value, size);
    }
    end(out, at + size);
}
