/* origin.c - the columns and rows of a query; see origin.h.   Floor: stdlib. */
#include "stdlib/query/origin.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/guard_order.h"

/* Follows the names of a WITH in their order, so that each is met by its name once. */
static void follow_withs(struct zpl_origin *o, const struct zpl_json *map,
                         const struct zpl_origin_scope *outer)
{
    for (size_t i = 0; i < zpl_json_count(map); i++) {
        const struct zpl_json *with = zpl_json_at(map, i), *value = zpl_json_get(with, "value");
        const struct zpl_origin_scope before = {
            .outer = outer, .map = map, .visible = i, .inside = outer != NULL && outer->inside};
        struct zpl_origin_relation inner = {0}, *named = zpl_arena_alloc(o->arena, sizeof *named);
        if (named == NULL)
            return;
        zpl_origin_query(o, zpl_json_get(zpl_json_get(value, "query"), "node"), &before, &inner);
        zpl_origin_rename(o, named, &inner, "", zpl_json_get(value, "aliases"));
        void *grown = zpl_arena_grow(o->arena, o->known, o->known_count, &o->known_capacity,
                                     sizeof *o->known);
        if (grown == NULL)
            return;
        o->known = grown;
        o->known[o->known_count].with = with;
        o->known[o->known_count++].relation = named;
    }
}

/* `*` or `t.*` with its EXCLUDE, REPLACE and RENAME. */
static void expand_star(struct zpl_origin *o, const struct zpl_json *star,
                        const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const struct zpl_origin_relation *from = scope->from;
    const char *source = zpl_guard_text(star, "relation_name");
    const struct zpl_json *replaced = zpl_json_get(star, "replace_list");
    const struct zpl_json *renamed = zpl_json_get(star, "rename_list");
    if (zpl_json_truth(zpl_json_get(star, "columns"), false) ||
        zpl_json_kind(zpl_json_get(star, "expr")) == ZPL_JSON_OBJECT ||
        zpl_json_count(zpl_json_get(star, "qualified_exclude_list")) > 0)
        out->lost = true;
    for (size_t i = 0; i < from->count; i++) {
        const struct zpl_origin_column *c = &from->columns[i];
        if ((source != NULL ? !zpl_text_equal_nocase(source, c->source) : c->hidden) ||
            zpl_origin_holds(zpl_json_get(star, "exclude_list"), c->name != NULL ? c->name : ""))
            continue;
        out->lost = out->lost || c->name == NULL;
        const char *name = c->name;
        for (size_t k = 0; k < zpl_json_count(renamed); k++) {
            const struct zpl_json *pair = zpl_json_at(renamed, k);
            const char *old = zpl_json_str(zpl_json_get(zpl_json_get(pair, "key"), "column"), "");
            if (name != NULL && zpl_text_equal_nocase(old, name))
                name = zpl_json_str(zpl_json_get(pair, "value"), name);
        }
        struct zpl_origin_column *column = zpl_origin_copy(o, out, c, "", name);
        for (size_t k = 0; column != NULL && c->name != NULL && k < zpl_json_count(replaced); k++) {
            const struct zpl_json *pair = zpl_json_at(replaced, k);
            if (!zpl_text_equal_nocase(zpl_json_str(zpl_json_get(pair, "key"), ""), c->name))
                continue;
            column->value = (struct zpl_origin_value){0};
            column->plain = -1;
            column->hindsight = false;
            column->order = 0;
            column->time = false;
            zpl_origin_look(o, zpl_json_get(pair, "value"), scope, &column->value);
        }
    }
    out->lost = out->lost || from->lost;
}

/* A SELECT that is being followed. */
struct selecting {
    const struct zpl_json *node;
    struct zpl_origin_scope scope;
    struct zpl_origin_value kept;  /* what decides which rows its aggregates and windows see */
    struct zpl_origin_set keys;    /* of its groups */
    struct zpl_origin_value group; /* both */
    struct zpl_origin_relation from;
};

