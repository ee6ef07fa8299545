/* test_arena.c - memory that goes all at once. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/arena.h"
#include "lang/base/fault.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    enum { COUNT = 3000 };
    unsigned char *pieces[COUNT];
    size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = (i * 37) % 501 + (i % 400 == 0 ? 50000 : 0);
        pieces[i] = zpl_arena_alloc(&arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 251) + 1, sizes[i]);
    }
    /* A piece that overlapped another would have been written over. */
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], i % 251 + 1);
    }
    assert_false(zpl_arena_failed(&arena));
    zpl_arena_release(&arena);
    zpl_arena_release(&arena);
}

static void the_cap_is_kept_and_remembered(void **state)
{
    (void)state;
    struct zpl_arena arena = {.cap = 1000};
    size_t got = 0;
    while (zpl_arena_alloc(&arena, 100))
        got += 100;
    assert_in_range(got, 500, 1000);
    assert_true(zpl_arena_failed(&arena));
    assert_true(arena.used <= arena.cap);
    zpl_arena_release(&arena);
    assert_false(zpl_arena_failed(&arena));
}

static void impossible_sizes_fail(void **state)
{
    (void)state;
    struct zpl_arena arena = {.cap = SIZE_MAX};
    assert_null(zpl_arena_alloc(&arena, SIZE_MAX));
    assert_null(zpl_arena_alloc(&arena, SIZE_MAX - 64));
    assert_null(zpl_arena_array(&arena, SIZE_MAX / 2, 4));
    assert_null(zpl_arena_strndup(&arena, "", SIZE_MAX));
    assert_true(zpl_arena_failed(&arena));
    assert_non_null(zpl_arena_alloc(&arena, 10));
    zpl_arena_release(&arena);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    char word[] = "delay";
    char *copy = zpl_arena_strdup(&arena, word);
    char *part = zpl_arena_strndup(&arena, word, 3);
    word[0] = 'X';
    assert_string_equal(copy, "delay");
    assert_string_equal(part, "del");
    assert_string_equal(zpl_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    for (int n = 250; n < 262; n++) {
        char *text = zpl_arena_printf(&arena, "%*d", n, 5);
        assert_int_equal(strlen(text), n);
        assert_int_equal(text[n - 1], '5');
    }
    zpl_arena_release(&arena);
}

static void arrays_grow_and_keep_their_items(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    enum { COUNT = 300000 }; /* enough for blocks that are pages of their own */
    uint32_t first[] = {0, 1, 2};
    uint32_t *items = first;
    size_t capacity = 0;
    for (uint32_t i = 3; i < COUNT; i++) {
        uint32_t *larger = zpl_arena_grow(&arena, items, i, &capacity, sizeof *items);
        assert_non_null(larger);
        assert_true(capacity > i);
        assert_int_equal(larger[i], 0);
        items = larger;
        items[i] = i;
        if (i % 6000 == 0)
            memset(zpl_arena_alloc(&arena, 24), 0xFF, 24);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(items[i], i);
    /* Doubling: all the copies together are at most twice the last, which is at most twice full. */
    assert_true(arena.used <= 4 * COUNT * sizeof *items + 50 * 32);
    zpl_arena_release(&arena);
}

static void a_failed_growth_leaves_the_array(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    size_t capacity = 0;
    uint64_t *items = zpl_arena_grow(&arena, NULL, 0, &capacity, sizeof *items);
    assert_non_null(items);
    size_t before = capacity;
    items[0] = 42;
    arena.cap = arena.used;
    assert_null(zpl_arena_grow(&arena, items, capacity, &capacity, sizeof *items));
    assert_int_equal(capacity, before);
    assert_int_equal(items[0], 42);
    zpl_arena_release(&arena);
}

static void failing_allocations_are_told(void **state)
{
    (void)state;
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct zpl_arena arena = {0};
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        bool all = true;
        for (int i = 0; i < 100; i++)
            all = zpl_arena_alloc(&arena, 1000) && all;
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(zpl_arena_failed(&arena), failed);
        assert_int_equal(all, !failed);
        assert_true(n < 100);
        zpl_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_is_kept_and_remembered),
        cmocka_unit_test(impossible_sizes_fail),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(arrays_grow_and_keep_their_items),
        cmocka_unit_test(a_failed_growth_leaves_the_array),
        cmocka_unit_test(failing_allocations_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
