#include <stdbool.h>
#include <string.h>

#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

// A Workflow takes 28 KB at most, and some were seen to take 21 only. These keep below that with
// every character the longest there is.
enum {
    HEADLINE_CHARACTERS = 250,
    BODY_CHARACTERS = 3000,
    REASON_CHARACTERS = 300,
    LINES = 40 // each costs some 90 bytes
};

enum look { LOOK_HEADLINE, LOOK_LINE, LOOK_REASON };

static void put_look(struct text *out, enum look look)
{
    switch (look) {
    case LOOK_HEADLINE:
        json_put_string(out, "size", "medium");
        json_put_string(out, "weight", "bolder");
        break;
    case LOOK_REASON:
        json_put_string(out, "size", "small");
        json_put_bool(out, "isSubtle", true);
        break;
    case LOOK_LINE:
        break;
    }
}

// The text of a run is shown as it stands: Markdown works in a TextBlock only. What ends a line
// does not, so each line is a block of its own.
static void put_run(struct text *out, const struct text *words, enum look look)
{
    static const char *const spacings[] = {"none", "small", "medium"};

    json_open_object(out, NULL);
    json_put_string(out, "type", "RichTextBlock");
    json_put_string(out, "spacing", spacings[look]);
    json_open_array(out, "inlines");
    json_open_object(out, NULL);
    json_put_string(out, "type", "TextRun");
    json_put_bytes(out, "text", text_string(words), words->size);
    put_look(out, look);
    json_close_object(out);
    json_close_array(out);
    json_close_object(out);
}

static void put_headline(struct text *out, const char *headline)
{
    cleanup_with(text_finish) struct text words = {0};

    quote_line(&words, QUOTE_PLAIN, headline, HEADLINE_CHARACTERS);
    put_run(out, &words, LOOK_HEADLINE);
}

static void put_body(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text words = {0}, line = {0};
    const char *at;

    format_add_body(&words, QUOTE_PLAIN, message, BODY_CHARACTERS);
    at = text_string(&words);
    for (int count = 0; *at && count < LINES; count++) {
        size_t size = strcspn(at, "\n");

        text_clear(&line);
        text_add_bytes(&line, at, size);
        at += size;
        at += strspn(at, "\n");
        if (*at && count + 1 == LINES) {
            text_add(&line, " …");
        }
        if (line.size) {
            put_run(out, &line, LOOK_LINE);
        }
    }
}

static void put_reason(struct text *out, const struct notice *notice)
{
    cleanup_with(text_finish) struct text words = {0};

    format_add_reason(&words, QUOTE_PLAIN, notice, REASON_CHARACTERS);
    put_run(out, &words, LOOK_REASON);
}

static bool is_reader(const struct rep *rep, const struct notice *notice)
{
    return rep && strcmp(rep->id, notice->to) == 0;
}

// The reader's name, where it is one that needs no escaping; else what he signs in with.
static const char *reader_of(const struct message *message)
{
    const struct notice *notice = message->notice;
    const struct rep *reader = is_reader(notice->sales, notice)     ? notice->sales
                               : is_reader(notice->service, notice) ? notice->service
                                                                    : NULL;

    return reader && !strpbrk(reader->name, "<>&*_[]`\\\n\r") ? reader->name : message->mention;
}

// The text and the entity of a mention must be the same.
static void put_mention(struct text *out, const char *called)
{
    json_open_object(out, NULL);
    json_put_string(out, "type", "TextBlock");
    json_put_string(out, "text", called);
    json_put_bool(out, "wrap", true);
    json_close_object(out);
}

static void put_entity(struct text *out, const struct message *message, const char *called)
{
    json_open_array(out, "entities");
    json_open_object(out, NULL);
    json_put_string(out, "type", "mention");
    json_put_string(out, "text", called);
    json_open_object(out, "mentioned");
    json_put_string(out, "id", message->mention);
    json_put_string(out, "name", reader_of(message));
    json_close_object(out);
    json_close_object(out);
    json_close_array(out);
}

// Version 1.2 is the newest that the phones have.
static void put_card(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text called = {0}, brief = {0};

    if (message->mention) {
        text_addf(&called, "<at>%s</at>", reader_of(message));
    }
    quote_line(&brief, QUOTE_PLAIN, message->headline, HEADLINE_CHARACTERS);
    json_open_object(out, "content");
    json_put_string(out, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    json_put_string(out, "type", "AdaptiveCard");
    json_put_string(out, "version", "1.2");
    json_put_string(out, "fallbackText", text_string(&brief));
    json_open_object(out, "msteams");
    json_put_string(out, "width", "Full");
    if (message->mention) {
        put_entity(out, message, text_string(&called));
    }
    json_close_object(out);
    json_open_array(out, "body");
    put_headline(out, message->headline);
    if (message->mention) {
        put_mention(out, text_string(&called));
    }
    put_body(out, message);
    put_reason(out, message->notice);
    json_close_array(out);
    json_close_object(out);
}

void format_teams(struct text *out, const struct message *message)
{
    json_open_object(out, NULL);
    json_put_string(out, "type", "message");
    json_open_array(out, "attachments");
    json_open_object(out, NULL);
    json_put_string(out, "contentType", "application/vnd.microsoft.card.adaptive");
    json_put_string(out, "contentUrl", NULL);
    put_card(out, message);
    json_close_object(out);
    json_close_array(out);
    json_close_object(out);
}
