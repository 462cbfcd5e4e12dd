// The desk: one event's way from its bytes to its receipt, and what it leaves in the ledger.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_outbox.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

#define RULES                                                                                      \
    "rules: ("                                                                                     \
    "  { name = \"asks\"; match = [ \"event = issue.escalation_requested\" ]; escalate = true; }," \
    "  { name = \"big\"; match = [ \"event = issue.opened\", \"amount >= 10000\" ];"               \
    "    heads_up = \"now\"; service = \"now\"; },"                                                \
    "  { name = \"rest\"; match = [ \"event =~ ^issue\" ]; heads_up = \"digest\";"                 \
    "    service = \"no\"; } );"
#define OPENED                                                                                     \
    "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"charged twice\",\"amount\":18250"

enum { MOST = 16 };

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

static const char *at(const json_t *root, const char *name)
{
    return json_string_value(json_object_get(root, name));
}

// One line of each notice that an event led to: "rich heads_up waiting rich: big".
static void recorded(struct stage *stage, int seq, const char *words)
{
    struct notice_record notices[MOST];
    struct text lines = {0};
    char where[32];
    size_t count;

    (void)snprintf(where, sizeof where, "n.event = %d", seq);
    count = stage_notices(stage, where, notices, MOST);
    for (size_t i = 0; i < count; i++) {
        text_addf(&lines, "%s %s %s %s: %s\n", notices[i].rep, notice_kind_name(notices[i].kind),
                  fate_name(notices[i].fate), notices[i].lane ? notices[i].lane : "-",
                  notices[i].rule);
        assert_true(notices[i].why[0]);
        assert_int_equal(notices[i].created_ms, stage->now_ms);
        assert_true(notices[i].fate != FATE_WAITING || notices[i].done_ms == 0);
        assert_true(notices[i].fate != FATE_UNSENT || notices[i].done_ms == stage->now_ms);
    }
    assert_string_equal(text_string(&lines), words);
    text_finish(&lines);
}

// --- receipts ------------------------------------------------------------------------------------

static void accepted_says_what_was_decided(void **state)
{
    struct stage *stage = *state;
    json_t *receipt, *decision;

    (void)stage_publish(stage, "account.updated", "XYZ", "\"service\":\"sam\",\"sales\":\"dana\"");
    (void)stage_publish(stage, "account.terms_agreed", "XYZ",
                        "\"summary\":\"net 45\",\"agreed_by\":\"rich\"");
    receipt = stage_receipt(stage, "issue.opened", "INV-7", OPENED);
    assert_string_equal(at(receipt, "status"), "accepted");
    assert_string_equal(at(receipt, "id"), "e3");
    assert_string_equal(at(receipt, "source"), "/test");
    assert_int_equal(json_integer_value(json_object_get(receipt, "seq")), 3);
    assert_string_equal(at(json_object_get(receipt, "issue"), "key"), "INV-7");
    assert_string_equal(at(json_object_get(receipt, "issue"), "state"), "open");
    assert_string_equal(at(json_object_get(receipt, "issue"), "owner"), "sam");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(receipt, "issue"), "hop")),
                     0);
    assert_int_equal(json_array_size(json_object_get(receipt, "decisions")), 2);
    decision = json_array_get(json_object_get(receipt, "decisions"), 0);
    assert_string_equal(at(decision, "rule"), "big");
    assert_string_equal(at(decision, "action"), "heads_up");
    assert_string_equal(at(decision, "to"), "dana");
    assert_string_equal(at(decision, "when"), "now");
    assert_string_equal(at(json_object_get(receipt, "terms"), "summary"), "net 45"); // T2
    assert_null(json_object_get(receipt, "unknown"));
    json_decref(receipt);
    recorded(stage, 3,
             "dana heads_up waiting dana: big\n"
             "sam owner waiting sam: big\n");
}

