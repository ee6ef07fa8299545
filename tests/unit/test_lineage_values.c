/* test_lineage_values.c - random queries on real rows: columns that a result column is said not to come from do
 * not change its values.   Time limit: 600 s */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/lineage_fixture.h"

#define COLUMNS_LOOKED_AT 2 /* of one query */

/* Is a column of the tables one that the result's column is computed from or chosen by? */
static bool comes_from(const struct zpl_bind_answer *answer, size_t result, size_t t, size_t c)
{
    const struct zpl_bind_origin *origin = &answer->origins[result];
    bool found = origin->all;
    for (size_t i = 0; i < origin->count; i++)
        found = found || (origin->sources[i].table == t && origin->sources[i].column == c);
    return found;
}

/* Shows version `v` of every column but those that `result` and the keys come from. */
static void show_others(const struct zpl_bind_answer *answer, const struct query_source *made,
                        size_t result, unsigned v)
{
    unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
    for (size_t t = 0; t < TABLES; t++)
        for (size_t c = 0; c < query_tables[t].count; c++) {
            bool keep = comes_from(answer, result, t, c);
            for (size_t k = 0; k < made->count; k++)
                keep = keep || (made->columns[k].key && comes_from(answer, k, t, c));
            version[t][c] = keep ? 0 : v;
        }
    show(version);
}

/* The query in the order of its keys: that of a join is anyone's. */
static const char *by_keys(const char *sql, const struct query_source *made)
{
    struct zpl_buf text = {0};
    zpl_buf_printf(&text, "SELECT * FROM (%s) AS q", sql);
    const char *before = " ORDER BY ";
    for (size_t i = 0; i < made->count; i++)
        if (made->columns[i].key) {
            zpl_buf_printf(&text, "%s%s", before, made->columns[i].name);
            before = ", ";
        }
    const char *kept = zpl_arena_strdup(&arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return kept;
}

static void count_column(struct tally *tally, const struct zpl_bind_answer *answer, size_t i)
{
    tally->columns++;
    tally->unknown += answer->origins[i].all;
    tally->narrow += answer->origins[i].count < 8;
}

static void print_tally(const struct tally *tally)
{
    print_message(
        "# %zu queries, %zu columns, %zu from less than half of the tables' columns, %zu not "
        "known; %zu more queries did not bind, %zu failed\n",
        tally->tried, tally->columns, tally->narrow, tally->unknown, tally->unbound, tally->failed);
    assert_int_equal(violations, 0);
    assert_true(tally->unknown <= tally->columns / 5);
}

static void test_values_come_from_their_origins(void **state)
{
    (void)state;
    struct queries g = {.random = {seed(815)}, .rows_stay = true};
    struct tally tally = {0};
    size_t wanted = queries(150);
    for (; tally.tried < wanted; tally.tried++) {
        struct asked q;
        struct rows after;
        ask(&g, by_keys, wanted, &tally, &q);
        assert_int_equal(q.answer.row->count, q.made.count);
        size_t begin = random_below(&g.random, q.made.count), looked = 0;
        for (size_t n = 0; n < q.made.count && looked < COLUMNS_LOOKED_AT; n++) {
            size_t i = (begin + n) % q.made.count;
            const char *name = q.made.columns[i].name;
            if (q.made.columns[i].key)
                continue;
            looked++;
            show_others(&q.answer, &q.made, i, 1 + (unsigned)random_below(&g.random, VERSIONS - 1));
            if (!run(q.text, q.answer.row, &after))
                violate("what '%s' does not come from makes it fail: %s", name, q.text);
            for (size_t k = 0; k < q.made.count; k++)
                if (q.made.columns[k].key && !same_column(&q.rows, &after, k))
                    violate("what key '%s' does not come from changes it: %s",
                            q.made.columns[k].name, q.text);
            if (!same_column(&q.rows, &after, i) && is_steady(q.text, q.answer.row, &q.rows))
                violate("what '%s' does not come from changes it: %s", name, q.text);
            count_column(&tally, &q.answer, i);
        }
        zpl_arena_clear(&arena);
    }
    print_tally(&tally);
    assert_true(tally.narrow > tally.columns / 2);
}

/* One row that sums up whatever rows a query gives: there filters, joins and unions decide values. */
static const char *summed_up(const char *sql, const struct query_source *made)
{
    struct zpl_buf text = {0};
    zpl_buf_puts(&text, "SELECT count(*) AS n");
    for (size_t i = 0; i < made->count; i++)
        zpl_buf_printf(&text,
                       made->columns[i].type == 'i' ? ", sum(%s) AS s%zu" : ", max(%s) AS s%zu",
                       made->columns[i].name, i);
    zpl_buf_printf(&text, " FROM (%s) AS q", sql);
    const char *kept = zpl_arena_strdup(&arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return kept;
}

static void test_sums_come_from_what_filters_them(void **state)
{
    (void)state;
    static const struct query_source keyless;
    struct queries g = {.random = {seed(99)}, .sums_only = true};
    struct tally tally = {0};
    size_t wanted = queries(150);
    for (; tally.tried < wanted; tally.tried++) {
        struct asked q;
        struct rows after;
        ask(&g, summed_up, wanted, &tally, &q);
        size_t begin = random_below(&g.random, q.answer.row->count);
        for (size_t n = 0; n < COLUMNS_LOOKED_AT && n < q.answer.row->count; n++) {
            size_t i = (begin + n) % q.answer.row->count;
            show_others(&q.answer, &keyless, i,
                        1 + (unsigned)random_below(&g.random, VERSIONS - 1));
            if ((!run(q.text, q.answer.row, &after) || !same_column(&q.rows, &after, i)) &&
                is_steady(q.text, q.answer.row, &q.rows))
                violate("what '%s' does not come from changes it: %s",
                        q.answer.row->columns[i].name, q.text);
            count_column(&tally, &q.answer, i);
        }
        zpl_arena_clear(&arena);
    }
    print_tally(&tally);
    assert_true(tally.narrow > tally.columns / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_from_their_origins),
        cmocka_unit_test(test_sums_come_from_what_filters_them),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
