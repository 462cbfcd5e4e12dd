// SQLite's memory: pieces hold what was put into them, and small ones are used again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>

#include "common/base/attributes.h"
#include "common/ledger/store_memory.h"

enum { MOST_KEPT = 2048, PIECES = 500 };

static char *filled(int size, char with)
{
    char *piece = sqlite3_malloc(size);

    assert_non_null(piece);
    assert_int_equal((uintptr_t)piece % 8, 0); // as SQLite promises
    assert_true(sqlite3_msize(piece) >= (sqlite3_uint64)size);
    memset(piece, with, (size_t)sqlite3_msize(piece)); // all of it is the taker's
    return piece;
}

static void check_filled(const char *piece, int size, char with)
{
    for (int i = 0; i < size; i++) {
        assert_int_equal(piece[i], with);
    }
}

// Of every size around where they are rounded, and where keeping ends; then again in place of
// those.
static void pieces_hold_what_was_put_into_them(void **state)
{
    static char *pieces[PIECES];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PIECES; i++) {
            pieces[i] = filled(1 + i * 7, (char)i);
        }
        for (int i = 0; i < PIECES; i++) {
            int which = round == 1 ? PIECES - 1 - i : i;

            check_filled(pieces[which], 1 + which * 7, (char)which);
            sqlite3_free(pieces[which]);
        }
    }
    sqlite3_free(NULL);
}

static void a_piece_grows_with_what_it_holds(void **state)
{
    char *piece = filled(10, 'a'), *other = filled(10, 'b');
    int size = 10;

    (void)state;
    for (int larger = 20; larger < 3 * MOST_KEPT; larger += 30) {
        piece = sqlite3_realloc(piece, larger);
        assert_non_null(piece);
        assert_true(sqlite3_msize(piece) >= (sqlite3_uint64)larger);
        check_filled(piece, size, 'a');
        memset(piece, 'a', (size_t)larger);
        size = larger;
    }
    piece = sqlite3_realloc(piece, 5);
    check_filled(piece, 5, 'a');
    check_filled(other, 10, 'b');
    sqlite3_free(other);
    sqlite3_free(piece);
}

// Where a sanitizer watches, each comes from malloc(), which keeps what was freed for a while.
static void small_pieces_are_used_again(void **state)
{
    char *piece, *again;

    (void)state;
    for (int size = 1; size <= MOST_KEPT; size++) {
        piece = filled(size, 'x');
        again = filled(size, 'y');
        sqlite3_free(piece);
        sqlite3_free(again);
        if (!MEMORY_IS_WATCHED) {
            assert_ptr_equal(sqlite3_malloc(size), again);
            assert_ptr_equal(sqlite3_malloc(size), piece);
            sqlite3_free(again);
            sqlite3_free(piece);
        }
    }
}

static void what_cannot_be_had_is_refused(void **state)
{
    (void)state;
    assert_null(sqlite3_malloc64(UINT64_C(1) << 40));
    assert_null(sqlite3_malloc(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_hold_what_was_put_into_them),
        cmocka_unit_test(a_piece_grows_with_what_it_holds),
        cmocka_unit_test(small_pieces_are_used_again),
        cmocka_unit_test(what_cannot_be_had_is_refused),
    };
    int failed;

    store_memory_use();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)sqlite3_shutdown();
    return failed;
}