static void what_is_not_sent_is_on_record_too(void **state)
{
    struct stage *stage = *state;
    json_t *receipt, *decision;

    receipt = stage_receipt(stage, "issue.updated", "INV-7", "\"note\":\"n\"");
    assert_string_equal(at(receipt, "unknown"), "issue");
    decision = json_array_get(json_object_get(receipt, "decisions"), 1);
    assert_string_equal(at(decision, "action"), "none");
    assert_true(json_is_null(json_object_get(decision, "to")));
    assert_string_equal(at(decision, "when"), "no");
    json_decref(receipt);
    recorded(stage, 1,
             "rich heads_up digest -: rest\n"
             "pat owner unsent -: rest\n");
}

static void a_demand_gets_its_answer_in_the_receipt(void **state)
{
    struct stage *stage = *state;
    json_t *receipt;

    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    receipt = stage_receipt(stage, "issue.escalation_requested", "INV-7", "\"demand\":\"boss\"");
    assert_string_equal(at(json_object_get(receipt, "answer"), "limit"), "law: one hop");
    assert_string_equal(at(json_object_get(receipt, "issue"), "owner"), "rich");
    json_decref(receipt);
    receipt = stage_receipt(stage, "issue.escalation_requested", "INV-7", "\"demand\":\"owner\"");
    assert_string_equal(at(json_object_get(receipt, "answer"), "limit"), "law: stand firm");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(receipt, "issue"), "hop")),
                     1);
    json_decref(receipt);
    recorded(stage, 3,
             "rich stand_firm waiting rich: law: stand firm\n"
             "pat stand_firm waiting pat: law: stand firm\n");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM notices WHERE words = 'owner'"), 2);
}

static void the_same_event_twice_is_one(void **state)
{
    struct stage *stage = *state;
    struct error err;
    struct text first = {0};
    const char *once;

    text_add(&first, stage_publish(stage, "issue.opened", "INV-7", OPENED));
    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    assert_int_equal(stage_handle(stage, &err), 0); // the very same bytes
    assert_int_equal(ledger_commit(stage->ledger, &err), 0);
    once = strstr(text_string(&stage->receipt), "\"first\":");
    assert_non_null(strstr(text_string(&stage->receipt), "\"status\":\"duplicate\""));
    assert_non_null(once);
    assert_int_equal(strncmp(once + strlen("\"first\":"), text_string(&first), first.size), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM notices"), 2);
    text_finish(&first);
}

static void an_id_used_again_is_refused(void **state)
{
    struct stage *stage = *state;
    json_t *receipt;

    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    stage->events = 0; // the next one has the same id
    receipt = stage_receipt(stage, "issue.opened", "INV-8", OPENED);
    assert_string_equal(at(receipt, "status"), "refused");
    assert_string_equal(at(receipt, "code"), "id_reused");
    assert_string_equal(at(receipt, "path"), "/id");
    assert_string_equal(at(receipt, "id"), "e1");
    assert_string_equal(at(receipt, "source"), "/test");
    json_decref(receipt);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), 1);
}

static void what_cannot_be_read_is_refused(void **state)
{
    struct stage *stage = *state;
    json_t *receipt;

    receipt = stage_receipt(stage, "issue.opened", "INV-7", "\"account\":\"XYZ\"");
    assert_string_equal(at(receipt, "status"), "refused");
    assert_string_equal(at(receipt, "code"), "missing");
    json_decref(receipt);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), 0);
}

static void unavailable_names_the_event(void **state)
{
    struct stage *stage = *state;
    struct event_slice slice;
    json_t *receipt;

    stage_write(stage, "issue.opened", "INV-7", OPENED);
    slice = (struct event_slice){stage->bytes.bytes, stage->bytes.size};
    desk_unavailable(&slice, stage->now_ms, "disk full", &stage->receipt);
    receipt = json_loads(text_string(&stage->receipt), 0, NULL);
    assert_string_equal(at(receipt, "status"), "unavailable");
    assert_string_equal(at(receipt, "id"), "e1");
    assert_string_equal(at(receipt, "message"), "disk full");
    json_decref(receipt);
    slice = (struct event_slice){"{}", 2}; // never to be stored: it is told so now
    text_clear(&stage->receipt);
    desk_unavailable(&slice, stage->now_ms, "disk full", &stage->receipt);
    assert_non_null(strstr(text_string(&stage->receipt), "\"refused\""));
}

