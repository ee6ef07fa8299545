/* lineage.c - influence; see lineage.h.   Floor: stdlib. */
#include "stdlib/query/lineage.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"

#define OFF                                                                                        \
    "expression_rewriter,filter_pullup,cte_filter_pusher,regex_range,in_clause,join_order,"        \
    "deliminator,unnest_rewriter,statistics_propagation,common_subexpressions,common_aggregate,"   \
    "column_lifetime,limit_pushdown,top_n,build_side_probe_side,compressed_materialization,"       \
    "duplicate_groups,reorder_filter,sampling_pushdown,join_filter_pushdown,extension,"            \
    "materialized_cte,sum_rewriter,late_materialization,cte_inlining"

const char zpl_lineage_optimizers[] = OFF ",filter_pushdown,empty_result_pullup";
const char zpl_lineage_folders[] = OFF ",unused_columns";

/* What is known so far of one table. */
struct mark {
    bool used, all;
    bool *read; /* of its columns */
};
struct marks {
    const struct zpl_bind_request *request;
    struct mark *tables;
};

static const struct zpl_json *member(const struct zpl_json *v, size_t i)
{
    return zpl_json_kind(v) == ZPL_JSON_ARRAY ? zpl_json_at(v, i) : zpl_json_value_at(v, i);
}

static void mark_everything(struct marks *m)
{
    for (size_t t = 0; t < m->request->table_count; t++)
        m->tables[t].all = true;
}

/* "c12" → 12 when it is below `limit`, else -1. */
static long number_behind(const char *word, const char *prefix, size_t limit)
{
    size_t n = strlen(prefix);
    char *end;
    if (strncmp(word, prefix, n) != 0 || word[n] < '0' || word[n] > '9')
        return -1;
    unsigned long i = strtoul(word + n, &end, 10);
    return *end == '\0' && i < limit ? (long)i : -1;
}

/* One word of a scan's projections; false when it is no column of the table. */
static bool mark_column(struct marks *m, size_t table, const char *word)
{
    const struct zpl_row *row = m->request->tables[table].row;
    long c = number_behind(word, ZPL_LINEAGE_COLUMN, row->count);
    if (c >= 0)
        m->tables[table].read[c] = true;
    return c >= 0;
}

/* The table a scan names: its own name, perhaps with what stands before it. */
static long scanned_table(const struct marks *m, const struct zpl_json *info)
{
    const char *name = zpl_guard_text(info, "Table");
    const char *dot = name != NULL ? strrchr(name, '.') : NULL;
    if (name == NULL)
        return -1;
    return number_behind(dot != NULL ? dot + 1 : name, ZPL_LINEAGE_TABLE, m->request->table_count);
}

/* Marks what the scans of a plan and of the plans below it project. */
static void mark_plan(struct marks *m, const struct zpl_json *node)
{
    const struct zpl_json *info = zpl_json_get(node, "extra_info");
    const struct zpl_json *children = zpl_json_get(node, "children");
    if (zpl_json_get(info, "Table") != NULL) {
        const struct zpl_json *projections = zpl_json_get(info, "Projections");
        const char *single = zpl_json_str(projections, NULL);
        long t = scanned_table(m, info);
        bool known = t >= 0;
        if (known && zpl_json_kind(projections) == ZPL_JSON_ARRAY)
            for (size_t i = 0; i < zpl_json_count(projections); i++)
                known = mark_column(m, (size_t)t, zpl_json_str(zpl_json_at(projections, i), "")) &&
                        known;
        else if (known)
            known = single != NULL && (single[0] == '\0' || mark_column(m, (size_t)t, single));
        if (!known && t >= 0)
            m->tables[t].all = true;
        else if (!known)
            mark_everything(m);
        if (zpl_guard_text(info, "Filters") != NULL)
            mark_everything(m); /* a filter was pushed after all: it is no projection */
    }
    for (size_t i = 0; i < zpl_json_count(children); i++)
        mark_plan(m, zpl_json_at(children, i));
}

static bool is_query(const struct zpl_json *v)
{
    const char *type = zpl_json_str(zpl_json_get(v, "type"), "");
    size_t n = strlen(type);
    return n > 5 && strcmp(type + n - 5, "_NODE") == 0;
}

/* The request's tables that stand in a FROM, not in queries below it. */
static void mark_tables(struct marks *m, const struct zpl_json *v, bool all)
{
    const char *name = zpl_guard_is(v, "BASE_TABLE") ? zpl_guard_text(v, "table_name") : NULL;
    for (size_t t = 0; name != NULL && t < m->request->table_count; t++)
        if (zpl_text_equal_nocase(name, m->request->tables[t].name)) {
            m->tables[t].used = true;
            m->tables[t].all = m->tables[t].all || all;
        }
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (!is_query(member(v, i)))
            mark_tables(m, member(v, i), all);
}

