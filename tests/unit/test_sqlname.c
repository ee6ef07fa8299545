/* test_sqlname.c - names as SQL needs them: the engine's own list of words is the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "lang/check/sqlname.h"
#include "stdlib/table/duck.h"

static struct zpl_diags diags;
static struct zpl_duck duck;

static enum zpl_err is_known(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    char word[40], category[40];
    snprintf(word, sizeof word, "%.*s", (int)cells[0].n, cells[0].s);
    snprintf(category, sizeof category, "%.*s", (int)cells[1].n, cells[1].s);
    bool reserved = strcmp(category, "reserved") == 0 || strcmp(category, "type_function") == 0;
    if (zpl_sql_is_reserved(word) != reserved)
        fail_msg("%s is %s", word, category);
    *(size_t *)self += reserved;
    return ZPL_OK;
}

static void test_reserved_words(void **state)
{
    (void)state;
    size_t reserved = 0;
    const struct zpl_duck_options options = {0};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    assert_int_equal(zpl_duck_each(&duck,
                                   "SELECT keyword_name, any_value(keyword_category ORDER BY "
                                   "keyword_category) FROM duckdb_keywords() GROUP BY 1",
                                   is_known, &reserved, &diags),
                     ZPL_OK);
    assert_true(reserved > 60);
    assert_true(zpl_sql_is_reserved("Order"));
    assert_false(zpl_sql_is_reserved("city"));
    zpl_duck_release(&duck);
}

static void test_quoted_where_needed(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    assert_string_equal(zpl_sql_name("day", &arena), "day");
    assert_string_equal(zpl_sql_name("order", &arena), "\"order\"");
    assert_string_equal(zpl_sql_name("price (EUR)", &arena), "\"price (EUR)\"");
    assert_string_equal(zpl_sql_name("a \"b\"", &arena), "\"a \"\"b\"\"\"");
    zpl_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reserved_words),
        cmocka_unit_test(test_quoted_where_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