// --- whose account -------------------------------------------------------------------------------

static void two_accounts(struct stage *stage)
{
    (void)stage_publish(stage, "account.updated", "XYZ", "\"service\":\"pat\",\"sales\":\"rich\"");
    (void)stage_publish(stage, "account.updated", "ABC", "\"service\":\"sam\",\"sales\":\"dana\"");
}

static void a_stray_account_brings_in_nobody(void **state)
{
    struct stage *stage = *state;

    two_accounts(stage);
    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    (void)stage_publish(stage, "issue.escalation_requested", "INV-7", "\"account\":\"ABC\"");
    recorded(stage, 4,
             "rich escalation waiting rich: asks\n"
             "pat handed_over waiting pat: asks\n");
    assert_string_equal(stage_case(stage, "INV-7").account.key, "XYZ");
    assert_string_equal(stage_case(stage, "INV-7").issue.owner, "rich");
}

static void a_late_word_moves_no_account(void **state)
{
    struct stage *stage = *state;

    two_accounts(stage);
    stage->now_ms += HOUR_MS;
    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    stage->now_ms -= MINUTE_MS; // happened before, came after
    (void)stage_publish(stage, "issue.updated", "INV-7", "\"account\":\"ABC\"");
    recorded(stage, 4,
             "rich heads_up digest -: rest\n"
             "pat owner unsent -: rest\n");
    stage->now_ms += HOUR_MS;
    (void)stage_publish(stage, "issue.updated", "INV-7", "\"account\":\"ABC\"");
    recorded(stage, 5,
             "dana heads_up digest -: rest\n"
             "sam owner unsent -: rest\n");
}

static void any_first_event_names_the_account(void **state)
{
    struct stage *stage = *state;

    two_accounts(stage);
    (void)stage_publish(stage, "issue.escalation_requested", "INV-7", "\"account\":\"ABC\"");
    recorded(stage, 3,
             "dana escalation waiting dana: asks\n"
             "sam handed_over waiting sam: asks\n");
    // and those who send it find the same account
    assert_string_equal(stage_case(stage, "INV-7").account.key, "ABC");
}

// --- orders --------------------------------------------------------------------------------------

struct heard { // what the desk told its listener
    int work, paused, resumed;
    char lane[64];
};

static void hear_work(void *user, const char *lane)
{
    struct heard *heard = user;

    heard->work++;
    (void)snprintf(heard->lane, sizeof heard->lane, "%s", lane);
}

static void hear_paused(void *user, const char *lane)
{
    struct heard *heard = user;

    heard->paused++;
    (void)snprintf(heard->lane, sizeof heard->lane, "%s", lane);
}

static void hear_resumed(void *user, const char *lane)
{
    struct heard *heard = user;

    heard->resumed++;
    (void)snprintf(heard->lane, sizeof heard->lane, "%s", lane ? lane : "(all)");
}

static void listen(struct stage *stage, struct heard *heard)
{
    struct desk_listener listener = {.lane_has_work = hear_work,
                                     .lane_is_paused = hear_paused,
                                     .lane_is_resumed = hear_resumed,
                                     .user = heard};

    desk_destroy(stage->desk);
    stage->desk = desk_create(stage->rulebook, stage->ledger, &listener);
}

static void let_die(struct stage *stage)
{
    struct notice_outcome outcome = {.fate = FATE_DEAD, .now_ms = stage->now_ms, .attempts = 7};
    struct error err;

    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    for (outcome.num = 1; outcome.num <= 2; outcome.num++) {
        assert_int_equal(ledger_save_outcome(stage->ledger, &outcome, &err), 0);
    }
    assert_int_equal(ledger_commit(stage->ledger, &err), 0);
}

