// Outside text made fit for a message: cleaned of control characters, quoted by the receiver's own
// rules so that no mention, link or markup in it works, and cut to a number of characters. Pure.
#pragma once

#include <stddef.h>

#include "common/base/text.h"

enum quote_style {
    QUOTE_NOTHING,  // for places where nothing has a meaning, as Slack's plain_text
    QUOTE_PLAIN,    // for plain text that some clients search for mentions all the same
    QUOTE_SLACK,    // Slack's markup: three characters escaped
    QUOTE_HTML,     // Google Chat's cards: the same three, and lines end in <br>
    QUOTE_MARKDOWN, // Discord and Mattermost
};

// Appends string as one line, or with its lines. What takes more than room characters, as they are
// written, is cut between characters of the string, and ends in "…".
void quote_line(struct text *out, enum quote_style style, const char *string, size_t room);
void quote_lines(struct text *out, enum quote_style style, const char *string, size_t room);
// Likewise with its lines, as it stands; what is longer than max_bytes is cut.
void quote_bytes(struct text *out, const char *string, size_t max_bytes);

// The bytes of the first max_characters characters.
size_t quote_cut(const char *string, size_t size, size_t max_characters);
