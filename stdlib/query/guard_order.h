/* guard_order.h - the keys of an order and what they mean; whether they tell rows apart says unique.h.
 * Owns: nothing.   Floor: stdlib, private to guard. */
#ifndef ZPL_QUERY_GUARD_ORDER_H
#define ZPL_QUERY_GUARD_ORDER_H

#include "lang/base/json.h"

/* Keys of an order, at most this many; of more the first count. */
#define ZPL_ORDER_KEYS_MAX 32
struct zpl_order_keys {
    const struct zpl_json *items[ZPL_ORDER_KEYS_MAX]; /* expressions */
    size_t count;
};
/* Adds the expressions of an array, of its items' "expression" where they have one. */
void zpl_order_add(struct zpl_order_keys *keys, const struct zpl_json *list);

/* What a key of a SELECT stands for: the item of that place or alias, else itself. */
const struct zpl_json *zpl_order_meant(const struct zpl_json *query, const struct zpl_json *key);
/* Does an item of the SELECT make several rows of one: unnest()?  The result's rows are others then. */
bool zpl_order_multiplies(const struct zpl_json *query);
/* Are there no two rows of the result that are alike in the keys and still differ? */
bool zpl_order_covers(const struct zpl_json *query, const struct zpl_order_keys *keys);
/* The same expression, wherever it stands and whatever it is called? */
bool zpl_order_same(const struct zpl_json *a, const struct zpl_json *b);
/* What an item of a SELECT is called, NULL: by its own words. */
const char *zpl_order_name(const struct zpl_json *item);
/* Is an expression one of the keys? */
bool zpl_order_has(const struct zpl_order_keys *keys, const struct zpl_json *expression);

#endif