static void orders(struct stage *stage, const char *data, const char *say, int waiting)
{
    json_t *receipt = stage_receipt(stage, "notice.retried", NULL, data);

    assert_string_equal(at(receipt, "status"), "accepted");
    assert_string_equal(at(json_object_get(receipt, "answer"), "say"), say);
    assert_int_equal(json_array_size(json_object_get(receipt, "decisions")), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM notices WHERE fate = 0"), waiting);
    json_decref(receipt);
}

static void dead_letters_are_sent_again_on_order(void **state)
{
    struct stage *stage = *state;
    struct heard heard = {0};
    char id[NOTICE_ID_BYTES], data[128];

    listen(stage, &heard);
    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    assert_int_equal(heard.work, 2);
    let_die(stage);
    (void)snprintf(data, sizeof data, "\"notice\":\"%s\"",
                   notice_id_format(ledger_notice_prefix(stage->ledger), 2, id));
    orders(stage, data, "1 dead letter will be sent again", 1);
    assert_string_equal(heard.lane, "pat");
    assert_int_equal(heard.resumed, 1);
    orders(stage, data, "0 dead letters will be sent again", 1); // it is dead no more
    assert_int_equal(heard.resumed, 1);
    let_die(stage);
    orders(stage, "\"lane\":\"rich\"", "1 dead letter will be sent again", 1);
    assert_string_equal(heard.lane, "rich");
    let_die(stage);
    orders(stage, "\"all\":true", "2 dead letters will be sent again", 2);
    assert_string_equal(heard.lane, "(all)");
    let_die(stage);
    heard.resumed = 0;
    orders(stage, "\"all\":true,\"status\":404", "0 dead letters will be sent again", 0);
    orders(stage, "\"all\":true,\"since\":\"2030-01-01\"", "0 dead letters will be sent again", 0);
    heard.resumed = 0;
    orders(stage, "\"all\":false", "0 dead letters will be sent again", 0);
    orders(stage, "\"notice\":\"nonsense\"", "0 dead letters will be sent again", 0);
    orders(stage, NULL, "0 dead letters will be sent again", 0);
    assert_int_equal(heard.resumed, 0);
    recorded(stage, 2, "admin owner unsent -: law: an order tells nobody\n");
}

static void lanes_are_paused_and_resumed_on_order(void **state)
{
    struct stage *stage = *state;
    struct lane_record lane;
    struct heard heard = {0};
    struct error err;
    json_t *receipt;

    listen(stage, &heard);
    receipt = stage_receipt(stage, "lane.paused", NULL,
                            "\"lane\":\"rich\",\"by\":\"anna\",\"reason\":\"moves\"");
    assert_string_equal(at(json_object_get(receipt, "answer"), "say"),
                        "lane rich is paused; what it has to send waits");
    json_decref(receipt);
    assert_int_equal(heard.paused, 1);
    assert_string_equal(heard.lane, "rich");
    assert_int_equal(ledger_load_lane(stage->ledger, "rich", stage->arena, &lane, &err), 1);
    assert_int_equal(lane.state, LANE_PAUSED);
    assert_string_equal(lane.by, "anna");
    assert_string_equal(lane.why, "moves");
    (void)stage_publish(stage, "lane.resumed", NULL, "\"lane\":\"rich\"");
    assert_int_equal(heard.resumed, 1);
    assert_int_equal(ledger_load_lane(stage->ledger, "rich", stage->arena, &lane, &err), 1);
    assert_int_equal(lane.state, LANE_OPEN);
    assert_null(lane.by);
    (void)stage_publish(stage, "lane.paused", NULL, "\"lane\":\"pat\""); // nobody says who
    assert_int_equal(ledger_load_lane(stage->ledger, "pat", stage->arena, &lane, &err), 1);
    assert_string_equal(lane.by, "/test");
    recorded(stage, 3, "admin owner unsent -: law: an order tells nobody\n");
    receipt = stage_receipt(stage, "lane.paused", NULL, "\"lane\":\"nobody\"");
    assert_string_equal(at(receipt, "status"), "refused");
    assert_string_equal(at(receipt, "path"), "/data/lane");
    assert_string_equal(at(receipt, "id"), "e4");
    json_decref(receipt);
    assert_int_equal(heard.paused, 2);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), 3);
}

