/* feed.h - rows that arrive from somewhere, as a table that DuckDB reads in full chunks.
 * Promise: every chunk but the last has exactly 2,048 rows (or the limit that was set), whatever the sizes in
 * which they arrive: full chunks are passed on as they are, others are packed.  Behind the columns stands one named
 * ZPL_CONVERT_ROW with the row's number, from 1, for what is to be said of a value.
 * Owns: a feed owns the result or stream it was given, until zpl_feed_release().
 * Errors: STEP_OUTPUT for an Arrow column of a type that tables have none for; what a stream says
 * when it fails is told by the query that reads the feed.
 * Limits: a feed can be read once, by one query.   Floor: stdlib. */
#ifndef ZPL_TABLE_FEED_H
#define ZPL_TABLE_FEED_H

#include "stdlib/kernel.h"
#include "stdlib/table/convert.h"

#define ZPL_FEED_ROWS 2048 /* of a full chunk: DuckDB's vectors have no more */

struct zpl_feed; /* opaque */

/* Takes the result of a query, also on failure. */
enum zpl_err zpl_feed_of_result(struct zpl_duck *duck, duckdb_result *result, struct zpl_feed **out,
                                struct zpl_diags *diags);
/* Takes the stream, also on failure: then it is released. */
enum zpl_err zpl_feed_of_stream(struct zpl_duck *duck, struct ArrowArrayStream *stream,
                                struct zpl_feed **out, struct zpl_diags *diags);
/* Rows that `next` gives: a chunk for the feed to destroy; NULL at the end and, with *why, on
 * failure.  `columns` are borrowed. */
typedef duckdb_data_chunk zpl_feed_next_fn(void *self, const char **why);
enum zpl_err zpl_feed_of_chunks(struct zpl_duck *duck, const struct zpl_relation *columns,
                                zpl_feed_next_fn *next, void *self, struct zpl_feed **out,
                                struct zpl_diags *diags);
void zpl_feed_release(struct zpl_feed *feed); /* NULL is fine; after the query */

/* Chunks of at most `rows` rows, for rows that are large; before it is read. */
void zpl_feed_limit(struct zpl_feed *feed, int64_t rows);
/* What stands behind FROM to read it. */
const char *zpl_feed_name(const struct zpl_feed *feed);
/* Without the row's number. */
const struct zpl_relation *zpl_feed_columns(const struct zpl_feed *feed);

#endif
