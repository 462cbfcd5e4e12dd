// The quiet on the ledger: floods become one message, hours are kept, what is over by then is
// dropped, what is urgent carries the rest, and the big mutes the small; across restarts and
// reloads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/moment.h"
#include "common/desk/letter.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":5"
#define MINOR OPENED ",\"severity\":\"minor\""

#define RULES                                                                                      \
    "rules: ( { name = \"demand\"; match = [ \"event = issue.escalation_requested\" ];"            \
    "    escalate = true; },"                                                                      \
    "  { name = \"fire\"; match = [ \"data.note = fire\" ]; heads_up = \"now\";"                   \
    "    priority = \"urgent\"; service = \"no\"; },"                                              \
    "  { name = \"old\"; match = [ \"age >= 2d\" ]; heads_up = \"now\"; service = \"no\"; },"      \
    "  { name = \"all\"; match = [ \"event =~ ^issue\" ]; heads_up = \"now\"; service = \"no\"; }" \
    ");"

enum { MOST = 64 };

static void start(struct stage *stage, const char *more)
{
    char book[8192];

    (void)snprintf(book, sizeof book, "%s%s%s", small_book_people, RULES, more);
    stage_open(stage, book, NULL);
}

static int64_t count(struct stage *stage, const char *where)
{
    char sql[256];

    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM notices WHERE role = 1 AND %s", where);
    return stage_number(stage, sql);
}

static int64_t rings_at(struct stage *stage)
{
    struct error err = {0};
    int64_t at_ms = 0;

    assert_int_equal(desk_rings_at(stage->desk, &at_ms, &err), 0);
    return at_ms;
}

// Lets time pass to then, and what is due be asked again.
static void pass(struct stage *stage, int64_t span_ms)
{
    json_t *receipt = NULL;

    stage->now_ms += span_ms;
    while (stage_ring(stage, &receipt) > 0) {
        json_decref(receipt);
        receipt = NULL;
    }
    json_decref(receipt);
}

static struct notice_record the_one(struct stage *stage, const char *where)
{
    struct notice_record notices[MOST];

    assert_int_equal(stage_notices(stage, where, notices, MOST), 1);
    return notices[0];
}

// What the rep of that notice would read.
static void write_body(struct stage *stage, const struct notice_record *record, struct text *out,
                       size_t *ret_events)
{
    const struct letter_desk desk = {stage->rulebook, stage->ledger, stage->arena};
    struct notice notice;
    struct error err = {0};

    assert_int_equal(letter_prepare(&desk, record, stage->now_ms, &notice, &err), 0);
    text_clear(out);
    words_body(out, &notice, stage->now_ms);
    *ret_events = 1 + notice.carried_count;
}

// --- gather --------------------------------------------------------------------------------------

static void a_flood_is_one_message(void **state)
{
    struct stage stage;
    struct notice_record sent;
    struct text body = {0};
    size_t events = 0;
    char data[64];

    (void)state;
    start(&stage, "gather: { wait = \"1m\"; };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    for (int i = 0; i < 40; i++) {
        stage.now_ms += SECOND_MS;
        (void)snprintf(data, sizeof data, "\"amount\":%d,\"note\":\"note %d\"", 10 + i, i);
        (void)stage_publish(&stage, "issue.updated", "INV-7", data);
    }
    assert_int_equal(count(&stage, "fate = 6 AND lane IS NULL AND done_ms = 0"), 41);
    assert_int_equal(rings_at(&stage), STAGE_START_MS + MINUTE_MS); // nothing pushes it
    pass(&stage, 19 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 6"), 41);
    pass(&stage, SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0"), 1);
    assert_int_equal(count(&stage, "fate = 7 AND carrier = 1"), 40);
    sent = the_one(&stage, "n.fate = 0");
    assert_int_equal(sent.num, 1);
    assert_string_equal(sent.lane, "rich");
    assert_string_equal(sent.words, "note 39");
    assert_int_equal(sent.due_ms, stage.now_ms);
    assert_string_equal(sent.why, "event =~ ^issue (issue.opened); the first word of it; 41 events "
                                  "in one message");
    write_body(&stage, &sent, &body, &events);
    assert_non_null(
        strstr(text_string(&body), "Why now: the first word of it; 41 events in one message."));
    assert_non_null(strstr(text_string(&body), "$49.00")); // as it stands by now
    assert_int_equal(events, 41);
    text_finish(&body);
    stage_close(&stage);
}

static void the_next_message_comes_later_and_says_what_changed(void **state)
{
    struct stage stage;
    struct notice_record sent;

    (void)state;
    start(&stage, "gather: { wait = \"10s\"; again = \"5m\"; };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    pass(&stage, 10 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0"), 1);
    pass(&stage, MINUTE_MS);
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":20");
    (void)stage_publish(&stage, "issue.planned", "INV-7", "\"plan\":\"credit\"");
    assert_int_equal(rings_at(&stage), STAGE_START_MS + 10 * SECOND_MS + 5 * MINUTE_MS);
    pass(&stage, 4 * MINUTE_MS);
    assert_int_equal(count(&stage, "fate = 0"), 2);
    sent = the_one(&stage, "n.fate = 0 AND n.num > 1");
    assert_non_null(strstr(sent.why, "; changed since the last message: the amount, the plan; 2 "
                                     "events in one message"));
    // long after: the wait alone
    pass(&stage, HOUR_MS);
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":20");
    assert_int_equal(rings_at(&stage), stage.now_ms + 10 * SECOND_MS);
    pass(&stage, 10 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0 AND why LIKE '%repeated, and nothing%'"), 1);
    stage_close(&stage);
}

