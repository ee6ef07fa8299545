/* test_ingredient.c - lists of ingredients: keys that never collide, what a shape leaves out, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "tests/unit/random.h"
#include "vm/plan/ingredient.h"

#define SEEDS 300

static void add(struct zpl_ingredients *list, struct zpl_arena *arena,
                enum zpl_ingredient_kind kind, const char *name, const char *value,
                const char *shown)
{
    assert_true(zpl_ingredients_add(list, arena, kind, name, value, shown));
}

/* A text of up to four of the letters a and b: short, so that concatenations meet. */
static const char *random_text(struct random *r, struct zpl_arena *arena)
{
    char text[5] = "";
    for (size_t i = 0, n = random_below(r, sizeof text); i < n; i++)
        text[i] = random_bool(r) ? 'a' : 'b';
    return zpl_arena_strdup(arena, text);
}

static struct zpl_ingredients random_list(struct random *r, struct zpl_arena *arena)
{
    struct zpl_ingredients list = {0};
    size_t n = random_below(r, 5);
    for (size_t i = 0; i < n; i++) {
        enum zpl_ingredient_kind kind = (enum zpl_ingredient_kind)random_below(r, ZPL_ING_KINDS);
        const char *shown = random_bool(r) ? random_text(r, arena) : NULL;
        add(&list, arena, kind, random_text(r, arena), random_text(r, arena), shown);
    }
    return list;
}

/* Are they the same to a step?  What is shown to people does not count; in a shape, nor does data. */
static bool same(const struct zpl_ingredients *a, const struct zpl_ingredients *b, bool shape)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (shape && i < a->count && a->items[i].kind >= ZPL_ING_SOURCE)
            i++;
        while (shape && k < b->count && b->items[k].kind >= ZPL_ING_SOURCE)
            k++;
        if (i == a->count || k == b->count)
            return i == a->count && k == b->count;
        if (a->items[i].kind != b->items[k].kind ||
            strcmp(a->items[i].name, b->items[k].name) != 0 ||
            strcmp(a->items[i].value, b->items[k].value) != 0)
            return false;
        i++, k++;
    }
}

static bool same_key(const struct zpl_ingredients *a, const struct zpl_ingredients *b, bool shape)
{
    struct zpl_digest x = zpl_ingredients_key(a, shape);
    struct zpl_digest y = zpl_ingredients_key(b, shape);
    return zpl_digest_equal(&x, &y);
}

/* Cuts one text at random places into the names and values of a list of one kind. */
static struct zpl_ingredients cut_up(struct random *r, struct zpl_arena *arena, const char *text)
{
    struct zpl_ingredients list = {0};
    size_t n = strlen(text);
    for (size_t at = 0; at < n;) {
        size_t name = random_below(r, n - at + 1), value = random_below(r, n - at - name + 1);
        if (name + value == 0)
            name = 1;
        add(&list, arena, ZPL_ING_PARAM, zpl_arena_strndup(arena, text + at, name),
            zpl_arena_strndup(arena, text + at + name, value), NULL);
        at += name + value;
    }
    return list;
}

static void lists_have_one_key_exactly_when_they_are_the_same(void **state)
{
    (void)state;
    struct random r = {1};
    size_t equal = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        struct zpl_arena arena = {0};
        struct zpl_ingredients lists[12];
        for (size_t i = 0; i < 12; i++)
            lists[i] = random_list(&r, &arena);
        for (size_t i = 0; i < 12; i++) {
            for (size_t k = 0; k < 12; k++) {
                for (int shape = 0; shape < 2; shape++)
                    assert_int_equal(same_key(&lists[i], &lists[k], shape),
                                     same(&lists[i], &lists[k], shape));
                equal += i != k && same(&lists[i], &lists[k], true);
            }
        }
        zpl_arena_release(&arena);
    }
    assert_true(equal > 0); /* else the generator never tried what it is for */
}

