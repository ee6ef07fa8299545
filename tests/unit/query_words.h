/* query_words.h - random expressions over what a query has in scope; see queries.h. */
#ifndef ZPL_TESTS_QUERY_WORDS_H
#define ZPL_TESTS_QUERY_WORDS_H

#include <stdio.h>
#include <string.h>
#include "lang/base/buf.h"
#include "tests/unit/random.h"

#define QUERY_COLUMNS 24
#define QUERY_SOURCES 12
#define QUERY_NAMED   4

struct query_column {
    char name[12];
    char type; /* i f s b d: BIGINT DOUBLE VARCHAR BOOLEAN TIMESTAMP */
    bool key;  /* which rows there are depends on it */
};
struct query_source {
    char alias[12]; /* "": its columns go by their names alone */
    struct query_column columns[QUERY_COLUMNS];
    size_t count;
};
struct queries {
    struct random random;
    /* Writes a SELECT with all that may belong to it; `like` says names and types, NULL: any. */
    void (*select)(struct queries *g, struct zpl_buf *out, unsigned depth,
                   const struct query_source *like, struct query_source *made);
    bool rows_stay;
    /* Nothing goes by the order of rows that are alike, and no filter by what is missing: ties are
     * anyone's, and rows left out for a missing value count for nothing. */
    bool sums_only;
    struct query_source scope[QUERY_SOURCES]; /* what expressions may name */
    size_t scope_count;
    struct query_source named[QUERY_NAMED]; /* by WITH */
    size_t named_count;
    bool joined_by_name; /* the FROM is one join by USING or NATURAL */
    unsigned names;      /* made so far in the query */
    size_t forms;        /* used so far */
};

