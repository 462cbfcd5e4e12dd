// Each format against a golden file a kind of notice, and against hostile text. With GOLDEN_WRITE
// set the golden files are written anew: read what changed before you keep it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/verdict/words_test.h"
#include "tests/unit/letters.h"

// Compares with the golden file, or writes it.
static void check_golden(const char *format, const char *name, const struct text *out)
{
    char path[512];
    struct text golden = {0};
    struct error err;

    (void)snprintf(path, sizeof path, "%s/%s_%s.json", GOLDEN_FOLDER, format, name);
    if (getenv("GOLDEN_WRITE")) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_true(fprintf(file, "%s\n", text_string(out)) > 0);
        assert_int_equal(fclose(file), 0);
    }
    if (file_read(path, 1 << 20, &golden, &err) < 0) {
        fail_msg("%s", err.message);
    }
    assert_true(golden.size > 0 && golden.bytes[golden.size - 1] == '\n');
    golden.bytes[golden.size - 1] = '\0';
    assert_string_equal(text_string(out), golden.bytes);
    text_finish(&golden);
}

static json_t *parse(const struct text *out)
{
    json_error_t error;
    json_t *root = json_loadb(out->bytes, out->size, JSON_REJECT_DUPLICATES, &error);

    if (!root) {
        fail_msg("%s: %s", error.text, text_string(out));
    }
    return root;
}

static void golden_files_hold(void **state)
{
    (void)state;
    for (int i = 0; i < FORMAT_COUNT * NOTICE_KIND_COUNT; i++) {
        enum notice_kind kind = (enum notice_kind)(i % NOTICE_KIND_COUNT);
        enum payload_format format = (enum payload_format)(i / NOTICE_KIND_COUNT);
        struct text out = {0}, headline = {0}, body = {0};
        struct notice notice = example(kind, &headline, &body);
        const char *type = write_as(&out, format, &notice, headline.bytes, body.bytes);

        assert_string_equal(type, format == FORMAT_GENERIC ? "application/cloudevents+json"
                                                           : "application/json");
        check_golden(formats_words.words[format], notice_kind_name(kind), &out);
        text_finish(&out);
        text_finish(&headline);
        text_finish(&body);
    }
}

static void a_notice_with_the_least_is_written(void **state)
{
    struct notice notice = {.id = "hn_1", .kind = NOTICE_TEST, .to = "rich"};
    struct text out = {0};
    json_t *root, *data;

    (void)state;
    (void)write_as(&out, FORMAT_GENERIC, &notice, "", "");
    root = parse(&out);
    data = json_object_get(root, "data");
    assert_string_equal(json_string_value(json_object_get(root, "time")),
                        "2026-11-21T08:16:00.250Z");
    assert_string_equal(json_string_value(json_object_get(root, "subject")), "test");
    assert_true(json_is_null(json_object_get(data, "account")));
    assert_true(json_is_null(json_object_get(data, "issue")));
    assert_int_equal(json_array_size(json_object_get(data, "events")), 0);
    json_decref(root);
    text_clear(&out);
    (void)write_as(&out, FORMAT_SLACK, &notice, "", "");
    root = parse(&out);
    assert_int_equal(json_array_size(json_object_get(root, "blocks")), 2);
    json_decref(root);
    text_finish(&out);
}

static void generic_keeps_every_character(void **state)
{
    static const char hostile[] = "\"\\/\b\x1b</script>\n\t\x01 <!channel> @everyone 💥 é \u2028";
    struct notice notice = new_notice(NOTICE_HEADS_UP);
    struct text out = {0};
    json_t *root, *data;

    (void)state;
    (void)write_as(&out, FORMAT_GENERIC, &notice, hostile, hostile);
    root = parse(&out);
    data = json_object_get(root, "data");
    assert_string_equal(json_string_value(json_object_get(data, "headline")), hostile);
    assert_string_equal(json_string_value(json_object_get(data, "body")), hostile);
    assert_null(strchr(out.bytes, '\n'));
    json_decref(root);
    text_finish(&out);
}

static const char *block_text(json_t *root, size_t index, const char **ret_type)
{
    json_t *block = json_array_get(json_object_get(root, "blocks"), index);
    json_t *text = json_object_get(block, "text");

    if (!text) {
        text = json_array_get(json_object_get(block, "elements"), 0);
    }
    *ret_type = json_string_value(json_object_get(block, "type"));
    assert_string_equal(json_string_value(json_object_get(text, "type")), "plain_text");
    assert_true(json_is_false(json_object_get(text, "emoji")));
    return json_string_value(json_object_get(text, "text"));
}

