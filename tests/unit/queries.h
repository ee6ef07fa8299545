/* queries.h - random queries over three small tables, for the property tests of lineage.
 * Every query binds nearly always, is deterministic, and has names and types that stay within those of
 * zpl.  With `rows_stay` its rows depend on nothing but the columns that are marked as keys: no
 * filters, only joins that find at most one row; then a changed value changes values alone. */
#ifndef ZPL_TESTS_QUERIES_H
#define ZPL_TESTS_QUERIES_H

#include <stdio.h>
#include <string.h>
#include "lang/base/buf.h"
#include "tests/unit/random.h"

#define QUERY_COLUMNS 16
#define QUERY_SOURCES 10

struct query_column {
    char name[12];
    char type; /* i f s b d: BIGINT DOUBLE VARCHAR BOOLEAN TIMESTAMP */
    bool key;  /* which rows there are depends on it */
};
struct query_source {
    char alias[12];
    struct query_column columns[QUERY_COLUMNS];
    size_t count;
};
struct queries {
    struct random random;
    bool rows_stay;
    /* Nothing goes by the order of rows that are alike, and no filter by what is missing: ties are
     * anyone's, and rows left out for a missing value count for nothing. */
    bool sums_only;
    struct query_source scope[QUERY_SOURCES]; /* what expressions may name */
    size_t scope_count;
    unsigned names; /* made so far */
};

/* The tables: `a` has a row an id, `c` a row a k, `e` several. */
static const struct query_source query_tables[] = {
    {"a",
     {{"id", 'i', true},
      {"k", 'i', false},
      {"x", 'i', false},
      {"f", 'f', false},
      {"s", 's', false},
      {"b", 'b', false},
      {"d", 'd', false}},
     7},
    {"c", {{"k", 'i', true}, {"y", 'i', false}, {"g", 'f', false}, {"t", 's', false}}, 4},
    {"e",
     {{"k", 'i', false},
      {"z", 'i', false},
      {"w", 's', false},
      {"q", 'b', false},
      {"m", 'd', false}},
     5},
};

static void query_select(struct queries *g, struct zpl_buf *out, unsigned depth, const char *types,
                         struct query_source *made);
static void query_expression(struct queries *g, struct zpl_buf *out, char type, unsigned depth);

static inline bool query_chance(struct queries *g, size_t one_of)
{
    return random_below(&g->random, one_of) == 0;
}

static inline char query_type(struct queries *g)
{
    return "iiifssbd"[random_below(&g->random, 8)];
}

/* A column in scope of that type; false: there is none. */
static inline bool query_name(struct queries *g, struct zpl_buf *out, char type)
{
    size_t found = 0;
    const struct query_source *from = NULL;
    const struct query_column *column = NULL;
    for (size_t i = 0; i < g->scope_count; i++)
        for (size_t k = 0; k < g->scope[i].count; k++)
            if (g->scope[i].columns[k].type == type && query_chance(g, ++found)) {
                from = &g->scope[i];
                column = &from->columns[k];
            }
    if (column != NULL)
        zpl_buf_printf(out, "%s.%s", from->alias, column->name);
    return column != NULL;
}

static inline void query_constant(struct queries *g, struct zpl_buf *out, char type)
{
    size_t n = random_below(&g->random, 10);
    switch (type) {
    case 'i':
        zpl_buf_printf(out, "%zu", n);
        break;
    case 'f':
        zpl_buf_printf(out, "%zu.5", n);
        break;
    case 's':
        zpl_buf_printf(out, "'%c'", "abcdefghij"[n]);
        break;
    case 'b':
        zpl_buf_puts(out, n < 5 ? "true" : "false");
        break;
    default:
        zpl_buf_printf(out, "TIMESTAMP '2024-01-0%zu 03:00:00'", n % 9 + 1);
    }
}

/* Where rows stay their order does not: everything that goes by an order ends in the keys. */
static inline void query_order(struct queries *g, struct zpl_buf *out)
{
    for (size_t i = 0; g->rows_stay && i < g->scope_count; i++)
        for (size_t k = 0; k < g->scope[i].count; k++)
            if (g->scope[i].columns[k].key)
                zpl_buf_printf(out, ", %s.%s", g->scope[i].alias, g->scope[i].columns[k].name);
}

