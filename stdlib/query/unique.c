/* unique.c - the keys of what queries give; see unique.h.   Floor: stdlib. */
#include "stdlib/query/unique.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/origin.h"

/* What a SELECT shows. */
struct item {
    const struct zpl_json *expression; /* NULL: a column of a star */
    const char *name;                  /* NULL: not known */
    long column;                       /* of the FROM, -1: computed */
};
struct selecting {
    struct zpl_unique *u;
    const struct zpl_json *query;
    const struct zpl_unique_from *from;
    struct item *items;
    size_t count;
    bool *has; /* room for what columns of the FROM determine */
    struct zpl_row_key keys[ZPL_ROW_KEYS_MAX];
    size_t key_count;
    bool lost;
};

/* ---- what is shown ---- */

static bool is_listed(const struct zpl_json *names, const char *name)
{
    for (size_t i = 0; i < zpl_json_count(names); i++)
        if (zpl_text_equal_nocase(zpl_json_str(zpl_json_at(names, i), ""), name))
            return true;
    return false;
}

static bool is_replaced(const struct zpl_json *star, const char *name)
{
    const struct zpl_json *list = zpl_json_get(star, "replace_list");
    for (size_t i = 0; i < zpl_json_count(list); i++)
        if (zpl_text_equal_nocase(zpl_json_str(zpl_json_get(zpl_json_at(list, i), "key"), ""),
                                  name))
            return true;
    return false;
}

/* `*` or `t.*`; what is renamed there is not followed. */
static void add_star(struct selecting *s, const struct zpl_json *star)
{
    const char *source = zpl_guard_text(star, "relation_name");
    size_t before = s->count;
    s->lost = s->lost || s->from->lost || zpl_json_truth(zpl_json_get(star, "columns"), false) ||
              zpl_json_kind(zpl_json_get(star, "expr")) == ZPL_JSON_OBJECT ||
              zpl_json_count(zpl_json_get(star, "qualified_exclude_list")) > 0 ||
              zpl_json_count(zpl_json_get(star, "rename_list")) > 0;
    for (size_t i = 0; i < s->from->count; i++) {
        const struct zpl_unique_column *c = &s->from->columns[i];
        s->lost = s->lost || c->name == NULL;
        if (s->lost || (source != NULL ? !zpl_text_equal_nocase(source, c->source) : c->hidden) ||
            is_listed(zpl_json_get(star, "exclude_list"), c->name))
            continue;
        s->items[s->count++] =
            (struct item){NULL, c->name, is_replaced(star, c->name) ? -1 : (long)i};
    }
    s->lost = s->lost || s->count == before;
}

static bool find_items(struct selecting *s)
{
    const struct zpl_json *list = zpl_json_get(s->query, "select_list");
    size_t room = 0;
    for (size_t i = 0; i < zpl_json_count(list); i++)
        room += zpl_guard_is(zpl_json_at(list, i), "STAR") ? s->from->count : 1;
    s->items = zpl_arena_array(s->u->arena, room, sizeof *s->items);
    s->has = zpl_arena_array(s->u->arena, s->from->count, sizeof *s->has);
    if (s->items == NULL || s->has == NULL)
        return false;
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        if (zpl_guard_is(item, "STAR")) {
            add_star(s, item);
            continue;
        }
        s->lost = s->lost || zpl_guard_holds_star(item);
        s->items[s->count++] =
            (struct item){item, zpl_order_name(item), zpl_unique_find(s->from, item)};
    }
    s->lost = s->lost || zpl_order_multiplies(s->query);
    return true;
}

/* The column of the FROM, by the first that has its value; -1: computed. */
static long root_of(const struct selecting *s, size_t item)
{
    long column = s->items[item].column;
    return column < 0 ? -1 : (long)s->from->columns[column].same;
}

