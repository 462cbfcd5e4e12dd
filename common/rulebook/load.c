#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"
#include "common/rulebook/book.h"
#include "common/rulebook/reader.h"
#include "common/rulebook/reps.h"
#include "common/rulebook/rules.h"

// The library's own words for what it cannot read, made useful.
static const char *words_of(const char *error)
{
    if (error && strcmp(error, "syntax error") == 0) {
        return "this cannot be read: look here, and at the end of the line before, for a missing "
               "';', ',', quote or bracket";
    }
    if (error && strcmp(error, "duplicate setting name") == 0) {
        return "a setting stands here for the second time";
    }
    if (error && strcmp(error, "mismatched element type in array") == 0) {
        return "the members of a list in [ ] must all be of one type";
    }
    return error ? error : "this cannot be read";
}

static int parse(config_t *config, const struct source *source, struct problems *problems)
{
    struct place place;

    config_init(config);
    if (config_read_string(config, text_string(&source->text)) == CONFIG_TRUE) {
        return 0;
    }
    place = source_place(source, (unsigned)config_error_line(config));
    problems_add(problems, PROBLEM_ERROR, place.file, place.line, "%s",
                 words_of(config_error_text(config)));
    return -EINVAL;
}

static bool may_hold(const struct rulebook *book)
{
    bool holds = book->gather && book->gather->wait_ms;

    for (size_t i = 0; i < book->rep_count; i++) {
        holds = holds || book->reps[i].hours;
    }
    return holds;
}

// Reads the rule book that is the group from, which stands at place.
static int read_book(const config_setting_t *from, struct place place, const struct source *source,
                     bool with_secrets, struct rulebook **ret, struct problems *problems)
{
    cleanup_with(rulebook_destroyp) struct rulebook *book = xcalloc(1, sizeof *book);
    struct reader reader = {
        .book = book, .problems = problems, .source = source, .with_secrets = with_secrets};
    size_t errors = problems->error_count;

    book->path = xstrdup(place.file);
    reader_init(&reader);
    reader_group(&reader, from, place, &book_group, book);
    reps_settle(&reader, book);
    if (problems->error_count == errors) {
        rules_settle(&reader, book);
        book->holds = may_hold(book);
    }
    reader_finish(&reader);
    if (problems->error_count != errors) {
        return -EINVAL;
    }
    *ret = book;
    book = NULL;
    return 0;
}

void book_read_inside(struct reader *reader, const config_setting_t *from,
                      const struct setting *setting, void *group)
{
    struct inner_book *inner = (struct inner_book *)((char *)group + setting->offset);

    inner->given = true;
    if (read_book(from, reader_place(reader, from), reader->source, false, &inner->book,
                  &inner->problems) < 0) {
        inner->book = NULL;
    }
}

int rulebook_load(const char *path, bool with_secrets, struct rulebook **ret,
                  struct problems *problems)
{
    struct source source = {0};
    config_t config;
    int r = source_read(path, &source, problems);

    if (r < 0) {
        return r;
    }
    r = parse(&config, &source, problems);
    if (r == 0) {
        r = read_book(config_root_setting(&config), (struct place){source.files[0], 0}, &source,
                      with_secrets, ret, problems);
    }
    config_destroy(&config);
    source_finish(&source);
    return r;
}

int settings_load(const char *path, const struct setting_group *table, void *into,
                  struct problems *problems)
{
    struct source source = {0};
    struct reader reader = {.problems = problems, .source = &source};
    size_t errors = problems->error_count;
    config_t config;
    int r = source_read(path, &source, problems);

    if (r < 0) {
        return r;
    }
    if (parse(&config, &source, problems) == 0) {
        reader_init(&reader);
        reader_group(&reader, config_root_setting(&config), (struct place){source.files[0], 0},
                     table, into);
        reader_finish(&reader);
    }
    config_destroy(&config);
    source_finish(&source);
    return problems->error_count == errors ? 0 : -EINVAL;
}

void rulebook_destroy(struct rulebook *rulebook)
{
    if (rulebook) {
        settings_finish(&book_group, rulebook);
        free(rulebook);
    }
}

void rulebook_destroyp(struct rulebook **rulebook)
{
    rulebook_destroy(*rulebook);
}
