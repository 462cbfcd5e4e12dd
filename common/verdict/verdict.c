#include "common/verdict/verdict.h"

#include <string.h>

#include "common/base/text.h"
#include "common/verdict/facts.h"
#include "common/verdict/life.h"
#include "common/verdict/words.h"

static const char law_one_hop[] = "law: one hop";
static const char law_stand_firm[] = "law: stand firm";
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
    const struct event *event;
    struct fact_source facts;
    struct arena *arena;
    struct verdict *verdict;
};

static bool all_hold(const struct matcher *matchers, size_t count, const struct fact_source *facts)
{
    for (size_t i = 0; i < count; i++) {
        struct fact fact = fact_of(facts, &matchers[i]);

        if (matcher_holds(&matchers[i], &fact) != ANSWER_YES) {
            return false;
        }
    }
    return true;
}

static const char *tier_of(const struct rulebook *rulebook, const struct fact_source *facts)
{
    if (facts->account->tier) {
        return facts->account->tier;
    }
    for (size_t i = 0; i < rulebook->tier_count; i++) {
        const struct tier *tier = &rulebook->tiers[i];

        if (all_hold(tier->matchers, tier->matcher_count, facts)) {
            return tier->name;
        }
    }
    return NULL;
}

const char *verdict_tier(const struct rulebook *rulebook, const struct case_file *file,
                         int64_t now_ms)
{
    struct fact_source facts = {
        .file = file, .issue = &file->issue, .account = &file->account, .now_ms = now_ms};

    return tier_of(rulebook, &facts);
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

static struct said ask_rules(const struct scene *scene)
{
    struct said said = {.heads_up = WHEN_UNSAID, .service = WHEN_UNSAID};

    for (size_t i = 0; i < scene->rulebook->rule_count; i++) {
        const struct rule *rule = &scene->rulebook->rules[i];

        if (all_hold(rule->matchers, rule->matcher_count, &scene->facts)) {
            hear(&said, rule);
            if (!rule->go_on) {
                break;
            }
        }
    }
    return said;
}

// The matchers of a rule with the values that they saw.
static const char *why_rule(const struct scene *scene, const struct rule *rule)
{
    struct text words = {0};
    const char *copy;

    for (size_t i = 0; i < rule->matcher_count; i++) {
        struct fact fact = fact_of(&scene->facts, &rule->matchers[i]);

        text_add(&words, i ? "; " : "");
        text_add(&words, rule->matchers[i].written);
        text_add(&words, " (");
        fact_write(&words, &fact);
        text_add(&words, ")");
    }
    copy = arena_copy(scene->arena, words.size ? text_string(&words) : "always");
    text_finish(&words);
    return copy;
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
    tell_both(scene, NOTICE_ESCALATION, NOTICE_HANDED_OVER, rule->name, why_rule(scene, rule));
    if (scene->event->type == EVENT_ISSUE_ESCALATION_REQUESTED) {
        verdict->answer = arena_printf(scene->arena, "%s has it from here and will be in touch.",
                                       verdict->sales->name);
        verdict->answer_limit = law_one_hop;
    }
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
}

// When the issue comes of the next age that a rule asks about: just past it, so that > holds too.
static int64_t next_alarm(const struct rulebook *rulebook, const struct issue *issue,
                          int64_t now_ms)
{
    for (size_t i = 0; i < rulebook->age_count && issue->state < ISSUE_RESOLVED; i++) {
        int64_t at_ms = issue->opened_at_ms + rulebook->ages_ms[i] + 1;

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
    }
    tell_one(scene, ROLE_SALES, said->heads_up, said->heads_up_by, any, said->urgent);
    tell_one(scene, ROLE_SERVICE, said->service, said->service_by, any, said->urgent);
}

const struct rep *verdict_person(const struct rulebook *rulebook, const struct account *account,
                                 enum role role)
{
    const char *id = role == ROLE_SALES ? account->sales : account->service;
    const struct rep *rep = rulebook_rep(rulebook, id);

    if (rep && rep->role == role) {
        return rep;
    }
    return role == ROLE_SALES ? rulebook->default_sales : rulebook->default_service;
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

void verdict_decide(const struct rulebook *rulebook, const struct case_file *file,
                    const struct event *event, int64_t now_ms, struct arena *arena,
                    struct verdict *ret)
{
    struct scene scene = {.rulebook = rulebook, .event = event, .arena = arena, .verdict = ret};
    struct said said;

    ret->issue = file->issue;
    ret->account = file->account;
    ret->save_issue = ret->save_account = false;
    ret->unknown = ret->answer = ret->answer_limit = NULL;
    ret->decision_count = 0;
    apply(file, event, ret);
    ret->service = verdict_person(rulebook, &ret->account, ROLE_SERVICE);
    ret->sales = verdict_person(rulebook, &ret->account, ROLE_SALES);
    scene.facts = (struct fact_source){.file = file,
                                       .issue = &ret->issue,
                                       .account = &ret->account,
                                       .event = event,
                                       .now_ms = now_ms};
    scene.facts.tier = tier_of(rulebook, &scene.facts);
    said = ask_rules(&scene);
    if (event_type_about(event->type) == ABOUT_ISSUE) {
        hear_alarm(&scene, &said);
        ret->issue.alarm_at_ms = next_alarm(rulebook, &ret->issue, now_ms);
        decide_issue(&scene, &said);
        ret->issue.owner = ret->issue.hop == HOP_SALES ? ret->sales->id : ret->service->id;
    } else {
        tell_one(&scene, ROLE_SALES, said.heads_up, said.heads_up_by, false, said.urgent);
        tell_one(&scene, ROLE_SERVICE, said.service, said.service_by, false, said.urgent);
    }
}
