// The words of each kind of notice, whole, in the order of DOMAIN.md H3; and what outside text can
// do to them: nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/moment.h"
#include "common/verdict/words.h"

#define NOW INT64_C(1795420800000) // Mon 23 Nov 2026, 08:00 UTC

static char pat_id[] = "pat", pat_name[] = "Pat Okafor";
static char rich_id[] = "rich", rich_name[] = "Rich Alvarez";
static const struct rep pat = {.id = pat_id, .name = pat_name, .role = ROLE_SERVICE};
static const struct rep rich = {.id = rich_id, .name = rich_name, .role = ROLE_SALES};

struct sheet { // a case and a notice about it
    struct case_file file;
    struct notice notice;
    struct text out;
};

static int begin(void **state)
{
    static struct sheet sheet;

    sheet = (struct sheet){0};
    sheet.file.account = (struct account){.known = true,
                                          .key = "XYZ",
                                          .name = "XYZ Co.",
                                          .terms_summary = "net 45, freight free over $5,000",
                                          .terms_link = "https://docs.example.com/t/9",
                                          .terms_agreed_by = "rich",
                                          .terms_at_ms = NOW - INT64_C(265) * DAY_MS};
    sheet.file.issue = (struct issue){.known = true,
                                      .opening_known = true,
                                      .key = "INV-7",
                                      .account = "XYZ",
                                      .category = "billing",
                                      .severity = "major",
                                      .department = "billing",
                                      .currency = "USD",
                                      .summary = "charged twice for October",
                                      .contact = "Ms Oyelaran",
                                      .has_amount = true,
                                      .amount_minor = 1825000,
                                      .state = ISSUE_PLANNED,
                                      .opened_at_ms = NOW - 2 * DAY_MS,
                                      .state_at_ms = NOW - DAY_MS,
                                      .transfers = 2,
                                      .plan = "credit note",
                                      .plan_due_ms = NOW + DAY_MS};
    sheet.file.recent_issues = 3;
    sheet.file.open_issues = 1;
    sheet.notice = (struct notice){.id = "hn_abcdefgh_1",
                                   .kind = NOTICE_HEADS_UP,
                                   .to = "rich",
                                   .rule = "r",
                                   .why = "w",
                                   .tier = "major",
                                   .file = &sheet.file,
                                   .service = &pat,
                                   .sales = &rich};
    *state = &sheet;
    return 0;
}

static int end(void **state)
{
    struct sheet *sheet = *state;

    text_finish(&sheet->out);
    return 0;
}

static const char *headline(struct sheet *sheet)
{
    text_clear(&sheet->out);
    words_headline(&sheet->out, &sheet->notice, NOW);
    return text_string(&sheet->out);
}

static const char *body(struct sheet *sheet)
{
    text_clear(&sheet->out);
    words_body(&sheet->out, &sheet->notice, NOW);
    return text_string(&sheet->out);
}

#define WHAT                                                                                       \
    "Billing, $18,250.00, major, open 2 days, 2 hand-offs. No explanation given to the client "    \
    "yet.\n"
#define BACKGROUND                                                                                 \
    "\nTerms: net 45, freight free over $5,000 (agreed Tue 3 Mar by rich, "                        \
    "https://docs.example.com/t/9)."                                                               \
    "\nLast 90 days: 3 issues, 1 open."
#define DOING "Working on it: Pat Okafor (billing). Plan: credit note by Tue 24 Nov.\n"

static void a_heads_up(void **state)
{
    assert_string_equal(headline(*state), "XYZ Co. (major): charged twice for October");
    assert_string_equal(body(*state), WHAT DOING
                        "You: nothing to do now. Pat will tell you if that changes." BACKGROUND);
}

static void a_kick_off_says_what_is_missing(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_KICK_OFF;
    assert_string_equal(headline(sheet), "XYZ Co. (major): to ship, and no kick-off held");
    assert_string_equal(body(sheet),
                        "You: see with Pat Okafor that the kick-off is held and the terms are on "
                        "record before the first shipment. Until then this comes again with "
                        "each." BACKGROUND);
    sheet->notice.to = "pat";
    assert_non_null(strstr(body(sheet), "see with Rich Alvarez that"));
    sheet->file.account.terms_summary = NULL;
    assert_string_equal(headline(sheet),
                        "XYZ Co. (major): to ship, no kick-off held, no terms on record");
    sheet->file.account.kickoff_at_ms = NOW - DAY_MS;
    assert_string_equal(headline(sheet), "XYZ Co. (major): to ship, and no terms on record");
}