/* ---- keys ---- */

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Adds a key of these items, which are as many as a key may have. */
static void add_key(struct selecting *s, const uint32_t *items, size_t count)
{
    uint32_t *columns = zpl_arena_array(s->u->arena, count, sizeof *columns);
    if (columns == NULL || s->key_count == ZPL_ROW_KEYS_MAX)
        return;
    for (size_t i = 0; i < count; i++)
        columns[i] = items[i];
    if (count > 0)
        qsort(columns, count, sizeof *columns, ascending);
    for (size_t k = 0; k < s->key_count; k++)
        if (s->keys[k].count == count &&
            (count == 0 || memcmp(s->keys[k].columns, columns, count * sizeof *columns) == 0))
            return;
    s->keys[s->key_count++] = (struct zpl_row_key){columns, count};
}

/* What the items but one (SIZE_MAX: all of them) determine, in `has`; true: every row. */
static bool determine(struct selecting *s, const uint32_t *items, size_t count, size_t without)
{
    memset(s->has, 0, s->from->count * sizeof *s->has);
    for (size_t i = 0; i < count; i++)
        if (i != without && root_of(s, items[i]) >= 0)
            s->has[root_of(s, items[i])] = true;
    return zpl_unique_close(s->from, s->has);
}

/* Leaves out of a key what the rest of it determines. */
static size_t shorten(struct selecting *s, uint32_t *items, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        long root = root_of(s, items[i]);
        if (root < 0)
            continue;
        (void)determine(s, items, count, i);
        if (!s->has[root])
            continue;
        memmove(&items[i], &items[i + 1], (count - i - 1) * sizeof *items);
        count--;
    }
    return count;
}

/* What the keys of groups, of DISTINCT ON and of a window may be. */
enum words {
    COLUMNS = 0,
    PLACES = 1,     /* a number is the item of that place */
    ITEMS_FIRST = 2 /* a name is what the SELECT calls so before it is a column of the FROM */
};

static long item_called(const struct selecting *s, const struct zpl_json *expression)
{
    const struct zpl_json *names = zpl_json_get(expression, "column_names");
    for (size_t i = 0; zpl_json_count(names) == 1 && i < s->count; i++)
        if (s->items[i].name != NULL &&
            zpl_text_equal_nocase(s->items[i].name, zpl_json_str(zpl_json_at(names, 0), "")))
            return (long)i;
    return -1;
}

/* The item that an expression is: by its column, its words, its place or its alias; -1: none. */
static long find_item(const struct selecting *s, const struct zpl_json *expression, unsigned words)
{
    const struct zpl_json *value = zpl_json_get(zpl_json_get(expression, "value"), "value");
    long column = zpl_unique_find(s->from, expression), called = item_called(s, expression);
    if ((words & PLACES) != 0 && zpl_guard_is(expression, "VALUE_CONSTANT")) {
        int64_t place = zpl_json_i64(value, 0);
        return place > 0 && (uint64_t)place <= s->count ? (long)place - 1 : -1;
    }
    if (called >= 0 && (column < 0 || (words & ITEMS_FIRST) != 0))
        return called;
    for (size_t i = 0; i < s->count; i++)
        if (column >= 0 ? root_of(s, i) == (long)s->from->columns[column].same
                        : s->items[i].expression != NULL &&
                              zpl_order_same(s->items[i].expression, expression))
            return (long)i;
    return -1;
}

/* One row for each of these: a key, if all of them are shown, or determined by those that are. */
static void key_by(struct selecting *s, const struct zpl_json *list, unsigned words)
{
    uint32_t items[ZPL_ROW_KEY_COLUMNS_MAX];
    size_t count = 0, size = zpl_json_count(list);
    if (size > ZPL_ROW_KEY_COLUMNS_MAX)
        return;
    for (size_t i = 0; i < size; i++) {
        long item = find_item(s, zpl_json_at(list, i), words);
        if (item >= 0)
            items[count++] = (uint32_t)item;
    }
    (void)determine(s, items, count, SIZE_MAX);
    for (size_t i = 0; i < size; i++) {
        const struct zpl_json *expression = zpl_json_at(list, i);
        long column = zpl_unique_find(s->from, expression);
        if (find_item(s, expression, words) < 0 &&
            (column < 0 || !s->has[s->from->columns[column].same]))
            return;
    }
    add_key(s, items, shorten(s, items, count));
}