static void slack_defuses_mentions_and_markup(void **state)
{
    static const char hostile[] = "<!channel> & <@U123> <https://evil.example|click> @everyone "
                                  "a.b@example.com \x07\x1b[31m";
    struct notice notice = new_notice(NOTICE_HEADS_UP);
    struct text out = {0};
    const char *fallback, *type;
    json_t *root;

    (void)state;
    notice.why = hostile;
    notice.rule = "law: one hop"; // which says why itself
    (void)write_as(&out, FORMAT_SLACK, &notice, hostile, hostile);
    root = parse(&out);
    fallback = json_string_value(json_object_get(root, "text"));
    assert_null(strpbrk(fallback, "<>\x07\x1b"));
    assert_non_null(strstr(fallback, "&lt;!channel&gt; &amp; &lt;@\u200bU123&gt;"));
    assert_null(strstr(fallback, "@everyone"));
    assert_non_null(strstr(fallback, "@\u200beveryone"));
    assert_non_null(strstr(fallback, "a.b@example.com")); // no mention
    assert_true(json_is_false(json_object_get(root, "unfurl_links")));
    assert_true(json_is_false(json_object_get(root, "unfurl_media")));
    assert_true(json_is_false(json_object_get(root, "mrkdwn")));
    // shown as it stands, and nothing of it works there
    assert_string_equal(block_text(root, 0, &type),
                        "<!channel> & <@U123> <https://evil.example|click> @everyone "
                        "a.b@example.com   [31m");
    assert_string_equal(type, "header");
    assert_null(strpbrk(block_text(root, 1, &type), "\x07\x1b"));
    assert_string_equal(type, "section");
    assert_null(strpbrk(block_text(root, 2, &type), "\x07\x1b"));
    assert_string_equal(type, "context");
    assert_null(strstr(out.bytes, "mrkdwn\":true"));
    assert_null(strstr(out.bytes, "\"mrkdwn\",")); // no text object of that type
    json_decref(root);
    text_finish(&out);
}

static size_t ends_in_dots(const char *string)
{
    size_t size = strlen(string);

    return size >= 3 && strcmp(string + size - 3, "…") == 0;
}

// Text of `count` times `piece`; the caller frees it.
static char *repeat(const char *piece, size_t count)
{
    struct text text = {0};

    for (size_t i = 0; i < count; i++) {
        text_add(&text, piece);
    }
    return text.bytes;
}

static void slack_cuts_to_its_limits(void **state)
{
    static const char *const pieces[] = {"x", "é", "💥", "&", "<!here>", "a line of words\n", "\n"};
    struct notice notice = new_notice(NOTICE_HEADS_UP);

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char *hostile = repeat(pieces[i], 100000);
        struct text out = {0};
        const char *type, *words, *fallback;
        size_t count;
        json_t *root;

        notice.why = hostile;
        notice.rule = "law: one hop"; // which says why itself
        (void)write_as(&out, FORMAT_SLACK, &notice, hostile, hostile);
        root = parse(&out);
        count = json_array_size(json_object_get(root, "blocks"));
        assert_in_range(count, 3, 10);
        words = block_text(root, 0, &type);
        assert_int_equal(utf8_length(words, strlen(words)), 150);
        assert_true(ends_in_dots(words));
        for (size_t block = 1; block + 1 < count; block++) {
            words = block_text(root, block, &type);
            assert_string_equal(type, "section");
            assert_in_range(utf8_length(words, strlen(words)), 1, 3000);
            assert_int_equal(ends_in_dots(words), block + 2 == count);
        }
        words = block_text(root, count - 1, &type);
        assert_string_equal(type, "context");
        assert_in_range(utf8_length(words, strlen(words)), 1000, 1100);
        assert_non_null(strstr(words, "hn_5f3a_17")); // never cut off
        fallback = json_string_value(json_object_get(root, "text"));
        assert_in_range(strlen(fallback), 500, 500 * 5 + 3);
        assert_true(ends_in_dots(fallback));
        json_decref(root);
        text_finish(&out);
        free(hostile);
    }
}

