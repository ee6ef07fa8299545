/* unique_from.c - the parts of a FROM and what its joins determine; see unique.h.   Floor: stdlib. */
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/unique.h"

#define PARTS_MAX 32 /* bits of a set */
#define PAIRS_MAX 32 /* columns that a join compares */

long zpl_unique_find(const struct zpl_unique_from *from, const struct zpl_json *ref)
{
    const struct zpl_json *names = zpl_json_get(ref, "column_names");
    size_t words = zpl_json_count(names);
    if (!zpl_guard_is(ref, "COLUMN_REF") || words == 0 || words > 2)
        return -1;
    const char *name = zpl_json_str(zpl_json_at(names, words - 1), "");
    const char *source = words == 2 ? zpl_json_str(zpl_json_at(names, 0), "") : NULL;
    for (size_t i = 0; i < from->count; i++) {
        const struct zpl_unique_column *c = &from->columns[i];
        if (c->name != NULL && zpl_text_equal_nocase(c->name, name) &&
            (source != NULL ? zpl_text_equal_nocase(c->source, source) : !c->hidden))
            return (long)i;
    }
    return -1;
}

/* ---- what columns determine ---- */

static void take_part(const struct zpl_unique_from *from, size_t part, bool *has, uint32_t *done)
{
    const struct zpl_unique_part *p = &from->parts[part];
    *done |= UINT32_C(1) << part;
    for (size_t i = 0; i < p->count; i++)
        has[from->columns[p->first + i].same] = true;
}

static bool has_all(const struct zpl_unique_from *from, const uint32_t *columns, size_t count,
                    uint32_t first, const bool *has)
{
    for (size_t i = 0; i < count; i++)
        if (!has[from->columns[first + columns[i]].same])
            return false;
    return true;
}

static bool is_keyed(const struct zpl_unique_from *from, const struct zpl_unique_part *part,
                     const bool *has)
{
    for (size_t k = 0; k < part->key_count; k++)
        if (has_all(from, part->keys[k].columns, part->keys[k].count, part->first, has))
            return true;
    return false;
}

bool zpl_unique_close(const struct zpl_unique_from *from, bool *has)
{
    uint32_t done = 0, before;
    do {
        before = done;
        for (size_t i = 0; i < from->part_count; i++)
            if ((done >> i & 1) == 0 && (from->parts[i].after & ~done) == 0 &&
                is_keyed(from, &from->parts[i], has))
                take_part(from, i, has, &done);
        for (size_t i = 0; i < from->rule_count; i++) {
            const struct zpl_unique_rule *rule = &from->rules[i];
            if ((rule->parts & ~done) == 0 || (rule->after & ~done) != 0 ||
                !has_all(from, rule->columns, rule->count, 0, has))
                continue;
            for (size_t k = 0; k < from->part_count; k++)
                if ((rule->parts >> k & 1) != 0)
                    take_part(from, k, has, &done);
        }
    } while (done != before);
    for (size_t i = 0; i < from->part_count; i++)
        if ((done >> i & 1) == 0)
            return false;
    return true;
}

/* ---- columns that are equal in every row ---- */

/* Values that are equal are the same: nothing is cast for the comparison. */
static bool is_alike(enum zpl_kind a, enum zpl_kind b)
{
    a = a == ZPL_ENUM ? ZPL_STRING : a;
    b = b == ZPL_ENUM ? ZPL_STRING : b;
    return a == b && a != ZPL_UNKNOWN;
}

static void unite(struct zpl_unique_from *from, size_t a, size_t b)
{
    uint32_t x = from->columns[a].same, y = from->columns[b].same;
    uint32_t first = x < y ? x : y, second = x < y ? y : x;
    if (!is_alike(from->columns[a].kind, from->columns[b].kind))
        return;
    for (size_t i = 0; first != second && i < from->count; i++)
        if (from->columns[i].same == second)
            from->columns[i].same = first;
}

/* The two columns that a condition says to be equal; false: it does not. */
static bool equals(const struct zpl_unique_from *from, const struct zpl_json *condition, long *a,
                   long *b)
{
    if (!zpl_guard_is(condition, "COMPARE_EQUAL"))
        return false;
    *a = zpl_unique_find(from, zpl_json_get(condition, "left"));
    *b = zpl_unique_find(from, zpl_json_get(condition, "right"));
    return *a >= 0 && *b >= 0;
}

static void unite_by(struct zpl_unique_from *from, const struct zpl_json *condition)
{
    const struct zpl_json *parts = zpl_json_get(condition, "children");
    long a, b;
    for (size_t i = 0; zpl_guard_is(condition, "CONJUNCTION_AND") && i < zpl_json_count(parts); i++)
        unite_by(from, zpl_json_at(parts, i));
    if (equals(from, condition, &a, &b))
        unite(from, (size_t)a, (size_t)b);
}

