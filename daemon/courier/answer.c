#include "daemon/courier/answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    SECRET_PIECE_BYTES = 8, // a shorter piece of a url is a word rather than a secret
    RULE_BYTES = 6          // "404 1\n"
};

// What it means where an endpoint has nothing to say about it.
static enum send_result usual_result(int32_t status)
{
    switch (status) {
    case 401:
    case 403:
    case 404:
    case 407:
        return SEND_PAUSE;
    case 408:
    case 409:
    case 425:
    case 429:
        return SEND_AGAIN;
    case 410:
        return SEND_GONE;
    default:
        break;
    }
    switch (status / 100) {
    case 2:
        return SEND_DELIVERED;
    case 3:
        return SEND_PAUSE;
    case 4:
        return SEND_REFUSED;
    default:
        return SEND_AGAIN;
    }
}

enum send_result answer_result(const char *rules, int32_t status)
{
    char number[16];

    if (!rules) {
        return usual_result(status);
    }
    (void)snprintf(number, sizeof number, "%d", (int)status);
    for (; status <= 999 && strlen(rules) >= RULE_BYTES; rules += RULE_BYTES) {
        bool fits = rules[0] == number[0] &&
                    (memcmp(rules + 1, "xx", 2) == 0 || memcmp(rules, number, 3) == 0);
        int result = rules[4] - '0';

        if (fits && result >= SEND_DELIVERED && result <= SEND_GONE) {
            return (enum send_result)result;
        }
    }
    return usual_result(status);
}

// Where the secret part of a url begins: behind its host.
static const char *behind_host(const char *url)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    return host + strcspn(host, "/?#");
}

// Takes the pieces of the url out of line, from its byte `from` on.
static void hide_pieces(struct text *line, const char *url)
{
    static const char between[] = "/?&=#";
    static const char hidden[3] = "…"; // in UTF-8, with no NUL
    const char *piece = behind_host(url);

    if (line->size < SECRET_PIECE_BYTES) {
        return; // as nearly always
    }
    while (*(piece += strspn(piece, between))) {
        size_t length = strcspn(piece, between);
        char *found = line->bytes;
        size_t left = line->size;

        while (length >= SECRET_PIECE_BYTES && left &&
               (found = memmem(found, left, piece, length)) != NULL) {
            size_t behind = line->size - (size_t)(found - line->bytes) - length;

            memcpy(found, hidden, sizeof hidden);
            memmove(found + sizeof hidden, found + length, behind + 1);
            line->size -= length - sizeof hidden;
            found += sizeof hidden;
            left = behind;
        }
        piece += length;
    }
}

// Makes it text: what is not UTF-8 is shown as '?', and so is a NUL.
static void make_text(struct text *line)
{
    bool valid = utf8_valid(line->bytes, line->size);

    for (size_t i = 0; i < line->size; i++) {
        if (line->bytes[i] == '\0' || (!valid && (unsigned char)line->bytes[i] >= 0x80)) {
            line->bytes[i] = '?';
        }
    }
}

void answer_add_line(struct text *out, const char *bytes, size_t size, const char *url)
{
    cleanup_with(text_finish) struct text line = {0};

    if (!size) {
        return;
    }
    text_add_bytes(&line, bytes, size);
    hide_pieces(&line, url);
    if (size >= ANSWER_KEPT_BYTES) {
        // the end may hold half of a secret
        size_t kept = line.size > ANSWER_URL_BYTES ? line.size - ANSWER_URL_BYTES : 0;

        line.size = utf8_cut(line.bytes, line.size, kept);
        line.bytes[line.size] = '\0';
    }
    make_text(&line);
    text_add_line(out, text_string(&line), LIMIT_ANSWER_BYTES);
}
