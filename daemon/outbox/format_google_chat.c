#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

// Google Chat takes 32,000 bytes, cards and all. These keep below that with every character the
// longest there is.
enum {
    HEADLINE_CHARACTERS = 250,
    BODY_CHARACTERS = 5000,
    REASON_CHARACTERS = 500,
    BRIEF_CHARACTERS = 500
};

static void put_paragraph(struct text *out, const struct text *words)
{
    json_open_object(out, NULL);
    json_open_object(out, "textParagraph");
    json_put_bytes(out, "text", text_string(words), words->size);
    json_close_object(out);
    json_close_object(out);
}

static void put_headline(struct text *out, const char *headline)
{
    cleanup_with(text_finish) struct text words = {0};

    text_add(&words, "<b>");
    quote_line(&words, QUOTE_HTML, headline, HEADLINE_CHARACTERS);
    text_add(&words, "</b>");
    put_paragraph(out, &words);
}

static void put_body(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text words = {0};

    if (*message->body) {
        format_add_body(&words, QUOTE_HTML, message, BODY_CHARACTERS);
        put_paragraph(out, &words);
    }
}

static void put_reason(struct text *out, const struct notice *notice)
{
    cleanup_with(text_finish) struct text words = {0};

    text_add(&words, "<font color=\"#80868b\">");
    format_add_reason(&words, QUOTE_HTML, notice, REASON_CHARACTERS);
    text_add(&words, "</font>");
    put_paragraph(out, &words);
}

// Text knows no escaping, so it holds the mention and nothing else. The words are in a card, whose
// header would be cut after one line on a phone: the headline is a paragraph. No thread is made of
// an issue, because people are not notified of what is added to one.
void format_google_chat(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text brief = {0};

    format_add_brief(&brief, QUOTE_PLAIN, message, BRIEF_CHARACTERS);
    json_open_object(out, NULL);
    if (message->mention) {
        json_put_string(out, "text", message->mention);
    }
    json_put_string(out, "fallbackText", text_string(&brief));
    json_open_array(out, "cardsV2");
    json_open_object(out, NULL);
    json_put_string(out, "cardId", message->notice->id);
    json_open_object(out, "card");
    json_open_array(out, "sections");
    json_open_object(out, NULL);
    json_open_array(out, "widgets");
    put_headline(out, message->headline);
    put_body(out, message);
    put_reason(out, message->notice);
    json_close_array(out);
    json_close_object(out);
    json_close_array(out);
    json_close_object(out);
    json_close_object(out);
    json_close_array(out);
    json_close_object(out);
}