/* One row for each combination of what is shown, aggregates and constants aside. */
static void key_by_all(struct selecting *s, bool grouped)
{
    uint32_t items[ZPL_ROW_KEY_COLUMNS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct zpl_json *expression = s->items[i].expression;
        if (zpl_guard_is(expression, "VALUE_CONSTANT") ||
            (grouped && expression != NULL && zpl_origin_aggregates(expression)))
            continue;
        if (count == ZPL_ROW_KEY_COLUMNS_MAX)
            return;
        items[count++] = (uint32_t)i;
    }
    add_key(s, items, shorten(s, items, count));
}

/* Does a key, or a rule, of the FROM speak of a column with this value? */
static bool is_of_use(const struct zpl_unique_from *from, uint32_t root)
{
    for (size_t i = 0; i < from->part_count; i++)
        for (size_t k = 0; k < from->parts[i].key_count; k++)
            for (size_t c = 0; c < from->parts[i].keys[k].count; c++)
                if (from->columns[from->parts[i].first + from->parts[i].keys[k].columns[c]].same ==
                    root)
                    return true;
    for (size_t i = 0; i < from->rule_count; i++)
        for (size_t c = 0; c < from->rules[i].count; c++)
            if (from->columns[from->rules[i].columns[c]].same == root)
                return true;
    return false;
}

/* A key of the FROM's rows among the items, those that `first` has if they can be. */
static void add_shortest(struct selecting *s, uint32_t *items, size_t count,
                         const struct zpl_unique_part *part, const struct zpl_row_key *first)
{
    for (int kept = 0; kept < 2; kept++) /* what `first` has goes last */
        for (size_t i = count; i-- > 0;) {
            bool wanted = false;
            for (size_t c = 0; first != NULL && c < first->count; c++)
                wanted = wanted || (long)s->from->columns[part->first + first->columns[c]].same ==
                                       root_of(s, items[i]);
            if (wanted != (kept == 1) || !determine(s, items, count, i))
                continue;
            memmove(&items[i], &items[i + 1], (count - i - 1) * sizeof *items);
            count--;
        }
    if (count <= ZPL_ROW_KEY_COLUMNS_MAX)
        add_key(s, items, count);
}

/* The keys of the FROM's rows that are shown. */
static void keys_of_from(struct selecting *s)
{
    uint32_t *all = zpl_arena_array(s->u->arena, s->count, sizeof *all);
    uint32_t *some = zpl_arena_array(s->u->arena, s->count, sizeof *some);
    bool *met = zpl_arena_array(s->u->arena, s->from->count, sizeof *met);
    size_t count = 0;
    for (size_t i = 0; all != NULL && met != NULL && i < s->count; i++) {
        long root = root_of(s, i);
        if (root < 0 || met[root] || !is_of_use(s->from, (uint32_t)root))
            continue;
        met[root] = true;
        all[count++] = (uint32_t)i;
    }
    if (all == NULL || some == NULL || met == NULL || !determine(s, all, count, SIZE_MAX))
        return;
    for (size_t i = 0; i < s->from->part_count; i++)
        for (size_t k = 0; k < s->from->parts[i].key_count; k++) {
            memcpy(some, all, count * sizeof *some);
            add_shortest(s, some, count, &s->from->parts[i], &s->from->parts[i].keys[k]);
        }
    if (s->from->part_count == 0)
        add_key(s, NULL, 0);
}

/* QUALIFY row_number() OVER (PARTITION BY …) = 1: one row for each of these. */
static void key_by_qualify(struct selecting *s)
{
    static const char *const sides[] = {"left", "right"};
    const struct zpl_json *qualify = zpl_json_get(s->query, "qualify");
    for (size_t i = 0; zpl_guard_is(qualify, "COMPARE_EQUAL") && i < 2; i++) {
        const struct zpl_json *window = zpl_json_get(qualify, sides[i]);
        const struct zpl_json *number = zpl_json_get(qualify, sides[1 - i]);
        if (zpl_guard_is(window, "WINDOW_ROW_NUMBER") && zpl_guard_is(number, "VALUE_CONSTANT"))
            key_by(s, zpl_json_get(window, "partitions"), COLUMNS);
    }
}

