/* test_bind_errors.c - what DuckDB as the checker's engine says of wrong queries: which word, where, and
 * what could stand there; and of what it warns.   Time limit: 180 s */
#include "tests/unit/binding.h"

static bool has(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void test_errors_have_their_places(void **state)
{
    (void)state;
    assert_error("SELECT 'é', dealy FROM flights", ZPL_BIND_NAME, "dealy",
                 "unknown column 'dealy'");
    assert_true(has(bind("SELECT dealy FROM flights").error.candidates, "delay"));
    assert_string_equal(bind("SELECT dealy FROM flights").error.name, "dealy");
    assert_error("SELECT 'é', f.dealy FROM flights f", ZPL_BIND_NAME, "dealy",
                 "unknown column 'dealy'");
    assert_error("SELECT flights.dealy FROM flights", ZPL_BIND_NAME, "dealy", "'dealy'");
    assert_true(has(bind("SELECT flights.dealy FROM flights").error.candidates, "delay"));
    assert_error("SELECT 1 FROM flihgts", ZPL_BIND_NAME, "flihgts", "unknown table 'flihgts'");
    assert_true(has(bind("SELECT 1 FROM flihgts").error.candidates, "flights"));
    assert_error("SELECT g.delay FROM flights f", ZPL_BIND_NAME, "g", "unknown table 'g'");
    assert_error("SELECT isodoww(date) FROM flights", ZPL_BIND_NAME, "isodoww",
                 "unknown function 'isodoww'");
    assert_error("SELECT delay + $minute FROM flights", ZPL_BIND_NAME, "minute", "'minute'");
    assert_true(has(bind("SELECT $minute").error.candidates, "minutes"));
    assert_error("SELECT 'é', delay > date FROM flights", ZPL_BIND_TYPE, ">",
                 "can't compare values of types Int and Timestamp");
    assert_error("SELECT date + $flag FROM flights", ZPL_BIND_TYPE, "+",
                 "'+' can't be applied to (Timestamp, Bool)");
    assert_error("SELECT origin < 1.5::DECIMAL(4, 1) FROM flights", ZPL_BIND_TYPE, NULL, "Float");
    assert_error("SELECT [origin] < date FROM flights", ZPL_BIND_TYPE, "<",
                 "List(String) and Timestamp");
    assert_error("SELECT CASE WHEN $flag THEN date ELSE distance END FROM flights", ZPL_BIND_TYPE,
                 "CASE", "Cannot mix values of type Int and Timestamp in CASE expression");
    assert_error("SELECT 'éé', delay, FORM flights x y", ZPL_BIND_SYNTAX, "x", "syntax error");
    assert_error("SELECT delay FROM", ZPL_BIND_SYNTAX, NULL, "end of input");
    assert_error("SELECT rowid FROM flights", ZPL_BIND_NAME, "rowid", "rowid");
    assert_error("SELECT delay FROM flights f JOIN flights g ON f.date = g.date", ZPL_BIND_NAME,
                 "delay", "Ambiguous");
    assert_error("SELECT date - date AS gap FROM flights", ZPL_BIND_TYPE, "gap",
                 "column 'gap' is an INTERVAL, which zpl has no type for");
    assert_error("SELECT delay AS one, date AS ONE FROM flights", ZPL_BIND_NAME, "ONE",
                 "two columns of the result are named 'one' and 'ONE'");
    assert_error("SELECT *, delay FROM flights", ZPL_BIND_NAME, "delay", "two columns");
    assert_error("SELECT delay, * FROM flights", ZPL_BIND_NAME, "*", "two columns");
    assert_error("SELECT 'é', * EXCLUDE (delay, dealy) FROM flights", ZPL_BIND_NAME, "dealy",
                 "unknown column 'dealy'");
    assert_error("SELECT * REPLACE (1 AS dealy) FROM flights", ZPL_BIND_NAME, "dealy",
                 "unknown column 'dealy'");
    assert_error("SELECT 1 FROM flights JOIN planes USING (orgin)", ZPL_BIND_NAME, "orgin",
                 "unknown column 'orgin'");
    assert_error("SELECT f.* EXCLUDE (dealy) FROM flights f", ZPL_BIND_NAME, "dealy",
                 "unknown column 'dealy'");
    assert_error("SELECT delay FROM flights QUALIFY rank() OVER (ORDER BY dealy) = 1",
                 ZPL_BIND_NAME, "dealy", "unknown column 'dealy'");
    assert_error("SELECT origin FROM planes UNION ALL SELECT * FROM planes", ZPL_BIND_TYPE, "UNION",
                 "the first gives 1, the second 2");
    assert_error(
        "WITH a AS (SELECT 1 AS x) SELECT 1, 2 UNION (SELECT x, 2 FROM a EXCEPT SELECT * FROM a)",
        ZPL_BIND_TYPE, "EXCEPT", "the first gives 2, the second 1");
    assert_error("SELECT row_number() AS n FROM flights", ZPL_BIND_SYNTAX, "row_number",
                 "row_number() OVER (ORDER BY day)");
    assert_error("", ZPL_BIND_SYNTAX, NULL, "there is no query");
    assert_error(" -- nothing\n", ZPL_BIND_SYNTAX, NULL, "there is no query");
    assert_null(bind("SELECT randm() AS r").error.candidates[0]);
}

/* What can be named where the query has its unknown column: "flights: a b; c: d", with a star behind
 * the tables of the request, whose columns are not listed. */
static void assert_scope(const char *sql, const char *want)
{
    struct zpl_bind_answer answer = bind(sql);
    struct zpl_buf have = {0};
    if (answer.error.message == NULL || strstr(answer.error.message, "unknown column") == NULL)
        fail_msg("%s: %s", sql, answer.error.message != NULL ? answer.error.message : "passed");
    for (size_t i = 0; i < answer.error.scope_count; i++) {
        const struct zpl_bind_scope *s = &answer.error.scope[i];
        zpl_buf_printf(&have, "%s%s%s", i > 0 ? "; " : "", s->name, s->given ? "*" : ":");
        for (size_t k = 0; !s->given && s->columns[k] != NULL; k++)
            zpl_buf_printf(&have, " %s", s->columns[k]);
    }
    if (strcmp(zpl_buf_str(&have), want) != 0)
        fail_msg("%s: '%s', not '%s'", sql, zpl_buf_str(&have), want);
    zpl_buf_release(&have);
}

static void test_unknown_columns_have_a_scope(void **state)
{
    (void)state;
    assert_scope("SELECT x FROM flights", "flights*");
    assert_scope("SELECT x FROM flights f, planes", "flights*; planes*");
    assert_scope("SELECT f.x FROM flights f, planes", "flights*");
    assert_scope("SELECT a.seats FROM planes a JOIN planes b ON a.seats = b.x", "planes*");
    assert_scope("WITH a AS (SELECT origin FROM planes) SELECT seats FROM a", "a: origin");
    assert_scope("WITH a AS (SELECT origin FROM planes), b AS (SELECT origin AS o FROM a) "
                 "SELECT b.o FROM b JOIN a ON x = b.o",
                 "b: o; a: origin");
    assert_scope("WITH a AS (SELECT x FROM planes), b AS (SELECT 1 AS y) SELECT y FROM b",
                 "planes*");
    assert_scope("WITH flights AS (SELECT seats FROM planes) SELECT delay FROM flights",
                 "flights: seats");
    assert_scope(
        "SELECT y FROM (SELECT seats AS y FROM planes WHERE seats > $minutes) WHERE origin = ''",
        ": y");
    assert_scope("SELECT y FROM (SELECT seats AS z FROM planes) s(y) WHERE z > 1", "s: y");
    assert_scope("SELECT 1 AS one FROM flights WHERE EXISTS (SELECT 1 FROM planes WHERE x = 1)",
                 "planes*; flights*");
    assert_scope("SELECT 1 AS one FROM flights JOIN (SELECT x FROM planes) USING (origin)",
                 "planes*");
    assert_scope("SELECT i FROM range(3) r(i) WHERE j > 1", "r: i");
    assert_scope("SELECT * EXCLUDE (x) FROM (SELECT 1 AS a)", ": a");
    assert_scope("SELECT origin FROM flights JOIN planes USING (x)", "flights*; planes*");
    assert_scope("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) "
                 "SELECT m FROM t",
                 "t: n");
    assert_scope(
        "SELECT 'é' AS e, x + 18446744073709551616 FROM (SELECT 340282366920938463463 AS big)",
        ": big");
    assert_scope("SELECT x", "");
}

/* The one warning of a query, or none (NULL), and the text its place covers. */
static void assert_warning(const char *sql, const char *place, const char *words)
{
    struct zpl_bind_answer answer = bind(sql);
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    assert_int_equal(answer.warning_count, place != NULL);
    if (place == NULL)
        return;
    const struct zpl_bind_warning *w = &answer.warnings[0];
    if (strstr(w->message, words) == NULL || w->length != strlen(place) ||
        strncmp(sql + w->offset, place, w->length) != 0)
        fail_msg("%s: at %ld, %zu bytes: %s", sql, w->offset, w->length, w->message);
}

static void test_warnings_have_their_places(void **state)
{
    (void)state;
    assert_warning("SELECT delay FROM flights LIMIT 3", "LIMIT", "without ORDER BY");
    assert_warning(
        "SELECT delay FROM (SELECT delay FROM flights ORDER BY delay LIMIT 9) limit $minutes",
        "limit", "without ORDER BY");
    assert_warning("SELECT delay FROM flights ORDER BY date LIMIT 3", "date", "leaves ties");
    assert_warning("SELECT delay FROM flights ORDER BY delay LIMIT 3", NULL, NULL);
    assert_warning("SELECT max(delay) AS m FROM flights LIMIT 3", NULL, NULL);
    assert_warning("SELECT delay FROM flights offset 2", "offset", "OFFSET without ORDER BY");
    assert_warning("SELECT row_number() OVER () AS r FROM flights", "row_number", "goes by");
    assert_warning("SELECT 1 AS a, lead(delay) OVER (ORDER BY date) AS r FROM flights", "lead",
                   "leaves ties");
    assert_warning("SELECT lead(date) OVER (ORDER BY date) AS r FROM flights", NULL, NULL);
    assert_warning("SELECT sum(delay) OVER (ORDER BY date ROWS 3 PRECEDING) AS s FROM flights",
                   "sum", "leaves ties");
    assert_warning("SELECT sum(delay) OVER (ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS s FROM "
                   "flights",
                   "sum", "goes by");
    assert_warning("SELECT sum(delay) OVER (ORDER BY date) AS s, avg(delay) OVER (ORDER BY date "
                   "GROUPS 3 PRECEDING) AS a FROM flights",
                   NULL, NULL);
    assert_warning("SELECT Distinct ON (date) delay FROM flights", "Distinct", "ORDER BY");
    assert_warning("SELECT string_agg(origin) AS s FROM flights", "string_agg", "takes values");
    assert_warning("SELECT len(list(origin)) AS s FROM flights", NULL, NULL);
    assert_warning("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 9) "
                   "SELECT 1 AS one FROM r ORDER BY n LIMIT 3",
                   "n", "leaves ties");
    assert_warning("SELECT 'é' AS e, first(delay) AS f FROM flights GROUP BY ALL", "first",
                   "picks a row");
    assert_warning("SELECT first(delay ORDER BY date) AS f FROM flights", NULL, NULL);
    assert_warning("SELECT delay FROM flights WHERE origin = NULL", "=", "write IS NULL");
    assert_warning("SELECT delay FROM flights WHERE origin != NULL", "!", "write IS NOT NULL");
    assert_warning("SELECT delay FROM flights WHERE origin IS NOT DISTINCT FROM NULL", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_have_their_places),
        cmocka_unit_test(test_unknown_columns_have_a_scope),
        cmocka_unit_test(test_warnings_have_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
