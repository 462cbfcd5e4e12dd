// Silences: set, replaced, lifted, over; what they keep back and what not; known after a restart
// and after a transaction that was undone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/ledger/sql.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

#define OPENED "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"s\",\"amount\":18250"
#define RULES                                                                                      \
    "rules: ( { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ];"              \
    "  escalate = true; },"                                                                        \
    "  { name = \"old\"; match = [ \"age >= 2h\" ]; heads_up = \"now\"; },"                        \
    "  { name = \"big\"; match = [ \"amount >= 10000\" ]; heads_up = \"now\";"                     \
    "    service = \"digest\"; } );"
#define COMMENT "\"comment\":\"billing moves\""
#define UNTIL   "\"until\":\"2026-11-23T10:00:00Z\""
#define SET     UNTIL "," COMMENT ",\"by\":\"anna\""

enum { MOST = 32 };

static struct text book;

static int begin_at(void **state, const char *path)
{
    static struct stage stage;

    text_clear(&book);
    text_add(&book, small_book_people);
    text_add(&book, RULES);
    stage_open(&stage, text_string(&book), path);
    *state = &stage;
    return 0;
}

static int begin(void **state)
{
    return begin_at(state, NULL);
}

static int end(void **state)
{
    stage_close(*state);
    text_finish(&book);
    return 0;
}

// --- events, and what was said of them -----------------------------------------------------------

static void expect_words(const char *said, const char *expected)
{
    if (!strstr(said, expected)) {
        fail_msg("'%s' is not in: %s", expected, said);
    }
}

static void accepted(struct stage *stage, const char *type, const char *subject, const char *data,
                     const char *words)
{
    const char *said = stage_publish(stage, type, subject, data);

    expect_words(said, "\"status\":\"accepted\"");
    expect_words(said, words);
}

static void refused(struct stage *stage, const char *subject, const char *data, const char *path,
                    const char *words)
{
    json_t *receipt = stage_receipt(stage, data ? "silence.set" : "silence.lifted", subject, data);

    assert_string_equal(json_string_value(json_object_get(receipt, "status")), "refused");
    assert_string_equal(json_string_value(json_object_get(receipt, "path")), path);
    expect_words(json_string_value(json_object_get(receipt, "message")), words);
    json_decref(receipt);
}

// The rules that decided the last event, sales first.
static void decided(struct stage *stage, const char *sales, const char *service)
{
    struct notice_record notices[MOST];
    size_t count = stage_notices(stage, "n.event = (SELECT max(seq) FROM events)", notices, MOST);

    assert_int_equal(count, 2);
    assert_string_equal(notices[0].rule, sales);
    assert_string_equal(notices[1].rule, service);
    for (size_t i = 0; i < count; i++) {
        bool silent = strncmp(notices[i].rule, "silence: ", strlen("silence: ")) == 0;

        assert_int_equal(silent, notices[i].fate == FATE_UNSENT);
    }
}

static void open_one(struct stage *stage, const char *key)
{
    (void)stage_publish(stage, "issue.opened", key, OPENED);
}

// --- what they keep back -------------------------------------------------------------------------

static void keeps_notices_back_and_never_records(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];

    accepted(stage, "silence.set", "move", "\"match\":\"source = /test\"," SET,
             "silence move holds until 2026-11-23T10:00:00Z, of 1 matcher");
    open_one(stage, "I-1");
    decided(stage, "silence: move", "silence: move");
    assert_int_equal(stage_notices(stage, "n.rep IN ('rich', 'pat')", notices, MOST), 2);
    assert_string_equal(notices[0].why,
                        "anna keeps it back until 2026-11-23T10:00:00Z: billing moves; it matches "
                        "source = /test (/test); without it: now, by 'big': amount >= 10000 "
                        "(18250.00)");
    expect_words(notices[1].why, "without it: digest, by 'big'");
    assert_int_equal(stage_case(stage, "I-1").issue.amount_minor, 1825000);
    // up to its end
    stage->now_ms += 2 * (int64_t)HOUR_MS - 1;
    open_one(stage, "I-2");
    decided(stage, "silence: move", "silence: move");
    stage->now_ms += 1;
    open_one(stage, "I-3");
    decided(stage, "big", "big");
}