static void without_a_block_or_with_no_wait_each_goes_at_once(void **state)
{
    static const char *const books[] = {"", "gather: { wait = \"0s\"; };"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stage stage;

        start(&stage, books[i]);
        (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
        (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":20");
        assert_int_equal(count(&stage, "fate = 0 AND quiet IS NULL"), 2);
        assert_int_equal(stage_number(&stage, "SELECT count(*) FROM told"), 0);
        stage_close(&stage);
    }
}

static void issues_gather_each_for_itself(void **state)
{
    struct stage stage;

    (void)state;
    start(&stage, "gather: { };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(&stage, "issue.opened", "INV-8", OPENED);
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0"), 2);
    assert_int_equal(count(&stage, "fate = 7"), 0);
    stage_close(&stage);
}

static void what_is_resolved_meanwhile_is_dropped(void **state)
{
    struct stage stage;
    struct notice_record dropped;

    (void)state;
    start(&stage, "gather: { };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(&stage, "issue.resolved", "INV-7", "\"by\":\"pat\"");
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 5 AND done_ms > 0 AND quiet = 'resolved meanwhile'"), 2);
    dropped = the_one(&stage, "n.fate = 5 AND n.num = 1");
    assert_string_equal(dropped.why, "event =~ ^issue (issue.opened); resolved meanwhile");
    assert_int_equal(stage_number(&stage, "SELECT heads_up_at_ms FROM issues"), 0);
    // reopened, it is told again; and then its end is news
    (void)stage_publish(&stage, "issue.reopened", "INV-7", "\"by\":\"pat\"");
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0"), 1);
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":6");
    (void)stage_publish(&stage, "issue.resolved", "INV-7", "\"by\":\"pat\"");
    pass(&stage, 5 * MINUTE_MS);
    assert_int_equal(count(&stage, "fate = 0"), 2);
    assert_int_equal(count(&stage, "fate = 5"), 2);
    // what comes after the end is told for its own sake
    pass(&stage, HOUR_MS);
    (void)stage_publish(&stage, "issue.customer_contacted", "INV-7", "\"who\":\"rich\"");
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0"), 3);
    stage_close(&stage);
}

static void what_is_urgent_carries_the_rest(void **state)
{
    struct stage stage;
    struct notice_record sent;

    (void)state;
    start(&stage, "gather: { };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"note\":\"fire\",\"amount\":9");
    assert_int_equal(count(&stage, "fate = 6"), 0);
    sent = the_one(&stage, "n.fate = 0");
    assert_int_equal(sent.urgent, 1);
    assert_string_equal(sent.quiet, "the first word of it; 2 events in one message");
    assert_int_equal(count(&stage, "fate = 7 AND carrier = (SELECT num FROM notices WHERE"
                                   " fate = 0)"),
                     1);
    // and so does the hop, for both of the two
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":10");
    assert_int_equal(count(&stage, "fate = 6"), 1);
    (void)stage_publish(&stage, "issue.escalation_requested", "INV-7", "\"demand\":\"the boss\"");
    assert_int_equal(count(&stage, "fate = 6"), 0);
    assert_int_equal(count(&stage, "fate = 0 AND kind = 2"), 1);
    assert_int_equal(count(&stage, "fate = 7"), 2);
    assert_int_equal(stage_number(&stage, "SELECT count(*) FROM notices WHERE kind = 3"
                                          " AND fate = 0"),
                     1);
    stage_close(&stage);
}

