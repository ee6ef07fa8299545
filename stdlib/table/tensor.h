/* tensor.h - Tensors in tables.
 * A column of a Tensor is stored as BLOBs: of each value its elements row by row (C order), little-endian, a bool in
 * a byte that is 0 or 1; nothing else, since the shape is the type's.  All values of a column have one shape, and
 * no null is inside of one; a row may have none.
 * Queries, kernels and bodies other than Python's see it as a list of its elements in the same order: in Arrow `+l`
 * of `f` for f32, and `g c s i l C S I L b` for f64 i8 i16 i32 i64 u8 u16 u32 u64 bool.  In a batch of
 * zpl_scan_stream() the child holds the elements of the batch's rows one behind the other without nulls, so value r
 * begins at its element offsets[r] and has as many as each other; a row without a value is null, with none.
 * Owns: nothing.   Errors: false or NULL with words, as convert.h.   Floor: stdlib. */
#ifndef ZPL_TABLE_TENSOR_H
#define ZPL_TABLE_TENSOR_H

#include "lang/types/tensor.h"
#include "stdlib/table/duck.h"

/* Makes the functions that the expressions below call known to a database. */
enum zpl_err zpl_tensor_register(struct zpl_duck *duck, struct zpl_diags *diags);

/* What is stored, as a list: of column or expression x. */
void zpl_tensor_shown(const struct zpl_type *type, const char *x, struct zpl_buf *out);
/* What a list, nested as the Tensor is or flat, or an array, or the stored bytes are stored as; NULL where they are
 * no such Tensor. */
void zpl_tensor_made(const struct zpl_type *type, const char *x, struct zpl_buf *out);
/* Why they are none, in words that follow "column 'x' ": "has 783 values, and Tensor f32[784] has 784". */
void zpl_tensor_why(const struct zpl_type *type, const char *x, struct zpl_buf *out);

/* Could a value of a DuckDB type be one, and may a column be of the Tensor at all?  NULL: yes; else words. */
const char *zpl_tensor_refused(const struct zpl_duck_api *api, duckdb_logical_type from,
                               const struct zpl_type *type, struct zpl_arena *arena);
/* The type of what stands in lists and arrays, and how many of them are around it. */
duckdb_type zpl_tensor_innermost(const struct zpl_duck_api *api, duckdb_logical_type from,
                                 size_t *depth);
/* The bytes of a value; 0: a dimension is a name. */
uint64_t zpl_tensor_bytes(const struct zpl_type *type);

/* Figures of elements; min and max of those that are numbers, false and true being 0 and 1. */
struct zpl_tensor_figures {
    uint64_t count, nan;
    double min, max, sum;
};
/* Adds elements, which need not be aligned; the first time to a zeroed struct. */
void zpl_tensor_look(const struct zpl_tensor_element *element, const void *bytes, uint64_t count,
                     struct zpl_tensor_figures *figures);
/* The element at a place. */
double zpl_tensor_at(const struct zpl_tensor_element *element, const void *bytes, uint64_t at);
/* Figures of one stored value as SQL: a list of number of elements, of NaN, minimum, maximum and sum. */
void zpl_tensor_figures_sql(const struct zpl_type *type, const char *x, struct zpl_buf *out);

#endif
