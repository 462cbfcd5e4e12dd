#include "client/explanation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/print.h"
#include "client/receipt_words.h"
#include "client/rule_words.h"
#include "client/stories.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"
#include "common/desk/letter.h"
#include "common/verdict/words.h"

static const char *answer_words(enum answer answer)
{
    return answer == ANSWER_YES ? "yes" : answer == ANSWER_NO ? "no" : "cannot tell";
}

static const char *without_law(const char *law)
{
    return strncmp(law, "law: ", 5) == 0 ? law + 5 : law;
}

// --- the notices ---------------------------------------------------------------------------------

struct letter { // as a rep would read it
    struct text headline, body;
};

static const struct placing *placing_of(const struct explanation *explanation,
                                        const struct decision *decision)
{
    return &explanation->trial->placings[decision - explanation->trial->verdict.decisions];
}

static void write_letter(const struct explanation *explanation, const struct decision *decision,
                         struct letter *letter)
{
    const struct placing *placing = placing_of(explanation, decision);
    int64_t now_ms = explanation->event->received_ms;
    struct notice notice = letter_begin(explanation->rulebook, decision->rep->id, decision->rule,
                                        &explanation->trial->after, now_ms);

    notice.id = "hn_trial";
    notice.kind = decision->kind;
    notice.why = decision->why;
    notice.created_ms = now_ms;
    notice.event_source = explanation->event->source;
    notice.event_id = explanation->event->id;
    notice.words = explanation->trial->words;
    notice.quiet = placing->carries ? placing->quiet : NULL;
    words_headline(&letter->headline, &notice, now_ms);
    words_body(&letter->body, &notice, now_ms);
}

static void letter_finish(struct letter *letter)
{
    text_finish(&letter->headline);
    text_finish(&letter->body);
}

// --- for people ----------------------------------------------------------------------------------

static void print_case(FILE *to, const struct explanation *explanation)
{
    const struct desk_trial *trial = explanation->trial;
    const struct account *account = &trial->verdict.account;
    const struct event *event = explanation->event;
    struct text words = {0};
    char at[MOMENT_TEXT_BYTES];

    print_line(to, "%s%s%s, received %s", event_type_name(event->type), event->subject ? " " : "",
               event->subject ? event->subject : "", print_moment(event->received_ms, at));
    if (account->key) {
        text_addf(&words, "account %s%s%s%s", account->key, account->name ? ", " : "",
                  account->name ? account->name : "", account->known ? "" : ", not on record");
        print_wrapped(to, "  ", text_string(&words));
    }
    if (event_type_about(event->type) == ABOUT_ISSUE) {
        const struct issue *issue = &trial->file.issue;

        print_line(to, "  issue %s, %s%s%s", event->subject,
                   issue->known ? issue_state_name(issue->state) : "not on record until now",
                   issue->known ? ", with " : "",
                   issue->known ? role_name(issue->hop == HOP_SALES ? ROLE_SALES : ROLE_SERVICE)
                                : "");
    }
    if (trial->known_seq) {
        print_line(to,
                   "  This event is on record already, as event %" PRId64 ": it would be answered",
                   trial->known_seq);
        print_line(to, "  as a duplicate. What really came of it: headsup why %" PRId64,
                   trial->known_seq);
    }
    text_finish(&words);
}

static void print_matchers(FILE *to, const struct trial_trace *trial)
{
    for (size_t i = 0; i < trial->matcher_count; i++) {
        const struct matcher_trace *matcher = &trial->matchers[i];
        struct text words = {0};

        text_addf(&words, "%s  (%s)", matcher->matcher->written, matcher->saw);
        print_wrapped(to,
                      matcher->answer == ANSWER_YES  ? "      yes  "
                      : matcher->answer == ANSWER_NO ? "      no   "
                                                     : "      cannot tell, so no:  ",
                      text_string(&words));
        text_finish(&words);
    }
    if (trial->matcher_count == 0) {
        print_line(to, "      always");
    }
}

