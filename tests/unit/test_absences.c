// Absences and stand-ins: what a rule book may say of them, and who is told meanwhile.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/verdict/trace.h"
#include "common/verdict/verdict.h"
#include "tests/support/stage.h"
#include "tests/unit/shelf.h"

#define REP(id, role, more)                                                                        \
    "{ id = \"" id "\"; name = \"" id " Doe\"; role = \"" role                                     \
    "\"; webhook: { url = \"https://h/\"; }; " more " }"
#define BOOK(rich, dana, olga, pat)                                                                \
    "reps: (\n" REP("rich", "sales", rich) ",\n" REP("dana", "sales", dana) ",\n" REP(             \
        "olga", "sales", olga) ",\n" REP("pat", "service",                                         \
                                         pat) ",\n" REP("sam", "service",                          \
                                                        "") " );\ndefault: { service = \"pat\"; "  \
                                                            "sales = \"rich\"; };\n"
#define AWAY(from, until)                                                                          \
    "stand_in = \"dana\"; away = ( { from = \"" from "\"; until = \"" until "\"; } );"

enum { MOST = 16 };

static int64_t at(const char *moment)
{
    int64_t ms = 0;

    assert_int_equal(moment_parse(moment, &ms), 0);
    return ms;
}

// --- what a rule book may say --------------------------------------------------------------------

static const char *const faults[][2] = {
    {BOOK("away = ( { from = \"2026-12-01\"; until = \"2026-12-02\"; } );", "", "", ""),
     "book.conf:2: rep 'rich': 'away' needs a 'stand_in', who is told meanwhile"},
    {BOOK(AWAY("2026-12-01", "1 May"), "", "", ""),
     "book.conf:2: rep 'rich': away: 'until' is a day or a moment in the rep's own zone"},
    {BOOK(AWAY("2026-12-24T25:00", "2026-12-30"), "", "", ""), "rep 'rich': away: 'from' is a day"},
    {BOOK(AWAY("2026-12-24", "2026-12-23"), "", "", ""),
     "rep 'rich': away: it ends ('2026-12-23') before it begins ('2026-12-24')"},
    {BOOK(AWAY("2026-12-24T12:00", "2026-12-24T12:00"), "", "", ""), "it ends ("},
    {BOOK("stand_in = \"dana\"; away = ( { from = \"2026-12-01\"; } );", "", "", ""),
     "rep 'rich', away number 1: 'until' is missing"},
    // the stand-in is not there himself
    {BOOK(AWAY("2026-12-01", "2026-12-24"),
          "stand_in = \"olga\"; away = ( { from = \"2026-12-24T20:00\"; until = \"2027-01-02\"; } "
          ");",
          "", ""),
     "book.conf:2: rep 'rich': his stand-in 'dana' is away too, from 2026-12-24T20:00 until "
     "2027-01-02 ("},
    // circles
    {BOOK("stand_in = \"dana\";", "stand_in = \"rich\";", "", ""),
     "book.conf:2: rep 'rich': the stand-ins go round in a circle: rich -> dana -> rich; with all "
     "of them away nobody would be told"},
    {BOOK("stand_in = \"dana\";", "stand_in = \"olga\";", "stand_in = \"dana\";", ""),
     "book.conf:3: rep 'dana': the stand-ins go round in a circle: dana -> olga -> dana; "},
    {BOOK("stand_in = \"dana\";", "stand_in = \"olga\";", "stand_in = \"rich\";", ""),
     "circle: rich -> dana -> olga -> rich; "},
    {BOOK("", "", "", "stand_in = \"rich\";"),
     "rep 'pat': rep 'rich' has the role sales, and service is wanted here"},
};

static void every_fault_is_told_with_its_place(void **state)
{
    struct shelf *shelf = *state;

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        write_file(shelf, "book.conf", faults[i][0]);
        assert_int_equal(load(shelf, "book.conf", false), -EINVAL);
        if (!strstr(shelf->problems.errors.bytes, faults[i][1])) {
            fail_msg("'%s' is not in:\n%s", faults[i][1], shelf->problems.errors.bytes);
        }
        assert_int_equal(shelf->problems.error_count, 1);
    }
}

