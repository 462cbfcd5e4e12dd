#include "client/stories.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "client/print.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/base/money.h"

const char *story_role(int role)
{
    return role == ROLE_ADMIN ? "admin" : role_name((enum role)role);
}

const char *story_moment(int64_t ms, char *buffer)
{
    return ms ? moment_format(ms, buffer) : NULL;
}

const char *story_money(bool has, int64_t minor, const char *currency, char *buffer)
{
    return has ? money_format_people(minor, currency, buffer) : NULL;
}

// The members of data that are a person's own words, the most telling first.
static const char *const told_names[] = {"summary", "demand",     "claim",   "plan", "promise",
                                         "note",    "resolution", "comment", "to",   "who"};

static void print_words(FILE *to, const struct event_record *event)
{
    json_t *root = json_loadb(event->bytes, event->size, 0, NULL);
    const json_t *data = json_object_get(root, "data");

    for (size_t i = 0; i < sizeof told_names / sizeof told_names[0]; i++) {
        const char *words = json_string_value(json_object_get(data, told_names[i]));

        if (words && words[0]) {
            print_line(to, "    %s: %s", told_names[i], words);
            break;
        }
    }
    json_decref(root);
}

void story_print_event(FILE *to, const struct event_record *event)
{
    char happened[MOMENT_TEXT_BYTES], received[MOMENT_TEXT_BYTES];

    print_line(to, "%s  %s%s%s", print_moment(event->time_ms, happened), event->type,
               event->subject ? "  " : "", event->subject ? event->subject : "");
    print_line(to, "    event %" PRId64 ": %s %s, received %s", event->seq, event->source,
               event->id, print_moment(event->received_ms, received));
    print_words(to, event);
}

static void print_fate(FILE *to, const char *who, const char *id,
                       const struct notice_record *notice)
{
    const char *kind = notice_kind_name(notice->kind);
    char at[MOMENT_TEXT_BYTES], tries[64] = "";

    if (notice->attempts) {
        (void)snprintf(tries, sizeof tries, ", %d attempt%s", (int)notice->attempts,
                       notice->attempts == 1 ? "" : "s");
    }
    switch (notice->fate) {
    case FATE_WAITING:
        print_line(to, "  %s: %s waits, due %s%s  %s", who, kind, print_moment(notice->due_ms, at),
                   tries, id);
        break;
    case FATE_DELIVERED:
        print_line(to, "  %s: %s delivered %s%s  %s", who, kind, print_moment(notice->done_ms, at),
                   tries, id);
        break;
    case FATE_DEAD:
        print_line(to, "  %s: %s is a dead letter since %s%s  %s", who, kind,
                   print_moment(notice->done_ms, at), tries, id);
        break;
    case FATE_DIGEST:
        if (notice->carrier_num) {
            print_line(to, "  %s: %s told in the digest of %s (notice %lld)", who, kind,
                       print_moment(notice->done_ms, at), (long long)notice->carrier_num);
        } else {
            print_line(to, "  %s: %s kept for the digest of %s", who, kind,
                       print_moment(notice->due_ms, at));
        }
        break;
    case FATE_HELD:
        print_line(to, "  %s: %s held until %s  %s", who, kind, print_moment(notice->due_ms, at),
                   id);
        break;
    case FATE_GATHERED:
        print_line(to, "  %s: %s told %s with notice %lld", who, kind,
                   print_moment(notice->done_ms, at), (long long)notice->carrier_num);
        break;
    case FATE_DROPPED:
        print_line(to, "  %s: %s dropped %s%s  %s", who, kind, print_moment(notice->done_ms, at),
                   tries, id);
        break;
    case FATE_UNSENT:
    case FATE_COUNT:
        print_line(to, "  %s: not told", who);
        break;
    }
}

static void print_sent(FILE *to, const struct notice_record *notice)
{
    if (notice->headline) {
        (void)fprintf(to, "      sent:\n");
        print_lines(to, "        ", notice->headline);
        print_lines(to, "        ", notice->body ? notice->body : "");
    }
}

static void print_answer(FILE *to, const struct notice_record *notice)
{
    const char *answer = notice->answer ? notice->answer : "";
    char status[16] = "";

    if (notice->attempts && (notice->status || notice->answer)) {
        if (notice->status) {
            (void)snprintf(status, sizeof status, "%d%s", (int)notice->status, *answer ? " " : "");
        }
        print_line(to, "      last answer: %s%s", status, answer);
    }
}

void story_print_decision(FILE *to, const char *prefix, const struct notice_record *notice,
                          bool with_sent)
{
    char id[NOTICE_ID_BYTES], who[300];

    (void)snprintf(who, sizeof who, "%s%s%s%s", story_role(notice->role), notice->rep ? " (" : "",
                   notice->rep ? notice->rep : "", notice->rep ? ")" : "");
    print_fate(to, who, notice_id_format(prefix, notice->num, id), notice);
    if (notice->rule || notice->why) {
        bool law = notice->rule && strncmp(notice->rule, "law", 3) == 0;

        print_line(to, "      %s%s%s%s",
                   law || !notice->rule ? "" : "rule: ", notice->rule ? notice->rule : "",
                   notice->rule && notice->why ? ": " : "", notice->why ? notice->why : "");
    }
    if (notice->fate == FATE_HELD && notice->quiet) {
        print_line(to, "      held: %s", notice->quiet);
    }
    print_answer(to, notice);
    if (with_sent) {
        print_sent(to, notice);
    }
}