/* ---- tables ---- */

/* A FROM of one part without keys, whose columns may be known. */
static void block(struct zpl_unique *u, struct zpl_unique_from *from)
{
    from->parts = zpl_arena_array(u->arena, 1, sizeof *from->parts);
    from->part_count = from->parts != NULL;
    from->rules = NULL;
    from->rule_count = 0;
    if (from->parts != NULL)
        *from->parts = (struct zpl_unique_part){.count = from->count};
    for (size_t i = 0; i < from->count; i++)
        from->columns[i].same = (uint32_t)i;
}

/* The first columns as a list has them. */
static void rename(struct zpl_unique_from *from, const struct zpl_json *names)
{
    for (size_t i = 0; i < from->count; i++)
        from->columns[i].name = zpl_json_str(zpl_json_at(names, i), from->columns[i].name);
}

/* One part: a table by what the FROM calls it and, where given, its columns. */
static void add_table(struct zpl_unique *u, const struct zpl_unique_table *table,
                      const char *source, const struct zpl_json *names, struct zpl_unique_from *out)
{
    out->columns = zpl_arena_array(u->arena, table->count, sizeof *out->columns);
    if (out->columns == NULL)
        return;
    out->count = table->count;
    out->lost = table->lost;
    for (size_t i = 0; i < table->count; i++) {
        out->columns[i] = table->columns[i];
        out->columns[i].source = source;
    }
    rename(out, names);
    uint32_t *same = zpl_arena_array(u->arena, table->count, sizeof *same);
    for (size_t i = 0; same != NULL && i < table->count; i++)
        same[i] = out->columns[i].same;
    block(u, out);
    for (size_t i = 0; same != NULL && i < table->count; i++)
        out->columns[i].same = same[i];
    if (out->parts == NULL || table->lost)
        return;
    out->parts->keys = table->keys;
    out->parts->key_count = table->key_count;
}

/* A table of the request: its unique columns, and what is known of it beside its type. */
static void add_given(struct zpl_unique *u, const struct zpl_bind_table *given, const char *source,
                      struct zpl_unique_from *out)
{
    const struct zpl_row *row = given->row;
    struct zpl_unique_column *columns = zpl_arena_array(u->arena, row->count, sizeof *columns);
    size_t unique = 0;
    for (size_t i = 0; i < row->count; i++)
        unique += row->columns[i].type->refine != NULL && row->columns[i].type->refine->unique;
    uint32_t *places = zpl_arena_array(u->arena, unique, sizeof *places);
    struct zpl_row_key *keys = zpl_arena_array(u->arena, unique + given->key_count, sizeof *keys);
    struct zpl_unique_table table = {.columns = columns, .count = row->count, .keys = keys};
    if (columns == NULL || places == NULL || keys == NULL)
        return;
    for (size_t i = 0; i < row->count; i++) {
        const struct zpl_type *type = row->columns[i].type;
        columns[i] = (struct zpl_unique_column){
            .name = row->columns[i].name, .kind = type->kind, .same = (uint32_t)i};
        if (type->refine == NULL || !type->refine->unique)
            continue;
        places[table.key_count] = (uint32_t)i;
        keys[table.key_count] = (struct zpl_row_key){&places[table.key_count], 1};
        table.key_count++;
    }
    for (size_t i = 0; i < given->key_count; i++)
        keys[table.key_count++] = given->keys[i];
    add_table(u, &table, source, NULL, out);
}

/* A table by its name: one of the WITHs around, else one of the request. */
static void follow_table(struct zpl_unique *u, const struct zpl_json *node, const char *source,
                         const struct zpl_unique_scope *scope, struct zpl_unique_from *out)
{
    const char *name = zpl_json_str(zpl_json_get(node, "table_name"), "");
    const struct zpl_json *names = zpl_json_get(node, "column_name_alias");
    for (; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < scope->visible; i++) {
            const struct zpl_json *with = zpl_json_at(scope->map, i);
            const struct zpl_json *value = zpl_json_get(with, "value");
            const struct zpl_unique_scope before = {scope->outer, scope->map, i};
            if (!zpl_text_equal_nocase(name, zpl_json_str(zpl_json_get(with, "key"), "")))
                continue;
            const struct zpl_unique_table *named =
                zpl_unique_of(u, zpl_json_get(zpl_json_get(value, "query"), "node"), &before);
            add_table(u, named, source, zpl_json_get(value, "aliases"), out);
            rename(out, names);
            return;
        }
    for (size_t t = 0; t < u->request->table_count; t++)
        if (zpl_text_equal_nocase(name, u->request->tables[t].name)) {
            add_given(u, &u->request->tables[t], source, out);
            rename(out, names);
            return;
        }
    out->lost = true;
    block(u, out);
}

