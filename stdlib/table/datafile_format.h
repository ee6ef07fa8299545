/* datafile_format.h - what datafile.c asks of each format.
 * Each fills row and `from` of a file that is there and of that format; *why is what is wrong with it.
 * Floor: stdlib, private to the datafile sources. */
#ifndef ZPL_TABLE_DATAFILE_FORMAT_H
#define ZPL_TABLE_DATAFILE_FORMAT_H

#include "stdlib/table/datafile.h"

/* Types are guessed from this many rows. */
#define ZPL_DATAFILE_SAMPLE 20480

typedef enum zpl_err zpl_datafile_format_fn(struct zpl_duck *duck,
                                            const struct zpl_datafile_options *options,
                                            struct zpl_datafile *out, struct zpl_row *row,
                                            const char **why, struct zpl_arena *arena,
                                            struct zpl_diags *diags);
zpl_datafile_format_fn zpl_datafile_csv;
zpl_datafile_format_fn zpl_datafile_json;
zpl_datafile_format_fn zpl_datafile_parquet;

/* The bytes of a value of a file as a message shows them, on one line; arena text. */
const char *zpl_datafile_quote(const char *s, size_t n, struct zpl_arena *arena);
/* "17 of 20 values are numbers; the first that is not stands in row 4: 'n/a'"; arena text. */
const char *zpl_datafile_clue(int64_t of, int64_t all, const char *what, int64_t row,
                              const char *value, struct zpl_arena *arena);
/* What is wrong with the text of a JSON file, with its line; NULL: nothing that we know of. */
const char *zpl_datafile_json_fault(const char *path, const char *said, struct zpl_arena *arena);

#endif
