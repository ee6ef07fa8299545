/* write.h - the one writer of tables: canonical Parquet.
 * Promise: the bytes depend on the rows, their order and types, and on the engine's version; not on
 * how the rows arrived: every row group but the last has exactly zpl_write_group_rows() rows, columns
 * have the types of zpl (convert.h), snappy.
 * How: DuckDB ends a row group when the chunks it was given reach the size, so a filter or a union
 * before it moves the ends.  The rows are therefore collected in order and handed over in full
 * chunks of 2,048 (feed.h), 60 to a group.
 * Owns: nothing.  `path` must be among the session's paths.
 * Errors: ZPL_ERR_STEP, STEP_OUTPUT when the columns are not those that were declared, and for a value
 * that does not fit its column's type, with its row (from 1, of what is written) and column.
 * Memory: that of the rows of a query, uncompressed; of a stream, that of a row group.
 * Floor: stdlib. */
#ifndef ZPL_TABLE_WRITE_H
#define ZPL_TABLE_WRITE_H

#include "stdlib/kernel.h"
#include "stdlib/table/feed.h"

struct zpl_write_param {
    const char *name; /* of `$name` in the query; one that it does not use is passed over */
    const struct zpl_literal *value;
};
struct zpl_write {
    const char *query; /* one SELECT, no semicolon */
    const struct zpl_write_param *params;
    size_t param_count;
    const struct zpl_row *row; /* the declared columns, in order; an open row (or NULL) is
                                         followed by the others */
    const char *path;
};

/* Rows of a row group: ZPL_DUCK_GROUP_ROWS, less where the Tensors of a row are large: then some 64 MiB of them. */
int64_t zpl_write_group_rows(const struct zpl_row *row);
/* Writes what the query gives; its columns are found by name and turned into the declared types. */
enum zpl_err zpl_write_query(struct zpl_duck *duck, const struct zpl_write *write,
                             struct zpl_diags *diags);
/* Consumes the stream, also on failure. */
enum zpl_err zpl_write_stream(struct zpl_duck *duck, struct ArrowArrayStream *in,
                              const struct zpl_row *row, const char *path, struct zpl_diags *diags);
/* The rows of a feed, which the caller releases. */
enum zpl_err zpl_write_feed(struct zpl_duck *duck, struct zpl_feed *feed, const struct zpl_row *row,
                            const char *path, struct zpl_diags *diags);
/* `query` with each of `params` bound; the caller destroys the result.  What is told of a place counts
 * lines from the query's second one: the first is the writer's. */
enum zpl_err zpl_write_execute(struct zpl_duck *duck, const char *query,
                               const struct zpl_write_param *params, size_t param_count,
                               duckdb_result *out, struct zpl_diags *diags);

#endif
