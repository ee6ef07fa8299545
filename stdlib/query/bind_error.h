/* bind_error.h - DuckDB's errors as the checker's: which word, where, and what was meant.
 * Owns: nothing; texts are in the caller's arena.   Errors: none: what is not understood is passed on
 * as it is.   Floor: stdlib. */
#ifndef ZPL_QUERY_BIND_ERROR_H
#define ZPL_QUERY_BIND_ERROR_H

#include "lang/check/engine.h"

/* `words` is DuckDB's message with errors_as_json; `before` bytes stood before the request's SQL in
 * the text it is about. */
void zpl_bind_error_read(const struct zpl_bind_request *request, const char *words, size_t before,
                         struct zpl_bind_error *out, struct zpl_arena *arena);
/* The message of a query whose `*` comes to nothing. */
extern const char zpl_bind_no_columns[];
/* What DuckDB says of types that do not fit, with zpl's names for them; NULL when memory is out. */
const char *zpl_bind_words(const char *message, struct zpl_arena *arena);

#endif
