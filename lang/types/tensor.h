/* tensor.h - what a Tensor is made of: elements of one fixed width, and dimensions.
 * A dimension is a number, or a name that stands for one.  In a column all values have one shape, so at most one
 * of a column's dimensions may be a name: how long a value is then says the number.
 * Owns: nothing.   Floor: lang/types. */
#ifndef ZPL_TYPES_TENSOR_H
#define ZPL_TYPES_TENSOR_H

#include <stdint.h>
#include "lang/types/type.h"

enum zpl_tensor_form { ZPL_TENSOR_BOOL, ZPL_TENSOR_SIGNED, ZPL_TENSOR_UNSIGNED, ZPL_TENSOR_REAL };
struct zpl_tensor_element {
    const char *name; /* "f32" */
    unsigned bytes;   /* 1, 2, 4 or 8; of a bool 1, which is 0 or 1 */
    enum zpl_tensor_form form;
    const char *sql; /* as DuckDB calls it: "FLOAT" */
};
#define ZPL_TENSOR_ELEMENTS 11
extern const struct zpl_tensor_element zpl_tensor_elements[ZPL_TENSOR_ELEMENTS];
/* NULL: no element type has this name. */
const struct zpl_tensor_element *zpl_tensor_element(const char *name);
/* What to write for a name that others have for such elements; NULL: nothing is known. */
const char *zpl_tensor_foreign(const char *name);

/* The most dimensions: as many as every NumPy has. */
#define ZPL_TENSOR_RANK_MAX 32
/* The most bytes that one value may have. */
#define ZPL_TENSOR_BYTES_MAX ((uint64_t)1 << 31)
/* The product of the dimensions that are numbers, and how many are names.  False: it would be more than
 * ZPL_TENSOR_BYTES_MAX. */
bool zpl_tensor_size(const struct zpl_type *type, uint64_t *count, size_t *names);

/* List(Float), List(Int) or List(Bool): its elements row by row, for bodies that know no Tensors.  The
 * Floats of an f32 have its name as their dtype: the nearest one is meant. */
const struct zpl_type *zpl_tensor_list(const struct zpl_type *type);

struct zpl_parser;
/* Reads what follows the word Tensor, as in "f32[3, n]"; false: the parser has failed. */
bool zpl_parse_tensor(struct zpl_parser *p, struct zpl_type *type);

#endif
