/* test_bind.c - DuckDB as the checker's engine: types, what is refused, and
 * that what a query is said not to read does not change what it gives.   Time limit: 180 s */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "lang/base/digest.h"
#include "lang/base/fs.h"
#include "lang/types/signature.h"
#include "stdlib/query/bind.h"
#include "stdlib/table/scan.h"
#include "stdlib/table/write.h"
#include "tests/unit/binding.h"

static const char *type_text(const struct zpl_bind_answer *answer)
{
    const struct zpl_type *table = zpl_type_table(&arena, answer->row);
    return zpl_type_text(table, false, &arena);
}

static void assert_type(const char *sql, const char *type)
{
    struct zpl_bind_answer answer = bind(sql);
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    assert_string_equal(type_text(&answer), type);
}

static void test_types(void **state)
{
    (void)state;
    assert_type("SELECT hour(date) AS hour, isodow(date) AS weekday, distance, "
                "delay > $minutes AS late FROM flights",
                "Table {hour: Int, weekday: Int, distance: Int, late: Bool}");
    assert_type(
        "SELECT sum(distance) AS s, avg(distance) AS a, count(*) AS n, 1.5 AS d, "
        "list(origin) AS l, date::DATE AS day, any_value(kind) AS k FROM flights GROUP BY ALL;",
        "Table {s: Int, a: Float, n: Int, d: Float, l: List(String), day: Date, "
        "k: Enum {\"a\", \"b\"}}");
    assert_type("SELECT $minutes AS m, $ratio * 2 AS r, $word || 'x' AS w, NOT $flag AS f -- all\n",
                "Table {m: Int, r: Float, w: String, f: Bool}");
    assert_type("SELECT $$ -- ' $$ AS a, E'\\' -- ' AS b, '' AS c; -- end",
                "Table {a: String, b: String, c: String}");
    assert_type("SELECT i AS few, i * 2 AS more FROM range($minutes) t(i)",
                "Table {few: Int, more: Int}"); /* whose columns wait for the param */
    assert_type("FROM planes", "Table {origin: String, seats: Int}");
    assert_type("WITH a AS (SELECT seats FROM planes) SELECT seats / 2 AS half FROM a",
                "Table {half: Float}");
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "INSERT INTO flights VALUES (1)",
        "SELECT 1; SELECT 2",
        "COPY flights TO '/tmp/x'",
        "ATTACH '/tmp/x.db'",
        "SET threads = 4",
        "PRAGMA version",
        "SELECT now()",
        "SELECT NOW ( )",
        "SELECT \"now\"()",
        "SELECT main.now()",
        "SELECT current_date",
        "SELECT CURRENT_TIMESTAMP",
        "SELECT user FROM flights",
        "SELECT age(date) FROM flights",
        "SELECT random()",
        "SELECT delay FROM flights ORDER BY random()",
        "SELECT delay FROM flights WHERE EXISTS (SELECT uuid())",
        "WITH a AS (SELECT random() AS r) SELECT r FROM a",
        "SELECT list_aggregate([1, 2], 'reservoir_quantile', 0.5)",
        "SELECT current_setting('threads')",
        "SELECT getvariable('x')",
        "SELECT pg_backend_pid()",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM '/etc/passwd.csv'",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('flights')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM main.flights",
        "SELECT * FROM zpl_in.t0",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM (DESCRIBE flights)",
        "SUMMARIZE flights",
        "SELECT delay FROM flights USING SAMPLE 10%",
        "SELECT delay FROM flights TABLESAMPLE 3 ROWS",
        "SELECT ? + 1",
        "SELECT $1 + 1",
        "SELECT nextval('s')",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct zpl_bind_answer answer = bind(refused[i]);
        if (answer.error.fault != ZPL_BIND_FORBIDDEN)
            fail_msg("%s: fault %d, %s", refused[i], (int)answer.error.fault,
                     answer.error.message != NULL ? answer.error.message : "passed");
    }
    assert_error("SELECT 'é', now()", ZPL_BIND_FORBIDDEN, "now", "the time of the run");
    /* out of its WITH's scope a name is unknown, not a table of the system's */
    assert_error("SELECT * FROM duckdb_tables", ZPL_BIND_NAME, "duckdb_tables", "unknown table");
    static const char *const fine[] = {
        "SELECT 'now()' AS x, /* random() */ delay AS y FROM flights -- uuid()",
        "SELECT age(date, TIMESTAMP '2020-01-01') > INTERVAL 1 DAY AS old FROM flights",
        "SELECT origin FROM flights USING SAMPLE 10% (bernoulli, 42)",
        "SELECT i FROM range(3) r(i)",
        "SELECT unnest([1, 2]) AS u, list_aggregate([1, 2], 'sum') AS s",
    };
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        if (bind(fine[i]).error.message != NULL)
            fail_msg("%s: %s", fine[i], bind(fine[i]).error.message);
}