/* ---- joins ---- */

static struct zpl_unique_from *follow(struct zpl_unique *u, const struct zpl_json *node,
                                      const struct zpl_unique_scope *scope);

static bool has_source(const struct zpl_unique_from *from, const char *name)
{
    for (size_t i = 0; i < from->count; i++)
        if (zpl_text_equal_nocase(from->columns[i].source, name))
            return true;
    return false;
}

static bool has_name(const struct zpl_unique_from *from, const char *name)
{
    for (size_t i = 0; i < from->count; i++)
        if (from->columns[i].name != NULL && zpl_text_equal_nocase(from->columns[i].name, name))
            return true;
    return false;
}

/* May a subquery whose own FROM is `own` (NULL: not known) name a column of what stands before it? */
static bool looks_back(const struct zpl_json *v, const struct zpl_unique_from *left,
                       const struct zpl_unique_from *own)
{
    const struct zpl_json *names = zpl_json_get(v, "column_names");
    bool array = zpl_json_kind(v) == ZPL_JSON_ARRAY;
    const char *first = zpl_json_str(zpl_json_at(names, 0), "");
    if (zpl_guard_is(v, "COLUMN_REF") &&
        (left->lost || has_source(left, first) ||
         (has_name(left, first) && (own == NULL || !has_name(own, first)))))
        return true;
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (looks_back(array ? zpl_json_at(v, i) : zpl_json_value_at(v, i), left, own))
            return true;
    return false;
}

/* May the right side of a join be another for each row of the left one? */
static bool is_lateral(struct zpl_unique *u, const struct zpl_json *node,
                       const struct zpl_unique_from *left, const struct zpl_unique_scope *scope)
{
    if (zpl_guard_is(node, "JOIN"))
        return is_lateral(u, zpl_json_get(node, "left"), left, scope) ||
               is_lateral(u, zpl_json_get(node, "right"), left, scope);
    const struct zpl_json *query = zpl_json_get(zpl_json_get(node, "subquery"), "node");
    const struct zpl_json *map = zpl_json_get(zpl_json_get(query, "cte_map"), "map");
    const struct zpl_unique_scope inner = {scope, map, zpl_json_count(map)};
    if (!zpl_guard_is(node, "SUBQUERY"))
        return !zpl_guard_is(node, "BASE_TABLE");
    return looks_back(query, left,
                      zpl_guard_is(query, "SELECT_NODE") ? zpl_unique_from_of(u, query, &inner)
                                                         : NULL);
}

static uint32_t all_parts(const struct zpl_unique_from *from)
{
    return from->part_count < PARTS_MAX ? (UINT32_C(1) << from->part_count) - 1 : UINT32_MAX;
}

/* Columns, parts and rules of the one, then of the other. */
static bool append(struct zpl_unique *u, struct zpl_unique_from *out,
                   const struct zpl_unique_from *more)
{
    size_t columns = out->count + more->count, parts = out->part_count + more->part_count;
    size_t rules = out->rule_count + more->rule_count + 1; /* one that the join may add */
    struct zpl_unique_from all = {.columns =
                                      zpl_arena_array(u->arena, columns, sizeof *all.columns),
                                  .parts = zpl_arena_array(u->arena, parts, sizeof *all.parts),
                                  .rules = zpl_arena_array(u->arena, rules, sizeof *all.rules),
                                  .count = columns,
                                  .part_count = parts,
                                  .rule_count = rules - 1,
                                  .lost = out->lost || more->lost};
    if (all.columns == NULL || all.parts == NULL || all.rules == NULL)
        return false;
    for (size_t i = 0; i < columns; i++) {
        bool first = i < out->count;
        all.columns[i] = first ? out->columns[i] : more->columns[i - out->count];
        all.columns[i].same += first ? 0 : (uint32_t)out->count;
    }
    for (size_t i = 0; i < parts; i++) {
        bool first = i < out->part_count;
        all.parts[i] = first ? out->parts[i] : more->parts[i - out->part_count];
        if (first)
            continue;
        all.parts[i].first += (uint32_t)out->count;
        all.parts[i].after = parts <= PARTS_MAX ? all.parts[i].after << out->part_count : 0;
    }
    for (size_t i = 0; i < all.rule_count; i++) {
        bool first = i < out->rule_count;
        all.rules[i] = first ? out->rules[i] : more->rules[i - out->rule_count];
        if (first || parts > PARTS_MAX)
            continue;
        uint32_t *moved = zpl_arena_array(u->arena, all.rules[i].count, sizeof *moved);
        for (size_t k = 0; moved != NULL && k < all.rules[i].count; k++)
            moved[k] = all.rules[i].columns[k] + (uint32_t)out->count;
        if (moved == NULL)
            return false;
        all.rules[i].columns = moved;
        all.rules[i].after <<= out->part_count;
        all.rules[i].parts <<= out->part_count;
    }
    *out = all;
    return true;
}

