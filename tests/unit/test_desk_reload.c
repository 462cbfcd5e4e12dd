// The order to take over a changed rule book, as the desk sees it: it asks, it refuses or puts on
// record, and it decides by the new one once it is given that.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/ledger/sql.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":5"

// Who reads the rule book in place of the daemon.
struct reader {
    struct stage stage;
    struct problems problems;
    int asked, code;
};

static int try_reload(void *user, struct text *say, const struct problems **ret_problems)
{
    struct reader *reader = user;

    reader->asked++;
    *ret_problems = &reader->problems;
    text_add(say, reader->code < 0 ? "" : "it is in force");
    return reader->code;
}

static int begin(void **state)
{
    static struct reader reader;
    const struct desk_listener listener = {.try_reload = try_reload, .reloader = &reader};

    reader = (struct reader){0};
    stage_open(&reader.stage, small_book_people, NULL);
    desk_destroy(reader.stage.desk);
    reader.stage.desk = desk_create(reader.stage.rulebook, reader.stage.ledger, &listener);
    *state = &reader;
    return 0;
}

static int end(void **state)
{
    struct reader *reader = *state;

    problems_finish(&reader->problems);
    stage_close(&reader->stage);
    return 0;
}

static const char *at(const json_t *root, const char *name)
{
    return json_string_value(json_object_get(root, name));
}

static void a_good_one_is_accepted_with_its_warnings(void **state)
{
    struct reader *reader = *state;
    json_t *receipt, *again;

    problems_add(&reader->problems, PROBLEM_WARNING, "a.conf", 3, "the rule is never reached");
    receipt = stage_receipt(&reader->stage, "rulebook.reloaded", NULL, "\"by\":\"ann\"");
    assert_string_equal(at(receipt, "status"), "accepted");
    assert_string_equal(at(json_object_get(receipt, "answer"), "say"), "it is in force");
    assert_string_equal(json_string_value(json_array_get(json_object_get(receipt, "warnings"), 0)),
                        "a.conf:3: the rule is never reached");
    json_decref(receipt);
    assert_int_equal(stage_number(&reader->stage, "SELECT count(*) FROM events"), 1);
    assert_int_equal(
        stage_number(&reader->stage, "SELECT count(*) FROM " DECISIONS " WHERE fate = 4"), 1);
    // the same event once more asks nobody
    reader->stage.events--;
    again = stage_receipt(&reader->stage, "rulebook.reloaded", NULL, "\"by\":\"ann\"");
    assert_string_equal(at(again, "status"), "duplicate");
    assert_int_equal(reader->asked, 1);
    json_decref(again);
}

static void a_bad_one_is_refused_and_not_stored(void **state)
{
    struct reader *reader = *state;
    json_t *receipt, *errors;

    reader->code = -1;
    problems_add(&reader->problems, PROBLEM_ERROR, "a.conf", 3, "no such field \"colour\"");
    problems_add(&reader->problems, PROBLEM_ERROR, "b.conf", 7, "what is \"%s\"?", "soon");
    receipt = stage_receipt(&reader->stage, "rulebook.reloaded", NULL, NULL);
    assert_string_equal(at(receipt, "status"), "refused");
    assert_string_equal(at(receipt, "code"), "bad_rulebook");
    assert_string_equal(at(receipt, "id"), "e1");
    assert_non_null(strstr(at(receipt, "message"), "2 errors"));
    errors = json_object_get(receipt, "errors");
    assert_int_equal(json_array_size(errors), 2);
    assert_string_equal(json_string_value(json_array_get(errors, 1)),
                        "b.conf:7: what is \"soon\"?");
    json_decref(receipt);
    assert_int_equal(stage_number(&reader->stage, "SELECT count(*) FROM events"), 0);
    // so that the same event may be sent again
    reader->code = 0;
    reader->stage.events--;
    receipt = stage_receipt(&reader->stage, "rulebook.reloaded", NULL, NULL);
    assert_string_equal(at(receipt, "status"), "accepted");
    json_decref(receipt);
}

static void a_signal_is_an_event_too(void **state)
{
    struct reader *reader = *state;
    struct error err = {0};

    for (int i = 0; i < 2; i++) {
        assert_int_equal(ledger_begin(reader->stage.ledger, &err), 0);
        assert_int_equal(desk_reload(reader->stage.desk, reader->stage.now_ms, &err), 0);
        assert_int_equal(ledger_commit(reader->stage.ledger, &err), 0);
    }
    assert_int_equal(reader->asked, 2);
    assert_int_equal(stage_number(&reader->stage, "SELECT count(*) FROM events"
                                                  " WHERE source = '/headsup/signal'"
                                                  " AND type = 'rulebook.reloaded'"),
                     2);
}

static void it_decides_by_the_one_that_it_was_given_last(void **state)
{
    struct reader *reader = *state;
    struct text words = {0};
    struct rulebook *fresh;

    (void)stage_publish(&reader->stage, "issue.opened", "A", OPENED);
    assert_int_equal(stage_number(&reader->stage, "SELECT count(*) FROM notices WHERE fate = 0"),
                     0);
    text_add(&words, small_book_people);
    text_add(&words, "rules: ( { name = \"busy\"; match = [ \"account.open_issues >= 1\" ];"
                     " heads_up = \"now\"; } );");
    fresh = small_book(text_string(&words));
    text_finish(&words);
    desk_take_rulebook(reader->stage.desk, fresh);
    rulebook_destroy(reader->stage.rulebook);
    reader->stage.rulebook = fresh;
    (void)stage_publish(&reader->stage, "issue.opened", "B", OPENED);
    assert_int_equal(stage_number(&reader->stage, "SELECT count(*) FROM notices WHERE fate = 0"
                                                  " AND rule = 'busy'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_one_is_accepted_with_its_warnings, begin, end),
        cmocka_unit_test_setup_teardown(a_bad_one_is_refused_and_not_stored, begin, end),
        cmocka_unit_test_setup_teardown(a_signal_is_an_event_too, begin, end),
        cmocka_unit_test_setup_teardown(it_decides_by_the_one_that_it_was_given_last, begin, end),
    };

    return cmocka_run_group_tests_name("desk_reload", tests, NULL, NULL);
}