/* Writes a template, in which `%i %f %s %b %d` are expressions of these types, `%k` the end of an
 * order. */
static inline void query_write(struct queries *g, struct zpl_buf *out, const char *text,
                               unsigned depth)
{
    for (; *text != '\0'; text++)
        if (text[0] != '%' || text[1] == '\0' || strchr("ifsbdk", text[1]) == NULL)
            zpl_buf_putc(out, *text);
        else if (*++text == 'k')
            query_order(g, out);
        else
            query_expression(g, out, *text, depth);
}

/* A subquery on a table of its own, which may look at what is around it. */
static inline void query_inner(struct queries *g, struct zpl_buf *out, char type, unsigned depth)
{
    size_t before = g->scope_count, t = random_below(&g->random, 3);
    struct query_source *inner = &g->scope[g->scope_count++];
    *inner = query_tables[t];
    snprintf(inner->alias, sizeof inner->alias, "n%u", ++g->names);
    const char *alias = inner->alias, *table = query_tables[t].alias;
    if (type == 'b') {
        zpl_buf_printf(out, "EXISTS (SELECT 1 FROM %s AS %s WHERE ", table, alias);
        query_write(g, out, "%b)", depth);
    } else {
        zpl_buf_puts(out, type == 'i' && query_chance(g, 2) ? "(SELECT count(" : "(SELECT max(");
        query_expression(g, out, type, 0);
        zpl_buf_putc(out, ')');
        zpl_buf_printf(out, " FROM %s AS %s", table, alias);
        if (query_chance(g, 2))
            query_write(g, out, " WHERE %b", depth);
        zpl_buf_putc(out, ')');
    }
    g->scope_count = before;
}

static inline void query_expression(struct queries *g, struct zpl_buf *out, char type,
                                    unsigned depth)
{
    static const char *const ints[] = {"(%i + %i)",        "(%i - %i)",
                                       "coalesce(%i, %i)", "CASE WHEN %b THEN %i ELSE %i END",
                                       "length(%s)",       "hour(%d)",
                                       "nullif(%i, %i)",   "greatest(%i, %i)",
                                       "(%i % %i)",        "CASE %s WHEN %s THEN %i END",
                                       "(%b)::BIGINT"};
    static const char *const floats[] = {
        "(%i / 2.0)",       "(%f + %f)",  "CASE WHEN %b THEN %f END",
        "coalesce(%f, %f)", "(%f * 0.5)", "abs(%f)"};
    static const char *const texts[] = {
        "upper(%s)",        "(%s || %s)",    "CASE WHEN %b THEN %s ELSE %s END",
        "coalesce(%s, %s)", "(%i)::VARCHAR", "substr(%s, 1, 1)"};
    static const char *const bools[] = {
        "(%i < %i)",      "(%s = %s)",          "(%d < %d)",
        "(%i IS NULL)",   "(NOT %b)",           "(%b AND %b)",
        "(%b OR %b)",     "(%i IN (1, 3, %i))", "(%i IS DISTINCT FROM %i)",
        "(%s LIKE 'a%')", "(%f > %f)",          "(%i BETWEEN %i AND %i)",
        "(%i = %i)",      "(%s IS NOT NULL)"};
    static const char *const times[] = {"(%d + INTERVAL 1 DAY)", "date_trunc('day', %d)",
                                        "CASE WHEN %b THEN %d END", "coalesce(%d, %d)"};
    static const struct {
        char type;
        const char *const *forms;
        size_t count;
    } kinds[] = {{'i', ints, sizeof ints / sizeof *ints},
                 {'f', floats, sizeof floats / sizeof *floats},
                 {'s', texts, sizeof texts / sizeof *texts},
                 {'b', bools, sizeof bools / sizeof *bools},
                 {'d', times, sizeof times / sizeof *times}};
    if (depth == 0 || query_chance(g, 3)) {
        if (query_chance(g, 6) || !query_name(g, out, type))
            query_constant(g, out, type);
        return;
    }
    if (depth > 1 && query_chance(g, 9) && g->scope_count + 1 < QUERY_SOURCES) {
        query_inner(g, out, type, depth - 1);
        return;
    }
    if (type == 'b' && depth > 1 && query_chance(g, 9)) {
        size_t t = random_below(&g->random, 3);
        query_expression(g, out, 'i', depth - 1);
        zpl_buf_printf(out, " IN (SELECT %s FROM %s)",
                       t == 0   ? "x"
                       : t == 1 ? "y"
                                : "z",
                       query_tables[t].alias);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == type) {
            size_t count = kinds[i].count - (type == 'b' && g->sums_only);
            const char *form = kinds[i].forms[random_below(&g->random, count)];
            query_write(g, out, form, depth - 1);
        }
}

