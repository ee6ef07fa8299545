/* ingest.h - a file that people name becomes a stored table of the declared type.
 * Promise: every value is what the file says, or the step fails and names row, column and value.
 * Owns: nothing.   Errors: non-zero after telling: SOURCE_READ, SOURCE_SCHEMA.   Floor: stdlib. */
#ifndef ZPL_TABLE_INGEST_H
#define ZPL_TABLE_INGEST_H

#include "stdlib/context.h"
#include "stdlib/table/datafile.h"

/* Reads the file that the param `path` names into the output `rows`. */
int zpl_ingest(struct zpl_kernel_context *ctx, struct zpl_datafile_options *options);
/* Reads the file at options->path into a stored table at `out`; `shown` is what messages call it. */
int zpl_ingest_file(struct zpl_context *context, struct zpl_datafile_options *options,
                    const char *shown, const struct zpl_type *type, const char *out);

#endif
