#include "common/base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"

void text_finish(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->size = 0;
    if (text->bytes) {
        text->bytes[0] = '\0';
    }
}

static void grow(struct text *text, size_t needed)
{
    size_t capacity = text->capacity ? text->capacity : 128;

    while (capacity < needed) {
        capacity *= 2;
    }
    text->bytes = xrealloc(text->bytes, capacity);
    text->capacity = capacity;
}

char *text_room(struct text *text, size_t size)
{
    size_t needed = text->size + size + 1;

    if (needed > text->capacity) {
        grow(text, needed);
    }
    return text->bytes + text->size;
}

void text_add_bytes(struct text *text, const char *bytes, size_t size)
{
    char *room = text_room(text, size);

    if (size) {
        memcpy(room, bytes, size);
    }
    room[size] = '\0';
    text->size += size;
}

void text_drop(struct text *text, size_t size)
{
    if (size < text->size) {
        text->size -= size;
        memmove(text->bytes, text->bytes + size, text->size + 1); // with its NUL
    } else {
        text_clear(text);
    }
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char byte)
{
    char *room = text_room(text, 1);

    room[0] = byte;
    room[1] = '\0';
    text->size++;
}

char *int_format(int64_t value, char *buffer)
{
    uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    char *start = buffer, *end;

    if (value < 0) {
        *start++ = '-';
    }
    end = start + 1;
    for (uint64_t rest = left; rest >= 10; rest /= 10) {
        end++;
    }
    *end = '\0';
    for (char *at = end; at > start; left /= 10) {
        *--at = (char)('0' + left % 10);
    }
    return end;
}

void text_add_int(struct text *text, int64_t value)
{
    char *room = text_room(text, INT_TEXT_BYTES);

    text->size += (size_t)(int_format(value, room) - room);
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args, again;
    size_t room = text->capacity - text->size;
    int size;

    va_start(args, format);
    va_copy(again, args);
    // mostly it fits where there is room already
    size = vsnprintf(room ? text->bytes + text->size : NULL, room, format, args);
    va_end(args);
    if (size > 0 && (size_t)size >= room) {
        (void)vsnprintf(text_room(text, (size_t)size), (size_t)size + 1, format, again);
    }
    if (size > 0) {
        text->size += (size_t)size;
    }
    va_end(again);
}

const char *text_string(const struct text *text)
{
    return text->size ? text->bytes : "";
}

// The bytes of the character that begins here, or 0 where none does.
static size_t character_size(const unsigned char *at, size_t left)
{
    // the table of RFC 3629, section 4: the first byte, the second, and how many there are
    static const struct {
        unsigned char first, last, low, high;
        size_t size;
    } rows[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}, {0xf5, 0xff, 0xff, 0x00, 5},
    };
    size_t row = 0;

    if (at[0] < 0x80) {
        return 1;
    }
    while (at[0] > rows[row].last) {
        row++;
    }
    if (at[0] < rows[row].first || left < rows[row].size || at[1] < rows[row].low ||
        at[1] > rows[row].high) {
        return 0;
    }
    for (size_t i = 2; i < rows[row].size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return rows[row].size;
}

// The length of the run of ASCII that begins at bytes, in steps of eight.
static size_t ascii_run(const char *bytes, size_t size)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t run = 0;
    uint64_t eight;

    for (; size - run >= sizeof eight; run += sizeof eight) {
        memcpy(&eight, bytes + run, sizeof eight);
        if (eight & high) {
            break;
        }
    }
    return run;
}

bool utf8_valid(const char *bytes, size_t size)
{
    for (size_t i = ascii_run(bytes, size), step; i < size;
         i += step, i += ascii_run(bytes + i, size - i)) {
        step = character_size((const unsigned char *)bytes + i, size - i);
        if (!step) {
            return false;
        }
    }
    return true;
}

size_t utf8_cut(const char *string, size_t size, size_t max_bytes)
{
    if (size <= max_bytes) {
        return size;
    }
    while (max_bytes && ((unsigned char)string[max_bytes] & 0xc0) == 0x80) {
        max_bytes--;
    }
    return max_bytes;
}

size_t utf8_length(const char *string, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++) {
        count += ((unsigned char)string[i] & 0xc0) != 0x80;
    }
    return count;
}

size_t ascii_printable(const char *bytes, size_t size)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    size_t run = 0;
    uint64_t eight;

    for (; size - run >= sizeof eight; run += sizeof eight) {
        memcpy(&eight, bytes + run, sizeof eight);
        // the highest bit of a byte says that it is too low, or too high
        if (((eight - ones * 0x20) | (eight + ones)) & high) {
            break;
        }
    }
    while (run < size && bytes[run] >= 0x20 && bytes[run] < 0x7f) {
        run++;
    }
    return run;
}

void text_add_line(struct text *text, const char *string, size_t max_bytes)
{
    size_t size = strlen(string), kept = utf8_cut(string, size, max_bytes);
    size_t step;

    for (size_t i = 0; i < kept; i += step) {
        const unsigned char *at = (const unsigned char *)string + i;

        step = ascii_printable(string + i, kept - i);
        if (step) {
            text_add_bytes(text, string + i, step);
            continue;
        }
        step = character_size(at, kept - i);
        if (step == 0) { // no UTF-8: a terminal could take it for anything
            step = 1;
            text_add_char(text, '?');
        } else if (at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0)) {
            text_add_char(text, ' '); // U+0080 to U+009F are control characters too
        } else {
            text_add_bytes(text, string + i, step);
        }
    }
    if (kept < size) {
        text_add(text, "…");
    }
}