/* A source of rows: a table or a subquery; it is not in scope yet. */
static inline void query_source(struct queries *g, struct zpl_buf *out, unsigned depth,
                                struct query_source *made)
{
    if (depth > 0 && query_chance(g, 2)) {
        size_t before = g->scope_count;
        struct query_source scope[QUERY_SOURCES];
        memcpy(scope, g->scope, sizeof scope);
        g->scope_count = 0;
        zpl_buf_putc(out, '(');
        query_select(g, out, depth - 1, NULL, made);
        zpl_buf_putc(out, ')');
        memcpy(g->scope, scope, sizeof scope);
        g->scope_count = before;
    } else {
        *made = query_tables[g->rows_stay ? 0 : random_below(&g->random, 3)];
        zpl_buf_puts(out, made->alias);
    }
    snprintf(made->alias, sizeof made->alias, "t%u", ++g->names);
    zpl_buf_printf(out, " AS %s", made->alias);
}

/* FROM with what is joined; all of it is in scope afterwards. */
static inline void query_from(struct queries *g, struct zpl_buf *out, unsigned depth)
{
    static const char *const joins[] = {"JOIN",      "LEFT JOIN", "FULL JOIN",
                                        "SEMI JOIN", "ANTI JOIN", "RIGHT JOIN"};
    struct query_source made;
    zpl_buf_puts(out, " FROM ");
    query_source(g, out, depth, &made);
    g->scope[g->scope_count++] = made;
    while (g->scope_count + 2 < QUERY_SOURCES / 2 && query_chance(g, 2)) {
        const char *join = g->rows_stay ? "LEFT JOIN" : joins[random_below(&g->random, 6)];
        bool inner = !g->rows_stay && query_chance(g, 6);
        if (inner) {
            zpl_buf_puts(out, ", LATERAL (");
            struct query_source *lateral = &made;
            *lateral = (struct query_source){.count = 1};
            snprintf(lateral->columns[0].name, sizeof lateral->columns[0].name, "v%u", ++g->names);
            lateral->columns[0].type = 'i';
            zpl_buf_puts(out, "SELECT ");
            query_expression(g, out, 'i', 1);
            zpl_buf_printf(out, " AS %s) AS t%u", lateral->columns[0].name, ++g->names);
            snprintf(lateral->alias, sizeof lateral->alias, "t%u", g->names);
            g->scope[g->scope_count++] = *lateral;
            continue;
        }
        zpl_buf_printf(out, " %s ", join);
        if (g->rows_stay) {
            made = query_tables[1];
            snprintf(made.alias, sizeof made.alias, "t%u", ++g->names);
            zpl_buf_printf(out, "c AS %s ON %s.k = ", made.alias, made.alias);
            query_expression(g, out, 'i', 1);
            for (size_t i = 0; i < made.count; i++)
                made.columns[i].key = false;
        } else {
            query_source(g, out, depth / 2, &made);
            g->scope[g->scope_count++] = made;
            zpl_buf_puts(out, " ON ");
            struct query_source *left = &g->scope[g->scope_count - 2];
            char type = made.columns[0].type;
            size_t other = 0;
            while (other < left->count && left->columns[other].type != type)
                other++;
            if (other < left->count)
                zpl_buf_printf(out, "%s.%s = %s.%s", left->alias, left->columns[other].name,
                               made.alias, made.columns[0].name);
            else
                zpl_buf_puts(out, "true");
            if (join[0] != 'F' && query_chance(g, 3))
                zpl_buf_printf(out, " AND %s.%s IS NOT NULL", made.alias,
                               made.columns[made.count - 1].name);
            g->scope_count--;
        }
        if (join[0] != 'S' && join[0] != 'A')
            g->scope[g->scope_count++] = made;
    }
}