static enum zpl_err refuse_function(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT \"%.*s\"()", (int)cells[0].n, cells[0].s);
    if (bind(sql).error.fault != ZPL_BIND_FORBIDDEN)
        fail_msg("%s is not refused", sql);
    (*(size_t *)self)++;
    return ZPL_OK;
}

/* The oracle is the engine's own list: whatever it does not call consistent is refused (error() only
 * ends a query). */
static void test_every_inconsistent_function_is_refused(void **state)
{
    (void)state;
    struct zpl_duck duck;
    size_t refused = 0;
    const struct zpl_duck_options options = {0};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    assert_int_equal(zpl_duck_each(&duck,
                                   "SELECT DISTINCT function_name FROM duckdb_functions() WHERE "
                                   "function_type = 'scalar' AND stability <> 'CONSISTENT' AND "
                                   "function_name <> 'error'",
                                   refuse_function, &refused, &diags),
                     ZPL_OK);
    assert_true(refused > 20);
    zpl_duck_release(&duck);
}

static void assert_reads(const char *sql, const char *flights, const char *planes)
{
    struct zpl_bind_answer answer = bind(sql);
    const char *want[] = {flights, planes};
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    for (size_t t = 0; t < 2; t++) {
        struct zpl_buf have = {0};
        if (!answer.reads[t].used)
            zpl_buf_puts(&have, "-");
        for (size_t i = 0; i < answer.reads[t].count; i++)
            zpl_buf_printf(&have, "%s%s", i > 0 ? " " : "", answer.reads[t].columns[i]);
        if (strcmp(answer.reads[t].all ? "*" : zpl_buf_str(&have), want[t]) != 0)
            fail_msg("%s: table %zu reads '%s', not '%s'", sql, t, zpl_buf_str(&have), want[t]);
        zpl_buf_release(&have);
    }
}

static void test_reads(void **state)
{
    (void)state;
    assert_reads("SELECT hour(date) AS h FROM flights", "date", "-");
    assert_reads("SELECT hour(date) AS h FROM flights WHERE delay > 5", "date delay", "-");
    assert_reads("SELECT \"end\" FROM flights ORDER BY distance LIMIT 3", "distance end", "-");
    assert_reads("SELECT count(*) AS n FROM flights", "", "-");
    assert_reads("SELECT 1 AS x", "-", "-");
    assert_reads("SELECT * FROM planes", "-", "*");
    assert_reads("SELECT * EXCLUDE (seats) FROM planes", "-", "*");
    assert_reads("SELECT origin FROM (SELECT *, seats + 1 AS more FROM planes)", "-", "*");
    assert_reads("SELECT a FROM (SELECT origin AS a, seats FROM planes)", "-", "origin");
    assert_reads("SELECT COLUMNS('s.*') FROM planes", "-", "*");
    assert_reads("SELECT hash(planes) AS h FROM planes", "-", "*");
    assert_reads("SELECT hash(p) AS h FROM planes AS p", "-", "*");
    assert_reads("SELECT seats FROM flights NATURAL JOIN planes", "*", "*");
    assert_reads("SELECT seats FROM flights JOIN planes USING (origin)", "origin", "origin seats");
    assert_reads("SELECT * FROM (SELECT seats FROM planes)", "-", "seats");
    assert_reads("SELECT distance FROM flights f WHERE EXISTS "
                 "(SELECT 1 FROM planes p WHERE p.origin = f.origin AND p.seats > 9)",
                 "distance origin", "origin seats");
    assert_reads("SELECT row_number() OVER (ORDER BY delay) AS r FROM flights", "delay", "-");
    assert_reads("SELECT distance FROM (SELECT DISTINCT distance, kind FROM flights)",
                 "distance kind", "-");
    assert_reads("SELECT coalesce(delay, distance) AS x FROM flights WHERE delay IS NULL",
                 "delay distance", "-");
    assert_reads("SELECT #1 FROM planes", "-", "*");
    assert_reads("WITH flights AS (SELECT seats FROM planes) SELECT seats FROM flights", "",
                 "seats");
}

