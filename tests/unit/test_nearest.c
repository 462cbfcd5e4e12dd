#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/nearest.h"

static void finds_the_nearest(void **state)
{
    static const char *const words[] = {"category",     NULL,     "severity",
                                        "account.tier", "amount", "account"};
    static const char *const swapped[] = {"foam", "form"};
    static const struct {
        const char *typed, *found;
    } cases[] = {
        {"categroy", "category"}, // a swap of neighbours
        {"catgory", "category"},
        {"categoryy", "category"},
        {"severety", "severity"},
        {"accout", "account"},
        {"ammount", "amount"},
        {"account.teir", "account.tier"},
        {"amount", "amount"},
        {"zebra", NULL},
        {"", NULL},
        {"a-word-that-is-far-longer-than-anything-in-the-list-of-words", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = nearest_word(cases[i].typed, words, sizeof words / sizeof words[0]);

        if (found != cases[i].found &&
            (!found || !cases[i].found || strcmp(found, cases[i].found) != 0)) {
            fail_msg("%s: %s", cases[i].typed, found ? found : "none");
        }
    }
    // a swap is one edit: two edits lead to the first
    assert_string_equal(nearest_word("fomr", swapped, 2), "form");
    assert_null(nearest_word("amount", words, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_nearest),
    };

    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