/* What a join compares, a column of each side. */
struct pairs {
    uint32_t left[PAIRS_MAX], right[PAIRS_MAX]; /* of the whole FROM */
    size_t count;
    bool more; /* it goes by something else too */
};

static void add_pair(const struct zpl_unique_from *both, struct pairs *pairs, size_t left,
                     size_t right)
{
    if (pairs->count == PAIRS_MAX ||
        !is_alike(both->columns[left].kind, both->columns[right].kind)) {
        pairs->more = true;
        return;
    }
    pairs->left[pairs->count] = (uint32_t)left;
    pairs->right[pairs->count++] = (uint32_t)right;
}

static void find_pairs(const struct zpl_unique_from *both, size_t lefts,
                       const struct zpl_json *condition, struct pairs *pairs)
{
    const struct zpl_json *parts = zpl_json_get(condition, "children");
    long a, b;
    if (zpl_guard_is(condition, "CONJUNCTION_AND"))
        for (size_t i = 0; i < zpl_json_count(parts); i++)
            find_pairs(both, lefts, zpl_json_at(parts, i), pairs);
    else if (equals(both, condition, &a, &b) && ((size_t)a < lefts) != ((size_t)b < lefts))
        add_pair(both, pairs, (size_t)(a < b ? a : b), (size_t)(a < b ? b : a));
    else if (zpl_json_kind(condition) == ZPL_JSON_OBJECT)
        pairs->more = true;
}

static bool is_listed(const struct zpl_json *names, const char *name)
{
    for (size_t i = 0; i < zpl_json_count(names); i++)
        if (zpl_text_equal_nocase(zpl_json_str(zpl_json_at(names, i), ""), name))
            return true;
    return false;
}

/* USING and NATURAL: columns of one name are compared, and one of them is hidden. */
static void share_names(struct zpl_unique_from *both, size_t lefts, const struct zpl_json *node,
                        bool natural, bool to_right, struct pairs *pairs)
{
    const struct zpl_json *listed = zpl_json_get(node, "using_columns");
    for (size_t r = lefts; r < both->count; r++) {
        struct zpl_unique_column *right = &both->columns[r];
        if (right->hidden || right->name == NULL || !(natural || is_listed(listed, right->name)))
            continue;
        for (size_t l = 0; l < lefts; l++) {
            struct zpl_unique_column *left = &both->columns[l];
            if (left->hidden || left->name == NULL ||
                !zpl_text_equal_nocase(left->name, right->name))
                continue;
            add_pair(both, pairs, l, r);
            *(to_right ? &left->hidden : &right->hidden) = true;
            break;
        }
    }
}

/* Do columns of one side determine a row of it? */
static bool finds_one(struct zpl_unique *u, const struct zpl_unique_from *side,
                      const uint32_t *columns, size_t count, size_t first)
{
    bool *has = zpl_arena_array(u->arena, side->count, sizeof *has);
    for (size_t i = 0; has != NULL && i < count; i++)
        has[side->columns[columns[i] - first].same] = true;
    return has != NULL && zpl_unique_close(side, has);
}

/* Keys of the parts of `side` count once those of `others` are determined. */
static void wait_for(struct zpl_unique_from *from, uint32_t side, uint32_t others)
{
    for (size_t i = 0; i < from->part_count; i++)
        if ((side >> i & 1) != 0)
            from->parts[i].after |= others;
    for (size_t i = 0; i < from->rule_count; i++)
        if ((from->rules[i].parts & side) != 0)
            from->rules[i].after |= others;
}

/* Rows of one side, of which an outer join finds at most one: by the columns that it compares of the other
 * side, or by whole rows of that. */
