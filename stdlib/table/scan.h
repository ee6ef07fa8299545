/* scan.h - stored tables as Arrow streams for kernels and as views for SQL.
 * Promise: a reader meets exactly the columns it was said to read: a stream holds no others, and a
 * view answers a query that touches another with an error, so nothing unkeyed shapes an output.
 * Rows come in stored order, a few row groups at a time.
 * Owns: a stream owns its connection until its release().
 * Errors: ZPL_ERR_STEP; a stream that fails later says why by get_last_error().
 * Limits: one slab of ZPL_SCAN_GROUPS row groups in memory.   Floor: stdlib. */
#ifndef ZPL_TABLE_SCAN_H
#define ZPL_TABLE_SCAN_H

#include "stdlib/kernel.h"
#include "stdlib/table/convert.h"

#define ZPL_SCAN_GROUPS 8

struct zpl_scan {
    const char *path;          /* among the session's paths */
    const struct zpl_row *row; /* its declared columns, or NULL: as stored */
    bool all;                  /* every column … */
    const char *const *reads;  /* … or these */
    size_t read_count;
};

/* Batches of at most 2,048 rows; no batch at all when no column is read. */
enum zpl_err zpl_scan_stream(struct zpl_duck *duck, const struct zpl_scan *scan,
                             struct ArrowArrayStream *out, struct zpl_diags *diags);
/* Makes the table known to SQL by `name`, with every declared column (of an open or no row: every
 * stored one). */
enum zpl_err zpl_scan_view(struct zpl_duck *duck, const char *name, const struct zpl_scan *scan,
                           struct zpl_diags *diags);

#endif
