#include "common/rulebook/matcher.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/xalloc.h"
#include "common/event/event.h"
#include "common/rulebook/fields.h"
#include "common/rulebook/pattern.h"

enum { WRITTEN_BYTES = 1024, WORDS_MOST = 256, COUNT_DIGITS = 9, SHOWN_BYTES = 100 };

// Stands for a word of data.NAME that is no number.
#define NO_NUMBER INT64_MIN

static const struct {
    const char *sign;
    enum operator op;
} operators[] = {
    // the longer first, where one begins like another
    {"!=", OP_UNEQUAL},  {"!~", OP_MATCHES_NOT}, {"=~", OP_MATCHES}, {"<=", OP_AT_MOST},
    {">=", OP_AT_LEAST}, {"=", OP_EQUAL},        {"<", OP_LESS},     {">", OP_MORE},
};

void matcher_finish(struct matcher *matcher)
{
    for (size_t i = 0; i < matcher->word_count; i++) {
        free(matcher->words[i]);
    }
    free(matcher->words);
    free(matcher->numbers);
    free(matcher->written);
    free(matcher->data_name);
    pattern_destroy(matcher->pattern);
    *matcher = (struct matcher){0};
}

// Puts what was written before the words that refuse it.
static int refuse(const struct matcher *matcher, struct error *err, const char *words)
{
    return error_set(err, -EINVAL, "'%.*s': %s",
                     (int)utf8_cut(matcher->written, strlen(matcher->written), SHOWN_BYTES),
                     matcher->written, words);
}

static int refuse_with(const struct matcher *matcher, struct error *err, const char *format, ...)
    printf_like(3, 4);

static int refuse_with(const struct matcher *matcher, struct error *err, const char *format, ...)
{
    char words[400];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return refuse(matcher, err, words);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static int parse_field(const char **at, struct matcher *matcher, struct error *err)
{
    size_t size = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    cleanup_with(freep) char *name = xstrndup(*at, size);
    const char *nearest;

    if (size == 0) {
        return refuse(matcher, err,
                      "a matcher begins with a field, such as \"category = billing\"");
    }
    matcher->field = field_of(name);
    if (matcher->field == FIELD_COUNT) {
        nearest = field_nearest(name);
        return nearest ? refuse_with(matcher, err, "there is no field '%.64s'; did you mean '%s'?",
                                     name, nearest)
                       : refuse_with(matcher, err, "there is no field '%.64s'", name);
    }
    matcher->kind = field_kind(matcher->field);
    if (matcher->field == FIELD_DATA) {
        matcher->data_name = xstrdup(name + strlen("data."));
    }
    *at += size;
    return 0;
}

static int parse_operator(const char **at, struct matcher *matcher, struct error *err)
{
    const char *start = skip_blanks(*at);

    if (start > *at && strncmp(start, "in", 2) == 0 && strchr(" \t\"'", start[2])) {
        matcher->op = OP_IN;
        *at = start + 2;
        return 0;
    }
    if (strncmp(start, "==", 2) == 0) {
        return refuse(matcher, err, "there is no operator '=='; did you mean '='?");
    }
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t size = strlen(operators[i].sign);

        if (strncmp(start, operators[i].sign, size) == 0) {
            matcher->op = operators[i].op;
            *at = start + size;
            return 0;
        }
    }
    return refuse_with(matcher, err,
                       "after '%.64s' an operator must follow: = != < <= > >= =~ !~ in",
                       matcher->data_name ? "data.NAME" : field_name(matcher->field));
}

static bool orders(enum operator op)
{
    return op == OP_LESS || op == OP_AT_MOST || op == OP_MORE || op == OP_AT_LEAST;
}