static void all_its_matchers_must_hold(void **state)
{
    struct stage *stage = *state;

    accepted(
        stage, "silence.set", "one",
        "\"match\":[\"category = billing\",\"data.ticket = 7\",\"account.open_issues < 3\"]," SET,
        "of 3 matchers");
    open_one(stage, "I-1");
    decided(stage, "big", "big");
    (void)stage_publish(stage, "issue.opened", "I-2", OPENED ",\"ticket\":7");
    decided(stage, "silence: one", "silence: one");
    open_one(stage, "I-3");
    (void)stage_publish(stage, "issue.updated", "I-3", "\"ticket\":7"); // three are open by now
    decided(stage, "big", "big");
}

static void what_the_law_tells_is_told(void **state)
{
    struct stage *stage = *state;

    open_one(stage, "I-1");
    accepted(stage, "silence.set", "all", "\"match\":\"event =~ .\"," SET, "holds");
    (void)stage_publish(stage, "issue.escalation_requested", "I-1", "");
    decided(stage, "asks", "asks");
    (void)stage_publish(stage, "issue.escalation_requested", "I-1", "");
    decided(stage, "law: stand firm", "law: stand firm");
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM notices WHERE fate = 0 AND rep <> 'admin'"),
        5); // the heads-up from before it too
}

static void an_age_that_is_reached_meanwhile_is_kept_back_too(void **state)
{
    struct stage *stage = *state;
    json_t *receipt = NULL;

    open_one(stage, "I-1");
    accepted(stage, "silence.set", "all",
             "\"match\":\"age > 1h\",\"until\":\"2026-11-24\"," COMMENT, "2026-11-24T23:59:59Z");
    stage->now_ms += 3 * (int64_t)HOUR_MS;
    assert_int_equal(stage_ring(stage, &receipt), 1);
    json_decref(receipt);
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM " DECISIONS " WHERE rule = 'silence: all'"), 1);
}

// --- set, replaced, lifted -----------------------------------------------------------------------

static void one_of_the_same_name_replaces_it(void **state)
{
    struct stage *stage = *state;

    accepted(stage, "silence.set", "move", "\"match\":\"category = billing\"," SET, "holds");
    accepted(stage, "silence.set", "move", "\"match\":\"category = shipment\"," SET, "holds");
    open_one(stage, "I-1");
    decided(stage, "big", "big");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM silences"), 1);
}

static void lifted_is_lifted(void **state)
{
    struct stage *stage = *state;

    accepted(stage, "silence.set", "move", "\"match\":\"category = billing\"," SET, "holds");
    refused(stage, "moev", NULL, "/subject", "no silence 'moev' holds; did you mean 'move'?");
    accepted(stage, "silence.lifted", "move", "\"by\":\"anna\"", "silence move is lifted");
    open_one(stage, "I-1");
    decided(stage, "big", "big");
    refused(stage, "move", NULL, "/subject", "no silence 'move' holds");
}

static void those_that_ended_go(void **state)
{
    struct stage *stage = *state;

    accepted(stage, "silence.set", "move", "\"match\":\"category = billing\"," SET, "holds");
    stage->now_ms += DAY_MS;
    refused(stage, "move", NULL, "/subject", "no silence 'move' holds");
    accepted(stage, "silence.set", "next",
             "\"match\":\"category = billing\",\"until\":\"2026-11-25T00:00:00Z\"," COMMENT,
             "holds");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM silences"), 1);
}

