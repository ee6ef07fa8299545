/* feed_arrow.h - an Arrow C stream as DuckDB chunks; for feed.c.
 * Owns: the stream, until zpl_arrow_chunks_release().
 * Errors: STEP_OUTPUT for a column of a type that tables have none for.
 * Limits: chunks of at most 2,048 rows; a chunk is valid until the next one is asked for.
 * Floor: stdlib. */
#ifndef ZPL_TABLE_FEED_ARROW_H
#define ZPL_TABLE_FEED_ARROW_H

#include "stdlib/kernel.h"
#include "stdlib/table/convert.h"

struct zpl_arrow_chunks; /* opaque */

/* Takes the stream, also on failure; *columns is the caller's to release, also on failure. */
enum zpl_err zpl_arrow_chunks_new(struct zpl_duck *duck, struct ArrowArrayStream *stream,
                                  struct zpl_arrow_chunks **out, struct zpl_relation *columns,
                                  struct zpl_arena *arena, struct zpl_diags *diags);
void zpl_arrow_chunks_release(struct zpl_arrow_chunks *chunks); /* NULL is fine */
/* The next rows, for the caller to destroy; NULL at the end and, with *why, on failure. */
duckdb_data_chunk zpl_arrow_chunks_next(struct zpl_arrow_chunks *chunks, const char **why);

#endif