static int check_operator(const struct matcher *matcher, struct error *err)
{
    const char *name = field_name(matcher->field);

    if (matcher->kind == FACT_TEXT && orders(matcher->op)) {
        return refuse_with(matcher, err,
                           "%s is a word, of which none is less or more; use = != =~ !~ in", name);
    }
    if (matcher->kind != FACT_TEXT && matcher->kind != FACT_ANY &&
        (matcher->op == OP_MATCHES || matcher->op == OP_MATCHES_NOT)) {
        return refuse_with(matcher, err, "%s is a number, no text; use = != < <= > >= in", name);
    }
    return 0;
}

static void add_word(struct matcher *matcher, const char *start, size_t size)
{
    matcher->words = xrealloc(matcher->words, (matcher->word_count + 1) * sizeof *matcher->words);
    matcher->words[matcher->word_count++] = xstrndup(start, size);
}

static size_t without_blanks(const char *start, size_t size)
{
    while (size && strchr(" \t", start[size - 1])) {
        size--;
    }
    return size;
}

// One operand at *at: in quotes, or as far as stop goes. Leaves *at behind it and the blanks.
static int parse_word(const char **at, const char *stop, struct matcher *matcher, struct error *err)
{
    const char *start = skip_blanks(*at), *end;
    char quote = *start;

    if (quote == '"' || quote == '\'') {
        end = strchr(start + 1, quote);
        if (!end) {
            return refuse(matcher, err, "a quote is opened and never closed");
        }
        add_word(matcher, start + 1, (size_t)(end - start) - 1);
        *at = skip_blanks(end + 1);
        if (**at && !strchr(stop, **at)) {
            return refuse(matcher, err, "something follows the closing quote");
        }
        return 0;
    }
    end = start + strcspn(start, stop);
    if (without_blanks(start, (size_t)(end - start)) == 0) {
        return refuse(matcher, err, "a value is missing");
    }
    add_word(matcher, start, without_blanks(start, (size_t)(end - start)));
    *at = end;
    return 0;
}

// A pattern may hold quotes of its own: only a pair around all of it is taken off.
static int parse_pattern(const char *at, struct matcher *matcher, struct error *err)
{
    const char *start = skip_blanks(at);
    size_t size = without_blanks(start, strlen(start));
    struct error why = {0};

    if (size >= 2 && (start[0] == '"' || start[0] == '\'') && start[size - 1] == start[0]) {
        start++;
        size -= 2;
    }
    if (size == 0) {
        return refuse(matcher, err, "a pattern is missing");
    }
    add_word(matcher, start, size);
    if (pattern_create(matcher->words[0], &matcher->pattern, &why) < 0) {
        return refuse(matcher, err, why.message);
    }
    return 0;
}

static int parse_words(const char *at, struct matcher *matcher, struct error *err)
{
    const char *stop = matcher->op == OP_IN ? "," : "";
    int r;

    if (matcher->op == OP_IN && strspn(skip_blanks(at), "([{")) {
        return refuse(matcher, err,
                      "the values of 'in' stand without brackets, such as \"category in billing, "
                      "payment\"; one that begins with a bracket wants quotes");
    }
    for (;;) {
        r = parse_word(&at, stop, matcher, err);
        if (r < 0) {
            return r;
        }
        if (*at == '\0') {
            return 0;
        }
        if (matcher->word_count == WORDS_MOST) {
            return refuse_with(matcher, err, "more than %d values", WORDS_MOST);
        }
        at++; // the comma
    }
}

static int parse_count(const char *word, int64_t *ret)
{
    size_t size = strlen(word);

    if (size == 0 || size > COUNT_DIGITS || strspn(word, "0123456789") != size) {
        return -EINVAL;
    }
    *ret = 0;
    for (; *word; word++) {
        *ret = *ret * 10 + (*word - '0');
    }
    return 0;
}

static int parse_hop(const struct matcher *matcher, const char *word, int64_t *ret,
                     struct error *err)
{
    if (strcmp(word, "0") == 0 || strcmp(word, "service") == 0) {
        *ret = 0;
    } else if (strcmp(word, "1") == 0 || strcmp(word, "sales") == 0) {
        *ret = 1;
    } else {
        return refuse(matcher, err, "a hop is 0 (service) or 1 (sales): " ONE_HOP_LAW);
    }
    return 0;
}

