/* bind_scope.h - what could have been named where a query names a column that is not there.
 * The syntax tree says which SELECT the place is in and what that one reads; what a subquery or a
 * name of a WITH gives is asked of the engine.
 * Owns: nothing; answers are in the caller's arena.
 * Errors: none: what can't be found out is left out.   Floor: stdlib. */
#ifndef ZPL_QUERY_BIND_SCOPE_H
#define ZPL_QUERY_BIND_SCOPE_H

#include "lang/base/json.h"
#include "lang/check/engine.h"
#include "stdlib/table/duck.h"

/* Fills scope of an error about an unknown column, and its place where the engine gave none (a column
 * of EXCLUDE, REPLACE and USING).
 * The request's tables are there as views. */
void zpl_bind_scope(struct zpl_duck *duck, const struct zpl_bind_request *request,
                    const struct zpl_json *tree, struct zpl_bind_error *error,
                    struct zpl_arena *arena);
/* Gives an error about a UNION (EXCEPT, INTERSECT) of sides that differ its place and its numbers. */
void zpl_bind_sides(struct zpl_duck *duck, const struct zpl_bind_request *request,
                    const struct zpl_json *tree, struct zpl_bind_error *error,
                    struct zpl_arena *arena);

#endif
