/* queries.h - random queries over three small tables, for the property tests of lineage.
 * Every query binds nearly always, is deterministic, and has names and types that stay within those of
 * zpl.  With `rows_stay` its rows depend on nothing but the columns that are marked as keys: no
 * filters, only joins that find at most one row; then a changed value changes values alone. */
#ifndef ZPL_TESTS_QUERIES_H
#define ZPL_TESTS_QUERIES_H

#include "tests/unit/query_from.h"

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

/* Forms go from those that no order decides to those that one of ties does. */
static inline void query_aggregate(struct queries *g, struct zpl_buf *out, char type)
{
    static const char *const ints[] = {"count(*)",
                                       "count(%i)",
                                       "sum(%i)",
                                       "max(%i)",
                                       "min(%i)",
                                       "count(DISTINCT %s)",
                                       "sum(%i) FILTER (WHERE %b)",
                                       "sum(DISTINCT %i)",
                                       "count_if(%b)",
                                       "max(%i, 2)[1]",
                                       "len(list(%i) FILTER (WHERE %b))",
                                       "list_sum(list(DISTINCT %i))::BIGINT",
                                       "first(%i ORDER BY %i, %i%k)",
                                       "list(%i ORDER BY %i, (%s || '')%k)[2]",
                                       "arg_max(%i, %i)",
                                       "any_value(%i)",
                                       "last(%i)",
                                       "mode(%i)"};
    switch (type) {
    case 'i':
        query_write(g, out, query_pick(g, ints, g->sums_only ? 12 : g->rows_stay ? 14 : 18), 1);
        break;
    case 'f':
        query_write(g, out, query_chance(g, 2) ? "avg(%i)" : "max(%f)", 1);
        break;
    case 's':
        query_write(
            g, out,
            query_chance(g, 2) ? "min(%s)" : "string_agg(%s, ',' ORDER BY (%s || ''), %i%k)", 1);
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
        "dense_rank() OVER (PARTITION BY %b ORDER BY %i DESC)",
        "count(DISTINCT %s) OVER (PARTITION BY %i)",
        "sum(%i) FILTER (WHERE %b) OVER (PARTITION BY %s)",
        "max(%i) OVER (ORDER BY %i RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING)",
        "count(*) OVER (ORDER BY %d RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW)",
        "min(%i) OVER (ORDER BY %s GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE GROUP)",
        "row_number() OVER (ORDER BY %i, %s%k)",
        "lag(%i) OVER (PARTITION BY %s ORDER BY %d, %i%k)",
        "lead(%i, 2, %i) OVER (PARTITION BY %b ORDER BY %i%k)",
        "sum(%i) OVER (PARTITION BY %b ORDER BY %i%k ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
        "max(%i) OVER (ORDER BY %d%k ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING EXCLUDE CURRENT ROW)",
        "last_value(%i IGNORE NULLS) OVER (PARTITION BY %b ORDER BY %i%k)",
        "nth_value(%i, 2) OVER (PARTITION BY %s ORDER BY %i%k)",
        "ntile(3) OVER (ORDER BY %i%k)",
        "first_value(%i ORDER BY %i%k) OVER (PARTITION BY %b ORDER BY %i%k)"};
    if (type == 'i') {
        query_write(g, out, query_pick(g, ints, g->sums_only ? 10 : sizeof ints / sizeof *ints), 1);
        return;
    }
    zpl_buf_puts(out, g->sums_only ? "max(" : "first_value(");
    query_expression(g, out, type, 1);
    query_write(g, out, ") OVER (PARTITION BY %i ORDER BY %i, %d%k)", 0);
}

/* One column of a SELECT, and its name. */
static inline void query_item(struct queries *g, struct zpl_buf *out, bool grouped, bool windowed,
                              char type, const char *name, struct query_source *made)
{
    struct zpl_buf item = {0};
    bool window = windowed && query_chance(g, 2);
    zpl_buf_puts(out, made->count > 0 ? ", " : "");
    if (grouped)
        query_aggregate(g, out, type);
    else if (window)
        query_window(g, out, type);
    else
        query_expression(g, &item, type, 2);
    zpl_buf_puts(out, zpl_buf_str(&item));
    struct query_column *column = query_add(g, made, type);
    if (name != NULL)
        snprintf(column->name, sizeof column->name, "%s", name);
    zpl_buf_printf(out, " AS %s", column->name);
    if (name == NULL && type == 'i' && !grouped && !window && item.len < 20 && query_chance(g, 3)) {
        zpl_buf_printf(out, ", (%s + 1)", column->name);
        zpl_buf_printf(out, " AS %s", query_add(g, made, type)->name);
    }
    zpl_buf_release(&item);
}

