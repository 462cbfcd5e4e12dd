// The payload formats as the rule book knows them: rates, addresses and mentions.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"
#include "tests/unit/shelf.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// A rule book with one rep, whose webhook and whatever follows it are the test's.
static int load_rep(struct shelf *shelf, const char *url, const char *format, const char *more)
{
    struct text book = {0};
    int r;

    text_addf(&book,
              "reps: ( { id = \"rich\"; name = \"Rich\"; role = \"sales\";\n"
              "webhook: { url = \"%s\"; format = \"%s\"; };\n%s },\n"
              "{ id = \"pat\"; name = \"Pat\"; role = \"service\"; webhook: { url = "
              "\"https://h/p\"; }; } );\ndefault: { service = \"pat\"; sales = \"rich\"; };\n",
              url, format, more);
    write_file(shelf, "book.conf", book.bytes);
    r = load(shelf, "book.conf", false);
    text_finish(&book);
    return r;
}

static const struct rep *good(struct shelf *shelf, const char *url, const char *format,
                              const char *more)
{
    if (load_rep(shelf, url, format, more) < 0) {
        fail_msg("%s: %s", url, text_string(&shelf->problems.errors));
    }
    return &shelf->book->reps[0];
}

static void bad(struct shelf *shelf, const char *url, const char *format, const char *more,
                const char *words)
{
    assert_int_equal(load_rep(shelf, url, format, more), -EINVAL);
    if (!strstr(text_string(&shelf->problems.errors), words)) {
        fail_msg("'%s' is not in %s", words, text_string(&shelf->problems.errors));
    }
}

static void each_format_has_its_vendors_rate(void **state)
{
    static const struct {
        const char *format;
        int per_minute;
        int64_t gap_ms;
    } rates[] = {
        {"generic", 0, 0},     {"slack", 60, 1000},  {"teams", 240, 250}, {"google_chat", 60, 1000},
        {"discord", 30, 2000}, {"mattermost", 0, 0}, {"ntfy", 12, 5000},
    };
    struct shelf *shelf = *state;

    assert_int_equal(COUNT_OF(rates), FORMAT_COUNT);
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        const struct rep *rep = good(shelf, "https://h/topic", rates[i].format, "");

        assert_int_equal(rep->webhook.format, i);
        assert_int_equal(rep->webhook.rate_per_minute, rates[i].per_minute);
        assert_int_equal(rep->webhook.rate_gap_ms, rates[i].gap_ms);
        assert_int_equal(shelf->problems.warning_count, 0);
    }
}

static void ntfys_topic_moves_out_of_the_path(void **state)
{
    static const struct {
        const char *written, *url, *topic;
    } addresses[] = {
        {"https://ntfy.example/rich-7Xq", "https://ntfy.example/#rich-7Xq", "rich-7Xq"},
        {"https://ntfy.example:8443/a_B", "https://ntfy.example:8443/#a_B", "a_B"},
        {"https://ntfy.example/a/", "https://ntfy.example/#a", "a"},
        {"https://ntfy.example/a?auth=Qm0x#x", "https://ntfy.example/?auth=Qm0x#a", "a"},
        {"http://[::1]:99/a", "http://[::1]:99/#a", "a"},
    };
    static const char *const refused[] = {
        "https://ntfy.example",
        "https://ntfy.example/",
        "https://ntfy.example/a/b",
        "https://ntfy.example?x=/a",
        "https://ntfy.example/a.b",
        "https://ntfy.example//a",
        "https://ntfy.example/#topic",
        "https://ntfy.example/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct shelf *shelf = *state;

    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        const struct rep *rep = good(shelf, addresses[i].written, "ntfy", "");

        assert_string_equal(rep->webhook.url, addresses[i].url);
        assert_string_equal(rep->webhook.topic, addresses[i].topic);
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        bad(shelf, refused[i], "ntfy", "", "rep 'rich', webhook: 'url' must end in the topic");
        assert_null(strstr(shelf->problems.errors.bytes, "ntfy.example/a")); // no address is told
    }
    assert_string_equal(good(shelf, "https://h/a/b", "slack", "")->webhook.url, "https://h/a/b");
    assert_null(shelf->book->reps[0].webhook.topic);
}