/* The tables: `a` has a row an id, `c` a row a k, `e` several. */
#define QUERY_TABLES 3
static const struct query_source query_tables[QUERY_TABLES] = {
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

static void query_expression(struct queries *g, struct zpl_buf *out, char type, unsigned depth);

static inline bool query_chance(struct queries *g, size_t one_of)
{
    return random_below(&g->random, one_of) == 0;
}

static inline char query_type(struct queries *g)
{
    return "iiifssbd"[random_below(&g->random, 8)];
}

/* One of the first `count` texts. */
static inline const char *query_pick(struct queries *g, const char *const *texts, size_t count)
{
    return texts[random_below(&g->random, count)];
}

/* A table or a name of a WITH; its alias is what a FROM calls it by. */
static inline const struct query_source *query_table(struct queries *g)
{
    size_t n = random_below(&g->random, QUERY_TABLES + g->named_count);
    return n < QUERY_TABLES ? &query_tables[n] : &g->named[n - QUERY_TABLES];
}

static inline void query_column_name(struct zpl_buf *out, const struct query_source *from,
                                     const struct query_column *column)
{
    zpl_buf_printf(out, "%s%s%s", from->alias, from->alias[0] != '\0' ? "." : "", column->name);
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
        query_column_name(out, from, column);
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
            if (g->scope[i].columns[k].key) {
                zpl_buf_puts(out, ", ");
                query_column_name(out, &g->scope[i], &g->scope[i].columns[k]);
            }
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

/* Brings a table of its own into scope, called n1, n2, …; gives the column that a subquery is about. */
static inline const struct query_source *
query_inside(struct queries *g, char type, const struct query_column **about, const char **table)
{
    const struct query_source *from = query_table(g);
    struct query_source *inner = &g->scope[g->scope_count++];
    *table = from->alias;
    *inner = *from;
    snprintf(inner->alias, sizeof inner->alias, "n%u", ++g->names);
    *about = NULL;
    for (size_t i = 0; i < inner->count; i++)
        if (inner->columns[i].type == type && (*about == NULL || query_chance(g, 2)))
            *about = &inner->columns[i];
    return inner;
}

/* A subquery with one value, which may look at what is around it. */
static inline void query_value(struct queries *g, struct zpl_buf *out, char type, unsigned depth)
{
    size_t before = g->scope_count;
    const struct query_column *about;
    const char *table;
    const struct query_source *inner = query_inside(g, type, &about, &table);
    const char *alias = inner->alias;
    if (about == NULL) { /* an aggregate of nothing but outer columns would be the outer query's */
        g->scope_count = before;
        query_constant(g, out, type);
        return;
    }
    size_t form = random_below(&g->random, 5);
    if (form == 0 && !g->sums_only && !g->rows_stay) {
        zpl_buf_printf(out, "(SELECT %s.%s FROM %s AS %s ", alias, about->name, table, alias);
        if (query_chance(g, 2))
            query_write(g, out, "WHERE %b ", depth);
        query_write(g, out, "ORDER BY %i, %s LIMIT 1)", 0);
    } else if (form == 1 && type == 'i') {
        zpl_buf_printf(out, "len(ARRAY(SELECT %s.%s FROM %s AS %s ", alias, about->name, table,
                       alias);
        query_write(g, out, "WHERE %b))", depth);
    } else {
        zpl_buf_printf(out, "(SELECT %s(%s.%s) FROM %s AS %s",
                       type == 'i' && form == 2 ? "count"
                       : type == 'b'            ? "bool_or"
                                                : "max",
                       alias, about->name, table, alias);
        if (query_chance(g, 2))
            query_write(g, out, " WHERE %b", depth);
        zpl_buf_putc(out, ')');
    }
    g->scope_count = before;
}

/* EXISTS, IN, ANY and ALL. */
static inline void query_truth(struct queries *g, struct zpl_buf *out, unsigned depth)
{
    static const char *const heads[] = {" IN (",    " NOT IN (", " = ANY (",
                                        " > ALL (", " < ANY (",  " <> ALL ("};
    size_t before = g->scope_count;
    const struct query_column *about;
    const char *table;
    struct zpl_buf left = {0};
    query_expression(g, &left, 'i', depth);
    const char *alias = query_inside(g, 'i', &about, &table)->alias;
    bool exists = about == NULL || query_chance(g, 3), pair = query_chance(g, 5);
    if (exists)
        zpl_buf_printf(out, "%sEXISTS (SELECT 1 FROM %s AS %s", query_chance(g, 2) ? "NOT " : "",
                       table, alias);
    else if (pair)
        zpl_buf_printf(out, "((%s, 1) IN (SELECT (%s.%s, 1) FROM %s AS %s", zpl_buf_str(&left),
                       alias, about->name, table, alias);
    else
        zpl_buf_printf(out, "(%s%sSELECT %s.%s FROM %s AS %s", zpl_buf_str(&left),
                       query_pick(g, heads, 6), alias, about->name, table, alias);
    if (query_chance(g, 2))
        query_write(g, out, " WHERE %b", depth);
    zpl_buf_puts(out, exists ? ")" : "))");
    zpl_buf_release(&left);
    g->scope_count = before;
}

/* A whole row as a value. */
static inline void query_row(struct queries *g, struct zpl_buf *out, char type)
{
    const struct query_source *from = &g->scope[random_below(&g->random, g->scope_count)];
    if (from->alias[0] == '\0')
        query_constant(g, out, type);
    else if (type == 'i')
        zpl_buf_printf(out, "(hash(%s) %% 1000)::BIGINT", from->alias);
    else
        zpl_buf_printf(out, "%s::VARCHAR", from->alias);
}

static inline void query_expression(struct queries *g, struct zpl_buf *out, char type,
                                    unsigned depth)
{
    static const char *const ints[] = {
        "(%i + %i)",
        "(%i - %i)",
        "coalesce(%i, %i)",
        "CASE WHEN %b THEN %i ELSE %i END",
        "length(%s)",
        "hour(%d)",
        "nullif(%i, %i)",
        "greatest(%i, %i)",
        "(%i % %i)",
        "CASE %s WHEN %s THEN %i END",
        "(%b)::BIGINT",
        "if(%b, %i, %i)",
        "least(%i, %i)",
        "ifnull(%i, %i)",
        "[1, %i, %i][2]",
        "list_extract([%i, 2], 1)",
        "len(list_filter([%i, %i, 4], lambda v: v > %i))",
        "list_reduce([%i, %i, 1], lambda p, v: p + v)",
        "list_max(list_transform([%i, %i], lambda v: v + %i))",
        "list_max([v + 1 for v in [%i, %i] if v < %i])",
        "list_position([%i, %i], %i)",
        "list_unique([%s, %s])::BIGINT",
        "{'u': %i, 'v': %s}.u",
        "struct_pack(u := %s, v := %i).v",
        "(MAP {'u': %i, 'v': %i})['v']",
        "try_cast(%s AS BIGINT)",
        "datediff('hour', %d, %d)",
        "strpos(%s, %s)",
        "(concat('{\"u\": ', coalesce(%i, 0), '}')::JSON ->> 'u')::BIGINT"};
    static const char *const floats[] = {
        "(%i / 2.0)",         "(%f + %f)",  "CASE WHEN %b THEN %f END",
        "coalesce(%f, %f)",   "(%f * 0.5)", "abs(%f)",
        "list_avg([%i, %i])", "round(%f)",  "[%f, %f][1]"};
    static const char *const texts[] = {"upper(%s)",
                                        "(%s || %s)",
                                        "CASE WHEN %b THEN %s ELSE %s END",
                                        "coalesce(%s, %s)",
                                        "(%i)::VARCHAR",
                                        "substr(%s, 1, 1)",
                                        "concat(%s, %i, %s)",
                                        "concat_ws('-', %s, %s)",
                                        "regexp_replace(%s, '[a-d]', %s)",
                                        "array_to_string([%s, %s], ',')",
                                        "format('{}:{}', %s, %i)",
                                        "strftime(%d, '%H')",
                                        "[%s, %s]::VARCHAR"};
    static const char *const bools[] = {"(%i < %i)",
                                        "(%s = %s)",
                                        "(%d < %d)",
                                        "(%i IS NULL)",
                                        "(NOT %b)",
                                        "(%b AND %b)",
                                        "(%b OR %b)",
                                        "(%i IN (1, 3, %i))",
                                        "(%i IS DISTINCT FROM %i)",
                                        "(%s LIKE 'a%')",
                                        "(%f > %f)",
                                        "(%i BETWEEN %i AND %i)",
                                        "(%i = %i)",
                                        "(%b IS NOT TRUE)",
                                        "list_contains([%i, %i], %i)",
                                        "((%i, %s) < (%i, %s))",
                                        "(%i NOT IN (2, %i))",
                                        "starts_with(%s, %s)",
                                        "(%s IS NOT NULL)"};
    static const char *const times[] = {"(%d + INTERVAL 1 DAY)", "date_trunc('day', %d)",
                                        "CASE WHEN %b THEN %d END", "coalesce(%d, %d)",
                                        "(%d + to_hours(%i::INTEGER))"};
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
        if (type == 'b')
            query_truth(g, out, depth - 1);
        else
            query_value(g, out, type, depth - 1);
        return;
    }
    if ((type == 'i' || type == 's') && g->scope_count > 0 && query_chance(g, 25)) {
        query_row(g, out, type);
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == type) {
            size_t count = kinds[i].count - (type == 'b' && g->sums_only);
            query_write(g, out, query_pick(g, kinds[i].forms, count), depth - 1);
        }
}

#endif
