/* guard_order.h - does an order tell all rows of a query apart?  It does where its keys hold a `unique` column of
 * every table that the rows are made of, the keys of the groups, or all of the result; followed by name
 * through subqueries and WITH.
 * Owns: nothing.   Errors: what can't be followed is not told apart.   Floor: stdlib, private to guard. */
#ifndef ZPL_TABLE_GUARD_ORDER_H
#define ZPL_TABLE_GUARD_ORDER_H

#include "lang/base/json.h"
#include "lang/check/engine.h"

/* The WITHs around a query. */
struct zpl_order_scope {
    const struct zpl_order_scope *outer;
    const struct zpl_json *map;
};
/* Keys of an order, at most this many; of more the first count. */
#define ZPL_ORDER_KEYS_MAX 32
struct zpl_order_keys {
    const struct zpl_json *items[ZPL_ORDER_KEYS_MAX]; /* expressions */
    size_t count;
};
/* Adds the expressions of an array, of its items' "expression" where they have one. */
void zpl_order_add(struct zpl_order_keys *keys, const struct zpl_json *list);

/* Are the rows that a query's FROM and groups make told apart by the keys? */
bool zpl_order_is_total(const struct zpl_bind_request *request, const struct zpl_json *query,
                        const struct zpl_order_scope *scope, const struct zpl_order_keys *keys);
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