/* The groups of a SELECT: its keys, and what they are called in the result. */
static inline void query_groups(struct queries *g, struct zpl_buf *out, struct query_source *made,
                                struct zpl_buf *group)
{
    for (size_t n = random_below(&g->random, 3); n > 0; n--) {
        struct zpl_buf name = {0};
        char type = query_type(g);
        if (query_name(g, &name, type)) {
            zpl_buf_printf(out, "%s%s AS ", made->count > 0 ? ", " : "", zpl_buf_str(&name));
            zpl_buf_puts(out, query_add(g, made, type)->name);
            if (query_chance(g, 5))
                zpl_buf_printf(group, "%s%zu", group->len > 0 ? ", " : "", made->count);
            else
                zpl_buf_printf(group, "%s%s", group->len > 0 ? ", " : "",
                               query_chance(g, 4) ? made->columns[made->count - 1].name
                                                  : zpl_buf_str(&name));
        }
        zpl_buf_release(&name);
    }
}

static inline void query_group_by(struct queries *g, struct zpl_buf *out,
                                  const struct query_source *made, const struct zpl_buf *group)
{
    static const char *const forms[] = {" GROUP BY ROLLUP (%s)", " GROUP BY CUBE (%s)"};
    size_t form = g->rows_stay ? 9 : random_below(&g->random, 10);
    if (group->len == 0 || form == 2) {
        zpl_buf_puts(out, group->len > 0 ? " GROUP BY ALL" : "");
    } else if (form < 2) {
        zpl_buf_printf(out, form == 0 ? forms[0] : forms[1], zpl_buf_str(group));
    } else if (form == 3) {
        zpl_buf_printf(out, " GROUP BY GROUPING SETS ((%s), ())", zpl_buf_str(group));
    } else {
        zpl_buf_printf(out, " GROUP BY %s", zpl_buf_str(group));
    }
    (void)made;
}

/* `*` or `t.*` of what is in scope, where that gives names that differ; false: nothing. */
static inline bool query_star(struct queries *g, struct zpl_buf *out, struct query_source *made)
{
    if (g->joined_by_name) {
        if (g->scope[1].count + g->scope[2].count > QUERY_COLUMNS - 8)
            return false;
        zpl_buf_puts(out, "*");
        for (size_t s = 1; s < 3; s++)
            for (size_t i = 0; i < g->scope[s].count; i++)
                if (s == 1 || strcmp(g->scope[s].columns[i].name, "k") != 0)
                    made->columns[made->count++] = g->scope[s].columns[i];
        return true;
    }
    const struct query_source *from = &g->scope[random_below(&g->random, g->scope_count)];
    if (from->count > QUERY_COLUMNS - 8 || from->alias[0] == '\0')
        return false;
    bool shorter = from->count > 1 && !g->rows_stay && query_chance(g, 2);
    zpl_buf_printf(out, "%s.*", from->alias);
    if (shorter)
        zpl_buf_printf(out, " EXCLUDE (%s)", from->columns[0].name);
    for (size_t i = shorter; i < from->count; i++)
        made->columns[made->count++] = from->columns[i];
    return true;
}

/* What stands behind the SELECT list and its FROM. */
static inline void query_filters(struct queries *g, struct zpl_buf *out, bool grouped,
                                 bool windowed, const struct query_source *made,
                                 const struct zpl_buf *group)
{
    if (!g->rows_stay && query_chance(g, 3))
        query_write(g, out, " WHERE %b", 2);
    query_group_by(g, out, made, group);
    if (grouped && !g->rows_stay && query_chance(g, 4))
        query_write(g, out, " HAVING count(%i) > 1", 0);
    if (windowed && !g->rows_stay && query_chance(g, 3))
        query_write(g, out,
                    g->sums_only
                        ? " QUALIFY rank() OVER (PARTITION BY %i ORDER BY %i, %s) < 4"
                        : " QUALIFY row_number() OVER (PARTITION BY %i ORDER BY %i, %s) < 4",
                    0);
}

