#include "common/desk/desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/json_out.h"
#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/base/xalloc.h"
#include "common/desk/orders.h"
#include "common/event/receipt.h"
#include "common/event/refusal.h"
#include "common/verdict/life.h"
#include "common/verdict/verdict.h"

#define ALARM_SOURCE "/headsup/alarm" // of the events that the desk makes; nobody else may

enum { RING_AT_ONCE = 64 };

struct desk {
    const struct rulebook *rulebook;
    struct ledger *ledger;
    struct desk_listener listener;
    struct arena *arena; // of the event in hand
    struct text receipt; // likewise: it is stored and sent
    unsigned wants;      // what of a case file the rules ask for
};

static unsigned wanted_by(const struct matcher *matchers, size_t count)
{
    unsigned wants = 0;

    for (size_t i = 0; i < count; i++) {
        switch (matchers[i].field) {
        case FIELD_ACCOUNT_OPEN_ISSUES:
        case FIELD_ACCOUNT_RECENT_ISSUES:
            wants |= CASE_COUNTS;
            break;
        case FIELD_ACCOUNT_GROUP_VALUE:
            wants |= CASE_GROUP_VALUE;
            break;
        default:
            break;
        }
    }
    return wants;
}

struct desk *desk_create(const struct rulebook *rulebook, struct ledger *ledger,
                         const struct desk_listener *listener)
{
    struct desk *desk = xcalloc(1, sizeof *desk);

    desk->rulebook = rulebook;
    desk->ledger = ledger;
    desk->arena = arena_create();
    if (listener) {
        desk->listener = *listener;
    }
    for (size_t i = 0; i < rulebook->rule_count; i++) {
        desk->wants |= wanted_by(rulebook->rules[i].matchers, rulebook->rules[i].matcher_count);
    }
    for (size_t i = 0; i < rulebook->tier_count; i++) {
        desk->wants |= wanted_by(rulebook->tiers[i].matchers, rulebook->tiers[i].matcher_count);
    }
    return desk;
}

void desk_destroy(struct desk *desk)
{
    if (desk) {
        arena_destroy(desk->arena);
        text_finish(&desk->receipt);
        free(desk);
    }
}

void desk_destroyp(struct desk **desk)
{
    desk_destroy(*desk);
}

// The event's own words that a notice may show.
static const char *words_of(const struct event *event)
{
    static const char *const names[] = {"demand", "claim", "note", "reason"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *words = event_text(event, names[i]);

        if (words) {
            return words;
        }
    }
    return NULL;
}

static enum fate fate_of(enum when when)
{
    return when == WHEN_NOW ? FATE_WAITING : when == WHEN_DIGEST ? FATE_DIGEST : FATE_UNSENT;
}

static int record_decision(struct desk *desk, const struct event *event, int64_t issue_num,
                           const struct decision *decision, int64_t seq, struct error *err)
{
    bool sent = decision->when == WHEN_NOW;
    struct notice_record notice = {
        .event_seq = seq,
        .issue_num = issue_num,
        .role = decision->role,
        .kind = decision->kind,
        .fate = fate_of(decision->when),
        .urgent = decision->urgent,
        .rep = decision->rep->id,
        .lane = sent ? decision->rep->webhook.lane : NULL,
        .rule = decision->rule,
        .why = decision->why,
        .words = decision->when == WHEN_NO ? NULL : words_of(event),
        .created_ms = event->received_ms,
        .due_ms = event->received_ms,
        .done_ms = sent ? 0 : event->received_ms,
    };
    int code = ledger_add_notice(desk->ledger, &notice, err);

    if (code == 0 && sent && desk->listener.lane_has_work) {
        desk->listener.lane_has_work(desk->listener.user, notice.lane);
    }
    return code;
}

static void fill_receipt(struct receipt *receipt, const struct event *event,
                         const struct verdict *verdict)
{
    const struct account *account = &verdict->account;

    receipt->unknown = verdict->unknown;
    receipt->answer = verdict->answer;
    receipt->answer_limit = verdict->answer_limit;
    if (event_type_about(event->type) == ABOUT_ISSUE) {
        receipt->issue_key = verdict->issue.key;
        receipt->issue_state = issue_state_name(verdict->issue.state);
        receipt->issue_hop = verdict->issue.hop;
        receipt->issue_owner = verdict->issue.owner;
    }
    if (account->terms_summary) {
        receipt->terms_summary = account->terms_summary;
        receipt->terms_link = account->terms_link;
        receipt->terms_agreed_by = account->terms_agreed_by;
        receipt->terms_at_ms = account->terms_at_ms;
    }
    for (size_t i = 0; i < verdict->decision_count; i++) {
        const struct decision *decision = &verdict->decisions[i];
        bool told = decision->when != WHEN_NO;

        receipt->decisions[receipt->decision_count++] = (struct receipt_decision){
            .rule = decision->rule,
            .action = told ? notice_kind_name(decision->kind) : "none",
            .to = told ? decision->rep->id : NULL,
            .when = when_name(decision->when),
        };
    }
}

