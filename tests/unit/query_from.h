/* query_from.h - random sources of rows and joins of them; see queries.h. */
#ifndef ZPL_TESTS_QUERY_FROM_H
#define ZPL_TESTS_QUERY_FROM_H

#include "tests/unit/query_words.h"

/* Sources that have one form each, with the types of their columns. */
static const struct {
    const char *sql, *types;
} query_forms[] = {
    {"(VALUES (1, 'a'), (2, NULL), (NULL, 'c'), (1, 'a'))", "is"},
    {"range(5)", "i"},
    {"(SELECT unnest([1, 2, NULL]), unnest(['a', 'b', 'b']))", "is"},
    {"(UNPIVOT a ON k, x INTO NAME nam VALUE val)", "ifsbdsi"},
    {"(SELECT * FROM a UNPIVOT INCLUDE NULLS (val FOR nam IN (x, k)))", "ifsbdsi"},
    {"(PIVOT e ON w IN ('a', 'b', 'c') USING max(z) GROUP BY k)", "iiii"},
    {"(PIVOT a ON s IN ('a', 'b') USING min(x) AS lo, max(f) AS hi GROUP BY k, b)", "ibifif"},
    {"(SELECT * FROM e PIVOT (count(*) FOR w IN ('a', 'b') GROUP BY q))", "bii"},
    {"(SELECT * FROM (SELECT k, q, z FROM e) PIVOT (max(z) FOR q IN (true, false)))", "iii"},
    {"(SELECT * FROM a TABLESAMPLE reservoir(10 ROWS) REPEATABLE (42))", "iiifsbd"},
    {"(FROM e USING SAMPLE 50% (bernoulli, 42))", "iisbd"},
    {"(WITH RECURSIVE r(n, m) AS (SELECT k, x FROM a WHERE x > 3 UNION ALL SELECT n + 1, m FROM r "
     "WHERE n < 4) SELECT n, m FROM r)",
     "ii"},
    {"(WITH RECURSIVE r AS (SELECT z AS n FROM e UNION SELECT n + 1 FROM r JOIN c ON c.y = r.n "
     "WHERE "
     "n < 8) FROM r)",
     "i"},
    {"(WITH RECURSIVE r(n, m) USING KEY (n) AS (SELECT k, y FROM c UNION SELECT n, m + 1 FROM r "
     "WHERE m < 5) SELECT n, m FROM r)",
     "ii"},
    {"(SELECT DISTINCT ON (k) k, z, w FROM e ORDER BY k, z, w)", "iis"},
    {"(SELECT DISTINCT ON (b, k) s, x FROM a ORDER BY b, k, id)", "si"},
    {"(SELECT DISTINCT ON (q) z FROM e)", "i"},
    {"(SELECT COLUMNS(v -> v IN ('k', 'x')) FROM a)", "ii"},
    {"(SELECT COLUMNS('^[kx]$') + 1 FROM a)", "ii"},
    {"(SELECT max(COLUMNS(*)) FROM c)", "iifs"},
    {"(SELECT * EXCLUDE (b) REPLACE (x + k AS x) FROM a)", "iiifsd"},
    {"(SELECT a.* RENAME (x AS xx) FROM a WHERE xx > 2)", "iiifsbd"},
    {"(SELECT * EXCLUDE (a.k) FROM a JOIN c USING (k))", "iifsbdiifs"},
    {"(SELECT c.*, a.x FROM a, c WHERE a.k = c.k)", "iifsi"},
    {"(SELECT v, v_1, v_2 FROM (SELECT x AS v, k AS v, s AS V FROM a))", "iis"},
    {"(SELECT * FROM a JOIN (SELECT id, x FROM a WHERE b) AS r(id) ON a.id = r.id)", "iiifsbdii"},
    {"(SELECT COLUMNS('^k$') + 1, x AS k FROM a)", "ii"},
    {"(SELECT y, k FROM (SELECT COLUMNS('^[ky]$') FROM c) JOIN (SELECT k, z FROM e) USING (k))",
     "ii"},
    {"(SELECT *, x % 3 AS p FROM a GROUP BY ALL)", "iiifsbdi"},
    {"(SELECT *, x % 3 AS p, count(*) FROM (SELECT k, x FROM a) GROUP BY 1, 2, 3 ORDER BY 4, 1, 2 "
     "LIMIT 5)",
     "iiii"},
    {"(SELECT i + o FROM range(4) WITH ORDINALITY AS r(i, o))", "i"},
    {"(SELECT #2, #1 FROM c)", "ii"},
    {"(FROM c SELECT y, t WHERE k > 3)", "is"},
    {"(TABLE c)", "iifs"},
    {"(SELECT sum(x)::BIGINT, grouping(k, b) FROM a GROUP BY CUBE (k, b))", "ii"},
    {"(SELECT k, b, count(*), max(s) FROM a GROUP BY GROUPING SETS ((k), (b, k), ()))", "ibis"},
    {"(SELECT k + 1, max(x), count(*) FROM a GROUP BY ALL)", "iii"},
    {"(SELECT k % 3 AS g, max(x) FROM a GROUP BY g HAVING g > 0)", "ii"},
    {"(SELECT x + 1 AS p, p * 2 AS q FROM a WHERE p > 3)", "ii"},
    {"(SELECT y AS k, k AS kk FROM c ORDER BY k, kk LIMIT 5)", "ii"},
    {"(SELECT unnest({'p': x, 'q': s}) FROM a)", "is"},
    {"(SELECT unnest(l), k FROM (SELECT k, list(x ORDER BY x) AS l FROM a GROUP BY k))", "ii"},
    {"(SELECT a.k, u.v FROM a, unnest([a.x, a.id]) AS u(v))", "ii"},
    {"(SELECT a.k, r.i FROM a, range(a.x) AS r(i))", "ii"},
    {"(SELECT a.x, l.p FROM a JOIN LATERAL (SELECT max(z) AS p FROM e WHERE e.k = a.k) AS l ON "
     "true)",
     "ii"},
    {"(SELECT a.id, l.w FROM a LEFT JOIN LATERAL (SELECT w FROM e WHERE e.k < a.k ORDER BY z, w "
     "LIMIT "
     "1) AS l ON true)",
     "is"},
    {"(SELECT l.p, c.t FROM c, LATERAL (VALUES (c.y), (c.k)) AS l(p))", "is"},
    {"(SELECT a.id, c.y FROM a ASOF LEFT JOIN c ON a.x >= c.k)", "ii"},
    {"(SELECT a.k, c.g FROM a ASOF JOIN c ON a.b = (c.y > 3) AND a.x >= c.k)", "if"},
    {"(SELECT a.x, c.t FROM a ASOF JOIN c USING (k))", "is"},
    {"(SELECT a.x, e.z FROM a POSITIONAL JOIN e)", "ii"},
    {"(SELECT * FROM a NATURAL JOIN c)", "iiifsbdifs"},
    {"(SELECT * FROM e NATURAL FULL JOIN c)", "iisbdifs"},
    {"(SELECT k, y, z FROM c RIGHT JOIN e USING (k))", "iii"},
    {"(SELECT k, c.k, e.k FROM c FULL JOIN e USING (k))", "iii"},
    {"(SELECT k, x FROM a UNION ALL BY NAME SELECT z AS x, k FROM e)", "ii"},
    {"(SELECT k, y FROM c UNION BY NAME SELECT z, k FROM e)", "iii"},
    {"(SELECT k FROM a INTERSECT ALL SELECT z FROM e)", "i"},
    {"(SELECT k, s FROM a EXCEPT ALL SELECT k, w FROM e)", "is"},
    {"(SELECT k FROM a UNION (SELECT z FROM e INTERSECT SELECT y FROM c) ORDER BY 1 LIMIT 4)", "i"},
    {"(SELECT k, w FROM e LIMIT (SELECT abs(max(y)) FROM c))", "is"},
    {"(SELECT k, z FROM e LIMIT 7 OFFSET (SELECT abs(min(y)) FROM c))", "ii"},
    {"(SELECT x, k FROM a ORDER BY f, id LIMIT 30%)", "ii"},
    {"(SELECT s FROM a ORDER BY x DESC NULLS LAST, id OFFSET 5)", "s"},
    {"(SELECT k, z FROM e QUALIFY dense_rank() OVER (PARTITION BY q ORDER BY k) < 3)", "ii"},
    {"(SELECT (sum(x) OVER w)::BIGINT, max(k) OVER w FROM a WINDOW w AS (PARTITION BY b ORDER BY "
     "id ROWS BETWEEN "
     "2 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW))",
     "ii"},
    {"(SELECT count(*) OVER (ORDER BY d RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW), "
     "id "
     "FROM a)",
     "ii"},
    {"(SELECT max(z) OVER (ORDER BY k GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) "
     "FROM e)",
     "i"},
    {"(SELECT (sum(x) OVER (ORDER BY id ROWS BETWEEN coalesce(abs(k), 0) PRECEDING AND CURRENT "
     "ROW))::BIGINT FROM a)",
     "i"},
    {"(SELECT lead(x, 1, k) OVER (ORDER BY id), last_value(s IGNORE NULLS) OVER (ORDER BY id) FROM "
     "a)",
     "is"},
    {"(SELECT nth_value(x, 2) OVER (PARTITION BY k ORDER BY id), ntile(3) OVER (ORDER BY f, id) "
     "FROM a)",
     "ii"},
    {"(SELECT first_value(x ORDER BY f, id) OVER (PARTITION BY b), cume_dist() OVER (ORDER BY s) "
     "FROM "
     "a)",
     "if"},
    {"(SELECT count(DISTINCT x) OVER (PARTITION BY k), (sum(x) FILTER (WHERE b) OVER (PARTITION BY "
     "s))::BIGINT FROM a)",
     "ii"},
    {"(SELECT k, rank() OVER (ORDER BY sum(z)) FROM e GROUP BY k)", "ii"},
    {"(SELECT k, row_number() OVER () FROM e)", "ii"},
    {"(SELECT first(x), last(s), any_value(k), list(x)[3], string_agg(s, ',') FROM a)", "isiis"},
    {"(SELECT k, array_agg(z ORDER BY m, z)[1], string_agg(DISTINCT w, ',' ORDER BY w) FROM e "
     "GROUP BY "
     "k)",
     "iis"},
    {"(SELECT mode(x), median(x), quantile_cont(f, 0.3), bool_and(b) FROM a)", "iffb"},
    {"(SELECT arg_max(k, x), arg_min(s, id), max(x, 2)[2], count(*) FILTER (WHERE b) FROM a)",
     "isii"},
    {"(SELECT histogram(k)[3]::BIGINT, approx_count_distinct(s), bit_xor(x) FROM a)", "iii"},
    {"(WITH c AS (SELECT k, y * 2 AS y2 FROM c) SELECT k, y2 FROM c)", "ii"},
    {"(WITH u AS MATERIALIZED (SELECT k, z FROM e WHERE q) SELECT u.z, o.z FROM u, u AS o WHERE "
     "u.k = "
     "o.k)",
     "ii"},
    {"(WITH u AS (WITH v AS (SELECT y FROM c) SELECT y + 1 AS w FROM v), v AS (SELECT w FROM u) "
     "SELECT "
     "w FROM v)",
     "i"},
    {"(SELECT k, (SELECT y FROM c WHERE c.k = e.k) FROM e)", "ii"},
    {"(SELECT e.k, (SELECT sum(e.z + c.y) FROM c WHERE c.k <> e.k)::BIGINT FROM e)", "ii"},
    {"(SELECT k, (SELECT count(*) FROM c WHERE c.y > (SELECT max(x) FROM a WHERE a.k = e.k)) FROM "
     "e)",
     "ii"},
    {"(SELECT x FROM a WHERE (k, x) IN (SELECT k, y FROM c))", "i"},
    {"(SELECT x FROM a WHERE NOT EXISTS (FROM c WHERE c.k = a.k AND c.y > a.x))", "i"},
    {"(SELECT list_sum(list_transform(range(3), lambda i: i + x))::BIGINT FROM a)", "i"},
    {"(SELECT len(list_zip([x, k], [s])), [id, x, k][:2]::VARCHAR FROM a)", "is"},
    {"(SELECT struct_extract(a, 'x'), a.s, struct_pack(p := a).p.k FROM a)", "isi"},
    {"(SELECT l.x FROM a AS l, a AS r WHERE l.k = r.x AND l.id < r.id)", "i"},
    {"(SELECT y, t FROM c AS p(k, y, g, t))", "is"},
    {"(SELECT p FROM c AS o(p, t) WHERE t > 2)", "i"},
};
#define QUERY_FORMS (sizeof query_forms / sizeof *query_forms)