static inline struct query_column *query_add(struct queries *g, struct query_source *made,
                                             char type)
{
    struct query_column *column = &made->columns[made->count++];
    snprintf(column->name, sizeof column->name, "v%u", ++g->names);
    column->type = type;
    column->key = false;
    return column;
}

/* Passes on the keys of what is in scope, so that one can see whether the rows stayed. */
static inline void query_keys(struct queries *g, struct zpl_buf *out, struct query_source *made,
                              struct zpl_buf *group)
{
    for (size_t i = 0; i < g->scope_count; i++)
        for (size_t k = 0; k < g->scope[i].count && made->count < 6; k++) {
            const struct query_column *key = &g->scope[i].columns[k];
            if (!key->key || (group != NULL && query_chance(g, 2)))
                continue;
            zpl_buf_printf(out, "%s%s.%s AS ", made->count > 0 ? ", " : "", g->scope[i].alias,
                           key->name);
            query_add(g, made, key->type)->key = true;
            zpl_buf_puts(out, made->columns[made->count - 1].name);
            if (group != NULL)
                zpl_buf_printf(group, "%s%s.%s", group->len > 0 ? ", " : "", g->scope[i].alias,
                               key->name);
        }
}

static inline void query_aggregate(struct queries *g, struct zpl_buf *out, char type)
{
    static const char *const ints[] = {"count(*)",
                                       "count(%i)",
                                       "sum(%i)",
                                       "max(%i)",
                                       "min(%i)",
                                       "count(DISTINCT %s)",
                                       "sum(%i) FILTER (WHERE %b)",
                                       "first(%i ORDER BY %i, %i%k)",
                                       "arg_max(%i, %i)"};
    switch (type) {
    case 'i':
        query_write(g, out,
                    ints[random_below(&g->random, g->sums_only   ? 7
                                                  : g->rows_stay ? 8
                                                                 : 9)],
                    1);
        break;
    case 'f':
        query_write(g, out, query_chance(g, 2) ? "avg(%i)" : "max(%f)", 1);
        break;
    case 's':
        query_write(g, out,
                    query_chance(g, 2) ? "min(%s)" : "string_agg(%s, ',' ORDER BY %s, %i%k)", 1);
        break;
    case 'b':
        query_write(g, out, query_chance(g, 2) ? "bool_or(%b)" : "(count(%i) > 2)", 1);
        break;
    default:
        query_write(g, out, "max(%d)", 1);
    }
}

static inline void query_window(struct queries *g, struct zpl_buf *out, char type)
{
    static const char *const ints[] = {
        "sum(%i) OVER (PARTITION BY %i ORDER BY %i%k)",
        "count(*) OVER (PARTITION BY %b)",
        "rank() OVER (ORDER BY %f)",
        "max(%i) OVER ()",
        "row_number() OVER (ORDER BY %i, %s%k)",
        "lag(%i) OVER (PARTITION BY %s ORDER BY %d, %i%k)",
    };
    if (type == 'i') {
        query_write(g, out, ints[random_below(&g->random, g->sums_only ? 4 : 6)], 1);
        return;
    }
    zpl_buf_puts(out, g->sums_only ? "max(" : "first_value(");
    query_expression(g, out, type, 1);
    query_write(g, out, ") OVER (PARTITION BY %i ORDER BY %i, %d%k)", 0);
}