static void acts_for(const struct rulebook *book, const char *id, const char *moment,
                     const char *expected)
{
    const struct rep *rep = rulebook_rep(book, id);

    assert_string_equal(rulebook_acting(book, rep, at(moment))->id, expected);
}

static void the_stand_in_acts_from_the_first_moment_to_the_last(void **state)
{
    struct shelf *shelf = *state;
    const struct rulebook *book;

    // where one ends the other begins: nobody is away with his stand-in
    write_file(shelf, "book.conf",
               BOOK("zone = \"America/Chicago\"; stand_in = \"dana\"; away = ("
                    " { from = \"2026-12-01\"; until = \"2026-12-24T12:00\"; },"
                    " { from = \"2027-02-08\"; until = \"2027-02-12\"; } );",
                    "zone = \"America/Chicago\"; stand_in = \"olga\"; away = ("
                    " { from = \"2026-12-24T12:00\"; until = \"2027-02-07\"; } );",
                    "", ""));
    assert_int_equal(load(shelf, "book.conf", false), 0);
    book = shelf->book;
    acts_for(book, "rich", "2026-12-01T05:59:59Z", "rich");
    acts_for(book, "rich", "2026-12-01T06:00:00Z", "dana");
    acts_for(book, "rich", "2026-12-24T17:59:59Z", "dana");
    acts_for(book, "rich", "2026-12-24T18:00:00Z", "rich");
    acts_for(book, "dana", "2026-12-24T18:00:00Z", "olga");
    acts_for(book, "dana", "2027-02-08T05:59:59Z", "olga");
    acts_for(book, "dana", "2027-02-08T06:00:00Z", "dana");
    acts_for(book, "rich", "2027-02-08T06:00:00Z", "dana");
    acts_for(book, "rich", "2027-02-13T05:59:59Z", "dana");
    acts_for(book, "rich", "2027-02-13T06:00:00Z", "rich");
    acts_for(book, "olga", "2027-02-13T06:00:00Z", "olga");
}

// --- who is told ---------------------------------------------------------------------------------

static const char away_book[] =
    BOOK(AWAY("2026-11-23T10:00", "2026-11-24"), "", "",
         "stand_in = \"sam\"; away = ( { from = \"2026-11-25\"; until = \"2026-11-25\"; } "
         ");") "rules: ( { name = \"asks\"; match = [ \"event = "
               "issue.escalation_requested\" ];"
               "  escalate = true; },"
               "  { name = \"small\"; match = [ \"amount < 100\" ]; heads_up = \"digest\";"
               "    service = \"no\"; },"
               "  { name = \"rest\"; heads_up = \"now\"; service = \"now\"; } );";

static int begin(void **state)
{
    static struct stage stage;

    stage_open(&stage, away_book, NULL);
    *state = &stage;
    return 0;
}

static int end(void **state)
{
    stage_close(*state);
    return 0;
}

static json_t *publish(struct stage *stage, const char *moment, const char *type, const char *data)
{
    stage->now_ms = at(moment);
    return stage_receipt(stage, type, "I-1", data);
}

static const char *decided_for(const json_t *receipt, size_t i, const char *name)
{
    const json_t *decisions = json_object_get(receipt, "decisions");

    return json_string_value(json_object_get(json_array_get(decisions, i), name));
}

#define OPENED "\"account\":\"XYZ\",\"category\":\"billing\",\"summary\":\"s\",\"amount\":"

static void what_is_for_one_who_is_away_goes_to_the_stand_in(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];
    json_t *receipt = publish(stage, "2026-11-23T09:59:59Z", "issue.opened", OPENED "500");

    assert_string_equal(decided_for(receipt, 0, "to"), "rich");
    assert_null(decided_for(receipt, 0, "stands_in_for"));
    json_decref(receipt);
    receipt = publish(stage, "2026-11-23T10:00:00Z", "issue.updated", "\"note\":\"n\"");
    assert_string_equal(decided_for(receipt, 0, "to"), "dana");
    assert_string_equal(decided_for(receipt, 0, "stands_in_for"), "rich");
    assert_string_equal(decided_for(receipt, 1, "to"), "pat");
    assert_null(decided_for(receipt, 1, "stands_in_for"));
    json_decref(receipt);
    // what waited for the one who left stays his
    assert_int_equal(stage_notices(stage, "n.role = 1", notices, MOST), 2);
    assert_string_equal(notices[0].lane, "rich");
    assert_string_equal(notices[1].lane, "dana");
    assert_string_equal(notices[1].why, "always; dana stands in for rich");
    receipt = publish(stage, "2026-11-25T00:00:00Z", "issue.updated", "\"note\":\"n\"");
    assert_string_equal(decided_for(receipt, 0, "to"), "rich");
    assert_string_equal(decided_for(receipt, 1, "to"), "sam");
    assert_string_equal(decided_for(receipt, 1, "stands_in_for"), "pat");
    json_decref(receipt);
}