static void a_closed_lane_is_not_paused(void **state)
{
    struct stage *stage = *state;
    struct lane_record lane = {.lane = "rich", .state = LANE_CLOSED, .why = "410"};
    struct error err;

    assert_int_equal(ledger_save_lane(stage->ledger, &lane, &err), 0);
    (void)stage_publish(stage, "lane.paused", NULL, "\"lane\":\"rich\"");
    assert_int_equal(ledger_load_lane(stage->ledger, "rich", stage->arena, &lane, &err), 1);
    assert_int_equal(lane.state, LANE_CLOSED);
    (void)stage_publish(stage, "lane.resumed", NULL, "\"lane\":\"rich\"");
    assert_int_equal(ledger_load_lane(stage->ledger, "rich", stage->arena, &lane, &err), 1);
    assert_int_equal(lane.state, LANE_OPEN);
}

static void a_test_is_for_one_lane_and_no_case(void **state)
{
    struct stage *stage = *state;
    struct heard heard = {0};
    char id[NOTICE_ID_BYTES];
    json_t *receipt;

    listen(stage, &heard);
    receipt = stage_receipt(stage, "notice.test_requested", NULL,
                            "\"rep\":\"rich\",\"kind\":\"escalation\",\"by\":\"anna\"");
    assert_string_equal(at(receipt, "notice"),
                        notice_id_format(ledger_notice_prefix(stage->ledger), 1, id));
    assert_string_equal(at(json_array_get(json_object_get(receipt, "decisions"), 0), "action"),
                        "test");
    json_decref(receipt);
    assert_int_equal(heard.work, 1);
    assert_string_equal(heard.lane, "rich");
    recorded(stage, 1, "rich test waiting rich: law: a test was asked for\n");
    assert_int_equal(stage_number(stage, "SELECT num FROM notices WHERE issue IS NULL"), 1);
    receipt = stage_receipt(stage, "notice.test_requested", NULL, "\"rep\":\"nobody\"");
    assert_string_equal(at(receipt, "path"), "/data/rep");
    json_decref(receipt);
    receipt =
        stage_receipt(stage, "notice.test_requested", NULL, "\"rep\":\"rich\",\"kind\":\"shout\"");
    assert_string_equal(at(receipt, "path"), "/data/kind");
    json_decref(receipt);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM issues"), 0);
}

static void an_account_event_is_on_record(void **state)
{
    struct stage *stage = *state;
    json_t *receipt = stage_receipt(stage, "account.billed", "NEW", "\"amount\":5");

    assert_string_equal(at(receipt, "unknown"), "account");
    assert_null(json_object_get(receipt, "issue"));
    json_decref(receipt);
    recorded(stage, 1,
             "rich heads_up unsent -: law: a record tells nobody\n"
             "pat owner unsent -: law: a record tells nobody\n");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM accounts"), 0);
}

// --- alarms ------------------------------------------------------------------------------------

static void an_alarm_may_ring_twice(void **state)
{
    struct stage *stage = *state;
    json_t *receipt = NULL;
    char book[4096];

    stage_close(stage);
    (void)snprintf(
        book, sizeof book, "%s%s", small_book_people,
        "unsaid = { service = \"no\"; };"
        "rules: ( { name = \"old\"; match = [ \"age >= 1h\" ]; heads_up = \"now\"; } );");
    stage_open(stage, book, NULL);
    (void)stage_publish(stage, "issue.opened", "INV-7", OPENED);
    stage->now_ms += HOUR_MS + 1;
    assert_int_equal(stage_ring(stage, &receipt), 1);
    json_decref(receipt);
    stage->now_ms -= MINUTE_MS; // the clock was put right, and the issue is young again
    (void)stage_publish(stage, "issue.updated", "INV-7", "\"note\":\"n\"");
    stage->now_ms += HOUR_MS;
    assert_int_equal(stage_ring(stage, &receipt), 1); // the same moment, for the second time
    assert_string_equal(at(receipt, "status"), "accepted");
    json_decref(receipt);
    assert_int_equal(stage_ring(stage, &receipt), 0);
}

