// Plays a scenario: the rule book and the events of a script, on a desk with a clock of its own,
// and what must follow from each. A script reads so:
//
//   # words
//   book:                         begins anew; small_book.h's four people are there already
//   book alone:                   the same without anybody
//     rules: ( … );               lines of the rule book, indented
//   refused WORDS                 or: the book is refused, and these words are in the reason
//   +2h issue.opened INV-7 "account":"XYZ", …      two hours on, this event
//   +3d rings 1                   three days on, one alarm rings
//   +0s (3h late) issue.updated INV-7 …            it happened three hours before
//     rich now heads_up: RULE     who is told what, when (now, digest, no), and by which rule: all
//     pat no owner: RULE          the decisions, in their order, or none of them
//     issue open hop 0 owner pat  how the issue stands
//     unknown account             what was not on record
//     say WORDS                   what to tell the customer
//     terms WORDS                 what was agreed, as the publisher sees it
//     words rich                  what that rep's notice says, a line each, headline first
//     | XYZ Co.: charged twice
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/moment.h"
#include "common/verdict/words.h"
#include "tests/support/small_book.h"
#include "tests/support/stage.h"

enum { MOST = 8, SCRIPT_BYTES = 64 * 1024 };

struct play {
    const char *path;
    int line;
    struct stage stage;
    bool open;        // the stage is
    struct text book; // as far as it was read
    json_t *receipt;  // of the last event
    struct notice_record notices[MOST];
    size_t notice_count, notice_at; // of the last event; how many of them were expected
    struct text expected_words;     // what a "words" line waits for
    int words_line, failures, checks;
};

static void fail(struct play *play, int line, const char *expected, const char *actual)
{
    (void)fprintf(stderr, "%s:%d: expected: %s\n%s:%d: actual:   %s\n", play->path, line, expected,
                  play->path, line, actual);
    play->failures++;
}

static void check(struct play *play, const char *expected, const char *actual)
{
    play->checks++;
    if (strcmp(expected, actual) != 0) {
        fail(play, play->line, expected, actual);
    }
}

// --- what followed from an event -----------------------------------------------------------------

static const char *when_of(const struct notice_record *notice)
{
    return notice->fate == FATE_WAITING ? "now" : notice->fate == FATE_DIGEST ? "digest" : "no";
}

static void decision_line(const struct notice_record *notice, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s %s %s: %s", notice->rep, when_of(notice),
                   notice_kind_name(notice->kind), notice->rule);
}

static void expect_decision(struct play *play, const char *expected)
{
    char actual[512] = "no further decision";

    if (play->notice_at < play->notice_count) {
        decision_line(&play->notices[play->notice_at], actual, sizeof actual);
    }
    play->notice_at++;
    check(play, expected, actual);
}

static void expect_issue(struct play *play, const char *expected)
{
    const json_t *issue = json_object_get(play->receipt, "issue");
    const char *state = json_string_value(json_object_get(issue, "state"));
    const char *owner = json_string_value(json_object_get(issue, "owner"));
    char actual[512];

    (void)snprintf(actual, sizeof actual, "issue %s hop %lld owner %s", state ? state : "-",
                   (long long)json_integer_value(json_object_get(issue, "hop")),
                   owner ? owner : "-");
    check(play, expected, actual);
}

// A member of the receipt, or of an object in it.
static void expect_member(struct play *play, const char *expected, const char *object,
                          const char *name)
{
    const json_t *from = object ? json_object_get(play->receipt, object) : play->receipt;
    const char *actual = json_string_value(json_object_get(from, name));

    check(play, expected, actual ? actual : "nothing");
}

