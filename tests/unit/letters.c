#include "tests/unit/letters.h"

#include "common/verdict/words_test.h"
#include "daemon/outbox/format.h"
#include "tests/support/payload_check.h"

const struct case_file about_issue = {
    .account = {.known = true,
                .key = "xyz",
                .name = "XYZ Co.",
                .currency = "USD",
                .terms_summary = "net 45, freight free over $5,000",
                .terms_at_ms = CREATED_MS - INT64_C(263) * 86400000},
    .recent_issues = 3,
    .open_issues = 1,
    .issue = {.known = true,
              .key = "INV-7",
              .account = "xyz",
              .category = "billing",
              .summary = "charged twice for October",
              .department = "billing",
              .plan = "credit note",
              .plan_due_ms = CREATED_MS + INT64_C(3) * 86400000,
              .has_amount = true,
              .amount_minor = 1825000,
              .currency = "USD",
              .state = ISSUE_ACKNOWLEDGED,
              .hop = HOP_SALES,
              .opened_at_ms = CREATED_MS - INT64_C(2) * 86400000,
              .transfers = 2},
};

const struct case_file bare_issue = {
    .issue = {.known = true, .key = "T-1", .opened_at_ms = CREATED_MS},
};

const struct case_file about_account = {.account = {.known = true, .key = "small & sons"}};

static const struct case_file about_nothing = {0};

static char rich_id[] = "rich", rich_name[] = "Rich Alvarez", pat_id[] = "pat",
            pat_name[] = "Pat Okafor", topic[] = "rich-7Xq";

static const struct rep rich = {.id = rich_id, .name = rich_name, .role = ROLE_SALES},
                        pat = {.id = pat_id, .name = pat_name, .role = ROLE_SERVICE};

struct notice new_notice(enum notice_kind kind)
{
    return (struct notice){
        .id = "hn_5f3a_17",
        .kind = kind,
        .to = "rich",
        .rule = "big billing trouble at a major account",
        .why = "category = billing (billing); amount >= 10000 (18250.00)",
        .created_ms = CREATED_MS,
        .event_source = "/home-office/billing",
        .event_id = "e-1",
        .tier = "major",
        .file = &about_issue,
        .sales = &rich,
        .service = &pat,
    };
}

const char *write_as(struct text *out, enum payload_format format, const struct notice *notice,
                     const char *headline, const char *body)
{
    static const char *const mentions[FORMAT_COUNT] = {
        [FORMAT_SLACK] = "<@U012AB3CD>",        [FORMAT_TEAMS] = "rich@example.com",
        [FORMAT_GOOGLE_CHAT] = "<users/12345>", [FORMAT_DISCORD] = "<@80351110224678912>",
        [FORMAT_MATTERMOST] = "@rich",
    };
    const struct endpoint endpoint = {.format = format,
                                      .topic = format == FORMAT_NTFY ? topic : NULL,
                                      .mention = mentions[format]};
    const char *type = format_write(out, &endpoint, notice, headline, body, NOW_MS);

    payload_check(out, &endpoint, notice);
    return type;
}

// By whose word a notice of that kind is sent, and why, as the desk has it on record.
static void set_reason(struct notice *notice)
{
    static const char demand[] = "event = issue.escalation_requested (issue.escalation_requested)";

    switch (notice->kind) {
    case NOTICE_ESCALATION:
    case NOTICE_HANDED_OVER:
        notice->rule = "the customer asks for someone higher";
        notice->why = demand;
        break;
    case NOTICE_STAND_FIRM:
        notice->rule = "law: stand firm";
        notice->why = demand;
        break;
    case NOTICE_OWNER:
        notice->rule = "unsaid";
        notice->why =
            "no rule matched: category nothing, severity nothing, amount nothing, tier nothing";
        break;
    case NOTICE_DIGEST:
        notice->rule = "law: the daily digest";
        notice->why = "2 decisions kept for it; rich stands in for dana";
        break;
    case NOTICE_DEAD_LETTER:
        notice->rule = "law: the admin hears of a lane in trouble";
        notice->why = "lane rich has a dead letter: hn_1, last answer 400";
        break;
    case NOTICE_SOURCE_SILENT:
        notice->rule = "law: a source fell silent";
        notice->why = "no event came from /home-office/billing for 1 day: the last one came at "
                      "2026-11-20T08:15:00Z";
        break;
    case NOTICE_TEST:
        notice->rule = "law: a test was asked for";
        notice->why = "ann asked for a test";
        break;
    default:
        break;
    }
}

struct notice example(enum notice_kind kind, struct text *headline, struct text *body)
{
    static const struct digest_line lines[] = {
        {"INV-7", "/home-office/billing", "e-1", "XYZ Co. (major): charged twice for October."},
        {"T-1", "/home-office/shipping", "e-2", "Small & Sons: issue T-1."},
    };
    bool to_pat = kind == NOTICE_OWNER || kind == NOTICE_HANDED_OVER || kind == NOTICE_REVIEW;
    struct notice notice = new_notice(kind);

    notice.to = to_pat ? "pat" : "rich";
    set_reason(&notice);
    if (kind == NOTICE_ESCALATION || kind == NOTICE_HANDED_OVER || kind == NOTICE_STAND_FIRM) {
        notice.words = "I want to speak to <b>your</b> manager & now";
        notice.urgent = true;
    } else if (kind == NOTICE_OWNER) {
        notice.file = &bare_issue;
        notice.tier = NULL;
    } else if (kind == NOTICE_DIGEST) {
        notice.lines = lines;
        notice.line_count = 2;
        notice.file = &about_nothing;
    } else if (kind == NOTICE_DEAD_LETTER || kind == NOTICE_SOURCE_SILENT || kind == NOTICE_TEST) {
        notice.to = "admin";
        notice.file = &about_nothing;
        notice.tier = NULL;
        notice.event_source = notice.event_id = NULL;
    }
    if (kind == NOTICE_TEST) {
        static struct case_file room;

        notice.event_source = "/cli";
        notice.event_id = "t-1";
        words_test(headline, body, &notice, "heads_up", &room, NOW_MS);
    } else {
        words_headline(headline, &notice, NOW_MS);
        words_body(body, &notice, NOW_MS);
    }
    return notice;
}