static int parse_number(const struct matcher *matcher, const char *word, int64_t *ret,
                        struct error *err)
{
    int shown = (int)utf8_cut(word, strlen(word), 40);

    if (matcher->field == FIELD_ISSUE_HOP) {
        return parse_hop(matcher, word, ret, err);
    }
    if (matcher->kind == FACT_MONEY && money_parse(word, ret) < 0) {
        return refuse_with(matcher, err, "'%.*s' is no amount; write 10000 or 10000.50", shown,
                           word);
    }
    if (matcher->kind == FACT_SPAN && span_parse(word, ret) < 0) {
        return refuse_with(matcher, err, "'%.*s' is no span of time; write 30m, 4h or 3d", shown,
                           word);
    }
    if (matcher->kind == FACT_COUNT && parse_count(word, ret) < 0) {
        return refuse_with(matcher, err, "'%.*s' is no count; write a whole number such as 2",
                           shown, word);
    }
    if (matcher->field == FIELD_HOUR && *ret > 23) {
        return refuse(matcher, err, "an hour goes from 0 to 23");
    }
    return 0;
}

static int parse_numbers(struct matcher *matcher, struct error *err)
{
    bool any = matcher->kind == FACT_ANY;

    matcher->numbers = xcalloc(matcher->word_count, sizeof *matcher->numbers);
    for (size_t i = 0; i < matcher->word_count; i++) {
        int r = 0;

        if (any && money_parse(matcher->words[i], &matcher->numbers[i]) < 0) {
            matcher->numbers[i] = NO_NUMBER;
            r = orders(matcher->op) ? refuse(matcher, err, "less and more need a number") : 0;
        } else if (!any) {
            r = parse_number(matcher, matcher->words[i], &matcher->numbers[i], err);
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

// Words that only some values can be; an event's prefix is taken off.
static int check_words(struct matcher *matcher, struct error *err)
{
    struct error why = {0};

    for (size_t i = 0; i < matcher->word_count; i++) {
        if (field_check_word(matcher->field, matcher->words[i], &why) < 0) {
            return refuse(matcher, err, why.message);
        }
        if (matcher->field == FIELD_EVENT) {
            enum event_type type = event_type_of(matcher->words[i]);

            free(matcher->words[i]);
            matcher->words[i] = xstrdup(event_type_name(type));
        }
    }
    matcher->numbers = xcalloc(matcher->word_count, sizeof *matcher->numbers);
    for (size_t i = 0; i < matcher->word_count; i++) {
        matcher->numbers[i] = matcher_mark(matcher->words[i]);
    }
    return 0;
}

static int parse_operands(const char *at, struct matcher *matcher, struct error *err)
{
    int r;

    if (matcher->op == OP_MATCHES || matcher->op == OP_MATCHES_NOT) {
        return parse_pattern(at, matcher, err);
    }
    r = parse_words(at, matcher, err);
    if (r < 0) {
        return r;
    }
    return matcher->kind == FACT_TEXT ? check_words(matcher, err) : parse_numbers(matcher, err);
}

int matcher_parse(const char *written, struct matcher *ret, struct error *err)
{
    cleanup_with(matcher_finish) struct matcher matcher = {0};
    const char *at = skip_blanks(written);
    size_t size = strlen(written);
    int r;

    if (size > WRITTEN_BYTES) {
        return error_set(err, -EINVAL, "a matcher is longer than %d bytes", WRITTEN_BYTES);
    }
    if (!utf8_valid(written, size)) {
        return error_set(err, -EINVAL, "a matcher is not UTF-8");
    }
    matcher.written = xstrndup(at, without_blanks(at, strlen(at)));
    r = parse_field(&at, &matcher, err);
    r = r < 0 ? r : parse_operator(&at, &matcher, err);
    r = r < 0 ? r : check_operator(&matcher, err);
    r = r < 0 ? r : parse_operands(at, &matcher, err);
    if (r < 0) {
        return r;
    }
    *ret = matcher;
    matcher = (struct matcher){0};
    return 0;
}

// FNV-1a of 64 bits, from the IETF draft draft-eastlake-fnv.
int64_t matcher_mark(const char *text)
{
    uint64_t mark = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++) {
        mark = (mark ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return mark ? (int64_t)mark : 1;
}

static bool compare(enum operator op, int64_t value, int64_t operand)
{
    switch (op) {
    case OP_LESS:
        return value < operand;
    case OP_AT_MOST:
        return value <= operand;
    case OP_MORE:
        return value > operand;
    case OP_AT_LEAST:
        return value >= operand;
    default:
        return value == operand;
    }
}

// The value as a number in the unit of the matcher's operands, false where it is none.
static bool number_of(const struct matcher *matcher, const struct fact *value, int64_t *ret)
{
    *ret = value->number;
    if (matcher->kind != FACT_ANY) {
        return value->kind == matcher->kind;
    }
    if (value->kind == FACT_COUNT) {
        return !__builtin_mul_overflow(value->number, 100, ret);
    }
    return value->kind == FACT_MONEY ||
           (value->kind == FACT_TEXT && money_parse(value->text, ret) == 0);
}

// Whether the value is one of the words.
static bool is_word(const struct matcher *matcher, const struct fact *value)
{
    for (size_t i = 0; i < matcher->word_count; i++) {
        if ((value->number == 0 || value->number == matcher->numbers[i]) &&
            strcmp(value->text, matcher->words[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Whether the value stands to any of the operands as the operator says ("!=" is asked as "=").
static bool stands(const struct matcher *matcher, const struct fact *value)
{
    int64_t number = 0;
    bool numeric;

    if (matcher->kind == FACT_TEXT) {
        return is_word(matcher, value);
    }
    numeric = number_of(matcher, value, &number);
    for (size_t i = 0; i < matcher->word_count; i++) {
        if (numeric && matcher->numbers[i] != NO_NUMBER) {
            if (compare(matcher->op, number, matcher->numbers[i])) {
                return true;
            }
        } else if (value->kind == FACT_TEXT && !orders(matcher->op) &&
                   strcmp(value->text, matcher->words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum answer answer_of(bool yes)
{
    return yes ? ANSWER_YES : ANSWER_NO;
}

// A number of data.NAME that meets a pattern is read as it would be written.
static enum answer find(const struct matcher *matcher, const struct fact *value)
{
    char digits[MONEY_TEXT_BYTES];
    enum answer found;

    if (value->kind == FACT_TEXT) {
        found = pattern_found(matcher->pattern, value->text);
    } else {
        if (value->kind == FACT_MONEY && value->number % 100) {
            (void)money_format(value->number, digits);
        } else {
            (void)snprintf(digits, sizeof digits, "%" PRId64,
                           value->kind == FACT_MONEY ? value->number / 100 : value->number);
        }
        found = pattern_found(matcher->pattern, digits);
    }
    if (found == ANSWER_CANNOT_TELL || matcher->op == OP_MATCHES) {
        return found;
    }
    return answer_of(found == ANSWER_NO);
}

enum answer matcher_holds(const struct matcher *matcher, const struct fact *value)
{
    if (value->kind == FACT_ABSENT || (value->kind == FACT_TEXT && !value->text)) {
        return answer_of(matcher->op == OP_UNEQUAL || matcher->op == OP_MATCHES_NOT);
    }
    if (matcher->pattern) {
        return find(matcher, value);
    }
    return answer_of(stands(matcher, value) != (matcher->op == OP_UNEQUAL));
}
