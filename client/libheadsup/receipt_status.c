#include "client/libheadsup/receipt_status.h"

#include <stdbool.h>
#include <string.h>

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static size_t skip_space(const char *bytes, size_t size, size_t at)
{
    while (at < size && is_space(bytes[at])) {
        at++;
    }
    return at;
}

// Where the string that begins at `at` (its quote) ends, behind its closing quote; size where it
// has no end.
static size_t skip_string(const char *bytes, size_t size, size_t at)
{
    for (at++; at < size; at++) {
        if (bytes[at] == '\\') {
            at++;
        } else if (bytes[at] == '"') {
            return at + 1;
        }
    }
    return size;
}

static bool string_is(const char *bytes, size_t from, size_t to, const char *word)
{
    size_t size = strlen(word);

    return to - from == size + 2 && memcmp(bytes + from + 1, word, size) == 0;
}

static enum headsup_status status_of_word(const char *bytes, size_t from, size_t to)
{
    static const struct {
        const char *word;
        enum headsup_status status;
    } words[] = {
        {"accepted", HEADSUP_ACCEPTED},
        {"duplicate", HEADSUP_DUPLICATE},
        {"refused", HEADSUP_REFUSED},
        {"unavailable", HEADSUP_UNAVAILABLE},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (string_is(bytes, from, to, words[i].word)) {
            return words[i].status;
        }
    }
    return HEADSUP_NO_RECEIPT;
}

// How much a status decides over the others of its array.
static int weight(enum headsup_status status)
{
    static const int weights[] = {
        [HEADSUP_DUPLICATE] = 0, [HEADSUP_ACCEPTED] = 1,   [HEADSUP_REFUSED] = 2,
        [HEADSUP_UNSENT] = 3,    [HEADSUP_NO_RECEIPT] = 3, [HEADSUP_UNAVAILABLE] = 4,
    };

    return weights[status];
}

struct scan {
    int depth, level; // level: the depth of a receipt's members
    size_t receipts;  // begun
    size_t statuses;  // found
    enum headsup_status worst;
};

static void note_status(struct scan *scan, enum headsup_status status)
{
    if (scan->statuses++ == 0 || weight(status) > weight(scan->worst)) {
        scan->worst = status;
    }
}

// Reads a string and, where it is the name of a receipt's status, the status. Returns where to go
// on.
static size_t take_string(struct scan *scan, const char *bytes, size_t size, size_t at)
{
    size_t end = skip_string(bytes, size, at), value;

    if (scan->depth != scan->level || !string_is(bytes, at, end, "status")) {
        return end;
    }
    value = skip_space(bytes, size, end);
    if (value >= size || bytes[value] != ':') {
        return end; // "status" as a value
    }
    value = skip_space(bytes, size, value + 1);
    if (value >= size || bytes[value] != '"') {
        note_status(scan, HEADSUP_NO_RECEIPT);
        return value;
    }
    end = skip_string(bytes, size, value);
    note_status(scan, status_of_word(bytes, value, end));
    return end;
}

enum headsup_status receipt_status(const char *bytes, size_t size)
{
    struct scan scan = {.worst = HEADSUP_NO_RECEIPT};
    size_t at = skip_space(bytes, size, 0);

    if (at == size || (bytes[at] != '{' && bytes[at] != '[')) {
        return HEADSUP_NO_RECEIPT;
    }
    scan.level = bytes[at] == '[' ? 2 : 1;
    while (at < size) {
        char byte = bytes[at];

        if (byte == '"') {
            at = take_string(&scan, bytes, size, at);
            continue;
        }
        if (byte == '{' || byte == '[') {
            scan.depth++;
            scan.receipts += byte == '{' && scan.depth == scan.level;
        } else if (byte == '}' || byte == ']') {
            scan.depth--;
        }
        at++;
    }
    if (scan.depth != 0 || scan.receipts == 0 || scan.statuses != scan.receipts) {
        return HEADSUP_NO_RECEIPT;
    }
    return scan.worst;
}
