#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/arena.h"

static void gives_memory(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    for (size_t size = 0; size < 2000; size += 7) {
        char *memory = arena_get(arena, size);

        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(memory[i], 0);
        }
        memset(memory, 0xa5, size);
    }
    arena_destroy(arena);
    arena_destroy(NULL);
}

static void copies_strings(void **state)
{
    struct arena *arena = arena_create();
    const char *copy = arena_copy(arena, "one"), *printed;
    char *big = arena_get(arena, 100000);

    (void)state;
    assert_string_equal(arena_copy(arena, ""), "");
    assert_null(arena_copy(arena, NULL));
    assert_string_equal(arena_copy_bytes(arena, "two!", 3), "two");
    assert_string_equal(arena_copy_bytes(arena, NULL, 0), "");
    printed = arena_printf(arena, "%s-%d-%2000d", "three", 3, 4);
    assert_int_equal(strlen(printed), 2008);
    assert_memory_equal(printed, "three-3-", 8);
    memset(big, 'x', 100000);
    assert_string_equal(copy, "one");
    arena_destroy(arena);
}

static void starts_anew(void **state)
{
    struct arena *arena = arena_create();
    void *first = arena_get(arena, 10);

    (void)state;
    for (int turn = 0; turn < 100; turn++) {
        for (int i = 0; i < 50; i++) {
            memset(arena_get(arena, 1000), 0xff, 1000);
        }
        memset(arena_get(arena, 50000), 0xff, 50000);
        arena_reset(arena);
        assert_ptr_equal(arena_get(arena, 10), first); // the first block is kept
        assert_memory_equal(first, "\0\0\0\0\0\0\0\0\0\0", 10);
        arena_reset(arena);
    }
    arena_destroyp(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_memory),
        cmocka_unit_test(copies_strings),
        cmocka_unit_test(starts_anew),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
