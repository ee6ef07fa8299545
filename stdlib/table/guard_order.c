/* guard_order.c - see guard_order.h.   Floor: stdlib. */
#include "stdlib/table/guard_order.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/table/guard.h"
#include "stdlib/table/origin.h"

#define DEPTH_MAX 16 /* queries inside each other that are followed; a recursive WITH ends so */

/* Below, `bare` keys: what stands before a name does not count, since it is of a query around. */
struct looking {
    const struct zpl_bind_request *request;
    unsigned depth;
};

static bool is_whole(struct looking *l, const struct zpl_json *query,
                     const struct zpl_order_scope *scope, const struct zpl_order_keys *keys,
                     bool bare);

void zpl_order_add(struct zpl_order_keys *keys, const struct zpl_json *list)
{
    for (size_t i = 0; i < zpl_json_count(list) && keys->count < ZPL_ORDER_KEYS_MAX; i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        const struct zpl_json *expression = zpl_json_get(item, "expression");
        keys->items[keys->count++] = expression != NULL ? expression : item;
    }
}

bool zpl_order_same(const struct zpl_json *a, const struct zpl_json *b)
{
    enum zpl_json_kind kind = zpl_json_kind(a);
    const struct zpl_json *x = zpl_json_get(a, "column_names"),
                          *y = zpl_json_get(b, "column_names");
    if (x != NULL && y != NULL && (zpl_json_count(x) == 1 || zpl_json_count(y) == 1))
        return zpl_text_equal_nocase(zpl_json_str(zpl_json_at(x, zpl_json_count(x) - 1), ""),
                                     zpl_json_str(zpl_json_at(y, zpl_json_count(y) - 1), "-"));
    if (kind != zpl_json_kind(b) || zpl_json_count(a) != zpl_json_count(b))
        return false;
    if (kind == ZPL_JSON_STRING)
        return zpl_text_equal_nocase(zpl_json_str(a, ""), zpl_json_str(b, ""));
    if (kind == ZPL_JSON_BOOL)
        return zpl_json_truth(a, false) == zpl_json_truth(b, false);
    if (kind != ZPL_JSON_OBJECT && kind != ZPL_JSON_ARRAY)
        return zpl_json_i64(a, 0) == zpl_json_i64(b, 0) && zpl_json_f64(a, 0) == zpl_json_f64(b, 0);
    for (size_t i = 0; i < zpl_json_count(a); i++) {
        const char *key = kind == ZPL_JSON_OBJECT ? zpl_json_key_at(a, i) : "";
        bool layout = strcmp(key, "query_location") == 0 || strcmp(key, "alias") == 0;
        if (!layout && kind == ZPL_JSON_OBJECT &&
            !zpl_order_same(zpl_json_value_at(a, i), zpl_json_get(b, key)))
            return false;
        if (kind == ZPL_JSON_ARRAY && !zpl_order_same(zpl_json_at(a, i), zpl_json_at(b, i)))
            return false;
    }
    return true;
}

bool zpl_order_has(const struct zpl_order_keys *keys, const struct zpl_json *expression)
{
    for (size_t i = 0; i < keys->count; i++)
        if (zpl_order_same(keys->items[i], expression))
            return true;
    return false;
}

const char *zpl_order_name(const struct zpl_json *item)
{
    const struct zpl_json *names = zpl_json_get(item, "column_names");
    const char *alias = zpl_guard_text(item, "alias");
    return alias != NULL ? alias
                         : zpl_json_str(zpl_json_at(names, zpl_json_count(names) - 1), NULL);
}

/* What a key of a SELECT stands for: the item of that place or alias, else itself. */
static const struct zpl_json *meant(const struct zpl_json *query, const struct zpl_json *key)
{
    const struct zpl_json *list = zpl_json_get(query, "select_list");
    const struct zpl_json *names = zpl_json_get(key, "column_names");
    long place = zpl_guard_is(key, "VALUE_CONSTANT")
                     ? (long)zpl_json_i64(zpl_json_get(zpl_json_get(key, "value"), "value"), 0)
                     : 0;
    if (place > 0 && (size_t)place <= zpl_json_count(list))
        return zpl_json_at(list, (size_t)place - 1);
    for (size_t i = 0; zpl_json_count(names) == 1 && i < zpl_json_count(list); i++) {
        const char *alias = zpl_guard_text(zpl_json_at(list, i), "alias");
        if (alias != NULL && zpl_text_equal_nocase(alias, zpl_json_str(zpl_json_at(names, 0), "")))
            return zpl_json_at(list, i);
    }
    return key;
}

