#include "common/desk/desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_out.h"
#include "common/base/xalloc.h"
#include "common/desk/desk_private.h"
#include "common/desk/orders.h"
#include "common/desk/silences.h"
#include "common/desk/watch.h"
#include "common/event/receipt.h"
#include "common/event/refusal.h"
#include "common/ledger/ledger_outbox.h"
#include "common/ledger/ledger_quiet.h"
#include "common/verdict/life.h"
#include "common/verdict/verdict.h"

unsigned desk_wanted_by(const struct matcher *matchers, size_t count)
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

void desk_take_rulebook(struct desk *desk, const struct rulebook *rulebook)
{
    watch_forget(desk);
    desk->rulebook = rulebook;
    desk->held = true;
    desk->wants = 0;
    for (size_t i = 0; i < rulebook->rule_count; i++) {
        desk->wants |=
            desk_wanted_by(rulebook->rules[i].matchers, rulebook->rules[i].matcher_count);
    }
    for (size_t i = 0; i < rulebook->tier_count; i++) {
        desk->wants |=
            desk_wanted_by(rulebook->tiers[i].matchers, rulebook->tiers[i].matcher_count);
    }
}

struct desk *desk_create(const struct rulebook *rulebook, struct ledger *ledger,
                         const struct desk_listener *listener)
{
    struct desk *desk = xcalloc(1, sizeof *desk);

    desk->ledger = ledger;
    desk->arena = arena_create();
    if (listener) {
        desk->listener = *listener;
    }
    desk_take_rulebook(desk, rulebook);
    return desk;
}

void desk_destroy(struct desk *desk)
{
    if (desk) {
        silences_finish(desk);
        watch_finish(desk);
        arena_destroy(desk->arena);
        text_finish(&desk->receipt);
        text_finish(&desk->unsaid);
        free(desk);
    }
}

void desk_destroyp(struct desk **desk)
{
    desk_destroy(*desk);
}

// What is on record of a decision, whether it tells somebody or not.
static struct notice_record record_of(const struct event *event, int64_t issue_num,
                                      const struct decision *decision,
                                      const struct placing *placing)
{
    return (struct notice_record){
        .issue_num = issue_num,
        .role = decision->role,
        .kind = decision->kind,
        .fate = placing->fate,
        .urgent = decision->urgent,
        .rep = decision->rep->id,
        .lane = placing->fate == FATE_WAITING ? decision->rep->webhook.lane : NULL,
        .rule = decision->rule,
        .why = decision->why,
        .words = event_own_words(event),
        .created_ms = event->received_ms,
        .due_ms = placing->due_ms,
        .quiet = placing->quiet,
        .changes = placing->changes,
    };
}

static int add_notice(struct desk *desk, const struct event *event, struct notice_record *notice,
                      const struct decision *decision, const struct placing *placing,
                      struct error *err)
{
    int code;

    notice->event_seq = ledger_next_seq(desk->ledger) - 1; // of the event that was just added
    notice->event_source = event->source;
    notice->event_id = event->id;
    notice->event_type = event_type_name(event->type);
    if (event_type_about(event->type) == ABOUT_ACCOUNT) {
        notice->account_key = event->subject;
    }
    code = ledger_add_notice(desk->ledger, notice, err);
    if (code == 0 && decision->when == WHEN_NOW && desk->held) {
        code = hold_recorded(desk, placing, notice, err);
    }
    if (code == 0 && notice->lane && desk->listener.lane_has_work) {
        desk->listener.lane_has_work(desk->listener.user, notice->lane);
    }
    return code;
}

static void fill_receipt(struct receipt *receipt, const struct event *event,
                         const struct verdict *verdict, const struct placing *placings)
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
            .away = told && decision->away ? decision->away->id : NULL,
            .when = when_name(decision->when),
            .until_ms = placings[i].fate == FATE_HELD ? placings[i].due_ms : 0,
        };
    }
}

// When the sales rep is first told of an issue at once, the issue says so.
static void note_heads_up(const struct event *event, struct verdict *verdict,
                          const struct placing *placings)
{
    for (size_t i = 0; i < verdict->decision_count; i++) {
        if (verdict->decisions[i].role == ROLE_SALES && placings[i].fate == FATE_WAITING &&
            !verdict->issue.heads_up_at_ms) {
            verdict->issue.heads_up_at_ms = event->received_ms;
        }
    }
}

