/* datafile.h - files that people name, as tables: what is in them, and how SQL reads them.
 * Promise: what the schema says at check time is what is read at run time, because both find it in
 * the same way: a Parquet file says itself; of a CSV file (RFC 4180, UTF-8, quotes ") header and
 * types are guessed from its first 20,480 rows, and the delimiter is that of , ; tab | which stands
 * most often in the first line, unless they are given.  Dates and timestamps are guessed only where
 * they are written as in ISO 8601; anything else is text.
 * Owns: everything is in the caller's arena.
 * Errors: what is wrong with the file is *why, in words that follow its path.   Floor: stdlib. */
#ifndef ZPL_TABLE_DATAFILE_H
#define ZPL_TABLE_DATAFILE_H

#include "lang/types/type.h"
#include "stdlib/table/duck.h"

struct zpl_datafile_options {
    const char *format;           /* "csv", "parquet" */
    const char *path;             /* among the session's paths */
    const char *delimiter;        /* CSV; NULL: guessed */
    bool header_given, header;    /* CSV; not given: guessed */
    const struct zpl_row *naming; /* the declared columns, or NULL: they name those of a CSV file
                                     without a header, and no others have to be readable */
};
struct zpl_datafile {
    const char *from;          /* what stands behind FROM; of CSV every column is VARCHAR */
    const struct zpl_row *row; /* columns as stored; type NULL: zpl has none */
    const char *note;          /* how they were found, or NULL */
};

enum zpl_err zpl_datafile_open(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                               struct zpl_datafile *out, const char **why, struct zpl_arena *arena,
                               struct zpl_diags *diags);
/* Is there a regular file that can be read, of that format?  NULL: yes; else words that follow its
 * path.  Opens no database. */
const char *zpl_datafile_problem(const char *format, const char *path, struct zpl_arena *arena);

#endif