// The words of the notice to that rep, as they would be sent now.
static void write_words(struct play *play, const char *rep, struct text *out)
{
    struct stage *stage = &play->stage;

    for (size_t i = 0; i < play->notice_count; i++) {
        const struct notice_record *record = &play->notices[i];
        const char *key =
            json_string_value(json_object_get(json_object_get(play->receipt, "issue"), "key"));
        struct case_file file = stage_case(stage, key);
        struct notice notice = {
            .kind = record->kind,
            .to = record->rep,
            .rule = record->rule,
            .why = record->why,
            .words = record->words,
            .tier = verdict_tier(stage->rulebook, &file, stage->now_ms),
            .currency = stage->rulebook->currency,
            .file = &file,
            .service =
                verdict_person(stage->rulebook, &file.account, ROLE_SERVICE, stage->now_ms, NULL),
            .sales =
                verdict_person(stage->rulebook, &file.account, ROLE_SALES, stage->now_ms, NULL),
        };

        if (strcmp(record->rep, rep) == 0) {
            words_headline(out, &notice, stage->now_ms);
            text_add(out, "\n");
            words_body(out, &notice, stage->now_ms);
            text_add(out, "\n");
        }
    }
}

// The lines after a "words" line are read to their end before they are held against it.
static void finish_words(struct play *play, const char *rep)
{
    static char kept[64];
    struct text actual = {0};

    if (play->words_line) {
        write_words(play, kept, &actual);
        play->checks++;
        if (strcmp(text_string(&actual), text_string(&play->expected_words)) != 0) {
            fail(play, play->words_line, text_string(&play->expected_words), text_string(&actual));
        }
    }
    text_finish(&actual);
    text_clear(&play->expected_words);
    (void)snprintf(kept, sizeof kept, "%s", rep ? rep : "");
    play->words_line = rep ? play->line : 0;
}

static void expect(struct play *play, const char *line)
{
    static const char *const whens[] = {" now ", " digest ", " no "};

    if (line[0] == '|') {
        text_addf(&play->expected_words, "%s\n", line[1] == ' ' ? line + 2 : line + 1);
        return;
    }
    finish_words(play, NULL);
    if (strncmp(line, "words ", 6) == 0) {
        finish_words(play, line + 6);
    } else if (strncmp(line, "issue ", 6) == 0) {
        expect_issue(play, line);
    } else if (strncmp(line, "say ", 4) == 0) {
        expect_member(play, line + 4, "answer", "say");
    } else if (strncmp(line, "terms ", 6) == 0) {
        expect_member(play, line + 6, "terms", "summary");
    } else if (strncmp(line, "unknown ", 8) == 0) {
        expect_member(play, line + 8, NULL, "unknown");
    } else {
        for (size_t i = 0; i < sizeof whens / sizeof whens[0]; i++) {
            const char *at = strstr(line, whens[i]);

            if (at && at < strchr(line, ':')) {
                expect_decision(play, line);
                return;
            }
        }
        fail(play, play->line, "an expectation", line);
    }
}

// --- the script ----------------------------------------------------------------------------------

// What an event led to and nobody expected, where any of its decisions was expected.
static void finish_event(struct play *play)
{
    finish_words(play, NULL);
    for (size_t i = play->notice_at; play->notice_at && i < play->notice_count; i++) {
        char actual[512];

        decision_line(&play->notices[i], actual, sizeof actual);
        fail(play, play->line, "no further decision", actual);
    }
    json_decref(play->receipt);
    play->receipt = NULL;
    play->notice_count = play->notice_at = 0;
}

// people: the rule book begins with small_book.h's.
static void finish_book(struct play *play, bool people)
{
    finish_event(play);
    if (play->open) {
        stage_close(&play->stage);
        play->open = false;
    }
    text_clear(&play->book);
    text_add(&play->book, people ? small_book_people : "");
}

