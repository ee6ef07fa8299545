/* test_lineage.c - random queries on real rows: columns that a query is said not to read do not change what it
 * gives, nor does a table that it is said not to use.   Time limit: 600 s */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stdlib/query/origin.h"
#include "tests/unit/lineage_fixture.h"

static bool is_read(const struct zpl_bind_reads *reads, const char *name)
{
    bool found = reads->all;
    for (size_t i = 0; i < reads->count; i++)
        found = found || strcmp(reads->columns[i], name) == 0;
    return found;
}

static const char *as_it_is(const char *sql, const struct query_source *made)
{
    (void)made;
    return zpl_arena_strdup(&arena, sql);
}

/* Shows version `v` of what is not read, and of tables that are not used no row. */
static void show_unread(const struct zpl_bind_answer *answer, unsigned v)
{
    unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
    for (size_t t = 0; t < TABLES; t++) {
        for (size_t c = 0; c < query_tables[t].count; c++)
            version[t][c] = is_read(&answer->reads[t], query_tables[t].columns[c].name) ? 0 : v;
        if (!answer->reads[t].used)
            version[t][0] = EMPTY;
    }
    show(version);
}

/* Shows other values of what is read.  That the rows differ then is no promise: for these it may be of no
 * consequence. */
static void show_read(const struct zpl_bind_answer *answer)
{
    unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
    for (size_t t = 0; t < TABLES; t++)
        for (size_t c = 0; c < query_tables[t].count; c++)
            version[t][c] = is_read(&answer->reads[t], query_tables[t].columns[c].name);
    show(version);
}

static size_t count_unread(const struct zpl_bind_answer *answer)
{
    size_t unread = 0;
    for (size_t t = 0; t < TABLES; t++)
        for (size_t c = 0; c < query_tables[t].count; c++)
            unread += !is_read(&answer->reads[t], query_tables[t].columns[c].name);
    return unread;
}

static void test_unread_columns_do_not_matter(void **state)
{
    (void)state;
    struct queries g = {.random = {seed(4711)}};
    struct tally tally = {0};
    size_t wanted = queries(220), narrow = 0, looked = 0, changed = 0;
    for (; tally.tried < wanted; tally.tried++) {
        struct asked q;
        struct rows after;
        ask(&g, as_it_is, wanted, &tally, &q);
        bool unread = count_unread(&q.answer) > 0;
        unsigned first = 1 + (unsigned)random_below(&g.random, VERSIONS - 1);
        for (unsigned i = 0; unread && i < 2; i++) {
            show_unread(&q.answer, 1 + (first + i) % (VERSIONS - 1));
            if ((!run(q.text, q.answer.row, &after) || !same_rows(&q.rows, &after)) &&
                is_steady(q.text, q.answer.row, &q.rows))
                violate("version %u of what it is said not to read changes: %s",
                        1 + (first + i) % (VERSIONS - 1), q.text);
        }
        if (tally.tried % 3 == 0) {
            show_read(&q.answer);
            changed += !run(q.text, q.answer.row, &after) || !same_rows(&q.rows, &after);
            looked++;
        }
        narrow += unread;
        zpl_arena_clear(&arena);
    }
    print_message("# %zu queries, %zu of them with columns that are not read; those that are read "
                  "changed the rows of %zu in %zu; %zu more did not bind, %zu failed\n",
                  tally.tried, narrow, changed, looked, tally.unbound, tally.failed);
    assert_int_equal(violations, 0);
    assert_true(narrow > wanted / 2);
    assert_true(changed > looked / 2);
}

/* The engine's own list is the oracle. */
static enum zpl_err is_listed(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    char name[100];
    snprintf(name, sizeof name, "%.*s", (int)cells[0].n, cells[0].s);
    if (!zpl_origin_is_aggregate(name))
        fail_msg("%s is not listed as an aggregate", name);
    (*(size_t *)self)++;
    return ZPL_OK;
}

static void test_every_aggregate_is_known(void **state)
{
    (void)state;
    size_t known = 0;
    assert_int_equal(zpl_duck_each(&duck,
                                   "SELECT DISTINCT function_name FROM duckdb_functions() WHERE "
                                   "function_type = 'aggregate' AND regexp_matches(function_name, "
                                   "'^[a-z]')",
                                   is_listed, &known, &diags),
                     ZPL_OK);
    assert_true(known > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_aggregate_is_known),
        cmocka_unit_test(test_unread_columns_do_not_matter),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
