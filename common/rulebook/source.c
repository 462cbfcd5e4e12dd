#include "common/rulebook/source.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/xalloc.h"

// A file that is being read.
struct reading {
    const char *name; // owned by the source
    struct text bytes;
    size_t at;
    int line;
    bool line_start; // only blanks since the line began
};

struct scan {
    struct source *source;
    struct problems *problems;
    struct reading stack[SOURCE_DEPTH];
    size_t depth;
    struct place open[SOURCE_NESTING]; // the brackets that are open
    size_t nesting;
    bool blank;  // something stood between the last token and this one
    bool broken; // the rest cannot be made sense of
};

char *source_resolve(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct text joined = {0};

    if (name[0] != '/' && slash) {
        text_add_bytes(&joined, path, (size_t)(slash - path) + 1);
    }
    text_add(&joined, name);
    return joined.bytes;
}

struct place source_place(const struct source *source, unsigned line)
{
    if (source->line_count == 0) {
        return (struct place){source->file_count ? source->files[0] : "", 0};
    }
    if (line == 0) {
        line = 1;
    }
    return source->lines[line > source->line_count ? source->line_count - 1 : line - 1];
}

void source_finish(struct source *source)
{
    text_finish(&source->text);
    for (size_t i = 0; i < source->file_count; i++) {
        free(source->files[i]);
    }
    free(source->files);
    free(source->lines);
    *source = (struct source){0};
}

static void give_up(struct scan *scan, int line, const char *words)
{
    problems_add(scan->problems, PROBLEM_ERROR, scan->stack[scan->depth - 1].name, line, "%s",
                 words);
    scan->broken = true;
}

// The line of the first byte that no rule book may have, 0 where all are well.
static int bad_line(const char *bytes, size_t size, const char **ret_words)
{
    int line = 1;
    size_t start = 0;

    for (size_t i = 0; i <= size; i++) {
        unsigned char byte = i < size ? (unsigned char)bytes[i] : '\n';

        if ((byte < 0x20 && !strchr("\t\n\f\r", byte)) || byte == 0x7f || byte == 0) {
            *ret_words = "a control character stands here: a rule book is plain text";
            return line;
        }
        if (byte == '\n') {
            if (!utf8_valid(bytes + start, i - start)) {
                *ret_words = "this line is not UTF-8: save the file in that encoding";
                return line;
            }
            start = i + 1;
            line++;
        }
    }
    return 0;
}

static void open_file(struct scan *scan, char *name, struct place from)
{
    struct source *source = scan->source;
    struct reading *reading = &scan->stack[scan->depth];
    struct error err = {0};
    const char *words = "";
    int line;

    *reading = (struct reading){.name = name, .line = 1, .line_start = true};
    if (file_read(name, SOURCE_FILE_BYTES, &reading->bytes, &err) < 0) {
        problems_add(scan->problems, PROBLEM_ERROR, from.file ? from.file : name, from.line,
                     "the file cannot be read: %s", err.message);
        text_finish(&reading->bytes);
        free(name);
        scan->broken = true;
        return;
    }
    source->files = xrealloc(source->files, (source->file_count + 1) * sizeof *source->files);
    source->files[source->file_count++] = name;
    scan->depth++;
    line = bad_line(text_string(&reading->bytes), reading->bytes.size, &words);
    if (line) {
        give_up(scan, line, words);
    } else if (strncmp(text_string(&reading->bytes), "\xef\xbb\xbf", 3) == 0) {
        reading->at = 3; // the byte-order mark that some editors leave
    }
}

static void new_line(struct source *source, struct place place)
{
    if (source->line_count == source->line_capacity) {
        source->line_capacity = source->line_capacity ? source->line_capacity * 2 : 256;
        source->lines = xrealloc(source->lines, source->line_capacity * sizeof *source->lines);
    }
    if (source->line_count) {
        text_add_char(&source->text, '\n');
    }
    source->lines[source->line_count++] = place;
}

// Takes the next size bytes of the file as a token. libconfig notes the line of a list's element
// only after it has looked one token ahead; so a mark that closes or parts stays on the line
// before.
static void emit(struct scan *scan, size_t size)
{
    struct reading *reading = &scan->stack[scan->depth - 1];
    struct source *source = scan->source;
    const char *token = reading->bytes.bytes + reading->at;
    const struct place *last = source->line_count ? &source->lines[source->line_count - 1] : NULL;
    bool stays = last && strchr(",;)]}", token[0]);

    if (!stays && (!last || last->line != reading->line || last->file != reading->name)) {
        new_line(source, (struct place){reading->name, reading->line});
    } else if (scan->blank) {
        text_add_char(&source->text, ' ');
    }
    for (size_t i = 0, from = 0; i <= size; i++) {
        if (i == size || token[i] == '\n') {
            text_add_bytes(&source->text, token + from, i - from);
            from = i + 1;
        }
        if (i < size && token[i] == '\n') {
            new_line(source, (struct place){reading->name, ++reading->line});
        }
    }
    reading->at += size;
    reading->line_start = false;
    scan->blank = false;
    if (source->text.size > SOURCE_BYTES) {
        give_up(scan, reading->line, "all files of the rule book together are too large");
    }
}

static void skip_comment(struct scan *scan)
{
    struct reading *reading = &scan->stack[scan->depth - 1];
    const char *start = reading->bytes.bytes + reading->at, *end;

    scan->blank = true;
    if (start[0] == '#' || start[1] == '/') {
        reading->at += strcspn(start, "\n");
        return;
    }
    end = strstr(start + 2, "*/");
    if (!end) {
        give_up(scan, reading->line, "a comment begins here with /* and never ends");
        return;
    }
    for (; start < end; start++) {
        reading->line += *start == '\n';
    }
    reading->at = (size_t)(end + 2 - reading->bytes.bytes);
    reading->line_start = false;
}

