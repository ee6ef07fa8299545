/* origin_from.c - the columns and rows of a FROM; see origin.h.   Floor: stdlib. */
#include "stdlib/query/origin.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"

static bool is_ref_type(const struct zpl_json *node, const char *type)
{
    return strcmp(zpl_json_str(zpl_json_get(node, "ref_type"), ""), type) == 0;
}

static void follow_given(struct zpl_origin *o, size_t t, struct zpl_origin_relation *out)
{
    const struct zpl_row *row = o->request->tables[t].row;
    for (size_t c = 0; c < row->count; c++) {
        uint32_t *id = zpl_arena_alloc(o->arena, sizeof *id);
        struct zpl_origin_column *column = zpl_origin_add(o, out, "", row->columns[c].name);
        const struct zpl_type *type = row->columns[c].type;
        if (id == NULL || column == NULL)
            return;
        *id = o->offsets[t] + (uint32_t)c;
        column->value.of = (struct zpl_origin_set){id, 1, 1};
        column->value.at[ZPL_ORIGIN_SAME] = column->value.of;
        column->time = type != NULL && (type->kind == ZPL_DATE || type->kind == ZPL_TIMESTAMP);
        column->order = column->time ? (int64_t)*id + 1 : 0;
        column->plain = (long)*id;
        column->hindsight = zpl_type_is_hindsight(type);
    }
    uint32_t *table = zpl_arena_alloc(o->arena, sizeof *table);
    struct zpl_origin_rows *rows = zpl_arena_alloc(o->arena, sizeof *rows);
    if (table == NULL || rows == NULL)
        return;
    const uint32_t choices = o->offsets[t] + (uint32_t)row->count;
    out->rows.near = out->rows.at[ZPL_ORIGIN_SAME] = zpl_origin_one(o, choices + ZPL_CHOICE_ROWS);
    out->gaps = zpl_origin_one(o, choices + ZPL_CHOICE_GAPS);
    out->picked = zpl_origin_one(o, choices + ZPL_CHOICE_PICKS);
    *table = (uint32_t)t;
    *rows = (struct zpl_origin_rows){.tables = table, .count = 1};
    out->made_of = rows;
    out->made_count = 1;
}

static const struct zpl_origin_relation *known(const struct zpl_origin *o,
                                               const struct zpl_json *with)
{
    for (size_t i = 0; i < o->known_count; i++)
        if (o->known[i].with == with)
            return o->known[i].relation;
    return NULL;
}

/* Neither columns nor rows can be followed. */
static void lose_all(struct zpl_origin *o, struct zpl_origin_relation *relation)
{
    zpl_origin_lose(o, relation);
    relation->made_unknown = true;
}

/* A table by its name: one of the WITHs around, else one of the request. */
static void follow_table(struct zpl_origin *o, const struct zpl_json *node,
                         const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const char *name = zpl_json_str(zpl_json_get(node, "table_name"), "");
    for (; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < scope->visible; i++) {
            const struct zpl_json *with = zpl_json_at(scope->map, i);
            if (!zpl_text_equal_nocase(name, zpl_json_str(zpl_json_get(with, "key"), "")))
                continue;
            const struct zpl_origin_relation *named = known(o, with);
            if (named != NULL)
                *out = *named;
            else
                lose_all(o, out);
            out->capacity = 0; /* what is added goes into a copy */
            return;
        }
    for (size_t t = 0; t < o->request->table_count; t++)
        if (zpl_text_equal_nocase(name, o->request->tables[t].name)) {
            follow_given(o, t, out);
            return;
        }
    lose_all(o, out);
}

static const struct zpl_origin_rows nothing_but_rows;

/* Rows of a function or VALUES, whose columns are what its words say: any name is one of them. */
static void follow_function(struct zpl_origin *o, const struct zpl_json *node,
                            const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const struct zpl_json *names = zpl_json_get(node, "column_name_alias");
    const char *function = zpl_guard_text(zpl_json_get(node, "function"), "function_name");
    bool one =
        function != NULL && strncmp(function, "json_", 5) != 0 &&
        strcmp(zpl_json_str(zpl_json_get(node, "with_ordinality"), ""), "WITH_ORDINALITY") != 0;
    size_t count = zpl_json_count(names) + (one && zpl_json_count(names) > 0 ? 0 : 1);
    struct zpl_origin_value value = {0};
    zpl_origin_look(o, zpl_json_get(node, "function"), scope, &value);
    for (size_t i = 0; i < count; i++) {
        struct zpl_origin_column *column =
            zpl_origin_add(o, out, "", zpl_json_str(zpl_json_at(names, i), NULL));
        if (column != NULL)
            column->value = value;
    }
    out->rows.by = zpl_origin_all(o, &value);
    out->lost = value.unknown;
    out->made_of = &nothing_but_rows;
    out->made_count = 1;
}

