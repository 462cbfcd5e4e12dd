#include "common/verdict/verdict.h"

#include <string.h>

#include "common/base/moment.h"
#include "common/base/text.h"
#include "common/verdict/facts.h"
#include "common/verdict/life.h"
#include "common/verdict/silence.h"
#include "common/verdict/trace.h"
#include "common/verdict/words.h"

enum { SILENCE_NAME_BYTES = 120, SILENCE_COMMENT_BYTES = 240 };

static const char law_one_hop[] = "law: one hop";
static const char law_stand_firm[] = "law: stand firm";
static const char law_stand_in[] = "law: a stand-in is not a hop";
static const char law_people[] = "law: the account's own two people";
static const char law_unknown[] = "law: nothing is lost for want of a record";
static const char law_big[] = "law: the big mutes the small";
static const char law_record[] = "law: a record tells nobody";

const char *notice_kind_name(enum notice_kind kind)
{
    static const char *const names[NOTICE_KIND_COUNT] = {
        [NOTICE_HEADS_UP] = "heads_up",
        [NOTICE_OWNER] = "owner",
        [NOTICE_ESCALATION] = "escalation",
        [NOTICE_HANDED_OVER] = "handed_over",
        [NOTICE_STAND_FIRM] = "stand_firm",
        [NOTICE_KICK_OFF] = "kick_off",
        [NOTICE_REVIEW] = "review",
        [NOTICE_CHECK_IN] = "check_in",
        [NOTICE_MEETING] = "meeting",
        [NOTICE_DIGEST] = "digest",
        [NOTICE_DEAD_LETTER] = "dead_letter",
        [NOTICE_SOURCE_SILENT] = "source_silent",
        [NOTICE_TEST] = "test",
    };

    return names[kind];
}

// What the rules said, each action with the rule that said it first.
struct said {
    enum when heads_up, service;
    bool escalate, urgent;
    const struct rule *heads_up_by, *service_by, *escalate_by;
};

struct scene { // all that a verdict is made from
    const struct rulebook *rulebook;
    const struct silences *silences; // NULL: none
    const struct event *event;
    struct fact_source facts;
    struct arena *arena;
    struct verdict *verdict;
    struct verdict_trace *trace; // NULL: nobody asks how it came about
};

static const char *tier_of(const struct rulebook *rulebook, const struct fact_source *facts,
                           struct verdict_trace *trace)
{
    if (facts->account->tier) {
        return facts->account->tier;
    }
    for (size_t i = 0; i < rulebook->tier_count; i++) {
        const struct tier *tier = &rulebook->tiers[i];
        bool matched = facts_hold(facts, tier->matchers, tier->matcher_count);

        trace_tier(trace, tier, matched, facts);
        if (matched) {
            return tier->name;
        }
    }
    return NULL;
}

const char *verdict_tier(const struct rulebook *rulebook, const struct case_file *file,
                         int64_t now_ms)
{
    struct fact_source facts = {.file = file,
                                .issue = &file->issue,
                                .account = &file->account,
                                .now_ms = now_ms,
                                .zone = rulebook->zone};

    return tier_of(rulebook, &facts, NULL);
}

// The first rule that says a thing decides it; a later one that is reached fills only what is
// unsaid.
static void hear(struct said *said, const struct rule *rule)
{
    if (rule->heads_up != WHEN_UNSAID && said->heads_up == WHEN_UNSAID) {
        said->heads_up = rule->heads_up;
        said->heads_up_by = rule;
    }
    if (rule->service != WHEN_UNSAID && said->service == WHEN_UNSAID) {
        said->service = rule->service;
        said->service_by = rule;
    }
    if (rule->escalate && !said->escalate) {
        said->escalate = true;
        said->escalate_by = rule;
    }
    said->urgent = said->urgent || rule->urgent;
}

// What the rule asks of the event's type was answered when it was read.
static bool rule_holds(const struct scene *scene, const struct rule *rule)
{
    bool holds = rule->events >> scene->event->type & 1;

    for (size_t i = 0; holds && i < rule->matcher_count; i++) {
        const struct matcher *matcher = &rule->matchers[i];

        holds = matcher->field == FIELD_EVENT || facts_hold(&scene->facts, matcher, 1);
    }
    return holds;
}

static struct said ask_rules(const struct scene *scene)
{
    struct said said = {.heads_up = WHEN_UNSAID, .service = WHEN_UNSAID};

