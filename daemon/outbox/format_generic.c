#include <string.h>

#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/money.h"
#include "daemon/outbox/format.h"

static const char law_prefix[] = "law: "; // of notice->rule, where the law and no rule decided

static void put_null(struct text *out, const char *name)
{
    json_put_string(out, name, NULL);
}

static void put_moment(struct text *out, const char *name, int64_t ms)
{
    char buffer[MOMENT_TEXT_BYTES];

    json_put_string(out, name, ms ? moment_format(ms, buffer) : NULL);
}

static void put_account(struct text *out, const struct notice *notice)
{
    const struct account *account = notice->file ? &notice->file->account : NULL;

    if (!account || !account->key) {
        put_null(out, "account");
        return;
    }
    json_open_object(out, "account");
    json_put_string(out, "key", account->key);
    json_put_string(out, "name", account->name);
    json_put_string(out, "tier", notice->tier);
    json_close_object(out);
}

static void put_issue(struct text *out, const struct notice *notice)
{
    const struct issue *issue = notice->file ? &notice->file->issue : NULL;
    char amount[MONEY_TEXT_BYTES];

    if (!issue || !issue->known) {
        put_null(out, "issue");
        return;
    }
    json_open_object(out, "issue");
    json_put_string(out, "key", issue->key);
    json_put_string(out, "state", issue_state_name(issue->state));
    json_put_int(out, "hop", issue->hop);
    json_put_string(out, "category", issue->category);
    if (issue->has_amount) {
        (void)money_format(issue->amount_minor, amount);
        json_put_raw(out, "amount", amount, strlen(amount));
    } else {
        put_null(out, "amount");
    }
    json_put_string(out, "currency", issue->currency);
    put_moment(out, "opened_at", issue->opened_at_ms);
    json_put_int(out, "transfers", issue->transfers);
    json_close_object(out);
}

static void put_reason(struct text *out, const struct notice *notice)
{
    const char *rule = notice->rule;

    json_open_object(out, "reason");
    if (rule && strncmp(rule, law_prefix, sizeof law_prefix - 1) == 0) {
        json_put_string(out, "law", rule + sizeof law_prefix - 1);
    } else {
        json_put_string(out, "rule", rule);
    }
    json_put_string(out, "why", notice->why);
    json_close_object(out);
}

static void put_event(struct text *out, const char *source, const char *id)
{
    json_open_object(out, NULL);
    json_put_string(out, "source", source);
    json_put_string(out, "id", id);
    json_close_object(out);
}

static void put_events(struct text *out, const struct notice *notice)
{
    json_open_array(out, "events");
    if (notice->event_source && notice->event_id) {
        put_event(out, notice->event_source, notice->event_id);
    }
    for (size_t i = 0; i < notice->carried_count; i++) {
        put_event(out, notice->carried[i].source, notice->carried[i].id);
    }
    json_close_array(out);
}

// What the notice is about: the issue, else the account, else no more than its kind.
static const char *subject_of(const struct notice *notice)
{
    const struct case_file *file = notice->file;

    if (file && file->issue.known && file->issue.key) {
        return file->issue.key;
    }
    if (file && file->account.key) {
        return file->account.key;
    }
    return notice_kind_name(notice->kind);
}

// Of a digest, a case each.
static void put_items(struct text *out, const struct notice *notice)
{
    json_open_array(out, "items");
    for (size_t i = 0; i < notice->line_count; i++) {
        json_open_object(out, NULL);
        json_put_string(out, "key", notice->lines[i].key);
        json_put_string(out, "text", notice->lines[i].words);
        json_open_object(out, "event");
        json_put_string(out, "source", notice->lines[i].event_source);
        json_put_string(out, "id", notice->lines[i].event_id);
        json_close_object(out);
        json_close_object(out);
    }
    json_close_array(out);
}

void format_generic(struct text *out, const struct message *message)
{
    const struct notice *notice = message->notice;

    json_open_object(out, NULL);
    json_put_string(out, "specversion", "1.0");
    json_put_string(out, "id", notice->id);
    json_put_string(out, "source", "/headsup");
    json_put_string(out, "type", "headsup.notice");
    json_put_string(out, "subject", subject_of(notice));
    // when it was decided: the same at each attempt, as the id is
    put_moment(out, "time", notice->created_ms ? notice->created_ms : message->now_ms);
    json_put_string(out, "datacontenttype", "application/json");
    json_open_object(out, "data");
    json_put_string(out, "kind", notice_kind_name(notice->kind));
    json_put_string(out, "to", notice->to);
    put_account(out, notice);
    put_issue(out, notice);
    json_put_string(out, "headline", message->headline);
    json_put_string(out, "body", message->body);
    put_reason(out, notice);
    put_events(out, notice);
    put_items(out, notice);
    json_close_object(out);
    json_close_object(out);
}