static inline struct query_column *query_add(struct queries *g, struct query_source *made,
                                             char type)
{
    struct query_column *column = &made->columns[made->count++];
    snprintf(column->name, sizeof column->name, "v%u", ++g->names);
    column->type = type;
    column->key = false;
    return column;
}

/* One of these; not in scope yet. */
static inline void query_form(struct queries *g, struct zpl_buf *out, struct query_source *made)
{
    size_t n = g->forms++ % QUERY_FORMS; /* so that each has its turn */
    *made = (struct query_source){0};
    snprintf(made->alias, sizeof made->alias, "t%u", ++g->names);
    zpl_buf_printf(out, "%s AS %s(", query_forms[n].sql, made->alias);
    for (const char *type = query_forms[n].types; *type != '\0'; type++) {
        zpl_buf_puts(out, made->count > 0 ? ", " : "");
        zpl_buf_puts(out, query_add(g, made, *type)->name);
    }
    zpl_buf_putc(out, ')');
}

/* A subquery, perhaps behind a WITH; nothing around it is in its scope. */
static inline void query_nested(struct queries *g, struct zpl_buf *out, unsigned depth,
                                struct query_source *made)
{
    static const char *const hints[] = {"", "MATERIALIZED ", "NOT MATERIALIZED "};
    size_t before = g->scope_count;
    struct query_source scope[QUERY_SOURCES];
    memcpy(scope, g->scope, sizeof scope);
    g->scope_count = 0;
    zpl_buf_putc(out, '(');
    if (query_chance(g, 6)) {
        unsigned name = ++g->names;
        zpl_buf_printf(out, "WITH w%u AS %s(", name, query_pick(g, hints, 3));
        g->select(g, out, depth, NULL, made);
        zpl_buf_printf(out, ") SELECT * FROM w%u", name);
    } else {
        g->select(g, out, depth, NULL, made);
    }
    zpl_buf_putc(out, ')');
    memcpy(g->scope, scope, sizeof scope);
    g->scope_count = before;
}

