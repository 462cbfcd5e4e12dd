#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/base/money.h"
#include "common/base/text.h"

static void reads_money(void **state)
{
    static const struct {
        const char *text;
        int result;
        int64_t minor;
    } sums[] = {
        {"18250", 0, 1825000},
        {"18250.5", 0, 1825050},
        {"18250.50", 0, 1825050},
        {"-3.07", 0, -307},
        {"-0.01", 0, -1},
        {"0", 0, 0},
        {"-0", 0, 0},
        {"007", 0, 700},
        {"1000000000000", 0, INT64_C(100000000000000)},
        {"1000000000000.00", 0, INT64_C(100000000000000)},
        {"1000000000000.01", -ERANGE, 0},
        {"-1000000000000.01", -ERANGE, 0},
        {"1000000000001", -ERANGE, 0},
        {"99999999999999999999999999999", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"-", -EINVAL, 0},
        {".5", -EINVAL, 0},
        {"5.", -EINVAL, 0},
        {"1.005", -EINVAL, 0},
        {"1.000", -EINVAL, 0},
        {"1,000", -EINVAL, 0},
        {"+5", -EINVAL, 0},
        {"--5", -EINVAL, 0},
        {"1e3", -EINVAL, 0},
        {" 5", -EINVAL, 0},
        {"5 ", -EINVAL, 0},
        {"$5", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1.2.3", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        int64_t minor = 0;
        int r = money_parse(sums[i].text, &minor);

        if (r != sums[i].result || minor != sums[i].minor) {
            fail_msg("'%s': %d %lld", sums[i].text, r, (long long)minor);
        }
    }
}

static void writes_money(void **state)
{
    char text[MONEY_TEXT_BYTES];

    (void)state;
    assert_string_equal(money_format(1825000, text), "18250.00");
    assert_string_equal(money_format(-7, text), "-0.07");
    assert_string_equal(money_format(0, text), "0.00");
    assert_string_equal(money_format(INT64_MIN, text), "-92233720368547758.08");
    for (int64_t minor = -100000; minor < INT64_C(100000000000000);
         minor += minor < 100000 ? 13 : minor / 2) {
        int64_t back;

        assert_int_equal(money_parse(money_format(minor, text), &back), 0);
        assert_int_equal(back, minor);
    }
}

static void writes_money_for_people(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency, *text;
    } sums[] = {
        {1825000, "USD", "$18,250.00"},
        {-1825000, "USD", "-$18,250.00"},
        {150, "EUR", "€1.50"},
        {1825000, "CHF", "18,250.00 CHF"},
        {1825000, NULL, "18,250.00"},
        {1825000, "", "18,250.00"},
        {0, "GBP", "£0.00"},
        {99999, "USD", "$999.99"},
        {100000, "USD", "$1,000.00"},
        {INT64_C(100000000000000), "USD", "$1,000,000,000,000.00"},
        {100, "a currency without end", "1.00 a curren"},
        {100, "€€€€", "1.00 €€"}, // cut between characters
    };
    char text[MONEY_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        assert_string_equal(money_format_people(sums[i].minor, sums[i].currency, text),
                            sums[i].text);
        assert_true(utf8_valid(text, strlen(text)));
    }
    assert_non_null(money_format_people(INT64_MIN, "longest!", text));
}

static void writes_money_in_the_readers_form(void **state)
{
    static const struct {
        enum money_form form;
        int64_t minor;
        const char *currency, *text;
    } sums[] = {
        {MONEY_COMMA_POINT, 123456789, "EUR", "€1,234,567.89"},
        {MONEY_POINT_COMMA, 123456789, "EUR", "1.234.567,89\u00a0€"},
        {MONEY_POINT_COMMA, -50, "EUR", "-0,50\u00a0€"},
        {MONEY_SPACE_COMMA, 123456789, "EUR", "1\u00a0234\u00a0567,89\u00a0€"},
        {MONEY_SPACE_COMMA, 99900, "SEK", "999,00 SEK"},
        {MONEY_QUOTE_POINT, 123456789, "CHF", "1'234'567.89 CHF"},
        {MONEY_QUOTE_POINT, 123456789, NULL, "1'234'567.89"},
    };
    char text[MONEY_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        assert_string_equal(money_format_in(sums[i].form, sums[i].minor, sums[i].currency, text),
                            sums[i].text);
    }
    assert_true(strlen(money_format_in(MONEY_SPACE_COMMA, INT64_MIN, "longest!", text)) <
                sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_money),
        cmocka_unit_test(writes_money),
        cmocka_unit_test(writes_money_for_people),
        cmocka_unit_test(writes_money_in_the_readers_form),
    };

    return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
