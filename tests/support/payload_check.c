#include "tests/support/payload_check.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <string.h>

#define PARTING "\u200b"

static bool starts(const char *at, const char *with)
{
    return strncmp(at, with, strlen(with)) == 0;
}

static bool ends(const char *string, const char *with)
{
    size_t size = strlen(string), tail = strlen(with);

    return size >= tail && strcmp(string + size - tail, with) == 0;
}

static const char *string_of(json_t *object, const char *name)
{
    const char *string = json_string_value(json_object_get(object, name));

    assert(string && *string && utf8_valid(string, strlen(string)));
    return string;
}

static size_t characters(const char *string)
{
    return utf8_length(string, strlen(string));
}

// No '@' that a program could take for a call, and no control character.
static void check_calls(const char *string)
{
    static const char *const crowds[] = {"everyone", "here", "channel", "all"};

    for (const char *at = string; *at; at++) {
        assert((unsigned char)*at >= 0x20 || *at == '\n');
        if (*at != '@' || starts(at + 1, PARTING) || !at[1]) {
            continue;
        }
        assert(at > string && isalnum((unsigned char)at[-1])); // within an e-mail address
        for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
            assert(!starts(at + 1, crowds[i]));
        }
    }
}

// Every '&', '<' and '>' is escaped, but for the one tag that may stand there.
static void check_entities(const char *string, const char *tag)
{
    for (const char *at = string; *at; at++) {
        if (tag && starts(at, tag)) {
            at += strlen(tag) - 1;
            continue;
        }
        assert(*at != '<' && *at != '>');
        assert(*at != '&' || starts(at, "&amp;") || starts(at, "&lt;") || starts(at, "&gt;"));
    }
    check_calls(string);
}

// No tag, and nothing that is computed.
static void check_plain(const char *string)
{
    for (const char *at = string; *at; at++) {
        assert(*at != '<' || !at[1] || starts(at + 1, PARTING));
        assert(*at != '{' || at[1] != '{');
    }
    check_calls(string);
}

static size_t address_size(const char *string, const char *at)
{
    size_t scheme = starts(at, "https://") ? 8 : starts(at, "http://") ? 7 : 0;

    if (!scheme || (at > string && isalnum((unsigned char)at[-1]))) {
        return 0;
    }
    return isalnum((unsigned char)at[scheme]) ? scheme + strcspn(at + scheme, " \n<*\\@") : 0;
}

// The stars are the headline's own; what else Markdown knows is behind a backslash, or within an
// address.
static void check_markdown(const char *string, int own_stars)
{
    size_t address;

    check_calls(string);
    for (const char *at = string; *at; at++) {
        if (*at == '\\') {
            assert(at[1] && strchr("\\*_~`|[]", at[1]));
            at++;
            continue;
        }
        address = address_size(string, at);
        if (address) {
            for (size_t i = 0; i < address; i++) {
                assert(!strchr("*~`|[]", at[i]));
            }
            at += address - 1;
            continue;
        }
        own_stars -= *at == '*';
        assert(!strchr("_~`|[]", *at));
        assert(*at != '<' || !at[1] || starts(at + 1, PARTING));
        if (at == string || at[-1] == '\n') {
            assert(!strchr("#>+=- ", *at) || starts(at, "-# ")); // Discord's small print is ours
        }
    }
    assert(own_stars == 0);
}

// The text behind the reader's own mention, which must stand there exactly where it may.
static const char *behind_mention(const char *string, const char *mention)
{
    if (mention) {
        assert(starts(string, mention));
        string += strlen(mention);
        assert(*string == ' ');
        string++;
    }
    return string;
}

static void check_slack_block(json_t *block, const char *mention, int *mentions)
{
    json_t *text = json_object_get(block, "text");
    const char *type = string_of(block, "type"), *words;
    size_t most = strcmp(type, "header") == 0 ? 150 : 3000;

    text = text ? text : json_array_get(json_object_get(block, "elements"), 0);
    words = string_of(text, "text");
    assert(characters(words) <= most);
    if (strcmp(string_of(text, "type"), "plain_text") != 0) {
        assert(mention && strcmp(words, mention) == 0);
        ++*mentions;
    }
}

static void check_slack(json_t *root, const char *mention)
{
    json_t *blocks = json_object_get(root, "blocks"), *block;
    int mentions = 0;
    size_t i;

    assert(json_array_size(blocks) <= 50 && json_array_size(blocks) >= 2);
    check_entities(string_of(root, "text"), NULL);
    assert(characters(string_of(root, "text")) <= 40000);
    assert(json_is_false(json_object_get(root, "unfurl_links")));
    json_array_foreach(blocks, i, block)
    {
        check_slack_block(block, mention, &mentions);
    }
    assert(mentions == (mention != NULL));
}

static void check_teams_block(json_t *block, const char *called)
{
    json_t *run;

    if (strcmp(string_of(block, "type"), "TextBlock") == 0) {
        assert(called && strcmp(string_of(block, "text"), called) == 0);
        return;
    }
    assert(strcmp(string_of(block, "type"), "RichTextBlock") == 0);
    run = json_array_get(json_object_get(block, "inlines"), 0);
    assert(strcmp(string_of(run, "type"), "TextRun") == 0);
    assert(!strchr(string_of(run, "text"), '\n'));
    check_plain(string_of(run, "text"));
}

