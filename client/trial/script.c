#include "client/trial/script.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/xalloc.h"
#include "common/event/event.h"
#include "common/event/event_types.h"
#include "common/rulebook/source.h"
#include "common/verdict/verdict.h"

enum { SHOWN_BYTES = 80, NEAR_MOST = 1000 };

// What is being checked.
struct check {
    struct script *script;
    struct problems *problems;
    const struct script_test *test;
    const struct rulebook *rulebook; // of the test; NULL: it could not be read
    const struct script_place *place;
};

static void complain(const struct check *check, const char *format, ...) printf_like(2, 3);

static void complain(const struct check *check, const char *format, ...)
{
    cleanup_with(freep) char *words = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&words, format, args) < 0) {
        abort();
    }
    va_end(args);
    problems_add(check->problems, PROBLEM_ERROR, check->place->file, check->place->line, "%s%s%s%s",
                 check->test ? "test '" : "", check->test ? check->test->name : "",
                 check->test ? "': " : "", words);
}

static int shown(const char *text)
{
    return (int)utf8_cut(text, strlen(text), SHOWN_BYTES);
}

// Complains of a word that is none of the list; NULL is none to complain of.
static void want_word(const struct check *check, const char *setting, const char *word,
                      const char *const *words, size_t count)
{
    const char *near;

    for (size_t i = 0; i < count && word; i++) {
        if (words[i] && strcmp(words[i], word) == 0) {
            return;
        }
    }
    if (word) {
        near = nearest_word(word, words, count);
        complain(check, "'%s' cannot be '%.*s'%s%s%s", setting, shown(word), word,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
}

static void want_kind(const struct check *check, const char *setting, const char *word,
                      const char *or_word)
{
    const char *names[NOTICE_KIND_COUNT + 1];

    for (int i = 0; i < NOTICE_KIND_COUNT; i++) {
        names[i] = notice_kind_name((enum notice_kind)i);
    }
    names[NOTICE_KIND_COUNT] = or_word;
    want_word(check, setting, word, names, NOTICE_KIND_COUNT + 1);
}

static void want_rep(const struct check *check, const char *setting, const char *id)
{
    const struct rulebook *book = check->rulebook;
    const char *ids[NEAR_MOST] = {"admin"};
    size_t count = 1;

    if (!id || !book || rulebook_rep(book, id)) {
        return;
    }
    for (size_t i = 0; i < book->rep_count && count < NEAR_MOST; i++) {
        ids[count++] = book->reps[i].id;
    }
    want_word(check, setting, id, ids, count);
}

static void want_rule(const struct check *check, const char *rule)
{
    const struct rulebook *book = check->rulebook;
    const char *names[NEAR_MOST] = {"unsaid"};
    size_t count = 1;

    if (!rule || !book || strncmp(rule, "law: ", 5) == 0 || strncmp(rule, "silence: ", 9) == 0) {
        return;
    }
    for (size_t i = 0; i < book->rule_count; i++) {
        if (strcmp(book->rules[i].name, rule) == 0) {
            return;
        }
        if (count < NEAR_MOST) {
            names[count++] = book->rules[i].name;
        }
    }
    want_word(check, "rule", rule, names, count);
}

// --- moments -------------------------------------------------------------------------------------

// Reads a moment, or a span behind sign ('+' or '-') that begins at from_ms.
static bool read_moment(const struct check *check, const char *setting, const char *text, char sign,
                        int64_t from_ms, int64_t *ret_ms)
{
    int64_t span_ms;

    if (text[0] == sign && span_parse(text + 1, &span_ms) == 0) {
        *ret_ms = sign == '+' ? from_ms + span_ms : from_ms - span_ms;
        return true;
    }
    if (moment_parse(text, ret_ms) == 0) {
        return true;
    }
    complain(check,
             "'%s' is neither a moment nor a span: '%.*s'; write \"2026-11-23T08:00:00Z\" or "
             "\"%c3d\"",
             setting, shown(text), text, sign);
    return false;
}

static void settle_moments(const struct check *check, struct script_step *step,
                           const struct script_step *before, int64_t start_ms)
{
    int64_t from_ms = before ? before->last_ms : start_ms, time_ms;

    step->at_ms = from_ms;
    if (step->at && read_moment(check, "at", step->at, '+', from_ms, &step->at_ms) && before &&
        step->at_ms < from_ms) {
        complain(check, "the step comes before the one above it");
    }
    step->last_ms = step->at_ms + (step->times - 1) * step->every_ms;
    if (step->time && read_moment(check, "time", step->time, '-', step->at_ms, &time_ms)) {
        step->happen_ms = time_ms - step->at_ms;
    }
}

// --- accounts ----------------------------------------------------------------------------------

// A rep's id that an account names must be one of the role, or none hears what the test is about.
static void want_role(const struct check *check, const char *setting, const char *id,
                      enum role role)
{
    const struct rep *rep = check->rulebook ? rulebook_rep(check->rulebook, id) : NULL;

    if (rep && rep->role != role) {
        complain(check, "'%s': rep '%s' has the role %s", setting, id, role_name(rep->role));
    } else if (id && strcmp(id, "admin") != 0) {
        want_rep(check, setting, id);
    }
}

static void check_accounts(struct check *check, const struct script_account *accounts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check->place = &accounts[i].place;
        want_role(check, "service", accounts[i].service, ROLE_SERVICE);
        want_role(check, "sales", accounts[i].sales, ROLE_SALES);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(accounts[j].key, accounts[i].key) == 0) {
                complain(check, "the account '%.*s' stands at %s:%d already",
                         shown(accounts[i].key), accounts[i].key, accounts[j].place.file,
                         accounts[j].place.line);
                break;
            }
        }
    }
}

