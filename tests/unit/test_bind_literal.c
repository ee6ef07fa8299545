/* test_bind_literal.c - constants that can't become what they are cast to: those are told, at their
 * places, and no others.  What the engine does when the query runs is the oracle.   Time limit: 180 s */
#include "stdlib/table/duck.h"
#include "tests/unit/binding.h"

static void test_literals_have_their_places(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *place, *words;
    } wrong[] = {
        {"SELECT delay > 'abc' AS x FROM flights", "'abc'", "is no Int, as column 'delay' is"},
        {"SELECT 'é' AS e, 'abc' < delay AS x FROM flights", "'abc'", "as column 'delay' is"},
        {"SELECT 1 AS x FROM flights WHERE delay IN (1, '2', 'two')", "'two'", "column 'delay'"},
        {"SELECT 1 AS x FROM flights WHERE delay NOT IN ('a b')", "'a b'", "column 'delay'"},
        {"SELECT delay BETWEEN '1' AND 'b' AS x FROM flights", "'b'", "column 'delay'"},
        {"SELECT date < '2024-13-01' AS x FROM flights", "'2024-13-01'", "is no Timestamp"},
        {"SELECT DATE '2024-13-01' AS x", "'2024-13-01'", "is no Date: the cast always fails"},
        {"SELECT CAST('x' AS INTEGER) AS x", "'x'", "is no INTEGER: the cast"},
        {"SELECT 'x'::DECIMAL(4,1) AS x", "'x'", "is no DECIMAL(4, 1)"},
        {"SELECT 300::TINYINT AS x", "300", "is no TINYINT"},
        {"SELECT '''x' > delay AS x FROM flights", "'''x'", "is no Int"},
        {"SELECT delay + 'x' AS x FROM flights", "'x'", "is no Int"},
        {"SELECT coalesce(delay, 'none') AS x FROM flights", "'none'", "is no Int"},
        {"SELECT CASE WHEN delay > 1 THEN delay ELSE 'late' END AS x FROM flights", "'late'",
         "Int"},
        {"SELECT date + INTERVAL 'soon' AS x FROM flights", "'soon'", "is no INTERVAL"},
        {"SELECT f.delay FROM flights f JOIN planes p ON f.origin = p.origin AND p.seats > 'many'",
         "'many'", "as column 'seats' is"},
        {"WITH a AS (SELECT delay AS d FROM flights) SELECT d FROM a WHERE d = 'x'", "'x'",
         "as column 'd' is"},
        {"SELECT 1 AS x FROM flights WHERE EXISTS (SELECT 1 FROM planes WHERE seats = 'no')",
         "'no'", "column 'seats'"},
        {"SELECT sum(delay) FILTER (delay > 'y') AS x FROM flights", "'y'", "column 'delay'"},
        {"SELECT lag(delay, 1, 'none') OVER (ORDER BY date) AS x FROM flights", "'none'", "no Int"},
        {"SELECT delay FROM flights QUALIFY rank() OVER (ORDER BY date) = 'one'", "'one'", "Int"},
        {"SELECT ['1', 'x']::BIGINT[] AS x, '[1, x]'::BIGINT[] AS y", "'[1, x]'", "no BIGINT[]"},
        {"SELECT delay > $minutes AND delay > 'abc' AS x FROM flights", "'abc'", "no Int"},
        {"SELECT delay > $minutes AND '$flag' < origin AND $flag = 'maybe' AS x FROM flights",
         "'maybe'", "is no Bool"},
        {"SELECT $minutes /* $flag 'x' */ IN ($ratio, 'two')  AND $minutes > 'two' AS x", "'two'",
         "is no"},
        {"SELECT $minutes = 'x' AS x", "'x'", "is no Int"},
        {"SELECT TRY_CAST('x' AS BIGINT) AS x, CAST('y' AS BIGINT) AS y", "'y'", "no Int"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_error(wrong[i].sql, ZPL_BIND_LITERAL, wrong[i].place, wrong[i].words);
}

static void test_what_can_be_cast_passes(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "SELECT TRY_CAST('x' AS INTEGER) AS x",
        "SELECT TRY(CAST('x' AS INTEGER)) AS x",
        "SELECT TRY(delay + 'x') AS x FROM flights",
        "SELECT coalesce(TRY_CAST('x' AS DATE), DATE '2024-02-29') AS x",
        "SELECT delay > ' 12 ' AND delay IN ('1', '-2') AS x FROM flights",
        "SELECT date > '2024-06-01' AS x FROM flights",
        "SELECT kind = 'none of them' AS x FROM flights",
        "SELECT \"end\" = 'nan' OR \"end\" < 'inf' AS x FROM flights",
        "SELECT origin = 'x' AS \"CAST('x' AS INTEGER)\" FROM flights",
        "SELECT 'maybe'::VARCHAR AS x",
        "SELECT $word = 'x' AS x, $flag AS y",
        "SELECT $word IN ('1', 'two') AS x, coalesce($word, 'three') = 'x' AS y",
        "SELECT delay FROM flights WHERE date < TIMESTAMP '2024-01-01' + INTERVAL ($minutes) DAY "
        "ORDER BY 'x' = $word LIMIT $minutes",
        "SELECT strftime(date, '%Y') = 'x' AS x FROM flights",
        "SELECT CASE WHEN $flag THEN 'x' ELSE origin END AS x FROM flights",
        "SELECT 127::TINYINT AS x, 'true'::BOOLEAN AS y, 't'::BOOL AS z",
    };
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        struct zpl_bind_answer answer = bind(fine[i]);
        if (answer.error.message != NULL)
            fail_msg("%s: %s", fine[i], answer.error.message);
    }
}