static void what_is_wrong_with_one_is_said(void **state)
{
    struct stage *stage = *state;
    struct text many = {0};

    refused(stage, "x", "\"match\":\"amuont > 5\"," SET, "/data/match",
            "there is no field 'amuont'; did you mean 'amount'?");
    refused(stage, "x", "\"match\":[\"amount > 5\",\"severity = majro\"]," SET, "/data/match/1",
            "did you mean 'major'?");
    refused(stage, "x", "\"match\":\"summary =~ (\"," SET, "/data/match", "the pattern is wrong");
    refused(stage, "x", "\"match\":\"amount > 5\",\"until\":\"2026-11-23T08:00:00Z\"," COMMENT,
            "/data/until", "it is 2026-11-23T08:00:00Z now");
    refused(stage, "x", "\"match\":\"amount > 5\"," UNTIL, "/data/comment", "missing");
    refused(stage, "x", "\"match\":\"amount > 5\"," COMMENT, "/data/until", "missing");
    text_add(&many, SET ",\"match\":[\"amount > 5\"");
    for (int i = 0; i < 64; i++) {
        text_add(&many, ",\"amount > 5\"");
    }
    text_add(&many, "]");
    refused(stage, "x", text_string(&many), "/data/match", "at most 64 matchers");
    text_finish(&many);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM silences"), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), 0);
}

static void no_more_than_a_thousand_hold_at_once(void **state)
{
    struct stage *stage = *state;
    char name[16];

    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "s%d", i);
        accepted(stage, "silence.set", name, "\"match\":\"amount = 5\"," SET, "holds");
    }
    refused(stage, "more", "\"match\":\"amount = 5\"," SET, "/subject",
            "there are 1000 silences already");
    accepted(stage, "silence.set", "s7", "\"match\":\"category = billing\"," SET, "holds");
    open_one(stage, "I-1");
    decided(stage, "silence: s7", "silence: s7");
    accepted(stage, "silence.lifted", "s8", "", "lifted");
    accepted(stage, "silence.set", "more", "\"match\":\"amount = 5\"," SET, "holds");
    // those that ended make room
    stage->now_ms += DAY_MS;
    accepted(stage, "silence.set", "later",
             "\"match\":\"amount = 5\",\"until\":\"2026-11-25T00:00:00Z\"," COMMENT, "holds");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM silences"), 1);
}

// --- what is kept --------------------------------------------------------------------------------

static void known_after_a_restart(void **state)
{
    char folder[] = "/tmp/silences-XXXXXX", path[64];
    struct stage *stage;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/ledger.db", folder);
    (void)begin_at((void **)&stage, path);
    accepted(stage, "silence.set", "move", "\"match\":[\"category = billing\"]," SET, "holds");
    (void)end((void **)&stage);
    (void)begin_at((void **)&stage, path);
    stage->events = 100;
    open_one(stage, "I-1");
    decided(stage, "silence: move", "silence: move");
    (void)end((void **)&stage);
    for (const char *const *name = (const char *const[]){"ledger.db", "ledger.db-wal",
                                                         "ledger.db-shm", "ledger.db.lock", NULL};
         *name; name++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, *name);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void what_was_undone_holds_no_more(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};

    accepted(stage, "silence.set", "kept", "\"match\":\"amount = 5\"," SET, "holds");
    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    stage_write(stage, "silence.set", "undone", "\"match\":\"category = billing\"," SET);
    assert_int_equal(stage_handle(stage, &err), 0);
    stage_write(stage, "issue.opened", "I-1", OPENED);
    assert_int_equal(stage_handle(stage, &err), 0);
    expect_words(text_string(&stage->receipt), "silence: undone");
    ledger_rollback(stage->ledger);
    open_one(stage, "I-1");
    decided(stage, "big", "big");
    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    stage_write(stage, "silence.lifted", "kept", "");
    assert_int_equal(stage_handle(stage, &err), 0);
    ledger_rollback(stage->ledger);
    (void)stage_publish(stage, "issue.updated", "I-1", "\"amount\":5");
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM " DECISIONS " WHERE rule = 'silence: kept'"), 1);
}

#define STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(keeps_notices_back_and_never_records),
        STAGE_TEST(all_its_matchers_must_hold),
        STAGE_TEST(what_the_law_tells_is_told),
        STAGE_TEST(an_age_that_is_reached_meanwhile_is_kept_back_too),
        STAGE_TEST(one_of_the_same_name_replaces_it),
        STAGE_TEST(lifted_is_lifted),
        STAGE_TEST(those_that_ended_go),
        STAGE_TEST(what_is_wrong_with_one_is_said),
        STAGE_TEST(no_more_than_a_thousand_hold_at_once),
        cmocka_unit_test(known_after_a_restart),
        STAGE_TEST(what_was_undone_holds_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