// Who is not told is on record with the event; each who is told has a notice.
static int record_decisions(struct desk *desk, const struct event *event,
                            const struct verdict *verdict, const struct placing *placings,
                            const char *peer, struct error *err)
{
    struct notice_record records[VERDICT_DECISIONS];
    int64_t issue_num = verdict->issue.num;
    int code;

    text_clear(&desk->unsaid);
    for (size_t i = 0; i < verdict->decision_count; i++) {
        records[i] = record_of(event, issue_num, &verdict->decisions[i], &placings[i]);
        if (records[i].fate == FATE_UNSENT) {
            ledger_put_unsaid(&desk->unsaid, &records[i]);
        }
    }
    code =
        ledger_add_event(desk->ledger, event, peer, issue_num, &desk->receipt, &desk->unsaid, err);
    for (size_t i = 0; code == 0 && i < verdict->decision_count; i++) {
        if (records[i].fate != FATE_UNSENT) {
            code = add_notice(desk, event, &records[i], &verdict->decisions[i], &placings[i], err);
        }
    }
    return code;
}

static int record_verdict(struct desk *desk, const struct event *event, const struct issue *before,
                          struct verdict *verdict, const struct placing *placings, const char *peer,
                          struct error *err)
{
    int code = 0;

    if (verdict->save_account) {
        code = ledger_save_account(desk->ledger, &verdict->account, err);
    }
    note_heads_up(event, verdict, placings);
    if (code == 0 && verdict->save_issue) {
        code = ledger_save_issue(desk->ledger, before, &verdict->issue, err);
    }
    return code < 0 ? code : record_decisions(desk, event, verdict, placings, peer, err);
}

static bool may_be_minor(const struct issue *issue, const struct event *event)
{
    const char *said = event_text(event, "severity");

    return (said && strcmp(said, "minor") == 0) ||
           (issue->severity && strcmp(issue->severity, "minor") == 0);
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
        .wants = desk->wants | desk->silence_wants,
        .now_ms = event->received_ms,
    };
    int code = ledger_load_case(desk->ledger, &query, desk->arena, ret, err);
    const char *account;

    if (code == 0 && about_issue && query.account_key) {
        account = issue_account_after(&ret->issue, event);
        if (!account || strcmp(account, query.account_key) != 0) {
            query.account_key = account;
            code = ledger_load_case(desk->ledger, &query, desk->arena, ret, err);
        }
    }
    if (code == 0 && about_issue && ret->account.key && may_be_minor(&ret->issue, event)) {
        code = ledger_load_big(desk->ledger, ret->account.key, ret->issue.num, desk->arena,
                               &ret->big, err);
    }
    return code;
}

// Reads the case, asks for the verdict, places what it decided and writes the receipt. trace may be
// NULL.
static int judge(struct desk *desk, const struct event *event, struct case_file *file,
                 struct verdict *verdict, struct placing *placings, struct verdict_trace *trace,
                 struct error *err)
{
    struct verdict_question question = {desk->rulebook, &desk->silences, file, event,
                                        event->received_ms};
    struct receipt receipt = {
        .id = event->id, .source = event->source, .seq = ledger_next_seq(desk->ledger)};
    int code = silences_refresh(desk, err);

    if (code == 0) {
        code = load_case(desk, event, file, err);
    }
    if (code < 0) {
        return code;
    }
    verdict_explain(&question, desk->arena, trace, verdict);
    code = hold_place(desk, event, file, verdict, placings, err);
    if (code < 0) {
        return code;
    }
    fill_receipt(&receipt, event, verdict, placings);
    text_clear(&desk->receipt);
    receipt_write_accepted(&desk->receipt, &receipt);
    return 0;
}

int desk_handle_case(struct desk *desk, const struct event *event, const char *peer,
                     struct text *out, struct error *err)
{
    struct case_file file;
    struct verdict verdict;
    struct placing placings[VERDICT_DECISIONS];
    int code = judge(desk, event, &file, &verdict, placings, NULL, err);

    if (code < 0) {
        return code;
    }
    json_put_raw(out, NULL, desk->receipt.bytes, desk->receipt.size);
    return record_verdict(desk, event, &file.issue, &verdict, placings, peer, err);
}

// The case as it would stand once the event is recorded: as a notice finds it.
static struct case_file case_after(const struct case_file *file, const struct verdict *verdict)
{
    struct case_file after = *file;

    after.issue = verdict->issue;
    after.account = verdict->account;
    if (after.account.key) {
        after.open_issues += issue_is_open(&after.issue) - issue_is_open(&file->issue);
        after.recent_issues += after.issue.known && !file->issue.known;
    }
    if (after.recent_issues > CASE_COUNT_CAP) {
        after.recent_issues = CASE_COUNT_CAP;
    }
    after.group_value_minor += after.account.value_minor - file->account.value_minor;
    return after;
}

static int try_event(struct desk *desk, const struct event *event, struct desk_trial *ret,
                     struct error *err)
{
    unsigned wants = desk->wants;
    struct stored_event stored;
    int found, code;

