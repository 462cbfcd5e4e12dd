#include "daemon/outbox/quote.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/attributes.h"

#define PARTING  "\u200b" // a space without width: nobody sees it, and no program reads over it
#define ELLIPSIS "…"

size_t quote_cut(const char *string, size_t size, size_t max_characters)
{
    size_t at = 0;

    for (size_t count = 0; at < size; at++) {
        if (((unsigned char)string[at] & 0xc0) != 0x80 && count++ == max_characters) {
            break;
        }
    }
    return at;
}

// What turns the direction of the text around it, and so makes words look like others: U+202A to
// U+202E, U+2066 to U+2069.
static bool turns_text(const unsigned char *at)
{
    return at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
                             (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

// Each is replaced by what has its size.
static void clean(struct text *text, bool keep_lines)
{
    unsigned char *at = (unsigned char *)text->bytes;

    for (size_t left = text->size; left; left--, at++) {
        if ((*at < 0x20 || *at == 0x7f) && !(keep_lines && *at == '\n')) {
            *at = ' ';
        } else if (left > 1 && at[0] == 0xc2 && at[1] < 0xa0) {
            at[1] = 0xa0; // a control character of U+0080 to U+009F becomes a blank
        } else if (left > 2 && turns_text(at)) {
            at[1] = 0x80; // U+200B, as PARTING has it
            at[2] = 0x8b;
        }
    }
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_letter_or_digit(char byte)
{
    return is_letter(byte) || (byte >= '0' && byte <= '9');
}

// One character or address of the string that is being quoted.
struct piece {
    const char *string, *at;
};

static char before(const struct piece *piece)
{
    return piece->at > piece->string ? piece->at[-1] : '\0';
}

// An '@' inside of an e-mail address calls nobody; any other one does.
static bool calls_somebody(const struct piece *piece)
{
    static const char *const crowds[] = {"everyone", "here", "channel", "all"};

    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        if (strncmp(piece->at + 1, crowds[i], strlen(crowds[i])) == 0) {
            return true;
        }
    }
    return !is_letter_or_digit(before(piece));
}

// The size of the address that begins here, as far as no character of it is markup to anybody.
// 0: none does. Left as it stands it can be followed, and says itself where it leads.
static size_t address_size(const struct piece *piece)
{
    size_t scheme = strncmp(piece->at, "https://", 8) == 0  ? 8
                    : strncmp(piece->at, "http://", 7) == 0 ? 7
                                                            : 0;

    if (!scheme || is_letter_or_digit(before(piece)) || !is_letter_or_digit(piece->at[scheme])) {
        return 0;
    }
    return scheme + strspn(piece->at + scheme, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
                                               "yz0123456789-._/?&=%#+:");
}

static bool line_begins(const struct text *out)
{
    const char *end = out->size ? memrchr(out->bytes, '\n', out->size) : NULL;
    const char *line = end ? end + 1 : text_string(out);

    return line[strspn(line, " 0123456789")] == '\0'; // also behind the number of a list
}

// The character with what keeps Markdown from reading it.
static void add_markdown(struct text *out, const struct piece *piece)
{
    char byte = *piece->at, next = piece->at[1];

    switch (byte) {
    case ' ': // four of them would begin a block of code
        if (out->size == 0 || out->bytes[out->size - 1] == '\n') {
            return;
        }
        break;
    case '\\':
    case '*':
    case '_':
    case '~':
    case '`':
    case '|':
    case '[':
    case ']':
        text_add_char(out, '\\');
        break;
    case '#':
    case '>':
    case '-':
    case '+':
    case '=':
    case '.':
    case ')':
        text_add(out, line_begins(out) ? PARTING : "");
        break;
    default:
        break;
    }
    text_add_char(out, byte);
    if (byte == '<' || (byte == '#' && (is_letter(next) || (unsigned char)next >= 0x80)) ||
        (byte == ':' && (is_letter(next) || next == '+' || next == '-' || next == '_'))) {
        text_add(out, PARTING); // of :emoji:, of #hashtag, and of <@123>, <https://…>
    }
}

static void add_entity(struct text *out, char byte)
{
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
    }
}

static void add_plain(struct text *out, const struct piece *piece)
{
    text_add_char(out, *piece->at);
    if (*piece->at == '<' || (*piece->at == '{' && piece->at[1] == '{')) {
        text_add(out, PARTING); // of <at>, <users/all>, {{DATE(…)}}
    }
}

// Quotes what stands at piece; returns how many bytes of the string that was.
static size_t add_piece(struct text *out, enum quote_style style, const struct piece *piece)
{
    size_t size = style == QUOTE_MARKDOWN ? address_size(piece) : 0;

    if (size) {
        text_add_bytes(out, piece->at, size);
        return size;
    }
    if ((unsigned char)*piece->at >= 0x80) {
        for (size = 1; ((unsigned char)piece->at[size] & 0xc0) == 0x80; size++) {
        }
        text_add_bytes(out, piece->at, size);
        return size;
    }
    switch (style) {
    case QUOTE_NOTHING:
        text_add_char(out, *piece->at);
        return 1;
    case QUOTE_PLAIN:
        add_plain(out, piece);
        break;
    case QUOTE_SLACK:
        add_entity(out, *piece->at);
        break;
    case QUOTE_HTML:
        if (*piece->at == '\n') {
            text_add(out, "<br>");
        } else {
            add_entity(out, *piece->at);
        }
        break;
    case QUOTE_MARKDOWN:
        add_markdown(out, piece);
        break;
    }
    if (*piece->at == '@' && calls_somebody(piece)) {
        text_add(out, PARTING);
    }
    return 1;
}

static void add(struct text *out, enum quote_style style, const struct text *words, size_t room)
{
    struct piece piece = {.string = text_string(words), .at = text_string(words)};
    size_t fits = out->size, count = 0; // fits: the end of what leaves room for the ellipsis

    while (*piece.at) {
        size_t from = out->size;

        piece.at += add_piece(out, style, &piece);
        count += utf8_length(out->bytes + from, out->size - from);
        if (count < room) {
            fits = out->size;
        } else if (count > room) {
            out->size = fits;
            text_add(out, ELLIPSIS);
            return;
        }
    }
}

void quote_line(struct text *out, enum quote_style style, const char *string, size_t room)
{
    cleanup_with(text_finish) struct text words = {0};

    text_add(&words, string);
    clean(&words, false);
    add(out, style, &words, room);
}

void quote_lines(struct text *out, enum quote_style style, const char *string, size_t room)
{
    cleanup_with(text_finish) struct text words = {0};

    text_add(&words, string);
    clean(&words, true);
    add(out, style, &words, room);
}

void quote_bytes(struct text *out, const char *string, size_t max_bytes)
{
    cleanup_with(text_finish) struct text words = {0};
    size_t size = strlen(string);

    if (size > max_bytes) {
        text_add_bytes(&words, string, utf8_cut(string, size, max_bytes - strlen(ELLIPSIS)));
        text_add(&words, ELLIPSIS);
    } else {
        text_add(&words, string);
    }
    clean(&words, true);
    text_add(out, text_string(&words));
}
