#include "common/event/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/text.h"

// Copies what fits, ending between characters.
static void copy_cut(char *to, size_t capacity, const char *from)
{
    size_t size = utf8_cut(from, strlen(from), capacity - 1);

    memcpy(to, from, size);
    to[size] = '\0';
}

int refusal_set(struct refusal *ret, const char *code, const char *path, const char *format, ...)
{
    char words[1024];
    va_list args;

    va_start(args, format);
    if (vsnprintf(words, sizeof words, format, args) < 0) {
        words[0] = '\0';
    }
    va_end(args);
    *ret = (struct refusal){0};
    copy_cut(ret->code, sizeof ret->code, code);
    copy_cut(ret->path, sizeof ret->path, path);
    copy_cut(ret->message, sizeof ret->message, words);
    if (!utf8_valid(ret->message, strlen(ret->message))) {
        for (char *at = ret->message; *at; at++) {
            *at = (char)((unsigned char)*at < 0x80 ? *at : '?');
        }
    }
    return -EINVAL;
}

void refusal_name(struct refusal *ret, const char *id, const char *source)
{
    copy_cut(ret->id, sizeof ret->id, id ? id : "");
    copy_cut(ret->source, sizeof ret->source, source ? source : "");
}

const char *refusal_value(const json_t *value, char *buffer)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return log_quote(json_string_value(value), buffer, REFUSAL_VALUE_BYTES);
    case JSON_INTEGER:
        (void)snprintf(buffer, REFUSAL_VALUE_BYTES, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(value));
        return buffer;
    case JSON_REAL:
        (void)snprintf(buffer, REFUSAL_VALUE_BYTES, "%.15g", json_real_value(value));
        return buffer;
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}
