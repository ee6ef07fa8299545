/* guard_order.c - see guard_order.h.   Floor: stdlib. */
#include "stdlib/query/guard_order.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"

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

const struct zpl_json *zpl_order_meant(const struct zpl_json *query, const struct zpl_json *key)
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
        out.items[i] = zpl_order_meant(query, keys->items[i]);
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
