/* stored.h - what a stored table holds: columns, rows, digests; read from its bytes.
 * Promise: two columns have one digest only if they have the same type and the same bytes, whatever
 * else is in their files and in whatever order; the file's digest is the SHA-256 of all its bytes.
 * Both are made in one pass over the file.
 * Owns: everything is in the caller's arena.
 * Errors: ZPL_ERR_STEP for a file that is no Parquet, or whose columns nest; ZPL_ERR_IO.
 * Floor: stdlib. */
#ifndef ZPL_TABLE_STORED_H
#define ZPL_TABLE_STORED_H

#include "lang/base/digest.h"
#include "lang/types/type.h"
#include "stdlib/table/duck.h"

struct zpl_stored_column {
    const char *name;
    const char *type;         /* DuckDB's, "BIGINT" */
    struct zpl_digest digest; /* of the type and the column's chunks in the file */
    uint64_t bytes;           /* of these chunks */
};
struct zpl_stored {
    int64_t rows;
    const struct zpl_stored_column *columns;
    size_t column_count;
    struct zpl_digest digest;
    uint64_t bytes;
    bool canonical; /* every row group but the last has zpl_write_group_rows() */
};

/* `row`: its declared columns, of which Tensors count by their types and say how many rows a group has; or NULL. */
enum zpl_err zpl_stored_read(struct zpl_duck *duck, const char *path, const struct zpl_row *row,
                             struct zpl_stored *out, struct zpl_arena *arena,
                             struct zpl_diags *diags);

#endif