// --- hours ---------------------------------------------------------------------------------------

#define WITH_HOURS                                                                                 \
    "reps: ( { id = \"rich\"; name = \"R A\"; role = \"sales\"; hours = \"mon-fri 08:00-18:00\";"  \
    "    zone = \"America/Chicago\"; webhook: { url = \"https://h/\"; }; },"                       \
    "  { id = \"dana\"; name = \"D W\"; role = \"sales\"; webhook: { url = \"https://h/\"; }; },"  \
    "  { id = \"pat\"; name = \"P\"; role = \"service\"; webhook: { url = \"https://h/\"; }; } );" \
    "default: { service = \"pat\"; sales = \"rich\"; };"

static int64_t moment(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(moment_parse(text, &ms), 0);
    return ms;
}

static void a_weekend_is_kept_quiet(void **state)
{
    struct stage stage;
    json_t *receipt;

    (void)state;
    stage_open(&stage, WITH_HOURS RULES, NULL);
    stage.now_ms = moment("2026-11-28T01:00:00Z"); // Friday, 19:00 in Chicago
    receipt = stage_receipt(&stage, "issue.opened", "INV-7", OPENED);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json_object_get(receipt, "decisions"), 0),
                                          "held_until")),
        "2026-11-30T14:00:00Z");
    json_decref(receipt);
    (void)stage_publish(&stage, "issue.opened", "INV-8", OPENED);
    pass(&stage, DAY_MS);
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":20");
    (void)stage_publish(&stage, "issue.resolved", "INV-8", "\"by\":\"pat\"");
    assert_int_equal(count(&stage, "fate = 6"), 4);
    assert_int_equal(stage_number(&stage, "SELECT min(due_ms) FROM notices WHERE fate = 6"),
                     moment("2026-11-30T14:00:00Z"));
    (void)stage_publish(&stage, "issue.opened", "INV-9", OPENED ",\"note\":\"fire\"");
    assert_int_equal(count(&stage, "fate = 0 AND urgent = 1 AND quiet IS NULL"), 1);
    stage.now_ms = moment("2026-11-30T14:00:00Z");
    pass(&stage, 0);
    assert_int_equal(count(&stage, "fate = 0"), 2);
    assert_int_equal(count(&stage, "fate = 7"), 2); // the update, and that it came of an age
    assert_int_equal(count(&stage, "fate = 5"), 2);
    (void)stage_publish(&stage, "issue.opened", "INV-10", OPENED); // in his hours: at once
    assert_int_equal(count(&stage, "fate = 0 AND quiet IS NULL"), 2);
    stage_close(&stage);
}

static void a_night_of_daylight_saving(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, WITH_HOURS RULES, NULL);
    stage.now_ms = moment("2026-03-08T02:00:00Z"); // Saturday evening; clocks go forward
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    assert_int_equal(rings_at(&stage), moment("2026-03-09T13:00:00Z"));
    stage.now_ms = moment("2026-11-01T02:00:00Z"); // and back
    (void)stage_publish(&stage, "issue.opened", "INV-8", OPENED);
    assert_int_equal(stage_number(&stage, "SELECT max(due_ms) FROM notices WHERE fate = 6"),
                     moment("2026-11-02T14:00:00Z"));
    stage_close(&stage);
}

// An account's record, which no issue gathers, waits for the hours too.
static void what_is_about_an_account_waits_for_the_hours(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage,
               WITH_HOURS "rules: ( { name = \"terms\"; match = [ \"event =~ ^account\" ];"
                          " heads_up = \"now\"; } ); gather: { };",
               NULL);
    stage.now_ms = moment("2026-11-28T01:00:00Z");
    for (int i = 0; i < 2; i++) {
        (void)stage_publish(&stage, "account.terms_agreed", "XYZ", "\"summary\":\"net 45\"");
    }
    assert_int_equal(count(&stage, "fate = 6"), 2);
    stage.now_ms = moment("2026-11-30T14:00:00Z");
    pass(&stage, 0);
    assert_int_equal(count(&stage, "fate = 0"), 2); // each for itself
    assert_int_equal(count(&stage, "why LIKE '%; it waited for the hours of rich'"), 2);
    stage_close(&stage);
}