static void expect_refusal(struct play *play, const char *words)
{
    char path[] = "/tmp/headsup-play-XXXXXX";
    struct rulebook *book = NULL;
    struct problems problems = {0};
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, play->book.bytes, play->book.size) != (ssize_t)play->book.size) {
        abort();
    }
    (void)close(fd);
    play->checks++;
    if (rulebook_load(path, false, &book, &problems) == 0) {
        fail(play, play->line, words, "the rule book is taken");
    } else if (!strstr(text_string(&problems.errors), words)) {
        fail(play, play->line, words, text_string(&problems.errors));
    }
    (void)unlink(path);
    rulebook_destroy(book);
    problems_finish(&problems);
}

static void publish(struct play *play, const char *type, const char *subject, const char *data)
{
    const char *status;
    char where[64], rung[16];

    if (strcmp(type, "rings") == 0) {
        (void)snprintf(rung, sizeof rung, "%d", stage_ring(&play->stage, &play->receipt));
        check(play, subject, rung);
    } else {
        play->receipt = stage_receipt(&play->stage, type, subject, data);
    }
    status = json_string_value(json_object_get(play->receipt, "status"));
    if (status && strcmp(status, "accepted") != 0) {
        fail(play, play->line, "accepted", text_string(&play->stage.receipt));
    }
    (void)snprintf(where, sizeof where, "n.event = %lld",
                   (long long)json_integer_value(json_object_get(play->receipt, "seq")));
    play->notice_count = stage_notices(&play->stage, where, play->notices, MOST);
}

// "2h issue.opened INV-7 …" or "2h (3h late) issue.opened INV-7 …"
static void play_event(struct play *play, const char *line)
{
    char span[32], late[32] = "0s", type[64], subject[128];
    int used = 0;
    int64_t span_ms, late_ms;

    finish_event(play);
    if (!play->open) {
        stage_open(&play->stage, text_string(&play->book), NULL);
        play->open = true;
    }
    if (sscanf(line, "%31s (%31[^ ] late) %63s %127s %n", span, late, type, subject, &used) < 4 &&
        sscanf(line, "%31s %63s %127s %n", span, type, subject, &used) < 3) {
        fail(play, play->line, "+SPAN TYPE SUBJECT …", line);
        return;
    }
    if (span_parse(span, &span_ms) < 0 || span_parse(late, &late_ms) < 0) {
        fail(play, play->line, "a span such as 2h", line);
        return;
    }
    play->stage.now_ms += span_ms;
    play->stage.late_ms = late_ms;
    publish(play, type, subject, line + used);
}

static void play_line(struct play *play, const char *line)
{
    const char *inside = line + strspn(line, " ");

    if (inside[0] == '#' || inside[0] == '\0') {
        return;
    }
    if (strcmp(line, "book:") == 0) {
        finish_book(play, true);
    } else if (strcmp(line, "book alone:") == 0) {
        finish_book(play, false);
    } else if (strncmp(line, "refused ", 8) == 0) {
        expect_refusal(play, line + 8);
    } else if (line[0] == '+') {
        play_event(play, line + 1);
    } else if (line[0] == ' ' && play->receipt) {
        expect(play, inside);
    } else if (line[0] == ' ') {
        text_addf(&play->book, "%s\n", inside);
    } else {
        fail(play, play->line, "a line of a script", line);
    }
}

static void play_script(struct play *play, char *script)
{
    char *rest = script, *line;

    while ((line = strsep(&rest, "\n"))) {
        play->line++;
        play_line(play, line);
    }
    finish_book(play, true);
    if (play->checks == 0) {
        fail(play, play->line, "something is checked", "nothing is");
    }
}

int main(int argc, char **argv)
{
    struct play play = {.path = argc == 2 ? argv[1] : NULL};
    struct text script = {0};
    struct error err;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s SCRIPT\n", argv[0]);
        return 2;
    }
    if (file_read(argv[1], SCRIPT_BYTES, &script, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    play_script(&play, script.bytes);
    (void)printf("%s: %d checks, %d failed\n", argv[1], play.checks, play.failures);
    text_finish(&script);
    text_finish(&play.book);
    text_finish(&play.expected_words);
    return play.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