/* Does `v`, without the queries below it, leave open which columns it means? */
static bool is_open(const struct zpl_json *v)
{
    if (zpl_guard_is(v, "STAR") || zpl_guard_is(v, "POSITIONAL_REFERENCE") ||
        zpl_guard_is(v, "PIVOT") ||
        strcmp(zpl_json_str(zpl_json_get(v, "ref_type"), ""), "NATURAL") == 0)
        return true;
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (!is_query(member(v, i)) && is_open(member(v, i)))
            return true;
    return false;
}

/* What FROMs call their tables and subqueries by. */
struct aliases {
    const char **names;
    size_t count, capacity;
    struct zpl_arena *arena;
};

static void add_alias(struct aliases *list, const char *name)
{
    for (size_t i = 0; name != NULL && i < list->count; i++)
        if (zpl_text_equal_nocase(list->names[i], name))
            return;
    const char **names = name != NULL ? zpl_arena_grow(list->arena, list->names, list->count,
                                                       &list->capacity, sizeof *names)
                                      : NULL;
    if (names == NULL)
        return;
    list->names = names;
    names[list->count++] = name;
}

static void find_aliases(struct aliases *list, const struct zpl_json *v)
{
    if (zpl_guard_is(v, "BASE_TABLE") || zpl_guard_is(v, "SUBQUERY") ||
        zpl_guard_is(v, "TABLE_FUNCTION") || zpl_guard_is(v, "EXPRESSION_LIST")) {
        add_alias(list, zpl_guard_text(v, "alias"));
        add_alias(list, zpl_guard_text(v, "table_name"));
    }
    for (size_t i = 0; i < zpl_json_count(v); i++)
        find_aliases(list, member(v, i));
}

/* A column named like a source may be the whole row of it. */
static bool has_whole_row(const struct zpl_json *v, const struct aliases *aliases)
{
    const struct zpl_json *names = zpl_json_get(v, "column_names");
    if (zpl_guard_is(v, "COLUMN_REF") && zpl_json_count(names) > 0) {
        const char *last = zpl_json_str(zpl_json_at(names, zpl_json_count(names) - 1), "");
        for (size_t i = 0; i < aliases->count; i++)
            if (zpl_text_equal_nocase(aliases->names[i], last))
                return true;
    }
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (has_whole_row(member(v, i), aliases))
            return true;
    return false;
}

/* Marks the tables of each query of the tree as used, and as read whole where columns are open. */
static void mark_queries(struct marks *m, const struct zpl_json *v)
{
    if (zpl_guard_is(v, "SELECT_NODE"))
        mark_tables(m, zpl_json_get(v, "from_table"), is_open(v));
    for (size_t i = 0; i < zpl_json_count(v); i++)
        mark_queries(m, member(v, i));
}

/* The columns that were marked, in stored order. */
static bool fill(const struct zpl_bind_table *table, const struct mark *mark,
                 struct zpl_bind_reads *out, struct zpl_arena *arena)
{
    out->used = mark->used;
    out->all = mark->used && mark->all;
    if (!mark->used || mark->all)
        return true;
    const char **names = zpl_arena_array(arena, table->row->count + 1, sizeof *names);
    for (size_t c = 0; names != NULL && c < table->row->count; c++)
        if (mark->read[c])
            names[out->count++] = table->row->columns[c].name;
    out->columns = names;
    return names != NULL;
}

const struct zpl_bind_reads *zpl_lineage_reads(const struct zpl_bind_request *request,
                                               const struct zpl_json *tree,
                                               const struct zpl_json *plan, struct zpl_arena *arena)
{
    size_t count = request->table_count;
    struct marks m = {request, zpl_arena_array(arena, count + 1, sizeof *m.tables)};
    struct zpl_bind_reads *reads = zpl_arena_array(arena, count + 1, sizeof *reads);
    if (m.tables == NULL || reads == NULL)
        return NULL;
    for (size_t t = 0; t < count; t++) {
        m.tables[t].read = zpl_arena_array(arena, request->tables[t].row->count + 1, sizeof(bool));
        if (m.tables[t].read == NULL)
            return NULL;
    }
    struct aliases aliases = {.arena = arena};
    find_aliases(&aliases, tree);
    if (plan == NULL || has_whole_row(tree, &aliases))
        mark_everything(&m);
    for (size_t i = 0; i < zpl_json_count(plan); i++)
        mark_plan(&m, zpl_json_at(plan, i));
    mark_queries(&m, tree);
    for (size_t t = 0; t < count; t++)
        if (!fill(&request->tables[t], &m.tables[t], &reads[t], arena))
            return NULL;
    return reads;
}