static void key_by_distinct(struct selecting *s)
{
    const struct zpl_json *modifiers = zpl_json_get(s->query, "modifiers");
    for (size_t i = 0; i < zpl_json_count(modifiers); i++) {
        const struct zpl_json *modifier = zpl_json_at(modifiers, i);
        const struct zpl_json *on = zpl_json_get(modifier, "distinct_on_targets");
        if (zpl_guard_is(modifier, "DISTINCT_MODIFIER") && zpl_json_count(on) > 0)
            key_by(s, on, PLACES | ITEMS_FIRST);
        else if (zpl_guard_is(modifier, "DISTINCT_MODIFIER"))
            key_by_all(s, false);
    }
}

static bool groups_by_all(const struct zpl_json *query)
{
    return strcmp(zpl_json_str(zpl_json_get(query, "aggregate_handling"), ""),
                  "FORCE_AGGREGATES") == 0;
}

static bool is_grouped(const struct zpl_json *query)
{
    return groups_by_all(query) || zpl_json_count(zpl_json_get(query, "group_expressions")) > 0;
}

static bool is_one_row(const struct zpl_json *query)
{
    return zpl_json_kind(zpl_json_get(query, "having")) == ZPL_JSON_OBJECT ||
           zpl_origin_aggregates(zpl_json_get(query, "select_list"));
}

/* The columns as they are seen from outside, with what they have in common. */
static void give_table(struct selecting *s, struct zpl_unique_table *out)
{
    struct zpl_unique_column *columns = zpl_arena_array(s->u->arena, s->count, sizeof *columns);
    struct zpl_row_key *keys = zpl_arena_array(s->u->arena, s->key_count, sizeof *keys);
    uint32_t *first = zpl_arena_array(s->u->arena, s->from->count, sizeof *first); /* 1 + item */
    out->lost = s->lost || columns == NULL || keys == NULL || first == NULL;
    if (out->lost)
        return;
    for (size_t i = 0; i < s->count; i++) {
        long column = s->items[i].column;
        columns[i] = (struct zpl_unique_column){.source = "",
                                                .name = s->items[i].name,
                                                .kind = column >= 0 ? s->from->columns[column].kind
                                                                    : ZPL_UNKNOWN,
                                                .same = (uint32_t)i};
        uint32_t *same = column >= 0 ? &first[root_of(s, i)] : NULL;
        if (same != NULL && *same > 0)
            columns[i].same = *same - 1;
        else if (same != NULL)
            *same = (uint32_t)i + 1;
    }
    for (size_t k = 0; k < s->key_count; k++)
        keys[k] = s->keys[k];
    *out = (struct zpl_unique_table){columns, s->count, keys, s->key_count, false};
}

static void follow_select(struct zpl_unique *u, const struct zpl_json *query,
                          const struct zpl_unique_scope *scope, struct zpl_unique_table *out)
{
    struct selecting s = {.u = u, .query = query, .from = zpl_unique_from_of(u, query, scope)};
    bool sets = zpl_json_count(zpl_json_get(query, "group_sets")) > 1;
    out->lost = s.from == NULL || !find_items(&s) || s.lost;
    if (out->lost)
        return;
    if (groups_by_all(query))
        key_by_all(&s, true);
    else if (is_grouped(query) && !sets)
        key_by(&s, zpl_json_get(query, "group_expressions"), PLACES);
    else if (!is_grouped(query) && is_one_row(query))
        add_key(&s, NULL, 0);
    else if (!is_grouped(query))
        keys_of_from(&s);
    if (!is_grouped(query))
        key_by_qualify(&s);
    key_by_distinct(&s);
    give_table(&s, out);
}