static void slack_breaks_a_body_at_its_lines(void **state)
{
    struct notice notice = new_notice(NOTICE_DIGEST);
    char *body = repeat("forty characters in each of these lines\n", 100);
    struct text out = {0}, joined = {0};
    const char *type;
    json_t *root;

    (void)state;
    body[strlen(body) - 1] = '\0';
    (void)write_as(&out, FORMAT_SLACK, &notice, "100 things", body);
    root = parse(&out);
    assert_int_equal(json_array_size(json_object_get(root, "blocks")), 4);
    text_add(&joined, block_text(root, 1, &type));
    text_add(&joined, "\n");
    text_add(&joined, block_text(root, 2, &type));
    assert_string_equal(joined.bytes, body); // nothing is lost, no line is parted
    json_decref(root);
    text_finish(&out);
    text_finish(&joined);
    free(body);
}

static size_t count_of(const char *string, const char *piece)
{
    size_t count = 0;

    for (const char *at = string; (at = strstr(at, piece)); at += strlen(piece)) {
        count++;
    }
    return count;
}

// Each case that is there is there whole, and the rest is counted.
static void check_cases(const char *string, size_t in_all)
{
    size_t listed = count_of(string, "BEGIN");
    char more[32];

    assert_in_range(listed, 0, in_all - 1);
    assert_int_equal(count_of(string, "END"), listed);
    (void)snprintf(more, sizeof more, "and %zu more", in_all - listed);
    assert_int_equal(count_of(string, more), 1);
    assert_null(strstr(string, "…"));
}

// What a phone shows at first sight counts them too.
static void check_brief(json_t *root, const char *name, size_t in_all)
{
    const char *brief = json_string_value(json_object_get(root, name));

    if (brief && strchr(brief, '\n')) {
        check_cases(brief, in_all);
    }
    (void)json_object_del(root, name);
}

// Of 40 cases, 25 are written out: as many of them as there is room for.
static void check_digest_of_forty(enum payload_format format, const char *piece, size_t pieces)
{
    enum { LISTED = 25, IN_ALL = 40 };
    struct digest_line lines[LISTED];
    struct notice notice = new_notice(NOTICE_DIGEST);
    struct text out = {0}, line = {0}, body = {0};
    char *words = repeat(piece, pieces), *dump;
    json_t *root;

    text_addf(&line, "BEGIN %s END", words);
    for (size_t i = 0; i < LISTED; i++) {
        lines[i] = (struct digest_line){.key = "I", .words = text_string(&line)};
    }
    notice.lines = lines;
    notice.line_count = LISTED;
    notice.more_lines = IN_ALL - LISTED;
    words_body(&body, &notice, NOW_MS);
    (void)write_as(&out, format, &notice, "Your digest: 40 cases", text_string(&body));
    root = parse(&out);
    if (format == FORMAT_SLACK) {
        check_brief(root, "text", IN_ALL);
    } else if (format == FORMAT_GOOGLE_CHAT) {
        check_brief(root, "fallbackText", IN_ALL);
    } else if (format == FORMAT_GENERIC) { // its items are the same lines
        (void)json_object_del(json_object_get(root, "data"), "items");
    }
    dump = json_dumps(root, JSON_COMPACT);
    check_cases(dump, IN_ALL);
    free(dump);
    free(words);
    json_decref(root);
    text_finish(&out);
    text_finish(&line);
    text_finish(&body);
}

static void a_digest_leaves_whole_lines_out_and_counts_them(void **state)
{
    static const char *const pieces[] = {"x", "é", "💥", "<b>&* ", "[a](b) ", "@all <@1> "};
    static const size_t sizes[] = {10, 100, 300, 800};

    (void)state;
    for (size_t i = 0; i < FORMAT_COUNT * (sizeof pieces / sizeof *pieces) * 4; i++) {
        const char *piece = pieces[i / FORMAT_COUNT % 6];

        check_digest_of_forty((enum payload_format)(i % FORMAT_COUNT), piece,
                              sizes[i / FORMAT_COUNT / 6] / strlen(piece));
    }
}

