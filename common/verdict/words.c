#include "common/verdict/words.h"

#include <string.h>

#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/verdict/template_words.h"
#include "common/verdict/words_occasion.h"

enum {
    NAME_BYTES = 120,
    SUMMARY_BYTES = 240,
    PASSAGE_BYTES = 600,
    HEADLINE_BYTES = 300,
    BODY_BYTES = 3000,
    BODY_BYTES_LEAST = 300 // of a template, however long what follows it is
};

const char *words_day(const struct notice *notice, int64_t ms, int64_t now_ms, char *buffer)
{
    if (notice->zone) {
        ms += zone_offset_ms(notice->zone, ms);
        now_ms += zone_offset_ms(notice->zone, now_ms);
    }
    return moment_format_day_in(notice->dates, ms, now_ms, buffer);
}

void words_stand_firm(struct text *out, const struct rep *sales)
{
    text_addf(out,
              "%s has this in hand and decides it for us. Nobody here will tell you anything "
              "different.",
              sales->name);
}

// "Pat" of "Pat Okafor".
static void add_first_name(struct text *out, const char *name)
{
    text_add_bytes(out, name, strcspn(name, " "));
}

static void add_account(struct text *out, const struct notice *notice)
{
    const struct account *account = &notice->file->account;

    if (account->name) {
        text_add_line(out, account->name, NAME_BYTES);
    } else if (account->key) {
        text_add_line(out, account->key, NAME_BYTES);
    } else {
        text_add(out, "A customer without a record");
    }
    if (notice->tier) {
        text_add(out, " (");
        text_add_line(out, notice->tier, NAME_BYTES);
        text_add(out, ")");
    }
}

static void add_summary(struct text *out, const struct issue *issue)
{
    if (issue->summary) {
        text_add_line(out, issue->summary, SUMMARY_BYTES);
    } else {
        text_add(out, "issue ");
        text_add_line(out, issue->key, NAME_BYTES);
    }
}

static void digest_headline(struct text *out, const struct notice *notice)
{
    size_t count = notice->line_count + notice->more_lines;

    text_addf(out, "Your digest: %zu case%s", count, count == 1 ? "" : "s");
}

void words_headline(struct text *out, const struct notice *notice, int64_t now_ms)
{
    if (notice->kind == NOTICE_DEAD_LETTER || notice->kind == NOTICE_SOURCE_SILENT) {
        text_add_line(out, notice->why, SUMMARY_BYTES);
        return;
    }
    if (notice->kind == NOTICE_DIGEST) {
        digest_headline(out, notice);
        return;
    }
    if (notice->headline) {
        template_words_add(out, notice->headline, notice, now_ms, HEADLINE_BYTES);
        return;
    }
    add_account(out, notice);
    switch (notice->kind) {
    case NOTICE_ESCALATION:
        text_add(out, " asks for you: ");
        break;
    case NOTICE_HANDED_OVER:
        text_add(out, ", now with ");
        add_first_name(out, notice->sales->name);
        text_add(out, ": ");
        break;
    case NOTICE_STAND_FIRM:
        text_add(out, ", stand firm: ");
        break;
    default:
        text_add(out, words_occasion_headline(out, notice) ? "" : ": ");
        break;
    }
    if (words_occasion_of_account(notice->kind)) {
        return;
    }
    if (notice->file->issue.known) {
        add_summary(out, &notice->file->issue);
    } else {
        text_add(out, notice->words ? "" : "its record changed");
        text_add_line(out, notice->words ? notice->words : "", SUMMARY_BYTES);
    }
}

// "Billing", of "billing".
static void add_capital(struct text *out, const char *word)
{
    size_t from = out->size;

    text_add_line(out, word, NAME_BYTES);
    if (out->size > from && out->bytes[from] >= 'a' && out->bytes[from] <= 'z') {
        out->bytes[from] = (char)(out->bytes[from] - 'a' + 'A');
    }
}

