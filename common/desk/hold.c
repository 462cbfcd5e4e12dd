#include "common/desk/hold.h"

#include <string.h>

#include "common/desk/desk_private.h"
#include "common/desk/silences.h"
#include "common/ledger/ledger_quiet.h"
#include "common/verdict/quiet.h"

enum { HELD_AT_ONCE = 64, SILENCE_WORDS_BYTES = 240 };

// --- when it is decided --------------------------------------------------------------------------

static enum fate fate_of(enum when when)
{
    return when == WHEN_NOW ? FATE_WAITING : when == WHEN_DIGEST ? FATE_DIGEST : FATE_UNSENT;
}

static int load_past(struct desk *desk, const struct decision *decision, int64_t issue_num,
                     struct quiet_past *ret, struct error *err)
{
    int code = 0;

    if (issue_num) {
        code = ledger_held_due(desk->ledger, issue_num, decision->role, &ret->held_until_ms, err);
    }
    if (code == 0 && issue_num && desk->rulebook->gather) {
        code = ledger_load_told(desk->ledger, issue_num, decision->role, decision->rep->id,
                                &ret->told_ms, err);
    }
    return code;
}

// What is held and the notice that takes it along.
static int carry(struct desk *desk, const struct decision *decision, int64_t issue_num,
                 struct placing *ret, struct error *err)
{
    struct held_group group = {.issue_num = issue_num, .role = decision->role};
    struct text occasion = {0};
    struct quiet_sum sum;
    struct held_sum held;
    int told = 0, code = ledger_sum_held(desk->ledger, &group, desk->arena, &held, err);

    if (code == 0) {
        told = ledger_was_told(desk->ledger, issue_num, decision->role, decision->rep->id, err);
    }
    if (code < 0 || told < 0) {
        return code < 0 ? code : told;
    }
    sum = (struct quiet_sum){held.count + 1, held.changes | ret->changes, told > 0};
    quiet_occasion(&occasion, &sum);
    ret->quiet = arena_copy(desk->arena, text_string(&occasion));
    ret->carries = true;
    text_finish(&occasion);
    return 0;
}

// A decision to tell now, where some may have to wait.
static int place_now(struct desk *desk, const struct event *event, const struct case_file *file,
                     const struct verdict *verdict, const struct decision *decision,
                     struct placing *ret, struct error *err)
{
    bool about_issue = event_type_about(event->type) == ABOUT_ISSUE;
    int64_t issue_num = about_issue ? verdict->issue.num : 0;
    struct quiet_past past = {.about_issue = about_issue};
    struct text why = {0};
    int code = load_past(desk, decision, issue_num, &past, err);

    if (code < 0) {
        return code;
    }
    ret->changes = about_issue ? quiet_changes(&file->issue, &verdict->issue, event) : 0;
    if (decision->urgent) {
        return past.held_until_ms ? carry(desk, decision, issue_num, ret, err) : 0;
    }
    ret->due_ms = quiet_moment(desk->rulebook, decision->rep, &past, event->received_ms, &why);
    if (past.held_until_ms || ret->due_ms > event->received_ms) {
        ret->fate = FATE_HELD;
        ret->quiet = arena_copy(desk->arena, text_string(&why));
    }
    text_finish(&why);
    return 0;
}

// Where the rule book holds nothing back, something may be left that one before it did.
static int look_for_rest(struct desk *desk, struct error *err)
{
    int64_t at_ms;
    int found = 0;

    if (desk->held && !desk->rulebook->holds) {
        found = ledger_next_held(desk->ledger, &at_ms, err);
        desk->held = found > 0;
    }
    return found < 0 ? found : 0;
}

int hold_place(struct desk *desk, const struct event *event, const struct case_file *file,
               const struct verdict *verdict, struct placing ret[VERDICT_DECISIONS],
               struct error *err)
{
    int code = look_for_rest(desk, err);

    for (size_t i = 0; code == 0 && i < verdict->decision_count; i++) {
        const struct decision *decision = &verdict->decisions[i];
        const struct rep *rep = decision->rep;

        ret[i] = (struct placing){
            .fate = fate_of(decision->when),
            .due_ms = decision->when == WHEN_DIGEST
                          ? zone_next(rep->zone, rep->digest_minute, event->received_ms)
                          : event->received_ms,
        };
        if (decision->when == WHEN_NOW && desk->held) {
            code = place_now(desk, event, file, verdict, decision, &ret[i], err);
        }
    }
    return code;
}

int hold_recorded(struct desk *desk, const struct placing *placing,
                  const struct notice_record *notice, struct error *err)
{
    struct held_group group = {.issue_num = notice->issue_num, .role = notice->role};
    int code = 0;

    if (placing->carries) {
        code = ledger_carry_held(desk->ledger, &group, notice->num, notice->created_ms, err);
    }
    if (code == 0 && placing->fate == FATE_WAITING && notice->issue_num && desk->rulebook->gather) {
        code = ledger_save_told(desk->ledger, notice->issue_num, notice->role, notice->rep,
                                notice->created_ms, err);
    }
    return code;
}

// --- when its moment has come --------------------------------------------------------------------

struct release { // of one group
    struct held_group group;
    const struct notice_record *first; // of those that are due
    struct case_file file;
    const struct rep *rep, *away; // whom to tell now, and for whom he stands in
    struct held_sum held;
    struct text quiet;
    int64_t now_ms;
};

