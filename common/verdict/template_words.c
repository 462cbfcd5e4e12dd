#include "common/verdict/template_words.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/rulebook/template.h"

enum { NAME_BYTES = 120, PASSAGE_BYTES = 600 };

#define NOT_KNOWN "not known"

static void add_line(struct text *out, const char *words, size_t max_bytes)
{
    text_add_line(out, words && *words ? words : NOT_KNOWN, max_bytes);
}

static void add_money(struct text *out, const struct notice *notice, bool known, int64_t minor,
                      const char *currency)
{
    char buffer[MONEY_TEXT_BYTES];

    add_line(out, known ? money_format_in(notice->amounts, minor, currency, buffer) : NULL,
             NAME_BYTES);
}

static void add_count(struct text *out, bool known, int32_t count, const char *more)
{
    if (known) {
        text_addf(out, "%" PRId32 "%s", count, more);
    } else {
        text_add(out, NOT_KNOWN);
    }
}

static const char *name_of(const struct rep *rep)
{
    return rep ? rep->name : NULL;
}

static void add_account(struct text *out, const struct notice *notice, enum template_field field)
{
    const struct case_file *file = notice->file;
    const struct account *account = &file->account;
    const char *currency = account->currency ? account->currency : notice->currency;

    switch (field) {
    case TEMPLATE_ACCOUNT:
        add_line(out, account->key, NAME_BYTES);
        break;
    case TEMPLATE_ACCOUNT_NAME:
        add_line(out, account->name ? account->name : account->key, NAME_BYTES);
        break;
    case TEMPLATE_ACCOUNT_TIER:
        add_line(out, notice->tier, NAME_BYTES);
        break;
    case TEMPLATE_ACCOUNT_VALUE:
        add_money(out, notice, account->has_value, account->value_minor, currency);
        break;
    case TEMPLATE_ACCOUNT_GROUP:
        add_line(out, account->group, NAME_BYTES);
        break;
    case TEMPLATE_ACCOUNT_GROUP_VALUE:
        add_money(out, notice, account->group || account->has_value, file->group_value_minor,
                  currency);
        break;
    case TEMPLATE_ACCOUNT_REGION:
        add_line(out, account->region, NAME_BYTES);
        break;
    case TEMPLATE_ACCOUNT_OPEN_ISSUES:
        add_count(out, account->key, file->open_issues, "");
        break;
    default:
        add_count(out, account->key, file->recent_issues,
                  file->recent_issues >= CASE_COUNT_CAP ? " or more" : "");
        break;
    }
}

static void add_moment(struct text *out, const struct notice *notice, int64_t ms, int64_t now_ms)
{
    char buffer[MOMENT_TEXT_BYTES];

    add_line(out, ms ? words_day(notice, ms, now_ms, buffer) : NULL, NAME_BYTES);
}

static void add_age(struct text *out, const struct issue *issue, int64_t now_ms)
{
    char buffer[MOMENT_TEXT_BYTES];
    int64_t age_ms = now_ms > issue->opened_at_ms ? now_ms - issue->opened_at_ms : 0;

    add_line(out, issue->known ? span_format(age_ms, buffer) : NULL, NAME_BYTES);
}

static void add_numbers(struct text *out, const struct notice *notice, enum template_field field,
                        int64_t now_ms)
{
    const struct issue *issue = &notice->file->issue;

    switch (field) {
    case TEMPLATE_AMOUNT:
        add_money(out, notice, issue->has_amount, issue->amount_minor,
                  issue->currency ? issue->currency : notice->currency);
        break;
    case TEMPLATE_AGE:
        add_age(out, issue, now_ms);
        break;
    case TEMPLATE_TRANSFERS:
        add_count(out, issue->known, issue->transfers, "");
        break;
    case TEMPLATE_REOPENED:
        add_count(out, issue->known, issue->reopened, "");
        break;
    default:
        add_moment(out, notice, issue->plan_due_ms, now_ms);
        break;
    }
}

// The fields that are words, and how much of each is shown.
static const char *words_of(const struct notice *notice, enum template_field field)
{
    const struct issue *issue = &notice->file->issue;
    const struct rep *owner = issue->hop == HOP_SALES ? notice->sales : notice->service;
    const char *const words[TEMPLATE_COUNT] = {
        [TEMPLATE_ISSUE_KEY] = issue->key,
        [TEMPLATE_ISSUE_STATE] = issue->known ? issue_state_name(issue->state) : NULL,
        [TEMPLATE_SUMMARY] = issue->summary,
        [TEMPLATE_CATEGORY] = issue->category,
        [TEMPLATE_SEVERITY] = issue->severity,
        [TEMPLATE_CURRENCY] = issue->currency ? issue->currency : notice->currency,
        [TEMPLATE_DEPARTMENT] = issue->department,
        [TEMPLATE_EXPLANATION] = issue->explanation,
        [TEMPLATE_CONTACT] = issue->contact,
        [TEMPLATE_PLAN] = issue->plan,
        [TEMPLATE_RESOLUTION] = issue->resolution,
        [TEMPLATE_OWNER] = name_of(owner),
        [TEMPLATE_WORKER] = notice->worker ? notice->worker : issue->acknowledged_by,
        [TEMPLATE_SERVICE] = name_of(notice->service),
        [TEMPLATE_SALES] = name_of(notice->sales),
        [TEMPLATE_SOURCE] = notice->event_source,
        [TEMPLATE_WORDS] = notice->words,
        [TEMPLATE_RULE] = notice->rule,
    };

    return words[field];
}

static void add_field(struct text *out, const struct notice *notice, enum template_field field,
                      int64_t now_ms)
{
    switch (field) {
    case TEMPLATE_ACCOUNT:
    case TEMPLATE_ACCOUNT_NAME:
    case TEMPLATE_ACCOUNT_TIER:
    case TEMPLATE_ACCOUNT_VALUE:
    case TEMPLATE_ACCOUNT_GROUP:
    case TEMPLATE_ACCOUNT_GROUP_VALUE:
    case TEMPLATE_ACCOUNT_REGION:
    case TEMPLATE_ACCOUNT_OPEN_ISSUES:
    case TEMPLATE_ACCOUNT_RECENT_ISSUES:
        add_account(out, notice, field);
        break;
    case TEMPLATE_AMOUNT:
    case TEMPLATE_AGE:
    case TEMPLATE_TRANSFERS:
    case TEMPLATE_REOPENED:
    case TEMPLATE_PLAN_DUE:
        add_numbers(out, notice, field, now_ms);
        break;
    default:
        add_line(out, words_of(notice, field), PASSAGE_BYTES);
        break;
    }
}

void template_words_add(struct text *out, const char *template, const struct notice *notice,
                        int64_t now_ms, size_t max_bytes)
{
    struct text words = {0};
    struct template_piece piece;
    const char *at = template;

    while (words.size <= max_bytes && template_next(&at, &piece)) {
        if (piece.field == TEMPLATE_COUNT) {
            text_add_bytes(&words, piece.text, piece.size);
        } else {
            add_field(&words, notice, piece.field, now_ms);
        }
    }
    if (words.size > max_bytes) {
        text_add_bytes(out, words.bytes,
                       utf8_cut(words.bytes, words.size, max_bytes - strlen("…")));
        text_add(out, "…");
    } else {
        text_add(out, text_string(&words));
    }
    text_finish(&words);
}
