#include <stdbool.h>
#include <string.h>

#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

enum {
    CONTENT_CHARACTERS = 2000, // Discord's limit, mention and all
    HEADLINE_CHARACTERS = 250,
    REASON_CHARACTERS = 300,
    SUPPRESS_EMBEDS = 4 // of the flags: no preview of any link
};

// Nobody is called but the reader himself: "<@123>" a person, "<@&123>" a role.
static void put_allowed(struct text *out, const char *mention)
{
    json_open_object(out, "allowed_mentions");
    json_open_array(out, "parse");
    json_close_array(out);
    if (mention) {
        const char *id = mention + strcspn(mention, "0123456789");

        json_open_array(out, mention[2] == '&' ? "roles" : "users");
        json_put_bytes(out, NULL, id, strspn(id, "0123456789"));
        json_close_array(out);
    }
    json_close_object(out);
}

// All in the content: embeds look better, but a reader may have them switched off.
void format_discord(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text words = {0}, reason = {0};
    size_t taken;

    text_add(&reason, "\n-# ");
    format_add_reason(&reason, QUOTE_MARKDOWN, message->notice, REASON_CHARACTERS);
    if (message->mention) {
        text_addf(&words, "%s ", message->mention);
    }
    text_add(&words, "**");
    quote_line(&words, QUOTE_MARKDOWN, message->headline, HEADLINE_CHARACTERS);
    text_add(&words, "**");
    if (*message->body) {
        text_add(&words, "\n");
        taken = utf8_length(words.bytes, words.size) + utf8_length(reason.bytes, reason.size);
        format_add_body(&words, QUOTE_MARKDOWN, message, CONTENT_CHARACTERS - taken);
    }
    text_add(&words, text_string(&reason));
    json_open_object(out, NULL);
    json_put_string(out, "content", text_string(&words));
    put_allowed(out, message->mention);
    json_put_int(out, "flags", SUPPRESS_EMBEDS);
    json_put_bool(out, "tts", false);
    json_close_object(out);
}