// --- steps ---------------------------------------------------------------------------------------

static void check_event(const struct check *check, const struct script_step *step)
{
    const char *near;

    if (!step->event) {
        if (step->subject || step->data || step->receipt || step->time || step->id) {
            complain(check, "'event' is missing: a step without one only lets time pass");
        }
        return;
    }
    if (event_type_of(step->event) == EVENT_TYPE_COUNT) {
        near = event_type_nearest(step->event);
        complain(check, "there is no type of event '%.*s'%s%s%s", shown(step->event), step->event,
                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (step->id && step->times > 1) {
        complain(check, "an event that comes several times has no 'id' of its own choosing");
    }
}

// Data that is written as JSON in quotes becomes what it says.
static void settle_data(const struct check *check, struct script_step *step)
{
    json_error_t error;
    json_t *data, *inner;

    if (!step->data) {
        return;
    }
    data = json_loads(step->data, JSON_DECODE_ANY, NULL);
    if (json_is_string(data)) {
        inner = json_loads(json_string_value(data), JSON_REJECT_DUPLICATES, &error);
        if (inner) {
            free(step->data);
            step->data = xstrdup(json_string_value(data));
        } else {
            complain(check, "'data' is no JSON: %s", error.text);
        }
        json_decref(inner);
    } else if (!json_is_object(data)) {
        complain(check, "'data' must be a group, or JSON in quotes");
    }
    json_decref(data);
}

static void check_receipt(const struct check *check, const struct script_receipt *receipt)
{
    static const char *const statuses[] = {"accepted", "duplicate", "refused"};
    static const char *const whens[] = {"now", "digest", "no"};
    static const char *const unknowns[] = {"account", "issue", "none"};
    const char *states[ISSUE_STATE_COUNT];

    for (int i = 0; i < ISSUE_STATE_COUNT; i++) {
        states[i] = issue_state_name((enum issue_state)i);
    }
    want_word(check, "status", receipt->status, statuses, 3);
    want_word(check, "unknown", receipt->unknown, unknowns, 3);
    want_word(check, "state", receipt->state, states, ISSUE_STATE_COUNT);
    want_rep(check, "owner", receipt->owner);
    for (size_t i = 0; i < receipt->decision_count; i++) {
        const struct script_decision *decision = &receipt->decisions[i];

        want_kind(check, "action", decision->action, "none");
        want_word(check, "when", decision->when, whens, 3);
        want_rep(check, "to", decision->to);
        want_rule(check, decision->rule);
    }
}

static void check_notice(struct check *check, const struct script_step *step,
                         struct script_notice *notice)
{
    check->place = &notice->place;
    want_rep(check, "to", notice->to);
    want_kind(check, "kind", notice->kind, NULL);
    want_rule(check, notice->rule);
    if (notice->at) {
        (void)read_moment(check, "at", notice->at, '+', step->at_ms, &notice->at_ms);
    }
}

static void check_steps(struct check *check, struct script_test *test, int64_t start_ms)
{
    struct script_step *before = NULL;

    for (size_t i = 0; test->steps && i < test->step_count; i++) {
        struct script_step *step = &test->steps[i];

        check->place = &step->place;
        settle_moments(check, step, before, start_ms);
        before = step;
        check_event(check, step);
        settle_data(check, step);
        if (step->receipt) {
            check_receipt(check, step->receipt);
        }
        for (size_t j = 0; j < step->expect_count; j++) {
            check_notice(check, step, &step->expect[j]);
        }
    }
}

// --- rule books ----------------------------------------------------------------------------------

// A rule book by its path, read once; NULL where it is refused, and said so.
static const struct rulebook *load_book(const struct check *check, char *path)
{
    struct script *script = check->script;
    struct problems problems = {0};
    struct rulebook *book = NULL;

    for (size_t i = 0; i < script->loaded_count && !book; i++) {
        book = strcmp(script->loaded[i]->path, path) == 0 ? script->loaded[i] : NULL;
    }
    if (!book && rulebook_load(path, false, &book, &problems) == 0) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers it is
        size_t size = (script->loaded_count + 1) * sizeof *script->loaded;

        script->loaded = xrealloc(script->loaded, size);
        script->loaded[script->loaded_count++] = book;
    }
    text_add(&check->problems->errors, text_string(&problems.errors));
    check->problems->error_count += problems.error_count;
    problems_finish(&problems);
    return book;
}

static const struct rulebook *inner(const struct check *check, const struct inner_book *book)
{
    text_add(&check->problems->errors, text_string(&book->problems.errors));
    check->problems->error_count += book->problems.error_count;
    return book->book;
}

static const struct rulebook *load_named(const struct check *check, const char *file,
                                         const char *rules)
{
    cleanup_with(freep) char *path = source_resolve(file, rules);

    return load_book(check, path);
}

// The rule book that the tests have which name none.
static const struct rulebook *common_book(const struct check *check, const char *default_rules)
{
    const struct script *script = check->script;
    bool wanted = false;

    if (script->book.given) {
        return inner(check, &script->book);
    }
    for (size_t i = 0; i < script->test_count; i++) {
        wanted |= !script->tests[i].rules && !script->tests[i].book.given;
    }
    if (!wanted) {
        return NULL;
    }
    return script->rules ? load_named(check, script->path, script->rules)
                         : load_named(check, "", default_rules);
}

static void check_test(struct check *check, struct script_test *test, const struct rulebook *common,
                       int64_t start_ms)
{
    check->place = &test->place;
    if (test->rules && test->book.given) {
        complain(check, "a test has 'rules' or a 'book', not both");
    }
    if (test->refused_count) {
        if (!test->book.given || test->step_count) {
            complain(check, "a test with 'refused' has a 'book', and no 'steps'");
        }
        return;
    }
    if (!test->step_count) {
        complain(check, "'steps' is missing: what happens, in order");
    }
    test->rulebook = test->book.given ? inner(check, &test->book)
                     : test->rules    ? load_named(check, test->place.file, test->rules)
                                      : common;
    check->rulebook = test->rulebook;
    check_accounts(check, test->accounts, test->account_count);
    check_steps(check, test, start_ms);
}

static void check_script(struct script *script, const char *default_rules,
                         struct problems *problems)
{
    struct script_place top = {script->path, 0};
    struct check check = {.script = script, .problems = problems, .place = &top};
    const struct rulebook *common;
    int64_t start_ms = 0;

    if (script->rules && script->book.given) {
        complain(&check, "a file has 'rules' or a 'book', not both");
    }
    if (moment_parse(script->start, &start_ms) < 0) {
        complain(&check, "'start' is no moment: '%.*s'; write \"2026-11-23T08:00:00Z\"",
                 shown(script->start), script->start);
    }
    common = common_book(&check, default_rules);
    check.rulebook = common;
    check_accounts(&check, script->accounts, script->account_count);
    for (size_t i = 0; i < script->test_count; i++) {
        check.test = &script->tests[i];
        check_test(&check, &script->tests[i], common, start_ms);
    }
}

int script_load(const char *path, const char *default_rules, struct script **ret,
                struct problems *problems)
{
    cleanup_with(script_destroyp) struct script *script = xcalloc(1, sizeof *script);

    script->path = xstrdup(path);
    if (settings_load(path, &script_group, script, problems) < 0) {
        return -EINVAL;
    }
    check_script(script, default_rules, problems);
    if (problems->error_count) {
        return -EINVAL;
    }
    *ret = script;
    script = NULL;
    return 0;
}

void script_destroy(struct script *script)
{
    if (script) {
        settings_finish(&script_group, script);
        for (size_t i = 0; i < script->loaded_count; i++) {
            rulebook_destroy(script->loaded[i]);
        }
        free(script->loaded);
        free(script->path);
        free(script);
    }
}

void script_destroyp(struct script **script)
{
    script_destroy(*script);
}
