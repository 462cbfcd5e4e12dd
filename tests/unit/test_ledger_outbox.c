// What the outbox asks of the ledger: what is due and in which order, what became of it, dead
// letters and the standing of lanes.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/ledger/ledger_moves.h"
#include "common/ledger/ledger_outbox.h"
#include "tests/support/ledger_folder.h"

#define NOW HAPPENINGS_NOW_MS

enum { MOST = 16 };

struct due { // what one look gave
    int count;
    struct notice_record notices[MOST];
};

static int begin(void **state)
{
    struct ledger_folder *folder;

    if (ledger_folder_open(state) < 0) {
        return -1;
    }
    folder = *state;
    return ledger_begin(folder->ledger, &folder->err); // one turn for the whole test
}

static int end(void **state)
{
    struct ledger_folder *folder = *state;
    int code = ledger_commit(folder->ledger, &folder->err);

    return ledger_folder_close(state) < 0 ? -1 : code;
}

static struct due look(struct ledger_folder *folder, struct due_cursor *cursor, int64_t now_ms,
                       int limit)
{
    struct due due = {0};

    due.count = ledger_due_notices(folder->ledger, cursor, now_ms, limit, folder->arena,
                                   due.notices, &folder->err);
    assert_true(due.count >= 0);
    return due;
}

// Adds a notice that waits in lane rich and returns its num.
static int64_t waits(struct ledger_folder *folder, int64_t due_ms)
{
    return ledger_folder_notice(folder, 0, FATE_WAITING, "rich", due_ms);
}

static void becomes(struct ledger_folder *folder, int64_t num, enum fate fate, int64_t due_ms)
{
    const struct notice_outcome outcome = {.num = num,
                                           .fate = fate,
                                           .due_ms = due_ms,
                                           .now_ms = NOW,
                                           .attempts = 3,
                                           .status = 503,
                                           .answer = "busy",
                                           .headline = "h",
                                           .body = "b"};

    assert_int_equal(ledger_save_outcome(folder->ledger, &outcome, &folder->err), 0);
}

static void oldest_due_comes_first(void **state)
{
    struct ledger_folder *folder = *state;
    struct due_cursor cursor = {.lane = "rich"};
    int64_t late = waits(folder, NOW), early = waits(folder, NOW - 5), same = waits(folder, NOW);
    struct due due;

    (void)waits(folder, NOW + 1); // not yet
    (void)ledger_folder_notice(folder, 0, FATE_WAITING, "dana", NOW - 9);
    due = look(folder, &cursor, NOW, MOST);
    assert_int_equal(due.count, 3);
    assert_int_equal(due.notices[0].num, early);
    assert_int_equal(due.notices[1].num, late);
    assert_int_equal(due.notices[2].num, same);
    assert_int_equal(cursor.due_ms, NOW);
    assert_int_equal(cursor.num, same);
}

// As the desk adds it, whose strings are gone soon after.
static int64_t fresh(struct ledger_folder *folder, int64_t event_seq, const char *words,
                     const char *quiet)
{
    const struct event *event = &folder->happenings.events[folder->happenings.count - 1];
    bool of_account = event_type_about(event->type) == ABOUT_ACCOUNT;
    char texts[10][24] = {"rich", "rich", "big", "amount >= 1000"};
    struct notice_record notice = {.event_seq = event_seq,
                                   .role = ROLE_SALES,
                                   .kind = NOTICE_ESCALATION,
                                   .fate = FATE_WAITING,
                                   .urgent = true,
                                   .rep = texts[0],
                                   .lane = texts[1],
                                   .rule = texts[2],
                                   .why = texts[3],
                                   .created_ms = NOW - 1,
                                   .due_ms = NOW,
                                   .words = words ? texts[6] : NULL,
                                   .quiet = quiet ? texts[4] : NULL,
                                   .changes = 5,
                                   .event_source = texts[7],
                                   .event_id = texts[8],
                                   .event_type = texts[5],
                                   .account_key = of_account ? texts[9] : NULL};

    (void)snprintf(texts[6], sizeof texts[6], "%s", words ? words : "");
    (void)snprintf(texts[4], sizeof texts[4], "%s", quiet ? quiet : "");
    (void)snprintf(texts[5], sizeof texts[5], "%s", event_type_name(event->type));
    (void)snprintf(texts[7], sizeof texts[7], "%s", event->source);
    (void)snprintf(texts[8], sizeof texts[8], "%s", event->id);
    (void)snprintf(texts[9], sizeof texts[9], "%s", event->subject);
    assert_int_equal(ledger_add_notice(folder->ledger, &notice, &folder->err), 0);
    memset(texts, 'x', sizeof texts);
    return notice.num;
}

