#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

// Mattermost takes 16,383 characters of text.
enum { HEADLINE_CHARACTERS = 250, BODY_CHARACTERS = 15000, REASON_CHARACTERS = 500 };

// The reason stands in an attachment: Mattermost shows no preview of a link in a post that has one.
static void put_reason(struct text *out, const struct notice *notice)
{
    cleanup_with(text_finish) struct text words = {0};

    format_add_reason(&words, QUOTE_MARKDOWN, notice, REASON_CHARACTERS);
    json_open_array(out, "attachments");
    json_open_object(out, NULL);
    json_put_string(out, "fallback", notice->id);
    json_put_string(out, "text", text_string(&words));
    json_close_object(out);
    json_close_array(out);
}

void format_mattermost(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text words = {0};

    if (message->mention) {
        text_addf(&words, "%s ", message->mention);
    }
    text_add(&words, "**");
    quote_line(&words, QUOTE_MARKDOWN, message->headline, HEADLINE_CHARACTERS);
    text_add(&words, "**");
    if (*message->body) {
        text_add(&words, "\n");
        format_add_body(&words, QUOTE_MARKDOWN, message, BODY_CHARACTERS);
    }
    json_open_object(out, NULL);
    json_put_string(out, "text", text_string(&words));
    put_reason(out, message->notice);
    json_close_object(out);
}