/* One SELECT; `types` says its columns, NULL: any. */
static inline void query_one(struct queries *g, struct zpl_buf *out, unsigned depth,
                             const char *types, struct query_source *made)
{
    size_t before = g->scope_count, wanted = types != NULL ? strlen(types) : 0;
    struct zpl_buf from = {0}, group = {0};
    bool grouped = depth > 0 && query_chance(g, 3), windowed = !grouped && query_chance(g, 3);
    *made = (struct query_source){0};
    query_from(g, &from, depth);
    zpl_buf_printf(out, "SELECT %s",
                   !g->rows_stay && !grouped && !windowed && query_chance(g, 6) ? "DISTINCT " : "");
    if (g->rows_stay)
        query_keys(g, out, made, grouped ? &group : NULL);
    else if (grouped && types == NULL)
        for (size_t n = random_below(&g->random, 3); n > 0; n--) {
            struct zpl_buf name = {0};
            char type = query_type(g);
            if (query_name(g, &name, type)) {
                zpl_buf_printf(out, "%s%s AS ", made->count > 0 ? ", " : "", zpl_buf_str(&name));
                zpl_buf_puts(out, query_add(g, made, type)->name);
                zpl_buf_printf(&group, "%s%s", group.len > 0 ? ", " : "", zpl_buf_str(&name));
            }
            zpl_buf_release(&name);
        }
    size_t fixed = made->count, more = types != NULL ? wanted : 1 + random_below(&g->random, 3);
    for (size_t i = 0; i < more; i++) {
        char type = types != NULL ? types[i] : query_type(g);
        zpl_buf_puts(out, fixed + i > 0 ? ", " : "");
        if (grouped)
            query_aggregate(g, out, type);
        else if (windowed && query_chance(g, 2))
            query_window(g, out, type);
        else
            query_expression(g, out, type, 2);
        zpl_buf_printf(out, " AS %s", query_add(g, made, type)->name);
    }
    zpl_buf_puts(out, zpl_buf_str(&from));
    if (!g->rows_stay && query_chance(g, 3))
        query_write(g, out, " WHERE %b", 2);
    if (group.len > 0)
        zpl_buf_printf(
            out, !g->rows_stay && query_chance(g, 5) ? " GROUP BY ROLLUP (%s)" : " GROUP BY %s",
            zpl_buf_str(&group));
    if (grouped && !g->rows_stay && query_chance(g, 4))
        query_write(g, out, " HAVING count(%i) > 1", 0);
    if (windowed && !g->rows_stay && query_chance(g, 3))
        query_write(g, out,
                    g->sums_only
                        ? " QUALIFY rank() OVER (PARTITION BY %i ORDER BY %i, %s) < 4"
                        : " QUALIFY row_number() OVER (PARTITION BY %i ORDER BY %i, %s) < 4",
                    0);
    zpl_buf_release(&from);
    zpl_buf_release(&group);
    g->scope_count = before;
}

static inline void query_select(struct queries *g, struct zpl_buf *out, unsigned depth,
                                const char *types, struct query_source *made)
{
    static const char *const unions[] = {"UNION ALL", "UNION", "INTERSECT", "EXCEPT", "EXCEPT ALL"};
    query_one(g, out, depth, types, made);
    if (!g->rows_stay && depth > 0 && query_chance(g, 5)) {
        char same[QUERY_COLUMNS + 1] = "";
        struct query_source right;
        for (size_t i = 0; i < made->count; i++)
            same[i] = made->columns[i].type;
        zpl_buf_printf(out, " %s ", unions[random_below(&g->random, 5)]);
        query_one(g, out, depth - 1, same, &right);
    }
    if (g->rows_stay || !query_chance(g, 4))
        return;
    zpl_buf_puts(out, " ORDER BY ");
    for (size_t i = 0; i < made->count; i++)
        zpl_buf_printf(out, "%s%s%s", i > 0 ? ", " : "", made->columns[i].name,
                       query_chance(g, 3) ? " DESC NULLS FIRST" : "");
    zpl_buf_printf(out, " LIMIT %zu", 1 + random_below(&g->random, 12));
}

/* A whole query; *made are its columns. */
static inline void query_make(struct queries *g, struct zpl_buf *out, struct query_source *made)
{
    g->scope_count = 0;
    g->names = 0;
    query_select(g, out, 1 + (unsigned)random_below(&g->random, 3), NULL, made);
}

#endif
