#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

// Slack's limits, in characters, and ours below them.
enum {
    HEADER_CHARACTERS = 150,
    SECTION_CHARACTERS = 3000,
    SECTIONS = 8,            // of the body; a message has room for 50 blocks, a reader for fewer
    BODY_CHARACTERS = 16000, // in lines of up to 1000 it fits into the sections
    CONTEXT_CHARACTERS = 1000,
    BRIEF_CHARACTERS = 500 // what a phone shows at first sight
};

// plain_text is shown as it stands: no mention, no link and no markup works in it.
static void put_plain(struct text *out, const char *name, const struct text *words)
{
    json_open_object(out, name);
    json_put_string(out, "type", "plain_text");
    json_put_bytes(out, "text", text_string(words), words->size);
    json_put_bool(out, "emoji", false);
    json_close_object(out);
}

static void put_header(struct text *out, const char *headline)
{
    cleanup_with(text_finish) struct text words = {0};

    quote_line(&words, QUOTE_NOTHING, headline, HEADER_CHARACTERS);
    json_open_object(out, NULL);
    json_put_string(out, "type", "header");
    put_plain(out, "text", &words);
    json_close_object(out);
}

// The only markup there is: the reader's name as the rule book has it.
static void put_mention(struct text *out, const char *mention)
{
    json_open_object(out, NULL);
    json_put_string(out, "type", "section");
    json_open_object(out, "text");
    json_put_string(out, "type", "mrkdwn");
    json_put_string(out, "text", mention);
    json_close_object(out);
    json_close_object(out);
}

// Where a section ends: with the body, else behind its last whole line, else where it is full.
static size_t section_size(const char *body, size_t size)
{
    size_t most = quote_cut(body, size, SECTION_CHARACTERS);
    const char *line;

    if (most == size) {
        return size;
    }
    line = memrchr(body, '\n', most);
    return line && line > body ? (size_t)(line - body) : most;
}

static void put_section(struct text *out, const char *body, size_t size)
{
    cleanup_with(text_finish) struct text piece = {0}, words = {0};

    text_add_bytes(&piece, body, size);
    quote_lines(&words, QUOTE_NOTHING, text_string(&piece), SECTION_CHARACTERS);
    json_open_object(out, NULL);
    json_put_string(out, "type", "section");
    put_plain(out, "text", &words);
    json_close_object(out);
}

static void put_sections(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text words = {0};
    const char *body;
    size_t left;

    format_add_body(&words, QUOTE_NOTHING, message, BODY_CHARACTERS);
    body = text_string(&words);
    left = words.size;
    for (int i = 0; i < SECTIONS && left; i++) {
        size_t size = i + 1 < SECTIONS ? section_size(body, left) : left; // the last one is cut

        put_section(out, body, size);
        body += size;
        left -= size;
        if (left && *body == '\n') {
            body++;
            left--;
        }
    }
}

static void put_context(struct text *out, const struct notice *notice)
{
    cleanup_with(text_finish) struct text words = {0};

    format_add_reason(&words, QUOTE_NOTHING, notice, CONTEXT_CHARACTERS);
    json_open_object(out, NULL);
    json_put_string(out, "type", "context");
    json_open_array(out, "elements");
    put_plain(out, NULL, &words);
    json_close_array(out);
    json_close_object(out);
}

// What is shown where blocks are not: in a notification. Slack has room for 40,000 characters, so
// it is cut first and escaped then.
static void put_fallback(struct text *out, const struct message *message)
{
    cleanup_with(text_finish) struct text brief = {0}, escaped = {0};

    format_add_brief(&brief, QUOTE_NOTHING, message, BRIEF_CHARACTERS);
    quote_lines(&escaped, QUOTE_SLACK, text_string(&brief), SIZE_MAX);
    json_put_string(out, "text", text_string(&escaped));
}

void format_slack(struct text *out, const struct message *message)
{
    json_open_object(out, NULL);
    put_fallback(out, message);
    json_put_bool(out, "mrkdwn", false);
    json_open_array(out, "blocks");
    put_header(out, message->headline);
    if (message->mention) {
        put_mention(out, message->mention);
    }
    put_sections(out, message);
    put_context(out, message->notice);
    json_close_array(out);
    json_put_bool(out, "unfurl_links", false);
    json_put_bool(out, "unfurl_media", false);
    json_close_object(out);
}
