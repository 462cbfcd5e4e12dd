// Two streams of records brought together: what is the same is crossed out, what is not is told
// once, wherever the two stand; and what comes to its sums.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/rehearsal/tally.h"
#include "common/base/moment.h"
#include "common/ledger/records.h"
#include "tests/support/small_book.h"

#define START_MS INT64_C(1795420800000) // Mon 23 Nov 2026, 08:00 UTC

struct scene {
    FILE *streams[SIDES];
    struct rulebook *book;
    struct tally *tally;
    struct text told; // the differences, a line each
    int seen[SIDES];  // records
};

static int scene_open(void **state)
{
    static struct scene scene;
    struct text words = {0};

    scene = (struct scene){.streams = {tmpfile(), tmpfile()}};
    text_addf(&words, "%srules: ( { name = \"rest\"; heads_up = \"now\"; service = \"now\"; } );",
              small_book_people);
    scene.book = small_book(text_string(&words));
    text_finish(&words);
    scene.tally =
        tally_create((const struct rulebook *const[]){scene.book, scene.book}, START_MS, 2);
    *state = &scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;

    for (int side = 0; side < SIDES; side++) {
        (void)fclose(scene->streams[side]);
    }
    tally_destroy(scene->tally);
    rulebook_destroy(scene->book);
    text_finish(&scene->told);
    return 0;
}

static struct record decided(int64_t position, const char *rep, enum fate fate, const char *rule)
{
    return (struct record){.kind = RECORD_DECIDED,
                           .role = strcmp(rep, "rich") == 0 || strcmp(rep, "dana") == 0,
                           .fate = (int)fate,
                           .position = position,
                           .at_ms = START_MS + position,
                           .due_ms = START_MS + position,
                           .rep = rep,
                           .rule = rule,
                           .source = "/test",
                           .id = "1",
                           .type = "issue.opened",
                           .issue = "I-1",
                           .account = "XYZ"};
}

static void put(struct scene *scene, enum side side, int64_t position, const char *rep,
                enum fate fate, const char *rule)
{
    const struct record record = decided(position, rep, fate, rule);

    record_write(scene->streams[side], &record);
}

static void end(struct scene *scene, enum side side)
{
    const struct record record = {.kind = RECORD_END, .sums = {.events = 9}};

    record_write(scene->streams[side], &record);
}

static void on_record(void *user, enum side side, const struct record *record)
{
    struct scene *scene = user;

    scene->seen[side]++;
    tally_add(scene->tally, side, record);
}

static void add_side(struct text *out, const struct record *record)
{
    if (record) {
        text_addf(out, "%s %s %s", record->rep, fate_name((enum fate)record->fate), record->rule);
    } else {
        text_add(out, "-");
    }
}

static void on_difference(void *user, const struct difference *difference)
{
    struct scene *scene = user;
    const struct record *any =
        difference->sides[BEFORE] ? difference->sides[BEFORE] : difference->sides[AFTER];

    text_addf(&scene->told, "%lld %s: ", (long long)any->position, any->issue);
    add_side(&scene->told, difference->sides[BEFORE]);
    text_add(&scene->told, " | ");
    add_side(&scene->told, difference->sides[AFTER]);
    text_add(&scene->told, "\n");
    tally_differ(scene->tally, difference);
}

static int read_both(struct scene *scene, struct error *err)
{
    const struct pairing_listener listener = {on_record, on_difference, scene};

    for (int side = 0; side < SIDES; side++) {
        rewind(scene->streams[side]);
    }
    return pairing_read(scene->streams, &listener, err);
}

static void read_well(struct scene *scene)
{
    struct error err = {0};

    end(scene, BEFORE);
    end(scene, AFTER);
    assert_int_equal(read_both(scene, &err), 0);
    tally_finish(scene->tally);
}

