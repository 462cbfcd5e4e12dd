// An event that is only tried: decided as the desk would, with nothing left behind; on a ledger
// that is only looked at, too.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/small_book.h"
#include "tests/support/stage.h"

#define RULES                                                                                      \
    "rules: ("                                                                                     \
    "  { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ]; escalate = true; }," \
    "  { name = \"big\"; match = [ \"amount >= 10000\" ]; heads_up = \"now\"; service = \"now\"; " \
    "} );"
#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":18250"

static int begin(void **state)
{
    static struct stage stage;
    char book[4096];

    (void)snprintf(book, sizeof book, "%s%s", small_book_people, RULES);
    stage_open(&stage, book, NULL);
    *state = &stage;
    return 0;
}

static int end(void **state)
{
    stage_close(*state);
    return 0;
}

// Tries the event that stands in the stage's bytes.
static void try_with(struct stage *stage, struct desk *desk, struct event *event,
                     struct desk_trial *trial)
{
    struct refusal why;
    struct error err;

    assert_int_equal(event_parse(stage->bytes.bytes, stage->bytes.size, stage->now_ms, event, &why),
                     0);
    assert_int_equal(desk_try(desk, event, trial, &err), 0);
}

static void a_trial_says_what_then_happens(void **state)
{
    static const struct {
        const char *type, *subject, *data;
    } happens[] = {
        {"account.updated", "XYZ", "\"value\":300,\"sales\":\"dana\""},
        {"issue.opened", "INV-7", OPENED},
        {"issue.opened", "INV-8", OPENED},
        {"issue.escalation_requested", "INV-7", "\"demand\":\"your boss\""},
        {"issue.escalation_requested", "INV-7", "\"demand\":\"your boss's boss\""},
        {"issue.resolved", "INV-8", ""},
        {"issue.closed", "INV-9", ""},
        {"issue.updated", "INV-10", "\"note\":\"of no account\""},
        {"account.updated", "XYZ", "\"value\":500"},
    };
    struct stage *stage = *state;

    for (size_t i = 0; i < sizeof happens / sizeof happens[0]; i++) {
        struct event event;
        struct desk_trial trial;
        struct text said = {0};
        struct case_file after;
        struct error err;
        bool about_issue = happens[i].type[0] == 'i';

        stage_write(stage, happens[i].type, happens[i].subject, happens[i].data);
        try_with(stage, stage->desk, &event, &trial);
        assert_int_equal(trial.known_seq, 0);
        assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), i);
        text_add(&said, trial.receipt);
        after = trial.after;
        assert_int_equal(ledger_begin(stage->ledger, &err), 0);
        assert_int_equal(stage_handle(stage, &err), 0);
        assert_int_equal(ledger_commit(stage->ledger, &err), 0);
        assert_string_equal(text_string(&said), text_string(&stage->receipt));
        if (about_issue) {
            struct case_file found = stage_case(stage, happens[i].subject);

            assert_int_equal(after.open_issues, found.open_issues);
            assert_int_equal(after.issue.hop, found.issue.hop);
            assert_int_equal(after.issue.state, found.issue.state);
            assert_int_equal(after.group_value_minor, found.group_value_minor);
        } else {
            assert_int_equal(after.group_value_minor, after.account.value_minor);
        }
        text_finish(&said);
        event_finish(&event);
    }
}

static void what_is_on_record_already_is_named(void **state)
{
    struct stage *stage = *state;
    struct event event;
    struct desk_trial trial;

    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    try_with(stage, stage->desk, &event, &trial);
    assert_int_equal(trial.known_seq, 1);
    assert_non_null(trial.receipt);
    event_finish(&event);
}

static void an_order_is_not_decided(void **state)
{
    struct stage *stage = *state;
    struct event event;
    struct desk_trial trial;

    stage_write(stage, "notice.retried", NULL, "\"all\":true");
    try_with(stage, stage->desk, &event, &trial);
    assert_true(trial.is_order);
    assert_null(trial.receipt);
    event_finish(&event);
}

static void a_view_can_be_tried_on_and_not_written(void **state)
{
    char folder[] = "/tmp/headsup-trial-XXXXXX", path[64];
    struct stage *stage = *state, kept;
    struct ledger *view = NULL;
    struct error err;
    struct event event;
    struct desk_trial trial;
    struct desk *desk;
    char book[4096];

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/ledger.db", folder);
    assert_true(ledger_open_view(path, &view, &err) < 0); // and does not make it
    assert_int_equal(access(path, F_OK), -1);
    (void)snprintf(book, sizeof book, "%s%s", small_book_people, RULES);
    stage_open(&kept, book, path);
    (void)stage_publish(&kept, "issue.opened", "INV-7", OPENED);
    assert_int_equal(ledger_open_view(path, &view, &err), 0); // beside the one that writes it
    desk = desk_create(stage->rulebook, view, NULL);
    assert_int_equal(ledger_begin_read(view, &err), 0);
    stage_write(&kept, "issue.escalation_requested", "INV-7", "\"demand\":\"your boss\"");
    try_with(&kept, desk, &event, &trial);
    assert_true(trial.file.issue.known);
    assert_int_equal(trial.verdict.issue.hop, HOP_SALES);
    ledger_end_read(view);
    if (ledger_begin(view, &err) == 0) {
        assert_true(ledger_save_issue(view, NULL, &trial.verdict.issue, &err) < 0);
        ledger_rollback(view);
    }
    assert_int_equal(stage_case(&kept, "INV-7").issue.hop, HOP_SERVICE);
    event_finish(&event);
    desk_destroy(desk);
    ledger_close(view);
    stage_close(&kept);
    for (const char *const *tail = (const char *const[]){"", "-wal", "-shm", ".lock", NULL}; *tail;
         tail++) {
        (void)snprintf(path, sizeof path, "%s/ledger.db%s", folder, *tail);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trial_says_what_then_happens, begin, end),
        cmocka_unit_test_setup_teardown(what_is_on_record_already_is_named, begin, end),
        cmocka_unit_test_setup_teardown(an_order_is_not_decided, begin, end),
        cmocka_unit_test_setup_teardown(a_view_can_be_tried_on_and_not_written, begin, end),
    };

    return cmocka_run_group_tests_name("desk_trial", tests, NULL, NULL);
}