static void discord_is_asked_to_tell_of_failures(void **state)
{
    static const char *const addresses[][2] = {
        {"https://discord.com/api/webhooks/1/x", "https://discord.com/api/webhooks/1/x?wait=true"},
        {"https://discord.com/w?thread_id=5", "https://discord.com/w?thread_id=5&wait=true"},
        {"https://discord.com/w?wait=false", "https://discord.com/w?wait=false"},
        {"https://discord.com/w?a=1&wait=true", "https://discord.com/w?a=1&wait=true"},
        {"https://discord.com/w#x", "https://discord.com/w?wait=true"},
        {"https://discord.com/w?await=1", "https://discord.com/w?await=1&wait=true"},
    };
    struct shelf *shelf = *state;

    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        assert_string_equal(good(shelf, addresses[i][0], "discord", "")->webhook.url,
                            addresses[i][1]);
    }
}

static void a_mention_is_written_as_its_format_wants(void **state)
{
    static const struct {
        const char *format, *good, *bad;
    } mentions[] = {
        {"slack", "<@U012AB3CD>", "<!channel>"},
        {"slack", "<!subteam^S012>", "@rich"},
        {"slack", "<@W9>", "<@U1> <!here>"},
        {"teams", "rich.o'neil@example.com", "Rich Alvarez"},
        {"teams", "5d8a3c1e-11aa-4f2b-9b77-000000000001", "<at>rich</at>"},
        {"google_chat", "<users/12345>", "<users/all>"},
        {"discord", "<@80351110224678912>", "@everyone"},
        {"discord", "<@&80351110224678912>", "<@>"},
        {"mattermost", "@rich.alvarez", "rich"},
    };
    struct shelf *shelf = *state;
    struct text more = {0};

    for (size_t i = 0; i < COUNT_OF(mentions); i++) {
        const struct rep *rep;

        text_clear(&more);
        text_addf(&more, "mention = \"%s\";", mentions[i].good);
        rep = good(shelf, "https://h/x", mentions[i].format, more.bytes);
        assert_string_equal(rep->webhook.mention, mentions[i].good);
        assert_int_equal(shelf->problems.warning_count, 0);
        text_clear(&more);
        text_addf(&more, "mention = \"%s\";", mentions[i].bad);
        bad(shelf, "https://h/x", mentions[i].format, more.bytes, "is written like \"");
    }
    text_finish(&more);
}

static void nobody_mentions_a_crowd(void **state)
{
    static const char *const crowds[] = {"@all", "@channel", "@here", "@everyone"};
    struct shelf *shelf = *state;
    struct text more = {0};

    for (size_t i = 0; i < COUNT_OF(crowds); i++) {
        text_clear(&more);
        text_addf(&more, "mention = \"%s\";", crowds[i]);
        bad(shelf, "https://h/x", "mattermost", more.bytes, "is written like \"@rich\"");
    }
    text_finish(&more);
}

static void the_examples_are_good_mentions(void **state)
{
    (void)state;
    for (int i = 0; i < FORMAT_COUNT; i++) {
        const char *example = formats_mention_example((enum payload_format)i);

        if (example) {
            assert_int_equal(formats_mention_check((enum payload_format)i, example), 0);
        }
        assert_int_equal(formats_mention_check((enum payload_format)i, ""), -EINVAL);
    }
}

static void a_fallback_has_the_mention_where_it_is_the_same_product(void **state)
{
    struct shelf *shelf = *state;
    const struct rep *rep = good(shelf, "https://h/x", "slack",
                                 "mention = \"<@U1>\"; fallback: { url = \"https://h/y\"; "
                                 "format = \"slack\"; };");

    assert_string_equal(rep->fallback->mention, "<@U1>");
    rep = good(shelf, "https://h/x", "slack",
               "mention = \"<@U1>\"; fallback: { url = \"https://h/y\"; format = \"ntfy\"; };");
    assert_null(rep->fallback->mention);
    rep = good(shelf, "https://h/x", "ntfy", "mention = \"<@U1>\";");
    assert_null(rep->webhook.mention);
    assert_int_equal(shelf->problems.warning_count, 1);
    assert_non_null(strstr(shelf->problems.warnings.bytes,
                           "rep 'rich': 'mention' has no effect with the format ntfy"));
}

#define SHELF_TEST(test) cmocka_unit_test_setup_teardown(test, open_shelf, close_shelf)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(each_format_has_its_vendors_rate),
        SHELF_TEST(ntfys_topic_moves_out_of_the_path),
        SHELF_TEST(discord_is_asked_to_tell_of_failures),
        SHELF_TEST(a_mention_is_written_as_its_format_wants),
        SHELF_TEST(nobody_mentions_a_crowd),
        cmocka_unit_test(the_examples_are_good_mentions),
        SHELF_TEST(a_fallback_has_the_mention_where_it_is_the_same_product),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