/* UNION, EXCEPT and INTERSECT: rows that differ, but for ALL; and some of the left side's. */
static void follow_sides(struct zpl_unique *u, const struct zpl_json *query,
                         const struct zpl_unique_scope *scope, struct zpl_unique_table *out)
{
    const char *kind = zpl_json_str(zpl_json_get(query, "setop_type"), "");
    const struct zpl_unique_table *left = zpl_unique_of(u, zpl_json_get(query, "left"), scope);
    const struct zpl_unique_table *right = zpl_unique_of(u, zpl_json_get(query, "right"), scope);
    bool all = zpl_json_truth(zpl_json_get(query, "setop_all"), true);
    bool some = strcmp(kind, "EXCEPT") == 0 || strcmp(kind, "INTERSECT") == 0;
    struct zpl_unique_column *columns = zpl_arena_array(u->arena, left->count, sizeof *columns);
    struct zpl_row_key *keys = zpl_arena_array(u->arena, left->key_count + 1, sizeof *keys);
    uint32_t *whole = zpl_arena_array(u->arena, left->count, sizeof *whole);
    *out = (struct zpl_unique_table){.columns = columns, .count = left->count, .keys = keys};
    out->lost = left->lost || right->lost || left->count != right->count || columns == NULL ||
                keys == NULL || whole == NULL || (!some && strcmp(kind, "UNION") != 0) ||
                zpl_json_count(zpl_json_get(query, "children")) > 0;
    if (out->lost)
        return;
    bool cast = false;
    for (size_t i = 0; i < left->count; i++) {
        columns[i] = left->columns[i];
        columns[i].same = (uint32_t)i;
        whole[i] = (uint32_t)i;
        if (left->columns[i].kind == right->columns[i].kind && columns[i].kind != ZPL_UNKNOWN)
            continue;
        columns[i].kind = ZPL_UNKNOWN;
        cast = true; /* perhaps: values that differ may become the same */
    }
    for (size_t k = 0; some && !cast && k < left->key_count; k++)
        keys[out->key_count++] = left->keys[k];
    if (!all && left->count <= ZPL_ROW_KEY_COLUMNS_MAX && out->key_count < ZPL_ROW_KEYS_MAX)
        keys[out->key_count++] = (struct zpl_row_key){whole, left->count};
}

const struct zpl_unique_table *zpl_unique_of(struct zpl_unique *u, const struct zpl_json *query,
                                             const struct zpl_unique_scope *outer)
{
    static const struct zpl_unique_table unknown = {.lost = true};
    const struct zpl_json *map = zpl_json_get(zpl_json_get(query, "cte_map"), "map");
    const struct zpl_unique_scope scope = {outer, map, zpl_json_count(map)};
    if (zpl_guard_is(query, "CTE_NODE"))
        return zpl_unique_of(u, zpl_json_get(query, "child"), outer);
    for (const struct zpl_unique_known *k = u->known; k != NULL; k = k->next)
        if (k->query == query && k->table != NULL)
            return k->table;
    struct zpl_unique_known *known = zpl_arena_alloc(u->arena, sizeof *known);
    struct zpl_unique_table *table = zpl_arena_alloc(u->arena, sizeof *table);
    if (known == NULL || table == NULL)
        return &unknown;
    if (zpl_guard_is(query, "SELECT_NODE"))
        follow_select(u, query, &scope, table);
    else if (zpl_guard_is(query, "SET_OPERATION_NODE"))
        follow_sides(u, query, &scope, table);
    else
        table->lost = true;
    if (table->lost)
        *table = unknown;
    *known = (struct zpl_unique_known){.query = query, .table = table, .next = u->known};
    u->known = known;
    return table;
}

/* ---- orders ---- */

/* What a key means: in an order of the result first what the SELECT calls so, elsewhere first a column of its
 * FROM. */
static const struct zpl_json *meaning(const struct zpl_unique_from *from,
                                      const struct zpl_json *query, const struct zpl_json *key,
                                      bool of_result)
{
    return !of_result && zpl_unique_find(from, key) >= 0 ? key : zpl_order_meant(query, key);
}

/* Are all groups of a SELECT among the keys? */
static bool has_groups(const struct zpl_unique_from *from, const struct zpl_json *query,
                       const struct zpl_order_keys *keys)
{
    const struct zpl_json *groups = zpl_json_get(query, "group_expressions");
    const struct zpl_json *list = zpl_json_get(query, "select_list");
    size_t count = zpl_json_count(groups);
    for (size_t i = 0; i < count; i++)
        if (!zpl_order_has(keys, meaning(from, query, zpl_json_at(groups, i), false)))
            return false;
    for (size_t i = 0; count == 0 && i < zpl_json_count(list); i++) /* GROUP BY ALL */
        if (!zpl_origin_aggregates(zpl_json_at(list, i)) &&
            !zpl_order_has(keys, zpl_json_at(list, i)))
            return false;
    return zpl_json_count(zpl_json_get(query, "group_sets")) <= 1;
}

