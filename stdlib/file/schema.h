/* schema.h - the columns of a file that a program names.  Called in a worker.
 * Implements a function of lang/check/engine.h.   Floor: stdlib. */
#ifndef ZPL_STDLIB_FILE_SCHEMA_H
#define ZPL_STDLIB_FILE_SCHEMA_H

#include "lang/check/engine.h"

enum zpl_err zpl_duck_schema(const struct zpl_schema_request *request,
                             struct zpl_schema_answer *answer, struct zpl_arena *arena,
                             struct zpl_diags *diags);

#endif