static void print_tiers(FILE *to, const struct verdict_trace *trace)
{
    (void)fprintf(to, "\n");
    if (trace->tier_on_record) {
        print_line(to, "Tier: %s, by the account's own record", trace->tier);
        return;
    }
    print_line(to, "Tier: %s", trace->tier ? trace->tier : "none");
    for (size_t i = 0; i < trace->tier_count; i++) {
        print_line(to, "  %s: %s", trace->tiers[i].tier->name,
                   trace->tiers[i].matched ? "yes" : "no");
        print_matchers(to, &trace->tiers[i]);
    }
}

// What of the rule counted: an earlier one may have said the same.
static void print_counted(FILE *to, const struct explanation *explanation,
                          const struct trial_trace *trial)
{
    const struct rule *rule = trial->rule;
    struct text words = {0};

    rule_words_add(&words, explanation->rulebook, rule);
    print_wrapped(to, "      => ", text_string(&words));
    if (rule->heads_up != WHEN_UNSAID && !trial->heads_up && !rule->escalate) {
        print_line(to, "         a rule above spoke for sales already");
    }
    if (rule->service != WHEN_UNSAID && !trial->service && !rule->escalate) {
        print_line(to, "         a rule above spoke for service already");
    }
    text_finish(&words);
}

static void print_rules(FILE *to, const struct explanation *explanation)
{
    const struct verdict_trace *trace = &explanation->trial->trace;
    size_t rest = explanation->rulebook->rule_count - trace->rule_count;

    (void)fprintf(to, "\nRules, from the top\n");
    for (size_t i = 0; i < trace->rule_count; i++) {
        const struct trial_trace *trial = &trace->rules[i];
        char lead[32];
        struct text words = {0};

        (void)snprintf(lead, sizeof lead, "%3zu. ", i + 1);
        text_addf(&words, "%s: %s", trial->rule->name, trial->matched ? "yes" : "no");
        print_wrapped(to, lead, text_string(&words));
        print_matchers(to, trial);
        if (trial->matched) {
            print_counted(to, explanation, trial);
        }
        text_finish(&words);
    }
    if (trace->stopped_by && rest == 0) {
        print_line(to, "  Trying stopped here, at the last rule.");
    } else if (trace->stopped_by) {
        print_line(to, "  Trying stopped here; %zu rule%s below %s not tried.", rest,
                   rest == 1 ? "" : "s", rest == 1 ? "was" : "were");
    } else {
        print_line(to, "  No rule stopped the trying: all %zu were tried.", trace->rule_count);
    }
}

static void print_laws(FILE *to, const struct verdict_trace *trace)
{
    (void)fprintf(to, "\nLaws\n");
    for (size_t i = 0; i < trace->law_count; i++) {
        struct text words = {0};

        text_addf(&words, "%s: %s", without_law(trace->laws[i].law), trace->laws[i].words);
        print_wrapped(to, "  - ", text_string(&words));
        text_finish(&words);
    }
}

static void print_decisions(FILE *to, const struct explanation *explanation)
{
    const struct verdict *verdict = &explanation->trial->verdict;
    char at[MOMENT_TEXT_BYTES];

    (void)fprintf(to, "\nDecided\n");
    for (size_t i = 0; i < verdict->decision_count; i++) {
        const struct decision *decision = &verdict->decisions[i];
        const struct placing *placing = placing_of(explanation, decision);
        bool told = decision->when != WHEN_NO;

        print_line(to, "  %s (%s): %s%s%s%s", role_name(decision->role), decision->rep->id,
                   told ? notice_kind_name(decision->kind) : "", told ? ", " : "",
                   rule_words_when(decision->when), told && decision->urgent ? ", urgent" : "");
        print_wrapped(to, "      by ", decision->rule);
        print_wrapped(to, "      ", decision->why);
        if (placing->fate == FATE_HELD) {
            print_line(to, "      held until %s, and asked again then:",
                       print_moment(placing->due_ms, at));
        }
        if (placing->quiet) {
            print_wrapped(to, "      ", placing->quiet);
        }
    }
    if (verdict->save_issue && verdict->issue.alarm_at_ms) {
        print_line(to, "  The rules about age are asked again at %s.",
                   print_moment(verdict->issue.alarm_at_ms, at));
    }
}