static void make_item(struct zpl_origin *o, struct selecting *s, const struct zpl_json *item,
                      struct zpl_origin_relation *out)
{
    const struct zpl_json *names = zpl_json_get(item, "column_names"), *inner = item;
    const char *name = zpl_guard_text(item, "alias");
    struct zpl_origin_value value = {0};
    out->lost = out->lost || zpl_guard_holds_star(item);
    if (name == NULL)
        name = zpl_json_str(zpl_json_at(names, zpl_json_count(names) - 1), "");
    while (zpl_guard_is(inner, "OPERATOR_CAST"))
        inner = zpl_json_get(inner, "child");
    const struct zpl_origin_column *passed =
        zpl_guard_is(inner, "COLUMN_REF") ? zpl_origin_find(o, inner, &s->scope) : NULL;
    bool hindsight = passed != NULL && passed->hindsight;
    long plain = passed != NULL && inner == item ? passed->plain : -1;
    zpl_origin_look(o, item, &s->scope, &value);
    if (zpl_origin_aggregates(item)) {
        zpl_origin_choose(o, &value, s->node == o->top ? &s->kept : &s->group);
        value.keys = s->node == o->top ? s->keys : value.keys;
    }
    struct zpl_origin_column *column = zpl_origin_add(o, out, "", name);
    if (column != NULL) {
        column->value = value;
        column->plain = plain;
        column->hindsight = hindsight;
        if (passed != NULL && inner == item) {
            column->time = passed->time;
            column->order = passed->order;
        } else if (zpl_origin_makes_time(item)) { /* another time than any that there was */
            column->time = true;
            column->order = (int64_t)UINT32_MAX + 2 + o->times++;
        }
    }
}

/* What a WHERE filters by.  That rows without a value are left out says nothing of the value, only of
 * where there is none. */
static void look_at_filter(struct zpl_origin *o, const struct zpl_json *v,
                           const struct zpl_origin_scope *scope, struct zpl_origin_value *out,
                           struct zpl_origin_value *gaps)
{
    if (!scope->inside && zpl_guard_is(v, "CONJUNCTION_AND")) {
        const struct zpl_json *parts = zpl_json_get(v, "children");
        for (size_t i = 0; i < zpl_json_count(parts); i++)
            look_at_filter(o, zpl_json_at(parts, i), scope, out, gaps);
    } else {
        bool gap = !scope->inside && zpl_guard_is(v, "OPERATOR_IS_NOT_NULL");
        zpl_origin_look(o, v, scope, gap ? gaps : out);
    }
}

/* A whole number that stands for the column of that place; -1: it is none. */
static long place_of(const struct zpl_json *v)
{
    const struct zpl_json *value = zpl_json_get(v, "value");
    return zpl_guard_is(v, "VALUE_CONSTANT") ? (long)zpl_json_i64(zpl_json_get(value, "value"), -1)
                                             : -1;
}

/* GROUP BY ALL: by whatever the SELECT does not aggregate. */
static bool groups_by_all(const struct zpl_json *node)
{
    return strcmp(zpl_json_str(zpl_json_get(node, "aggregate_handling"), ""), "FORCE_AGGREGATES") ==
           0;
}

/* The keys of the groups: expressions, places, or names that the SELECT gives. */
static struct zpl_origin_set look_at_groups(struct zpl_origin *o, struct selecting *s)
{
    const struct zpl_json *groups = zpl_json_get(s->node, "group_expressions");
    const struct zpl_json *list = zpl_json_get(s->node, "select_list");
    bool all = groups_by_all(s->node);
    struct zpl_origin_value keys = {0};
    for (size_t i = 0; i < zpl_json_count(groups); i++) {
        const struct zpl_json *key = zpl_json_at(groups, i);
        const struct zpl_json *names = zpl_json_get(key, "column_names");
        long place = place_of(key);
        bool called = false;
        if (place > 0 && zpl_guard_holds_star(list)) /* which column that is can't be counted */
            keys.unknown = true;
        else if (place > 0)
            key = zpl_json_at(list, (size_t)place - 1);
        for (size_t k = 0; zpl_json_count(names) == 1 && k < zpl_json_count(list); k++) {
            const struct zpl_json *item = zpl_json_at(list, k);
            const char *alias = zpl_guard_text(item, "alias");
            if (alias == NULL ||
                !zpl_text_equal_nocase(alias, zpl_json_str(zpl_json_at(names, 0), "")))
                continue;
            zpl_origin_look(o, item, &s->scope, &keys);
            called = true;
        }
        if (!called || s->from.lost || zpl_origin_find(o, key, &s->scope) != NULL)
            zpl_origin_look(o, key, &s->scope, &keys);
    }
    for (size_t k = 0; all && k < zpl_json_count(list); k++)
        if (!zpl_origin_aggregates(zpl_json_at(list, k)))
            zpl_origin_look(o, zpl_json_at(list, k), &s->scope, &keys);
    return zpl_origin_all(o, &keys);
}