    for (size_t i = 0; i < scene->rulebook->rule_count; i++) {
        const struct rule *rule = &scene->rulebook->rules[i];
        bool matched = rule_holds(scene, rule);

        trace_rule(scene->trace, rule, matched, &scene->facts);
        if (matched) {
            hear(&said, rule);
            if (!rule->go_on) {
                break;
            }
        }
    }
    return said;
}

// Matchers with the values that they saw.
static const char *why_matchers(const struct scene *scene, const struct matcher *matchers,
                                size_t count)
{
    struct text words = {0};
    const char *copy;

    for (size_t i = 0; i < count; i++) {
        struct fact fact = fact_of(&scene->facts, &matchers[i]);

        text_add(&words, i ? "; " : "");
        text_add(&words, matchers[i].written);
        text_add(&words, " (");
        fact_write(&words, &fact);
        text_add(&words, ")");
    }
    copy = arena_copy(scene->arena, words.size ? text_string(&words) : "always");
    text_finish(&words);
    return copy;
}

static const char *why_rule(const struct scene *scene, const struct rule *rule)
{
    // mostly one rule speaks to both people, and has said why already
    for (size_t i = 0; i < scene->verdict->decision_count; i++) {
        const struct decision *decision = &scene->verdict->decisions[i];

        if (decision->rule == rule->name && decision->why) {
            return decision->why;
        }
    }
    return why_matchers(scene, rule->matchers, rule->matcher_count);
}

// The same for what no rule said: what the rules could have gone by.
static const char *why_unsaid(const struct scene *scene, bool rule_matched)
{
    static const struct matcher seen[] = {{.field = FIELD_CATEGORY},
                                          {.field = FIELD_SEVERITY},
                                          {.field = FIELD_AMOUNT},
                                          {.field = FIELD_ACCOUNT_TIER}};
    static const char *const names[] = {"category ", ", severity ", ", amount ", ", tier "};
    struct text words = {0};
    const char *copy;

    text_add(&words,
             rule_matched ? "the rule that matched says nothing of it: " : "no rule matched: ");
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        struct fact fact = fact_of(&scene->facts, &seen[i]);

        text_add(&words, names[i]);
        fact_write(&words, &fact);
    }
    copy = arena_copy(scene->arena, text_string(&words));
    text_finish(&words);
    return copy;
}

static struct decision *decide(const struct scene *scene, enum role role, enum notice_kind kind,
                               enum when when)
{
    struct verdict *verdict = scene->verdict;
    struct decision *decision = &verdict->decisions[verdict->decision_count++];

    *decision = (struct decision){
        .role = role,
        .rep = role == ROLE_SALES ? verdict->sales : verdict->service,
        .away = role == ROLE_SALES ? verdict->sales_away : verdict->service_away,
        .kind = kind,
        .when = when,
    };
    return decision;
}

// Both people get the same, now.
static void tell_both(const struct scene *scene, enum notice_kind sales, enum notice_kind service,
                      const char *rule, const char *why)
{
    for (int i = 0; i < 2; i++) {
        struct decision *decision =
            decide(scene, i ? ROLE_SERVICE : ROLE_SALES, i ? service : sales, WHEN_NOW);

        decision->rule = rule;
        decision->why = why;
        decision->urgent = true;
    }
}

static void stand_firm(const struct scene *scene, const char *why)
{
    struct text words = {0};

    trace_law(scene->trace, law_stand_firm,
              "the issue is with the sales rep already, and above the sales rep there is nobody: "
              "both people get the same answer to give, whatever else the rules say");
    tell_both(scene, NOTICE_STAND_FIRM, NOTICE_STAND_FIRM, law_stand_firm, why);
    words_stand_firm(&words, scene->verdict->sales);
    scene->verdict->answer = arena_copy(scene->arena, text_string(&words));
    scene->verdict->answer_limit = law_stand_firm;
    text_finish(&words);
}

// The only place that moves a hop. From the service rep the next person is the sales rep; whoever
// asks for more is answered by stand_firm().
static void hop_to_sales(const struct scene *scene, const struct rule *rule)
{
    struct verdict *verdict = scene->verdict;

    verdict->issue.hop = HOP_SALES;
    trace_law(scene->trace, law_one_hop,
              "rule '%s' hands the issue from the service rep to the sales rep: its one hop. Both "
              "are told now, whatever else the rules say",
              rule->name);
    tell_both(scene, NOTICE_ESCALATION, NOTICE_HANDED_OVER, rule->name, why_rule(scene, rule));
    if (scene->event->type == EVENT_ISSUE_ESCALATION_REQUESTED) {
        verdict->answer = arena_printf(scene->arena, "%s has it from here and will be in touch.",
                                       verdict->sales->name);
        verdict->answer_limit = law_one_hop;
    }
}

