// How a stream is taken apart into events, whatever pieces it arrives in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/input.h"
#include "common/base/text.h"

// Writes what comes out of a stream that arrives in pieces of that size: "1:{...}|3:empty|".
static void take_apart(const char *stream, size_t size, size_t piece, struct text *out)
{
    struct input input;
    struct input_item item;
    size_t sent = 0;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    input_init(&input, ends[0]);
    for (;;) {
        switch (input_next(&input, &item)) {
        case INPUT_EVENT:
            text_addf(out, "%lld:%.*s|", (long long)item.line, (int)item.size, item.bytes);
            break;
        case INPUT_EMPTY:
            text_addf(out, "%lld:empty|", (long long)item.line);
            break;
        case INPUT_TOO_LONG:
            text_addf(out, "%lld:too long|", (long long)item.line);
            break;
        case INPUT_WANTS:
            if (sent < size) {
                size_t part = size - sent < piece ? size - sent : piece;

                assert_int_equal(write(ends[1], stream + sent, part), part);
                sent += part;
            } else if (ends[1] >= 0) {
                assert_int_equal(close(ends[1]), 0);
                ends[1] = -1;
            }
            assert_int_equal(input_fill(&input), 0);
            break;
        case INPUT_END:
            input_finish(&input);
            assert_int_equal(close(ends[0]), 0);
            if (ends[1] >= 0) {
                (void)close(ends[1]);
            }
            return;
        case INPUT_AGAIN:
            fail();
        }
    }
}

static void check(const char *stream, const char *wanted)
{
    static const size_t pieces[] = {1, 2, 3, 7, 4096};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct text out = {0};

        take_apart(stream, strlen(stream), pieces[i], &out);
        assert_string_equal(text_string(&out), wanted);
        text_finish(&out);
    }
}

static void test_lines(void **state)
{
    (void)state;
    check("{\"a\":1}\n{\"b\":\"}\\\"{\"}\n", "1:{\"a\":1}|2:{\"b\":\"}\\\"{\"}|");
    check("{\"a\":1}\r\n\r\n  {\"b\":2} ", "1:{\"a\":1}|2:empty|3:  {\"b\":2}|");
    check("\n\n{\"a\":1}\n", "3:{\"a\":1}|");
    check("\xef\xbb\xbf{\"a\":1}\n", "1:{\"a\":1}|");
    check("", "");
    check(" \n \n", "");
}

static void test_what_is_no_event_is_handed_on_line_by_line(void **state)
{
    (void)state;
    check("{\"a\":1}\nrubbish\n{\"b\":\n{\"c\":3}\n",
          "1:{\"a\":1}|2:rubbish|3:{\"b\":|4:{\"c\":3}|");
    check("rubbish\n{\"c\":3}\n", "1:rubbish|2:{\"c\":3}|");
    check("{\"a\":\n{\"c\":3}\n", "1:{\"a\":|2:{\"c\":3}|");
}

static void test_an_array(void **state)
{
    (void)state;
    check("[{\"a\":1},\n {\"b\":[2]},3]\n", "1:{\"a\":1}|2:{\"b\":[2]}|2:3|");
    check("[{\"a\":1},{\"b\":2}]", "1:{\"a\":1}|1:{\"b\":2}|");
    check("[{\"a\":\"\\\"]}\"},{\"b\":\"\\\\\"}]", "1:{\"a\":\"\\\"]}\"}|1:{\"b\":\"\\\\\"}|");
    check("[]", "");
    check("[{\"a\":1}]\n[{\"b\":2}] \n{\"c\":3}\n", "1:{\"a\":1}|2:{\"b\":2}|3:{\"c\":3}|");
    check("[\n{\"a\":1},\n{\"b\":2}", "2:{\"a\":1}|3:{\"b\":2}|");
}

static void test_an_event_over_several_lines(void **state)
{
    (void)state;
    check("{\n \"a\": 1\n}\n", "1:{\n \"a\": 1\n}|");
    check("{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n", "1:{\n \"a\": 1\n}|4:{\n \"b\": 2\n}|");
}

static void test_a_line_that_is_too_long_is_passed_over(void **state)
{
    struct text stream = {0}, out = {0};

    (void)state;
    text_add(&stream, "{\"a\":1}\n");
    for (int i = 0; i < INPUT_LINE_BYTES + 10; i++) {
        text_add_char(&stream, 'x');
    }
    text_add(&stream, "\n{\"b\":2}\n");
    take_apart(stream.bytes, stream.size, 4096, &out);
    assert_string_equal(text_string(&out), "1:{\"a\":1}|2:too long|3:{\"b\":2}|");
    text_finish(&stream);
    text_finish(&out);
}

static void test_an_element_that_is_too_long_is_passed_over(void **state)
{
    struct text stream = {0}, out = {0};

    (void)state;
    text_add(&stream, "[\"");
    for (int i = 0; i < INPUT_LINE_BYTES + 10; i++) {
        text_add_char(&stream, 'x');
    }
    text_add(&stream, "\",\n{\"b\":2}]\n");
    take_apart(stream.bytes, stream.size, 65536, &out);
    assert_string_equal(text_string(&out), "1:too long|2:{\"b\":2}|");
    text_finish(&stream);
    text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_what_is_no_event_is_handed_on_line_by_line),
        cmocka_unit_test(test_an_array),
        cmocka_unit_test(test_an_event_over_several_lines),
        cmocka_unit_test(test_a_line_that_is_too_long_is_passed_over),
        cmocka_unit_test(test_an_element_that_is_too_long_is_passed_over),
    };

    return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