static void same_words(const char *is, const char *expected)
{
    assert_int_equal(is == NULL, expected == NULL);
    if (expected) {
        assert_string_equal(is, expected);
    }
}

static void same_notice(const struct notice_record *is, const struct notice_record *expected)
{
    assert_int_equal(is->num, expected->num);
    assert_int_equal(is->event_seq, expected->event_seq);
    assert_int_equal(is->issue_num, expected->issue_num);
    assert_int_equal(is->role, expected->role);
    assert_int_equal(is->kind, expected->kind);
    assert_int_equal(is->fate, expected->fate);
    assert_int_equal(is->urgent, expected->urgent);
    assert_int_equal(is->created_ms, expected->created_ms);
    assert_int_equal(is->due_ms, expected->due_ms);
    assert_int_equal(is->done_ms, expected->done_ms);
    assert_int_equal(is->since_ms, expected->since_ms);
    assert_int_equal(is->attempts, expected->attempts);
    assert_int_equal(is->changes, expected->changes);
    same_words(is->rep, expected->rep);
    same_words(is->lane, expected->lane);
    same_words(is->rule, expected->rule);
    same_words(is->why, expected->why);
    same_words(is->words, expected->words);
    same_words(is->quiet, expected->quiet);
    same_words(is->event_source, expected->event_source);
    same_words(is->event_id, expected->event_id);
    same_words(is->event_type, expected->event_type);
    same_words(is->account_key, expected->account_key);
}

static void next_turn(struct ledger_folder *folder)
{
    assert_int_equal(ledger_commit(folder->ledger, &folder->err), 0);
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
}

static void what_was_just_added_is_as_it_will_be_read(void **state)
{
    struct ledger_folder *folder = *state;
    struct due_cursor cursor = {.lane = "rich"};
    struct text receipt = {0};
    struct due added, read;

    (void)fresh(folder, ledger_folder_event(folder), "I want your manager", NULL);
    (void)fresh(folder, 1, NULL, "quiet until 07:00");
    text_add(&receipt, "{}");
    assert_int_equal(ledger_add_event(folder->ledger,
                                      happen(&folder->happenings, EVENT_ACCOUNT_UPDATED, 0, NULL),
                                      NULL, 0, &receipt, NULL, &folder->err),
                     0);
    (void)fresh(folder, 2, NULL, NULL);
    text_finish(&receipt);
    added = look(folder, &cursor, NOW, MOST);
    assert_int_equal(added.count, 3);
    assert_string_equal(added.notices[2].account_key, "XYZ");
    next_turn(folder);
    cursor = (struct due_cursor){.lane = "rich"};
    read = look(folder, &cursor, NOW, MOST);
    assert_int_equal(read.count, 3);
    for (int i = 0; i < 3; i++) {
        same_notice(&added.notices[i], &read.notices[i]);
    }
}

