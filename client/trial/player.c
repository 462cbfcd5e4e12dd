#include "client/trial/player.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/print.h"
#include "client/trial/receipt_check.h"
#include "client/trial/told.h"
#include "client/trial/trial.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"

// What is on record before the first step is so since a second before it.
enum { RECORD_BEFORE_MS = SECOND_MS };

struct play {
    const struct player *player;
    const struct script_test *test;
    struct trial *trial;
    bool listening;        // the steps have begun
    struct told_list told; // since the step in hand
    struct text bytes, receipt, explanation, expected, got;
    int events; // that were made: their ids count up
    int code;   // of a failure inside the listener
    struct error err;
};

static void play_finish(struct play *play)
{
    trial_close(play->trial);
    told_finish(&play->told);
    text_finish(&play->bytes);
    text_finish(&play->receipt);
    text_finish(&play->explanation);
    text_finish(&play->expected);
    text_finish(&play->got);
}

static void on_sent(void *user, const struct notice_record *record, int64_t at_ms)
{
    struct play *play = user;
    struct notice notice;

    if (play->listening && play->code == 0) {
        play->code = trial_words(play->trial, record, at_ms, &notice, &play->err);
        if (play->code == 0) {
            told_add(&play->told, record, &notice, at_ms);
        }
    }
}

// What is in expected and got was found wanting.
static void find(struct play *play, const struct script_place *place,
                 const struct script_step *step)
{
    struct finding finding = {
        .test = play->test,
        .place = place,
        .step = step,
        .step_number = step ? (size_t)(step - play->test->steps) + 1 : 0,
        .expected = text_string(&play->expected),
        .got = text_string(&play->got),
        .explanation = text_string(&play->explanation),
    };

    play->player->on_finding(play->player->user, &finding);
    text_clear(&play->expected);
    text_clear(&play->got);
    text_clear(&play->explanation); // once a step
}

// --- events --------------------------------------------------------------------------------------

// Begins an event of type, about subject, that happened at that moment; its data is yet to be put.
static void begin_event(struct play *play, const char *type, const char *subject, int64_t time_ms)
{
    char name[64], time[MOMENT_TEXT_BYTES];

    play->events++;
    (void)snprintf(name, sizeof name, "headsup.%s", type);
    text_clear(&play->bytes);
    json_open_object(&play->bytes, NULL);
    json_put_string(&play->bytes, "specversion", "1.0");
    json_put_string(&play->bytes, "type", name);
    json_put_string(&play->bytes, "time", moment_format(time_ms, time));
    if (subject) {
        json_put_string(&play->bytes, "subject", subject);
    }
}

static void put_id(struct play *play, const char *id, const char *source)
{
    char own[32];

    (void)snprintf(own, sizeof own, "event %d", play->events);
    json_put_string(&play->bytes, "id", id ? id : own);
    json_put_string(&play->bytes, "source", source);
}

static int handle(struct play *play, int64_t at_ms, struct error *err)
{
    const struct event_slice slice = {play->bytes.bytes, play->bytes.size};
    int code;

    text_clear(&play->receipt);
    code = trial_event(play->trial, &slice, at_ms, &play->receipt, err);
    if (code == 0 && play->code < 0) {
        *err = play->err;
        code = play->code;
    }
    return code;
}

// --- what is on record ---------------------------------------------------------------------------

static void put_known(struct text *out, const char *name, const char *value)
{
    if (value) {
        json_put_string(out, name, value);
    }
}

static void write_account(struct play *play, const struct script_account *account, int64_t at_ms)
{
    struct text *out = &play->bytes;

    begin_event(play, "account.updated", account->key, at_ms);
    put_id(play, NULL, "/test/record");
    json_open_object(out, "data");
    put_known(out, "name", account->name);
    put_known(out, "tier", account->tier);
    put_known(out, "group", account->group);
    put_known(out, "service", account->service);
    put_known(out, "sales", account->sales);
    put_known(out, "region", account->region);
    put_known(out, "currency", account->currency);
    if (account->value) {
        json_put_raw(out, "value", account->value, strlen(account->value));
    }
    json_close_object(out);
    json_close_object(out);
}

static void write_terms(struct play *play, const struct script_account *account, int64_t at_ms)
{
    begin_event(play, "account.terms_agreed", account->key, at_ms);
    put_id(play, NULL, "/test/record");
    json_open_object(&play->bytes, "data");
    json_put_string(&play->bytes, "summary", account->terms->summary);
    put_known(&play->bytes, "link", account->terms->link);
    put_known(&play->bytes, "agreed_by", account->terms->agreed_by);
    json_close_object(&play->bytes);
    json_close_object(&play->bytes);
}

static int put_on_record(struct play *play, const struct script_account *account, int64_t at_ms,
                         struct error *err)
{
    int code;

    write_account(play, account, at_ms);
    code = handle(play, at_ms, err);
    if (code == 0 && account->terms) {
        write_terms(play, account, at_ms);
        code = handle(play, at_ms, err);
    }
    if (code == 0 && account->kickoff) {
        begin_event(play, "account.kickoff_held", account->key, at_ms);
        put_id(play, NULL, "/test/record");
        json_close_object(&play->bytes);
        code = handle(play, at_ms, err);
    }
    // each of them is accepted, or the last of them says why not
    if (code == 0 && !receipt_check(NULL, play->receipt.bytes, play->receipt.size, &play->expected,
                                    &play->got)) {
        find(play, &account->place, NULL);
    }
    return code;
}