static void follow_values(struct zpl_origin *o, const struct zpl_json *node,
                          const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const struct zpl_json *values = zpl_json_get(node, "values");
    const struct zpl_json *names = zpl_json_get(node, "expected_names");
    for (size_t c = 0; c < zpl_json_count(zpl_json_at(values, 0)); c++) {
        const char *name = zpl_json_str(zpl_json_at(names, c), NULL);
        if (name == NULL)
            name = zpl_arena_printf(o->arena, "col%zu", c);
        struct zpl_origin_value value = {0};
        for (size_t i = 0; i < zpl_json_count(values); i++)
            zpl_origin_look(o, zpl_json_at(zpl_json_at(values, i), c), scope, &value);
        struct zpl_origin_column *column = zpl_origin_add(o, out, "", name);
        if (column != NULL)
            column->value = value;
    }
    out->made_of = &nothing_but_rows;
    out->made_count = 1;
}

/* What the sides have in common by USING or NATURAL: the key. */
static void share(struct zpl_origin *o, const struct zpl_json *node,
                  struct zpl_origin_relation *left, struct zpl_origin_relation *right,
                  bool right_counts, struct zpl_origin_value *key)
{
    const struct zpl_json *listed = zpl_json_get(node, "using_columns");
    bool natural = is_ref_type(node, "NATURAL");
    bool by_name = natural || zpl_json_count(listed) > 0;
    key->unknown = key->unknown || (by_name && (left->lost || right->lost));
    for (size_t i = 0; i < right->count; i++) {
        struct zpl_origin_column *r = &right->columns[i];
        struct zpl_origin_column *l = zpl_origin_named(left, r->name);
        if (l == NULL || r->hidden || !(natural || zpl_origin_holds(listed, r->name)))
            continue;
        zpl_origin_merge(o, key, &l->value);
        zpl_origin_merge(o, key, &r->value);
        if (right_counts) { /* either side may have given the value */
            zpl_origin_merge(o, &l->value, &r->value);
            l->plain = -1;
            l->order = 0;
            l->hindsight = l->hindsight || r->hindsight;
        }
        r->hidden = true;
    }
}

/* Are rows of the same table on both sides? */
static bool share_tables(const struct zpl_origin_relation *a, const struct zpl_origin_relation *b)
{
    for (size_t i = 0; i < a->made_count; i++)
        for (size_t k = 0; k < a->made_of[i].count; k++)
            if (zpl_origin_is_made_of(b, a->made_of[i].tables[k]))
                return true;
    return false;
}

/* What decides, beside the key, which row of `side` a join brings.  Where a row may find none, that is whether one is
 * there.  An inner join leaves both out: to bring rows that were chosen among themselves is to choose,
 * whatever the join; to bring some rows of a table to others of it too. */
static struct zpl_origin_set brought_by(struct zpl_origin *o, const struct zpl_json *node,
                                        const struct zpl_origin_relation *side,
                                        const struct zpl_origin_relation *to, bool outer)
{
    bool all = outer || is_ref_type(node, "ASOF") || is_ref_type(node, "POSITIONAL") ||
               share_tables(side, to);
    return all ? zpl_origin_presence(o, side) : side->picked;
}

/* A column that a join brings to a row depends on what the rows are joined and chosen by. */
static void bring(struct zpl_origin *o, struct zpl_origin_relation *side,
                  const struct zpl_origin_value *key, struct zpl_origin_set chosen)
{
    struct zpl_origin_set by = zpl_origin_join(o, zpl_origin_all(o, key), chosen);
    for (size_t i = 0; i < side->count; i++) {
        side->columns[i].value.by = zpl_origin_join(o, side->columns[i].value.by, by);
        side->columns[i].value.unknown = side->columns[i].value.unknown || key->unknown;
    }
}

/* A copy whose columns may be changed. */
static void own(struct zpl_origin *o, struct zpl_origin_relation *side)
{
    struct zpl_origin_column *columns = zpl_arena_array(o->arena, side->count + 1, sizeof *columns);
    if (columns != NULL && side->count > 0)
        memcpy(columns, side->columns, side->count * sizeof *columns);
    side->columns = columns;
    side->count = columns != NULL ? side->count : 0;
    side->capacity = 0;
}

