#include <stdint.h>

#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

// A message of more than 4096 bytes becomes a file, and a request of twice that is refused. These
// keep below both where JSON doubles every byte. ntfy shows plain text: there is nothing to escape.
enum { TITLE_BYTES = 400, BODY_BYTES = 2600, REASON_CHARACTERS = 200 };

// From 1, which makes no sound, to 5, which does not stop making one.
static int priority_of(const struct notice *notice)
{
    if (notice->urgent) {
        return 5;
    }
    switch (notice->kind == NOTICE_TEST ? notice->shown : notice->kind) {
    case NOTICE_ESCALATION:
    case NOTICE_STAND_FIRM:
    case NOTICE_KICK_OFF:
        return 4;
    case NOTICE_DIGEST:
        return 2;
    default:
        return 3;
    }
}

static size_t bytes_of(enum quote_style style, const struct text *body)
{
    (void)style;
    return body->size;
}

void format_ntfy(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text title = {0}, headline = {0}, body = {0}, words = {0};

    quote_line(&headline, QUOTE_NOTHING, message->headline, SIZE_MAX);
    quote_bytes(&title, text_string(&headline), TITLE_BYTES);
    format_fit_body(&body, message, bytes_of, QUOTE_NOTHING, BODY_BYTES);
    quote_bytes(&words, text_string(&body), BODY_BYTES);
    text_add(&words, *message->body ? "\n\n" : "");
    format_add_reason(&words, QUOTE_NOTHING, message->notice, REASON_CHARACTERS);
    json_open_object(out, NULL);
    json_put_string(out, "topic", message->topic);
    json_put_string(out, "title", text_string(&title));
    json_put_string(out, "message", text_string(&words));
    json_put_int(out, "priority", priority_of(message->notice));
    json_close_object(out);
}