static void the_same_bytes_cut_otherwise_are_another_key(void **state)
{
    (void)state;
    struct random r = {2};
    size_t different = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        struct zpl_arena arena = {0};
        struct zpl_ingredients a = cut_up(&r, &arena, "paramparam8param1");
        struct zpl_ingredients b = cut_up(&r, &arena, "paramparam8param1");
        assert_int_equal(same_key(&a, &b, false), same(&a, &b, false));
        different += !same(&a, &b, false);
        zpl_arena_release(&arena);
    }
    assert_true(different > SEEDS / 2);
}

/* A list with one entry of every kind, in the order of a key. */
static struct zpl_ingredients every_kind(struct zpl_arena *arena)
{
    struct zpl_ingredients list = {0};
    for (int kind = 0; kind < ZPL_ING_KINDS; kind++)
        add(&list, arena, (enum zpl_ingredient_kind)kind, "name", "value", "shown");
    return list;
}

static void every_kind_counts_and_a_shape_leaves_out_data_alone(void **state)
{
    (void)state;
    for (int kind = 0; kind < ZPL_ING_KINDS; kind++) {
        struct zpl_arena arena = {0};
        bool data = kind == ZPL_ING_SOURCE || kind == ZPL_ING_INPUT || kind == ZPL_ING_ROWS ||
                    kind == ZPL_ING_ORDER || kind == ZPL_ING_COLUMN;
        struct zpl_ingredients before = every_kind(&arena), after = every_kind(&arena);
        after.items[kind].value = "other";
        assert_false(same_key(&before, &after, false));
        assert_int_equal(same_key(&before, &after, true), data);
        after.items[kind].value = "value";
        after.items[kind].name = "other";
        assert_false(same_key(&before, &after, false));
        assert_int_equal(same_key(&before, &after, true), data);
        zpl_arena_release(&arena);
    }
}

static void what_is_shown_is_no_part_of_the_key(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    struct zpl_ingredients a = every_kind(&arena), b = every_kind(&arena);
    for (size_t i = 0; i < b.count; i++)
        b.items[i].shown = i % 2 == 0 ? "otherwise" : NULL;
    assert_true(same_key(&a, &b, false));
    assert_true(same_key(&a, &b, true));
    zpl_arena_release(&arena);
}

static void order_counts(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    struct zpl_ingredients a = {0}, b = {0};
    add(&a, &arena, ZPL_ING_PARAM, "x", "1", NULL);
    add(&a, &arena, ZPL_ING_PARAM, "y", "2", NULL);
    add(&b, &arena, ZPL_ING_PARAM, "y", "2", NULL);
    add(&b, &arena, ZPL_ING_PARAM, "x", "1", NULL);
    assert_false(same_key(&a, &b, false));
    zpl_arena_release(&arena);
}

