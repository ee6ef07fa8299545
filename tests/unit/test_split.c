/* test_split.c - split: exact sizes, no row lost or doubled, order kept, the same seed the same rows. */
#include "tests/unit/stdlib_fixture.h"

#define TYPE "Table {i: Int, class: String, moment: Timestamp, \"x y\": Float}"
#define ROWS 250001

static int set_up_rows(void **state)
{
    if (set_up(state) != 0)
        return -1;
    char query[600];
    snprintf(query, sizeof query,
             "SELECT i, CASE WHEN i %% 1000 = 7 THEN NULL WHEN i %% 10 < 3 THEN 'a' "
             "WHEN i %% 10 = 3 THEN 'b' ELSE 'c' END AS class, "
             "TIMESTAMP '2024-01-01' + INTERVAL ((i * 7919) %% 1000) MINUTE AS moment, "
             "i / 3 AS \"x y\" FROM range(%d) t(i)",
             ROWS);
    fixture_table(&f, 0, query);
    return 0;
}

/* Parts file 0 into files 1 and 2. */
static enum zpl_err split_rows(double ratio, int64_t seed, const char *column_param,
                               const char *column, struct zpl_run_result *result)
{
    const struct zpl_run_param params[] = {
        {"ratio", zpl_literal_float(&f.arena, ratio)},
        {"seed", zpl_literal_int(&f.arena, seed)},
        {column_param,
         column != NULL ? zpl_literal_string(&f.arena, column, strlen(column)) : NULL},
    };
    const struct zpl_run_input input = {
        .name = "rows", .type = TYPE, .path = f.paths[0], .rows = ROWS, .reads_all = true};
    const struct zpl_run_output outputs[] = {{"train", TYPE, f.paths[1]},
                                             {"test", TYPE, f.paths[2]}};
    struct zpl_run_task task = {.kernel = "split",
                                .params = params,
                                .param_count = column != NULL ? 3 : 2,
                                .inputs = &input,
                                .input_count = 1,
                                .outputs = outputs,
                                .output_count = 2};
    return fixture_run(&f, &task, result);
}

static void assert_split(double ratio, int64_t seed, const char *param, const char *column,
                         struct zpl_run_result *result)
{
    if (split_rows(ratio, seed, param, column, result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
}

/* Together the two parts are the table: same rows, each once, each part in the old order. */
static void assert_parts_are_the_table(void)
{
    assert_int_equal(fixture_number(&f, "(SELECT count(*) FROM $1) + (SELECT count(*) FROM $2)"),
                     ROWS);
    assert_int_equal(fixture_number(&f,
                                    "SELECT count(*) FROM (FROM $1 UNION ALL FROM $2) AS p "
                                    "JOIN $0 AS t ON p.i = t.i AND p.class IS NOT DISTINCT FROM "
                                    "t.class AND p.moment = t.moment AND p.\"x y\" = t.\"x y\""),
                     ROWS);
    for (int k = 1; k <= 2; k++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM (SELECT i, lag(i) OVER () AS before FROM $%d) "
                 "WHERE before >= i",
                 k);
        assert_int_equal(fixture_number(&f, sql), 0);
    }
}

static void test_sizes_are_exact(void **state)
{
    (void)state;
    static const double ratios[] = {0.8, 0.5, 0.123, 0.0, 1.0};
    for (size_t i = 0; i < sizeof ratios / sizeof ratios[0]; i++) {
        struct zpl_run_result result;
        assert_split(ratios[i], 7, "", NULL, &result);
        int64_t train = (int64_t)(ROWS * ratios[i] + 0.5);
        assert_int_equal(result.made[0].rows, train);
        assert_int_equal(result.made[1].rows, ROWS - train);
        assert_parts_are_the_table();
    }
}

static void test_seeds(void **state)
{
    (void)state;
    struct zpl_run_result a, b, c;
    assert_split(0.8, 7, "", NULL, &a);
    assert_split(0.8, 7, "", NULL, &b);
    assert_split(0.8, 8, "", NULL, &c);
    assert_true(zpl_digest_equal(&a.made[0].digest, &b.made[0].digest));
    assert_true(zpl_digest_equal(&a.made[1].digest, &b.made[1].digest));
    assert_false(zpl_digest_equal(&a.made[0].digest, &c.made[0].digest));
    /* by chance, not by place: each tenth of the table gives its share, within five deviations */
    assert_split(0.5, 1, "", NULL, &a);
    int64_t spread = fixture_number(
        &f, "SELECT max(abs(n - 12500)) FROM (SELECT count(*) AS n FROM $1 WHERE i < 250000 "
            "GROUP BY i // 25000)");
    assert_true(spread > 0 && spread < 400);
}

/* The oracle is DuckDB: each class has its share, rounded down or up, and the total is exact. */
static void test_stratify(void **state)
{
    (void)state;
    struct zpl_run_result result;
    assert_split(0.37, 3, "stratify", "class", &result);
    assert_parts_are_the_table();
    assert_int_equal(result.made[0].rows, (int64_t)(ROWS * 0.37 + 0.5));
    assert_int_equal(
        fixture_number(&f,
                       "SELECT count(*) FROM (SELECT class, count(*) AS n FROM $1 GROUP BY class) "
                       "AS p JOIN (SELECT class, count(*) AS n FROM $0 GROUP BY class) AS t "
                       "ON p.class IS NOT DISTINCT FROM t.class "
                       "WHERE p.n IN (floor(t.n * 0.37), ceil(t.n * 0.37))"),
        4);
}

static void test_time(void **state)
{
    (void)state;
    struct zpl_run_result result;
    assert_split(0.8, 0, "time", "moment", &result);
    assert_parts_are_the_table();
    assert_int_equal(
        fixture_number(&f, "SELECT max(moment) FROM $1) < (SELECT min(moment) FROM $2"), 1);
    /* at most 0.8 of the rows, and the moment of the cut is all that is missing */
    assert_true(result.made[0].rows <= (int64_t)(ROWS * 0.8 + 0.5));
    assert_true(result.made[0].rows + fixture_number(&f, "SELECT count(*) FROM $2 WHERE moment = "
                                                         "(SELECT min(moment) FROM $2)") >
                (int64_t)(ROWS * 0.8 + 0.5));
    assert_split(1.0, 0, "time", "moment", &result);
    assert_int_equal(result.made[0].rows, ROWS);
    assert_split(0.0, 0, "time", "moment", &result);
    assert_int_equal(result.made[1].rows, ROWS);
    assert_int_equal(split_rows(0.5, 0, "time", "class", &result), ZPL_ERR_STEP);
    assert_non_null(strstr(fixture_words(&f), "column 'class' is null in"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_exact),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_stratify),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, set_up_rows, tear_down);
}