/* Is a key of the result among the keys of its order? */
static bool has_key(struct zpl_unique *u, const struct zpl_json *query,
                    const struct zpl_unique_scope *outer, const struct zpl_order_keys *keys)
{
    const struct zpl_unique_table *table = zpl_unique_of(u, query, outer);
    bool *has = zpl_arena_array(u->arena, table->count, sizeof *has);
    for (size_t i = 0; has != NULL && i < keys->count; i++) {
        const struct zpl_json *names = zpl_json_get(keys->items[i], "column_names");
        const struct zpl_json *value = zpl_json_get(zpl_json_get(keys->items[i], "value"), "value");
        bool place = zpl_guard_is(keys->items[i], "VALUE_CONSTANT");
        for (size_t c = 0; c < table->count; c++)
            if (place ? zpl_json_i64(value, -1) == (int64_t)c + 1
                      : zpl_json_count(names) == 1 && table->columns[c].name != NULL &&
                            zpl_text_equal_nocase(table->columns[c].name,
                                                  zpl_json_str(zpl_json_at(names, 0), "")))
                has[table->columns[c].same] = true;
    }
    for (size_t k = 0; has != NULL && k < table->key_count; k++) {
        size_t c = 0;
        while (c < table->keys[k].count && has[table->columns[table->keys[k].columns[c]].same])
            c++;
        if (c == table->keys[k].count)
            return true;
    }
    return false;
}

bool zpl_unique_is_total(struct zpl_unique *u, const struct zpl_json *query,
                         const struct zpl_unique_scope *scope, const struct zpl_order_keys *keys,
                         bool of_result)
{
    struct zpl_order_keys meant = {.count = keys->count};
    const struct zpl_unique_from *from =
        zpl_guard_is(query, "SELECT_NODE") ? zpl_unique_from_of(u, query, scope) : NULL;
    if (of_result && has_key(u, query, scope->outer, keys))
        return true;
    bool *has = from != NULL ? zpl_arena_array(u->arena, from->count, sizeof *has) : NULL;
    if (has == NULL || (of_result && zpl_order_multiplies(query)))
        return false;
    for (size_t i = 0; i < keys->count; i++) {
        meant.items[i] = meaning(from, query, keys->items[i], of_result);
        long column = zpl_unique_find(from, meant.items[i]);
        if (column >= 0)
            has[from->columns[column].same] = true;
    }
    if (is_grouped(query))
        return has_groups(from, query, &meant);
    return is_one_row(query) || zpl_unique_close(from, has);
}

/* ---- the answer ---- */

/* Is a column of the result the one that was followed?  Of a Float that was computed, nobody knows: decimals
 * that differ may be one Float. */
static bool is_known(const struct zpl_unique_table *table, const struct zpl_row *row, uint32_t i)
{
    const char *name = table->columns[i].name;
    return (name == NULL || zpl_text_equal_nocase(name, row->columns[i].name)) &&
           (row->columns[i].type->kind != ZPL_FLOAT || table->columns[i].kind == ZPL_FLOAT);
}

void zpl_unique_answer(struct zpl_unique *u, const struct zpl_json *tree,
                       struct zpl_bind_answer *answer, struct zpl_arena *arena)
{
    const struct zpl_unique_table *table = zpl_unique_of(u, tree, NULL);
    struct zpl_row_key *keys = zpl_arena_array(arena, table->key_count, sizeof *keys);
    if (keys == NULL || table->lost || table->count != answer->row->count)
        return;
    answer->keys = keys;
    for (size_t k = 0; k < table->key_count; k++) {
        uint32_t *columns = zpl_arena_array(arena, table->keys[k].count, sizeof *columns);
        bool known = columns != NULL;
        for (size_t i = 0; known && i < table->keys[k].count; i++) {
            columns[i] = table->keys[k].columns[i];
            known = is_known(table, answer->row, columns[i]);
        }
        if (known)
            keys[answer->key_count++] = (struct zpl_row_key){columns, table->keys[k].count};
    }
}