// What would be told, and a silence keeps back: on record with what it would have been. Laws come
// by another way.
static void heed_silences(const struct scene *scene, struct decision *decision)
{
    const struct silence *silence =
        decision->when == WHEN_NO ? NULL : silence_over(scene->silences, &scene->facts);
    char until[MOMENT_TEXT_BYTES];
    struct text words = {0};

    if (!silence) {
        return;
    }
    text_add_line(&words, silence->by, SILENCE_NAME_BYTES);
    text_addf(&words, " keeps it back until %s: ", moment_format(silence->until_ms, until));
    text_add_line(&words, silence->comment, SILENCE_COMMENT_BYTES);
    text_addf(&words, "; it matches %s; without it: %s, by '%s': %s",
              why_matchers(scene, silence->matchers, silence->matcher_count),
              when_name(decision->when), decision->rule, decision->why);
    decision->when = WHEN_NO;
    decision->rule = arena_printf(scene->arena, "silence: %s", silence->name);
    decision->why = arena_copy(scene->arena, text_string(&words));
    trace_law(scene->trace, decision->rule, "the %s rep is not told: %s", role_name(decision->role),
              decision->why);
    text_finish(&words);
}

// While a big issue of the account stands open with the sales rep, a minor one can wait for the
// digest.
static void mute_small(const struct scene *scene, struct decision *decision)
{
    const char *severity = scene->verdict->issue.severity, *big = scene->facts.file->big;

    if (!big || !severity || strcmp(severity, "minor") != 0 || decision->when != WHEN_NOW ||
        decision->urgent) {
        return;
    }
    trace_law(scene->trace, law_big,
              "'%s' would have %s told now; but the issue is minor, and %s of the same account "
              "stands open, of which the sales rep knows: so it goes into the digest",
              decision->rule, decision->rep->id, big);
    decision->why =
        arena_printf(scene->arena, "minor, while %s stands open; without it: now, by '%s': %s", big,
                     decision->rule, decision->why);
    decision->rule = law_big;
    decision->when = WHEN_DIGEST;
}

// What the rules said of one of the two people, or else what is unsaid.
static void tell_one(const struct scene *scene, enum role role, enum when when,
                     const struct rule *rule, bool any_matched, bool urgent)
{
    const struct rulebook *rulebook = scene->rulebook;
    enum when unsaid = role == ROLE_SALES ? rulebook->unsaid_heads_up : rulebook->unsaid_service;
    struct decision *decision = decide(
        scene, role, role == ROLE_SALES ? NOTICE_HEADS_UP : NOTICE_OWNER, rule ? when : unsaid);

    decision->urgent = urgent;
    if (rule) {
        decision->rule = rule->name;
        decision->why = why_rule(scene, rule);
    } else if (scene->event->type == EVENT_ALARM_RANG) {
        decision->when = WHEN_NO;
        decision->rule = law_record;
        decision->why = "no rule that asks about age says anything of it";
    } else if (event_type_about(scene->event->type) == ABOUT_ISSUE) {
        decision->rule = "unsaid";
        decision->why = why_unsaid(scene, any_matched);
    } else {
        decision->when = WHEN_NO;
        decision->rule = law_record;
        decision->why = "an account's record changed, and no rule asks for it";
    }
    if (!rule) {
        trace_law(scene->trace, decision->rule, "to the %s rep: %s; %s", role_name(role),
                  when_name(decision->when), decision->why);
    }
    if (role == ROLE_SALES) {
        mute_small(scene, decision);
    }
    heed_silences(scene, decision);
}

// When the issue comes of the next age that a rule asks about. What has that age now was asked just
// now.
static int64_t next_alarm(const struct rulebook *rulebook, const struct issue *issue,
                          int64_t now_ms)
{
    for (size_t i = 0; i < rulebook->age_count && issue->state < ISSUE_RESOLVED; i++) {
        int64_t at_ms = issue->opened_at_ms + rulebook->ages_ms[i];

        if (at_ms > now_ms) {
            return at_ms;
        }
    }
    return 0;
}

