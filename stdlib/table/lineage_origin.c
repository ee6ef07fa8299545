/* lineage_origin.c - which result columns are hindsight columns passed on; see lineage.h.
 * Follows columns through the syntax tree by name: SELECT lists, stars, subqueries, WITH, joins and
 * unions.   Floor: stdlib. */
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "stdlib/table/guard.h"
#include "stdlib/table/lineage.h"

#define FOLLOWED_MAX 10000

struct column {
    const char *source; /* what its FROM calls it by, "" for none */
    const char *name;
    bool hindsight;
};
struct columns {
    struct column *items;
    size_t count, capacity;
    bool lost; /* not all of them could be followed */
};
/* The names of a WITH around a query that it may use: the first `visible`. */
struct scope {
    const struct scope *outer;
    const struct zpl_json *map;
    size_t visible;
};
struct origin {
    const struct zpl_bind_request *request;
    unsigned followed; /* WITH names; each may be followed many times */
};

static void follow_query(struct origin *o, const struct zpl_json *node, const struct scope *outer,
                         struct columns *out);

static void add(struct columns *to, const char *source, const char *name, bool hindsight)
{
    if (to->count == to->capacity) {
        size_t capacity = to->capacity > 0 ? 2 * to->capacity : 16;
        struct column *grown = capacity <= 4 * (size_t)ZPL_COLUMNS_MAX
                                   ? zpl_realloc(to->items, capacity * sizeof *grown)
                                   : NULL;
        if (grown == NULL) {
            to->lost = true;
            return;
        }
        to->items = grown;
        to->capacity = capacity;
    }
    to->items[to->count++] = (struct column){source, name, hindsight};
}

/* Adds `from`, called by a source's alias and, where they are given, by other names. */
static void add_all(struct columns *to, const struct columns *from, const char *source,
                    const struct zpl_json *names)
{
    for (size_t i = 0; i < from->count; i++)
        add(to, source, zpl_json_str(zpl_json_at(names, i), from->items[i].name),
            from->items[i].hindsight);
    to->lost = to->lost || from->lost;
}

/* A table by its name: one of the WITHs around, else one of the request. */
static void follow_table(struct origin *o, const struct zpl_json *node, const struct scope *scope,
                         struct columns *out)
{
    const char *name = zpl_json_str(zpl_json_get(node, "table_name"), "");
    for (; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < scope->visible; i++) {
            const struct zpl_json *with = zpl_json_at(scope->map, i);
            if (!zpl_text_equal_nocase(name, zpl_json_str(zpl_json_get(with, "key"), "")))
                continue;
            const struct zpl_json *value = zpl_json_get(with, "value");
            const struct scope before = {scope->outer, scope->map, i};
            struct columns inner = {.lost = ++o->followed > FOLLOWED_MAX};
            if (!inner.lost)
                follow_query(o, zpl_json_get(zpl_json_get(value, "query"), "node"), &before,
                             &inner);
            add_all(out, &inner, "", zpl_json_get(value, "aliases"));
            free(inner.items);
            return;
        }
    for (size_t t = 0; t < o->request->table_count; t++) {
        const struct zpl_bind_table *table = &o->request->tables[t];
        if (!zpl_text_equal_nocase(name, table->name))
            continue;
        for (size_t c = 0; c < table->row->count; c++) {
            const struct zpl_type *type = table->row->columns[c].type;
            add(out, "", table->row->columns[c].name,
                type != NULL && type->refine != NULL && type->refine->hindsight);
        }
        return;
    }
    out->lost = true;
}

static bool names_hold(const struct zpl_json *names, const char *name)
{
    for (size_t i = 0; i < zpl_json_count(names); i++)
        if (zpl_text_equal_nocase(zpl_json_str(zpl_json_at(names, i), ""), name))
            return true;
    return false;
}

/* The columns of a FROM, in the order in which `*` gives them. */
static void follow_source(struct origin *o, const struct zpl_json *node, const struct scope *scope,
                          struct columns *out)
{
    const char *alias = zpl_guard_text(node, "alias");
    struct columns inner = {0};
    if (zpl_guard_is(node, "EMPTY"))
        return;
    if (zpl_guard_is(node, "JOIN")) {
        const struct zpl_json *shared = zpl_json_get(node, "using_columns");
        follow_source(o, zpl_json_get(node, "left"), scope, out);
        follow_source(o, zpl_json_get(node, "right"), scope, &inner);
        for (size_t i = 0; i < inner.count; i++)
            if (!names_hold(shared, inner.items[i].name))
                add(out, inner.items[i].source, inner.items[i].name, inner.items[i].hindsight);
        out->lost = out->lost || inner.lost ||
                    strcmp(zpl_json_str(zpl_json_get(node, "ref_type"), ""), "NATURAL") == 0;
    } else if (zpl_guard_is(node, "BASE_TABLE") || zpl_guard_is(node, "SUBQUERY")) {
        if (zpl_guard_is(node, "BASE_TABLE")) {
            follow_table(o, node, scope, &inner);
            alias = alias != NULL ? alias : zpl_guard_text(node, "table_name");
        } else
            follow_query(o, zpl_json_get(zpl_json_get(node, "subquery"), "node"), scope, &inner);
        add_all(out, &inner, alias != NULL ? alias : "", zpl_json_get(node, "column_name_alias"));
    } else
        out->lost = true;
    free(inner.items);
}

