// Sources that are watched: told once when they fall silent, again only after they were heard, over
// restarts, reloads and transactions that were undone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"
#include "tests/unit/shelf.h"

#define ADMIN   "admin: { webhook: { url = \"https://hooks.example.com/admin\"; }; };\n"
#define TEST    "{ name = \"/test\"; silent_after = \"1h\"; }"
#define OTHER   "{ name = \"/other\"; silent_after = \"3h\"; }"
#define SOURCES "sources: ( " TEST ", " OTHER " );\n"

enum { MOST = 32 };

static char *book_of(const char *words)
{
    static char book[4096];

    (void)snprintf(book, sizeof book, "%s%s", small_book_people, words);
    return book;
}

static int begin(void **state)
{
    static struct stage stage;

    stage_open(&stage, book_of(ADMIN SOURCES), NULL);
    *state = &stage;
    return 0;
}

static int end(void **state)
{
    stage_close(*state);
    return 0;
}

static void hear(struct stage *stage)
{
    (void)stage_publish(stage, "issue.updated", "I-1", "\"note\":\"n\"");
}

// How many are told of after so long a time.
static int rings_after(struct stage *stage, int64_t ms)
{
    json_t *receipt = NULL;
    int count;

    stage->now_ms += ms;
    count = stage_ring(stage, &receipt);
    json_decref(receipt);
    return count;
}

static void told(struct stage *stage, size_t count, const char *last)
{
    struct notice_record notices[MOST];

    assert_int_equal(stage_notices(stage, "n.kind = 11", notices, MOST), count);
    if (count) {
        assert_string_equal(notices[count - 1].why, last);
        assert_string_equal(notices[count - 1].rep, "admin");
        assert_string_equal(notices[count - 1].event_type, "source.silent");
        assert_null(notices[count - 1].account_key);
    }
}

// --- heard, and silent ---------------------------------------------------------------------------

static void tells_once_until_it_was_heard_again(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(rings_after(stage, 0), 0);
    stage->now_ms += 30 * (int64_t)MINUTE_MS;
    hear(stage);
    assert_int_equal(rings_after(stage, HOUR_MS - 1), 0);
    assert_int_equal(rings_after(stage, 1), 1);
    told(stage, 1,
         "no event came from /test for 1 hour: the last one came at 2026-11-23T08:30:00Z");
    assert_int_equal(rings_after(stage, HOUR_MS), 0);
    hear(stage);
    assert_int_equal(rings_after(stage, HOUR_MS - 1),
                     1); // the other one, three hours after the start
    told(stage, 2,
         "no event came from /other for 3 hours: none ever came since the rule book named it, at "
         "2026-11-23T08:00:00Z");
    assert_int_equal(rings_after(stage, 1), 1);
    told(stage, 3,
         "no event came from /test for 1 hour: the last one came at 2026-11-23T10:30:00Z");
    assert_int_equal(rings_after(stage, DAY_MS), 1); // the digest
    assert_int_equal(rings_after(stage, 0), 0);
}

static void what_is_refused_is_not_heard(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(rings_after(stage, 0), 0);
    stage->now_ms += 59 * (int64_t)MINUTE_MS;
    (void)stage_publish(stage, "issue.opened", "I-1", "\"account\":7");
    assert_non_null(strstr(text_string(&stage->receipt), "refused"));
    (void)stage_publish(stage, "lane.paused", NULL, "\"lane\":\"nobody\"");
    assert_non_null(strstr(text_string(&stage->receipt), "refused"));
    assert_int_equal(rings_after(stage, MINUTE_MS), 1);
}

static void a_busy_source_is_written_once_a_minute(void **state)
{
    struct stage *stage = *state;
    int writes = 0;
    int64_t last = 0;

    for (int i = 0; i < 300; i++) {
        int64_t heard;

        stage->now_ms += SECOND_MS;
        hear(stage);
        heard = stage_number(stage, "SELECT heard_ms FROM sources WHERE name = '/test'");
        writes += heard != last;
        last = heard;
    }
    assert_int_equal(writes, 5);
    assert_int_equal(rings_after(stage, HOUR_MS - 1), 0);
    assert_int_equal(rings_after(stage, 1), 1);
}

static void wakes_when_the_first_may_be_silent(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    int64_t at_ms = 0;

    assert_int_equal(desk_rings_at(stage->desk, &at_ms, &err), 0);
    assert_int_equal(at_ms, 0); // nothing is known yet: it looks
    assert_int_equal(rings_after(stage, 0), 0);
    assert_int_equal(desk_rings_at(stage->desk, &at_ms, &err), 0);
    assert_int_equal(at_ms, stage->now_ms + HOUR_MS);
    assert_int_equal(rings_after(stage, 4 * (int64_t)HOUR_MS), 2);
    assert_int_equal(desk_rings_at(stage->desk, &at_ms, &err), 0);
    assert_int_equal(at_ms, INT64_MAX);
    hear(stage);
    assert_int_equal(rings_after(stage, 0), 0);
    assert_int_equal(desk_rings_at(stage->desk, &at_ms, &err), 0);
    assert_int_equal(at_ms, stage->now_ms + HOUR_MS);
}