/* A condition on rows of one table alone. */
static inline void query_condition(struct queries *g, struct zpl_buf *out,
                                   const struct query_source *table)
{
    size_t before = g->scope_count;
    struct query_source scope[QUERY_SOURCES];
    memcpy(scope, g->scope, sizeof scope);
    g->scope[0] = *table;
    g->scope_count = 1;
    query_expression(g, out, 'b', 1);
    memcpy(g->scope, scope, sizeof scope);
    g->scope_count = before;
}

/* Each row of table `a` once, in one part of a union or the other, which some columns say. */
static inline void query_parted(struct queries *g, struct zpl_buf *out, struct query_source *made)
{
    struct zpl_buf condition = {0};
    *made = query_tables[0];
    query_condition(g, &condition, made);
    zpl_buf_printf(
        out,
        query_chance(g, 2)
            ? "(SELECT *, 1 AS p FROM a WHERE %s UNION ALL SELECT * REPLACE (k + 1 AS k), 0 "
              "FROM a WHERE (%s) IS NOT TRUE)"
            : "(SELECT id, k, x * 2 AS x, f, upper(s) AS s, b, d, 1 AS p FROM a WHERE %s UNION "
              "ALL SELECT id, k + 1, x * 2, f, s, b, d, 0 FROM a WHERE (%s) IS NOT TRUE)",
        zpl_buf_str(&condition), zpl_buf_str(&condition));
    made->columns[made->count++] = (struct query_column){"p", 'i', false};
    zpl_buf_release(&condition);
}

