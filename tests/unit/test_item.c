/* test_item.c - names of steps inside maps: which item of which map they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vm/plan/item.h"

/* "2.3" for a match, an open map as 0, "-" for no map, NULL for no match. */
static const char *match(const char *name, const char *text)
{
    static char out[256];
    struct zpl_item_path path;
    if (!zpl_item_match(name, text, strlen(text), &path))
        return NULL;
    snprintf(out, sizeof out, path.count == 0 ? "-" : "");
    for (size_t i = 0; i < path.count; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%zu", i > 0 ? "." : "",
                 path.at[i]);
    return out;
}

static void names_say_items(void **state)
{
    (void)state;
    assert_string_equal(match("split", "split"), "-");
    assert_string_equal(match("split[*]", "split[17]"), "17");
    assert_string_equal(match("split[*]", "split[*]"), "0");
    assert_string_equal(match("split@train[*]", "split@train[1]"), "1");
    assert_string_equal(match("a/x[*][*]", "a/x[2][3]"), "2.3");
    assert_string_equal(match("x[*][*]", "x[2][*]"), "2.0");
    assert_string_equal(match("x[*][1]", "x[2][1]"), "2"); /* a written list inside a map */
    assert_string_equal(match("x[4][*]", "x[4][7]"), "7");
    assert_string_equal(match("x[*]", "x[4000000000]"), "4000000000");
}

static void other_texts_do_not(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "split",   "split[",    "split[]",   "split[0]",    "split[01]", "split[-1]",
        "split[1", "split[1]x", "splits[1]", "split[1][2]", "split[1 ]", "split[99999999999]",
        "",        "[1]",       "split[**]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_null(match("split[*]", texts[i]));
    assert_null(match("split", "split[1]"));
    assert_null(match("x[*][*]", "x[1]"));
    struct zpl_item_path path;
    assert_true(zpl_item_match("x[*]", "x[3]/rows", 4, &path) && path.at[0] == 3);
    assert_true(zpl_item_is_one(&path));
    assert_true(zpl_item_match("x[*][*]", "x[3][*]", 7, &path));
    assert_false(zpl_item_is_one(&path));
    char deep[3 * (ZPL_ITEM_DEPTH_MAX + 1) + 1] = "";
    for (size_t i = 0; i <= ZPL_ITEM_DEPTH_MAX; i++)
        memcpy(deep + 3 * i, "[*]", 4);
    assert_null(match(deep, deep));
    assert_string_equal(zpl_item_quote("split[3]"), "'");
    assert_string_equal(zpl_item_quote("split"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_say_items),
        cmocka_unit_test(other_texts_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