// Where one of a lane's is not as it was added, all of them are read.
static void what_was_just_added_and_changed_is_as_it_is_now(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t old = fresh(folder, ledger_folder_event(folder), NULL, NULL), kept, moved;
    struct notice_move move = {.now_ms = NOW, .rep = "dana", .lane = "dana", .why = "moved"};
    struct due_cursor rich = {.lane = "rich"}, dana = {.lane = "dana"};
    struct due due;

    next_turn(folder);
    kept = fresh(folder, 1, NULL, NULL);
    moved = fresh(folder, 1, NULL, NULL);
    move.num = moved;
    assert_int_equal(ledger_move_notice(folder->ledger, &move, &folder->err), 0);
    due = look(folder, &rich, NOW, MOST);
    assert_int_equal(due.count, 2);
    assert_int_equal(due.notices[0].num, old);
    assert_int_equal(due.notices[1].num, kept);
    assert_int_equal(rich.num, kept);
    due = look(folder, &dana, NOW, MOST);
    assert_int_equal(due.count, 1);
    assert_int_equal(due.notices[0].num, moved);
    assert_string_equal(due.notices[0].rep, "dana");
    ledger_rollback(folder->ledger);
    assert_int_equal(ledger_begin(folder->ledger, &folder->err), 0);
    (void)fresh(folder, 1, "after", NULL); // with a num that was given out before
    rich = (struct due_cursor){.lane = "rich", .due_ms = NOW, .num = old};
    due = look(folder, &rich, NOW, MOST);
    assert_int_equal(due.count, 1);
    assert_int_equal(due.notices[0].num, kept);
    assert_string_equal(due.notices[0].words, "after");
}

static void a_cursor_goes_on_where_it_stood(void **state)
{
    struct ledger_folder *folder = *state;
    struct due_cursor cursor = {.lane = "rich"};
    int64_t nums[5];
    struct due due;

    for (int i = 0; i < 5; i++) {
        nums[i] = waits(folder, NOW - 10 + i / 2); // two of a moment
    }
    due = look(folder, &cursor, NOW, 3);
    assert_int_equal(due.count, 3);
    assert_int_equal(due.notices[2].num, nums[2]);
    due = look(folder, &cursor, NOW, 3); // in the middle of a moment
    assert_int_equal(due.count, 2);
    assert_int_equal(due.notices[0].num, nums[3]);
    assert_int_equal(due.notices[1].num, nums[4]);
    due = look(folder, &cursor, NOW, 3);
    assert_int_equal(due.count, 0);
    assert_int_equal(cursor.num, nums[4]); // stays
    cursor = (struct due_cursor){.lane = "rich"};
    assert_int_equal(look(folder, &cursor, NOW, MOST).count, 5);
}

static void only_what_waits_is_due(void **state)
{
    struct ledger_folder *folder = *state;

    for (int fate = FATE_DELIVERED; fate <= FATE_HELD; fate++) {
        (void)ledger_folder_notice(folder, 0, (enum fate)fate, "rich", NOW - 1);
    }
    assert_int_equal(look(folder, &(struct due_cursor){.lane = "rich"}, NOW, MOST).count, 0);
}

static void a_notice_comes_back_whole(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t seq = ledger_folder_event(folder);
    struct notice_record notice = {.event_seq = seq,
                                   .role = ROLE_SALES,
                                   .kind = NOTICE_STAND_FIRM,
                                   .fate = FATE_WAITING,
                                   .urgent = true,
                                   .rep = "rich",
                                   .lane = "rich",
                                   .rule = "law",
                                   .why = "because",
                                   .words = "your manager",
                                   .created_ms = NOW - 7,
                                   .due_ms = NOW - 6};
    struct notice_record is;

    assert_int_equal(ledger_add_notice(folder->ledger, &notice, &folder->err), 0);
    is = look(folder, &(struct due_cursor){.lane = "rich"}, NOW, MOST).notices[0];
    assert_int_equal(is.num, notice.num);
    assert_int_equal(is.event_seq, seq);
    assert_int_equal(is.issue_num, 0);
    assert_int_equal(is.role, ROLE_SALES);
    assert_int_equal(is.kind, NOTICE_STAND_FIRM);
    assert_int_equal(is.fate, FATE_WAITING);
    assert_true(is.urgent);
    assert_string_equal(is.rep, "rich");
    assert_string_equal(is.lane, "rich");
    assert_string_equal(is.rule, "law");
    assert_string_equal(is.why, "because");
    assert_string_equal(is.words, "your manager");
    assert_int_equal(is.created_ms, NOW - 7);
    assert_int_equal(is.due_ms, NOW - 6);
    assert_int_equal(is.done_ms, 0);
    assert_int_equal(is.attempts, 0);
    assert_null(is.headline);
    assert_string_equal(is.event_source, "/billing");
    assert_string_equal(is.event_id, "e1");
    assert_string_equal(is.event_type, "issue.updated");
    assert_null(is.account_key); // its event is about an issue, and of that it has no row
}

