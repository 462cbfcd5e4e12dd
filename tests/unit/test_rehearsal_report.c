// A rehearsal told in JSON: every sum of the tally has its place, lists are bounded and say how
// long they were, and what was on one side only is null on the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "client/rehearsal/report.h"
#include "common/base/moment.h"
#include "common/ledger/records.h"
#include "tests/support/small_book.h"

#define START_MS INT64_C(1795420800000) // Mon 23 Nov 2026, 08:00 UTC

struct scene {
    struct rulebook *book;
    struct tally *tally;
    json_t *told;
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
        tally_create((const struct rulebook *const[]){scene.book, scene.book}, START_MS, 1);
    *state = &scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;

    json_decref(scene->told);
    tally_destroy(scene->tally);
    rulebook_destroy(scene->book);
    return 0;
}

static struct record decided(enum fate fate, const char *rule)
{
    return (struct record){.kind = RECORD_DECIDED,
                           .role = ROLE_SALES,
                           .fate = (int)fate,
                           .at_ms = START_MS,
                           .due_ms = START_MS + HOUR_MS,
                           .rep = "rich",
                           .rule = rule,
                           .type = "issue.opened",
                           .issue = "I \"1\""};
}

static void add(struct scene *scene, enum side side, enum fate fate, const char *rule)
{
    const struct record record = decided(fate, rule);

    tally_add(scene->tally, side, &record);
}

static void tell(struct scene *scene)
{
    const struct report report = {.tally = scene->tally,
                                  .books = {"old.conf", "new.conf"},
                                  .from_ms = START_MS,
                                  .until_ms = START_MS + DAY_MS};
    struct text out = {0};

    tally_finish(scene->tally);
    report_put(&report, &out);
    scene->told = json_loads(text_string(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(scene->told);
    text_finish(&out);
}

static int64_t number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *words(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void each_sum_has_its_place(void **state)
{
    struct scene *scene = *state;
    struct record end = {.kind = RECORD_END, .sums = {.events = 5, .before = 4, .refused = 3}};
    const json_t *reps, *rich, *rules;

    add(scene, BEFORE, FATE_WAITING, "big");
    add(scene, BEFORE, FATE_UNSENT, "big");
    add(scene, AFTER, FATE_DIGEST, "small");
    add(scene, AFTER, FATE_HELD, "small");
    add(scene, AFTER, FATE_HELD, "small");
    tally_add(scene->tally, AFTER, &end);
    tell(scene);
    assert_string_equal(words(scene->told, "before"), "old.conf");
    assert_string_equal(words(scene->told, "after"), "new.conf");
    assert_string_equal(words(scene->told, "until"), "2026-11-24T08:00:00Z");
    assert_true(json_is_false(json_object_get(scene->told, "same")));
    assert_int_equal(number(scene->told, "events"), 5);
    assert_int_equal(number(scene->told, "earlier_events"), 4);
    assert_int_equal(number(scene->told, "refused"), 3);
    assert_int_equal(number(scene->told, "nobody_before"), 1);
    assert_int_equal(number(scene->told, "nobody_after"), 0);
    reps = json_object_get(scene->told, "reps");
    assert_int_equal(json_array_size(reps), 4); // whoever hears nothing, too
    rich = json_array_get(reps, 2);
    assert_string_equal(words(rich, "rep"), "rich");
    assert_string_equal(words(rich, "name"), "Rich Alvarez");
    assert_int_equal(number(rich, "now_before"), 1);
    assert_int_equal(number(rich, "now_after"), 2);
    assert_int_equal(number(rich, "now_difference"), 1);
    assert_int_equal(number(rich, "digest_difference"), 1);
    assert_int_equal(number(rich, "sent_difference"), 0);
    rules = json_object_get(scene->told, "rules");
    assert_int_equal(number(scene->told, "rules_count"), 2);
    assert_string_equal(words(json_array_get(rules, 0), "rule"), "big");
    assert_int_equal(number(json_array_get(rules, 0), "now_difference"), -1);
    assert_string_equal(words(json_array_get(rules, 1), "rule"), "small");
    assert_string_equal(words(json_array_get(rules, 1), "kind"), "heads_up");
}

static void differences_are_bounded_and_counted(void **state)
{
    struct scene *scene = *state;
    const struct record held = decided(FATE_HELD, "big");
    const json_t *list, *first;

    tally_differ(scene->tally, &(struct difference){{NULL, &held}});
    tally_differ(scene->tally, &(struct difference){{&held, NULL}});
    tell(scene);
    assert_int_equal(number(scene->told, "differences_count"), 2);
    list = json_object_get(scene->told, "differences");
    assert_int_equal(json_array_size(list), 1);
    first = json_array_get(list, 0);
    assert_string_equal(words(first, "issue"), "I \"1\"");
    assert_true(json_is_null(json_object_get(first, "before")));
    assert_string_equal(words(json_object_get(first, "after"), "when"), "held");
    assert_string_equal(words(json_object_get(first, "after"), "role"), "sales");
    assert_string_equal(words(json_object_get(first, "after"), "due"), "2026-11-23T09:00:00Z");
}

static void the_same_is_said_to_be_the_same(void **state)
{
    struct scene *scene = *state;

    add(scene, BEFORE, FATE_WAITING, "big");
    add(scene, AFTER, FATE_WAITING, "large");
    tell(scene);
    assert_true(json_is_true(json_object_get(scene->told, "same")));
    assert_int_equal(number(scene->told, "rules_count"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_sum_has_its_place, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(differences_are_bounded_and_counted, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(the_same_is_said_to_be_the_same, scene_open, scene_close),
    };

    return cmocka_run_group_tests_name("rehearsal_report", tests, NULL, NULL);
}