/* The list as it stands in the store. */
static char *stored(const struct zpl_ingredients *list, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    struct zpl_json *json = zpl_ingredients_json(list);
    assert_int_equal(zpl_json_write(json, false, &text), ZPL_OK);
    zpl_json_release(json);
    char *copy = zpl_arena_strdup(arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return copy;
}

static void a_list_comes_back_from_the_store_as_it_was(void **state)
{
    (void)state;
    struct random r = {3};
    for (int seed = 0; seed < SEEDS; seed++) {
        struct zpl_arena arena = {0};
        struct zpl_ingredients list = random_list(&r, &arena), back;
        add(&list, &arena, ZPL_ING_BODY, "sql", "\"\\\n\t\x01 Zürich 東京", "SELECT 'é'");
        assert_true(zpl_ingredients_read(stored(&list, &arena), &back, &arena));
        assert_int_equal(back.count, list.count);
        for (size_t i = 0; i < list.count; i++) {
            assert_int_equal(back.items[i].kind, list.items[i].kind);
            assert_string_equal(back.items[i].name, list.items[i].name);
            assert_string_equal(back.items[i].value, list.items[i].value);
            if (list.items[i].shown == NULL)
                assert_null(back.items[i].shown);
            else
                assert_string_equal(back.items[i].shown, list.items[i].shown);
        }
        assert_true(same_key(&list, &back, false));
        zpl_arena_release(&arena);
    }
}

static void anything_else_in_the_store_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "",
        "{",
        "null",
        "{}",
        "3",
        "[3]",
        "[[]]",
        "[[\"param\"]]",
        "[[\"param\",\"a\"]]",
        "[[\"param\",\"a\",3]]",
        "[[\"param\",3,\"v\"]]",
        "[[\"colour\",\"a\",\"v\"]]",
        "[[3,\"a\",\"v\"]]",
        "[{\"kind\":\"param\"}]",
        "[[\"param\",\"a\",\"v\",3]]",
        "[[\"param\",\"a\",\"v\"],[\"param\",\"b\"]]",
    };
    struct zpl_arena arena = {0};
    struct zpl_ingredients back;
    assert_false(zpl_ingredients_read(NULL, &back, &arena));
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        if (zpl_ingredients_read(WRONG[i], &back, &arena))
            fail_msg("%s was taken", WRONG[i]);
    assert_true(zpl_ingredients_read("[]", &back, &arena));
    assert_int_equal(back.count, 0);
    zpl_arena_release(&arena);
}

static void a_list_has_a_limit_and_nothing_is_added_to_it_by_halves(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    struct zpl_ingredients list = {0};
    assert_false(zpl_ingredients_add(&list, &arena, ZPL_ING_PARAM, NULL, "v", NULL));
    assert_false(zpl_ingredients_add(&list, &arena, ZPL_ING_PARAM, "n", NULL, NULL));
    assert_int_equal(list.count, 0);
    for (size_t i = 0; i < ZPL_INGREDIENTS_MAX; i++)
        add(&list, &arena, ZPL_ING_COLUMN, "t.c", "v", NULL);
    assert_false(zpl_ingredients_add(&list, &arena, ZPL_ING_COLUMN, "t.c", "v", NULL));
    assert_int_equal(list.count, ZPL_INGREDIENTS_MAX);
    zpl_arena_release(&arena);
}

/* Every allocation of reading fails once: false, or the whole list. */
static void reading_without_memory_gives_all_or_nothing(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    struct zpl_ingredients list = every_kind(&arena), back;
    char *text = stored(&list, &arena);
    for (long n = 0;; n++) {
        struct zpl_arena small = {0};
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        bool ok = zpl_ingredients_read(text, &back, &small);
        bool fired = zpl_fault_fired();
        zpl_fault_disarm();
        if (ok) {
            assert_int_equal(back.count, list.count);
            for (size_t i = 0; i < back.count; i++)
                assert_string_equal(back.items[i].shown, "shown");
        }
        zpl_arena_release(&small);
        if (!fired) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
    }
    zpl_arena_release(&arena);
}

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < ZPL_ING_KINDS; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(zpl_ingredient_kind_name((enum zpl_ingredient_kind)i),
                                    zpl_ingredient_kind_name((enum zpl_ingredient_kind)k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_have_one_key_exactly_when_they_are_the_same),
        cmocka_unit_test(the_same_bytes_cut_otherwise_are_another_key),
        cmocka_unit_test(every_kind_counts_and_a_shape_leaves_out_data_alone),
        cmocka_unit_test(what_is_shown_is_no_part_of_the_key),
        cmocka_unit_test(order_counts),
        cmocka_unit_test(a_list_comes_back_from_the_store_as_it_was),
        cmocka_unit_test(anything_else_in_the_store_is_refused),
        cmocka_unit_test(a_list_has_a_limit_and_nothing_is_added_to_it_by_halves),
        cmocka_unit_test(reading_without_memory_gives_all_or_nothing),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