static void it_goes_to_whoever_is_the_person_by_then(void **state)
{
    struct stage stage;
    struct notice_record sent;

    (void)state;
    stage_open(&stage, WITH_HOURS RULES, NULL);
    stage.now_ms = moment("2026-11-28T01:00:00Z");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(&stage, "account.updated", "XYZ", "\"sales\":\"dana\"");
    stage.now_ms = moment("2026-11-30T14:00:00Z");
    pass(&stage, 0);
    sent = the_one(&stage, "n.fate = 0");
    assert_string_equal(sent.rep, "dana");
    assert_string_equal(sent.lane, "dana");
    assert_non_null(strstr(sent.why, "; it was held for rich, and goes to dana"));
    stage_close(&stage);
}

// He may not be disturbed yet either: it waits for his hours instead.
static void another_ones_hours_are_kept_too(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, WITH_HOURS RULES "gather: { };", NULL);
    stage.now_ms = moment("2026-11-28T01:00:00Z");
    (void)stage_publish(&stage, "account.updated", "XYZ", "\"sales\":\"dana\"");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(&stage, "account.updated", "XYZ", "\"sales\":\"rich\"");
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 6 AND rep = 'rich' AND quiet LIKE 'hours: %'"), 1);
    assert_int_equal(stage_number(&stage, "SELECT min(due_ms) FROM notices WHERE fate = 6"),
                     moment("2026-11-30T14:00:00Z"));
    stage_close(&stage);
}

// A silence that began meanwhile, as far as its matchers see the case.
static void a_silence_keeps_back_what_is_held(void **state)
{
    struct stage stage;

    (void)state;
    start(&stage, "gather: { };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(&stage, "silence.set", "night",
                        "\"match\":\"account = XYZ\",\"until\":\"2026-11-23T09:00:00Z\","
                        "\"comment\":\"we know\",\"by\":\"olga\"");
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 5 AND quiet = 'silence night: olga keeps it back: we"
                                   " know'"),
                     1);
    stage_close(&stage);
}

// --- across restarts and reloads -----------------------------------------------------------------

static void what_is_held_outlives_a_restart(void **state)
{
    char folder[] = "/tmp/headsup-quiet-XXXXXX", path[64], book[8192];
    struct stage stage;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/ledger.db", folder);
    (void)snprintf(book, sizeof book, "%s%s%s", small_book_people, RULES, "gather: { };");
    stage_open(&stage, book, path);
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    stage_close(&stage);
    // and a book that gathers nothing any more sends it at its moment all the same
    (void)snprintf(book, sizeof book, "%s%s", small_book_people, RULES);
    stage_open(&stage, book, path);
    assert_int_equal(rings_at(&stage), STAGE_START_MS + 30 * SECOND_MS);
    stage.events = 1; // their ids go on
    (void)stage_publish(&stage, "issue.updated", "INV-7", "\"amount\":9");
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(count(&stage, "fate = 0"), 1);
    assert_int_equal(count(&stage, "fate = 7"), 1);
    assert_true(rings_at(&stage) > stage.now_ms + 30 * SECOND_MS);
    stage_close(&stage);
    for (int i = 0; i < 4; i++) {
        static const char *const tails[] = {"", "-wal", "-shm", ".lock"};

        (void)snprintf(book, sizeof book, "%s%s", path, tails[i]);
        (void)unlink(book);
    }
    assert_int_equal(rmdir(folder), 0);
}

// --- the big mutes the small ---------------------------------------------------------------------

