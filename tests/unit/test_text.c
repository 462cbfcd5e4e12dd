#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/text.h"

static void grows(void **state)
{
    struct text text = {0};
    char *room;

    (void)state;
    assert_string_equal(text_string(&text), "");
    text_addf(&text, "%s", "");
    assert_string_equal(text_string(&text), "");
    for (int i = 0; i < 1000; i++) {
        text_add(&text, "abc");
        text_addf(&text, "%03d", i);
        text_add_char(&text, ';');
    }
    assert_int_equal(text.size, 7000);
    assert_memory_equal(text.bytes + 6993, "abc999;", 8);
    room = text_room(&text, 5000);
    memset(room, 'z', 5000);
    text.size += 5000;
    assert_int_equal(text.bytes[11999], 'z');
    text_clear(&text);
    assert_string_equal(text_string(&text), "");
    text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.size, 3);
    text_finish(&text);
    assert_null(text.bytes);
    text_finish(&text);
}

static void writes_whole_numbers(void **state)
{
    static const int64_t numbers[] = {0,  1,  9,   10,   99,        100,       12345,
                                      -1, -9, -10, -100, INT64_MIN, INT64_MAX, INT64_MAX / 10};
    struct text text = {0}, wanted = {0};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char buffer[INT_TEXT_BYTES], *end = int_format(numbers[i], buffer);

        assert_ptr_equal(end, buffer + strlen(buffer));
        text_add_int(&text, numbers[i]);
        text_addf(&wanted, "%" PRId64, numbers[i]);
        assert_string_equal(text_string(&text), text_string(&wanted));
        assert_int_equal(text.size, wanted.size);
    }
    text_finish(&text);
    text_finish(&wanted);
}

static void tells_utf8(void **state)
{
    static const char *const good[] = {
        "",
        "a",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "seven b\xc3\xbc, and then some more ASCII \xe2\x82\xac and a tail of more than eight",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xfe",
        "12345678\x80",
        "1234567\xc3",
        "\xe2\x82\xac\x80",
        "\xe2\x28\xa1",
        "\xf0\x90\x28\xbc",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(utf8_valid(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    }
    assert_true(utf8_valid("a\0b", 3));
    // wherever it stands among ASCII
    for (size_t i = 0; i < 24; i++) {
        char ascii[24];

        memset(ascii, 'a', sizeof ascii);
        ascii[i] = (char)0x80;
        assert_false(utf8_valid(ascii, sizeof ascii));
    }
}

static void cuts_between_characters(void **state)
{
    const char *euros = "a\xe2\x82\xac\xe2\x82\xac";

    (void)state;
    assert_int_equal(utf8_cut(euros, 7, 7), 7);
    assert_int_equal(utf8_cut(euros, 7, 100), 7);
    assert_int_equal(utf8_cut(euros, 7, 6), 4);
    assert_int_equal(utf8_cut(euros, 7, 5), 4);
    assert_int_equal(utf8_cut(euros, 7, 4), 4);
    assert_int_equal(utf8_cut(euros, 7, 3), 1);
    assert_int_equal(utf8_cut(euros, 7, 0), 0);
    assert_int_equal(utf8_length(euros, 7), 3);
    assert_int_equal(utf8_length("", 0), 0);
}

static void expect_line(const char *outside, size_t max_bytes, const char *line)
{
    struct text text = {0};

    text_add(&text, ">");
    text_add_line(&text, outside, max_bytes);
    assert_string_equal(text_string(&text) + 1, line);
    text_finish(&text);
}

// Each byte, wherever it stands among the eight that are looked at together, beside each neighbour.
static void tells_what_is_printable(void **state)
{
    static const char neighbours[] = {' ', 'a', '~', '\x7f', '\x1f', '\0', '\x80', '\xff'};
    char bytes[19];

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t i = 0; i < sizeof neighbours; i++) {
            for (size_t at = 0; at < sizeof bytes; at++) {
                size_t run = 0;

                memset(bytes, neighbours[i], sizeof bytes);
                bytes[at] = (char)byte;
                while (run < sizeof bytes && bytes[run] >= ' ' && bytes[run] <= '~') {
                    run++;
                }
                assert_int_equal(ascii_printable(bytes, sizeof bytes), run);
            }
        }
    }
    assert_int_equal(ascii_printable(NULL, 0), 0);
}

static void makes_lines(void **state)
{
    (void)state;
    expect_line("plain", 5, "plain");
    expect_line("plainer", 5, "plain…");
    expect_line("a\nb\tc\x1b[31m\x7f", 50, "a b c [31m ");
    expect_line("a\xc2\x85z\xc2\xa0", 50, "a z\xc2\xa0");
    expect_line("\xe2\x82\xac\xe2\x82\xac", 5, "\xe2\x82\xac…");
    expect_line("a\xff\xc3", 50, "a??");
    expect_line("\x80\x80\x80", 50, "???");
    expect_line("", 0, "");
}

static void quotes_for_the_log(void **state)
{
    char buffer[16];

    (void)state;
    assert_string_equal(log_quote("pat", buffer, sizeof buffer), "\"pat\"");
    assert_string_equal(log_quote(NULL, buffer, sizeof buffer), "\"\"");
    assert_string_equal(log_quote("a\" b=\"c", buffer, sizeof buffer), "\"a' b='c\"");
    assert_string_equal(log_quote("12345678", buffer, sizeof buffer), "\"12345678\"");
    assert_string_equal(log_quote("123456789", buffer, sizeof buffer), "\"12345678…\"");
    assert_string_equal(log_quote("1234567\xe2\x82\xac", buffer, sizeof buffer), "\"1234567…\"");
    assert_string_equal(log_quote("abc", buffer, 7), "");
}

static void reads_files(void **state)
{
    char path[] = "/tmp/headsup-text-XXXXXX";
    int fd = mkstemp(path);
    struct text text = {0};
    struct error err = {0};

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(close(fd), 0);
    assert_int_equal(file_read(path, 5, &text, &err), 0);
    assert_string_equal(text_string(&text), "hello");
    text_clear(&text);
    assert_int_equal(file_read(path, 4, &text, &err), -EFBIG);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_read(path, 4, &text, &err), -ENOENT);
    assert_non_null(strstr(err.message, "No such file"));
    assert_int_equal(file_read("/dev/null", 4, &text, &err), -EINVAL);
    assert_int_equal(file_read("/tmp", 4, &text, &err), -EINVAL);
    text_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(writes_whole_numbers),
        cmocka_unit_test(tells_utf8),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(tells_what_is_printable),
        cmocka_unit_test(makes_lines),
        cmocka_unit_test(quotes_for_the_log),
        cmocka_unit_test(reads_files),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