static void a_retry_waits_for_its_time(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t num = waits(folder, NOW - 1), at = 0;
    struct due due;

    becomes(folder, num, FATE_WAITING, NOW + 5000);
    assert_int_equal(look(folder, &(struct due_cursor){.lane = "rich"}, NOW, MOST).count, 0);
    assert_int_equal(ledger_next_due(folder->ledger, "rich", NOW, &at, &folder->err), 1);
    assert_int_equal(at, NOW + 5000);
    assert_int_equal(ledger_next_due(folder->ledger, "rich", NOW + 5000, &at, &folder->err), 0);
    assert_int_equal(ledger_next_due(folder->ledger, "dana", NOW, &at, &folder->err), 0);
    due = look(folder, &(struct due_cursor){.lane = "rich"}, NOW + 5000, MOST);
    assert_int_equal(due.count, 1);
    assert_int_equal(due.notices[0].attempts, 3);
    assert_int_equal(due.notices[0].status, 503);
    assert_string_equal(due.notices[0].answer, "busy");
    assert_string_equal(due.notices[0].headline, "h");
    assert_string_equal(due.notices[0].body, "b");
    assert_int_equal(due.notices[0].done_ms, 0);
}

static int retry(struct ledger_folder *folder, struct dead_filter filter, int64_t now_ms)
{
    return ledger_retry_dead(folder->ledger, &filter, now_ms, &folder->err);
}

static void dead_letters_go_out_again(void **state)
{
    struct ledger_folder *folder = *state;
    int64_t nums[4];
    const char *lane = NULL;

    for (int i = 0; i < 4; i++) {
        nums[i] = ledger_folder_notice(folder, 0, FATE_WAITING, i < 3 ? "rich" : "dana", NOW - 1);
        becomes(folder, nums[i], FATE_DEAD, NOW);
    }
    assert_int_equal(ledger_dead_lane(folder->ledger, nums[3], folder->arena, &lane, &folder->err),
                     1);
    assert_string_equal(lane, "dana");
    assert_int_equal(retry(folder, (struct dead_filter){.num = nums[3], .status = -1}, NOW + 1), 1);
    assert_int_equal(retry(folder, (struct dead_filter){.num = nums[3], .status = -1}, NOW + 1),
                     0); // is dead no more
    assert_int_equal(ledger_dead_lane(folder->ledger, nums[3], folder->arena, &lane, &folder->err),
                     0);
    assert_int_equal(retry(folder, (struct dead_filter){.num = 9999, .status = -1}, NOW), 0);
    assert_int_equal(retry(folder, (struct dead_filter){.lane = "dana", .status = -1}, NOW), 0);
    assert_int_equal(retry(folder, (struct dead_filter){.lane = "rich", .status = -1}, NOW + 1), 3);
    {
        struct due due = look(folder, &(struct due_cursor){.lane = "rich"}, NOW + 1, MOST);

        assert_int_equal(due.count, 3);
        assert_int_equal(due.notices[0].attempts, 0); // the whole schedule again
        assert_int_equal(due.notices[0].due_ms, NOW + 1);
        assert_int_equal(due.notices[0].num, nums[0]);
    }
    becomes(folder, nums[0], FATE_DEAD, NOW);
    becomes(folder, nums[3], FATE_DEAD, NOW);
    becomes(folder, nums[1], FATE_DELIVERED, NOW);
    assert_int_equal(retry(folder, (struct dead_filter){.status = -1}, NOW), 2);
}