static void print_receipt(FILE *to, const struct explanation *explanation)
{
    const char *receipt = explanation->trial->receipt;
    char *words = NULL;
    size_t size = 0;
    FILE *into = open_memstream(&words, &size);

    if (!into) {
        abort();
    }
    receipt_print(into, receipt, strlen(receipt));
    (void)fclose(into);
    (void)fprintf(to, "\nReceipt, as the publisher would get it\n");
    for (const char *at = words; *at;) {
        size_t line = strcspn(at, "\n"), indent = strspn(at, " ");
        struct text one = {0};

        text_add_bytes(&one, at + indent, line - indent);
        print_wrapped(to, indent ? "    " : "  ", text_string(&one));
        text_finish(&one);
        at += line + (at[line] == '\n');
    }
    free(words);
}

static void print_letter(FILE *to, const struct explanation *explanation,
                         const struct decision *decision)
{
    struct letter letter = {0};
    const char *at;

    write_letter(explanation, decision, &letter);
    (void)fprintf(to, "\n");
    print_line(to, "Notice to %s (%s), %s: %s", decision->rep->name, role_name(decision->role),
               rule_words_when(decision->when), notice_kind_name(decision->kind));
    print_wrapped(to, "    ", text_string(&letter.headline));
    at = text_string(&letter.body);
    while (*at) {
        size_t size = strcspn(at, "\n");
        struct text one = {0};

        text_add_bytes(&one, at, size);
        print_wrapped(to, "    ", text_string(&one));
        text_finish(&one);
        at += size + (at[size] == '\n');
    }
    letter_finish(&letter);
}

void explanation_print_reasons(const struct explanation *explanation, FILE *to)
{
    print_case(to, explanation);
    if (!explanation->trial->is_order) {
        print_tiers(to, &explanation->trial->trace);
        print_rules(to, explanation);
        print_laws(to, &explanation->trial->trace);
        print_decisions(to, explanation);
    }
}

void explanation_print(const struct explanation *explanation, FILE *to)
{
    const struct desk_trial *trial = explanation->trial;
    bool told = false;

    explanation_print_reasons(explanation, to);
    if (trial->is_order) {
        (void)fprintf(to, "\nAn order to the service itself: no rule is asked, and no rep told.\n");
        return;
    }
    if (explanation->event->type != EVENT_ALARM_RANG) { // which nobody published
        print_receipt(to, explanation);
    }
    for (size_t i = 0; i < trial->verdict.decision_count; i++) {
        if (trial->verdict.decisions[i].when != WHEN_NO) {
            print_letter(to, explanation, &trial->verdict.decisions[i]);
            told = true;
        }
    }
    if (!told) {
        (void)fprintf(to, "\nNobody would be told.\n");
    }
}

// --- for programs --------------------------------------------------------------------------------

static void put_matchers(struct text *out, const struct matcher *matchers, size_t count,
                         const struct matcher_trace *asked)
{
    json_open_array(out, "matchers");
    for (size_t i = 0; i < count; i++) {
        json_open_object(out, NULL);
        json_put_string(out, "matcher", matchers[i].written);
        json_put_string(out, "saw", asked ? asked[i].saw : NULL);
        json_put_string(out, "holds", asked ? answer_words(asked[i].answer) : NULL);
        json_close_object(out);
    }
    json_close_array(out);
}

static void put_tiers(const struct verdict_trace *trace, struct text *out)
{
    json_put_string(out, "tier", trace->tier);
    json_put_bool(out, "tier_on_record", trace->tier_on_record);
    json_open_array(out, "tiers");
    for (size_t i = 0; i < trace->tier_count; i++) {
        const struct trial_trace *trial = &trace->tiers[i];

        json_open_object(out, NULL);
        json_put_string(out, "tier", trial->tier->name);
        json_put_bool(out, "matched", trial->matched);
        put_matchers(out, trial->tier->matchers, trial->matcher_count, trial->matchers);
        json_close_object(out);
    }
    json_close_array(out);
}