static bool asks_for_age(const struct rule *rule)
{
    for (size_t i = 0; rule && i < rule->matcher_count; i++) {
        if (rule->matchers[i].field == FIELD_AGE) {
            return true;
        }
    }
    return false;
}

// An alarm speaks for the rules that ask about age alone, and asks for no answer to a customer.
static void hear_alarm(const struct scene *scene, struct said *said)
{
    if (scene->event->type != EVENT_ALARM_RANG) {
        return;
    }
    if (!asks_for_age(said->heads_up_by)) {
        said->heads_up_by = NULL;
    }
    if (!asks_for_age(said->service_by)) {
        said->service_by = NULL;
    }
    said->escalate = said->escalate && asks_for_age(said->escalate_by) &&
                     scene->verdict->issue.hop == HOP_SERVICE;
}

static void decide_issue(const struct scene *scene, const struct said *said)
{
    struct verdict *verdict = scene->verdict;
    bool demand = scene->event->type == EVENT_ISSUE_ESCALATION_REQUESTED;
    bool any = said->heads_up_by || said->service_by || said->escalate_by;

    if (verdict->issue.hop == HOP_SALES && (demand || said->escalate)) {
        stand_firm(scene, said->escalate ? why_rule(scene, said->escalate_by)
                                         : "the issue is already with the sales rep");
        return;
    }
    if (said->escalate) {
        hop_to_sales(scene, said->escalate_by);
        return;
    }
    if (demand) {
        verdict->answer = arena_printf(scene->arena, "%s looks after this and will see it through.",
                                       verdict->service->name);
        verdict->answer_limit = "no rule hands it over";
        trace_law(scene->trace, law_one_hop,
                  "the customer asks for somebody higher, and no rule hands the issue over: it "
                  "stays with the service rep");
    }
    tell_one(scene, ROLE_SALES, said->heads_up, said->heads_up_by, any, said->urgent);
    tell_one(scene, ROLE_SERVICE, said->service, said->service_by, any, said->urgent);
}

const struct rep *verdict_person(const struct rulebook *rulebook, const struct account *account,
                                 enum role role, int64_t now_ms, const struct rep **ret_away)
{
    const char *id = role == ROLE_SALES ? account->sales : account->service;
    const struct rep *rep = rulebook_rep(rulebook, id), *acting;

    if (!rep || rep->role != role) {
        rep = role == ROLE_SALES ? rulebook->default_sales : rulebook->default_service;
    }
    acting = rulebook_acting(rulebook, rep, now_ms);
    if (ret_away) {
        *ret_away = acting == rep ? NULL : rep;
    }
    return acting;
}

// Whoever stands in for another is told so with the reason.
static void name_stand_ins(const struct scene *scene)
{
    struct verdict *verdict = scene->verdict;

    for (size_t i = 0; i < verdict->decision_count; i++) {
        struct decision *decision = &verdict->decisions[i];

        if (decision->away) {
            decision->why = arena_printf(scene->arena, "%s; %s stands in for %s", decision->why,
                                         decision->rep->id, decision->away->id);
        }
    }
}

// Which of what each rule said counted, and by whose word the two people are the account's.
static void trace_said(const struct scene *scene, const struct said *said)
{
    for (size_t i = 0; scene->trace && i < scene->trace->rule_count; i++) {
        struct trial_trace *trial = &scene->trace->rules[i];

        trial->heads_up = trial->rule == said->heads_up_by;
        trial->service = trial->rule == said->service_by;
        trial->escalate = said->escalate && trial->rule == said->escalate_by;
    }
}

static void trace_person(const struct scene *scene, enum role role)
{
    const struct verdict *verdict = scene->verdict;
    bool sales = role == ROLE_SALES;
    const struct rep *acting = sales ? verdict->sales : verdict->service;
    const struct rep *away = sales ? verdict->sales_away : verdict->service_away;
    const struct rep *rep = away ? away : acting;
    const char *named = sales ? verdict->account.sales : verdict->account.service;

    if (named && strcmp(named, rep->id) == 0) {
        trace_law(scene->trace, law_people, "the %s rep is %s, whom the account names",
                  role_name(role), rep->id);
    } else if (named) {
        trace_law(scene->trace, law_people,
                  "the account names '%s', who is no %s rep of this rule book; so it is the "
                  "default one, %s",
                  named, role_name(role), rep->id);
    } else {
        trace_law(scene->trace, law_people, "the %s rep is %s, the default one", role_name(role),
                  rep->id);
    }
    if (away) {
        trace_law(scene->trace, law_stand_in,
                  "%s is away until %s, and %s, a %s rep too, stands in for %s", away->id,
                  rulebook_absence(away, scene->facts.now_ms)->until, acting->id, role_name(role),
                  away->id);
    }
}