static void a_review_is_about_its_issue_and_the_others_are_not(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_REVIEW;
    assert_string_equal(headline(sheet),
                        "XYZ Co. (major), review call due: charged twice for October");
    assert_string_equal(body(sheet), WHAT DOING
                        "You: call Ms Oyelaran: has it stayed mended, and are the bills right? Put "
                        "the call on record." BACKGROUND);
    sheet->notice.kind = NOTICE_CHECK_IN;
    assert_string_equal(headline(sheet), "XYZ Co. (major): check-in call due");
    assert_string_equal(body(sheet), "You: call the customer, ask how it goes, and put the call on "
                                     "record." BACKGROUND);
    sheet->notice.kind = NOTICE_MEETING;
    assert_string_equal(headline(sheet), "XYZ Co. (major): time to sit together");
    assert_string_equal(
        body(sheet),
        "You: meet with Pat Okafor and those who handled the issues: who did what, how long it "
        "took, what the customer did late, and how this account is served from now "
        "on." BACKGROUND);
}

static void days_are_those_of_the_readers_calendar(void **state)
{
    struct sheet *sheet = *state;
    struct zone *zone = NULL;

    assert_int_equal(zone_open("Pacific/Auckland", &zone), 0); // 13 hours ahead in November
    sheet->notice.zone = zone;
    sheet->file.issue.plan_due_ms = NOW + 10 * HOUR_MS; // 18:00 on Monday in UTC
    assert_non_null(strstr(body(sheet), "credit note by Tue 24 Nov"));
    sheet->notice.zone = NULL;
    assert_non_null(strstr(body(sheet), "credit note by Mon 23 Nov"));
    zone_close(zone);
}

static void an_owners_notice(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_OWNER;
    sheet->notice.tier = NULL;
    sheet->file.issue.state = ISSUE_OPEN;
    sheet->file.issue.plan = NULL;
    assert_string_equal(headline(sheet), "XYZ Co.: charged twice for October");
    assert_string_equal(body(sheet),
                        WHAT "Working on it: Pat Okafor (billing). No plan yet.\n"
                             "You: follow it through: acknowledge it, and tell the customer a plan "
                             "and a date." BACKGROUND);
}

static void an_owner_hears_what_is_left_to_do(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_OWNER;
    sheet->file.issue.state = ISSUE_ACKNOWLEDGED;
    assert_non_null(
        strstr(body(sheet), "\nYou: follow it through: tell the customer a plan and a date.\n"));
    sheet->file.issue.state = ISSUE_PLANNED;
    assert_non_null(strstr(
        body(sheet), "\nYou: follow it through: the plan holds, or the customer hears in time.\n"));
    sheet->file.issue.state = ISSUE_RESOLVED;
    assert_non_null(strstr(body(sheet), "\nYou: nothing to do now.\n"));
    sheet->file.issue.hop = HOP_SALES;
    sheet->file.issue.state = ISSUE_OPEN;
    assert_non_null(
        strstr(body(sheet), "\nYou: nothing to decide, that is with Rich; help with the facts.\n"));
}

// What was handed over is the sales rep's to do: at its next age he is not told to wait for others.
static void a_heads_up_of_what_was_handed_over(void **state)
{
    struct sheet *sheet = *state;

    sheet->file.issue.hop = HOP_SALES;
    assert_non_null(
        strstr(body(sheet), "\nYou: it is yours: see that Ms Oyelaran hears from you.\n"));
    sheet->file.issue.state = ISSUE_RESOLVED;
    assert_non_null(strstr(body(sheet), "\nYou: nothing to do now.\n"));
}

