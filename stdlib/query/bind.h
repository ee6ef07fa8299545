/* bind.h - DuckDB as the checker's engine: types of queries.  Called in a worker.
 * Implements a function of lang/check/engine.h.   Floor: stdlib. */
#ifndef ZPL_STDLIB_QUERY_BIND_H
#define ZPL_STDLIB_QUERY_BIND_H

#include "lang/check/engine.h"

enum zpl_err zpl_duck_bind(const struct zpl_bind_request *request, struct zpl_bind_answer *answer,
                           struct zpl_arena *arena, struct zpl_diags *diags);

#endif
