// headsup test: plays the tests of rule books, and says what is not as they expect.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/commands/commands.h"
#include "client/print.h"
#include "client/trial/player.h"
#include "client/trial/script.h"
#include "common/base/json_out.h"
#include "common/base/moment.h"

struct testing {
    const struct invocation *invocation;
    size_t tests, failed;
    bool failing;     // the test in hand has failed
    struct text json; // of all files
};

// --- for people ----------------------------------------------------------------------------------

static void print_block(const char *title, const char *lines)
{
    (void)printf("    %s\n", title);
    print_lines(stdout, "      ", lines);
}

static void print_finding(const struct finding *finding)
{
    const struct script_step *step = finding->step;
    char at[MOMENT_TEXT_BYTES];

    if (step) {
        print_line(stdout, "  %s:%d: step %zu, %s%s%s%s%s", finding->place->file,
                   finding->place->line, finding->step_number, print_moment(step->at_ms, at),
                   step->event ? ": " : "", step->event ? step->event : "",
                   step->subject ? " " : "", step->subject ? step->subject : "");
    } else {
        print_line(stdout, "  %s:%d:", finding->place->file, finding->place->line);
    }
    print_block("expected", finding->expected);
    print_block("got", finding->got);
    if (finding->explanation[0]) {
        print_block("because", finding->explanation);
    }
}

static void explain_in_words(const struct explanation *explanation, struct text *out)
{
    char *words = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&words, &size);

    if (!to) {
        abort();
    }
    explanation_print_reasons(explanation, to);
    (void)fclose(to);
    text_add_bytes(out, words, size);
    free(words);
}

// --- for programs --------------------------------------------------------------------------------

static void put_finding(const struct finding *finding, struct text *out)
{
    char at[MOMENT_TEXT_BYTES];

    json_open_object(out, NULL);
    json_put_string(out, "file", finding->place->file);
    json_put_int(out, "line", finding->place->line);
    if (finding->step) {
        json_put_int(out, "step", (int64_t)finding->step_number);
        json_put_string(out, "at", moment_format(finding->step->at_ms, at));
    } else {
        json_put_string(out, "step", NULL);
        json_put_string(out, "at", NULL);
    }
    json_put_lines(out, "expected", finding->expected);
    json_put_lines(out, "got", finding->got);
    if (finding->explanation[0]) {
        json_put_raw(out, "explanation", finding->explanation, strlen(finding->explanation));
    } else {
        json_put_string(out, "explanation", NULL);
    }
    json_close_object(out);
}

// --- both ----------------------------------------------------------------------------------------

static void on_finding(void *user, const struct finding *finding)
{
    struct testing *testing = user;

    if (testing->invocation->json) {
        put_finding(finding, &testing->json);
    } else {
        if (!testing->failing) {
            print_line(stdout, "failed: %s", finding->test->name);
        }
        print_finding(finding);
    }
    testing->failing = true;
}

static int play_one(struct testing *testing, const struct script *script,
                    const struct script_test *test)
{
    const struct player player = {.on_finding = on_finding,
                                  .explain = testing->invocation->json ? explanation_put
                                                                       : explain_in_words,
                                  .user = testing};
    struct text *out = &testing->json;
    struct error err = {0};
    int code;

    testing->failing = false;
    json_open_object(out, NULL);
    json_put_string(out, "test", test->name);
    json_put_int(out, "line", test->place.line);
    json_open_array(out, "findings");
    code = player_play(&player, script, test, &err);
    json_close_array(out);
    json_put_bool(out, "passed", !testing->failing);
    json_close_object(out);
    if (code < 0) {
        print_line(stderr, "headsup: %s: %s", test->name, err.message);
    }
    testing->tests++;
    testing->failed += testing->failing;
    return code;
}

static int play_file(struct testing *testing, const char *path)
{
    cleanup_with(script_destroyp) struct script *script = NULL;
    struct problems problems = {0};
    size_t failed = testing->failed;
    int code = script_load(path, testing->invocation->conf, &script, &problems);

    print_lines(stderr, "error: ", text_string(&problems.errors));
    problems_finish(&problems);
    if (code < 0) {
        return code;
    }
    json_open_object(&testing->json, NULL);
    json_put_string(&testing->json, "file", path);
    json_open_array(&testing->json, "tests");
    for (size_t i = 0; code == 0 && i < script->test_count; i++) {
        code = play_one(testing, script, &script->tests[i]);
    }
    json_close_array(&testing->json);
    json_close_object(&testing->json);
    if (code == 0 && !testing->invocation->json) {
        print_line(stdout, "%s: %zu test%s, %zu failed", path, script->test_count,
                   script->test_count == 1 ? "" : "s", testing->failed - failed);
    }
    return code;
}

static int run(const struct invocation *invocation)
{
    struct testing testing = {.invocation = invocation};
    int code = 0;

    json_open_object(&testing.json, NULL);
    json_open_array(&testing.json, "files");
    for (int i = 0; i < invocation->count; i++) {
        int played = play_file(&testing, invocation->arguments[i]);

        code = code < 0 ? code : played;
    }
    json_close_array(&testing.json);
    json_put_int(&testing.json, "tests", (int64_t)testing.tests);
    json_put_int(&testing.json, "failed", (int64_t)testing.failed);
    json_close_object(&testing.json);
    if (invocation->json) {
        (void)printf("%s\n", text_string(&testing.json));
    } else if (invocation->count > 1) {
        print_line(stdout, "%zu tests, %zu failed", testing.tests, testing.failed);
    }
    text_finish(&testing.json);
    return code < 0 ? EXIT_USAGE : testing.failed ? EXIT_WANTING : EXIT_DONE;
}

const struct command test_command = {
    .name = "test",
    .arguments = "FILE…",
    .summary = "play the tests of a rule book",
    .words =
        "Plays files of tests, headsup-test(5): accounts, events with their moments, and what\n"
        "must follow from each: the receipt, who is told what and when, and that nobody else\n"
        "is. Time passes on a clock of the test's own. What is not as expected is shown\n"
        "beside what came, with the reasons. Asks no daemon and no ledger. Exit status 1 "
        "where\n"
        "a test failed, 2 where a file or its rule book cannot be read.",
    .example = "  headsup test /etc/headsup/headsup.test\n",
    .least = 1,
    .most = -1,
    .run = run,
};