/* ORDER BY, DISTINCT and LIMIT at the end of a query. */
static bool look_at_end(struct zpl_origin *o, const struct zpl_json *node,
                        const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const struct zpl_json *list = zpl_json_get(node, "modifiers");
    /* A name is the result's before it is the FROM's; both count. */
    const struct zpl_origin_scope made = {.outer = scope, .made = out, .window = scope->window};
    struct zpl_origin_value value = {0};
    bool filters = false, picks = false;
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *modifier = zpl_json_at(list, i);
        const struct zpl_json *orders = zpl_json_get(modifier, "orders");
        bool distinct = zpl_guard_is(modifier, "DISTINCT_MODIFIER"), all = distinct;
        filters = filters || !zpl_guard_is(modifier, "ORDER_MODIFIER");
        picks =
            picks || (distinct ? zpl_json_count(zpl_json_get(modifier, "distinct_on_targets")) > 0
                               : !zpl_guard_is(modifier, "ORDER_MODIFIER"));
        for (size_t k = 0; k < zpl_json_count(orders); k++) {
            const struct zpl_json *key = zpl_json_get(zpl_json_at(orders, k), "expression");
            all = all || place_of(key) > 0 || zpl_guard_is(key, "STAR");
        }
        for (size_t k = 0; all && k < out->count; k++)
            zpl_origin_merge(o, &value, &out->columns[k].value);
        value.unknown = value.unknown || (all && out->lost);
        zpl_origin_look(o, modifier, &made, &value);
        zpl_origin_look(o, modifier, scope, &value);
    }
    out->rows.by = zpl_origin_join(o, out->rows.by, zpl_origin_all(o, &value));
    if (picks)
        out->picked = zpl_origin_join(o, out->picked, zpl_origin_all(o, &value));
    return filters;
}

/* Does a WHERE leave out rows by more than that they have no value? */
static bool leaves_out(const struct zpl_json *where)
{
    const struct zpl_json *parts = zpl_json_get(where, "children");
    if (zpl_json_kind(where) != ZPL_JSON_OBJECT || zpl_guard_is(where, "OPERATOR_IS_NOT_NULL"))
        return false;
    for (size_t i = 0; zpl_guard_is(where, "CONJUNCTION_AND") && i < zpl_json_count(parts); i++)
        if (leaves_out(zpl_json_at(parts, i)))
            return true;
    return !zpl_guard_is(where, "CONJUNCTION_AND");
}

/* The tables of a FROM all of whose rows are there. */
static struct zpl_origin_set whole_tables(struct zpl_origin *o,
                                          const struct zpl_origin_relation *from)
{
    struct zpl_origin_set whole = {0};
    for (size_t i = 0; !from->made_unknown && i < from->made_count; i++)
        for (size_t k = 0; !from->made_of[i].filtered && k < from->made_of[i].count; k++)
            whole = zpl_origin_join(o, whole, zpl_origin_one(o, from->made_of[i].tables[k]));
    return whole;
}

static bool is_sampled(const struct zpl_json *node)
{
    return zpl_json_kind(zpl_json_get(node, "sample")) == ZPL_JSON_OBJECT;
}

static bool has_modifier(const struct zpl_json *node, const char *type)
{
    const struct zpl_json *list = zpl_json_get(node, "modifiers");
    for (size_t i = 0; i < zpl_json_count(list); i++)
        if (zpl_guard_is(zpl_json_at(list, i), type))
            return true;
    return false;
}

