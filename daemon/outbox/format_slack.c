#include <stdbool.h>
#include <string.h>

#include "common/base/json_out.h"
#include "daemon/outbox/format.h"

// Slack's limits, in characters, and ours below them.
enum {
    HEADER_CHARACTERS = 150,
    SECTION_CHARACTERS = 3000,
    SECTIONS = 8, // of the body; a message has room for 50 blocks, a reader for fewer
    CONTEXT_CHARACTERS = 1000,
    FALLBACK_CHARACTERS = 500 // what a phone shows at first sight
};

// The bytes of the first max_characters characters.
static size_t bytes_of(const char *string, size_t size, size_t max_characters)
{
    size_t at = 0;

    for (size_t count = 0; at < size; at++) {
        if (((unsigned char)string[at] & 0xc0) != 0x80 && count++ == max_characters) {
            break;
        }
    }
    return at;
}

// Appends at most max_characters of the string; what is longer ends in "…".
static void add_cut(struct text *out, const char *string, size_t max_characters)
{
    size_t size = strlen(string), kept = bytes_of(string, size, max_characters);

    if (kept < size) {
        text_add_bytes(out, string, bytes_of(string, size, max_characters - 1));
        text_add(out, "…");
    } else {
        text_add_bytes(out, string, size);
    }
}

// Control characters become spaces; an end of a line stays where lines are meant.
static void clean(struct text *text, bool keep_lines)
{
    for (size_t i = 0; i < text->size; i++) {
        unsigned char byte = (unsigned char)text->bytes[i];

        if ((byte < 0x20 || byte == 0x7f) && !(keep_lines && byte == '\n')) {
            text->bytes[i] = ' ';
        }
    }
}

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

    add_cut(&words, headline, HEADER_CHARACTERS);
    clean(&words, false);
    json_open_object(out, NULL);
    json_put_string(out, "type", "header");
    put_plain(out, "text", &words);
    json_close_object(out);
}

// Where a section ends: with the body, else behind its last whole line, else where it is full.
static size_t section_size(const char *body, size_t size)
{
    size_t most = bytes_of(body, size, SECTION_CHARACTERS);
    const char *line;

    if (most == size) {
        return size;
    }
    line = memrchr(body, '\n', most);
    return line && line > body ? (size_t)(line - body) : most;
}

static void put_section(struct text *out, const char *body, size_t size, bool is_cut)
{
    cleanup_with(text_finish) struct text words = {0};

    if (is_cut) {
        text_add_bytes(&words, body, bytes_of(body, size, SECTION_CHARACTERS - 1));
        text_add(&words, "…");
    } else {
        text_add_bytes(&words, body, size);
    }
    clean(&words, true);
    json_open_object(out, NULL);
    json_put_string(out, "type", "section");
    put_plain(out, "text", &words);
    json_close_object(out);
}

static void put_sections(struct text *out, const char *body)
{
    size_t left = strlen(body);

    for (int i = 0; i < SECTIONS && left; i++) {
        size_t size = section_size(body, left);

        put_section(out, body, size, i + 1 == SECTIONS && size < left);
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

    if (notice->why && *notice->why) {
        text_add(&words, "Why: ");
        add_cut(&words, notice->why, CONTEXT_CHARACTERS);
        text_add(&words, " · ");
    }
    text_add(&words, notice->id);
    clean(&words, false);
    json_open_object(out, NULL);
    json_put_string(out, "type", "context");
    json_open_array(out, "elements");
    put_plain(out, NULL, &words);
    json_close_array(out);
    json_close_object(out);
}

static bool is_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '_' || byte == '-';
}

// Escapes as Slack's markup wants it (these three and no others), and parts an '@' from the word
// that it would mention, but for one inside an e-mail address.
static void add_escaped(struct text *out, const struct text *words)
{
    for (size_t i = 0; i < words->size; i++) {
        char byte = words->bytes[i];

        switch (byte) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        default:
            text_add_char(out, byte);
            if (byte == '@' && !(i && is_word(words->bytes[i - 1]))) {
                text_add(out, "\u200b");
            }
        }
    }
}

// What is shown where blocks are not: in a notification.
static void put_fallback(struct text *out, const char *headline, const char *body)
{
    cleanup_with(text_finish) struct text words = {0}, cut = {0}, escaped = {0};

    add_cut(&words, headline, HEADER_CHARACTERS);
    clean(&words, false);
    if (*body) {
        text_add_char(&words, '\n');
        text_add(&words, body);
    }
    add_cut(&cut, text_string(&words), FALLBACK_CHARACTERS);
    clean(&cut, true);
    add_escaped(&escaped, &cut);
    json_put_string(out, "text", text_string(&escaped));
}

void format_slack(struct text *out, const struct notice *notice, const char *headline,
                  const char *body)
{
    if (!*headline) {
        headline = notice_kind_name(notice->kind); // Slack refuses an empty header
    }
    json_open_object(out, NULL);
    put_fallback(out, headline, body);
    json_put_bool(out, "mrkdwn", false);
    json_open_array(out, "blocks");
    put_header(out, headline);
    put_sections(out, body);
    put_context(out, notice);
    json_close_array(out);
    json_put_bool(out, "unfurl_links", false);
    json_put_bool(out, "unfurl_media", false);
    json_close_object(out);
}