static const char *hindsight_of(const char *sql)
{
    struct zpl_bind_answer answer = bind(sql);
    struct zpl_buf out = {0};
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    for (size_t i = 0; i < answer.row->count; i++) {
        const struct zpl_refine *refine = answer.row->columns[i].type->refine;
        if (refine != NULL && refine->hindsight)
            zpl_buf_printf(&out, "%s%s", out.len > 0 ? " " : "", answer.row->columns[i].name);
    }
    const char *names = zpl_arena_strdup(&arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return names;
}

static void test_hindsight_is_passed_on(void **state)
{
    (void)state;
    assert_string_equal(hindsight_of("SELECT delay > 15 AS late, distance FROM flights"), "");
    assert_string_equal(hindsight_of("SELECT delay, distance FROM flights"), "delay");
    assert_string_equal(
        hindsight_of("SELECT distance, delay AS lag, delay::FLOAT AS f FROM flights"), "lag f");
    assert_string_equal(hindsight_of("SELECT * FROM flights"), "delay");
    assert_string_equal(hindsight_of("SELECT * EXCLUDE (delay) FROM flights"), "");
    assert_string_equal(hindsight_of("SELECT * REPLACE (delay > 3 AS delay) FROM flights"), "");
    assert_string_equal(hindsight_of("SELECT f.* FROM planes p JOIN flights f USING (origin)"),
                        "delay");
    assert_string_equal(
        hindsight_of("WITH a AS (SELECT delay AS x, distance AS delay FROM flights), "
                     "b AS (SELECT x AS y, delay FROM a) SELECT y, delay FROM b"),
        "y");
    assert_string_equal(
        hindsight_of("WITH flights AS (SELECT * FROM flights) SELECT delay AS d FROM flights"),
        "d");
    assert_string_equal(hindsight_of("SELECT seats AS s FROM planes UNION ALL "
                                     "SELECT delay FROM flights"),
                        "s");
    assert_string_equal(hindsight_of("SELECT b FROM (SELECT delay, distance FROM flights) t(a, b)"),
                        "");
    assert_string_equal(hindsight_of("SELECT * RENAME (delay AS d) FROM flights"), "d");
    /* what can't be followed goes by the name */
    assert_string_equal(hindsight_of("SELECT COLUMNS('d.*') FROM flights"), "delay");
}

/* The identity of a query that binds. */
static const char *identity(const char *sql)
{
    struct zpl_bind_answer answer = bind(sql);
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    return answer.identity;
}

static void test_identity_and_params(void **state)
{
    (void)state;
    struct zpl_bind_answer a = bind("SELECT delay AS x FROM flights WHERE distance > $minutes");
    struct zpl_bind_answer b =
        bind("select delay  as x /* same */\nfrom flights\n  where (distance > $minutes); -- end");
    struct zpl_bind_answer c = bind("SELECT delay AS x FROM flights WHERE distance > $minutes + 0");
    assert_int_equal(strlen(a.identity), 64);
    assert_string_equal(a.identity, b.identity);
    assert_string_not_equal(a.identity, c.identity);
    assert_string_not_equal(identity("SELECT 18446744073709551616 AS x"),
                            identity("SELECT 18446744073709551617 AS x"));
    assert_string_not_equal(identity("SELECT seats FROM planes UNION SELECT 1"),
                            identity("SELECT seats FROM planes UNION ALL SELECT 1"));
    assert_string_equal(a.params_used[0], "minutes");
    assert_null(a.params_used[1]);
    assert_int_equal(a.warning_count, 0);
}

/* The property: rows that differ only in columns outside of `reads` give the same bytes; and a step,
 * which meets those columns sealed, gives them too. */

static struct zpl_duck duck;
static char folder[] = "/tmp/zpl-test-bind-XXXXXX", path[100], stored[2][100];
static const char *const table_names[] = {"flights", "planes"};

static struct zpl_digest run(const char *sql, const struct zpl_row *row)
{
    const struct zpl_write_param params[] = {
        {"minutes", zpl_literal_int(&arena, 15)},
        {"ratio", zpl_literal_float(&arena, 0.25)},
        {"word", zpl_literal_string(&arena, "SEA", 3)},
        {"flag", zpl_literal_bool(&arena, true)},
    };
    const struct zpl_write write = {
        .query = sql, .params = params, .param_count = 4, .row = row, .path = path};
    struct zpl_digest digest;
    uint64_t size;
    if (zpl_write_query(&duck, &write, &diags) != ZPL_OK)
        fail_msg("%s: %s", sql, diags.items[diags.count - 1]->message);
    assert_int_equal(zpl_fs_digest(path, &digest, &size, NULL), ZPL_OK);
    return digest;
}

/* Makes the tables anew, the columns outside of `reads` with other values and nulls. */
static void make_tables(const struct zpl_bind_reads *reads)
{
    static const char *const columns[2][6][3] = {
        {{"date", "TIMESTAMP '2001-01-01' + INTERVAL (i * 7 % 5000) HOUR",
          "TIMESTAMP '1990-05-05' + INTERVAL (i % 3) DAY"},
         {"delay", "CASE WHEN i % 11 = 0 THEN NULL ELSE i * 37 % 90 - 20 END", "i % 2"},
         {"distance", "i * 13 % 2500", "NULL"},
         {"origin", "['SEA', 'JFK', 'LAX'][1 + i % 3]", "'x' || i"},
         {"end", "(i % 17) / 8", "'nan'::DOUBLE"},
         {"kind", "CASE WHEN i % 4 = 0 THEN 'a' ELSE 'b' END", "'b'"}},
        {{"origin", "['SEA', 'JFK', 'LAX', 'BOS'][1 + i % 4]", "'SEA'"},
         {"seats", "i * 31 % 300", "NULL"}},
    };
    static const char *const types[2][6] = {
        {"TIMESTAMP", "BIGINT", "BIGINT", "VARCHAR", "DOUBLE", "ENUM('a', 'b')"},
        {"VARCHAR", "BIGINT"}};
    static const int rows[] = {3000, 40};
    for (size_t t = 0; t < 2; t++) {
        struct zpl_buf sql = {0};
        zpl_buf_printf(&sql, "CREATE OR REPLACE TABLE %s AS SELECT ", table_names[t]);
        for (size_t c = 0; c < 6 && columns[t][c][0] != NULL; c++) {
            bool keep = reads == NULL || reads[t].all;
            for (size_t i = 0; !keep && i < reads[t].count; i++)
                keep = strcmp(reads[t].columns[i], columns[t][c][0]) == 0;
            zpl_buf_printf(&sql, "%sCAST(%s AS %s) AS \"%s\"", c > 0 ? ", " : "",
                           columns[t][c][keep ? 1 : 2], types[t][c], columns[t][c][0]);
        }
        zpl_buf_printf(&sql, " FROM range(%d) r(i)", rows[t]);
        if (zpl_duck_exec(&duck, zpl_buf_str(&sql), &diags) != ZPL_OK)
            fail_msg("%s: %s", zpl_buf_str(&sql), diags.items[diags.count - 1]->message);
        zpl_buf_release(&sql);
    }
}

/* Puts views as a step has them in place of the tables, over the same rows. */
static void make_views(const struct zpl_bind_reads *reads)
{
    const struct zpl_row *rows[] = {row_of(FLIGHTS), row_of("Table {origin: String, seats: Int}")};
    for (size_t t = 0; t < 2; t++) {
        char sql[100];
        snprintf(sql, sizeof sql, "FROM %s", table_names[t]);
        const struct zpl_write write = {.query = sql, .row = rows[t], .path = stored[t]};
        assert_int_equal(zpl_write_query(&duck, &write, &diags), ZPL_OK);
        snprintf(sql, sizeof sql, "DROP TABLE %s", table_names[t]);
        assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
        const struct zpl_scan scan = {.path = stored[t],
                                      .row = rows[t],
                                      .all = reads[t].all,
                                      .reads = reads[t].columns,
                                      .read_count = reads[t].count};
        if (zpl_scan_view(&duck, table_names[t], &scan, &diags) != ZPL_OK)
            fail_msg("%s", diags.items[diags.count - 1]->message);
    }
}

static void drop_views(void)
{
    assert_int_equal(zpl_duck_exec(&duck, "DROP VIEW flights; DROP VIEW planes", &diags), ZPL_OK);
}

/* One query made of parts that `pick` chooses. */
static void make_query(unsigned pick, struct zpl_buf *out)
{
    static const char *const values[] = {"hour(date) AS v",
                                         "distance * 2 AS v",
                                         "coalesce(delay, distance) AS v",
                                         "upper(origin) AS v",
                                         "1 AS v",
                                         "\"end\" > $ratio AS v",
                                         "CASE WHEN delay > $minutes THEN distance END AS v",
                                         "kind AS v"};
    static const char *const sums[] = {"count(*) AS v",
                                       "sum(distance) AS v",
                                       "max(delay) AS v",
                                       "count(delay) AS v",
                                       "list(origin ORDER BY date, distance) AS v",
                                       "sum(distance) FILTER (delay > 0) AS v"};
    static const char *const where[] = {
        "",
        " WHERE delay > $minutes",
        " WHERE delay IS NOT NULL",
        " WHERE origin = $word OR distance < 100",
        " WHERE delay > 5 OR delay <= 5",
        " WHERE origin IN (SELECT origin FROM planes WHERE seats > 100)",
        " WHERE EXISTS (SELECT 1 FROM planes p WHERE p.seats = flights.distance)",
        " WHERE distance > (SELECT avg(seats) FROM planes)"};
    static const char *const ends[] = {"", " ORDER BY date, distance LIMIT 7",
                                       " ORDER BY delay NULLS FIRST, distance, date LIMIT 50",
                                       " QUALIFY row_number() OVER (PARTITION BY origin "
                                       "ORDER BY distance, date) < 5"};
    static const char *const from[] = {
        "flights", "(SELECT * FROM flights WHERE distance % 2 = 0) AS flights",
        "(SELECT DISTINCT * FROM flights) AS flights",
        "(SELECT date, delay, distance, origin, \"end\", kind FROM flights ORDER BY \"end\" DESC, "
        "date, distance LIMIT 900) AS flights"};
    unsigned shape = pick % 3, a = pick / 3;
    if (shape == 0)
        zpl_buf_printf(out, "SELECT %s FROM %s%s%s", values[a % 8], from[a / 8 % 4],
                       where[a / 32 % 8], ends[a / 256 % 4]);
    else if (shape == 1)
        zpl_buf_printf(out, "SELECT kind, %s FROM %s%s GROUP BY kind ORDER BY kind", sums[a % 6],
                       from[a / 6 % 4], where[a / 24 % 8]);
    else
        zpl_buf_printf(out,
                       "WITH w AS (SELECT origin AS o, %s FROM %s%s) SELECT v FROM w %s planes p "
                       "ON p.origin = o ORDER BY v LIMIT 200",
                       values[a % 8], from[a / 8 % 4], where[a / 32 % 8],
                       a / 256 % 2 == 0 ? "JOIN" : "LEFT JOIN");
}

static void test_unread_columns_do_not_matter(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out.parquet", folder);
    snprintf(stored[0], sizeof stored[0], "%s/flights.parquet", folder);
    snprintf(stored[1], sizeof stored[1], "%s/planes.parquet", folder);
    const char *paths[] = {path, stored[0], stored[1]};
    const struct zpl_duck_options options = {.paths = paths, .path_count = 3};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    size_t narrowed = 0;
    for (unsigned i = 0; i < 150; i += ONE_IN) {
        struct zpl_buf sql = {0};
        make_query(i * 2654435761u >> 12, &sql);
        struct zpl_bind_answer answer = bind(zpl_buf_str(&sql));
        if (answer.error.message != NULL)
            fail_msg("%s: %s", zpl_buf_str(&sql), answer.error.message);
        make_tables(NULL);
        struct zpl_digest before = run(zpl_buf_str(&sql), answer.row);
        make_tables(answer.reads);
        struct zpl_digest after = run(zpl_buf_str(&sql), answer.row);
        if (!zpl_digest_equal(&before, &after))
            fail_msg("%s: changed by a column it is said not to read", zpl_buf_str(&sql));
        make_views(answer.reads);
        after = run(zpl_buf_str(&sql), answer.row);
        if (!zpl_digest_equal(&before, &after))
            fail_msg("%s: gives something else as a step", zpl_buf_str(&sql));
        drop_views();
        narrowed += !answer.reads[0].all && answer.reads[0].count < 6;
        zpl_buf_release(&sql);
        zpl_diags_clear(&diags);
    }
    assert_true(narrowed > 50 / ONE_IN);
    zpl_duck_release(&duck);
    zpl_fs_remove_tree(folder, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_every_inconsistent_function_is_refused),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_hindsight_is_passed_on),
        cmocka_unit_test(test_identity_and_params),
        cmocka_unit_test(test_unread_columns_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
