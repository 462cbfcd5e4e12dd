#include "common/verdict/facts.h"

#include <assert.h>

#include "common/base/moment.h"
#include "common/base/money.h"
#include "common/base/zone.h"

static struct fact text_fact(const char *text)
{
    return (struct fact){.kind = text ? FACT_TEXT : FACT_ABSENT, .text = text};
}

static struct fact number_fact(enum fact_kind kind, bool known, int64_t number)
{
    return (struct fact){.kind = known ? kind : FACT_ABSENT, .number = number};
}

static struct fact data_fact(const struct fact_source *source, const char *name)
{
    const json_t *value = source->event ? json_object_get(source->event->data, name) : NULL;
    int64_t number;

    if (json_is_string(value)) {
        return text_fact(json_string_value(value));
    }
    if (json_is_boolean(value)) {
        return text_fact(json_is_true(value) ? "true" : "false");
    }
    if (json_is_number(value) && event_money_of(value, &number) == 0) {
        return number_fact(FACT_MONEY, true, number);
    }
    return number_fact(FACT_ABSENT, false, 0);
}

static struct fact calendar_fact(const struct fact_source *source, enum field field)
{
    static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    int64_t local_ms =
        source->now_ms + (source->zone ? zone_offset_ms(source->zone, source->now_ms) : 0);

    if (field == FIELD_HOUR) {
        return number_fact(FACT_COUNT, true, local_ms % DAY_MS / HOUR_MS);
    }
    return text_fact(days[(local_ms / DAY_MS + 4) % 7]); // 1970 began on a Thursday
}

static struct fact account_fact(const struct fact_source *source, enum field field)
{
    const struct account *account = source->account;

    switch (field) {
    case FIELD_ACCOUNT:
        return text_fact(account->key);
    case FIELD_ACCOUNT_TIER:
        return text_fact(source->tier);
    case FIELD_ACCOUNT_VALUE:
        return number_fact(FACT_MONEY, account->has_value, account->value_minor);
    case FIELD_ACCOUNT_GROUP:
        return text_fact(account->group);
    case FIELD_ACCOUNT_GROUP_VALUE:
        return number_fact(FACT_MONEY, account->group || account->has_value,
                           source->file->group_value_minor);
    case FIELD_ACCOUNT_REGION:
        return text_fact(account->region);
    case FIELD_ACCOUNT_OPEN_ISSUES:
        return number_fact(FACT_COUNT, account->key, source->file->open_issues);
    default:
        return number_fact(FACT_COUNT, account->key, source->file->recent_issues);
    }
}

static struct fact issue_fact(const struct fact_source *source, enum field field)
{
    const struct issue *issue = source->issue;

    switch (field) {
    case FIELD_CATEGORY:
        return text_fact(issue->category);
    case FIELD_SEVERITY:
        return text_fact(issue->severity);
    case FIELD_DEPARTMENT:
        return text_fact(issue->department);
    case FIELD_CURRENCY:
        return text_fact(issue->currency);
    case FIELD_SUMMARY:
        return text_fact(issue->summary);
    case FIELD_ISSUE_STATE:
        return text_fact(issue->known ? issue_state_name(issue->state) : NULL);
    case FIELD_EXPLANATION:
        return text_fact(!issue->known ? NULL : issue->explanation ? "given" : "missing");
    case FIELD_ISSUE_HOP:
        return number_fact(FACT_COUNT, issue->known, issue->hop);
    case FIELD_AGE:
        return number_fact(
            FACT_SPAN, issue->known,
            source->now_ms > issue->opened_at_ms ? source->now_ms - issue->opened_at_ms : 0);
    case FIELD_TRANSFERS:
        return number_fact(FACT_COUNT, issue->known, issue->transfers);
    default:
        return number_fact(FACT_COUNT, issue->known, issue->reopened);
    }
}

// The amount that the event itself names, or else the issue's.
static struct fact amount_fact(const struct fact_source *source)
{
    if (source->event && source->event->has_amount) {
        return number_fact(FACT_MONEY, true, source->event->amount_minor);
    }
    return number_fact(FACT_MONEY, source->issue->has_amount, source->issue->amount_minor);
}

static_assert(FIELD_DATA <= 32, "a memo has a bit for each field");

static struct fact work_out(const struct fact_source *source, const struct matcher *matcher)
{
    switch (matcher->field) {
    case FIELD_EVENT:
        return text_fact(source->event ? event_type_name(source->event->type) : NULL);
    case FIELD_SOURCE:
        return text_fact(source->event ? source->event->source : NULL);
    case FIELD_AMOUNT:
        return amount_fact(source);
    case FIELD_DATA:
        return data_fact(source, matcher->data_name);
    case FIELD_HOUR:
    case FIELD_WEEKDAY:
        return calendar_fact(source, matcher->field);
    case FIELD_ACCOUNT:
    case FIELD_ACCOUNT_TIER:
    case FIELD_ACCOUNT_VALUE:
    case FIELD_ACCOUNT_GROUP:
    case FIELD_ACCOUNT_GROUP_VALUE:
    case FIELD_ACCOUNT_REGION:
    case FIELD_ACCOUNT_OPEN_ISSUES:
    case FIELD_ACCOUNT_RECENT_ISSUES:
        return account_fact(source, matcher->field);
    default:
        return issue_fact(source, matcher->field);
    }
}

struct fact fact_of(const struct fact_source *source, const struct matcher *matcher)
{
    struct fact_memo *memo = source->memo;
    uint32_t bit;

    if (!memo || matcher->field >= FIELD_DATA) {
        return work_out(source, matcher);
    }
    bit = UINT32_C(1) << matcher->field;
    if (!(memo->known & bit)) {
        memo->facts[matcher->field] = work_out(source, matcher);
        if (memo->facts[matcher->field].kind == FACT_TEXT) {
            memo->facts[matcher->field].number = matcher_mark(memo->facts[matcher->field].text);
        }
        memo->known |= bit;
    }
    return memo->facts[matcher->field];
}

bool facts_hold(const struct fact_source *source, const struct matcher *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fact fact = fact_of(source, &matchers[i]);

        if (matcher_holds(&matchers[i], &fact) != ANSWER_YES) {
            return false;
        }
    }
    return true;
}

void fact_write(struct text *out, const struct fact *fact)
{
    char buffer[MONEY_TEXT_BYTES];

    switch (fact->kind) {
    case FACT_TEXT:
        text_add_line(out, fact->text, 80);
        break;
    case FACT_MONEY:
        text_add(out, money_format(fact->number, buffer));
        break;
    case FACT_COUNT:
        text_add_int(out, fact->number);
        break;
    case FACT_SPAN:
        text_add(out, span_format(fact->number, buffer));
        break;
    default:
        text_add(out, "nothing");
        break;
    }
}