static void a_record_comes_back_as_it_went(void **state)
{
    struct scene *scene = *state;
    struct arena *arena = arena_create();
    struct record record = decided(7, "rich", FATE_HELD, "big"), back;

    record.urgent = true;
    record.due_ms = START_MS + HOUR_MS;
    record.number = 11;
    record.done = INT64_C(1) << 40;
    record.issue = NULL;
    record.id = "";
    record_write(scene->streams[BEFORE], &record);
    rewind(scene->streams[BEFORE]);
    assert_int_equal(record_read(scene->streams[BEFORE], arena, &back), 1);
    assert_int_equal(back.kind, RECORD_DECIDED);
    assert_int_equal(back.fate, FATE_HELD);
    assert_int_equal(back.role, record.role);
    assert_true(back.urgent);
    assert_int_equal(back.due_ms, record.due_ms);
    assert_int_equal(back.number, 11);
    assert_int_equal(back.done, record.done);
    assert_string_equal(back.rep, "rich");
    assert_string_equal(back.rule, "big");
    assert_string_equal(back.id, "");
    assert_null(back.issue);
    assert_null(back.words);
    assert_int_equal(record_read(scene->streams[BEFORE], arena, &back), 0);
    arena_destroy(arena);
}

static void the_same_is_no_difference(void **state)
{
    struct scene *scene = *state;

    for (int side = 0; side < SIDES; side++) {
        put(scene, (enum side)side, 1, "rich", FATE_WAITING, "big");
        put(scene, (enum side)side, 1, "pat", FATE_UNSENT, "big");
        put(scene, (enum side)side, 2, "pat", FATE_DIGEST, "rest");
    }
    read_well(scene);
    assert_string_equal(text_string(&scene->told), "");
    assert_int_equal(scene->seen[BEFORE], 4);
    assert_int_equal(scene->seen[AFTER], 4);
    assert_true(tally_same(scene->tally));
    assert_true(tally_same_rules(scene->tally));
}

static void a_rule_of_another_name_is_no_difference_for_the_rep(void **state)
{
    struct scene *scene = *state;

    put(scene, BEFORE, 1, "rich", FATE_WAITING, "big");
    put(scene, AFTER, 1, "rich", FATE_WAITING, "large");
    read_well(scene);
    assert_string_equal(text_string(&scene->told), "");
    assert_true(tally_same(scene->tally));
    assert_false(tally_same_rules(scene->tally));
}

static void what_differs_is_told_side_by_side(void **state)
{
    struct scene *scene = *state;

    // told at once, and then in the digest; told, and then not; another rep
    put(scene, BEFORE, 1, "rich", FATE_WAITING, "big");
    put(scene, BEFORE, 1, "pat", FATE_WAITING, "big");
    put(scene, BEFORE, 3, "rich", FATE_WAITING, "big");
    put(scene, AFTER, 1, "rich", FATE_DIGEST, "rest");
    put(scene, AFTER, 1, "pat", FATE_UNSENT, "rest");
    put(scene, AFTER, 3, "dana", FATE_WAITING, "big");
    read_well(scene);
    assert_string_equal(text_string(&scene->told), "1 I-1: pat waiting big | pat unsent rest\n"
                                                   "1 I-1: rich waiting big | rich digest rest\n"
                                                   "3 I-1: rich waiting big | dana waiting big\n");
    assert_int_equal(scene->tally->difference_count, 3);
    assert_int_equal(scene->tally->shown, 2);
    assert_string_equal(scene->tally->differences[1].sides[AFTER]->rule, "rest");
}

static void each_side_may_be_alone_at_a_place(void **state)
{
    struct scene *scene = *state;

    put(scene, BEFORE, 1, "rich", FATE_WAITING, "old");
    put(scene, BEFORE, 4, "rich", FATE_UNSENT, "rest");
    put(scene, AFTER, 2, "rich", FATE_WAITING, "old");
    put(scene, AFTER, 5, "rich", FATE_WAITING, "old");
    read_well(scene);
    // what was decided to tell nobody, on one side alone, is nothing that anybody hears
    assert_string_equal(text_string(&scene->told), "1 I-1: rich waiting old | -\n"
                                                   "2 I-1: - | rich waiting old\n"
                                                   "5 I-1: - | rich waiting old\n");
}