static char *said;

static void hear_words(void *user, const char *words)
{
    (void)user;
    said = strdup(words);
}

static void without_a_webhook_it_is_on_record_and_in_the_log(void **state)
{
    struct desk_listener listener = {.source_is_silent = hear_words};
    struct stage stage;
    struct notice_record notices[MOST];

    (void)state;
    stage_open(&stage, book_of(SOURCES), NULL);
    desk_destroy(stage.desk);
    stage.desk = desk_create(stage.rulebook, stage.ledger, &listener);
    assert_int_equal(rings_after(&stage, 0), 0);
    assert_int_equal(rings_after(&stage, HOUR_MS), 1);
    assert_int_equal(stage_notices(&stage, "n.kind = 11", notices, MOST), 1);
    assert_int_equal(notices[0].fate, FATE_UNSENT);
    assert_string_equal(notices[0].why, said);
    assert_non_null(strstr(said, "; the rule book has no webhook for the admin"));
    free(said);
    stage_close(&stage);
}

// --- what is kept --------------------------------------------------------------------------------

static void what_was_undone_is_told_again(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};

    assert_int_equal(rings_after(stage, 0), 0);
    stage->now_ms += HOUR_MS;
    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    assert_int_equal(desk_ring(stage->desk, stage->now_ms, &err), 1);
    ledger_rollback(stage->ledger);
    told(stage, 0, NULL);
    assert_int_equal(rings_after(stage, 0), 1);
    assert_int_equal(rings_after(stage, 0), 0);
}

static void reopen(struct stage *stage, const char *path, const char *words)
{
    int64_t now_ms = stage->now_ms;
    int events = stage->events;

    if (stage->desk) {
        stage_close(stage);
    }
    stage_open(stage, book_of(words), path);
    stage->now_ms = now_ms ? now_ms : stage->now_ms;
    stage->events = events;
}

static void known_after_a_restart(void **state)
{
    static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm",
                                        "ledger.db.lock"};
    char folder[] = "/tmp/watch-XXXXXX", path[64];
    struct stage stage = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/ledger.db", folder);
    reopen(&stage, path, ADMIN SOURCES);
    hear(&stage);
    stage.now_ms += 50 * (int64_t)SECOND_MS;
    hear(&stage); // not written: a restart may be a minute late, never early
    reopen(&stage, path, ADMIN SOURCES);
    assert_int_equal(rings_after(&stage, HOUR_MS), 0);
    assert_int_equal(rings_after(&stage, 10 * (int64_t)SECOND_MS), 1);
    reopen(&stage, path, ADMIN SOURCES);
    assert_int_equal(rings_after(&stage, MINUTE_MS), 0);            // told already
    assert_int_equal(rings_after(&stage, 2 * (int64_t)HOUR_MS), 1); // the other one, never heard
    // a source that the rule book forgets and names again counts anew
    reopen(&stage, path, ADMIN "sources: ( " OTHER " );\n");
    assert_int_equal(rings_after(&stage, HOUR_MS), 0);
    assert_int_equal(stage_number(&stage, "SELECT count(*) FROM sources"), 1);
    reopen(&stage, path, ADMIN SOURCES);
    assert_int_equal(rings_after(&stage, 0), 0);
    assert_int_equal(rings_after(&stage, HOUR_MS - 1), 0);
    assert_int_equal(rings_after(&stage, 1), 1);
    reopen(&stage, path, ADMIN);
    assert_int_equal(rings_after(&stage, HOUR_MS), 0);
    assert_int_equal(stage_number(&stage, "SELECT count(*) FROM sources"), 0);
    stage_close(&stage);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

// --- the rule book -------------------------------------------------------------------------------

static void what_the_rule_book_may_not_say(void **state)
{
    struct shelf *shelf = *state;

    write_file(shelf, "book.conf", book_of(ADMIN "sources: ( " TEST ",\n" TEST " );\n"));
    assert_int_not_equal(load(shelf, "book.conf", false), 0);
    assert_non_null(strstr(shelf->problems.errors.bytes, "source '/test': the source stands at "));
    write_file(shelf, "book.conf", book_of(SOURCES));
    assert_int_equal(load(shelf, "book.conf", false), 0);
    assert_non_null(strstr(text_string(&shelf->problems.warnings), "the admin has no webhook"));
}

#define STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(tells_once_until_it_was_heard_again),
        STAGE_TEST(what_is_refused_is_not_heard),
        STAGE_TEST(a_busy_source_is_written_once_a_minute),
        STAGE_TEST(wakes_when_the_first_may_be_silent),
        cmocka_unit_test(without_a_webhook_it_is_on_record_and_in_the_log),
        STAGE_TEST(what_was_undone_is_told_again),
        cmocka_unit_test(known_after_a_restart),
        cmocka_unit_test_setup_teardown(what_the_rule_book_may_not_say, open_shelf, close_shelf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