static void add_age(struct text *out, const struct notice *notice, int64_t now_ms)
{
    const struct issue *issue = &notice->file->issue;
    char buffer[MOMENT_TEXT_BYTES];
    int64_t age = now_ms - issue->opened_at_ms;

    switch (issue->state) {
    case ISSUE_RESOLVED:
        text_add(out, ", resolved ");
        text_add(out, words_day(notice, issue->state_at_ms, now_ms, buffer));
        break;
    case ISSUE_CLOSED:
        text_add(out, ", closed ");
        text_add(out, words_day(notice, issue->state_at_ms, now_ms, buffer));
        break;
    default:
        if (age >= MINUTE_MS) {
            text_add(out, ", open ");
            text_add(out, span_format(age, buffer));
        } else {
            text_add(out, ", just opened");
        }
        break;
    }
}

// "Billing, $18,250.00, open 2 days, 2 hand-offs"
static void add_kind_and_age(struct text *out, const struct notice *notice, int64_t now_ms)
{
    const struct issue *issue = &notice->file->issue;
    const char *currency = issue->currency ? issue->currency : notice->file->account.currency;
    char buffer[MONEY_TEXT_BYTES];

    currency = currency ? currency : notice->currency;
    add_capital(out, issue->category ? issue->category : "Kind not known");
    if (issue->has_amount) {
        text_add(out, ", ");
        text_add_line(out, money_format_in(notice->amounts, issue->amount_minor, currency, buffer),
                      NAME_BYTES);
    }
    if (issue->severity && strcmp(issue->severity, "normal") != 0) {
        text_add(out, ", ");
        text_add_line(out, issue->severity, NAME_BYTES);
    }
    add_age(out, notice, now_ms);
    if (issue->transfers) {
        text_addf(out, ", %d hand-off%s", issue->transfers, issue->transfers == 1 ? "" : "s");
    }
    if (issue->reopened) {
        text_addf(out, ", reopened %d time%s", issue->reopened, issue->reopened == 1 ? "" : "s");
    }
}

// H3, what it is: the same, and whether the client was told how it came about.
static void add_what(struct text *out, const struct notice *notice, int64_t now_ms)
{
    const struct issue *issue = &notice->file->issue;

    add_kind_and_age(out, notice, now_ms);
    text_add(out, notice->file->account.known ? "." : ". The account is not on record.");
    if (issue->explanation) {
        text_add(out, " Explained to the client: ");
        text_add_line(out, issue->explanation, PASSAGE_BYTES);
    } else if (issue->category && strcmp(issue->category, "billing") == 0) {
        text_add(out, " No explanation given to the client yet.");
    }
}

// H3, what is being done and by whom: "Working on it: Pat Okafor (billing). Plan: …"
static void add_doing(struct text *out, const struct notice *notice, int64_t now_ms)
{
    const struct issue *issue = &notice->file->issue;
    const char *worker = notice->worker ? notice->worker : issue->acknowledged_by;
    const struct rep *owner = issue->hop == HOP_SALES ? notice->sales : notice->service;
    char buffer[MOMENT_TEXT_BYTES];

    text_add(out, "\nWorking on it: ");
    text_add_line(out, worker ? worker : owner->name, NAME_BYTES);
    if (issue->department) {
        text_add(out, " (");
        text_add_line(out, issue->department, NAME_BYTES);
        text_add(out, ")");
    }
    if (issue->resolution && issue->state >= ISSUE_RESOLVED) {
        text_add(out, ". Resolution: ");
        text_add_line(out, issue->resolution, PASSAGE_BYTES);
    } else if (issue->plan) {
        text_add(out, ". Plan: ");
        text_add_line(out, issue->plan, PASSAGE_BYTES);
        if (issue->plan_due_ms) {
            text_addf(out, " by %s", words_day(notice, issue->plan_due_ms, now_ms, buffer));
        }
    } else {
        text_add(out, ". No plan yet");
    }
    text_add(out, ".");
}

