/* test_origin.c - what each column of a query is computed from, and which rows it is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>
#include "tests/unit/binding.h"

/* "f.delay+f.date" by table and column; what only chooses in brackets, keys of the rows in square ones, "="
 * before what is passed on, and last the tables whose rows (#), gaps (~) and picks (^) decide it. */
static bool choices_told;
static const char *text_of(const struct zpl_bind_answer *answer)
{
    static const char *const names[][6] = {{"date", "delay", "distance", "origin", "end", "kind"},
                                           {"p.origin", "seats"}};
    struct zpl_buf out = {0};
    for (size_t i = 0; i < answer->row->count; i++) {
        const struct zpl_bind_origin *o = &answer->origins[i];
        zpl_buf_printf(&out, "%s%s:%s", i > 0 ? " " : "", answer->row->columns[i].name,
                       o->plain ? "=" : "");
        if (o->all)
            zpl_buf_putc(&out, '*');
        for (size_t k = 0; k < o->count; k++)
            zpl_buf_printf(&out,
                           o->sources[k].key  ? "%s[%s]"
                           : o->sources[k].by ? "%s(%s)"
                                              : "%s%s",
                           k > 0 ? "+" : "", names[o->sources[k].table][o->sources[k].column]);
        for (size_t c = 0; choices_told && c < ZPL_CHOICES; c++)
            for (size_t k = 0; k < o->chosen_count[c]; k++)
                zpl_buf_printf(&out, "%s%s",
                               c == ZPL_CHOICE_ROWS   ? "#"
                               : c == ZPL_CHOICE_GAPS ? "~"
                                                      : "^",
                               o->chosen[c][k].table == 0 ? "f" : "p");
    }
    const char *text = zpl_arena_strdup(&arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return text;
}

static void assert_origins(const char *sql, const char *expected)
{
    struct zpl_bind_answer answer = bind(sql);
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    const char *text = text_of(&answer);
    if (strcmp(text, expected) != 0)
        fail_msg("%s\n  comes from %s\n  and not   %s", sql, text, expected);
}

static void test_values(void **state)
{
    (void)state;
    assert_origins(
        "SELECT delay, delay AS lag, delay::FLOAT AS f, hour(date) AS h, 1 AS one FROM flights",
        "delay:=delay lag:=delay f:delay h:date one:");
    assert_origins("SELECT coalesce(delay, distance) AS x, CASE WHEN kind = 'a' THEN delay END AS "
                   "y FROM flights",
                   "x:delay+distance y:delay+kind");
    assert_origins("SELECT distance + 1 AS a, a * 2 AS b FROM flights", "a:distance b:distance");
    assert_origins(
        "SELECT * EXCLUDE (date, kind, \"end\") REPLACE (distance * 2 AS distance) FROM flights",
        "delay:=delay distance:distance origin:=origin");
    assert_origins("SELECT y FROM (SELECT x + 1 AS y FROM (SELECT delay AS x FROM flights))",
                   "y:delay");
    assert_origins("WITH a AS (SELECT delay AS x FROM flights), b AS (SELECT x, x AS y FROM a) "
                   "SELECT y, b.x FROM b",
                   "y:=delay x:=delay");
    assert_origins("SELECT seats AS s FROM planes UNION ALL SELECT delay FROM flights",
                   "s:delay+seats");
    assert_origins("SELECT list_transform([delay], x -> x + distance) AS l FROM flights",
                   "l:delay+distance");
    assert_origins("SELECT hash(f) AS h FROM flights f", "h:date+delay+distance+origin+end+kind");
    assert_origins("SELECT u.v + 1 AS w FROM flights, unnest([delay, distance]) AS u(v)",
                   "w:delay+distance");
    assert_origins("SELECT x FROM (VALUES (1), (2)) v(x)", "x:");
}

static void test_what_only_chooses(void **state)
{
    (void)state;
    assert_origins("SELECT distance FROM flights WHERE delay > 5 ORDER BY date LIMIT 3",
                   "distance:=distance");
    assert_origins(
        "SELECT DISTINCT origin FROM flights QUALIFY row_number() OVER (ORDER BY delay) < 3",
        "origin:=origin");
    assert_origins("SELECT origin, count(*) AS n, sum(distance) AS s FROM flights GROUP BY origin",
                   "origin:=origin n:[origin] s:distance+[origin]");
    assert_origins("SELECT upper(origin) AS o, max(date) AS d FROM flights GROUP BY 1",
                   "o:origin d:date+[origin]");
    assert_origins("SELECT upper(origin) AS o, count(*) AS n FROM flights GROUP BY o",
                   "o:origin n:[origin]");
    assert_origins("SELECT origin AS o, kind, count(delay) AS n FROM flights GROUP BY ALL",
                   "o:=origin kind:=kind n:delay+[origin]+[kind]");
    assert_origins("SELECT count(*) AS n FROM flights WHERE delay > 15", "n:(delay)");
    assert_origins("SELECT count(*) AS n FROM flights WHERE delay IS NOT NULL AND distance > 1",
                   "n:(distance)");
    assert_origins("SELECT count(*) AS n FROM (SELECT * FROM flights ORDER BY delay LIMIT 5) f",
                   "n:(delay)");
    assert_origins(
        "SELECT avg(distance) OVER (PARTITION BY origin ORDER BY date) AS a FROM flights",
        "a:(date)+distance+(origin)");
    assert_origins("SELECT row_number() OVER (ORDER BY delay) AS r FROM flights", "r:delay");
    assert_origins(
        "SELECT f.distance, p.seats FROM flights f LEFT JOIN planes p ON p.origin = f.origin",
        "distance:=distance seats:=(origin)+(p.origin)+seats");
    assert_origins("SELECT f.distance FROM flights f SEMI JOIN planes p USING (origin)",
                   "distance:=distance");
    assert_origins("SELECT seats FROM flights NATURAL JOIN planes",
                   "seats:=(origin)+(p.origin)+seats");
    assert_origins(
        "SELECT EXISTS (SELECT 1 FROM planes p WHERE p.origin = f.origin) AS e FROM flights f",
        "e:(origin)+(p.origin)");
    assert_origins("SELECT (SELECT max(seats) FROM planes p WHERE p.origin = f.origin AND seats IS "
                   "NOT NULL) AS m "
                   "FROM flights f",
                   "m:(origin)+(p.origin)+seats");
    assert_origins("SELECT delay IN (SELECT seats FROM planes) AS i FROM flights", "i:delay+seats");
}

/* Whether a row is there decides what an outer join brings, which part of a union it is of, and what IN and
 * EXISTS say. */
static void test_what_may_be_missing(void **state)
{
    (void)state;
    const char *joins[] = {"LEFT JOIN", "FULL JOIN"};
    for (size_t i = 0; i < 2; i++) {
        assert_origins(
            zpl_arena_printf(&arena,
                             "SELECT r.kind IS NULL AS k, r.one FROM flights f %s (SELECT "
                             "kind, 1 AS one FROM flights WHERE delay > 5) r USING (kind)",
                             joins[i]),
            "k:(delay)+kind one:(delay)+(kind)");
        assert_origins(zpl_arena_printf(&arena,
                                        "SELECT one FROM planes %s (SELECT 1 AS one FROM flights "
                                        "WHERE delay IS NOT NULL) ON true",
                                        joins[i]),
                       "one:(delay)");
    }
    assert_origins(
        "SELECT one FROM (SELECT 1 AS one FROM flights WHERE delay > 5) RIGHT JOIN planes "
        "ON true",
        "one:(delay)");
    assert_origins("SELECT r.seats FROM flights LEFT JOIN (SELECT * FROM planes LIMIT (SELECT "
                   "max(delay) FROM flights)) r ON true",
                   "seats:=(delay)+seats");
    /* An inner join leaves out what another has not: a filter of the rows, unless one of several is picked. */
    assert_origins("SELECT distance FROM planes JOIN (SELECT * FROM flights WHERE delay > 5) USING "
                   "(origin)",
                   "distance:=distance+(origin)+(p.origin)");
    assert_origins(
        "SELECT distance FROM planes JOIN (SELECT * FROM flights QUALIFY row_number() OVER "
        "(PARTITION BY origin ORDER BY delay) = 1) USING (origin)",
        "distance:=(delay)+distance+(origin)+(p.origin)");
    assert_origins(
        "SELECT r.distance FROM flights f JOIN (SELECT * FROM flights WHERE delay > 5) r "
        "USING (origin)",
        "distance:=(delay)+distance+(origin)");
    assert_origins(
        "SELECT distance FROM planes ASOF JOIN (SELECT * FROM flights WHERE delay > 5) r ON "
        "seats >= r.distance",
        "distance:=(delay)+distance+(seats)");
    /* The parts of a union. */
    assert_origins("SELECT distance, 1 AS c, kind FROM flights WHERE delay > 5 UNION ALL SELECT "
                   "distance, 0, upper(kind) FROM flights WHERE delay <= 5",
                   "distance:=distance c:(delay) kind:(delay)+kind");
    assert_origins(
        "SELECT 1 AS c, distance * 2 AS d FROM flights WHERE delay > 5 UNION ALL BY NAME "
        "SELECT distance * 2 AS d, kind FROM flights WHERE delay IS NULL",
        "c:(delay) d:distance kind:=(delay)+kind");
    assert_origins(
        "SELECT 'distance' AS n, distance AS v FROM flights WHERE delay > 5 UNION ALL SELECT "
        "'delay', date_part('hour', date) FROM flights WHERE delay > 5",
        "n: v:date+distance");
    assert_origins("SELECT 'f' AS n FROM flights WHERE delay > 5 UNION ALL SELECT 'p' FROM planes",
                   "n:");
    assert_origins(
        "SELECT 1 AS c FROM flights f SEMI JOIN (SELECT * FROM flights WHERE delay IS NOT NULL) "
        "r USING (origin) UNION ALL SELECT 0 FROM flights f ANTI JOIN (SELECT * FROM flights "
        "WHERE delay IS NOT NULL) r USING (origin)",
        "c:(delay)+(origin)");
    assert_origins(
        "SELECT count(*) AS n FROM flights f SEMI JOIN (SELECT * FROM flights WHERE delay IS NOT "
        "NULL) r USING (origin)",
        "n:(origin)");
    assert_origins(
        "SELECT count(*) AS n FROM flights f ANTI JOIN (SELECT * FROM flights WHERE delay IS NOT "
        "NULL) r USING (origin)",
        "n:(delay)+(origin)");
    /* What the tables themselves were chosen by. */
    choices_told = true;
    assert_origins("SELECT p.seats, f.delay FROM flights f LEFT JOIN planes p ON true",
                   "seats:=seats#p~p delay:=delay");
    assert_origins("SELECT count(*) AS n FROM flights", "n:#f");
    assert_origins("SELECT 5 IN (SELECT seats FROM planes) AS i FROM flights", "i:seats#p~p");
    assert_origins("SELECT l.n FROM planes LEFT JOIN (SELECT count(*) AS n FROM flights) l ON true",
                   "n:#f");
    assert_origins("SELECT p.seats FROM flights f JOIN planes p ON true", "seats:=seats^p");
    choices_told = false;
}

static void test_what_is_not_known_is_all(void **state)
{
    (void)state;
    assert_origins("SELECT COLUMNS('d.*') FROM flights", "date:* delay:* distance:* end:* kind:*");
    assert_origins("WITH RECURSIVE r AS (SELECT delay AS n FROM flights UNION ALL SELECT n + 1 "
                   "FROM r WHERE n < 3) "
                   "SELECT n FROM r",
                   "n:*");
    /* nor is what is counted, chosen or given new names of it */
    assert_origins("WITH RECURSIVE r AS (SELECT delay AS n FROM flights UNION SELECT n + 1 FROM r "
                   "WHERE n < 3) SELECT count(*) AS n FROM r",
                   "n:(delay)");
    assert_origins("SELECT count(*) AS n FROM (PIVOT flights ON kind IN ('a', 'b') USING "
                   "max(delay) GROUP BY origin)",
                   "n:(date)+(delay)+(distance)+(origin)+(end)+(kind)");
    assert_origins(
        "SELECT a, origin FROM flights PIVOT (max(delay) FOR kind IN ('a', 'b') GROUP BY "
        "origin)",
        "a:* origin:*");
    assert_origins("SELECT n, v FROM flights UNPIVOT (v FOR n IN (delay, distance))", "n:* v:*");
    assert_origins(
        "SELECT p FROM (SELECT * EXCLUDE (flights.origin) FROM flights JOIN planes USING "
        "(origin)) AS j(p)",
        "p:*");
    assert_origins("SELECT seats FROM (SELECT COLUMNS('origin') FROM flights) JOIN planes USING "
                   "(origin)",
                   "seats:*");
    assert_origins("SELECT distance FROM (SELECT COLUMNS('dis.*'), delay AS distance FROM flights)",
                   "distance:*");
}

/* Names that a source gives twice are told apart as the engine does it. */
static void test_names_given_twice(void **state)
{
    (void)state;
    assert_origins(
        "SELECT v, v_1, v_2 FROM (SELECT delay AS v, distance AS V, date AS v FROM flights)",
        "v:=delay V_1:=distance v_2:=date");
    assert_origins("SELECT origin AS o FROM planes AS p(x, origin)", "o:=seats");
    assert_origins("WITH w(seats) AS (FROM planes) SELECT seats, seats_1 FROM w",
                   "seats:=p.origin seats_1:=seats");
}

/* "flights planes|!planes": alternatives, "!" before what is not all of a table. */
static void assert_rows(const char *sql, const char *expected)
{
    struct zpl_bind_answer answer = bind(sql);
    struct zpl_buf out = {0};
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    if (answer.rows_unknown)
        zpl_buf_puts(&out, "?");
    for (size_t i = 0; i < answer.rows_count; i++) {
        zpl_buf_printf(&out, "%s%s", i > 0 ? "|" : "", answer.rows[i].filtered ? "!" : "");
        for (size_t k = 0; k < answer.rows[i].count; k++)
            zpl_buf_printf(&out, "%s%s", k > 0 ? " " : "",
                           answer.rows[i].tables[k] == 0 ? "flights" : "planes");
    }
    if (strcmp(zpl_buf_str(&out), expected) != 0)
        fail_msg("%s\n  has rows of %s\n  and not     %s", sql, zpl_buf_str(&out), expected);
    zpl_buf_release(&out);
}

static void test_rows(void **state)
{
    (void)state;
    assert_rows("SELECT distance * 2 AS d FROM flights ORDER BY d", "flights");
    assert_rows("SELECT * FROM flights WHERE delay > 3", "!flights");
    assert_rows("SELECT distance FROM flights USING SAMPLE 10% (bernoulli, 42)", "!flights");
    assert_rows("SELECT count(*) AS n FROM flights GROUP BY origin", "!flights");
    assert_rows("SELECT seats FROM flights JOIN planes USING (origin)", "flights planes");
    assert_rows("SELECT seats FROM flights RIGHT JOIN planes USING (origin)", "planes flights");
    assert_rows("SELECT distance FROM flights ANTI JOIN planes USING (origin)", "!flights");
    assert_rows("SELECT origin FROM planes UNION ALL (SELECT origin FROM flights LIMIT 3)",
                "planes|!flights");
    assert_rows("SELECT origin FROM planes EXCEPT SELECT origin FROM flights", "!planes");
    assert_rows("WITH few AS (SELECT * FROM flights WHERE delay > 3) SELECT a.delay FROM few a",
                "!flights");
    assert_rows("SELECT 1 AS one", "");
    assert_rows("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) "
                "SELECT n FROM r",
                "?");
}

/* Of which rows the last column is computed, "delay<" of those before, and in brackets of which it is chosen by when
 * not by any; behind "@" the order, "-" when rows without a time come first. */
static void assert_when(const char *sql, const char *expected)
{
    static const char *const names[][6] = {{"date", "delay", "distance", "origin", "end", "kind"},
                                           {"p.origin", "seats"}};
    struct zpl_bind_answer answer = bind(sql);
    struct zpl_buf out = {0};
    if (answer.error.message != NULL)
        fail_msg("%s: %s", sql, answer.error.message);
    const struct zpl_bind_origin *o = &answer.origins[answer.row->count - 1];
    for (size_t i = 0; i < o->count; i++)
        if (!o->sources[i].by || o->sources[i].when != ZPL_WHEN_ANY)
            zpl_buf_printf(&out, o->sources[i].by ? "%s(%s%s)" : "%s%s%s", out.len > 0 ? " " : "",
                           names[o->sources[i].table][o->sources[i].column],
                           zpl_when_name(o->sources[i].when));
    if (o->order.of != ZPL_ORDER_NONE)
        zpl_buf_printf(&out, " @%s%s",
                       o->order.of == ZPL_ORDER_SOURCE ? names[o->order.table][o->order.column]
                                                       : answer.row->columns[o->order.column].name,
                       o->order.nulls_first ? "-" : "");
    if (strcmp(zpl_buf_str(&out), expected) != 0)
        fail_msg("%s\n  is of   %s\n  and not %s", sql, zpl_buf_str(&out), expected);
    zpl_buf_release(&out);
}

/* The same of a window function over its own partition and order. */
static void assert_seen(const char *function, const char *over, const char *expected)
{
    assert_when(zpl_arena_printf(&arena,
                                 "SELECT %s OVER (PARTITION BY origin %s) AS x FROM flights",
                                 function, over),
                expected);
}

static void test_which_rows(void **state)
{
    (void)state;
    assert_when("SELECT delay + distance AS x FROM flights", "delay= distance=");
    assert_seen("lag(delay)", "ORDER BY date", "delay< @date");
    assert_seen("lag(delay, 7)", "ORDER BY date", "delay< @date");
    assert_seen("lag(delay IGNORE NULLS)", "ORDER BY date", "delay< @date");
    assert_seen("lead(delay)", "ORDER BY date", "delay> @date");
    assert_seen("lag(delay)", "ORDER BY date DESC NULLS FIRST", "delay> @date");
    assert_seen("lead(delay)", "ORDER BY date DESC", "delay< @date-");
    assert_seen("lag(delay)", "ORDER BY date NULLS FIRST", "delay< @date-");
    assert_seen("lag(delay, 1, distance)", "ORDER BY date", "delay< distance= @date");
    assert_seen("lag(delay, 1, delay)", "ORDER BY date", "delay<= @date");
    /* further keys: other rows still, but in no order that has a name */
    assert_seen("lag(delay)", "ORDER BY date, distance", "delay<");
    const char *any[] = {"lag(delay, 0)", "lag(delay, -1)", "lag(delay, 2 - 1)",
                         "lag(delay, distance)", "lag(delay ORDER BY date)"};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        struct zpl_bind_answer answer = bind(
            zpl_arena_printf(&arena, "SELECT %s OVER (ORDER BY date) AS x FROM flights", any[i]));
        assert_int_equal(answer.origins[0].sources[1].column, 1);
        assert_int_equal(answer.origins[0].sources[1].when, ZPL_WHEN_ANY);
    }
    assert_seen("lag(delay)", "", "delay<=>");
    assert_seen("lag(delay)", "ORDER BY distance", "delay<=>");
    assert_seen("lag(delay)", "ORDER BY CAST(date AS DATE)", "delay<");
    assert_seen("lag(delay)", "ORDER BY date + INTERVAL 1 DAY", "delay<=>");
}