    *ret = (struct desk_trial){.words = event_own_words(event)};
    found = ledger_find_event(desk->ledger, event->source, event->id, desk->arena, &stored, err);
    if (found < 0) {
        return found;
    }
    ret->known_seq = found > 0 ? stored.seq : 0;
    ret->is_order = event_type_about(event->type) != ABOUT_ISSUE &&
                    event_type_about(event->type) != ABOUT_ACCOUNT;
    if (ret->is_order) {
        return 0;
    }
    desk->wants = CASE_COUNTS | CASE_GROUP_VALUE; // a notice shows them, whatever the rules ask for
    code = judge(desk, event, &ret->file, &ret->verdict, ret->placings, &ret->trace, err);
    desk->wants = wants;
    if (code == 0) {
        ret->after = case_after(&ret->file, &ret->verdict);
        ret->receipt = text_string(&desk->receipt);
    }
    return code;
}

int desk_try(struct desk *desk, const struct event *event, struct desk_trial *ret,
             struct error *err)
{
    arena_reset(desk->arena);
    return try_event(desk, event, ret, err);
}

int desk_try_alarm(struct desk *desk, const char *issue_key, int64_t now_ms,
                   struct event *ret_event, struct desk_trial *ret, struct error *err)
{
    arena_reset(desk->arena);
    *ret_event = desk_own_event(desk, EVENT_ALARM_RANG, issue_key, now_ms, now_ms);
    return try_event(desk, ret_event, ret, err);
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

// A bad rule book refuses the event that asked for it.
static void refuse_rulebook(const struct desk *desk, const struct event *event,
                            const struct problems *problems, struct text *out)
{
    const char *errors = text_string(&problems->errors);
    struct refusal why;

    (void)refusal_set(
        &why, "bad_rulebook", "",
        "the rule book %s is refused and the old one stays in force: %zu error%s: %.*s",
        desk->rulebook->path, problems->error_count, problems->error_count == 1 ? "" : "s",
        (int)strcspn(errors, "\n"), errors);
    refusal_name(&why, event->id, event->source);
    receipt_write_refused_list(out, &why, errors);
}

// Asks for the rule book to be read anew. False: it is refused, and so is the event.
static bool try_reload(struct desk *desk, const struct event *event, struct receipt *receipt,
                       struct text *out)
{
    const struct problems *problems = NULL;
    struct text say = {0};
    int code;

    if (!desk->listener.try_reload) {
        return true;
    }
    code = desk->listener.try_reload(desk->listener.reloader, &say, &problems);
    if (code < 0) {
        refuse_rulebook(desk, event, problems, out);
    } else {
        receipt->answer = arena_copy(desk->arena, text_string(&say));
        receipt->warnings = text_string(&problems->warnings);
    }
    text_finish(&say);
    return code == 0;
}

// An order to the service itself. Its row says that nobody is told, or is the notice that it asked
// for.
int desk_handle_order(struct desk *desk, const struct event *event, const char *peer,
                      struct text *out, struct error *err)
{
    struct receipt receipt = {
        .id = event->id, .source = event->source, .seq = ledger_next_seq(desk->ledger)};
    struct order_scene scene = {desk->rulebook, desk->ledger, &desk->listener, desk->arena, desk};
    struct order_result result;
    struct refusal refusal;
    bool of_silence = event_type_about(event->type) == ABOUT_SILENCE;
    int code = of_silence ? silences_refresh(desk, err) : 0;

    if (code < 0) {
        return code;
    }
    if (order_check(desk->rulebook, event, &refusal) < 0 ||
        (of_silence && silences_check(desk, event, &refusal) < 0)) {
        receipt_write_refused(out, &refusal);
        return 0;
    }
    if (event->type == EVENT_RULEBOOK_RELOADED && !try_reload(desk, event, &receipt, out)) {
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
    if (result.say[0]) {
        receipt.answer = result.say;
    }
    text_clear(&desk->receipt);
    receipt_write_accepted(&desk->receipt, &receipt);
    json_put_raw(out, NULL, desk->receipt.bytes, desk->receipt.size);
    text_clear(&desk->unsaid);
    if (result.notice.fate == FATE_UNSENT) {
        ledger_put_unsaid(&desk->unsaid, &result.notice);
    }
    code = ledger_add_event(desk->ledger, event, peer, 0, &desk->receipt, &desk->unsaid, err);
    if (code == 0 && result.notice.fate != FATE_UNSENT) {
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
    int64_t seq = ledger_next_seq(desk->ledger);
    struct stored_event stored;
    struct refusal why;
    int found, code;

    if (strcmp(event->source, ALARM_SOURCE) == 0 || strcmp(event->source, SIGNAL_SOURCE) == 0) {
        (void)refusal_set(&why, "bad_value", "/source", "the source %s is the service's own",
                          event->source);
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
        code = desk_handle_case(desk, event, peer, receipt, err);
        break;
    default:
        code = desk_handle_order(desk, event, peer, receipt, err);
        break;
    }
    // what was refused got no number
    return code == 0 && ledger_next_seq(desk->ledger) > seq ? watch_hear(desk, event, err) : code;
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