static void trace_people(const struct scene *scene)
{
    if (!scene->trace) {
        return;
    }
    trace_person(scene, ROLE_SERVICE);
    trace_person(scene, ROLE_SALES);
    if (scene->verdict->unknown) {
        trace_law(scene->trace, law_unknown,
                  "the %s is not on record; the event counts all the same, and goes to these two",
                  scene->verdict->unknown);
    }
}

static void apply(const struct case_file *file, const struct event *event, struct verdict *ret)
{
    if (event_type_about(event->type) == ABOUT_ACCOUNT) {
        account_apply(&ret->account, event);
        ret->save_account = ret->account.known;
        ret->unknown = file->account.known || ret->account.known ? NULL : "account";
        return;
    }
    issue_apply(&ret->issue, event);
    ret->save_issue = true;
    if (!file->issue.known && event->type != EVENT_ISSUE_OPENED) {
        ret->unknown = "issue";
    } else if (!file->account.known) {
        ret->unknown = "account";
    }
}

// Whose the issue is: a stand-in looks after it for a while, and does not take it over.
static const char *owner_of(const struct verdict *verdict)
{
    const struct rep *away =
        verdict->issue.hop == HOP_SALES ? verdict->sales_away : verdict->service_away;
    const struct rep *acting = verdict->issue.hop == HOP_SALES ? verdict->sales : verdict->service;

    return away ? away->id : acting->id;
}

void verdict_explain(const struct verdict_question *question, struct arena *arena,
                     struct verdict_trace *trace, struct verdict *ret)
{
    const struct rulebook *rulebook = question->rulebook;
    const struct case_file *file = question->file;
    const struct event *event = question->event;
    struct scene scene = {.rulebook = rulebook,
                          .silences = question->silences,
                          .event = event,
                          .arena = arena,
                          .verdict = ret,
                          .trace = trace};
    struct fact_memo memo = {.known = 0};
    struct said said;

    trace_begin(trace, rulebook, arena);
    ret->issue = file->issue;
    ret->account = file->account;
    ret->save_issue = ret->save_account = false;
    ret->unknown = ret->answer = ret->answer_limit = NULL;
    ret->decision_count = 0;
    apply(file, event, ret);
    ret->service =
        verdict_person(rulebook, &ret->account, ROLE_SERVICE, question->now_ms, &ret->service_away);
    ret->sales =
        verdict_person(rulebook, &ret->account, ROLE_SALES, question->now_ms, &ret->sales_away);
    scene.facts = (struct fact_source){.file = file,
                                       .issue = &ret->issue,
                                       .account = &ret->account,
                                       .event = event,
                                       .now_ms = question->now_ms,
                                       .zone = rulebook->zone};
    scene.facts.tier = tier_of(rulebook, &scene.facts, trace);
    scene.facts.memo = &memo; // from here on nothing that a rule asks about changes
    trace_people(&scene);
    said = ask_rules(&scene);
    if (event_type_about(event->type) == ABOUT_ISSUE) {
        hear_alarm(&scene, &said);
        ret->issue.alarm_at_ms = next_alarm(rulebook, &ret->issue, question->now_ms);
        decide_issue(&scene, &said);
        ret->issue.owner = owner_of(ret);
    } else {
        tell_one(&scene, ROLE_SALES, said.heads_up, said.heads_up_by, false, said.urgent);
        tell_one(&scene, ROLE_SERVICE, said.service, said.service_by, false, said.urgent);
    }
    name_stand_ins(&scene);
    trace_said(&scene, &said);
    if (trace) {
        trace->tier = scene.facts.tier;
        trace->tier_on_record = ret->account.tier != NULL;
    }
}

void verdict_decide(const struct rulebook *rulebook, const struct case_file *file,
                    const struct event *event, int64_t now_ms, struct arena *arena,
                    struct verdict *ret)
{
    const struct verdict_question question = {rulebook, NULL, file, event, now_ms};

    verdict_explain(&question, arena, NULL, ret);
}
