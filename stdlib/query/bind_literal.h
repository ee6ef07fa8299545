/* bind_literal.h - constants of a query that can never become what they are cast to: `late = 'maybe'` of
 * a Bool, DATE '2024-13-01'.  The engine's plan says which constants are cast to what, also where the
 * query does not write the cast; the engine tries each.  Within TRY_CAST and TRY() nothing is told.
 * Owns: nothing; answers are in the caller's arena.
 * Errors: none: what can't be found out is left to the run.
 * Limits: LITERALS_MAX casts of a query.   Floor: stdlib. */
#ifndef ZPL_QUERY_BIND_LITERAL_H
#define ZPL_QUERY_BIND_LITERAL_H

#include "lang/base/json.h"
#include "lang/check/engine.h"
#include "stdlib/table/duck.h"

/* Fills *error with the first of them in the text.  `tree` is the query's; the request's tables are
 * there as views.  False when memory is out. */
bool zpl_bind_literal(struct zpl_duck *duck, const struct zpl_bind_request *request,
                      const struct zpl_json *tree, struct zpl_bind_error *error,
                      struct zpl_arena *arena);

#endif