// All rules of the book: those that were not tried too.
static void put_rules(const struct explanation *explanation, struct text *out)
{
    const struct rulebook *rulebook = explanation->rulebook;
    const struct verdict_trace *trace = &explanation->trial->trace;

    json_open_array(out, "rules");
    for (size_t i = 0; i < rulebook->rule_count; i++) {
        const struct rule *rule = &rulebook->rules[i];
        const struct trial_trace *trial = i < trace->rule_count ? &trace->rules[i] : NULL;

        json_open_object(out, NULL);
        json_put_string(out, "rule", rule->name);
        json_put_string(out, "file", rule->file);
        json_put_int(out, "line", rule->line);
        json_put_bool(out, "tried", trial != NULL);
        json_put_bool(out, "matched", trial && trial->matched);
        json_put_bool(out, "decided_sales", trial && trial->heads_up);
        json_put_bool(out, "decided_service", trial && trial->service);
        json_put_bool(out, "decided_escalate", trial && trial->escalate);
        put_matchers(out, rule->matchers, rule->matcher_count, trial ? trial->matchers : NULL);
        json_close_object(out);
    }
    json_close_array(out);
    json_put_string(out, "stopped_by", trace->stopped_by ? trace->stopped_by->name : NULL);
}

static void put_laws(const struct verdict_trace *trace, struct text *out)
{
    json_open_array(out, "laws");
    for (size_t i = 0; i < trace->law_count; i++) {
        json_open_object(out, NULL);
        json_put_string(out, "law", without_law(trace->laws[i].law));
        json_put_string(out, "words", trace->laws[i].words);
        json_close_object(out);
    }
    json_close_array(out);
}

static void put_decisions(const struct explanation *explanation, struct text *out)
{
    const struct verdict *verdict = &explanation->trial->verdict;

    json_open_array(out, "decisions");
    for (size_t i = 0; i < verdict->decision_count; i++) {
        const struct decision *decision = &verdict->decisions[i];
        const struct placing *placing = placing_of(explanation, decision);
        bool told = decision->when != WHEN_NO;
        struct letter letter = {0};
        char at[MOMENT_TEXT_BYTES];

        write_letter(explanation, decision, &letter);
        json_open_object(out, NULL);
        json_put_string(out, "role", role_name(decision->role));
        json_put_string(out, "to", decision->rep->id);
        json_put_string(out, "when", when_name(decision->when));
        json_put_string(out, "kind", told ? notice_kind_name(decision->kind) : NULL);
        json_put_bool(out, "urgent", decision->urgent);
        json_put_string(out, "rule", decision->rule);
        json_put_string(out, "why", decision->why);
        json_put_string(out, "fate", fate_name(placing->fate));
        json_put_string(out, "due_at", told ? moment_format(placing->due_ms, at) : NULL);
        json_put_string(out, "quiet", placing->quiet);
        json_put_string(out, "headline", told ? text_string(&letter.headline) : NULL);
        json_put_string(out, "body", told ? text_string(&letter.body) : NULL);
        json_close_object(out);
        letter_finish(&letter);
    }
    json_close_array(out);
}

void explanation_put(const struct explanation *explanation, struct text *out)
{
    const struct desk_trial *trial = explanation->trial;
    char at[MOMENT_TEXT_BYTES];

    json_open_object(out, NULL);
    json_put_raw(out, "event", explanation->event->bytes, explanation->event->size);
    json_put_string(out, "received_at", moment_format(explanation->event->received_ms, at));
    if (trial->known_seq) {
        json_put_int(out, "known_seq", trial->known_seq);
    } else {
        json_put_string(out, "known_seq", NULL);
    }
    json_put_bool(out, "order", trial->is_order);
    if (!trial->is_order) {
        put_tiers(&trial->trace, out);
        put_rules(explanation, out);
        put_laws(&trial->trace, out);
        put_decisions(explanation, out);
        if (event_type_about(explanation->event->type) == ABOUT_ISSUE) {
            story_put_issue(out, "issue", &trial->verdict.issue);
        } else {
            json_put_string(out, "issue", NULL);
        }
        json_put_raw(out, "receipt", trial->receipt, strlen(trial->receipt));
    }
    json_close_object(out);
}
