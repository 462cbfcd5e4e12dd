#include "client/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const size_t step_bytes = 65536;

void input_init(struct input *input, int fd)
{
    *input = (struct input){.fd = fd, .line = 1};
}

void input_finish(struct input *input)
{
    text_finish(&input->buffer);
}

int input_fill(struct input *input)
{
    char *room;
    ssize_t got;

    if (input->at) { // what was handed out goes
        input->buffer.size -= input->at;
        memmove(input->buffer.bytes, input->buffer.bytes + input->at, input->buffer.size);
        input->at = 0;
    }
    room = text_room(&input->buffer, step_bytes);
    do {
        got = read(input->fd, room, step_bytes);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return -errno;
    }
    input->buffer.size += (size_t)got;
    input->buffer.bytes[input->buffer.size] = '\0';
    input->ended = got == 0;
    return 0;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

// The size of the JSON value at the beginning of bytes, as its brackets and quotes say; 0 where it
// has no end. What is neither an object nor an array ends before a comma, a bracket or a space.
static size_t value_size(const char *bytes, size_t size)
{
    bool quoted = false;
    size_t depth = 0;

    for (size_t i = 0; i < size; i++) {
        char byte = bytes[i];

        if (quoted) {
            i += byte == '\\';
            quoted = byte != '"';
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (depth && (byte == '}' || byte == ']')) {
            depth--;
            if (depth == 0) {
                return i + 1;
            }
        } else if (depth == 0 && (byte == ',' || byte == ']' || byte == '}' || is_space(byte))) {
            return i;
        }
    }
    return 0;
}

static void pass(struct input *input, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        input->line += input->buffer.bytes[input->at + i] == '\n';
    }
    input->at += size;
    input->seen = 0;
}

static void pass_space(struct input *input)
{
    size_t size = 0;

    while (input->at + size < input->buffer.size &&
           is_space(input->buffer.bytes[input->at + size])) {
        size++;
    }
    pass(input, size);
}

// Hands out kept bytes of those at hand and passes size of them over.
static enum input_result hand_out(struct input *input, size_t kept, size_t size,
                                  struct input_item *ret)
{
    *ret = (struct input_item){input->buffer.bytes + input->at, kept, input->line};
    pass(input, size);
    return kept > INPUT_LINE_BYTES ? INPUT_TOO_LONG : INPUT_EVENT;
}

// The size of the line at hand with its end; 0 where its end has not come.
static size_t line_size(struct input *input)
{
    const char *from = text_string(&input->buffer) + input->at;
    size_t left = input->buffer.size - input->at;
    const char *end =
        left > input->seen ? memchr(from + input->seen, '\n', left - input->seen) : NULL;

    if (end) {
        return (size_t)(end - from) + 1;
    }
    input->seen = left;
    return input->ended ? left : 0;
}

// A line that is one array is read like a whole: its elements are events of their own.
static bool opens_array(const struct input *input, size_t size)
{
    const char *from = input->buffer.bytes + input->at;

    return from[0] == '[' && value_size(from, size) > 0;
}

static enum input_result next_line(struct input *input, struct input_item *ret)
{
    size_t size = line_size(input), kept;

    if (size == 0 && !input->ended && input->buffer.size - input->at <= INPUT_LINE_BYTES) {
        return INPUT_WANTS;
    }
    if (size == 0 && input->ended) {
        return INPUT_END;
    }
    if (size == 0 || size > INPUT_LINE_BYTES) {
        *ret = (struct input_item){.line = input->line};
        input->skipping = size == 0;
        pass(input, size ? size : input->buffer.size - input->at);
        return INPUT_TOO_LONG;
    }
    for (kept = size; kept && is_space(input->buffer.bytes[input->at + kept - 1]); kept--) {
    }
    if (kept == 0) {
        (void)hand_out(input, 0, size, ret);
        return INPUT_EMPTY;
    }
    if (opens_array(input, size)) {
        input->begun = true;
        pass(input, 1);
        return INPUT_AGAIN;
    }
    return hand_out(input, kept, size, ret);
}

// Passes over the rest of a line that was too long.
static bool skip_line(struct input *input)
{
    size_t size = line_size(input);

    pass(input, size ? size : input->buffer.size - input->at);
    input->skipping = size == 0 && !input->ended;
    return !input->skipping;
}

// Passes over the bracket that closes an array, and the rest of its line where nothing stands
// there.
static void end_array(struct input *input)
{
    size_t at = input->at + 1;

    while (at < input->buffer.size && input->buffer.bytes[at] != '\n' &&
           is_space(input->buffer.bytes[at])) {
        at++;
    }
    at += at < input->buffer.size && input->buffer.bytes[at] == '\n';
    pass(input, at - input->at);
    input->begun = false;
}

// The next element of an array or the next of several values.
static enum input_result next_element(struct input *input, struct input_item *ret)
{
    size_t size;

    pass_space(input);
    while (input->at < input->buffer.size && input->buffer.bytes[input->at] == ',') {
        pass(input, 1);
        pass_space(input);
    }
    if (input->at == input->buffer.size) {
        return INPUT_END;
    }
    if (input->begun && input->buffer.bytes[input->at] == ']') {
        end_array(input);
        return INPUT_AGAIN;
    }
    size = value_size(input->buffer.bytes + input->at, input->buffer.size - input->at);
    if (size == 0) { // no JSON after all: by lines, and the daemon says what is wrong with each
        input->whole = input->begun = false;
        return INPUT_AGAIN;
    }
    return hand_out(input, size, size, ret);
}

// The next of one or several values that were read whole.
static enum input_result next_value(struct input *input, struct input_item *ret)
{
    if (!input->ended) {
        if (input->buffer.size - input->at > INPUT_WHOLE_BYTES) {
            *ret = (struct input_item){.line = input->line};
            input->at = input->buffer.size;
            input->ended = true;
            return INPUT_TOO_LONG;
        }
        return INPUT_WANTS;
    }
    if (!input->begun) {
        pass_space(input);
        if (input->at < input->buffer.size && input->buffer.bytes[input->at] == '[') {
            input->begun = true;
            pass(input, 1);
        }
    }
    return next_element(input, ret);
}

// Finds out from its first line how the stream is to be read. False where it wants more.
static bool start(struct input *input)
{
    size_t size;
    char first;

    if (input->buffer.size >= 3 && memcmp(input->buffer.bytes, "\xef\xbb\xbf", 3) == 0) {
        input->at = 3; // a byte order mark
    }
    pass_space(input);
    size = line_size(input);
    if (size == 0 && !input->ended && input->buffer.size - input->at <= INPUT_LINE_BYTES) {
        return false;
    }
    first = input->at < input->buffer.size ? input->buffer.bytes[input->at] : '\0';
    size = size ? size : input->buffer.size - input->at;
    input->started = true;
    input->whole =
        (first == '[' || first == '{') && value_size(input->buffer.bytes + input->at, size) == 0;
    return true;
}

enum input_result input_next(struct input *input, struct input_item *ret)
{
    enum input_result result;

    if ((!input->started && !start(input)) || (input->skipping && !skip_line(input))) {
        return INPUT_WANTS;
    }
    do {
        if (input->whole) {
            result = next_value(input, ret);
        } else {
            result = input->begun ? next_element(input, ret) : next_line(input, ret);
        }
    } while (result == INPUT_AGAIN);
    return result;
}