// What a rule's template says is cut, and not what the reader is to do, nor what follows it.
static void a_long_template_leaves_the_rest_its_room(void **state)
{
    static const char *const pieces[] = {"words ", "é", "💥", "<b>&* ", "[a](b) "};

    (void)state;
    for (size_t i = 0; i < FORMAT_COUNT * (sizeof pieces / sizeof *pieces); i++) {
        char *words = repeat(pieces[i / FORMAT_COUNT], 600);
        struct case_file file = about_issue;
        struct notice notice = new_notice(NOTICE_HEADS_UP);
        struct text out = {0}, body = {0};

        file.issue.explanation = file.issue.plan = file.issue.contact = words;
        notice.file = &file;
        notice.body = "Told them: {explanation}\nDone: {plan}\nTo: {contact}\nSo: {explanation} "
                      "{plan} {contact}";
        words_body(&body, &notice, NOW_MS);
        (void)write_as(&out, (enum payload_format)(i % FORMAT_COUNT), &notice, "a headline",
                       text_string(&body));
        assert_non_null(strstr(out.bytes, "Told them: "));
        assert_non_null(strstr(out.bytes, "You: it is yours"));
        assert_non_null(strstr(out.bytes, "Last 90 days: 3 issues, 1 open."));
        text_finish(&out);
        text_finish(&body);
        free(words);
    }
}

static void a_limit_is_met_exactly(void **state)
{
    struct notice notice = new_notice(NOTICE_HEADS_UP);
    char *headline = repeat("é", 150), *body = repeat("💥", 3000);
    struct text out = {0};
    const char *type;
    json_t *root;

    (void)state;
    (void)write_as(&out, FORMAT_SLACK, &notice, headline, body);
    root = parse(&out);
    assert_int_equal(json_array_size(json_object_get(root, "blocks")), 3);
    assert_string_equal(block_text(root, 0, &type), headline);
    assert_string_equal(block_text(root, 1, &type), body);
    json_decref(root);
    text_finish(&out);
    free(headline);
    free(body);
}

static void generic_takes_a_hundred_kilobytes(void **state)
{
    struct notice notice = new_notice(NOTICE_HEADS_UP);
    char *body = repeat("💥\"\n\x01", 15000);
    struct text out = {0};
    json_t *root;

    (void)state;
    (void)write_as(&out, FORMAT_GENERIC, &notice, "big", body);
    root = parse(&out);
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "data"), "body")),
                        body);
    json_decref(root);
    text_finish(&out);
    free(body);
}

// With the real words, about an issue and about none, urgent and not.
static void every_format_renders_every_kind(void **state)
{
    const struct case_file *const cases[] = {&about_issue, &bare_issue, &about_account};

    (void)state;
    for (int i = 0; i < FORMAT_COUNT * NOTICE_KIND_COUNT * 3 * 2; i++) {
        struct notice notice = new_notice((enum notice_kind)(i / 6 % NOTICE_KIND_COUNT));
        struct text out = {0}, headline = {0}, body = {0};

        notice.urgent = i % 2;
        notice.file = cases[i / 2 % 3];
        notice.words = "I want to speak to @everyone's <b>manager</b>";
        words_headline(&headline, &notice, NOW_MS);
        words_body(&body, &notice, NOW_MS);
        assert_true(headline.size > 0 && body.size > 0);
        (void)write_as(&out, (enum payload_format)(i / 6 / NOTICE_KIND_COUNT), &notice,
                       headline.bytes, body.bytes);
        text_finish(&out);
        text_finish(&headline);
        text_finish(&body);
    }
}

// What the receiver would fall for, and how long it may be, payload_check() knows.
static void every_format_stands_hostile_text(void **state)
{
    static const char *const pieces[] = {"x",     "é",      "💥",       "&",        "\"", "\\",
                                         "@all ", "<@U1> ", "[a](b) ", "a line\n", "\n", "*_~`|"};

    (void)state;
    for (size_t i = 0; i < FORMAT_COUNT * sizeof pieces / sizeof *pieces; i++) {
        char *hostile = repeat(pieces[i / FORMAT_COUNT], 20000);
        struct notice notice = new_notice(NOTICE_ESCALATION);
        struct text out = {0};

        notice.why = hostile;
        notice.rule = "law: one hop"; // which says why itself
        (void)write_as(&out, (enum payload_format)(i % FORMAT_COUNT), &notice, hostile, hostile);
        text_finish(&out);
        free(hostile);
    }
}

