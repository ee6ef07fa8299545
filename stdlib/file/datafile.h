/* datafile.h - files that people name, as tables: what is in them, and how SQL reads them.
 * Promise: what the schema says at check time is what is read at run time, because both find it in
 * the same way.  A Parquet file says itself.  Of a CSV file (RFC 4180, UTF-8, quotes ") header and
 * types are guessed from its first 20,480 rows, and the delimiter is that of , ; tab | which stands
 * most often in the first line, unless they are given.  Of a JSON file (an object a line, or an array
 * of objects) keys and types are those of its first 20,480 objects.  Dates and timestamps are guessed
 * only where they are written as in ISO 8601, and numbers only where the type holds them as they are
 * written; anything else is text.
 * Owns: everything is in the caller's arena.
 * Errors: what is wrong with the file is *why, in words that follow its path.   Floor: stdlib. */
#ifndef ZPL_FILE_DATAFILE_H
#define ZPL_FILE_DATAFILE_H

#include "lang/types/type.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/duck.h"

struct zpl_datafile_options {
    const char *format;           /* "csv", "json", "parquet" */
    const char *path;             /* among the session's paths */
    const char *delimiter;        /* CSV; NULL: guessed */
    bool header_given, header;    /* CSV; not given: guessed */
    const struct zpl_row *naming; /* the declared columns, or NULL: they name those of a CSV file
                                     without a header, and no others have to be readable */
    bool look;                    /* also fill `looks`, which costs a second look at the rows */
};
/* What was seen of a column in the rows that its type was guessed from. */
struct zpl_datafile_look {
    bool empty;           /* no value at all: any type would do */
    bool arrays, objects; /* JSON: are there such values? */
    const char *clue;     /* what made the type no narrower one, or NULL */
    const char *misfit;   /* CSV: most values are not of the declared type, as words; or NULL */
};
struct zpl_datafile {
    const char *format;
    const char *from; /* what stands behind FROM; of CSV every column is VARCHAR, of JSON JSON */
    const struct zpl_row *row;             /* columns as stored; type NULL: zpl has none */
    const struct zpl_datafile_look *looks; /* one a column, or NULL */
    const char *note;                      /* how they were found, or NULL */
};

enum zpl_err zpl_datafile_open(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                               struct zpl_datafile *out, const char **why, struct zpl_arena *arena,
                               struct zpl_diags *diags);
/* Is there a regular file that can be read, of that format?  NULL: yes; else words that follow its
 * path.  Opens no database. */
const char *zpl_datafile_problem(const char *format, const char *path, struct zpl_arena *arena);
/* Does the format write down what has a value only: is a column that is not there one of nulls? */
bool zpl_datafile_is_sparse(const char *format);
/* Why the rows of the file could not be read to their end, when its text is at fault; `said` is what
 * DuckDB said.  NULL: the text is fine. */
const char *zpl_datafile_fault(const char *format, const char *path, const char *said,
                               struct zpl_arena *arena);
/* zpl_convert_column() of column `at` of the file, whose columns are `have`. */
bool zpl_datafile_column(const struct zpl_datafile *file, const struct zpl_relation *have,
                         size_t at, const struct zpl_type *to, enum zpl_convert mode,
                         struct zpl_buf *out, struct zpl_arena *arena, const char **why);
/* The same of a column whose type was guessed: what the guess would not have been made of does not
 * fit, though the type could take it: whole numbers that a Float rounds, `yes` as a Bool, 007 as an
 * Int. */
bool zpl_datafile_guessed(const struct zpl_datafile *file, const struct zpl_relation *have,
                          size_t at, const struct zpl_type *to, enum zpl_convert mode,
                          struct zpl_buf *out, struct zpl_arena *arena, const char **why);
/* A key of an object that is none of the row's columns, of a JSON file whose columns were found in
 * the first objects; *key stays NULL when there is none. */
enum zpl_err zpl_datafile_stray(struct zpl_duck *duck, const struct zpl_datafile *file,
                                const char *path, const struct zpl_row *row, int64_t *at,
                                const char **key, struct zpl_arena *arena, struct zpl_diags *diags);
/* What is told of a value of a file that is none of its column's type: words that follow it
 * ("which is no Int"), the type to declare instead, and what more to do (or ""). */
struct zpl_datafile_advice {
    const char *words, *type, *more;
};
struct zpl_datafile_advice zpl_datafile_advise(const char *value, const char *column,
                                               const struct zpl_type *to, struct zpl_arena *arena);
/* Why no value, or not all of those that were looked at, can be of the declared type: words that
 * follow the column's name; NULL: they may. */
const char *zpl_datafile_misfit(const struct zpl_datafile *file, const struct zpl_relation *have,
                                size_t at, const struct zpl_type *to, struct zpl_arena *arena);

/* The SQL expression that says, of a value that is no Tensor of the type, why. */
void zpl_datafile_tensor_why(const struct zpl_datafile *file, const struct zpl_relation *have,
                             size_t at, const struct zpl_type *to, struct zpl_buf *out,
                             struct zpl_arena *arena);

#endif