static void what_rings_at_one_place_keeps_its_issue(void **state)
{
    static const char *const issues[] = {"I-2", "I-3", "I-1"};
    struct scene *scene = *state;

    for (int i = 0; i < 3; i++) { // before in this order, after in the other
        struct record record = decided(1, "rich", FATE_WAITING, "old");

        record.issue = issues[i];
        record_write(scene->streams[BEFORE], &record);
        record.issue = issues[2 - i];
        record.fate = i == 1 ? FATE_DIGEST : FATE_WAITING;
        record_write(scene->streams[AFTER], &record);
    }
    read_well(scene);
    assert_string_equal(text_string(&scene->told), "1 I-3: rich waiting old | rich digest old\n");
}

static void a_digest_at_another_moment_is_a_difference(void **state)
{
    struct scene *scene = *state;
    struct record record = decided(1, "rich", FATE_DIGEST, "rest");

    record_write(scene->streams[BEFORE], &record);
    record.due_ms += HOUR_MS;
    record_write(scene->streams[AFTER], &record);
    read_well(scene);
    assert_string_equal(text_string(&scene->told), "1 I-1: rich digest rest | rich digest rest\n");
}

static void a_stream_that_breaks_off_is_told(void **state)
{
    struct scene *scene = *state;
    struct record failed = {.kind = RECORD_FAILED, .words = "no room is left on the disk"};
    struct error err = {0};

    put(scene, BEFORE, 1, "rich", FATE_WAITING, "big");
    end(scene, AFTER);
    assert_int_equal(read_both(scene, &err), -EPIPE);
    assert_string_equal(err.message, "a trial ended before its end");
    (void)fseek(scene->streams[BEFORE], 0, SEEK_END);
    record_write(scene->streams[BEFORE], &failed);
    assert_int_equal(read_both(scene, &err), -EIO);
    assert_string_equal(err.message, "a trial failed: no room is left on the disk");
}

static void sums_are_by_rep_and_rule(void **state)
{
    struct scene *scene = *state;
    struct record sent = decided(4, "rich", FATE_WAITING, "big");
    const struct tally *tally = scene->tally;
    const struct tally_rep **order;

    sent.kind = RECORD_SENT;
    sent.at_ms = START_MS + INT64_C(3) * DAY_MS;
    put(scene, BEFORE, 1, "rich", FATE_WAITING, "big");
    put(scene, BEFORE, 2, "rich", FATE_HELD, "big");
    put(scene, BEFORE, 3, "rich", FATE_DIGEST, "rest");
    put(scene, BEFORE, 3, "pat", FATE_UNSENT, "rest");
    record_write(scene->streams[BEFORE], &sent);
    put(scene, AFTER, 1, "rich", FATE_WAITING, "big");
    read_well(scene);

    assert_int_equal(tally->rep_count, 4); // whether they hear anything or not, by id
    assert_string_equal(tally->reps[2].id, "rich");
    assert_string_equal(tally->reps[0].id, "dana");
    assert_int_equal(tally->reps[2].told[BEFORE].now, 2);
    assert_int_equal(tally->reps[2].told[BEFORE].digest, 1);
    assert_int_equal(tally->reps[2].told[BEFORE].sent, 1);
    assert_int_equal(tally->reps[2].told[AFTER].now, 1);
    assert_int_equal(tally->reps[2].days[3][BEFORE], 1);
    assert_int_equal(tally->reps[2].days[3][AFTER], 0);
    assert_int_equal(tally->row_count, 2);
    assert_string_equal(tally->rows[0].rule, "big");
    assert_string_equal(tally->rows[1].rule, "rest");
    assert_int_equal(tally->nobody[BEFORE], 1);
    assert_int_equal(tally->sums.events, 9);
    assert_false(tally_same(tally));
    order = tally_by_change(tally);
    assert_string_equal(order[0]->id, "rich");
    assert_null(order[4]);
    free(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_comes_back_as_it_went, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(the_same_is_no_difference, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_rule_of_another_name_is_no_difference_for_the_rep,
                                        scene_open, scene_close),
        cmocka_unit_test_setup_teardown(what_differs_is_told_side_by_side, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(each_side_may_be_alone_at_a_place, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(what_rings_at_one_place_keeps_its_issue, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_digest_at_another_moment_is_a_difference, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_stream_that_breaks_off_is_told, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(sums_are_by_rep_and_rule, scene_open, scene_close),
    };

    return cmocka_run_group_tests_name("pairing", tests, NULL, NULL);
}