/* Is an expression a column passed on?  A cast passes it on too. */
static bool is_passed_on(const struct zpl_json *v, const struct columns *from)
{
    while (zpl_guard_is(v, "OPERATOR_CAST"))
        v = zpl_json_get(v, "child");
    const struct zpl_json *names = zpl_json_get(v, "column_names");
    size_t count = zpl_json_count(names);
    if (!zpl_guard_is(v, "COLUMN_REF") || count == 0)
        return false;
    const char *name = zpl_json_str(zpl_json_at(names, count - 1), "");
    const char *source = count > 1 ? zpl_json_str(zpl_json_at(names, count - 2), "") : NULL;
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].hindsight && zpl_text_equal_nocase(from->items[i].name, name) &&
            (source == NULL || zpl_text_equal_nocase(from->items[i].source, source)))
            return true;
    return false;
}

/* `*` or `t.*` with its EXCLUDE and REPLACE. */
static void expand_star(const struct zpl_json *star, const struct columns *from,
                        struct columns *out)
{
    const char *source = zpl_guard_text(star, "relation_name");
    const struct zpl_json *replaced = zpl_json_get(star, "replace_list");
    if (zpl_json_truth(zpl_json_get(star, "columns"), false) ||
        zpl_json_count(zpl_json_get(star, "rename_list")) > 0 ||
        zpl_json_count(zpl_json_get(star, "qualified_exclude_list")) > 0)
        out->lost = true;
    for (size_t i = 0; i < from->count; i++) {
        const struct column *c = &from->items[i];
        bool hindsight = c->hindsight;
        if ((source != NULL && !zpl_text_equal_nocase(source, c->source)) ||
            names_hold(zpl_json_get(star, "exclude_list"), c->name))
            continue;
        for (size_t k = 0; k < zpl_json_count(replaced); k++) {
            const struct zpl_json *pair = zpl_json_at(replaced, k);
            if (zpl_text_equal_nocase(zpl_json_str(zpl_json_get(pair, "key"), ""), c->name))
                hindsight = is_passed_on(zpl_json_get(pair, "value"), from);
        }
        add(out, "", c->name, hindsight);
    }
    out->lost = out->lost || from->lost;
}

static void follow_select(struct origin *o, const struct zpl_json *node, const struct scope *scope,
                          struct columns *out)
{
    struct columns from = {0};
    const struct zpl_json *list = zpl_json_get(node, "select_list");
    follow_source(o, zpl_json_get(node, "from_table"), scope, &from);
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        const struct zpl_json *names = zpl_json_get(item, "column_names");
        if (zpl_guard_is(item, "STAR")) {
            expand_star(item, &from, out);
            continue;
        }
        const char *name = zpl_guard_text(item, "alias");
        if (name == NULL)
            name = zpl_json_str(zpl_json_at(names, zpl_json_count(names) - 1), "");
        add(out, "", name, is_passed_on(item, &from));
    }
    free(from.items);
}

static void follow_query(struct origin *o, const struct zpl_json *node, const struct scope *outer,
                         struct columns *out)
{
    const struct zpl_json *map = zpl_json_get(zpl_json_get(node, "cte_map"), "map");
    const struct scope scope = {outer, map, zpl_json_count(map)};
    if (zpl_guard_is(node, "SELECT_NODE"))
        follow_select(o, node, &scope, out);
    else if (zpl_guard_is(node, "SET_OPERATION_NODE")) {
        struct columns right = {0};
        follow_query(o, zpl_json_get(node, "left"), &scope, out);
        follow_query(o, zpl_json_get(node, "right"), &scope, &right);
        for (size_t i = 0; i < out->count && i < right.count; i++)
            out->items[i].hindsight = out->items[i].hindsight || right.items[i].hindsight;
        out->lost = out->lost || right.lost || right.count != out->count;
        free(right.items);
    } else
        out->lost = true;
}

/* Has any table a hindsight column of that name (NULL: of any)? */
static bool has_hindsight(const struct zpl_bind_request *request, const char *name)
{
    for (size_t t = 0; t < request->table_count; t++)
        for (size_t c = 0; c < request->tables[t].row->count; c++) {
            const struct zpl_column *column = &request->tables[t].row->columns[c];
            if (column->type != NULL && column->type->refine != NULL &&
                column->type->refine->hindsight &&
                (name == NULL || zpl_text_equal_nocase(name, column->name)))
                return true;
        }
    return false;
}

void zpl_lineage_hindsight(const struct zpl_bind_request *request, const struct zpl_json *tree,
                           const char *const *names, size_t count, bool *hindsight)
{
    if (!has_hindsight(request, NULL))
        return;
    struct origin o = {request, 0};
    struct columns columns = {0};
    follow_query(&o, tree, NULL, &columns);
    for (size_t i = 0; i < count; i++)
        hindsight[i] = columns.lost || columns.count != count ? has_hindsight(request, names[i])
                                                              : columns.items[i].hindsight;
    free(columns.items);
}