static void check_teams(json_t *root, const char *mention)
{
    json_t *attachment = json_array_get(json_object_get(root, "attachments"), 0);
    json_t *card = json_object_get(attachment, "content"), *body = json_object_get(card, "body");
    json_t *entities = json_object_get(json_object_get(card, "msteams"), "entities");
    json_t *entity = json_array_get(entities, 0), *block;
    size_t i;

    assert(json_array_size(entities) == (mention != NULL));
    if (mention) {
        assert(strcmp(string_of(json_object_get(entity, "mentioned"), "id"), mention) == 0);
    }
    assert(json_array_size(body) >= 2 && json_array_size(body) <= 50);
    check_plain(string_of(card, "fallbackText"));
    json_array_foreach(body, i, block)
    {
        check_teams_block(block, mention ? string_of(entity, "text") : NULL);
    }
}

static void check_paragraph(json_t *widget, const char *open, const char *close)
{
    const char *words = string_of(json_object_get(widget, "textParagraph"), "text");
    struct text inside = {0};

    assert(starts(words, open) && ends(words, close));
    text_add_bytes(&inside, words + strlen(open), strlen(words) - strlen(open) - strlen(close));
    check_entities(text_string(&inside), *open ? NULL : "<br>");
    text_finish(&inside);
}

static void check_google_chat(json_t *root, const char *mention)
{
    json_t *card = json_array_get(json_object_get(root, "cardsV2"), 0);
    json_t *section = json_array_get(json_object_get(json_object_get(card, "card"), "sections"), 0);
    json_t *widgets = json_object_get(section, "widgets");
    size_t count = json_array_size(widgets);

    assert(count == 2 || count == 3);
    check_plain(string_of(root, "fallbackText"));
    assert(!json_object_get(root, "text") == !mention);
    assert(!mention || strcmp(string_of(root, "text"), mention) == 0);
    check_paragraph(json_array_get(widgets, 0), "<b>", "</b>");
    if (count == 3) {
        check_paragraph(json_array_get(widgets, 1), "", "");
    }
    check_paragraph(json_array_get(widgets, count - 1), "<font color=\"#80868b\">", "</font>");
}

static void check_discord(json_t *root, const char *mention)
{
    json_t *allowed = json_object_get(root, "allowed_mentions");
    const char *content = string_of(root, "content");

    assert(characters(content) <= 2000);
    assert(json_integer_value(json_object_get(root, "flags")) == 4);
    assert(json_is_array(json_object_get(allowed, "parse")));
    assert(json_array_size(json_object_get(allowed, "parse")) == 0);
    assert(json_object_size(allowed) == (mention ? 2 : 1));
    check_markdown(behind_mention(content, mention), 4);
}

static void check_mattermost(json_t *root, const char *mention)
{
    json_t *attachments = json_object_get(root, "attachments");

    assert(characters(string_of(root, "text")) <= 16383);
    assert(json_array_size(attachments) == 1); // without one, links get a preview
    check_markdown(behind_mention(string_of(root, "text"), mention), 4);
    check_markdown(string_of(json_array_get(attachments, 0), "text"), 0);
}

static void check_ntfy(json_t *root, const char *topic)
{
    json_int_t priority = json_integer_value(json_object_get(root, "priority"));

    assert(strcmp(string_of(root, "topic"), topic) == 0);
    assert(strlen(string_of(root, "message")) <= 4096 && strlen(string_of(root, "title")) <= 1024);
    assert(priority >= 1 && priority <= 5);
    assert(!json_object_get(root, "markdown"));
}

static void check_format(json_t *root, const struct endpoint *endpoint, const char *mention)
{
    switch (endpoint->format) {
    case FORMAT_SLACK:
        check_slack(root, mention);
        break;
    case FORMAT_TEAMS:
        check_teams(root, mention);
        break;
    case FORMAT_GOOGLE_CHAT:
        check_google_chat(root, mention);
        break;
    case FORMAT_DISCORD:
        check_discord(root, mention);
        break;
    case FORMAT_MATTERMOST:
        check_mattermost(root, mention);
        break;
    case FORMAT_NTFY:
        check_ntfy(root, endpoint->topic);
        break;
    default:
        (void)string_of(root, "type");
        assert(json_is_string(json_object_get(json_object_get(root, "data"), "headline")));
        break;
    }
}

void payload_check(const struct text *payload, const struct endpoint *endpoint,
                   const struct notice *notice)
{
    static const size_t most_bytes[FORMAT_COUNT] = {
        [FORMAT_TEAMS] = 21 * 1024, [FORMAT_GOOGLE_CHAT] = 32000, [FORMAT_NTFY] = 8192};
    bool calls = notice->urgent || notice->kind == NOTICE_ESCALATION;
    size_t most = most_bytes[endpoint->format];
    json_t *root = json_loadb(payload->bytes, payload->size, JSON_REJECT_DUPLICATES, NULL);

    assert(json_is_object(root));
    assert(!most || payload->size <= most);
    check_format(root, endpoint, calls ? endpoint->mention : NULL);
    json_decref(root);
}
