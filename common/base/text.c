#include "common/base/text.h"

#include <stdarg.h>
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

char *text_room(struct text *text, size_t size)
{
    if (text->size + size + 1 > text->capacity) {
        size_t capacity = text->capacity ? text->capacity : 128;

        while (capacity < text->size + size + 1) {
            capacity *= 2;
        }
        text->bytes = xrealloc(text->bytes, capacity);
        text->capacity = capacity;
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

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char byte)
{
    text_add_bytes(text, &byte, 1);
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args, again;
    int size;

    va_start(args, format);
    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size > 0) {
        (void)vsnprintf(text_room(text, (size_t)size), (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
}

const char *text_string(const struct text *text)
{
    return text->size ? text->bytes : "";
}

// The bytes of the character that begins here, or 0 where none does. The ranges are the table of
// RFC 3629, section 4.
static size_t character_size(const unsigned char *at, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t size;

    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        size = 2;
    } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
        size = 3;
        low = at[0] == 0xe0 ? 0xa0 : low;
        high = at[0] == 0xed ? 0x9f : high;
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        size = 4;
        low = at[0] == 0xf0 ? 0x90 : low;
        high = at[0] == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    if (left < size || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

bool utf8_valid(const char *bytes, size_t size)
{
    for (size_t i = 0, step; i < size; i += step) {
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

void text_add_line(struct text *text, const char *string, size_t max_bytes)
{
    size_t size = strlen(string), kept = utf8_cut(string, size, max_bytes);
    size_t from = text->size;

    text_add_bytes(text, string, kept);
    for (size_t i = from; i < text->size; i++) {
        unsigned char byte = (unsigned char)text->bytes[i];

        // U+0080 to U+009F are control characters too: 0xc2 and a byte below 0xa0
        if (byte < 0x20 || byte == 0x7f) {
            text->bytes[i] = ' ';
        } else if (byte == 0xc2 && i + 1 < text->size && (unsigned char)text->bytes[i + 1] < 0xa0) {
            text->bytes[i] = ' ';
            text->bytes[i + 1] = ' ';
        }
    }
    if (kept < size) {
        text_add(text, "…");
    }
}
