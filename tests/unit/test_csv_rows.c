// Rows of a CSV file with their lines; what is no CSV costs its own line only.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "client/csv_rows.h"

static int write_row(void *user, const struct csv_row *row)
{
    struct text *out = user;

    text_addf(out, "%lld", (long long)row->line);
    if (row->wrong) {
        text_add(out, "!");
    }
    for (size_t i = 0; !row->wrong && i < row->count; i++) {
        text_addf(out, "%c%s", i ? ',' : ':', text_string(&row->cells[i]));
    }
    text_add(out, "|");
    return 0;
}

static void check(const char *file, const char *wanted)
{
    struct text text = {0}, out = {0};

    text_add(&text, file);
    assert_int_equal(csv_rows_read(&text, write_row, &out), 0);
    assert_string_equal(text_string(&out), wanted);
    text_finish(&text);
    text_finish(&out);
}

static void test_rows(void **state)
{
    (void)state;
    check("a,b\n1,2\n", "1:a,b|2:1,2|");
    check("a,b\r\n\r\n 1 ,\r\n3,4", "1:a,b|3:1,|4:3,4|");
    check("\xef\xbb\xbf"
          "a,b\n",
          "1:a,b|");
    check("", "");
}

static void test_quotes(void **state)
{
    (void)state;
    check("a,b\n\"x, \"\"y\"\"\",2\n\"one\ntwo\",3\n4,5\n",
          "1:a,b|2:x, \"y\",2|3:one\ntwo,3|5:4,5|");
}

static void test_other_separators(void **state)
{
    (void)state;
    check("a;b\n1;2\n", "1:a,b|2:1,2|");
    check("a\tb\n1\t2\n", "1:a,b|2:1,2|");
}

static void test_a_bad_row_costs_its_own_line(void **state)
{
    (void)state;
    check("a,b\nx\"y,1\n2,3\n", "1:a,b|2!|3:2,3|");
    check("a,b\n\"open,1\n2,3\n4,5\n", "1:a,b|2!|3:2,3|4:4,5|");
    check("a,b\n\"open,1\n2,\"3\"\n4,5\n", "1:a,b|2!|3:2,3|4:4,5|");
    check("a,b\n\"open", "1:a,b|2!|");
}

static void test_too_much_is_bounded(void **state)
{
    struct text text = {0}, out = {0};

    (void)state;
    for (int i = 0; i < CSV_COLUMNS + 5; i++) {
        text_add(&text, i ? ",x" : "x");
    }
    text_add(&text, "\n1\n\"");
    for (int i = 0; i < 1000; i++) {
        text_add(&text,
                 "a line of a cell that never ends, because a quote is not closed in it at all\n");
    }
    assert_int_equal(csv_rows_read(&text, write_row, &out), 0);
    assert_memory_equal(text_string(&out), "1!|2:1|3!|4:a", 13);
    text_finish(&text);
    text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_other_separators),
        cmocka_unit_test(test_a_bad_row_costs_its_own_line),
        cmocka_unit_test(test_too_much_is_bounded),
    };

    return cmocka_run_group_tests_name("csv_rows", tests, NULL, NULL);
}