static void dead_letters_are_told_apart(void **state)
{
    struct ledger_folder *folder = *state;
    struct notice_outcome outcome = {.fate = FATE_DEAD, .attempts = 1};

    for (int i = 0; i < 4; i++) { // 400 and 503 by turns, a minute apart
        outcome.num = ledger_folder_notice(folder, 0, FATE_WAITING, i < 3 ? "rich" : "dana", NOW);
        outcome.status = i % 2 ? 503 : 400;
        outcome.now_ms = NOW + i * (int64_t)MINUTE_MS;
        assert_int_equal(ledger_save_outcome(folder->ledger, &outcome, &folder->err), 0);
    }
    assert_int_equal(retry(folder, (struct dead_filter){.status = 404}, NOW), 0);
    assert_int_equal(retry(folder, (struct dead_filter){.status = 0}, NOW), 0);
    assert_int_equal(
        retry(folder, (struct dead_filter){.status = -1, .since_ms = outcome.now_ms + 1}, NOW), 0);
    assert_int_equal(retry(folder, (struct dead_filter){.lane = "rich", .status = 503}, NOW), 1);
    assert_int_equal(
        retry(folder, (struct dead_filter){.status = 400, .since_ms = NOW + 2 * MINUTE_MS}, NOW),
        1);
    assert_int_equal(retry(folder, (struct dead_filter){.status = -1}, NOW), 2);
}

static void a_lane_keeps_its_standing(void **state)
{
    struct ledger_folder *folder = *state;
    struct lane_record lane = {.lane = "rich", .state = LANE_PAUSED, .why = "401", .since_ms = NOW};
    struct lane_record is = {0};

    assert_int_equal(ledger_load_lane(folder->ledger, "rich", folder->arena, &is, &folder->err), 0);
    assert_int_equal(ledger_save_lane(folder->ledger, &lane, &folder->err), 0);
    assert_int_equal(ledger_load_lane(folder->ledger, "rich", folder->arena, &is, &folder->err), 1);
    assert_string_equal(is.lane, "rich");
    assert_int_equal(is.state, LANE_PAUSED);
    assert_string_equal(is.why, "401");
    assert_int_equal(is.since_ms, NOW);
    lane.state = LANE_CLOSED;
    lane.why = NULL;
    assert_int_equal(ledger_save_lane(folder->ledger, &lane, &folder->err), 0);
    assert_int_equal(ledger_load_lane(folder->ledger, "rich", folder->arena, &is, &folder->err), 1);
    assert_int_equal(is.state, LANE_CLOSED);
    assert_null(is.why);
}

static struct lane_record lane_now(struct ledger_folder *folder, const char *lane)
{
    struct lane_record is = {0};

    assert_int_equal(ledger_load_lane(folder->ledger, lane, folder->arena, &is, &folder->err), 1);
    return is;
}