/* A source of rows: a table, a name of a WITH, a form or a subquery; it is not in scope yet. */
static inline void query_source(struct queries *g, struct zpl_buf *out, unsigned depth,
                                struct query_source *made)
{
    if (!g->rows_stay && query_chance(g, 3)) {
        query_form(g, out, made);
        return;
    }
    if (depth > 0 && query_chance(g, 2)) {
        query_nested(g, out, depth - 1, made);
    } else if (g->rows_stay && query_chance(g, 4)) {
        query_parted(g, out, made);
    } else {
        *made = g->rows_stay ? query_tables[0] : *query_table(g);
        zpl_buf_puts(out, made->alias);
    }
    snprintf(made->alias, sizeof made->alias, "t%u", ++g->names);
    zpl_buf_printf(out, " AS %s", made->alias);
}

/* Two tables joined by the name of their common column, which then goes without a source. */
static inline void query_by_name(struct queries *g, struct zpl_buf *out)
{
    static const char *const joins[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
    static const struct query_source key = {.columns = {{"k", 'i', false}}, .count = 1};
    size_t left = random_below(&g->random, QUERY_TABLES), right = (left + 1) % QUERY_TABLES;
    struct query_source made[] = {query_tables[left], query_tables[right]};
    bool natural = query_chance(g, 2);
    zpl_buf_printf(out, "%s AS ", made[0].alias);
    for (size_t i = 0; i < 2; i++)
        snprintf(made[i].alias, sizeof made[i].alias, "t%u", ++g->names);
    zpl_buf_printf(out, "%s %s%s %s AS %s%s", made[0].alias, natural ? "NATURAL " : "",
                   query_pick(g, joins, 4), query_tables[right].alias, made[1].alias,
                   natural ? "" : " USING (k)");
    g->scope[g->scope_count++] = key;
    g->scope[g->scope_count++] = made[0];
    g->scope[g->scope_count++] = made[1];
    g->joined_by_name = true;
}

/* A lateral subquery of one column and one row for each row around it. */
static inline void query_lateral(struct queries *g, struct zpl_buf *out)
{
    static const char *const heads[] = {", LATERAL (", " JOIN LATERAL (", " LEFT JOIN LATERAL ("};
    struct query_source made = {.count = 1};
    size_t head = random_below(&g->random, 3), before = g->scope_count;
    snprintf(made.columns[0].name, sizeof made.columns[0].name, "v%u", ++g->names);
    made.columns[0].type = 'i';
    zpl_buf_printf(out, "%sSELECT ", heads[head]);
    if (query_chance(g, 2)) {
        query_expression(g, out, 'i', 1);
        zpl_buf_printf(out, " AS %s", made.columns[0].name);
    } else {
        const struct query_column *about;
        const char *table;
        const char *alias = query_inside(g, 'i', &about, &table)->alias;
        zpl_buf_printf(out, "count(%s%s%s) AS %s FROM %s AS %s WHERE ", about ? alias : "1",
                       about ? "." : "", about ? about->name : "", made.columns[0].name, table,
                       alias);
        bool sums_only = g->sums_only;
        g->sums_only = true; /* it aggregates what its filter leaves */
        query_expression(g, out, 'b', 1);
        g->sums_only = sums_only;
    }
    g->scope_count = before;
    snprintf(made.alias, sizeof made.alias, "t%u", ++g->names);
    zpl_buf_printf(out, ") AS %s%s", made.alias, head > 0 ? " ON true" : "");
    g->scope[g->scope_count++] = made;
}

/* The first column of `right` equals one of what is there; `op`: another comparison. */
static inline void query_match(struct zpl_buf *out, const struct query_source *left,
                               const struct query_source *right, const char *op)
{
    char type = right->columns[0].type;
    size_t other = 0;
    while (other < left->count && left->columns[other].type != type)
        other++;
    if (other < left->count)
        zpl_buf_printf(out, "%s.%s %s %s.%s", left->alias, left->columns[other].name, op,
                       right->alias, right->columns[0].name);
    else
        zpl_buf_puts(out, "true");
}

/* Where rows stay: what is joined has at most one row for each. */
static inline void query_join_one(struct queries *g, struct zpl_buf *out)
{
    struct query_source made = query_tables[1];
    bool asof = query_chance(g, 3);
    snprintf(made.alias, sizeof made.alias, "t%u", ++g->names);
    zpl_buf_printf(out, " %sLEFT JOIN ", asof ? "ASOF " : "");
    if (query_chance(g, 2)) {
        zpl_buf_puts(out, "(SELECT * FROM c WHERE ");
        query_condition(g, out, &query_tables[1]);
        zpl_buf_putc(out, ')');
    } else {
        zpl_buf_puts(out, "c");
    }
    zpl_buf_printf(out, " AS %s ON ", made.alias);
    zpl_buf_puts(out, "greatest(");
    query_name(g, out, 'i');
    query_write(g, out, ", %i)", 1);
    zpl_buf_printf(out, " %s %s.k", asof ? ">=" : "=", made.alias);
    for (size_t i = 0; i < made.count; i++)
        made.columns[i].key = false;
    g->scope[g->scope_count++] = made;
}

static inline void query_join(struct queries *g, struct zpl_buf *out, unsigned depth)
{
    static const char *const joins[] = {
        "JOIN",      "LEFT JOIN",  "SEMI JOIN", "ANTI JOIN",      "RIGHT JOIN",
        "FULL JOIN", "CROSS JOIN", "ASOF JOIN", "ASOF LEFT JOIN", "POSITIONAL JOIN"};
    size_t n = random_below(&g->random, g->sums_only ? 7 : 10);
    bool asof = n == 7 || n == 8;
    struct query_source made;
    struct zpl_buf right = {0}, on = {0};
    query_source(g, &right, depth / 2, &made);
    query_match(&on, &g->scope[g->scope_count - 1], &made, asof ? ">=" : "=");
    if (asof && strcmp(zpl_buf_str(&on), "true") == 0)
        n = 6;
    zpl_buf_printf(out, " %s %s", joins[n], zpl_buf_str(&right));
    if (n != 6 && n != 9)
        zpl_buf_printf(out, " ON %s", zpl_buf_str(&on));
    if (n < 5 && query_chance(g, 3))
        zpl_buf_printf(out, " AND %s.%s IS NOT NULL", made.alias,
                       made.columns[made.count - 1].name);
    if (n < 2 && query_chance(g, 4)) {
        zpl_buf_puts(out, " AND ");
        query_expression(g, out, 'b', 1);
    }
    zpl_buf_release(&right);
    zpl_buf_release(&on);
    if (n != 2 && n != 3)
        g->scope[g->scope_count++] = made;
}

/* FROM with what is joined; all of it is in scope afterwards. */
static inline void query_from(struct queries *g, struct zpl_buf *out, unsigned depth)
{
    struct query_source made;
    zpl_buf_puts(out, " FROM ");
    g->joined_by_name = false;
    if (!g->rows_stay && query_chance(g, 8)) {
        query_by_name(g, out);
        return;
    }
    query_source(g, out, depth, &made);
    g->joined_by_name = false;
    g->scope[g->scope_count++] = made;
    for (size_t n = 0; n < 3 && g->scope_count + 2 < QUERY_SOURCES / 2 && query_chance(g, 2); n++)
        if (query_chance(g, 5))
            query_lateral(g, out);
        else if (g->rows_stay)
            query_join_one(g, out);
        else
            query_join(g, out, depth);
    g->joined_by_name = false;
}

#endif
