// The picture of a rehearsal: what stands in it for which sums, how many rows and bars there are at
// most, and that outside text stays text.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/rehearsal/picture.h"
#include "common/base/moment.h"
#include "common/ledger/records.h"
#include "tests/support/small_book.h"

#define START_MS INT64_C(1795392000000) // Mon 23 Nov 2026, 00:00 UTC

struct scene {
    struct rulebook *book;
    struct tally *tally;
    struct text out;
};

static int scene_open(void **state)
{
    static struct scene scene;
    struct text words = {0};

    scene = (struct scene){0};
    text_addf(&words, "%srules: ( { name = \"rest\"; heads_up = \"now\"; service = \"now\"; } );",
              small_book_people);
    scene.book = small_book(text_string(&words));
    text_finish(&words);
    scene.tally =
        tally_create((const struct rulebook *const[]){scene.book, scene.book}, START_MS, 0);
    *state = &scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;

    tally_destroy(scene->tally);
    rulebook_destroy(scene->book);
    text_finish(&scene->out);
    return 0;
}

static void send(struct scene *scene, enum side side, const char *rep, int64_t day, int count)
{
    const struct record record = {.kind = RECORD_SENT,
                                  .rep = rep,
                                  .rule = "rest",
                                  .at_ms = START_MS + day * DAY_MS + HOUR_MS};

    for (int i = 0; i < count; i++) {
        tally_add(scene->tally, side, &record);
    }
}

static const char *draw(struct scene *scene, int64_t days, enum picture_kind kind)
{
    const struct report report = {.tally = scene->tally,
                                  .books = {"old & tried.conf", "<new>.conf"},
                                  .from_ms = START_MS,
                                  .until_ms = START_MS + days * DAY_MS - 1};

    tally_finish(scene->tally);
    picture_write(&report, kind, &scene->out);
    return text_string(&scene->out);
}

static void has(const char *picture, const char *part)
{
    if (!strstr(picture, part)) {
        fail_msg("no %s in: %s", part, strstr(picture, "<path class"));
    }
}

static int count_of(const char *picture, const char *part)
{
    int count = 0;

    for (const char *at = picture; (at = strstr(at, part)) != NULL; at += strlen(part)) {
        count++;
    }
    return count;
}

static void a_row_for_each_who_hears(void **state)
{
    struct scene *scene = *state;
    const char *picture;

    send(scene, BEFORE, "rich", 0, 4);
    send(scene, AFTER, "rich", 0, 1);
    send(scene, AFTER, "pat", 3, 1);
    picture = draw(scene, 4, PICTURE_SVG);
    assert_int_equal(count_of(picture, "class=\"name\""), 2); // not dana, not sam
    has(picture, "4 before, 1 after");
    has(picture, "0 before, 1 after");
    has(picture, "Messages a day to each rep");
    has(picture, "23 Nov 2026 to 26 Nov 2026");
    // four days of 185 pixels: the first bar has the whole height, a quarter of it is half as high
    has(picture, "fill=\"#b9bfc7\" d=\"M208.5 144v-40.0h148.0v40.0z\"");
    has(picture, "fill=\"#0b4f9e\" d=\"M243.7 144v-20.0h77.7v20.0z\"");
    has(picture, "fill=\"#0b4f9e\" d=\"M798.6 200v-20.0h77.7v20.0z\"");
}

static void outside_text_is_text(void **state)
{
    struct scene *scene = *state;
    const char *picture;

    send(scene, AFTER, "</text><script>alert(\"1\")</script>", 0, 1);
    send(scene, AFTER, "a&b\x01\n\xff\xef\xbf\xbe", 0, 1);
    picture = draw(scene, 1, PICTURE_HTML);
    assert_null(strstr(picture, "<script"));
    has(picture, "&lt;/text&gt;&lt;script&gt;alert(&quot;1&quot;…</text>");
    has(picture, "a&amp;b  ?");
    has(picture, "before: old &amp; tried.conf<");
    has(picture, "after: &lt;new&gt;.conf<");
    assert_null(strstr(picture, "\xef\xbf\xbe"));
    assert_int_equal(count_of(picture, "http"), 1); // the name space, and no link
    has(picture, "<!DOCTYPE html>");
}

static void many_reps_are_one_row_together(void **state)
{
    struct scene *scene = *state;
    const char *picture;
    char rep[16];

    for (int i = 0; i < PICTURE_REPS + 3; i++) {
        (void)snprintf(rep, sizeof rep, "rep-%02d", i);
        send(scene, AFTER, rep, 0, 40 - i);
    }
    picture = draw(scene, 1, PICTURE_SVG);
    assert_int_equal(count_of(picture, "class=\"name\""), PICTURE_REPS + 1);
    has(picture, ">3 others<");
    has(picture, "0 before, 45 after"); // 16, 15 and 14
    has(picture, ">rep-23<");
    assert_null(strstr(picture, ">rep-24<"));
}

static void a_long_time_is_in_weeks_and_more(void **state)
{
    struct scene *scene = *state;
    const char *picture;

    for (int64_t day = 0; day < 400; day++) {
        send(scene, BEFORE, "rich", day, 1);
    }
    picture = draw(scene, 400, PICTURE_SVG);
    has(picture, "Messages a week to each rep");
    assert_int_equal(count_of(picture, "v-"), 58);
    has(picture, "2027</text>");
}

static void hundreds_of_years_are_no_more_bars(void **state)
{
    struct scene *scene = *state;

    send(scene, BEFORE, "rich", 0, 1);
    send(scene, AFTER, "rich", INT64_C(100000), 1);
    has(draw(scene, 100000, PICTURE_SVG), "in 52 weeks");
    assert_true(scene->out.size < 10000);
}

static void nothing_is_a_picture_too(void **state)
{
    struct scene *scene = *state;

    has(draw(scene, 1, PICTURE_SVG), "Nobody would have got a message.");
}

static void the_file_says_what_it_is(void **state)
{
    enum picture_kind kind;

    (void)state;
    assert_true(picture_kind_of("a.b/c.svg", &kind));
    assert_int_equal(kind, PICTURE_SVG);
    assert_true(picture_kind_of("C.HTML", &kind));
    assert_int_equal(kind, PICTURE_HTML);
    assert_false(picture_kind_of("svg", &kind));
    assert_false(picture_kind_of("c.png", &kind));
}

static void a_file_is_replaced_only_where_that_is_said(void **state)
{
    struct scene *scene = *state;
    struct error err = {0};
    struct stat status;
    char path[] = "/tmp/picture-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0 && write(fd, "precious, and rather long", 25) == 25);
    (void)close(fd);
    text_add(&scene->out, "picture");
    assert_int_equal(picture_save(path, false, &scene->out, &err), -EEXIST);
    assert_non_null(strstr(err.message, "--force replaces it"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 25);
    assert_int_equal(picture_save(path, true, &scene->out, &err), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 7);
    (void)unlink(path);
    assert_int_equal(picture_save("/nowhere/a.svg", false, &scene->out, &err), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_for_each_who_hears, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(outside_text_is_text, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(many_reps_are_one_row_together, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_long_time_is_in_weeks_and_more, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(hundreds_of_years_are_no_more_bars, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(nothing_is_a_picture_too, scene_open, scene_close),
        cmocka_unit_test(the_file_says_what_it_is),
        cmocka_unit_test_setup_teardown(a_file_is_replaced_only_where_that_is_said, scene_open,
                                        scene_close),
    };

    return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