static int put_all_on_record(struct play *play, const struct script *script, struct error *err)
{
    int64_t at_ms = play->test->steps[0].at_ms - RECORD_BEFORE_MS;
    int code = 0;

    for (size_t i = 0; code == 0 && i < script->account_count; i++) {
        code = put_on_record(play, &script->accounts[i], at_ms, err);
    }
    for (size_t i = 0; code == 0 && i < play->test->account_count; i++) {
        code = put_on_record(play, &play->test->accounts[i], at_ms, err);
    }
    return code;
}

// --- steps ---------------------------------------------------------------------------------------

static void write_event(struct play *play, const struct script_step *step, int64_t at_ms)
{
    begin_event(play, step->event, step->subject, at_ms + step->happen_ms);
    put_id(play, step->id, step->source);
    if (step->data) {
        json_put_raw(&play->bytes, "data", step->data, strlen(step->data));
    }
    json_close_object(&play->bytes);
}

// Writes down how what the event leads to comes about, as things stand now.
static int explain(struct play *play, struct error *err)
{
    struct event event = {0};
    struct refusal why = {0};
    struct desk_trial trial;
    int code = 0;

    text_clear(&play->explanation);
    if (event_parse(play->bytes.bytes, play->bytes.size, trial_now(play->trial), &event, &why) ==
        0) {
        code = desk_try(trial_desk(play->trial), &event, &trial, err);
        if (code == 0) {
            const struct explanation explanation = {play->test->rulebook, &event, &trial};

            play->player->explain(&explanation, &play->explanation);
        }
    }
    event_finish(&event);
    return code;
}

static int play_events(struct play *play, const struct script_step *step, struct error *err)
{
    int code = 0;

    for (int64_t i = 0; code == 0 && i < step->times; i++) {
        int64_t at_ms = step->at_ms + i * step->every_ms;

        write_event(play, step, at_ms);
        code = trial_pass(play->trial, at_ms, err);
        if (code == 0 && i + 1 == step->times) {
            code = explain(play, err);
        }
        if (code == 0) {
            code = handle(play, at_ms, err);
        }
    }
    if (code == 0 && !receipt_check(step->receipt, play->receipt.bytes, play->receipt.size,
                                    &play->expected, &play->got)) {
        find(play, &step->place, step);
    }
    return code;
}

// Lets the time pass to the end of what belongs to a step, and looks at what came.
static int end_step(struct play *play, const struct script_step *step, int64_t end_ms,
                    struct error *err)
{
    int code = trial_pass(play->trial, end_ms, err);
    char until[MOMENT_TEXT_BYTES];

    if (code == 0 && step->expect && !told_meets(&play->told, step, &play->expected, &play->got)) {
        if (play->got.size == 0) {
            text_addf(&play->got, "nobody%s was told, until %s\n", play->told.count ? " else" : "",
                      print_moment(end_ms, until));
        } else if (play->expected.size == 0) {
            text_addf(&play->expected, "nobody%s is told\n", step->expect_count ? " else" : "");
        }
        find(play, &step->place, step);
    }
    told_clear(&play->told);
    text_clear(&play->explanation);
    return code;
}

static int play_steps(struct play *play, struct error *err)
{
    const struct script_test *test = play->test;
    int code = trial_pass(play->trial, test->steps[0].at_ms - 1, err);

    play->listening = true;
    for (size_t i = 0; code == 0 && i < test->step_count; i++) {
        const struct script_step *step = &test->steps[i];

        if (step->event) {
            code = play_events(play, step, err);
        }
        if (code == 0) {
            code = end_step(
                play, step,
                i + 1 < test->step_count ? step[1].at_ms - 1 : step->last_ms + test->until_ms, err);
        }
    }
    return code;
}

// --- a test --------------------------------------------------------------------------------------

static void play_refused(struct play *play)
{
    const struct inner_book *book = &play->test->book;
    const char *errors = text_string(&book->problems.errors);

    for (size_t i = 0; i < play->test->refused_count; i++) {
        if (!strstr(errors, play->test->refused[i])) {
            text_addf(&play->expected, "the rule book is refused: %s\n", play->test->refused[i]);
        }
    }
    if (play->expected.size) {
        text_add(&play->got, *errors ? errors : "the rule book is good\n");
        find(play, &play->test->place, NULL);
    }
}

int player_play(const struct player *player, const struct script *script,
                const struct script_test *test, struct error *err)
{
    cleanup_with(play_finish) struct play play = {.player = player, .test = test};
    const struct trial_listener listener = {.sent = on_sent, .user = &play};
    int code;

    told_init(&play.told);
    if (test->refused_count) {
        play_refused(&play);
        return 0;
    }
    code = trial_open(test->rulebook, TRIAL_IN_MEMORY, &listener, &play.trial, err);
    if (code == 0) {
        code = put_all_on_record(&play, script, err);
    }
    return code < 0 ? code : play_steps(&play, err);
}