static void test_which_rows_of_a_frame(void **state)
{
    (void)state;
    static const char *const frames[][2] = {
        {"", "delay<= @date"},
        {"ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING", "delay< @date"},
        {"ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", "delay< @date"},
        {"ROWS BETWEEN $minutes PRECEDING AND 1 PRECEDING", "delay< @date"},
        {"ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING", "delay> @date"},
        {"ROWS BETWEEN 1 FOLLOWING AND $minutes FOLLOWING", "delay> @date"},
        {"ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "delay=> @date"},
        {"ROWS BETWEEN 7 PRECEDING AND 0 PRECEDING", "delay<= @date"},
        {"ROWS 3 PRECEDING", "delay<= @date"},
        {"ROWS BETWEEN CURRENT ROW AND CURRENT ROW", "delay="},
        {"ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", "delay<=> @date"},
        {"ROWS BETWEEN 7 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW", "delay<= @date"},
        {"ROWS BETWEEN 7 PRECEDING AND $minutes PRECEDING", "delay<=>"},
        {"ROWS BETWEEN $minutes FOLLOWING AND 7 FOLLOWING", "delay<=>"},
        {"GROUPS BETWEEN 7 PRECEDING AND 1 PRECEDING", "delay< @date"},
        {"GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES", "delay<= @date"},
        {"GROUPS BETWEEN CURRENT ROW AND CURRENT ROW", "delay<=>"},
        {"RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW", "delay<= @date"},
        {"RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND INTERVAL 1 DAY PRECEDING", "delay<=>"},
        {"RANGE BETWEEN CURRENT ROW AND CURRENT ROW", "delay<=>"}};
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        assert_seen("avg(delay)", zpl_arena_printf(&arena, "ORDER BY date %s", frames[i][0]),
                    frames[i][1]);
    assert_seen("first_value(delay)", "ORDER BY date ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING",
                "delay< @date");
    assert_seen("sum(delay) FILTER (WHERE distance > 3)",
                "ORDER BY date ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING", "delay< distance< @date");
    assert_seen("row_number()", "ORDER BY date", "date<=>");
}

#define LAGGED "(SELECT *, lag(delay) OVER (PARTITION BY origin ORDER BY date) AS l FROM flights)"

static void test_which_rows_of_others(void **state)
{
    (void)state;
    assert_when("SELECT l FROM " LAGGED, "delay< @date");
    assert_when("SELECT delay - l AS x FROM " LAGGED, "delay<= @date");
    assert_when("SELECT lag(l) OVER (PARTITION BY kind ORDER BY date) AS x FROM " LAGGED,
                "delay< @date");
    assert_when("SELECT lead(l) OVER (ORDER BY date) AS x FROM " LAGGED, "delay<=> @date");
    assert_when("SELECT lag(l) OVER (ORDER BY date DESC NULLS FIRST) AS x FROM " LAGGED,
                "delay<=> @date");
    assert_when("SELECT lag(l) OVER (ORDER BY date NULLS FIRST) AS x FROM " LAGGED, "delay<=>");
    assert_when("SELECT lag(l) OVER (ORDER BY d) AS x FROM (SELECT *, date AS d FROM " LAGGED ")",
                "delay< @date");
    assert_when(
        "SELECT lag(l) OVER (ORDER BY d) AS x FROM (SELECT *, CAST(date AS DATE) AS d FROM " LAGGED
        ")",
        "delay<=>");
    assert_when("SELECT d, lag(delay) OVER (ORDER BY d) AS x FROM (SELECT *, CAST(date AS DATE) AS "
                "d FROM flights)",
                "delay< @d");
    assert_when("SELECT lag(delay) OVER (ORDER BY d) AS x FROM (SELECT *, CAST(date AS DATE) AS d "
                "FROM flights)",
                "delay<");
    /* several rows that become one */
    assert_when("SELECT max(l) AS x FROM " LAGGED " GROUP BY origin", "delay<=>");
    assert_when("SELECT DISTINCT l AS x FROM " LAGGED, "delay<=>");
    assert_when("SELECT CAST(date AS DATE) AS d, lag(sum(delay)) OVER (ORDER BY CAST(date AS "
                "DATE)) AS x FROM flights GROUP BY d",
                "delay<");
    assert_when("SELECT CAST(date AS DATE) AS d, lag(sum(delay)) OVER (PARTITION BY origin ORDER "
                "BY d) AS x FROM flights GROUP BY d, origin",
                "delay< @d");
    /* rows of another table, and of the same one by other rows */
    assert_when("SELECT (SELECT max(delay) FROM flights g WHERE g.date < f.date) AS x FROM flights "
                "f",
                "delay<=>");
    /* what filters the rows is seen with them */
    assert_when("SELECT lag(distance) OVER (ORDER BY date) AS x FROM flights WHERE delay > 3",
                "(delay<) distance< @date");
    assert_when("SELECT lag(distance) OVER (ORDER BY date) AS x FROM (SELECT * FROM flights WHERE "
                "delay > (SELECT max(seats) FROM planes))",
                "distance<");
    assert_when("SELECT sum(distance) AS x FROM flights WHERE delay > 3 GROUP BY origin",
                "(delay=) distance=");
    assert_when("SELECT lag(distance) OVER (ORDER BY date) AS x FROM (SELECT * FROM flights ORDER "
                "BY delay, date LIMIT 3)",
                "distance< @date");
}

/* The rows of each part: "*" may be there more than once, "+" several of them as one. */
static void test_rows_that_are_others(void **state)
{
    (void)state;
    static const char *const queries[][2] = {
        {"SELECT * FROM flights WHERE delay > 3", ""},
        {"SELECT delay FROM flights JOIN planes USING (origin)", "*"},
        {"SELECT delay FROM flights LEFT JOIN planes USING (origin)", "*"},
        {"SELECT delay FROM flights RIGHT JOIN planes USING (origin)", "*"},
        {"SELECT delay FROM flights SEMI JOIN planes USING (origin)", ""},
        {"SELECT delay FROM flights ASOF JOIN planes ON delay >= seats", ""},
        {"SELECT delay FROM flights, unnest([1, 2])", "*"},
        {"SELECT delay, unnest([1, 2]) AS u FROM flights", "*"},
        {"SELECT delay FROM range(3), flights", "*"},
        {"SELECT count(*) AS n FROM flights GROUP BY origin", "+"},
        {"SELECT count(*) AS n FROM flights GROUP BY ROLLUP (origin, kind)", "*+"},
        {"SELECT DISTINCT origin FROM flights", "+"},
        {"SELECT origin FROM flights UNION ALL SELECT origin FROM planes", "|"},
        {"SELECT origin FROM flights UNION SELECT origin FROM planes", "+|+"},
        {"SELECT origin FROM flights EXCEPT ALL SELECT origin FROM planes", "*"}};
    for (size_t q = 0; q < sizeof queries / sizeof *queries; q++) {
        struct zpl_bind_answer answer = bind(queries[q][0]);
        struct zpl_buf out = {0};
        if (answer.error.message != NULL)
            fail_msg("%s: %s", queries[q][0], answer.error.message);
        for (size_t i = 0; i < answer.rows_count; i++)
            zpl_buf_printf(&out, "%s%s%s", i > 0 ? "|" : "", answer.rows[i].repeats ? "*" : "",
                           answer.rows[i].grouped ? "+" : "");
        if (strcmp(zpl_buf_str(&out), queries[q][1]) != 0)
            fail_msg("%s: %s, not %s", queries[q][0], zpl_buf_str(&out), queries[q][1]);
        zpl_buf_release(&out);
    }
}

/* Expressions and names over 5,000 columns, through a subquery: no plans, no squares. */
static void test_thousands_of_columns(void **state)
{
    (void)state;
    enum { COLUMNS = 5000 };
    struct zpl_buf sql = {0}, type = {0};
    zpl_buf_puts(&type, "Table {");
    zpl_buf_puts(&sql, "SELECT ");
    for (int i = 0; i < COLUMNS; i++) {
        zpl_buf_printf(&type, "%sc%d: Int", i > 0 ? ", " : "", i);
        zpl_buf_printf(&sql, i % 2 ? "%sc%d" : "%sc%d + 1 AS c%d", i > 0 ? ", " : "", i, i);
    }
    zpl_buf_puts(&type, "}");
    zpl_buf_puts(&sql, " FROM (SELECT DISTINCT * FROM wide)");
    const struct zpl_bind_table table = {.name = "wide", .row = row_of(zpl_buf_str(&type))};
    const struct zpl_bind_request request = {
        .sql = zpl_buf_str(&sql), .tables = &table, .table_count = 1};
    struct zpl_bind_answer answer;
    clock_t begin = clock();
    assert_int_equal(zpl_duck_bind(&request, &answer, &arena, &diags), ZPL_OK);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 8);
    assert_null(answer.error.message);
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_int_equal(answer.origins[i].count, 1);
        assert_int_equal(answer.origins[i].sources[0].column, i);
        assert_int_equal(answer.origins[i].plain, i % 2);
    }
    zpl_buf_release(&sql);
    zpl_buf_release(&type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_only_chooses),
        cmocka_unit_test(test_what_may_be_missing),
        cmocka_unit_test(test_what_is_not_known_is_all),
        cmocka_unit_test(test_names_given_twice),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_which_rows),
        cmocka_unit_test(test_which_rows_of_a_frame),
        cmocka_unit_test(test_which_rows_of_others),
        cmocka_unit_test(test_rows_that_are_others),
        cmocka_unit_test(test_thousands_of_columns),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