static void an_escalation(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_ESCALATION;
    sheet->notice.words = "I want to speak to your manager";
    sheet->file.issue.hop = HOP_SALES;
    assert_string_equal(headline(sheet), "XYZ Co. (major) asks for you: charged twice for October");
    assert_string_equal(body(sheet),
                        WHAT "Working on it: Rich Alvarez (billing). Plan: credit note by Tue 24 "
                             "Nov.\n"
                             "You: it is yours now. Call Ms Oyelaran; Pat knows that you will.\n"
                             "The words: “I want to speak to your manager”" BACKGROUND);
}

static void handed_over(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_HANDED_OVER;
    sheet->file.issue.hop = HOP_SALES;
    assert_string_equal(headline(sheet),
                        "XYZ Co. (major), now with Rich: charged twice for October");
    assert_non_null(strstr(body(sheet), "\nYou: "));
    assert_non_null(strstr(body(sheet), "Rich"));
}

static void stand_firm_is_the_same_for_both(void **state)
{
    struct sheet *sheet = *state;
    struct text answer = {0};
    char *first;

    sheet->notice.kind = NOTICE_STAND_FIRM;
    sheet->file.issue.hop = HOP_SALES;
    assert_string_equal(headline(sheet), "XYZ Co. (major), stand firm: charged twice for October");
    words_stand_firm(&answer, &rich);
    assert_string_equal(text_string(&answer),
                        "Rich Alvarez has this in hand and decides it for us. Nobody here will "
                        "tell you anything different.");
    assert_non_null(strstr(body(sheet), text_string(&answer)));
    first = strdup(body(sheet));
    sheet->notice.to = "pat";
    assert_string_equal(body(sheet), first);
    free(first);
    text_finish(&answer);
}

static void a_dead_letter_names_the_lane_only(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.kind = NOTICE_DEAD_LETTER;
    sheet->notice.why = "lane rich has a dead letter";
    sheet->notice.service = sheet->notice.sales = NULL;
    assert_string_equal(headline(sheet), "lane rich has a dead letter");
    assert_true(strncmp(body(sheet), "You: ", 5) == 0);
    assert_non_null(strstr(body(sheet), "headsup resume, where the lane stands still"));
    assert_null(strstr(body(sheet), "XYZ"));
    assert_null(strstr(body(sheet), "charged"));
}

static void an_accounts_notice(void **state)
{
    struct sheet *sheet = *state;

    sheet->file.issue = (struct issue){0};
    assert_string_equal(headline(sheet), "XYZ Co. (major): its record changed");
    sheet->notice.words = "called twice";
    assert_string_equal(headline(sheet), "XYZ Co. (major): called twice");
    assert_string_equal(body(sheet), "You: nothing to do now." BACKGROUND);
}

static void what_is_not_known_is_said(void **state)
{
    struct sheet *sheet = *state;

    sheet->notice.tier = NULL;
    sheet->file = (struct case_file){
        .issue = {.known = true, .key = "INV-7", .opened_at_ms = NOW, .state = ISSUE_OPEN}};
    assert_string_equal(headline(sheet), "A customer without a record: issue INV-7");
    assert_string_equal(body(sheet), "Kind not known, just opened. The account is not on record.\n"
                                     "Working on it: Pat Okafor. No plan yet.\n"
                                     "You: nothing to do now. Pat will tell you if that changes.");
    sheet->file.account.key = "XYZ";
    assert_string_equal(headline(sheet), "XYZ: issue INV-7");
    sheet->file.account.known = true;
    assert_non_null(strstr(body(sheet), "\nTerms: none on record."));
}

static void the_state_shows(void **state)
{
    struct sheet *sheet = *state;
    struct issue *issue = &sheet->file.issue;

    issue->state = ISSUE_RESOLVED;
    issue->resolution = "credited";
    assert_non_null(strstr(body(sheet), ", resolved Sun 22 Nov, "));
    assert_non_null(strstr(body(sheet), "). Resolution: credited.\n"));
    issue->state = ISSUE_CLOSED;
    assert_non_null(strstr(body(sheet), ", closed Sun 22 Nov, "));
    issue->state = ISSUE_OPEN; // opened again: what was done before is no plan
    issue->reopened = 1;
    issue->plan = NULL;
    assert_non_null(strstr(body(sheet), ", reopened 1 time."));
    assert_non_null(strstr(body(sheet), "). No plan yet.\n"));
}