static struct zpl_order_keys all_meant(const struct zpl_json *query,
                                       const struct zpl_order_keys *keys)
{
    struct zpl_order_keys out = {.count = keys->count};
    for (size_t i = 0; i < keys->count; i++)
        out.items[i] = meant(query, keys->items[i]);
    return out;
}

/* Does an expression, without the queries below it, call unnest(), or a macro that does? */
static bool unnests(const struct zpl_json *v)
{
    static const char *const functions[] = {"unnest", "unlist", "generate_subscripts",
                                            "regexp_split_to_table"};
    bool array = zpl_json_kind(v) == ZPL_JSON_ARRAY;
    const char *name = zpl_guard_is(v, "FUNCTION") ? zpl_guard_text(v, "function_name") : NULL;
    if (ZPL_TEXT_AMONG(name, functions))
        return true;
    for (size_t i = 0; !zpl_guard_is(v, "SUBQUERY") && i < zpl_json_count(v); i++)
        if (unnests(array ? zpl_json_at(v, i) : zpl_json_value_at(v, i)))
            return true;
    return false;
}

bool zpl_order_multiplies(const struct zpl_json *query)
{
    return unnests(zpl_json_get(query, "select_list"));
}

/* Does a key name this column of what a FROM calls `source`? */
static bool names(const struct zpl_json *key, const char *source, const char *name, bool bare)
{
    const struct zpl_json *words = zpl_json_get(key, "column_names");
    size_t count = zpl_json_count(words);
    if (!zpl_guard_is(key, "COLUMN_REF") || count == 0 ||
        !zpl_text_equal_nocase(zpl_json_str(zpl_json_at(words, count - 1), ""), name))
        return false;
    return bare || count == 1 ||
           zpl_text_equal_nocase(zpl_json_str(zpl_json_at(words, count - 2), ""), source);
}

/* Do the keys tell apart the rows of a query that a FROM calls `source`? */
static bool is_told_apart(struct looking *l, const struct zpl_json *query, const char *source,
                          const struct zpl_order_scope *outer, const struct zpl_order_keys *keys,
                          bool bare)
{
    const struct zpl_json *list = zpl_json_get(query, "select_list");
    const struct zpl_order_scope scope = {outer,
                                          zpl_json_get(zpl_json_get(query, "cte_map"), "map")};
    struct zpl_order_keys inner = {0};
    bool star = false;
    if (!zpl_guard_is(query, "SELECT_NODE") || zpl_order_multiplies(query) ||
        l->depth++ >= DEPTH_MAX)
        return false;
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        const char *name = zpl_order_name(item);
        star = star || zpl_guard_is(item, "STAR");
        for (size_t k = 0; name != NULL && k < keys->count; k++)
            if (names(keys->items[k], source, name, bare) && inner.count < ZPL_ORDER_KEYS_MAX)
                inner.items[inner.count++] = item;
    }
    for (size_t k = 0; star && k < keys->count && inner.count < ZPL_ORDER_KEYS_MAX; k++)
        inner.items[inner.count++] = keys->items[k];
    return is_whole(l, query, &scope, &inner, star);
}

static const struct zpl_json *find_with(const struct zpl_order_scope *scope, const char *name,
                                        const struct zpl_order_scope **where)
{
    for (; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < zpl_json_count(scope->map); i++) {
            const struct zpl_json *with = zpl_json_at(scope->map, i);
            *where = scope;
            if (zpl_text_equal_nocase(name, zpl_json_str(zpl_json_get(with, "key"), "")))
                return zpl_json_get(with, "value");
        }
    return NULL;
}

/* Do the keys hold a unique column of that table of the request? */
static bool has_unique(const struct looking *l, const char *table, const char *source,
                       const struct zpl_order_keys *keys, bool bare)
{
    for (size_t t = 0; t < l->request->table_count; t++) {
        const struct zpl_bind_table *given = &l->request->tables[t];
        for (size_t c = 0; zpl_text_equal_nocase(table, given->name) && c < given->row->count;
             c++) {
            const struct zpl_column *column = &given->row->columns[c];
            for (size_t k = 0; k < keys->count; k++)
                if (column->type != NULL && column->type->refine != NULL &&
                    column->type->refine->unique &&
                    names(keys->items[k], source, column->name, bare))
                    return true;
        }
    }
    return false;
}

