// Digests: what is kept goes out as one message a rep a day, at the rep's own hour in the rep's own
// zone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/desk/letter.h"
#include "common/ledger/ledger_time.h"
#include "tests/support/stage.h"

static const char book[] =
    "reps: ("
    "  { id = \"rich\"; name = \"Rich Alvarez\"; role = \"sales\"; zone = \"America/Chicago\";"
    "    digest = \"08:30\"; webhook: { url = \"https://hooks.example.com/rich\"; }; },"
    "  { id = \"pat\"; name = \"Pat Okafor\"; role = \"service\"; zone = \"Asia/Kolkata\";"
    "    digest = \"09:00\"; webhook: { url = \"https://hooks.example.com/pat\"; }; } );"
    "default: { service = \"pat\"; sales = \"rich\"; };"
    "rules: ( { name = \"kept\"; heads_up = \"digest\"; service = \"no\"; } );";

enum { MOST = 16 };

static int begin(void **state)
{
    static struct stage stage;

    stage_open(&stage, book, NULL);
    *state = &stage;
    return 0;
}

static int end(void **state)
{
    stage_close(*state);
    return 0;
}

static int64_t at(const char *moment)
{
    int64_t ms = 0;

    assert_int_equal(moment_parse(moment, &ms), 0);
    return ms;
}

static void open_issue(struct stage *stage, const char *key)
{
    stage_publish(stage, "issue.opened", key,
                  "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"rounding\"");
}

static int ring_at(struct stage *stage, const char *moment)
{
    json_t *receipt = NULL;
    int rung;

    stage->now_ms = at(moment);
    rung = stage_ring(stage, &receipt);
    json_decref(receipt);
    return rung;
}

static void comes_once_at_the_reps_own_hour(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];

    stage->now_ms = at("2026-11-23T10:00:00Z");
    open_issue(stage, "I-1");
    open_issue(stage, "I-2");
    assert_int_equal(ring_at(stage, "2026-11-23T14:29:59Z"), 0);
    assert_int_equal(ring_at(stage, "2026-11-23T14:30:00Z"), 1);
    assert_int_equal(ring_at(stage, "2026-11-23T14:30:01Z"), 0);
    assert_int_equal(ring_at(stage, "2026-11-24T14:30:00Z"), 0);
    assert_int_equal(stage_notices(stage, "n.kind = 9", notices, MOST), 1);
    assert_string_equal(notices[0].rep, "rich");
    assert_string_equal(notices[0].lane, "rich");
    assert_int_equal(notices[0].fate, FATE_WAITING);
    assert_string_equal(notices[0].why, "2 decisions kept for it");
    assert_null(notices[0].account_key);
    assert_int_equal(stage_notices(stage, "n.carrier IS NOT NULL", notices, MOST), 2);
}

static void keeps_its_hour_across_daylight_saving(void **state)
{
    struct stage *stage = *state;

    // clocks in Chicago go back on 1 November 2026 and forward on 14 March 2027
    stage->now_ms = at("2026-10-31T15:00:00Z");
    open_issue(stage, "I-1");
    assert_int_equal(ring_at(stage, "2026-11-01T14:29:00Z"), 0);
    assert_int_equal(ring_at(stage, "2026-11-01T14:30:00Z"), 1);
    stage->now_ms = at("2027-03-13T20:00:00Z");
    open_issue(stage, "I-2");
    assert_int_equal(ring_at(stage, "2027-03-14T13:29:00Z"), 0);
    assert_int_equal(ring_at(stage, "2027-03-14T13:30:00Z"), 1);
}

static void lists_an_issue_once(void **state)
{
    struct stage *stage = *state;
    struct digest_item items[MOST];
    struct notice_record notices[MOST];
    struct error err;

    stage->now_ms = at("2026-11-23T10:00:00Z");
    open_issue(stage, "I-1");
    stage_publish(stage, "issue.updated", "I-1", "\"note\":\"again\"");
    stage_publish(stage, "issue.transferred", "I-1", "\"to\":\"credit\"");
    open_issue(stage, "I-2");
    assert_int_equal(ring_at(stage, "2026-11-23T14:30:00Z"), 1);
    assert_int_equal(stage_notices(stage, "n.kind = 9", notices, MOST), 1);
    assert_int_equal(
        ledger_digest_items(stage->ledger, notices[0].num, MOST, stage->arena, items, &err), 2);
    assert_string_equal(items[0].key, "I-1");
    assert_int_equal(items[0].count, 3);
    assert_string_equal(items[1].key, "I-2");
    assert_int_equal(items[1].count, 1);
    assert_int_equal(
        ledger_digest_items(stage->ledger, notices[0].num, 1, stage->arena, items, &err), 1);
}

static void is_due_at_once_where_nobody_was_there_in_time(void **state)
{
    struct stage *stage = *state;

    stage->now_ms = at("2026-11-23T10:00:00Z");
    open_issue(stage, "I-1");
    assert_int_equal(ring_at(stage, "2026-11-26T03:00:00Z"), 1);
}

// Of 40 issues, one of them with two decisions.
static void says_how_many_it_does_not_list(void **state)
{
    static const char last[] = "\n- and 15 more";
    struct stage *stage = *state;
    const struct letter_desk desk = {stage->rulebook, stage->ledger, stage->arena};
    struct notice_record notices[MOST];
    struct notice notice;
    struct text words = {0};
    struct error err;
    char key[16];

    stage->now_ms = at("2026-11-23T10:00:00Z");
    for (int i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof key, "I-%d", i);
        open_issue(stage, key);
    }
    stage_publish(stage, "issue.updated", "I-1", "\"note\":\"again\"");
    assert_int_equal(ring_at(stage, "2026-11-23T14:30:00Z"), 1);
    assert_int_equal(stage_notices(stage, "n.kind = 9", notices, MOST), 1);
    assert_int_equal(letter_prepare(&desk, &notices[0], stage->now_ms, &notice, &err), 0);
    words_headline(&words, &notice, stage->now_ms);
    assert_string_equal(text_string(&words), "Your digest: 40 cases");
    text_clear(&words);
    words_body(&words, &notice, stage->now_ms);
    assert_true(words.size > strlen(last));
    assert_string_equal(text_string(&words) + words.size - strlen(last), last);
    text_finish(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_once_at_the_reps_own_hour, begin, end),
        cmocka_unit_test_setup_teardown(keeps_its_hour_across_daylight_saving, begin, end),
        cmocka_unit_test_setup_teardown(lists_an_issue_once, begin, end),
        cmocka_unit_test_setup_teardown(says_how_many_it_does_not_list, begin, end),
        cmocka_unit_test_setup_teardown(is_due_at_once_where_nobody_was_there_in_time, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