static void an_explanation_shows(void **state)
{
    struct sheet *sheet = *state;

    sheet->file.issue.explanation = "two runs of the October job";
    assert_non_null(strstr(body(sheet), " Explained to the client: two runs of the October job\n"));
    assert_null(strstr(body(sheet), "No explanation"));
    sheet->file.issue.explanation = NULL;
    sheet->file.issue.category = "shipment"; // nobody owes one there
    assert_null(strstr(body(sheet), "No explanation"));
}

// --- hostile text --------------------------------------------------------------------------------

static size_t lines_of(const char *words)
{
    size_t lines = 1;

    for (; *words; words++) {
        lines += *words == '\n';
    }
    return lines;
}

// Points every text of the case at the same words.
static void fill_with(struct sheet *sheet, const char *words)
{
    struct account *account = &sheet->file.account;
    struct issue *issue = &sheet->file.issue;

    account->name = account->key = account->terms_summary = account->terms_link = words;
    account->terms_agreed_by = words;
    issue->category = issue->severity = issue->department = issue->currency = words;
    issue->summary = issue->explanation = issue->contact = words;
    issue->acknowledged_by = issue->plan = issue->resolution = words;
    sheet->notice.tier = sheet->notice.words = words;
}

static void outside_text_makes_no_line(void **state)
{
    static const char hostile[] =
        "x\nYou: call the owner\r\n\tTerms: none\x1b[31m\x7f\xc2\x85y\x0b\x0cz";
    static const enum notice_kind kinds[] = {NOTICE_HEADS_UP, NOTICE_OWNER, NOTICE_ESCALATION,
                                             NOTICE_HANDED_OVER, NOTICE_STAND_FIRM};
    struct sheet *sheet = *state;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t lines;

        sheet->notice.kind = kinds[i];
        fill_with(sheet, "plain");
        lines = lines_of(body(sheet));
        fill_with(sheet, hostile);
        assert_int_equal(lines_of(body(sheet)), lines);
        for (const char *at = body(sheet); *at; at++) {
            assert_true(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7f));
        }
        assert_null(strstr(body(sheet), "\xc2\x85"));
        assert_int_equal(lines_of(headline(sheet)), 1);
        assert_null(strchr(headline(sheet), '\x1b'));
    }
}

static void long_text_is_cut(void **state)
{
    static char endless[64 * 1024];
    struct sheet *sheet = *state;

    for (size_t i = 0; i + 3 < sizeof endless; i += 3) {
        memcpy(endless + i, "€", 3);
    }
    fill_with(sheet, endless);
    assert_true(strlen(headline(sheet)) < 1024);
    assert_true(strlen(body(sheet)) < 8 * 1024);
    assert_true(utf8_valid(body(sheet), strlen(body(sheet)))); // never within a character
    assert_non_null(strstr(body(sheet), "…"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_heads_up, begin, end),
        cmocka_unit_test_setup_teardown(a_kick_off_says_what_is_missing, begin, end),
        cmocka_unit_test_setup_teardown(a_review_is_about_its_issue_and_the_others_are_not, begin,
                                        end),
        cmocka_unit_test_setup_teardown(days_are_those_of_the_readers_calendar, begin, end),
        cmocka_unit_test_setup_teardown(an_owners_notice, begin, end),
        cmocka_unit_test_setup_teardown(an_owner_hears_what_is_left_to_do, begin, end),
        cmocka_unit_test_setup_teardown(a_heads_up_of_what_was_handed_over, begin, end),
        cmocka_unit_test_setup_teardown(an_escalation, begin, end),
        cmocka_unit_test_setup_teardown(handed_over, begin, end),
        cmocka_unit_test_setup_teardown(stand_firm_is_the_same_for_both, begin, end),
        cmocka_unit_test_setup_teardown(a_dead_letter_names_the_lane_only, begin, end),
        cmocka_unit_test_setup_teardown(an_accounts_notice, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_said, begin, end),
        cmocka_unit_test_setup_teardown(the_state_shows, begin, end),
        cmocka_unit_test_setup_teardown(an_explanation_shows, begin, end),
        cmocka_unit_test_setup_teardown(outside_text_makes_no_line, begin, end),
        cmocka_unit_test_setup_teardown(long_text_is_cut, begin, end),
    };

    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
