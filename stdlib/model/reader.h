/* reader.h - the rows of a table input, batch by batch, with the columns a kernel asks for.
 * Owns: the stream, its schema and the current batch, until zpl_reader_release().
 * Errors: functions that return int give 0, or non-zero after ctx->fail() told why.
 * Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_READER_H
#define ZPL_STDLIB_MODEL_READER_H

#include "lang/base/arena.h"
#include "lang/types/type.h"
#include "stdlib/kernel.h"
#include "stdlib/model/cells.h"

struct zpl_reader {
    struct zpl_kernel_context *ctx;
    const char *input; /* its name in the signature */
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch; /* the current one; no release: none */
    int64_t first_row;       /* of the batch, from 0; after the last batch: how many there were */
    int64_t rows;            /* of the batch */
    int64_t *children;       /* where each asked column stands in the schema */
    struct zpl_cells *cells; /* of each asked column, in the batch */
    size_t count;            /* asked columns */
    bool tensors;            /* whoever reads takes columns of Tensors; else they are refused */
};

/* Opens input `input` to read the `count` columns `names`, and after them `last` (NULL: none). */
int zpl_reader_open(struct zpl_reader *reader, struct zpl_kernel_context *ctx, const char *input,
                    const char *const *names, size_t count, const char *last);
/* Goes to the next batch that has rows; *more is false after the last. */
int zpl_reader_next(struct zpl_reader *reader, bool *more);
/* Lets go of the current batch, of which columns may have been moved away. */
void zpl_reader_drop(struct zpl_reader *reader);
void zpl_reader_release(struct zpl_reader *reader); /* safe on a zeroed struct */

/* Writes the batch's cells of the first `count` asked columns as models want them, row after row,
 * NaN for null: out[batch.length × count].  Fails at a number that is infinite as a float32. */
int zpl_reader_floats(const struct zpl_reader *reader, size_t count, float *out);
/* The same of one of them, each cell `stride` after the one before. */
int zpl_reader_column(const struct zpl_reader *reader, size_t column, size_t stride, float *out);

/* Rows of a null in a column that may hold none: how many, and the first (from 1). */
struct zpl_nulls {
    int64_t count, first;
};
void zpl_nulls_add(struct zpl_nulls *nulls, const struct zpl_reader *reader, int64_t row);
/* Fails if there were any. */
int zpl_nulls_refuse(const struct zpl_nulls *nulls, const struct zpl_reader *reader,
                     const char *column);

/* The columns of the type that table `text` names, in stored order; in the arena. */
int zpl_table_row(struct zpl_kernel_context *ctx, const char *text, struct zpl_arena *arena,
                  const struct zpl_row **row);

#endif
