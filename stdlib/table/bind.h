/* bind.h - DuckDB as the checker's engine: types of queries and of files.  Called in a worker.
 * Implements the functions of lang/check/engine.h.   Floor: stdlib. */
#ifndef ZPL_STDLIB_TABLE_BIND_H
#define ZPL_STDLIB_TABLE_BIND_H

#include "lang/check/engine.h"

enum zpl_err zpl_duck_bind(const struct zpl_bind_request *request, struct zpl_bind_answer *answer,
                           struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_duck_schema(const struct zpl_schema_request *request,
                             struct zpl_schema_answer *answer, struct zpl_arena *arena,
                             struct zpl_diags *diags);

#endif