/* Do the keys tell apart the rows of a FROM? */
static bool is_identified(struct looking *l, const struct zpl_json *from,
                          const struct zpl_order_scope *scope, const struct zpl_order_keys *keys,
                          bool bare)
{
    const char *table = zpl_json_str(zpl_json_get(from, "table_name"), "");
    const char *alias = zpl_guard_text(from, "alias"), *source = alias != NULL ? alias : table;
    const char *join = zpl_json_str(zpl_json_get(from, "join_type"), "");
    const struct zpl_order_scope *where = NULL;
    if (zpl_guard_is(from, "EMPTY"))
        return true;
    if (zpl_guard_is(from, "JOIN"))
        return is_identified(l, zpl_json_get(from, "left"), scope, keys, bare) &&
               (strcmp(join, "SEMI") == 0 || strcmp(join, "ANTI") == 0 ||
                is_identified(l, zpl_json_get(from, "right"), scope, keys, bare));
    if (zpl_json_count(zpl_json_get(from, "column_name_alias")) > 0)
        return false;
    if (zpl_guard_is(from, "SUBQUERY"))
        return is_told_apart(l, zpl_json_get(zpl_json_get(from, "subquery"), "node"), source, scope,
                             keys, bare);
    const struct zpl_json *with =
        zpl_guard_is(from, "BASE_TABLE") ? find_with(scope, table, &where) : NULL;
    if (with != NULL)
        return zpl_json_count(zpl_json_get(with, "aliases")) == 0 &&
               is_told_apart(l, zpl_json_get(zpl_json_get(with, "query"), "node"), source, where,
                             keys, bare);
    return zpl_guard_is(from, "BASE_TABLE") && has_unique(l, table, source, keys, bare);
}

/* Are all groups of a SELECT among the keys? */
static bool has_groups(const struct zpl_json *query, const struct zpl_order_keys *keys)
{
    const struct zpl_json *groups = zpl_json_get(query, "group_expressions");
    const struct zpl_json *list = zpl_json_get(query, "select_list");
    size_t count = zpl_json_count(groups);
    for (size_t i = 0; i < count; i++)
        if (!zpl_order_has(keys, meant(query, zpl_json_at(groups, i))))
            return false;
    for (size_t i = 0; count == 0 && i < zpl_json_count(list); i++) /* GROUP BY ALL */
        if (!zpl_origin_aggregates(zpl_json_at(list, i)) &&
            !zpl_order_has(keys, zpl_json_at(list, i)))
            return false;
    return zpl_json_count(zpl_json_get(query, "group_sets")) <= 1;
}

static bool is_whole(struct looking *l, const struct zpl_json *query,
                     const struct zpl_order_scope *scope, const struct zpl_order_keys *keys,
                     bool bare)
{
    const struct zpl_order_keys meant_keys = all_meant(query, keys);
    const char *handling = zpl_json_str(zpl_json_get(query, "aggregate_handling"), "");
    bool by_all = strcmp(handling, "FORCE_AGGREGATES") == 0;
    if (!zpl_guard_is(query, "SELECT_NODE"))
        return false;
    if (by_all || zpl_json_count(zpl_json_get(query, "group_expressions")) > 0)
        return has_groups(query, &meant_keys);
    if (zpl_origin_aggregates(zpl_json_get(query, "select_list")))
        return true; /* one row */
    return is_identified(l, zpl_json_get(query, "from_table"), scope, &meant_keys, bare);
}

bool zpl_order_is_total(const struct zpl_bind_request *request, const struct zpl_json *query,
                        const struct zpl_order_scope *scope, const struct zpl_order_keys *keys)
{
    struct looking l = {.request = request};
    return is_whole(&l, query, scope, keys, false);
}

bool zpl_order_covers(const struct zpl_json *query, const struct zpl_order_keys *keys)
{
    const struct zpl_json *first = query;
    while (zpl_guard_is(first, "SET_OPERATION_NODE"))
        first = zpl_json_get(first, "left");
    const struct zpl_json *list = zpl_json_get(first, "select_list");
    const struct zpl_order_keys meant_keys = all_meant(first, keys);
    for (size_t i = 0; i < keys->count; i++)
        if (zpl_guard_is(keys->items[i], "STAR"))
            return true; /* ORDER BY ALL */
    for (size_t i = 0; i < zpl_json_count(list); i++)
        if (zpl_guard_is(zpl_json_at(list, i), "STAR") ||
            !zpl_order_has(&meant_keys, zpl_json_at(list, i)))
            return false;
    return zpl_json_count(list) > 0;
}