static int ask_again(struct desk *desk, struct release *release, struct error *err)
{
    const struct notice_record *first = release->first;
    struct case_query query = {.issue_num = first->issue_num,
                               .account_key = first->issue_num ? NULL : first->account_key,
                               .wants = desk->silence_wants,
                               .now_ms = release->now_ms};
    int code = ledger_load_case(desk->ledger, &query, desk->arena, &release->file, err);

    if (code == 0) {
        release->rep = verdict_person(desk->rulebook, &release->file.account,
                                      first->role == ROLE_SALES ? ROLE_SALES : ROLE_SERVICE,
                                      release->now_ms, &release->away);
        code = ledger_sum_held(desk->ledger, &release->group, desk->arena, &release->held, err);
    }
    return code;
}

// The first of them goes out, as what all of them are, and carries the others.
static int send_all(struct desk *desk, struct release *release, struct error *err)
{
    const struct held_group *group = &release->group;
    struct notice_record carrier = {.num = release->held.first_num,
                                    .rep = release->rep->id,
                                    .lane = release->rep->webhook.lane,
                                    .kind = release->held.kind,
                                    .words = release->held.words,
                                    .quiet = text_string(&release->quiet),
                                    .due_ms = release->now_ms};
    int code = ledger_release(desk->ledger, &carrier, err);

    if (code == 0 && release->held.count > 1) {
        code = ledger_carry_held(desk->ledger, group, carrier.num, release->now_ms, err);
    }
    if (code == 0 && group->issue_num && desk->rulebook->gather) {
        code = ledger_save_told(desk->ledger, group->issue_num, group->role, carrier.rep,
                                release->now_ms, err);
    }
    if (code == 0 && group->issue_num && group->role == ROLE_SALES) {
        code = ledger_save_heads_up(desk->ledger, group->issue_num, release->now_ms, err);
    }
    if (code == 0 && desk->listener.lane_has_older) {
        desk->listener.lane_has_older(desk->listener.user, carrier.lane);
    }
    return code;
}

// Why it comes, and to whom where that is another than it was held for.
static void write_occasion(struct release *release, const struct quiet_sum *sum)
{
    struct text *out = &release->quiet;

    text_clear(out);
    if (release->group.issue_num) {
        quiet_occasion(out, sum);
    } else {
        text_addf(out, "it waited for the hours of %s", release->rep->id);
    }
    if (strcmp(release->rep->id, release->first->rep) != 0) {
        text_addf(out, "; it was held for %s, and goes to %s", release->first->rep,
                  release->rep->id);
    }
    if (release->away) {
        text_addf(out, "; %s stands in for %s", release->rep->id, release->away->id);
    }
}

// A silence that holds by now and matches the case, which no event speaks for any more.
static bool silenced(const struct desk *desk, struct release *release)
{
    const struct case_file *file = &release->file;
    const struct fact_source facts = {.file = file,
                                      .issue = &file->issue,
                                      .account = &file->account,
                                      .tier = verdict_tier(desk->rulebook, file, release->now_ms),
                                      .now_ms = release->now_ms,
                                      .zone = desk->rulebook->zone};
    const struct silence *silence = silence_over(&desk->silences, &facts);

    if (silence) {
        text_clear(&release->quiet);
        text_add(&release->quiet, "silence ");
        text_add_line(&release->quiet, silence->name, SILENCE_WORDS_BYTES);
        text_add(&release->quiet, ": ");
        text_add_line(&release->quiet, silence->by, SILENCE_WORDS_BYTES);
        text_add(&release->quiet, " keeps it back: ");
        text_add_line(&release->quiet, silence->comment, SILENCE_WORDS_BYTES);
    }
    return silence != NULL;
}

static int settle(struct desk *desk, struct release *release, struct error *err)
{
    const struct held_group *group = &release->group;
    struct quiet_sum sum = {release->held.count, release->held.changes, false};
    int64_t open_ms = quiet_hours(release->rep, release->now_ms, &release->quiet);
    int told;

    if (open_ms > release->now_ms) { // somebody else's hours, or other ones by now
        return ledger_hold_on(desk->ledger, group, release->rep->id, open_ms,
                              text_string(&release->quiet), err);
    }
    told = group->issue_num
               ? ledger_was_told(desk->ledger, group->issue_num, group->role, release->rep->id, err)
               : 0;
    if (told < 0) {
        return told;
    }
    sum.told_before = told > 0;
    if (quiet_is_over(&release->file.issue, &sum)) {
        return ledger_drop_held(desk->ledger, group, release->now_ms, "resolved meanwhile", err);
    }
    if (silenced(desk, release)) {
        return ledger_drop_held(desk->ledger, group, release->now_ms, text_string(&release->quiet),
                                err);
    }
    write_occasion(release, &sum);
    return send_all(desk, release, err);
}

static int release_one(struct desk *desk, const struct notice_record *first, int64_t now_ms,
                       struct error *err)
{
    struct release release = {
        .group = {.issue_num = first->issue_num, .role = first->role, .num = first->num},
        .first = first,
        .now_ms = now_ms,
    };
    int code = ask_again(desk, &release, err);

    if (code == 0 && release.held.count) { // not told together with one before it
        code = settle(desk, &release, err);
    }
    text_finish(&release.quiet);
    return code;
}

int hold_ring(struct desk *desk, int64_t now_ms, struct error *err)
{
    struct notice_record *records = arena_get(desk->arena, HELD_AT_ONCE * sizeof *records);
    int code = 0,
        count = ledger_due_held(desk->ledger, now_ms, HELD_AT_ONCE, desk->arena, records, err);

    if (count > 0) {
        code = silences_refresh(desk, err);
    }
    for (int i = 0; code == 0 && i < count; i++) {
        code = release_one(desk, &records[i], now_ms, err);
    }
    return code < 0 ? code : count;
}
