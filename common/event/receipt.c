#include "common/event/receipt.h"

#include <stdio.h>
#include <string.h>

#include "common/base/json_out.h"
#include "common/base/limits.h"
#include "common/base/moment.h"

static void open_receipt(struct text *out, const char *id, const char *source, const char *status)
{
    json_open_object(out, NULL);
    json_put_string(out, "id", id);
    json_put_string(out, "source", source);
    json_put_string(out, "status", status);
}

static void put_issue(struct text *out, const struct receipt *receipt)
{
    json_open_object(out, "issue");
    json_put_string(out, "key", receipt->issue_key);
    json_put_string(out, "state", receipt->issue_state);
    json_put_int(out, "hop", receipt->issue_hop);
    json_put_string(out, "owner", receipt->issue_owner);
    json_close_object(out);
}

static void put_decisions(struct text *out, const struct receipt *receipt)
{
    char until[MOMENT_TEXT_BYTES];

    json_open_array(out, "decisions");
    for (size_t i = 0; i < receipt->decision_count && i < RECEIPT_DECISIONS; i++) {
        const struct receipt_decision *decision = &receipt->decisions[i];

        json_open_object(out, NULL);
        json_put_string(out, "rule", decision->rule);
        json_put_string(out, "action", decision->action);
        json_put_string(out, "to", decision->to);
        if (decision->away) {
            json_put_string(out, "stands_in_for", decision->away);
        }
        json_put_string(out, "when", decision->when);
        if (decision->until_ms) {
            json_put_string(out, "held_until", moment_format(decision->until_ms, until));
        }
        json_close_object(out);
    }
    json_close_array(out);
}

static void put_terms(struct text *out, const struct receipt *receipt)
{
    char agreed_at[MOMENT_TEXT_BYTES];

    json_open_object(out, "terms");
    json_put_string(out, "summary", receipt->terms_summary);
    json_put_string(out, "link", receipt->terms_link);
    json_put_string(out, "agreed_by", receipt->terms_agreed_by);
    json_put_string(out, "agreed_at",
                    receipt->terms_at_ms ? moment_format(receipt->terms_at_ms, agreed_at) : NULL);
    json_close_object(out);
}

static size_t count_lines(const char *lines)
{
    size_t count = 0;

    for (; *lines; lines++) {
        count += *lines == '\n';
    }
    return count;
}

// Writes lines, each of which ends in '\n', as an array of texts.
static void put_list(struct text *out, const char *name, const char *lines)
{
    const char *begin = lines;
    char rest[64];

    json_open_array(out, name);
    while (*lines) {
        size_t size = strcspn(lines, "\n");

        if ((size_t)(lines - begin) + size > LIMIT_RECEIPT_LIST_BYTES) {
            (void)snprintf(rest, sizeof rest, "and %zu more, in the log of headsupd",
                           count_lines(lines));
            json_put_string(out, NULL, rest);
            break;
        }
        json_put_bytes(out, NULL, lines, size);
        lines += size;
        lines += *lines == '\n';
    }
    json_close_array(out);
}

void receipt_write_accepted(struct text *out, const struct receipt *receipt)
{
    open_receipt(out, receipt->id, receipt->source, "accepted");
    json_put_int(out, "seq", receipt->seq);
    if (receipt->unknown) {
        json_put_string(out, "unknown", receipt->unknown);
    }
    if (receipt->issue_key) {
        put_issue(out, receipt);
    }
    put_decisions(out, receipt);
    if (receipt->notice) {
        json_put_string(out, "notice", receipt->notice);
    }
    if (receipt->answer) {
        json_open_object(out, "answer");
        json_put_string(out, "say", receipt->answer);
        json_put_string(out, "limit", receipt->answer_limit);
        json_close_object(out);
    }
    if (receipt->terms_summary) {
        put_terms(out, receipt);
    }
    if (receipt->warnings && receipt->warnings[0]) {
        put_list(out, "warnings", receipt->warnings);
    }
    json_close_object(out);
}

void receipt_write_duplicate(struct text *out, const struct event *event, const char *first,
                             size_t first_size)
{
    // kept on a line of its own, perhaps
    while (first_size && (first[first_size - 1] == '\n' || first[first_size - 1] == ' ')) {
        first_size--;
    }
    open_receipt(out, event->id, event->source, "duplicate");
    if (first_size) {
        json_put_raw(out, "first", first, first_size);
    } else {
        json_put_string(out, "first", NULL);
    }
    json_close_object(out);
}

static const char *or_null(const char *string)
{
    return string[0] ? string : NULL;
}

void receipt_write_refused_list(struct text *out, const struct refusal *why, const char *errors)
{
    open_receipt(out, or_null(why->id), or_null(why->source), "refused");
    json_put_string(out, "code", why->code);
    json_put_string(out, "message", why->message);
    if (why->path[0]) {
        json_put_string(out, "path", why->path);
    }
    if (errors) {
        put_list(out, "errors", errors);
    }
    json_close_object(out);
}

void receipt_write_refused(struct text *out, const struct refusal *why)
{
    receipt_write_refused_list(out, why, NULL);
}

void receipt_write_unavailable(struct text *out, const struct event *event, const char *message)
{
    open_receipt(out, event->id, event->source, "unavailable");
    json_put_string(out, "message", message);
    json_close_object(out);
}