/* Rows of this side are not those at hand: their times name no order, and what decides them is of any rows. */
static void set_aside(struct zpl_origin *o, struct zpl_origin_relation *side)
{
    for (size_t i = 0; i < side->count; i++)
        side->columns[i].order = 0;
    side->rows = (struct zpl_origin_value){.by = zpl_origin_all(o, &side->rows)};
}

/* The table of the request that a FROM names; -1: it names none. */
static long given(const struct zpl_origin *o, const struct zpl_json *node,
                  const struct zpl_origin_scope *scope)
{
    const char *name = zpl_json_str(zpl_json_get(node, "table_name"), "");
    for (; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < scope->visible; i++)
            if (zpl_text_equal_nocase(
                    name, zpl_json_str(zpl_json_get(zpl_json_at(scope->map, i), "key"), "")))
                return -1;
    for (size_t t = 0; zpl_guard_is(node, "BASE_TABLE") && t < o->request->table_count; t++)
        if (zpl_text_equal_nocase(name, o->request->tables[t].name))
            return (long)t;
    return -1;
}

static bool is_unique(const struct zpl_origin *o, long table, long id)
{
    const struct zpl_row *row = o->request->tables[table].row;
    long c = id - (long)o->offsets[table];
    const struct zpl_type *type = c >= 0 && c < (long)row->count ? row->columns[c].type : NULL;
    return type != NULL && type->refine != NULL && type->refine->unique;
}

/* Is it known by a unique column of that table, given what a row of another holds? */
static bool finds_one(struct zpl_origin *o, const struct zpl_json *condition, long table,
                      const struct zpl_origin_scope *scope)
{
    static const char *const sides[] = {"left", "right"};
    const struct zpl_json *parts = zpl_json_get(condition, "children");
    for (size_t i = 0; zpl_guard_is(condition, "CONJUNCTION_AND") && i < zpl_json_count(parts); i++)
        if (finds_one(o, zpl_json_at(parts, i), table, scope))
            return true;
    for (size_t i = 0; zpl_guard_is(condition, "COMPARE_EQUAL") && i < 2; i++) {
        const struct zpl_json *ref = zpl_json_get(condition, sides[i]);
        const struct zpl_origin_column *column =
            zpl_guard_is(ref, "COLUMN_REF") ? zpl_origin_find(o, ref, scope) : NULL;
        struct zpl_origin_value other = {0};
        zpl_origin_look(o, zpl_json_get(condition, sides[1 - i]), scope, &other);
        struct zpl_origin_set all = zpl_origin_all(o, &other);
        bool apart = column != NULL && is_unique(o, table, column->plain);
        for (size_t k = 0; apart && k < all.count; k++)
            apart = all.ids[k] < o->offsets[table] || all.ids[k] >= o->offsets[table + 1];
        if (apart)
            return true;
    }
    return false;
}

/* Does a join find for a row of its left side one of the right at most? */
static bool finds_at_most_one(struct zpl_origin *o, const struct zpl_json *node,
                              const struct zpl_origin_relation *left,
                              const struct zpl_origin_relation *right,
                              const struct zpl_origin_scope *scope)
{
    const struct zpl_json *listed = zpl_json_get(node, "using_columns");
    long table = given(o, zpl_json_get(node, "right"), scope);
    if (table < 0 || zpl_origin_is_made_of(left, (uint32_t)table) || !is_ref_type(node, "REGULAR"))
        return false;
    for (size_t i = 0; i < right->count; i++)
        if (zpl_origin_holds(listed, right->columns[i].name) &&
            is_unique(o, table, right->columns[i].plain))
            return true;
    return finds_one(o, zpl_json_get(node, "condition"), table, scope);
}