static void add_rule(struct zpl_unique *u, struct zpl_unique_from *from, const uint32_t *columns,
                     size_t count, uint32_t others, uint32_t parts)
{
    uint32_t *kept = zpl_arena_array(u->arena, count, sizeof *kept);
    if (kept == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        kept[i] = columns[i];
    from->rules[from->rule_count++] = (struct zpl_unique_rule){kept, count, others, parts};
}

static struct zpl_unique_from *follow_join(struct zpl_unique *u, const struct zpl_json *node,
                                           const struct zpl_unique_scope *scope)
{
    const char *kind = zpl_json_str(zpl_json_get(node, "join_type"), "");
    const char *ref = zpl_json_str(zpl_json_get(node, "ref_type"), "");
    struct zpl_unique_from *left = follow(u, zpl_json_get(node, "left"), scope);
    struct zpl_unique_from *right = follow(u, zpl_json_get(node, "right"), scope);
    bool natural = strcmp(ref, "NATURAL") == 0, asof = strcmp(ref, "ASOF") == 0;
    bool inner = strcmp(kind, "INNER") == 0, to_left = strcmp(kind, "LEFT") == 0;
    bool to_right = strcmp(kind, "RIGHT") == 0;
    struct pairs pairs = {.count = 0};
    if (left == NULL || right == NULL || strcmp(kind, "SEMI") == 0 || strcmp(kind, "ANTI") == 0)
        return left;
    struct zpl_unique_from *both = zpl_arena_alloc(u->arena, sizeof *both);
    if (both == NULL)
        return NULL;
    *both = *left;
    if (!append(u, both, right))
        return NULL;
    share_names(both, left->count, node, natural, to_right, &pairs);
    both->lost = both->lost || (natural && (left->lost || right->lost));
    if (strcmp(ref, "POSITIONAL") == 0 || !(inner || to_left || to_right) || both->lost ||
        (asof && to_right) || both->part_count > PARTS_MAX) {
        block(u, both);
        return both;
    }
    const uint32_t lefts = all_parts(left), rights = all_parts(both) & ~lefts;
    bool lateral = is_lateral(u, zpl_json_get(node, "right"), left, scope);
    if (asof || to_left || lateral)
        wait_for(both, rights, lefts);
    if (to_right)
        wait_for(both, lefts, rights);
    if (asof) {
        add_rule(u, both, NULL, 0, lefts, rights);
        return both;
    }
    find_pairs(both, left->count, zpl_json_get(node, "condition"), &pairs);
    bool whole = lateral || pairs.more;
    if (inner)
        unite_by(both, zpl_json_get(node, "condition"));
    for (size_t i = 0; inner && i < pairs.count; i++)
        unite(both, pairs.left[i], pairs.right[i]);
    if (to_left && finds_one(u, right, pairs.right, pairs.count, left->count))
        add_rule(u, both, pairs.left, whole ? 0 : pairs.count, whole ? lefts : 0, rights);
    if (to_right && finds_one(u, left, pairs.left, pairs.count, 0))
        add_rule(u, both, pairs.right, whole ? 0 : pairs.count, whole ? rights : 0, lefts);
    return both;
}

static struct zpl_unique_from *follow(struct zpl_unique *u, const struct zpl_json *node,
                                      const struct zpl_unique_scope *scope)
{
    const char *alias = zpl_guard_text(node, "alias");
    if (zpl_guard_is(node, "JOIN"))
        return follow_join(u, node, scope);
    struct zpl_unique_from *out = zpl_arena_alloc(u->arena, sizeof *out);
    if (out == NULL || zpl_guard_is(node, "EMPTY"))
        return out;
    if (zpl_guard_is(node, "BASE_TABLE")) {
        const char *name = zpl_json_str(zpl_json_get(node, "table_name"), "");
        follow_table(u, node, alias != NULL ? alias : name, scope, out);
    } else if (zpl_guard_is(node, "SUBQUERY")) {
        const struct zpl_unique_table *table =
            zpl_unique_of(u, zpl_json_get(zpl_json_get(node, "subquery"), "node"), scope);
        add_table(u, table, alias != NULL ? alias : "", zpl_json_get(node, "column_name_alias"),
                  out);
    } else {
        out->lost = true;
        block(u, out);
    }
    return out;
}

const struct zpl_unique_from *zpl_unique_from_of(struct zpl_unique *u,
                                                 const struct zpl_json *select,
                                                 const struct zpl_unique_scope *scope)
{
    for (const struct zpl_unique_known *k = u->known; k != NULL; k = k->next)
        if (k->query == select && k->from != NULL)
            return k->from;
    struct zpl_unique_known *known = zpl_arena_alloc(u->arena, sizeof *known);
    struct zpl_unique_from *from = follow(u, zpl_json_get(select, "from_table"), scope);
    if (from == NULL || known == NULL)
        return NULL;
    unite_by(from, zpl_json_get(select, "where_clause"));
    *known = (struct zpl_unique_known){.query = select, .from = from, .next = u->known};
    u->known = known;
    return from;
}
