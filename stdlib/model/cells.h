/* cells.h - the cells of one column of an Arrow batch, as numbers, texts or Tensors.
 * Promise: reads every Arrow layout that a zpl table column comes in: bool, integers of 8 to 64
 * bits, float32 and float64, utf8 with 32- or 64-bit offsets, and dictionaries of these; lists of numbers, which Tensors
 * are (stdlib/table/tensor.h).
 * Owns: nothing; cells point into the batch.   Errors: by return value.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_CELLS_H
#define ZPL_STDLIB_MODEL_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stdlib/kernel.h"

struct zpl_cells {
    char format;          /* the first letter of Arrow's format text */
    int64_t offset;       /* of the first cell in the buffers */
    int64_t count;        /* cells */
    const uint8_t *valid; /* a bit a cell; NULL: none is null */
    const void *values;   /* the numbers; for texts the offsets */
    const char *bytes;    /* of texts */
    /* Of a dictionary: its values, and above are the indexes into them. */
    const struct ArrowArray *dictionary;
    char dictionary_format;
    /* Of Tensors: all their elements, and above are the offsets of each row's. */
    const struct ArrowArray *elements;
    char element_format;
};

/* Takes child `child` of a batch.  false: a layout that is not read here. */
bool zpl_cells_open(struct zpl_cells *cells, const struct ArrowSchema *schema,
                    const struct ArrowArray *batch, int64_t child);
bool zpl_cells_are_text(const struct zpl_cells *cells);

/* Their cells are read by none of the below but zpl_cells_null(). */
bool zpl_cells_are_tensors(const struct zpl_cells *cells);
/* The elements of all rows, one behind the other in element_format (bits for "b"), `each` a row; the first stands at
 * place *first of what is given.  NULL: rows have different numbers of them. */
const void *zpl_cells_elements(const struct zpl_cells *cells, int64_t *first, int64_t *each);

bool zpl_cells_null(const struct zpl_cells *cells, int64_t row);
/* A Bool is 0 or 1.  The cell must not be null, the column not of texts. */
double zpl_cells_number(const struct zpl_cells *cells, int64_t row);
/* The text's bytes, not NUL-terminated.  The cell must not be null, the column be of texts. */
const char *zpl_cells_text(const struct zpl_cells *cells, int64_t row, size_t *len);

#endif
