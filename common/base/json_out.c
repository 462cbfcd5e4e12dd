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

// Whether any of eight bytes is one that escapes[] has: the highest bit of each byte of the sum
// says so of it.
static bool any_escaped(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t quote = eight ^ (ones * '"'), slash = eight ^ (ones * '\\'),
             del = eight ^ (ones * 0x7f);
    uint64_t found = (eight - ones * 0x20) & ~eight;

    found |= (quote - ones) & ~quote;
    found |= (slash - ones) & ~slash;
    found |= (del - ones) & ~del;
    return (found & highs) != 0;
}

// The length of the run that begins at bytes and needs no escape.
static size_t clean_run(const char *bytes, size_t size)
{
    size_t run = 0;
    uint64_t eight;

    for (; size - run >= sizeof eight; run += sizeof eight) {
        memcpy(&eight, bytes + run, sizeof eight);
        if (any_escaped(eight)) {
            break;
        }
    }
    while (run < size && !escapes[(unsigned char)bytes[run]]) {
        run++;
    }
    return run;
}

// In one pass, into room for the worst case: much of what the daemon writes goes through here.
static void add_quoted(struct text *out, const char *bytes, size_t size)
{
    size_t run = clean_run(bytes, size);
    char *start = text_room(out, run + (size - run) * LONGEST_ESCAPE + 2), *at = start;

    *at++ = '"';
    for (;;) {
        if (run) {
            memcpy(at, bytes, run);
        }
        at += run;
        if (run == size) {
            break;
        }
        at = put_escape(at, (unsigned char)bytes[run]);
        bytes += run + 1;
        size -= run + 1;
        run = clean_run(bytes, size);
    }
    *at++ = '"';
    *at = '\0';
    out->size += (size_t)(at - start);
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
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0) {
        *--at = '-';
    }
    json_put_raw(out, name, at, (size_t)(digits + sizeof digits - at));
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