static void the_big_mutes_the_small(void **state)
{
    struct stage stage;
    struct notice_record muted;

    (void)state;
    start(&stage, "");
    (void)stage_publish(&stage, "issue.opened", "SMALL-1", MINOR);
    assert_int_equal(count(&stage, "fate = 0"), 1); // nothing big stands open
    (void)stage_publish(&stage, "issue.opened", "BIG", OPENED);
    assert_int_equal(stage_number(&stage, "SELECT heads_up_at_ms FROM issues WHERE key = 'BIG'"),
                     stage.now_ms);
    (void)stage_publish(&stage, "issue.opened", "SMALL-2", MINOR);
    muted = the_one(&stage, "n.fate = 3 AND n.role = 1");
    assert_string_equal(muted.rule, "law: the big mutes the small");
    assert_string_equal(muted.why, "minor, while BIG stands open; without it: now, by 'all': "
                                   "event =~ ^issue (issue.opened)");
    assert_true(muted.due_ms > stage.now_ms);
    // not what is urgent, nor another account's, nor once the big one is over
    (void)stage_publish(&stage, "issue.updated", "SMALL-2", "\"note\":\"fire\"");
    (void)stage_publish(&stage, "issue.opened", "OTHER",
                        "\"account\":\"ABC\",\"category\":\"billing\",\"summary\":\"s\","
                        "\"severity\":\"minor\"");
    assert_int_equal(count(&stage, "fate = 3"), 1);
    (void)stage_publish(&stage, "issue.resolved", "BIG", "\"by\":\"pat\"");
    (void)stage_publish(&stage, "issue.opened", "SMALL-3", MINOR);
    assert_int_equal(count(&stage, "fate = 3"), 1);
    stage_close(&stage);
}

// What is held has not been told: only when it goes out does the issue count as told of.
static void a_big_one_that_is_held_mutes_nothing_yet(void **state)
{
    struct stage stage;

    (void)state;
    start(&stage, "gather: { };");
    (void)stage_publish(&stage, "issue.opened", "BIG", OPENED);
    (void)stage_publish(&stage, "issue.opened", "SMALL-1", MINOR);
    assert_int_equal(count(&stage, "fate = 3"), 0);
    pass(&stage, 30 * SECOND_MS);
    assert_int_equal(stage_number(&stage, "SELECT heads_up_at_ms FROM issues WHERE key = 'BIG'"),
                     stage.now_ms);
    (void)stage_publish(&stage, "issue.opened", "SMALL-2", MINOR);
    assert_int_equal(count(&stage, "fate = 3"), 1);
    stage_close(&stage);
}

// --- tried, not done -----------------------------------------------------------------------------

static void a_trial_says_where_it_would_go(void **state)
{
    struct stage stage;
    struct desk_trial trial;
    struct event event = {0};
    struct refusal why;
    struct error err = {0};

    (void)state;
    start(&stage, "gather: { };");
    (void)stage_publish(&stage, "issue.opened", "INV-7", OPENED);
    stage_write(&stage, "issue.updated", "INV-7", "\"amount\":9");
    assert_int_equal(event_parse(stage.bytes.bytes, stage.bytes.size, stage.now_ms, &event, &why),
                     0);
    assert_int_equal(desk_try(stage.desk, &event, &trial, &err), 0);
    assert_int_equal(trial.placings[0].fate, FATE_HELD);
    assert_int_equal(trial.placings[0].due_ms, stage.now_ms + 30 * SECOND_MS);
    assert_string_equal(trial.placings[0].quiet, "gather: it joins what is held about this issue");
    event_finish(&event);
    stage_write(&stage, "issue.updated", "INV-7", "\"note\":\"fire\"");
    assert_int_equal(event_parse(stage.bytes.bytes, stage.bytes.size, stage.now_ms, &event, &why),
                     0);
    assert_int_equal(desk_try(stage.desk, &event, &trial, &err), 0);
    assert_int_equal(trial.placings[0].fate, FATE_WAITING);
    assert_true(trial.placings[0].carries);
    event_finish(&event);
    assert_int_equal(count(&stage, "fate = 6"), 1); // nothing was done
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_one_message),
        cmocka_unit_test(the_next_message_comes_later_and_says_what_changed),
        cmocka_unit_test(without_a_block_or_with_no_wait_each_goes_at_once),
        cmocka_unit_test(issues_gather_each_for_itself),
        cmocka_unit_test(what_is_resolved_meanwhile_is_dropped),
        cmocka_unit_test(what_is_urgent_carries_the_rest),
        cmocka_unit_test(a_weekend_is_kept_quiet),
        cmocka_unit_test(a_night_of_daylight_saving),
        cmocka_unit_test(what_is_about_an_account_waits_for_the_hours),
        cmocka_unit_test(it_goes_to_whoever_is_the_person_by_then),
        cmocka_unit_test(another_ones_hours_are_kept_too),
        cmocka_unit_test(a_silence_keeps_back_what_is_held),
        cmocka_unit_test(what_is_held_outlives_a_restart),
        cmocka_unit_test(the_big_mutes_the_small),
        cmocka_unit_test(a_big_one_that_is_held_mutes_nothing_yet),
        cmocka_unit_test(a_trial_says_where_it_would_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