static int record_verdict(struct desk *desk, const struct event *event, struct verdict *verdict,
                          const char *peer, const struct text *receipt, struct error *err)
{
    int64_t seq = ledger_next_seq(desk->ledger);
    int code = 0;

    if (verdict->save_account) {
        code = ledger_save_account(desk->ledger, &verdict->account, err);
    }
    if (code == 0 && verdict->save_issue) {
        code = ledger_save_issue(desk->ledger, &verdict->issue, err);
    }
    if (code == 0) {
        code = ledger_add_event(desk->ledger, event, peer, verdict->issue.num, receipt, err);
    }
    for (size_t i = 0; code == 0 && i < verdict->decision_count; i++) {
        code = record_decision(desk, event, verdict->issue.num, &verdict->decisions[i], seq, err);
    }
    return code;
}

// What bears on the event. The account is the one that the issue belongs to after it, whichever the
// event names: a late or a stray name must not bring in another account's people.
static int load_case(struct desk *desk, const struct event *event, struct case_file *ret,
                     struct error *err)
{
    bool about_issue = event_type_about(event->type) == ABOUT_ISSUE;
    struct case_query query = {
        .issue_key = about_issue ? event->subject : NULL,
        .account_key = about_issue ? event_text(event, "account") : event->subject,
        .wants = desk->wants,
        .now_ms = event->received_ms,
    };
    int code = ledger_load_case(desk->ledger, &query, desk->arena, ret, err);
    const char *account;

    if (code < 0 || !about_issue || !query.account_key) {
        return code;
    }
    account = issue_account_after(&ret->issue, event);
    if (!account || strcmp(account, query.account_key) != 0) {
        query.account_key = account;
        code = ledger_load_case(desk->ledger, &query, desk->arena, ret, err);
    }
    return code;
}

static int handle_case(struct desk *desk, const struct event *event, const char *peer,
                       struct text *out, struct error *err)
{
    struct receipt receipt = {
        .id = event->id, .source = event->source, .seq = ledger_next_seq(desk->ledger)};
    struct case_file file;
    struct verdict verdict;
    int code = load_case(desk, event, &file, err);

    if (code < 0) {
        return code;
    }
    verdict_decide(desk->rulebook, &file, event, event->received_ms, desk->arena, &verdict);
    fill_receipt(&receipt, event, &verdict);
    text_clear(&desk->receipt);
    receipt_write_accepted(&desk->receipt, &receipt);
    json_put_raw(out, NULL, desk->receipt.bytes, desk->receipt.size);
    return record_verdict(desk, event, &verdict, peer, &desk->receipt, err);
}

// Says in the receipt which notice an order brings about; its id is the next one.
static int announce(struct desk *desk, const struct notice_record *notice, struct receipt *receipt,
                    struct error *err)
{
    int64_t num;
    int code = ledger_next_notice(desk->ledger, &num, err);

    if (code < 0) {
        return code;
    }
    receipt->notice =
        arena_printf(desk->arena, "%s_%" PRId64, ledger_notice_prefix(desk->ledger), num);
    receipt->decisions[receipt->decision_count++] =
        (struct receipt_decision){.rule = notice->rule,
                                  .action = notice_kind_name(notice->kind),
                                  .to = notice->rep,
                                  .when = when_name(WHEN_NOW)};
    return 0;
}

// An order to the service itself. Its row says that nobody is told, or is the notice that it asked
// for.
static int handle_order(struct desk *desk, const struct event *event, const char *peer,
                        struct text *out, struct error *err)
{
    struct receipt receipt = {
        .id = event->id, .source = event->source, .seq = ledger_next_seq(desk->ledger)};
    struct order_scene scene = {desk->rulebook, desk->ledger, &desk->listener, desk->arena};
    struct order_result result;
    struct refusal refusal;
    int code;

    if (order_check(desk->rulebook, event, &refusal) < 0) {
        receipt_write_refused(out, &refusal);
        return 0;
    }
    code = order_carry_out(&scene, event, &result, err);
    if (code == 0 && result.notice.lane) {
        code = announce(desk, &result.notice, &receipt, err);
    }
    if (code < 0) {
        return code;
    }
    result.notice.event_seq = receipt.seq;
    receipt.answer = result.say[0] ? result.say : NULL;
    text_clear(&desk->receipt);
    receipt_write_accepted(&desk->receipt, &receipt);
    json_put_raw(out, NULL, desk->receipt.bytes, desk->receipt.size);
    code = ledger_add_event(desk->ledger, event, peer, 0, &desk->receipt, err);
    if (code == 0) {
        code = ledger_add_notice(desk->ledger, &result.notice, err);
    }
    if (code == 0 && result.notice.lane && desk->listener.lane_has_work) {
        desk->listener.lane_has_work(desk->listener.user, result.notice.lane);
    }
    return code;
}