/* Every constant as every type, cast in so many words and beside a value of the type: told exactly
 * when the engine fails to run it. */
static void test_told_is_what_fails(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "x",
                                        "1",
                                        "-1",
                                        "1.5",
                                        "1e3",
                                        "1e400",
                                        "nan",
                                        "true",
                                        "no",
                                        "t",
                                        "2024-02-29",
                                        "2023-02-29",
                                        "2024-02-29 25:00",
                                        "2024-02-29T12:00:00Z",
                                        "12:30",
                                        "3 days",
                                        "[1, 2]",
                                        "{\"a\":1}",
                                        "128",
                                        "99999999999999999999",
                                        "0x1F",
                                        "\\xAA",
                                        "\\x",
                                        "é",
                                        "infinity",
                                        "1_000",
                                        "9223372036854775808",
                                        "it''s"};
    static const char *const types[] = {
        "BOOLEAN", "TINYINT", "INTEGER",      "BIGINT",   "UBIGINT",   "HUGEINT",  "FLOAT",
        "DOUBLE",  "DATE",    "TIME",         "JSON",     "TIMESTAMP", "INTERVAL", "DECIMAL(4, 1)",
        "VARCHAR", "UUID",    "TIMESTAMP_NS", "BIGINT[]", "DATE[]"};
    struct zpl_duck duck;
    const struct zpl_duck_options options = {0};
    struct zpl_buf sql = {0}, cast = {0}, words = {0};
    size_t told = 0, passed = 0;
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        for (size_t k = t % ONE_IN; k < 2 * sizeof types / sizeof types[0]; k += ONE_IN) {
            zpl_buf_clear(&sql);
            if (k % 2 == 0)
                zpl_buf_printf(&sql, "SELECT CAST('%s' AS %s) IS NULL AS x", texts[t],
                               types[k / 2]);
            else
                zpl_buf_printf(&sql, "SELECT c = '%s' AS x FROM (SELECT NULL::%s AS c)", texts[t],
                               types[k / 2]);
            /* A comparison with NULL would be folded away, so what runs is the cast in both cases. */
            zpl_buf_clear(&cast);
            zpl_buf_printf(&cast, "SELECT CAST('%s' AS %s)", texts[t], types[k / 2]);
            bool runs = zpl_duck_try(&duck, zpl_buf_str(&cast), NULL, &words);
            struct zpl_bind_answer answer = bind(zpl_buf_str(&sql));
            bool tells = answer.error.fault == ZPL_BIND_LITERAL;
            if (tells == runs)
                fail_msg("%s: %s, but it %s", zpl_buf_str(&sql), tells ? "told" : "passed",
                         runs ? "runs" : zpl_buf_str(&words));
            told += tells;
            passed += !tells;
        }
    assert_true(told > 100 / ONE_IN && passed > 100 / ONE_IN);
    zpl_buf_release(&sql);
    zpl_buf_release(&cast);
    zpl_buf_release(&words);
    zpl_duck_release(&duck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals_have_their_places),
        cmocka_unit_test(test_what_can_be_cast_passes),
        cmocka_unit_test(test_told_is_what_fails),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
