#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <jansson.h>

#include "common/base/json_out.h"

static void writes_each_kind(void **state)
{
    struct text out = {0};

    (void)state;
    json_open_object(&out, NULL);
    json_put_string(&out, "s", "x");
    json_put_string(&out, "none", NULL);
    json_put_int(&out, "low", INT64_MIN);
    json_put_bool(&out, "yes", true);
    json_put_bool(&out, "no", false);
    json_put_raw(&out, "raw", "[1, 2]", 6);
    json_open_array(&out, "list");
    json_put_int(&out, NULL, 1);
    json_open_object(&out, NULL);
    json_close_object(&out);
    json_open_array(&out, NULL);
    json_close_array(&out);
    json_put_string(&out, NULL, "{");
    json_put_string(&out, NULL, "[");
    json_put_string(&out, NULL, "\n");
    json_put_string(&out, NULL, "last");
    json_close_array(&out);
    json_open_object(&out, "in");
    json_put_bytes(&out, "b", "a\0b", 3);
    json_close_object(&out);
    json_close_object(&out);
    assert_string_equal(
        text_string(&out),
        "{\"s\":\"x\",\"none\":null,\"low\":-9223372036854775808,\"yes\":true,\"no\":false,"
        "\"raw\":[1, 2],\"list\":[1,{},[],\"{\",\"[\",\"\\n\",\"last\"],\"in\":{\"b\":"
        "\"a\\u0000b\"}}");
    text_finish(&out);
}

// What stands for one byte, the plain way.
static void expect_byte(struct text *out, unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        text_addf(out, "\\%c", byte);
        break;
    case '\t':
        text_add(out, "\\t");
        break;
    case '\n':
        text_add(out, "\\n");
        break;
    case '\r':
        text_add(out, "\\r");
        break;
    default:
        if (byte < 0x20 || byte == 0x7f) {
            text_addf(out, "\\u%04x", byte);
        } else {
            text_add_char(out, (char)byte);
        }
        break;
    }
}

// Each byte, wherever it stands among the eight that are looked at together, beside each neighbour.
static void escapes_wherever_it_stands(void **state)
{
    static const char neighbours[] = {'a',    '!',    '#', '[', ']',   '~',
                                      '\x80', '\xff', ' ', '"', '\x01'};
    struct text out = {0}, wanted = {0};
    char bytes[19];

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        for (size_t i = 0; i < sizeof neighbours * sizeof bytes; i++) {
            memset(bytes, neighbours[i / sizeof bytes], sizeof bytes);
            bytes[i % sizeof bytes] = (char)byte;
            text_clear(&out);
            text_clear(&wanted);
            json_put_bytes(&out, NULL, bytes, sizeof bytes);
            text_add_char(&wanted, '"');
            for (size_t j = 0; j < sizeof bytes; j++) {
                expect_byte(&wanted, (unsigned char)bytes[j]);
            }
            text_add_char(&wanted, '"');
            assert_string_equal(text_string(&out), text_string(&wanted));
            assert_int_equal(out.size, wanted.size);
        }
    }
    text_finish(&out);
    text_finish(&wanted);
}

static void writes_lines(void **state)
{
    struct text out = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        json_open_object(&out, NULL);
        json_put_int(&out, "i", i);
        json_close_object(&out);
        text_add_char(&out, '\n');
    }
    assert_string_equal(text_string(&out), "{\"i\":0}\n{\"i\":1}\n");
    text_finish(&out);
}

// Every character that can be made trouble with, as a value and as a name, read back by jansson.
static void survives_a_round_trip(void **state)
{
    static const char *const samples[] = {
        "",
        "\"",
        "\\",
        "\\\\\"",
        "/",
        "</script>",
        "\b\f\n\r\t",
        "\x1b[0m",
        "\x7f",
        "\xc2\x80",
        "\xe2\x80\xa8\xe2\x80\xa9",
        "\xef\xbf\xbf",
        "\xf0\x9f\x98\x80",
        "%s%n",
        "a,b:{}[]",
    };
    char bytes[2] = {0};

    (void)state;
    for (size_t i = 1; i < 0x80 + sizeof samples / sizeof samples[0]; i++) {
        const char *sample = i < 0x80 ? bytes : samples[i - 0x80];
        struct text out = {0}, name = {0};
        json_error_t error;
        json_t *root;

        bytes[0] = (char)(i < 0x80 ? i : 0);
        json_open_object(&out, NULL);
        json_add_escaped(&name, sample);
        json_put_string(&out, text_string(&name), sample);
        json_put_int(&out, "after the sample", 1);
        json_close_object(&out);
        for (size_t j = 0; j < out.size; j++) {
            assert_true((unsigned char)out.bytes[j] >= 0x20 && out.bytes[j] != 0x7f);
        }
        root = json_loadb(out.bytes, out.size, JSON_REJECT_DUPLICATES, &error);
        if (!root) {
            fail_msg("%s: %s", text_string(&out), error.text);
        }
        assert_string_equal(json_string_value(json_object_get(root, sample)), sample);
        assert_int_equal(json_object_size(root), 2);
        json_decref(root);
        text_finish(&name);
        text_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_each_kind),
        cmocka_unit_test(escapes_wherever_it_stands),
        cmocka_unit_test(writes_lines),
        cmocka_unit_test(survives_a_round_trip),
    };

    return cmocka_run_group_tests_name("json_out", tests, NULL, NULL);
}