static void a_persons_pause_outlives_answers_and_retries(void **state)
{
    struct ledger_folder *folder = *state;
    struct lane_record by_answer = {.lane = "pat", .state = LANE_PAUSED, .why = "401"};
    struct lane_record by_anna = {.lane = "rich", .state = LANE_PAUSED, .why = "w", .by = "anna"};
    struct lane_answer answer = {"rich", NOW + 5, 401, "who are you"};

    assert_int_equal(ledger_save_lane(folder->ledger, &by_answer, &folder->err), 0);
    assert_int_equal(ledger_save_lane(folder->ledger, &by_anna, &folder->err), 0);
    assert_null(lane_now(folder, "pat").by);
    by_answer.lane = "rich";
    assert_int_equal(ledger_save_lane(folder->ledger, &by_answer, &folder->err), 0);
    assert_int_equal(ledger_save_answer(folder->ledger, &answer, &folder->err), 0);
    assert_int_equal(ledger_reopen_lanes(folder->ledger, NULL, NOW, &folder->err), 0);
    assert_int_equal(lane_now(folder, "pat").state, LANE_OPEN);
    assert_int_equal(lane_now(folder, "rich").state, LANE_PAUSED);
    assert_string_equal(lane_now(folder, "rich").by, "anna");
    assert_int_equal(lane_now(folder, "rich").answered_ms, NOW + 5);
    assert_int_equal(lane_now(folder, "rich").status, 401);
    assert_string_equal(lane_now(folder, "rich").answer, "who are you");
    by_anna.state = LANE_OPEN;
    by_anna.by = NULL;
    assert_int_equal(ledger_save_lane(folder->ledger, &by_anna, &folder->err), 0);
    assert_null(lane_now(folder, "rich").by);
    answer.lane = "dana"; // that has no row yet
    assert_int_equal(ledger_save_answer(folder->ledger, &answer, &folder->err), 0);
    assert_int_equal(lane_now(folder, "dana").state, LANE_OPEN);
}

static void ids_of_notices_read_back(void **state)
{
    char buffer[NOTICE_ID_BYTES];

    (void)state;
    assert_string_equal(notice_id_format("hn_abcdefgh", 17, buffer), "hn_abcdefgh_17");
    assert_null(strchr(buffer, '.')); // Standard Webhooks forbids it
    assert_int_equal(notice_id_num(buffer), 17);
    assert_int_equal(notice_id_num(notice_id_format("hn_abcdefgh", INT64_MAX, buffer)), INT64_MAX);
    assert_int_equal(notice_id_num("17"), 17);
    assert_int_equal(notice_id_num("0"), 0);
    assert_int_equal(notice_id_num("-1"), 0);
    assert_int_equal(notice_id_num("017"), 0);
    assert_int_equal(notice_id_num("17x"), 0);
    assert_int_equal(notice_id_num("ab_17"), 0);
    assert_int_equal(notice_id_num("hn_abcdefgh_"), 0);
    assert_int_equal(notice_id_num(""), 0);
    assert_string_equal(fate_name(FATE_WAITING), "waiting");
    assert_string_equal(fate_name(FATE_DROPPED), "dropped");
    assert_string_equal(fate_name(FATE_HELD), "held");
    assert_string_equal(fate_name(FATE_GATHERED), "gathered");
    assert_string_equal(lane_state_name(LANE_OPEN), "open");
    assert_string_equal(lane_state_name(LANE_CLOSED), "closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(oldest_due_comes_first, begin, end),
        cmocka_unit_test_setup_teardown(what_was_just_added_is_as_it_will_be_read, begin, end),
        cmocka_unit_test_setup_teardown(what_was_just_added_and_changed_is_as_it_is_now, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_cursor_goes_on_where_it_stood, begin, end),
        cmocka_unit_test_setup_teardown(only_what_waits_is_due, begin, end),
        cmocka_unit_test_setup_teardown(a_notice_comes_back_whole, begin, end),
        cmocka_unit_test_setup_teardown(a_retry_waits_for_its_time, begin, end),
        cmocka_unit_test_setup_teardown(dead_letters_go_out_again, begin, end),
        cmocka_unit_test_setup_teardown(dead_letters_are_told_apart, begin, end),
        cmocka_unit_test_setup_teardown(a_lane_keeps_its_standing, begin, end),
        cmocka_unit_test_setup_teardown(a_persons_pause_outlives_answers_and_retries, begin, end),
        cmocka_unit_test(ids_of_notices_read_back),
    };

    return cmocka_run_group_tests_name("ledger_outbox", tests, NULL, NULL);
}
