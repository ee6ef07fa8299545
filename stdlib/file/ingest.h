/* ingest.h - files that people name become one stored table of the declared type, in their order.
 * Promise: every value is what the file says, or the step fails and names file, row, column and
 * value.
 * Owns: nothing.   Errors: non-zero after telling: SOURCE_READ, SOURCE_SCHEMA.   Floor: stdlib. */
#ifndef ZPL_FILE_INGEST_H
#define ZPL_FILE_INGEST_H

#include "stdlib/context.h"
#include "stdlib/file/datafile.h"

/* One of the files. */
struct zpl_ingest_file {
    const char *path;
    const char *shown; /* what messages call it */
};
/* Reads the files that the param `path` names, one or a list, into the output `rows`. */
int zpl_ingest(struct zpl_kernel_context *ctx, struct zpl_datafile_options *options);
/* Reads files into a stored table at `out`; the path of the options is not looked at. */
int zpl_ingest_files(struct zpl_context *context, const struct zpl_datafile_options *options,
                     const struct zpl_ingest_file *files, size_t count, const struct zpl_type *type,
                     const char *out);

#endif
