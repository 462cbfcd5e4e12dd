#include "daemon/outbox/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/attributes.h"

enum { HEADLINE_CHARACTERS = 150 }; // of a brief

// Only what asks the reader to act now calls him by name.
static const char *mention_of(const struct endpoint *endpoint, const struct notice *notice)
{
    return notice->urgent || notice->kind == NOTICE_ESCALATION ? endpoint->mention : NULL;
}

const char *format_write(struct text *out, const struct endpoint *endpoint,
                         const struct notice *notice, const char *headline, const char *body,
                         int64_t now_ms)
{
    static void (*const formats[])(struct text *, const struct message *) = {
        [FORMAT_GENERIC] = format_generic, [FORMAT_SLACK] = format_slack,
        [FORMAT_TEAMS] = format_teams,     [FORMAT_GOOGLE_CHAT] = format_google_chat,
        [FORMAT_DISCORD] = format_discord, [FORMAT_MATTERMOST] = format_mattermost,
        [FORMAT_NTFY] = format_ntfy,
    };
    struct message message = {.notice = notice,
                              .headline = headline,
                              .body = body,
                              .mention = mention_of(endpoint, notice),
                              .topic = endpoint->topic,
                              .now_ms = now_ms};

    if (!*headline && endpoint->format != FORMAT_GENERIC) {
        message.headline = notice_kind_name(notice->kind); // they refuse an empty one
    }
    formats[endpoint->format](out, &message);
    return endpoint->format == FORMAT_GENERIC ? "application/cloudevents+json" : "application/json";
}

// A rule has its name from the admin, in plain words. Where no rule decided, what was looked at is
// for who asks why; the reader is told what follows from it.
static void add_reason(struct text *out, const struct notice *notice)
{
    const char *rule = notice->rule ? notice->rule : "", *why = notice->why ? notice->why : "";
    const char *stand_in = strstr(why, "; ");

    if (strcmp(rule, "unsaid") == 0) {
        text_add(out, "no rule says whether you hear of this, and then you do");
    } else if (*rule && strncmp(rule, "law: ", 5) != 0) {
        text_add(out, rule);
    } else if (notice->kind == NOTICE_STAND_FIRM) {
        text_add(out, "it is with the sales rep already, and one step up is as far as it goes");
    } else if (notice->kind == NOTICE_DIGEST) {
        text_add(out, "what can wait comes once a day");
        text_add(out, stand_in ? stand_in : "");
    } else { // a law of ours for the admin says it itself
        text_add(out, why);
    }
}

void format_add_reason(struct text *out, enum quote_style style, const struct notice *notice,
                       size_t room)
{
    cleanup_with(text_finish) struct text reason = {0};

    add_reason(&reason, notice);
    if (reason.size) {
        text_add(out, "Why: ");
        quote_line(out, style, text_string(&reason), room);
        text_add(out, " · ");
    }
    quote_line(out, style, notice->id, room);
}

// Writes the body without so much of it; returns how much room that takes.
static size_t measure_without(struct text *ret, const struct message *message,
                              body_measure *measure, enum quote_style style, size_t left_out)
{
    text_clear(ret);
    words_body_without(ret, message->notice, message->now_ms, left_out);
    return measure(style, ret);
}

void format_fit_body(struct text *ret, const struct message *message, body_measure *measure,
                     enum quote_style style, size_t room)
{
    size_t least = 1, most = words_body_spare(message->notice); // to be left out

    text_add(ret, message->body);
    if (most == 0 || measure(style, ret) <= room ||
        measure_without(ret, message, measure, style, most) > room) {
        return;
    }
    while (least < most) {
        size_t middle = least + (most - least) / 2;

        if (measure_without(ret, message, measure, style, middle) <= room) {
            most = middle;
        } else {
            least = middle + 1;
        }
    }
    (void)measure_without(ret, message, measure, style, most);
}

static size_t quoted_length(enum quote_style style, const struct text *body)
{
    cleanup_with(text_finish) struct text quoted = {0};

    quote_lines(&quoted, style, text_string(body), SIZE_MAX);
    return utf8_length(quoted.bytes, quoted.size);
}

void format_add_body(struct text *out, enum quote_style style, const struct message *message,
                     size_t room)
{
    cleanup_with(text_finish) struct text body = {0};

    format_fit_body(&body, message, quoted_length, style, room);
    quote_lines(out, style, text_string(&body), room);
}

void format_add_brief(struct text *out, enum quote_style style, const struct message *message,
                      size_t room)
{
    cleanup_with(text_finish) struct text words = {0};

    quote_line(&words, style, message->headline, HEADLINE_CHARACTERS);
    text_add(&words, *message->body ? "\n" : "");
    format_add_body(&words, style, message, room - utf8_length(words.bytes, words.size));
    text_add(out, text_string(&words));
}