static void add_contact(struct text *out, const struct notice *notice)
{
    if (notice->file->issue.contact) {
        text_add_line(out, notice->file->issue.contact, NAME_BYTES);
    } else {
        text_add(out, "the customer");
    }
}

static void add_stand_in(struct text *out, const struct rep *rep, const struct rep *away)
{
    if (away) {
        text_add(out, " ");
        add_first_name(out, rep->name);
        text_add(out, " stands in for ");
        add_first_name(out, away->name);
        text_add(out, ".");
    }
}

// What is left to do for who follows the issue through.
static void add_owners_part(struct text *out, const struct notice *notice)
{
    static const char *const parts[ISSUE_STATE_COUNT] = {
        [ISSUE_OPEN] =
            "follow it through: acknowledge it, and tell the customer a plan and a date.",
        [ISSUE_ACKNOWLEDGED] = "follow it through: tell the customer a plan and a date.",
        [ISSUE_PLANNED] = "follow it through: the plan holds, or the customer hears in time.",
        [ISSUE_RESOLVED] = "nothing to do now.",
        [ISSUE_CLOSED] = "nothing to do now.",
    };

    if (notice->file->issue.hop == HOP_SALES) {
        text_add(out, "nothing to decide, that is with ");
        add_first_name(out, notice->sales->name);
        text_add(out, "; help with the facts.");
    } else {
        text_add(out, parts[notice->file->issue.state]);
    }
}

// Of an issue that was handed over, nobody else will tell the sales rep.
static void add_readers_part(struct text *out, const struct notice *notice)
{
    const struct issue *issue = &notice->file->issue;

    if (issue->hop == HOP_SERVICE) {
        text_add(out, "nothing to do now. ");
        add_first_name(out, notice->service->name);
        text_add(out, " will tell you if that changes.");
    } else if (issue->state >= ISSUE_RESOLVED) {
        text_add(out, "nothing to do now.");
    } else {
        text_add(out, "it is yours: see that ");
        add_contact(out, notice);
        text_add(out, " hears from you.");
    }
}

// H3, whether the reader must do anything.
static void add_to_do(struct text *out, const struct notice *notice)
{
    text_add(out, "\nYou: ");
    switch (notice->kind) {
    case NOTICE_ESCALATION:
        text_add(out, "it is yours now. Call ");
        add_contact(out, notice);
        text_add(out, "; ");
        add_first_name(out, notice->service->name);
        text_add(out, " knows that you will.");
        break;
    case NOTICE_HANDED_OVER:
        text_add(out, "nothing more to decide. ");
        add_first_name(out, notice->sales->name);
        text_add(out, " calls the customer; help with the facts.");
        break;
    case NOTICE_STAND_FIRM:
        text_add(out, "give this answer and no other: “");
        words_stand_firm(out, notice->sales);
        text_add(out, "” Both of you have the same words.");
        break;
    case NOTICE_OWNER:
        add_owners_part(out, notice);
        break;
    default:
        if (!words_occasion_to_do(out, notice)) {
            add_readers_part(out, notice);
        }
        break;
    }
    add_stand_in(out, notice->sales, notice->sales_away);
    add_stand_in(out, notice->service, notice->service_away);
}

