// The library finds the status of a receipt without a JSON library.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "client/libheadsup/receipt_status.h"

#define ACCEPTED    "{\"status\":\"accepted\"}"
#define DUPLICATE   "{\"status\":\"duplicate\"}"
#define REFUSED     "{\"status\":\"refused\"}"
#define UNAVAILABLE "{\"status\":\"unavailable\"}"

static enum headsup_status status_of(const char *receipt)
{
    return receipt_status(receipt, strlen(receipt));
}

static void test_the_status_of_a_receipt_is_found(void **state)
{
    (void)state;
    assert_int_equal(status_of(" {\"id\":\"x\",\"status\" : \"duplicate\"}\n"), HEADSUP_DUPLICATE);
    assert_int_equal(status_of("{\"id\":\"status\",\"source\":\"a\\\"}\",\"status\":\"accepted\"}"),
                     HEADSUP_ACCEPTED);
    assert_int_equal(status_of("{\"first\":{\"status\":\"accepted\"},\"status\":\"duplicate\"}"),
                     HEADSUP_DUPLICATE);
    assert_int_equal(status_of("{\"first\":{\"status\":\"accepted\"}}"), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("{\"status\":\"splendid\"}"), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("{\"status\":7}"), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("{\"status\":\"accepted\""), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("[" ACCEPTED "," DUPLICATE "]"), HEADSUP_ACCEPTED);
    assert_int_equal(status_of("[" ACCEPTED "," REFUSED "]"), HEADSUP_REFUSED);
    assert_int_equal(status_of("[" REFUSED "," UNAVAILABLE "," ACCEPTED "]"), HEADSUP_UNAVAILABLE);
    assert_int_equal(status_of("[" ACCEPTED ",{}]"), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("[]"), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of(""), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("\"status\""), HEADSUP_NO_RECEIPT);
    assert_int_equal(status_of("{\"status"), HEADSUP_NO_RECEIPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_status_of_a_receipt_is_found),
    };

    return cmocka_run_group_tests_name("receipt_status", tests, NULL, NULL);
}
