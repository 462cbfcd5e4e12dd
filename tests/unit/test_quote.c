// Outside text as it goes into a message: what is quoted, what is left alone, where it is cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/outbox/quote.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define Z               "\u200b"

struct row {
    enum quote_style style;
    const char *from, *to;
};

static const struct row rows[] = {
    {QUOTE_NOTHING, "a <b> & @all *c*", "a <b> & @all *c*"},
    {QUOTE_NOTHING,
     "a\x07\x1b[31m\x7f"
     "b\xc2\x85"
     "c",
     "a  [31m b\xc2\xa0"
     "c"},
    {QUOTE_NOTHING, "a\u202eb\u2066c\u2069", "a" Z "b" Z "c" Z}, // nothing turns the text around
    {QUOTE_NOTHING, "a\u2028é💥", "a\u2028é💥"},
    {QUOTE_SLACK, "<!channel> & &amp;", "&lt;!channel&gt; &amp; &amp;amp;"},
    {QUOTE_SLACK, "@here a.b@example.com", "@" Z "here a.b@example.com"},
    {QUOTE_HTML, "<b>\n&", "&lt;b&gt;<br>&amp;"},
    {QUOTE_PLAIN, "<at>x</at> {{DATE(1)}} @all", "<" Z "at>x<" Z "/at> {" Z "{DATE(1)}} @" Z "all"},
    {QUOTE_MARKDOWN, "*a* _b_ ~c~ `d` |e| \\", "\\*a\\* \\_b\\_ \\~c\\~ \\`d\\` \\|e\\| \\\\"},
    {QUOTE_MARKDOWN, "[click](https://evil.example/a_b)", "\\[click\\](https://evil.example/a_b)"},
    {QUOTE_MARKDOWN, "<https://a.example>", "<" Z "https://a.example>"},
    {QUOTE_MARKDOWN, "see https://a.example/x_y_z?a=1 _now_",
     "see https://a.example/x_y_z?a=1 \\_now\\_"},
    {QUOTE_MARKDOWN, "https://a.example/**b**", "https://a.example/\\*\\*b\\*\\*"},
    {QUOTE_MARKDOWN, "xhttps://y_z https://_a", "xhttps://y\\_z https://\\_a"},
    {QUOTE_MARKDOWN,
     "# a\n- b\n1. c\n2) d\n> e\n===", Z "# a\n" Z "- b\n1" Z ". c\n2" Z ") d\n" Z "> e\n" Z "==="},
    {QUOTE_MARKDOWN, "order #1234, #urgent #öl a#b", "order #1234, #" Z "urgent #" Z "öl a#" Z "b"},
    {QUOTE_MARKDOWN, "a # b - c > d 1. e", "a # b - c > d 1. e"},
    {QUOTE_MARKDOWN, "a\n    b", "a\nb"},
    {QUOTE_MARKDOWN, "at 10:30: \":smile:\" a:", "at 10:30: \":" Z "smile:\" a:"},
    {QUOTE_MARKDOWN, "@rich x.@all x@everyone x@example.com",
     "@" Z "rich x.@" Z "all x@" Z "everyone x@example.com"},
    {QUOTE_MARKDOWN, "<@80351110224678912>", "<" Z "@" Z "80351110224678912>"},
};

static void each_style_quotes_by_its_own_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text out = {0};

        quote_lines(&out, rows[i].style, rows[i].from, SIZE_MAX);
        assert_string_equal(text_string(&out), rows[i].to);
        text_finish(&out);
    }
}

static void a_line_has_no_end_of_line(void **state)
{
    struct text out = {0};

    (void)state;
    quote_line(&out, QUOTE_HTML, "a\nb\r\nc\td", SIZE_MAX);
    assert_string_equal(out.bytes, "a b  c d");
    text_finish(&out);
}

// Cut where the last whole piece fits, with the ellipsis counted in.
static void is_cut_between_characters_and_not_inside_an_escape(void **state)
{
    static const struct {
        enum quote_style style;
        const char *from;
        size_t room;
        const char *to;
    } cuts[] = {
        {QUOTE_NOTHING, "abc", 3, "abc"},
        {QUOTE_NOTHING, "abcd", 3, "ab…"},
        {QUOTE_NOTHING, "é💥é", 3, "é💥é"},
        {QUOTE_NOTHING, "é💥éx", 3, "é💥…"},
        {QUOTE_SLACK, "a&b", 7, "a&amp;b"},
        {QUOTE_SLACK, "a&bc", 7, "a&amp;…"},
        {QUOTE_SLACK, "a&b", 6, "a…"},
        {QUOTE_MARKDOWN, "ab*", 4, "ab\\*"},
        {QUOTE_MARKDOWN, "ab**", 4, "ab…"},
        {QUOTE_MARKDOWN, "a https://h.example/x b", 10, "a …"}, // no half of an address
        {QUOTE_HTML, "a\nb", 5, "a…"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        struct text out = {0};

        text_add(&out, "before ");
        quote_lines(&out, cuts[i].style, cuts[i].from, cuts[i].room);
        assert_string_equal(out.bytes + strlen("before "), cuts[i].to);
        text_finish(&out);
    }
}

static void bytes_are_cut_between_characters_too(void **state)
{
    struct text out = {0};

    (void)state;
    quote_bytes(&out, "💥💥\n\x01", 10);
    assert_string_equal(out.bytes, "💥💥\n ");
    text_clear(&out);
    quote_bytes(&out, "💥💥💥", 10);
    assert_string_equal(out.bytes, "💥…");
    text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_style_quotes_by_its_own_rules),
        cmocka_unit_test(a_line_has_no_end_of_line),
        cmocka_unit_test(is_cut_between_characters_and_not_inside_an_escape),
        cmocka_unit_test(bytes_are_cut_between_characters_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