// T2, the terms that bear on it; and R2, the recent history.
static void add_background(struct text *out, const struct notice *notice, int64_t now_ms)
{
    const struct case_file *file = notice->file;
    char buffer[MOMENT_TEXT_BYTES];

    if (file->account.terms_summary) {
        text_add(out, "\nTerms: ");
        text_add_line(out, file->account.terms_summary, PASSAGE_BYTES);
        text_addf(out, " (agreed %s", words_day(notice, file->account.terms_at_ms, now_ms, buffer));
        if (file->account.terms_agreed_by) {
            text_add(out, " by ");
            text_add_line(out, file->account.terms_agreed_by, NAME_BYTES);
        }
        if (file->account.terms_link) {
            text_add(out, ", ");
            text_add_line(out, file->account.terms_link, SUMMARY_BYTES);
        }
        text_add(out, ").");
    } else if (file->account.known) {
        text_add(out, "\nTerms: none on record.");
    }
    if (file->recent_issues > 1 || file->open_issues > 1) {
        text_add(out, "\nLast ");
        text_add_int(out, CASE_RECENT_DAYS);
        text_add(out, " days: ");
        text_add_int(out, file->recent_issues);
        text_add(out, file->recent_issues >= CASE_COUNT_CAP ? " or more issues, " : " issues, ");
        text_add_int(out, file->open_issues);
        text_add(out, " open.");
    }
}

static void add_customer_words(struct text *out, const struct notice *notice)
{
    if (notice->words && notice->file->issue.known) {
        text_add(out, "\nThe words: “");
        text_add_line(out, notice->words, PASSAGE_BYTES);
        text_add(out, "”");
    }
}

void words_digest_line(struct text *out, const struct notice *notice, int64_t now_ms)
{
    add_account(out, notice);
    text_add(out, ": ");
    if (!notice->file->issue.known) {
        text_add(out, "its record changed.");
        return;
    }
    add_summary(out, &notice->file->issue);
    text_add(out, ". ");
    add_kind_and_age(out, notice, now_ms);
    text_add(out, ".");
}

static void digest_body(struct text *out, const struct notice *notice, size_t left_out)
{
    size_t listed = notice->line_count - left_out, more = notice->more_lines + left_out;

    text_add(out, "You: nothing to do at once.");
    for (size_t i = 0; i < listed; i++) {
        text_addf(out, "\n- %s", notice->lines[i].words);
    }
    if (more) {
        text_addf(out, "\n- and %zu more", more);
    }
}

size_t words_body_spare(const struct notice *notice)
{
    if (notice->kind == NOTICE_DIGEST) {
        return notice->line_count;
    }
    return notice->body ? BODY_BYTES - BODY_BYTES_LEAST : 0;
}

void words_body(struct text *out, const struct notice *notice, int64_t now_ms)
{
    words_body_without(out, notice, now_ms, 0);
}

void words_body_without(struct text *out, const struct notice *notice, int64_t now_ms,
                        size_t left_out)
{
    if (notice->kind == NOTICE_DIGEST) {
        digest_body(out, notice, left_out);
        return;
    }
    if (notice->kind == NOTICE_SOURCE_SILENT) {
        text_add(out, "You: see whether it runs and can publish: meanwhile nobody hears of the "
                      "trouble that it knows of. This comes once, until it was heard again; "
                      "headsup status lists those that are silent.");
        return;
    }
    if (notice->kind == NOTICE_DEAD_LETTER) {
        text_add(out, "You: see what its receiver says, and mend that. Then: headsup resume, where "
                      "the lane stands still; headsup retry, for dead letters (headsup notices "
                      "--dead lists them). Nothing is discarded meanwhile.");
        return;
    }
    if (words_occasion_of_account(notice->kind)) {
        text_add(out, "You: ");
        (void)words_occasion_to_do(out, notice);
        add_background(out, notice, now_ms);
        return;
    }
    if (notice->body) {
        template_words_add(out, notice->body, notice, now_ms, BODY_BYTES - left_out);
        text_add(out, notice->file->issue.known ? "" : "\n");
    } else if (notice->file->issue.known) {
        add_what(out, notice, now_ms);
        add_doing(out, notice, now_ms);
    }
    if (notice->file->issue.known) {
        add_to_do(out, notice);
        add_customer_words(out, notice);
    } else {
        text_add(out, "You: nothing to do now.");
    }
    if (notice->quiet) {
        text_add(out, "\nWhy now: ");
        text_add_line(out, notice->quiet, PASSAGE_BYTES);
        text_add(out, ".");
    }
    add_background(out, notice, now_ms);
}