static int handle(struct desk *desk, const struct event *event, const char *peer,
                  struct text *receipt, struct error *err)
{
    struct stored_event stored;
    struct refusal why;
    int found;

    if (strcmp(event->source, ALARM_SOURCE) == 0) {
        (void)refusal_set(&why, "bad_value", "/source",
                          "the source " ALARM_SOURCE " is the service's own");
        refusal_name(&why, event->id, event->source);
        receipt_write_refused(receipt, &why);
        return 0;
    }
    found = ledger_find_event(desk->ledger, event->source, event->id, desk->arena, &stored, err);
    if (found < 0) {
        return found;
    }
    if (found > 0 && event_same(event->bytes, event->size, stored.bytes, stored.size)) {
        receipt_write_duplicate(receipt, event, stored.receipt, stored.receipt_size);
        return 0;
    }
    if (found > 0) {
        (void)refusal_set(&why, "id_reused", "/id",
                          "this source has used this id before, for an event with another content: "
                          "give each event an id of its own");
        refusal_name(&why, event->id, event->source);
        receipt_write_refused(receipt, &why);
        return 0;
    }
    switch (event_type_about(event->type)) {
    case ABOUT_ISSUE:
    case ABOUT_ACCOUNT:
        return handle_case(desk, event, peer, receipt, err);
    default:
        return handle_order(desk, event, peer, receipt, err);
    }
}

// An alarm takes the way of every other event.
static int ring_one(struct desk *desk, const struct due_alarm *alarm, int64_t now_ms,
                    struct error *err)
{
    char time[MOMENT_TEXT_BYTES], id[LIMIT_ID_BYTES + 64];
    struct text bytes = {0}, receipt = {0};
    struct event event = {.type = EVENT_ALARM_RANG,
                          .id = id,
                          .source = ALARM_SOURCE,
                          .subject = alarm->issue_key,
                          .time_ms = alarm->at_ms,
                          .received_ms = now_ms};
    int code;

    // with its seq, so that it is new even where the clock went back and it rings for a second time
    (void)snprintf(id, sizeof id, "%s at %s, %lld", alarm->issue_key,
                   moment_format(alarm->at_ms, time), (long long)ledger_next_seq(desk->ledger));
    json_open_object(&bytes, NULL);
    json_put_string(&bytes, "specversion", "1.0");
    json_put_string(&bytes, "id", id);
    json_put_string(&bytes, "source", event.source);
    json_put_string(&bytes, "type", "headsup.alarm.rang");
    json_put_string(&bytes, "subject", event.subject);
    json_put_string(&bytes, "time", time);
    json_close_object(&bytes);
    event.bytes = text_string(&bytes);
    event.size = bytes.size;
    code = handle_case(desk, &event, NULL, &receipt, err);
    text_finish(&bytes);
    text_finish(&receipt);
    return code;
}

int desk_ring(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct due_alarm alarms[RING_AT_ONCE];
    int code = 0,
        count = ledger_due_alarms(desk->ledger, now_ms, RING_AT_ONCE, desk->arena, alarms, err);

    for (int i = 0; code == 0 && i < count; i++) {
        code = ring_one(desk, &alarms[i], now_ms, err);
    }
    arena_reset(desk->arena);
    return code < 0 ? code : count;
}

int desk_handle(struct desk *desk, const struct event_slice *slice, const char *peer,
                int64_t now_ms, struct text *receipt, struct error *err)
{
    struct event event = {0};
    struct refusal why = {0};
    int code = 0;

    if (event_parse(slice->bytes, slice->size, now_ms, &event, &why) < 0) {
        receipt_write_refused(receipt, &why);
        return 0;
    }
    code = handle(desk, &event, peer, receipt, err);
    event_finish(&event);
    arena_reset(desk->arena);
    return code;
}

void desk_unavailable(const struct event_slice *slice, int64_t now_ms, const char *message,
                      struct text *receipt)
{
    struct event event = {0};
    struct refusal why = {0};

    if (event_parse(slice->bytes, slice->size, now_ms, &event, &why) < 0) {
        receipt_write_refused(receipt, &why);
        return;
    }
    receipt_write_unavailable(receipt, &event, message);
    event_finish(&event);
}