static void follow_join(struct zpl_origin *o, const struct zpl_json *node,
                        const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const char *kind = zpl_json_str(zpl_json_get(node, "join_type"), "");
    bool full = strcmp(kind, "OUTER") == 0 || strcmp(kind, "FULL") == 0;
    bool to_left = strcmp(kind, "RIGHT") == 0 || full;
    bool filters = strcmp(kind, "SEMI") == 0 || strcmp(kind, "ANTI") == 0;
    struct zpl_origin_relation left = {0}, right = {0}, both = {0};
    struct zpl_origin_value key = {0};
    zpl_origin_source(o, zpl_json_get(node, "left"), scope, &left);
    struct zpl_origin_scope lateral = *scope;
    lateral.outer = scope;
    lateral.map = NULL;
    lateral.visible = 0;
    lateral.from = &left;
    lateral.made = NULL;
    zpl_origin_source(o, zpl_json_get(node, "right"), &lateral, &right);
    own(o, &left);
    own(o, &right);
    if (!to_left || full)
        set_aside(o, &right);
    if (to_left || is_ref_type(node, "POSITIONAL"))
        set_aside(o, &left);
    zpl_origin_append(o, &both, &left);
    zpl_origin_append(o, &both, &right);
    lateral.from = &both;
    zpl_origin_look(o, zpl_json_get(node, "condition"), &lateral, &key);
    share(o, node, &left, &right, to_left, &key);
    bool outer = to_left || strcmp(kind, "LEFT") == 0;
    struct zpl_origin_set rights = brought_by(o, node, &right, &left, outer);
    struct zpl_origin_set lefts = brought_by(o, node, &left, &right, outer);
    if (to_left || is_ref_type(node, "POSITIONAL"))
        bring(o, &left, &key, lefts);
    if ((!filters && !to_left) || full)
        bring(o, &right, &key, rights);
    zpl_origin_append(o, out, &left);
    if (!filters)
        zpl_origin_append(o, out, &right);
    zpl_origin_choose(o, &out->rows, &both.rows);
    out->rows.by = zpl_origin_join(o, out->rows.by, zpl_origin_all(o, &key));
    bool found = finds_at_most_one(o, node, &left, &right, &lateral);
    if (strcmp(kind, "LEFT") == 0 && found) {
        out->rows = left.rows;
        out->gaps = left.gaps;
        out->picked = left.picked;
    }
    if (strcmp(kind, "SEMI") == 0) /* as IS NOT NULL does, and IS NULL */
        out->gaps = zpl_origin_join(o, out->gaps, right.gaps);
    else if (filters)
        out->rows.by = zpl_origin_join(o, out->rows.by, right.gaps);
    out->lost =
        out->lost || (filters && right.lost) || (is_ref_type(node, "NATURAL") && key.unknown);
    if (filters)
        zpl_origin_alternatives(o, &left, true, out);
    else if (to_left && !full)
        zpl_origin_pair(o, &right, &left, false, false, out);
    else
        zpl_origin_pair(o, &left, &right, strcmp(kind, "INNER") == 0,
                        !to_left && (found || is_ref_type(node, "ASOF")), out);
    if (full)
        zpl_origin_alternatives(o, &right, false, out);
}

/* The columns of a FROM, in the order in which `*` gives them. */
void zpl_origin_source(struct zpl_origin *o, const struct zpl_json *node,
                       const struct zpl_origin_scope *scope, struct zpl_origin_relation *out)
{
    const char *alias = zpl_guard_text(node, "alias");
    struct zpl_origin_relation inner = {0};
    const struct zpl_json *names = zpl_json_get(node, "column_name_alias");
    if (zpl_guard_is(node, "EMPTY")) {
        out->made_of = &nothing_but_rows;
        out->made_count = 1;
        return;
    }
    if (zpl_guard_is(node, "JOIN")) {
        follow_join(o, node, scope, out);
        return;
    }
    if (zpl_guard_is(node, "BASE_TABLE")) {
        follow_table(o, node, scope, &inner);
        alias = alias != NULL ? alias : zpl_guard_text(node, "table_name");
    } else if (zpl_guard_is(node, "SUBQUERY")) {
        zpl_origin_query(o, zpl_json_get(zpl_json_get(node, "subquery"), "node"), scope, &inner);
    } else if (zpl_guard_is(node, "TABLE_FUNCTION")) {
        follow_function(o, node, scope, &inner);
        if (alias == NULL)
            alias = zpl_guard_text(zpl_json_get(node, "function"), "function_name");
    } else if (zpl_guard_is(node, "EXPRESSION_LIST")) {
        follow_values(o, node, scope, &inner);
    } else {
        lose_all(o, &inner);
    }
    zpl_origin_rename(o, out, &inner, alias != NULL ? alias : "", names);
    if (zpl_json_kind(zpl_json_get(node, "sample")) == ZPL_JSON_OBJECT) {
        struct zpl_origin_relation whole = *out;
        out->made_of = NULL;
        out->made_count = 0;
        zpl_origin_alternatives(o, &whole, true, out);
    }
}