static void take_string(struct scan *scan)
{
    struct reading *reading = &scan->stack[scan->depth - 1];
    const char *start = reading->bytes.bytes + reading->at;
    size_t size = 1;

    while (start[size] && start[size] != '"') {
        size += start[size] == '\\' && start[size + 1] ? 2 : 1;
    }
    if (!start[size]) {
        give_up(scan, reading->line, "a text begins here with \" and never ends");
    } else if (size > SOURCE_STRING_BYTES) {
        give_up(scan, reading->line, "a text begins here that is far too long");
    } else {
        emit(scan, size + 1);
    }
}

// Adds an L to an integer that libconfig would cut to 32 bits, so that it arrives whole and can be
// refused by its real value.
static void keep_whole(struct source *source, const char *word, size_t size)
{
    char digits[32];
    char *end;
    long long value;
    bool hex = size > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');

    if (size >= sizeof digits) {
        return;
    }
    memcpy(digits, word, size);
    digits[size] = '\0';
    errno = 0;
    value = strtoll(digits, &end, hex ? 16 : 10);
    if (end != digits && *end == '\0' && (errno || value > INT_MAX || value < INT_MIN)) {
        text_add_char(&source->text, 'L');
    }
}

static void take_word(struct scan *scan)
{
    struct reading *reading = &scan->stack[scan->depth - 1];
    const char *word = reading->bytes.bytes + reading->at;
    size_t size = 0;

    do {
        size += strcspn(word + size, " \t\n\f\r=:,;{}()[]\"#/@");
    } while (word[size] == '/' && word[size + 1] != '/' && word[size + 1] != '*' && ++size);
    emit(scan, size ? size : 1);
    keep_whole(scan->source, word, size);
}

static void include(struct scan *scan)
{
    struct reading *reading = &scan->stack[scan->depth - 1];
    struct place place = {reading->name, reading->line};
    const char *at = reading->bytes.bytes + reading->at;
    size_t word = strcspn(at, " \t\r\n\""), gap = strspn(at + word, " \t"), size;
    cleanup_with(freep) char *name = NULL;

    if (!reading->line_start) {
        give_up(scan, place.line, "@include must be the first thing on its line");
        return;
    }
    at += word + gap;
    size = *at == '"' ? strcspn(at + 1, "\"\\\n") : 0;
    if (word != strlen("@include") || strncmp(at - word - gap, "@include", word) != 0 || !size ||
        at[1 + size] != '"') {
        give_up(scan, place.line, "this is no include: write @include \"other.conf\"");
        return;
    }
    name = xstrndup(at + 1, size);
    reading->at += word + gap + size + 2;
    reading->line_start = false;
    scan->blank = true;
    if (scan->depth == SOURCE_DEPTH) {
        give_up(scan, place.line, "files include files too deeply: does one include itself?");
    } else if (scan->source->file_count == SOURCE_FILES) {
        give_up(scan, place.line, "too many files are included");
    } else {
        open_file(scan, source_resolve(place.file, name), place);
    }
}

// Deep nesting would use up the library's stack; the pairs themselves are its business.
static void take_mark(struct scan *scan)
{
    const struct reading *reading = &scan->stack[scan->depth - 1];
    char mark = reading->bytes.bytes[reading->at];

    if (strchr("({[", mark)) {
        if (scan->nesting == SOURCE_NESTING) {
            give_up(scan, reading->line, "brackets are nested too deeply");
            return;
        }
        scan->open[scan->nesting++] = (struct place){reading->name, reading->line};
    } else if (strchr(")}]", mark)) {
        scan->nesting -= scan->nesting > 0;
    }
    emit(scan, 1);
}

static void step(struct scan *scan)
{
    struct reading *reading = &scan->stack[scan->depth - 1];
    const char *at = text_string(&reading->bytes) + reading->at;

    if (*at == '\0') {
        text_finish(&reading->bytes);
        scan->depth--;
        scan->blank = true;
    } else if (*at == '\n') {
        reading->at++;
        reading->line++;
        reading->line_start = scan->blank = true;
    } else if (strchr(" \t\r\f", *at)) {
        reading->at++;
        scan->blank = true;
    } else if (*at == '#' || (*at == '/' && (at[1] == '/' || at[1] == '*'))) {
        skip_comment(scan);
    } else if (*at == '"') {
        take_string(scan);
    } else if (*at == '@') {
        include(scan);
    } else if (strchr("=:,;{}()[]", *at)) {
        take_mark(scan);
    } else {
        take_word(scan);
    }
}

int source_read(const char *path, struct source *ret, struct problems *problems)
{
    struct source source = {0};
    struct scan scan = {.source = &source, .problems = problems};

    open_file(&scan, xstrdup(path), (struct place){0});
    while (scan.depth && !scan.broken) {
        step(&scan);
    }
    while (scan.depth) {
        text_finish(&scan.stack[--scan.depth].bytes);
    }
    if (!scan.broken && scan.nesting) {
        struct place open = scan.open[scan.nesting - 1];

        problems_add(problems, PROBLEM_ERROR, open.file, open.line,
                     "a bracket is opened here and never closed");
        scan.broken = true;
    }
    if (scan.broken) {
        source_finish(&source);
        return -EINVAL;
    }
    *ret = source;
    return 0;
}