/* One SELECT; `like` says the names and types of its columns, NULL: any. */
static inline void query_one(struct queries *g, struct zpl_buf *out, unsigned depth,
                             const struct query_source *like, struct query_source *made)
{
    size_t before = g->scope_count;
    struct zpl_buf from = {0}, group = {0};
    bool grouped = depth > 0 && query_chance(g, 3), windowed = !grouped && query_chance(g, 3);
    *made = (struct query_source){0};
    query_from(g, &from, depth);
    zpl_buf_printf(out, "SELECT %s",
                   !g->rows_stay && !grouped && !windowed && query_chance(g, 6) ? "DISTINCT " : "");
    if (g->rows_stay)
        query_keys(g, out, made, grouped ? &group : NULL);
    else if (grouped && like == NULL)
        query_groups(g, out, made, &group);
    if (!grouped && like == NULL && made->count == 0 && query_chance(g, 6))
        query_star(g, out, made);
    for (size_t i = 0; like != NULL && i < like->count; i++)
        query_item(g, out, grouped, windowed, like->columns[i].type, like->columns[i].name, made);
    for (size_t n = like != NULL ? 0 : 1 + random_below(&g->random, 3); n > 0; n--)
        query_item(g, out, grouped, windowed, query_type(g), NULL, made);
    zpl_buf_puts(out, zpl_buf_str(&from));
    query_filters(g, out, grouped, windowed, made, &group);
    zpl_buf_release(&from);
    zpl_buf_release(&group);
    g->scope_count = before;
}

/* ORDER BY and LIMIT of a whole query. */
static inline void query_end(struct queries *g, struct zpl_buf *out, struct query_source *made)
{
    static const char *const cuts[] = {" LIMIT 12", " LIMIT 4 OFFSET 2", " LIMIT 40%",
                                       " LIMIT (SELECT abs(max(y)) FROM c)", " OFFSET 3"};
    zpl_buf_puts(out, " ORDER BY ");
    if (query_chance(g, 5))
        zpl_buf_puts(out, "ALL");
    else
        for (size_t i = 0; i < made->count; i++) {
            if (query_chance(g, 5))
                zpl_buf_printf(out, "%s%zu", i > 0 ? ", " : "", i + 1);
            else
                zpl_buf_printf(out, "%s%s", i > 0 ? ", " : "", made->columns[i].name);
            zpl_buf_puts(out, query_chance(g, 3) ? " DESC NULLS FIRST" : "");
        }
    zpl_buf_puts(out, query_pick(g, cuts, 5));
}

static inline void query_select(struct queries *g, struct zpl_buf *out, unsigned depth,
                                const struct query_source *like, struct query_source *made)
{
    static const char *const sets[] = {
        "UNION ALL",  "UNION",         "INTERSECT",     "EXCEPT",
        "EXCEPT ALL", "INTERSECT ALL", "UNION BY NAME", "UNION ALL BY NAME"};
    query_one(g, out, depth, like, made);
    if (!g->rows_stay && depth > 0 && query_chance(g, 5)) {
        struct query_source right, same = *made;
        size_t n = random_below(&g->random, 8);
        if (n > 5) { /* in another order */
            same.columns[0] = made->columns[made->count - 1];
            same.columns[made->count - 1] = made->columns[0];
        }
        zpl_buf_printf(out, " %s ", sets[n]);
        query_one(g, out, depth - 1, &same, &right);
    }
    if (g->rows_stay || !query_chance(g, 4))
        return;
    query_end(g, out, made);
}

/* A whole query; *made are its columns. */
static inline void query_make(struct queries *g, struct zpl_buf *out, struct query_source *made)
{
    static const char *const names[] = {"u", "h", "o"};
    size_t withs = !g->rows_stay && query_chance(g, 3) ? 1 + random_below(&g->random, 3) : 0;
    g->select = query_select;
    g->scope_count = g->named_count = 0;
    g->names = 0;
    for (size_t i = 0; i < withs; i++) {
        struct query_source named;
        zpl_buf_printf(out, "%s%s AS %s(", i == 0 ? "WITH " : ", ", names[i],
                       query_chance(g, 4) ? "MATERIALIZED " : "");
        query_select(g, out, 1, NULL, &named);
        zpl_buf_putc(out, ')');
        snprintf(named.alias, sizeof named.alias, "%s", names[i]);
        g->named[g->named_count++] = named;
    }
    zpl_buf_puts(out, withs > 0 ? " " : "");
    query_select(g, out, 1 + (unsigned)random_below(&g->random, 3), NULL, made);
}

#endif