static void a_stand_in_is_not_a_hop(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];
    const json_t *issue, *answer;
    json_t *receipt;

    json_decref(publish(stage, "2026-11-23T11:00:00Z", "issue.opened", OPENED "500"));
    receipt = publish(stage, "2026-11-23T11:01:00Z", "issue.escalation_requested", "");
    issue = json_object_get(receipt, "issue");
    answer = json_object_get(receipt, "answer");
    assert_int_equal(json_integer_value(json_object_get(issue, "hop")), 1);
    assert_string_equal(json_string_value(json_object_get(issue, "owner")), "rich");
    assert_string_equal(json_string_value(json_object_get(answer, "say")),
                        "dana Doe has it from here and will be in touch.");
    json_decref(receipt);
    receipt = publish(stage, "2026-11-23T11:02:00Z", "issue.escalation_requested", "");
    assert_string_equal(decided_for(receipt, 0, "action"), "stand_firm");
    assert_string_equal(decided_for(receipt, 0, "to"), "dana");
    json_decref(receipt);
    // the one who is back meets the same answer
    receipt = publish(stage, "2026-11-25T11:00:00Z", "issue.escalation_requested", "");
    assert_string_equal(decided_for(receipt, 0, "action"), "stand_firm");
    assert_string_equal(decided_for(receipt, 0, "to"), "rich");
    json_decref(receipt);
    assert_int_equal(stage_notices(stage, "n.rep = 'olga'", notices, MOST), 0);
}

static void the_digest_goes_to_whoever_is_there_at_its_hour(void **state)
{
    struct stage *stage = *state;
    struct notice_record notices[MOST];
    json_t *receipt = publish(stage, "2026-11-23T09:00:00Z", "issue.opened", OPENED "5");

    assert_string_equal(decided_for(receipt, 0, "to"), "rich");
    json_decref(receipt);
    receipt = NULL;
    stage->now_ms = at("2026-11-24T08:00:00Z");
    assert_int_equal(stage_ring(stage, &receipt), 1);
    json_decref(receipt);
    assert_int_equal(stage_notices(stage, "n.kind = 9", notices, MOST), 1);
    assert_string_equal(notices[0].rep, "dana");
    assert_string_equal(notices[0].lane, "dana");
    assert_string_equal(notices[0].why, "1 decision kept for it; dana stands in for rich");
}

static void explain_says_who_stands_in_and_how_long(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct event event = {0};
    struct refusal why = {0};
    struct desk_trial trial;
    bool said = false;

    stage->now_ms = at("2026-11-23T12:00:00Z");
    stage_write(stage, "issue.opened", "I-9", OPENED "500");
    assert_int_equal(
        event_parse(stage->bytes.bytes, stage->bytes.size, stage->now_ms, &event, &why), 0);
    assert_int_equal(desk_try(stage->desk, &event, &trial, &err), 0);
    for (size_t i = 0; i < trial.trace.law_count; i++) {
        said = said || strcmp(trial.trace.laws[i].words,
                              "rich is away until 2026-11-24, and dana, a sales rep too, stands in "
                              "for rich") == 0;
    }
    assert_true(said);
    event_finish(&event);
}

#define SHELF_TEST(test) cmocka_unit_test_setup_teardown(test, open_shelf, close_shelf)
#define STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(every_fault_is_told_with_its_place),
        SHELF_TEST(the_stand_in_acts_from_the_first_moment_to_the_last),
        STAGE_TEST(what_is_for_one_who_is_away_goes_to_the_stand_in),
        STAGE_TEST(a_stand_in_is_not_a_hop),
        STAGE_TEST(the_digest_goes_to_whoever_is_there_at_its_hour),
        STAGE_TEST(explain_says_who_stands_in_and_how_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
