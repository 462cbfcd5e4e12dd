// Any bytes as a rule book, and as a matcher. What is refused says why, in clean lines; what is
// taken can be used.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/rulebook/rulebook.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
const char *__lsan_default_suppressions(void);

// libconfig 1.5 loses a text that it was reading when it meets a syntax error.
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

enum { MATCHER_BYTES = 2048 };

static void check_lines(const struct text *lines, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < lines->size; i++) {
        unsigned char byte = (unsigned char)lines->bytes[i];

        assert(byte >= 0x20 || byte == '\n');
        found += byte == '\n';
    }
    assert(found == count || (count > 1000 && found == 1001));
}

static void use_book(const struct rulebook *book)
{
    assert(book->rep_count && book->bind_count && book->ledger_path && book->retry_count);
    assert(book->default_service->role == ROLE_SERVICE);
    assert(book->default_sales->role == ROLE_SALES);
    for (size_t i = 0; i < book->rep_count; i++) {
        const struct rep *rep = &book->reps[i], *stand_in = rulebook_rep(book, rep->stand_in);

        assert(rulebook_rep(book, rep->id) == rep);
        assert(rulebook_lane(book, rep->id) == &rep->webhook && rep->webhook.host);
        assert(!rep->webhook.secret);
        assert(!rep->absence_count || rep->stand_in);
        for (size_t j = 0; j < rep->absence_count; j++) {
            assert(rulebook_acting(book, rep, rep->absences[j].from_ms) == stand_in);
            assert(rulebook_acting(book, stand_in, rep->absences[j].from_ms) == stand_in);
        }
        assert(!rep->stand_in || (stand_in && stand_in != rep && stand_in->role == rep->role));
    }
    for (size_t i = 1; i < book->age_count; i++) {
        assert(book->ages_ms[i - 1] < book->ages_ms[i]);
    }
}

static void try_book(const uint8_t *bytes, size_t size)
{
    struct problems problems = {0};
    struct rulebook *book = NULL;
    struct text path = {0};
    char folder[] = "/tmp/fuzz_rulebook.XXXXXX";
    FILE *file;
    int r;

    assert(mkdtemp(folder));
    text_addf(&path, "%s/headsup.conf", folder);
    file = fopen(path.bytes, "w");
    assert(file);
    assert(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    r = rulebook_load(path.bytes, false, &book, &problems);
    check_lines(&problems.errors, problems.error_count);
    check_lines(&problems.warnings, problems.warning_count);
    assert((r == 0) == (problems.error_count == 0) && (r == 0) == (book != NULL));
    if (book) {
        use_book(book);
    }
    rulebook_destroy(book);
    problems_finish(&problems);
    (void)unlink(path.bytes);
    (void)rmdir(folder);
    text_finish(&path);
}

static void use_matcher(const struct matcher *matcher)
{
    const struct fact facts[] = {{FACT_ABSENT, NULL, 0},
                                 {FACT_TEXT, "billing", 0},
                                 {FACT_TEXT, "", 0},
                                 {FACT_MONEY, NULL, 1000050},
                                 {FACT_COUNT, NULL, INT64_MAX},
                                 {FACT_SPAN, NULL, INT64_MIN},
                                 {FACT_TEXT, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 0}};

    assert(matcher->field < FIELD_COUNT && matcher->word_count);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        enum answer answer = matcher_holds(matcher, &facts[i]);

        assert(answer != ANSWER_CANNOT_TELL || matcher->pattern);
    }
}

static void try_matcher(const uint8_t *bytes, size_t size)
{
    struct matcher matcher = {0};
    struct error err = {0};
    char *written = strndup((const char *)bytes, size);

    assert(written);
    if (matcher_parse(written, &matcher, &err) < 0) {
        assert(err.message[0]);
    } else {
        use_matcher(&matcher);
    }
    matcher_finish(&matcher);
    free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size && size <= MATCHER_BYTES) {
        try_matcher(bytes, size);
    }
    try_book(bytes, size);
    return 0;
}
