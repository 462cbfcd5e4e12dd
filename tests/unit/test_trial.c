// A rule book on trial: what rings on the way rings at its own moment, and what is sent is told
// when it is sent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/trial/trial.h"
#include "common/base/moment.h"
#include "tests/support/small_book.h"

#define START_MS INT64_C(1795420800000) // Mon 23 Nov 2026, 08:00 UTC

static const char rules[] =
    "rules: ( { name = \"old\"; match = [ \"age >= 3d\" ]; heads_up = \"now\"; service = \"no\"; },"
    "         { name = \"big\"; match = [ \"event = issue.opened\", \"amount >= 1000\" ];"
    "           heads_up = \"now\"; service = \"digest\"; },"
    "         { name = \"rest\"; heads_up = \"no\"; service = \"digest\"; } );";

struct scene {
    struct rulebook *book;
    struct trial *trial;
    struct text told; // a line each: what was decided, what was sent
    int decided, sent, events;
};

static void on_decided(void *user, const struct notice_record *notice)
{
    struct scene *scene = user;

    scene->decided++;
    text_addf(&scene->told, "%s: %s by %s about %s of %s\n", notice->rep, fate_name(notice->fate),
              notice->rule, notice->issue_key ? notice->issue_key : "-",
              notice->account_key ? notice->account_key : "-");
}

static void on_sent(void *user, const struct notice_record *notice, int64_t at_ms)
{
    struct scene *scene = user;
    char at[MOMENT_TEXT_BYTES];
    struct notice letter;
    struct error err;

    scene->sent++;
    assert_int_equal(trial_words(scene->trial, notice, at_ms, &letter, &err), 0);
    text_addf(&scene->told, "-> %s %s at %s", notice->rep, notice_kind_name(notice->kind),
              moment_format(at_ms, at));
    for (size_t i = 0; i < letter.line_count; i++) {
        text_addf(&scene->told, " %s", letter.lines[i].key);
    }
    text_add(&scene->told, "\n");
}

static void scene_open(struct scene *scene, enum trial_ledger ledger)
{
    const struct trial_listener listener = {on_decided, on_sent, scene};
    struct text words = {0};
    struct error err;

    *scene = (struct scene){0};
    text_addf(&words, "%s%s", small_book_people, rules);
    scene->book = small_book(text_string(&words));
    assert_int_equal(trial_open(scene->book, ledger, &listener, &scene->trial, &err), 0);
    text_finish(&words);
}

static void scene_close(struct scene *scene)
{
    trial_close(scene->trial);
    rulebook_destroy(scene->book);
    text_finish(&scene->told);
}

// Opens an issue; the number is in its key, its id and its amount.
static void open_issue(struct scene *scene, int number, int64_t at_ms)
{
    char bytes[384];
    struct event_slice slice = {bytes, 0};
    struct text receipt = {0};
    struct error err;

    slice.size = (size_t)snprintf(
        bytes, sizeof bytes,
        "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/test\",\"type\":\"headsup.issue."
        "opened\",\"subject\":\"I-%d\",\"data\":{\"account\":\"XYZ\",\"category\":\"billing\","
        "\"summary\":\"charged twice\",\"amount\":%d}}",
        ++scene->events, number, number);
    assert_int_equal(trial_event(scene->trial, &slice, at_ms, &receipt, &err), 0);
    assert_non_null(strstr(text_string(&receipt), "\"status\":\"accepted\""));
    text_finish(&receipt);
}

static void pass(struct scene *scene, int64_t to_ms)
{
    struct error err;

    assert_int_equal(trial_pass(scene->trial, to_ms, &err), 0);
    assert_int_equal(trial_now(scene->trial), to_ms);
}

static void each_thing_comes_at_its_own_moment(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, TRIAL_IN_MEMORY);
    open_issue(&scene, 1000, START_MS);
    open_issue(&scene, 1, START_MS + HOUR_MS);
    // ages and digests ring on the way to the next event, the digest with both in one
    open_issue(&scene, 2, START_MS + INT64_C(74) * HOUR_MS);
    assert_string_equal(text_string(&scene.told),
                        "rich: waiting by big about I-1000 of XYZ\n"
                        "pat: digest by big about I-1000 of XYZ\n"
                        "-> rich heads_up at 2026-11-23T08:00:00Z\n"
                        "rich: unsent by rest about I-1 of XYZ\n"
                        "pat: digest by rest about I-1 of XYZ\n"
                        "pat: waiting by law: the daily digest about - of -\n"
                        "-> pat digest at 2026-11-24T08:00:00Z I-1000 I-1\n"
                        "rich: waiting by old about I-1000 of XYZ\n"
                        "pat: unsent by old about I-1000 of XYZ\n"
                        "-> rich heads_up at 2026-11-26T08:00:00Z\n"
                        "rich: waiting by old about I-1 of XYZ\n"
                        "pat: unsent by old about I-1 of XYZ\n"
                        "-> rich heads_up at 2026-11-26T09:00:00Z\n"
                        "rich: unsent by rest about I-2 of XYZ\n"
                        "pat: digest by rest about I-2 of XYZ\n");
    scene_close(&scene);
}

static void time_does_not_go_back(void **state)
{
    struct scene scene;
    struct error err;

    (void)state;
    scene_open(&scene, TRIAL_IN_MEMORY);
    open_issue(&scene, 1, START_MS + HOUR_MS);
    text_clear(&scene.told);
    open_issue(&scene, 2000, START_MS);
    assert_int_equal(trial_now(scene.trial), START_MS + HOUR_MS);
    assert_non_null(strstr(text_string(&scene.told), "-> rich heads_up at 2026-11-23T09:00:00Z"));
    assert_int_equal(trial_pass(scene.trial, START_MS, &err), 0);
    assert_int_equal(trial_now(scene.trial), START_MS + HOUR_MS);
    scene_close(&scene);
}

// More at one moment than is looked at in one go, and more events than a transaction takes.
static void much_is_told_whole_on_either_ledger(void **state)
{
    enum { MANY = 1300 };
    struct scene memory, disk;

    (void)state;
    scene_open(&memory, TRIAL_IN_MEMORY);
    scene_open(&disk, TRIAL_ON_DISK);
    for (int i = 0; i < MANY; i++) {
        open_issue(&memory, i, START_MS);
        open_issue(&disk, i, START_MS);
    }
    assert_int_equal(disk.decided, 2 * MANY);
    assert_int_equal(disk.sent, MANY - 1000);
    pass(&memory, START_MS + INT64_C(4) * DAY_MS);
    pass(&disk, START_MS + INT64_C(4) * DAY_MS);
    assert_int_equal(disk.sent, MANY - 1000 + 1 + MANY);
    assert_int_equal(disk.decided, 2 * MANY + 1 + 2 * MANY);
    assert_string_equal(text_string(&memory.told), text_string(&disk.told));
    scene_close(&memory);
    scene_close(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_comes_at_its_own_moment),
        cmocka_unit_test(time_does_not_go_back),
        cmocka_unit_test(much_is_told_whole_on_either_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
