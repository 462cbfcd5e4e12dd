#include "common/verdict/words_test.h"

#include <string.h>

#include "common/base/moment.h"

static void make_up(struct case_file *ret, int64_t now_ms)
{
    *ret = (struct case_file){
        .account = {.known = true,
                    .key = "TEST",
                    .name = "Test Customer",
                    .terms_summary = "net 45, freight free over $5,000",
                    .terms_agreed_by = "nobody",
                    .terms_at_ms = now_ms - 90 * (int64_t)DAY_MS},
        .issue = {.known = true,
                  .opening_known = true,
                  .key = "TEST-1",
                  .account = "TEST",
                  .category = "billing",
                  .severity = "normal",
                  .summary = "charged twice for October",
                  .has_amount = true,
                  .amount_minor = 1825000,
                  .state = ISSUE_PLANNED,
                  .opened_at_ms = now_ms - 2 * (int64_t)DAY_MS,
                  .state_at_ms = now_ms,
                  .plan = "a credit note",
                  .plan_due_ms = now_ms + 2 * (int64_t)DAY_MS,
                  .transfers = 2},
        .open_issues = 1,
        .recent_issues = 3,
    };
}

static enum notice_kind kind_of(const char *name)
{
    int kind = 0;

    while (name && kind < NOTICE_KIND_COUNT &&
           strcmp(notice_kind_name((enum notice_kind)kind), name) != 0) {
        kind++;
    }
    return name && kind < NOTICE_KIND_COUNT ? (enum notice_kind)kind : NOTICE_TEST;
}

// What that kind of notice tells of, beside the case.
static void make_up_occasion(struct notice *worded, struct case_file *room)
{
    static const struct digest_line lines[] = {
        {.words = "Test Customer (major): charged twice for October. Billing, open 2 days."},
        {.words = "Test Customer (major): a pallet came damaged. Shipment, just opened."}};

    switch (worded->kind) {
    case NOTICE_ESCALATION:
    case NOTICE_STAND_FIRM:
        worded->words = "I want to speak to your manager";
        worded->urgent = true;
        room->issue.hop = HOP_SALES;
        break;
    case NOTICE_HANDED_OVER:
        worded->urgent = true;
        room->issue.hop = HOP_SALES;
        break;
    case NOTICE_DIGEST:
        worded->lines = lines;
        worded->line_count = sizeof lines / sizeof lines[0];
        break;
    case NOTICE_DEAD_LETTER:
        worded->why = "lane test has a dead letter, last answer 400";
        break;
    case NOTICE_SOURCE_SILENT:
        worded->why = "the source /test is silent";
        break;
    default:
        break;
    }
}

void words_test(struct text *headline, struct text *body, struct notice *notice, const char *kind,
                struct case_file *room, int64_t now_ms)
{
    struct notice worded;

    make_up(room, now_ms);
    notice->file = room;
    notice->tier = "major";
    notice->worker = NULL;
    notice->words = NULL;
    worded = *notice;
    worded.kind = kind_of(kind);
    text_add(headline, "[TEST] ");
    if (worded.kind == NOTICE_TEST) {
        text_add(headline, "notices of headsup reach you here");
        text_add(body, "This is a test. You: nothing to do. ");
        text_add_line(body, notice->why, 240);
        text_add(body, ".");
        return;
    }
    make_up_occasion(&worded, room);
    notice->shown = worded.kind;
    notice->urgent = worded.urgent;
    words_headline(headline, &worded, now_ms);
    text_add(body, "This is a test: the case is made up.\n");
    words_body(body, &worded, now_ms);
}