void story_print_issue(FILE *to, const struct issue *issue, const char *currency)
{
    char money[MONEY_TEXT_BYTES], at[MOMENT_TEXT_BYTES];
    const char *amount = story_money(issue->has_amount, issue->amount_minor,
                                     issue->currency ? issue->currency : currency, money);

    print_line(to, "%s: %s", issue->key, issue->summary ? issue->summary : "no summary yet");
    print_line(to, "  account %s, %s%s%s%s%s", issue->account ? issue->account : "not known",
               issue->category ? issue->category : "no category", issue->severity ? ", " : "",
               issue->severity ? issue->severity : "", amount ? ", " : "", amount ? amount : "");
    print_line(to, "  %s, with %s%s%s%s, opened %s, %d hand-off%s", issue_state_name(issue->state),
               role_name(issue->hop == HOP_SALES ? ROLE_SALES : ROLE_SERVICE),
               issue->owner ? " (" : "", issue->owner ? issue->owner : "", issue->owner ? ")" : "",
               print_moment(issue->opened_at_ms, at), (int)issue->transfers,
               issue->transfers == 1 ? "" : "s");
    if (issue->plan) {
        print_line(to, "  plan: %s, due %s", issue->plan, print_moment(issue->plan_due_ms, at));
    }
    if (issue->resolution) {
        print_line(to, "  resolution: %s", issue->resolution);
    }
}

void story_put_event(struct text *out, const char *name, const struct event_record *event)
{
    char at[MOMENT_TEXT_BYTES];

    json_open_object(out, name);
    json_put_int(out, "seq", event->seq);
    json_put_string(out, "source", event->source);
    json_put_string(out, "id", event->id);
    json_put_string(out, "type", event->type);
    json_put_string(out, "subject", event->subject);
    json_put_string(out, "time", story_moment(event->time_ms, at));
    json_put_string(out, "received_at", story_moment(event->received_ms, at));
    json_put_string(out, "peer", event->peer);
    if (event->size) {
        json_put_raw(out, "event", event->bytes, event->size);
    }
    if (event->receipt_size) {
        json_put_raw(out, "receipt", event->receipt, event->receipt_size);
    }
    json_close_object(out);
}

void story_put_decision(struct text *out, const char *prefix, const struct notice_record *notice)
{
    char id[NOTICE_ID_BYTES], at[MOMENT_TEXT_BYTES];

    json_open_object(out, NULL);
    json_put_string(out, "notice",
                    notice->num > 0 ? notice_id_format(prefix, notice->num, id) : NULL);
    json_put_string(out, "role", story_role(notice->role));
    json_put_string(out, "to", notice->rep);
    json_put_string(out, "kind", notice_kind_name(notice->kind));
    json_put_string(out, "fate", fate_name(notice->fate));
    json_put_bool(out, "urgent", notice->urgent);
    json_put_string(out, "rule", notice->rule);
    json_put_string(out, "why", notice->why);
    json_put_string(out, "quiet", notice->quiet);
    if (notice->carrier_num) {
        json_put_string(out, "carrier", notice_id_format(prefix, notice->carrier_num, id));
    }
    json_put_string(out, "lane", notice->lane);
    json_put_int(out, "attempts", notice->attempts);
    json_put_int(out, "status", notice->status);
    json_put_string(out, "answer", notice->answer);
    json_put_string(out, "created_at", story_moment(notice->created_ms, at));
    json_put_string(out, "due_at", story_moment(notice->due_ms, at));
    json_put_string(out, "done_at", story_moment(notice->done_ms, at));
    json_put_string(out, "headline", notice->headline);
    json_put_string(out, "body", notice->body);
    json_close_object(out);
}

void story_put_issue(struct text *out, const char *name, const struct issue *issue)
{
    char at[MOMENT_TEXT_BYTES], money[MONEY_TEXT_BYTES];

    json_open_object(out, name);
    json_put_string(out, "key", issue->key);
    json_put_string(out, "account", issue->account);
    json_put_string(out, "state", issue_state_name(issue->state));
    json_put_int(out, "hop", issue->hop);
    json_put_string(out, "owner", issue->owner);
    json_put_string(out, "category", issue->category);
    json_put_string(out, "severity", issue->severity);
    json_put_string(out, "department", issue->department);
    json_put_string(out, "amount",
                    issue->has_amount ? money_format(issue->amount_minor, money) : NULL);
    json_put_string(out, "currency", issue->currency);
    json_put_string(out, "opened_at", story_moment(issue->opened_at_ms, at));
    json_put_int(out, "transfers", issue->transfers);
    json_put_int(out, "reopened", issue->reopened);
    json_put_int(out, "demands", issue->demands);
    json_put_string(out, "summary", issue->summary);
    json_put_string(out, "explanation", issue->explanation);
    json_put_string(out, "contact", issue->contact);
    json_put_string(out, "acknowledged_by", issue->acknowledged_by);
    json_put_string(out, "plan", issue->plan);
    json_put_string(out, "plan_due", story_moment(issue->plan_due_ms, at));
    json_put_string(out, "resolution", issue->resolution);
    json_close_object(out);
}
