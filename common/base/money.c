#include "common/base/money.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/text.h"

int money_parse(const char *string, int64_t *ret_minor)
{
    int64_t minor = 0;
    int sign = 1, places = 0;
    const char *start;

    if (*string == '-') {
        sign = -1;
        string++;
    }
    start = string;
    for (; *string >= '0' && *string <= '9'; string++) {
        minor = minor * 10 + (*string - '0');
        if (minor > LIMIT_MONEY_MINOR / 100) {
            return -ERANGE;
        }
    }
    if (string == start) {
        return -EINVAL;
    }
    if (*string == '.') {
        for (string++; *string >= '0' && *string <= '9' && places < 2; string++, places++) {
            minor = minor * 10 + (*string - '0');
        }
        if (places == 0) {
            return -EINVAL;
        }
    }
    if (*string != '\0') {
        return -EINVAL;
    }
    for (; places < 2; places++) {
        minor *= 10;
    }
    if (minor > LIMIT_MONEY_MINOR) {
        return -ERANGE;
    }
    *ret_minor = sign * minor;
    return 0;
}

// Writes the digits from the end of the buffer forward, with a mark between each three of the whole
// part, or '\0' for none; returns their beginning.
static char *digits_of(int64_t minor, char mark, char *end)
{
    uint64_t left = minor < 0 ? (uint64_t)0 - (uint64_t)minor : (uint64_t)minor;
    int count = 0;

    *--end = '\0';
    for (int places = 0; places < 2; places++, left /= 10) {
        *--end = (char)('0' + left % 10);
    }
    *--end = '.';
    do {
        if (mark && count && count % 3 == 0) {
            *--end = mark;
        }
        *--end = (char)('0' + left % 10);
        left /= 10;
        count++;
    } while (left);
    return end;
}

const char *money_format(int64_t minor, char *buffer)
{
    char digits[MONEY_TEXT_BYTES], *start = digits_of(minor, '\0', digits + sizeof digits);

    if (minor < 0) {
        *--start = '-';
    }
    memcpy(buffer, start, (size_t)(digits + sizeof digits - start));
    return buffer;
}

static const char *sign_of(const char *currency)
{
    static const char *const signs[][2] = {{"USD", "$"}, {"EUR", "€"}, {"GBP", "£"}, {"JPY", "¥"}};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (currency && strcmp(currency, signs[i][0]) == 0) {
            return signs[i][1];
        }
    }
    return NULL;
}

// The digits with the marks of the form in place of ',' and '.'. Returns the end.
static char *add_digits(char *at, const char *digits, enum money_form form)
{
    static const char *const marks[][2] = {
        [MONEY_COMMA_POINT] = {",", "."},
        [MONEY_POINT_COMMA] = {".", ","},
        [MONEY_SPACE_COMMA] = {"\u00a0", ","}, // a space at which no line breaks
        [MONEY_QUOTE_POINT] = {"'", "."},
    };

    for (; *digits; digits++) {
        if (*digits == ',' || *digits == '.') {
            at = stpcpy(at, marks[form][*digits == '.']);
        } else {
            *at++ = *digits;
        }
    }
    *at = '\0';
    return at;
}

const char *money_format_in(enum money_form form, int64_t minor, const char *currency, char *buffer)
{
    char digits[MONEY_TEXT_BYTES], *start = digits_of(minor, ',', digits + sizeof digits);
    const char *sign = sign_of(currency);
    char *at = buffer;

    if (minor < 0) {
        *at++ = '-';
    }
    if (sign && form == MONEY_COMMA_POINT) {
        at = stpcpy(at, sign);
    }
    at = add_digits(at, start, form);
    if (sign && form != MONEY_COMMA_POINT) {
        at = stpcpy(at, "\u00a0");
        (void)stpcpy(at, sign);
    } else if (!sign && currency && *currency) {
        size_t size = utf8_cut(currency, strlen(currency), 8);

        *at++ = ' ';
        memcpy(at, currency, size);
        at[size] = '\0';
    }
    return buffer;
}

const char *money_format_people(int64_t minor, const char *currency, char *buffer)
{
    return money_format_in(MONEY_COMMA_POINT, minor, currency, buffer);
}