static void only_what_must_be_done_now_calls_the_reader(void **state)
{
    static const struct {
        enum notice_kind kind;
        bool urgent, calls;
    } rows[] = {{NOTICE_ESCALATION, false, true}, {NOTICE_ESCALATION, true, true},
                {NOTICE_HEADS_UP, false, false},  {NOTICE_HEADS_UP, true, true},
                {NOTICE_OWNER, false, false},     {NOTICE_STAND_FIRM, false, false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct notice notice = new_notice(rows[i].kind);
        struct text out = {0};

        notice.urgent = rows[i].urgent;
        (void)write_as(&out, FORMAT_SLACK, &notice, "a", "b");
        assert_int_equal(strstr(out.bytes, "<@U012AB3CD>") != NULL, rows[i].calls);
        text_finish(&out);
    }
}

// How loud it comes.
struct bearing {
    bool calls;
    json_int_t priority;
};

static struct bearing bearing_of(const struct notice *notice, const struct text *headline,
                                 const struct text *body)
{
    struct bearing bearing;
    struct text out = {0};
    json_t *root;

    (void)write_as(&out, FORMAT_SLACK, notice, headline->bytes, body->bytes);
    bearing.calls = strstr(out.bytes, "<@U012AB3CD>") != NULL;
    text_clear(&out);
    (void)write_as(&out, FORMAT_NTFY, notice, headline->bytes, body->bytes);
    root = parse(&out);
    bearing.priority = json_integer_value(json_object_get(root, "priority"));
    json_decref(root);
    text_finish(&out);
    return bearing;
}

// So a wrong mention is found out before it is needed.
static void a_test_of_a_kind_bears_what_that_kind_does(void **state)
{
    (void)state;
    for (int kind = 0; kind < NOTICE_TEST; kind++) {
        struct text headline = {0}, body = {0};
        struct notice real = example((enum notice_kind)kind, &headline, &body);
        struct notice test = new_notice(NOTICE_TEST);
        struct bearing wanted = bearing_of(&real, &headline, &body), got;
        struct case_file room;

        text_clear(&headline);
        text_clear(&body);
        words_test(&headline, &body, &test, notice_kind_name(real.kind), &room, NOW_MS);
        assert_non_null(strstr(headline.bytes, "[TEST] "));
        got = bearing_of(&test, &headline, &body);
        assert_int_equal(got.calls, wanted.calls);
        assert_int_equal(got.priority, wanted.priority);
        text_finish(&headline);
        text_finish(&body);
    }
}

// What the rules' matchers saw is for "headsup why" and for programs.
static void says_why_in_plain_words(void **state)
{
    static const struct {
        enum notice_kind kind;
        const char *why;
    } rows[] = {
        {NOTICE_HEADS_UP, "Why: big billing trouble at a major account · "},
        {NOTICE_ESCALATION, "Why: the customer asks for someone higher · "},
        {NOTICE_STAND_FIRM,
         "Why: it is with the sales rep already, and one step up is as far as it goes · "},
        {NOTICE_OWNER, "Why: no rule says whether you hear of this, and then you do · "},
        {NOTICE_DIGEST, "Why: what can wait comes once a day; rich stands in for dana · "},
        {NOTICE_DEAD_LETTER, "Why: lane rich has a dead letter: hn_1, last answer 400 · "},
        {NOTICE_TEST, "Why: ann asked for a test · "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text out = {0}, headline = {0}, body = {0};
        struct notice notice = example(rows[i].kind, &headline, &body);

        (void)write_as(&out, FORMAT_SLACK, &notice, headline.bytes, body.bytes);
        assert_non_null(strstr(out.bytes, rows[i].why));
        text_clear(&out);
        (void)write_as(&out, FORMAT_GENERIC, &notice, headline.bytes, body.bytes);
        assert_non_null(strstr(out.bytes, notice.why));
        text_finish(&out);
        text_finish(&headline);
        text_finish(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_hold),
        cmocka_unit_test(a_notice_with_the_least_is_written),
        cmocka_unit_test(generic_keeps_every_character),
        cmocka_unit_test(slack_defuses_mentions_and_markup),
        cmocka_unit_test(slack_cuts_to_its_limits),
        cmocka_unit_test(slack_breaks_a_body_at_its_lines),
        cmocka_unit_test(a_digest_leaves_whole_lines_out_and_counts_them),
        cmocka_unit_test(a_long_template_leaves_the_rest_its_room),
        cmocka_unit_test(a_limit_is_met_exactly),
        cmocka_unit_test(generic_takes_a_hundred_kilobytes),
        cmocka_unit_test(every_format_renders_every_kind),
        cmocka_unit_test(every_format_stands_hostile_text),
        cmocka_unit_test(a_test_of_a_kind_bears_what_that_kind_does),
        cmocka_unit_test(says_why_in_plain_words),
        cmocka_unit_test(only_what_must_be_done_now_calls_the_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