static void follow_select(struct zpl_origin *o, const struct zpl_json *node,
                          const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const struct zpl_json *list = zpl_json_get(node, "select_list");
    const struct zpl_json *where = zpl_json_get(node, "where_clause");
    const struct zpl_json *having = zpl_json_get(node, "having");
    const struct zpl_json *qualify = zpl_json_get(node, "qualify");
    struct selecting s = {.node = node, .scope = *scope};
    struct zpl_origin_value kept = {0}, gaps = {0}, picked = {0}, groups = {0};
    bool aggregated = zpl_json_count(zpl_json_get(node, "group_expressions")) > 0 ||
                      zpl_json_kind(having) == ZPL_JSON_OBJECT || zpl_origin_aggregates(list);
    s.scope.outer = scope;
    s.scope.map = NULL;
    s.scope.visible = 0;
    zpl_origin_source(o, zpl_json_get(node, "from_table"), scope, &s.from);
    bool grouped = aggregated || groups_by_all(node);
    if (grouped)
        zpl_origin_blur_others(o, &s.from);
    s.scope.from = &s.from;
    s.scope.made = out;
    look_at_filter(o, where, &s.scope, &kept, &gaps);
    s.kept = s.from.rows;
    zpl_origin_keep(o, &s.kept, &kept);
    s.scope.window = s.kept;
    s.keys = aggregated ? look_at_groups(o, &s) : s.keys;
    s.group = s.kept;
    s.group.by = zpl_origin_join(o, s.group.by, s.keys);
    s.scope.window = s.group;
    if (zpl_json_count(zpl_json_get(node, "group_expressions")) == 0 && !leaves_out(where) &&
        !groups_by_all(node) && !is_sampled(node))
        s.scope.over = whole_tables(o, &s.from);
    for (size_t i = 0; i < zpl_json_count(list); i++)
        if (zpl_guard_is(zpl_json_at(list, i), "STAR"))
            expand_star(o, zpl_json_at(list, i), &s.scope, out);
        else
            make_item(o, &s, zpl_json_at(list, i), out);
    zpl_origin_look(o, having, &s.scope, &groups);
    zpl_origin_look(o, qualify, &s.scope, &picked);
    out->picked = zpl_origin_join(o, s.from.picked, zpl_origin_all(o, &picked));
    out->rows = s.group;
    out->rows.by =
        zpl_origin_join(o, out->rows.by,
                        zpl_origin_join(o, zpl_origin_all(o, &groups), zpl_origin_all(o, &picked)));
    if (!aggregated)
        out->gaps = zpl_origin_join(o, s.from.gaps, zpl_origin_all(o, &gaps));
    bool filters = look_at_end(o, node, &s.scope, out) || aggregated ||
                   zpl_json_kind(where) == ZPL_JSON_OBJECT ||
                   zpl_json_kind(qualify) == ZPL_JSON_OBJECT || is_sampled(node);
    zpl_origin_alternatives(o, &s.from, filters, out);
    bool distinct = has_modifier(node, "DISTINCT_MODIFIER");
    if (distinct)
        zpl_origin_blur_others(o, out);
    zpl_origin_change_rows(
        o, out, zpl_order_multiplies(node) || zpl_json_count(zpl_json_get(node, "group_sets")) > 1,
        grouped || distinct);
    if (out->lost)
        zpl_origin_lose(o, out);
}

/* The parts of a union whose rows are of one table, of which a filter decides in which part a row is. */
struct parted {
    struct zpl_origin_set by; /* nothing: they are not */
    const struct zpl_json *left, *right;
    bool by_name;
};

static struct parted part(struct zpl_origin *o, const struct zpl_json *node,
                          const struct zpl_origin_relation *left,
                          const struct zpl_origin_relation *right)
{
    static const char *const filters[] = {"where_clause", "having", "qualify", "from_table"};
    struct parted p = {.left = zpl_json_get(node, "left"), .right = zpl_json_get(node, "right")};
    bool same = zpl_guard_is(p.left, "SELECT_NODE") && zpl_guard_is(p.right, "SELECT_NODE");
    for (size_t i = 0; same && i < sizeof filters / sizeof *filters; i++)
        same = zpl_order_same(zpl_json_get(p.left, filters[i]), zpl_json_get(p.right, filters[i]));
    for (uint32_t t = 0; !same && t < o->request->table_count; t++)
        if (zpl_origin_is_made_of(left, t) && zpl_origin_is_made_of(right, t))
            p.by = zpl_origin_join(o, zpl_origin_presence(o, left), zpl_origin_presence(o, right));
    return p;
}

/* The item of a SELECT list that column i of that name is; NULL: not known. */
static const struct zpl_json *item_of(const struct zpl_json *select, size_t i, const char *name)
{
    const struct zpl_json *list = zpl_json_get(select, "select_list");
    if (zpl_guard_holds_star(list))
        return NULL;
    for (size_t k = 0; name != NULL && k < zpl_json_count(list); k++) {
        const char *called = zpl_order_name(zpl_json_at(list, k));
        if (called != NULL && zpl_text_equal_nocase(called, name))
            return zpl_json_at(list, k);
    }
    return name == NULL ? zpl_json_at(list, i) : NULL;
}

/* What decides a column's value because the column says in which part a row is: nothing where both
 * parts compute it alike. */
static struct zpl_origin_set parted_by(const struct parted *p, size_t i,
                                       const struct zpl_origin_column *left,
                                       const struct zpl_origin_column *right)
{
    const char *name = p->by_name ? right->name : NULL;
    const struct zpl_json *a = item_of(p->left, i, name), *b = item_of(p->right, i, name);
    bool alike = (left->plain >= 0 && left->plain == right->plain) ||
                 (a != NULL && b != NULL && zpl_order_same(a, b));
    return alike ? (struct zpl_origin_set){0} : p->by;
}