static void nobody_publishes_as_the_alarm(void **state)
{
    static const char words[] =
        "{\"specversion\":\"1.0\",\"id\":\"INV-7 at 2026-11-23T09:00:00Z, 2\",\"source\":"
        "\"/headsup/alarm\",\"type\":\"headsup.issue.acknowledged\",\"subject\":\"INV-7\"}";
    const struct event_slice slice = {words, sizeof words - 1};
    struct stage *stage = *state;
    struct error err;

    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    assert_int_equal(desk_handle(stage->desk, &slice, NULL, stage->now_ms, &stage->receipt, &err),
                     0);
    assert_non_null(strstr(text_string(&stage->receipt), "\"refused\""));
    ledger_rollback(stage->ledger);
}

// --- all or nothing ------------------------------------------------------------------------------

static void a_rollback_leaves_nothing(void **state)
{
    static const char *const tables[] = {"events", "issues", "accounts", "notices"};
    struct stage *stage = *state;
    struct error err;

    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    stage_write(stage, "account.updated", "XYZ", "\"name\":\"XYZ Co.\"");
    assert_int_equal(stage_handle(stage, &err), 0);
    stage_write(stage, "issue.opened", "INV-7", OPENED);
    assert_int_equal(stage_handle(stage, &err), 0);
    assert_non_null(strstr(text_string(&stage->receipt), "\"seq\":2"));
    ledger_rollback(stage->ledger);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];

        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(stage_number(stage, sql), 0);
    }
    // the same event again is new, and has the first place
    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    assert_int_equal(stage_handle(stage, &err), 0);
    assert_int_equal(ledger_commit(stage->ledger, &err), 0);
    assert_non_null(strstr(text_string(&stage->receipt), "\"seq\":1"));
    assert_non_null(strstr(text_string(&stage->receipt), "\"accepted\""));
}

static void several_events_are_one_turn(void **state)
{
    struct stage *stage = *state;
    struct error err;

    assert_int_equal(ledger_begin(stage->ledger, &err), 0);
    stage_write(stage, "issue.opened", "INV-7", OPENED);
    assert_int_equal(stage_handle(stage, &err), 0);
    assert_int_equal(stage_handle(stage, &err), 0); // a duplicate within the turn is seen
    assert_non_null(strstr(text_string(&stage->receipt), "\"duplicate\""));
    stage_write(stage, "issue.acknowledged", "INV-7", "\"by\":\"pat\"");
    assert_int_equal(stage_handle(stage, &err), 0);
    assert_null(strstr(text_string(&stage->receipt), "unknown\":\"issue\""));
    assert_int_equal(ledger_commit(stage->ledger, &err), 0);
    assert_int_equal(stage_case(stage, "INV-7").issue.state, ISSUE_ACKNOWLEDGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted_says_what_was_decided, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_sent_is_on_record_too, begin, end),
        cmocka_unit_test_setup_teardown(a_demand_gets_its_answer_in_the_receipt, begin, end),
        cmocka_unit_test_setup_teardown(the_same_event_twice_is_one, begin, end),
        cmocka_unit_test_setup_teardown(an_id_used_again_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(unavailable_names_the_event, begin, end),
        cmocka_unit_test_setup_teardown(a_stray_account_brings_in_nobody, begin, end),
        cmocka_unit_test_setup_teardown(a_late_word_moves_no_account, begin, end),
        cmocka_unit_test_setup_teardown(any_first_event_names_the_account, begin, end),
        cmocka_unit_test_setup_teardown(dead_letters_are_sent_again_on_order, begin, end),
        cmocka_unit_test_setup_teardown(lanes_are_paused_and_resumed_on_order, begin, end),
        cmocka_unit_test_setup_teardown(a_closed_lane_is_not_paused, begin, end),
        cmocka_unit_test_setup_teardown(a_test_is_for_one_lane_and_no_case, begin, end),
        cmocka_unit_test_setup_teardown(an_account_event_is_on_record, begin, end),
        cmocka_unit_test_setup_teardown(an_alarm_may_ring_twice, begin, end),
        cmocka_unit_test_setup_teardown(nobody_publishes_as_the_alarm, begin, end),
        cmocka_unit_test_setup_teardown(a_rollback_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(several_events_are_one_turn, begin, end),
    };

    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
