#include "common/event/event_bytes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "common/event/refusal.h"

// What a look at one value's brackets and strings found.
struct scan {
    size_t end; // where the value ends: a ',' or a closing bracket that is not its own, or the end
    size_t depth; // the deepest nesting
    bool open;    // the bytes end inside a string or before its brackets are closed
};

// Whether a backslash that is none itself stands before the byte at `at`, in a string that begins
// at start.
static bool is_escaped(const char *bytes, size_t start, size_t at)
{
    size_t from = at;

    while (from > start && bytes[from - 1] == '\\') {
        from--;
    }
    return (at - from) % 2 == 1;
}

// The index behind the string whose opening quote stands at start - 1; more than size where it does
// not end.
static size_t string_end(const char *bytes, size_t size, size_t start)
{
    for (size_t at = start; at < size; at++) {
        const char *quote = memchr(bytes + at, '"', size - at);

        if (!quote) {
            break;
        }
        at = (size_t)(quote - bytes);
        if (!is_escaped(bytes, start, at)) {
            return at + 1;
        }
    }
    return size + 1;
}

static struct scan scan_value(const char *bytes, size_t size, size_t at)
{
    struct scan scan = {0};
    size_t depth = 0;

    while (at < size) {
        char byte = bytes[at];

        if (byte == '"') {
            at = string_end(bytes, size, at + 1);
            continue;
        }
        if (byte == '{' || byte == '[') {
            depth++;
            scan.depth = depth > scan.depth ? depth : scan.depth;
        } else if (depth == 0 && (byte == '}' || byte == ']' || byte == ',')) {
            break;
        } else if (byte == '}' || byte == ']') {
            depth--;
        }
        at++;
    }
    scan.open = depth > 0 || at > size;
    scan.end = at < size ? at : size;
    return scan;
}

int event_bytes_check(const char *bytes, size_t size, struct refusal *why)
{
    struct scan scan = {0};

    if (size > LIMIT_EVENT_BYTES) {
        return refusal_set(why, "too_big", "", "the event has %zu bytes; %d are allowed", size,
                           LIMIT_EVENT_BYTES);
    }
    if (!utf8_valid(bytes, size)) {
        return refusal_set(why, "bad_utf8", "", "the event is not valid UTF-8");
    }
    // what follows the first value is looked at too: a parser may meet it before it gives up
    for (size_t at = 0; at < size; at = scan.end + 1) {
        scan = scan_value(bytes, size, at);
        if (scan.depth > LIMIT_EVENT_DEPTH) {
            return refusal_set(why, "too_deep", "",
                               "the event nests %zu levels deep; %d are allowed", scan.depth,
                               LIMIT_EVENT_DEPTH);
        }
    }
    return 0;
}

static size_t skip_space(const char *bytes, size_t size, size_t at)
{
    while (at < size &&
           (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' || bytes[at] == '\r')) {
        at++;
    }
    return at;
}

// Adds the value between from and end, without the white space behind it.
static void add_slice(struct event_slices *slices, const char *bytes, size_t from, size_t end)
{
    struct event_slice *slice;

    // grows by doubling, from 1
    if ((slices->count & (slices->count - 1)) == 0) {
        size_t capacity = slices->count ? slices->count * 2 : 1;

        slices->slices = xrealloc(slices->slices, capacity * sizeof *slices->slices);
    }
    while (end > from && skip_space(bytes, end, end - 1) == end) {
        end--;
    }
    slice = &slices->slices[slices->count++];
    slice->bytes = bytes + from;
    slice->size = end - from;
}

// Takes one element, which begins at *at, and the ',' or ']' behind it. 1: more follow; 0: the
// last.
static int read_element(const char *bytes, size_t size, size_t *at, struct event_slices *slices,
                        struct refusal *why)
{
    struct scan scan = scan_value(bytes, size, *at);

    if (scan.open && scan.depth > LIMIT_EVENT_DEPTH) {
        return refusal_set(why, "too_deep", "",
                           "the array nests more than %d levels deep and does not end",
                           LIMIT_EVENT_DEPTH);
    }
    if (scan.open || scan.end == size) {
        return refusal_set(why, "malformed", "", "the array of events does not end");
    }
    if (bytes[scan.end] == '}') {
        return refusal_set(why, "malformed", "",
                           "the brackets do not balance: a '}' too many at byte %zu", scan.end + 1);
    }
    if (scan.end == *at) {
        return refusal_set(why, "malformed", "",
                           "an element of the array is missing before byte %zu", scan.end + 1);
    }
    if (slices->count == LIMIT_BATCH_EVENTS) {
        return refusal_set(why, "too_many", "", "the array has more than %d events",
                           LIMIT_BATCH_EVENTS);
    }
    add_slice(slices, bytes, *at, scan.end);
    *at = skip_space(bytes, size, scan.end + 1);
    return bytes[scan.end] == ',';
}

static int read_array(const char *bytes, size_t size, size_t at, struct event_slices *slices,
                      struct refusal *why)
{
    int more = 1;

    at = skip_space(bytes, size, at);
    if (at < size && bytes[at] == ']') {
        at = skip_space(bytes, size, at + 1);
        more = 0;
    }
    while (more > 0) {
        more = read_element(bytes, size, &at, slices, why);
    }
    if (more == 0 && at < size) {
        return refusal_set(why, "malformed", "", "more follows the array of events, at byte %zu",
                           at + 1);
    }
    return more;
}

int event_slices_read(const char *bytes, size_t size, struct event_slices *ret, struct refusal *why)
{
    cleanup_with(event_slices_finish) struct event_slices slices = {0};
    size_t start = skip_space(bytes, size, 0);
    int r = 0;

    if (start == size) {
        return refusal_set(why, "malformed", "", "the frame is empty");
    }
    slices.is_array = bytes[start] == '[';
    if (slices.is_array) {
        r = read_array(bytes, size, start + 1, &slices, why);
    } else {
        add_slice(&slices, bytes, start, size); // event_parse() looks at it
    }
    if (r < 0) {
        return r;
    }
    *ret = slices;
    slices.slices = NULL;
    return 0;
}

void event_slices_finish(struct event_slices *slices)
{
    free(slices->slices);
    *slices = (struct event_slices){0};
}