/* A column that is the other's too, where rows of both follow each other. */
static void unite(struct zpl_origin *o, struct zpl_origin_column *to,
                  const struct zpl_origin_column *from, struct zpl_origin_set by)
{
    zpl_origin_merge(o, &to->value, &from->value);
    to->value.by = zpl_origin_join(o, to->value.by, by);
    to->plain = to->plain == from->plain ? to->plain : -1;
    to->order = to->order == from->order ? to->order : 0;
    to->time = to->time && from->time;
    to->hindsight = to->hindsight || from->hindsight;
}

static void follow_sides(struct zpl_origin *o, const struct zpl_json *node,
                         const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const char *kind = zpl_json_str(zpl_json_get(node, "setop_type"), "");
    bool by_name = strcmp(kind, "UNION_BY_NAME") == 0, unions = strncmp(kind, "UNION", 5) == 0;
    struct zpl_origin_relation left = {0}, right = {0};
    zpl_origin_query(o, zpl_json_get(node, "left"), scope, &left);
    zpl_origin_query(o, zpl_json_get(node, "right"), scope, &right);
    bool lost = left.lost || right.lost || (!by_name && left.count != right.count);
    struct parted parted = part(o, node, &left, &right);
    parted.by_name = by_name;
    zpl_origin_append(o, out, &left);
    zpl_origin_choose(o, &out->rows, &right.rows);
    out->gaps = zpl_origin_join(o, out->gaps, right.gaps);
    out->picked = zpl_origin_join(o, out->picked, right.picked);
    for (size_t i = 0; !lost && i < left.count; i++) /* what the other part has not */
        if (by_name && zpl_origin_named(&right, left.columns[i].name) == NULL)
            out->columns[i].value.by = zpl_origin_join(o, out->columns[i].value.by, parted.by);
    for (size_t i = 0; !lost && i < right.count; i++) {
        const struct zpl_origin_column *from = &right.columns[i];
        struct zpl_origin_column *to =
            by_name ? zpl_origin_named(out, from->name) : &out->columns[i];
        if (to == NULL && (to = zpl_origin_copy(o, out, from, "", from->name)) != NULL)
            to->value.by = zpl_origin_join(o, to->value.by, parted.by);
        else if (to != NULL && unions)
            unite(o, to, from, parted_by(&parted, i, to, from));
    }
    for (size_t i = 0; !zpl_json_truth(zpl_json_get(node, "setop_all"), false) || !unions; i++) {
        if (i >= left.count && i >= right.count)
            break;
        if (i < left.count)
            out->rows.by =
                zpl_origin_join(o, out->rows.by, zpl_origin_all(o, &left.columns[i].value));
        if (i < right.count)
            out->rows.by =
                zpl_origin_join(o, out->rows.by, zpl_origin_all(o, &right.columns[i].value));
    }
    if (lost)
        zpl_origin_lose(o, out);
    struct zpl_origin_scope end = *scope;
    end.outer = scope;
    end.map = NULL;
    end.visible = 0;
    end.from = NULL;
    end.made = out;
    bool filters = look_at_end(o, node, &end, out) || !unions;
    bool all = zpl_json_truth(zpl_json_get(node, "setop_all"), false);
    zpl_origin_alternatives(o, &left, filters, out);
    if (unions)
        zpl_origin_alternatives(o, &right, filters, out);
    if (!all || has_modifier(node, "DISTINCT_MODIFIER"))
        zpl_origin_blur_others(o, out);
    zpl_origin_change_rows(o, out, !unions, !all || has_modifier(node, "DISTINCT_MODIFIER"));
}

void zpl_origin_query(struct zpl_origin *o, const struct zpl_json *node,
                      const struct zpl_origin_scope *outer, struct zpl_origin_relation *out)
{
    const struct zpl_json *map = zpl_json_get(zpl_json_get(node, "cte_map"), "map");
    const struct zpl_origin_scope scope = {.outer = outer,
                                           .map = map,
                                           .visible = zpl_json_count(map),
                                           .inside = outer != NULL && outer->inside};
    follow_withs(o, map, outer);
    if (zpl_guard_is(node, "SELECT_NODE"))
        follow_select(o, node, &scope, out);
    else if (zpl_guard_is(node, "SET_OPERATION_NODE"))
        follow_sides(o, node, &scope, out);
    else if (zpl_guard_is(node, "CTE_NODE"))
        zpl_origin_query(o, zpl_json_get(node, "child"), &scope, out);
    else {
        zpl_origin_lose(o, out);
        out->made_unknown = true;
    }
}
