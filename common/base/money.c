#include "common/base/money.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

const char *money_format(int64_t minor, char *buffer)
{
    uint64_t size = minor < 0 ? (uint64_t)0 - (uint64_t)minor : (uint64_t)minor;

    (void)snprintf(buffer, MONEY_TEXT_BYTES, "%s%" PRIu64 ".%02" PRIu64, minor < 0 ? "-" : "",
                   size / 100, size % 100);
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

const char *money_format_people(int64_t minor, const char *currency, char *buffer)
{
    char plain[MONEY_TEXT_BYTES], grouped[MONEY_TEXT_BYTES];
    const char *sign = sign_of(currency), *digits = money_format(minor, plain);
    size_t whole, out = 0;

    digits += minor < 0;
    whole = strcspn(digits, ".");
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0) {
            grouped[out++] = ',';
        }
        grouped[out++] = digits[i];
    }
    (void)snprintf(grouped + out, sizeof grouped - out, "%s", digits + whole);
    if (sign || !currency) {
        currency = "";
    }
    (void)snprintf(buffer, MONEY_TEXT_BYTES, "%s%s%s%s%.*s", minor < 0 ? "-" : "", sign ? sign : "",
                   grouped, *currency ? " " : "", (int)utf8_cut(currency, strlen(currency), 8),
                   currency);
    return buffer;
}
