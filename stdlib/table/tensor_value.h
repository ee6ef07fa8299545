/* tensor_value.h - the values of a vector of DuckDB as Tensors.
 * Promise: an element becomes one that is equal to it, or the value is wrong.
 * Owns: a source owns its room for bytes, until zpl_tensor_source_close().   Floor: stdlib, private to tensor.c. */
#ifndef ZPL_TABLE_TENSOR_VALUE_H
#define ZPL_TABLE_TENSOR_VALUE_H

#include "lang/types/signature.h"
#include "lang/types/tensor.h"
#include "stdlib/table/duck.h"

/* Lists, arrays and what they hold: one a level. */
struct zpl_tensor_level {
    duckdb_type type;
    duckdb_vector vector;
    const void *data;
    const uint64_t *validity; /* NULL: there is no null */
    idx_t width;              /* of an ARRAY */
};
#define ZPL_TENSOR_LEVELS_MAX (ZPL_TENSOR_RANK_MAX + 1)
struct zpl_tensor_source {
    const struct zpl_duck_api *api;
    const struct zpl_type *type;
    const struct zpl_tensor_element *element;
    const char *shown; /* the type as text */
    size_t rank;
    uint64_t fixed; /* product of the dimensions that are numbers */
    bool open;      /* one is a name */
    struct zpl_tensor_level levels[ZPL_TENSOR_LEVELS_MAX];
    size_t count; /* of them; the last one holds the elements */
    uint64_t found[ZPL_TENSOR_LEVELS_MAX];
    char *room;
    size_t capacity, used;
    char why[400]; /* of the last value that was wrong */
};
enum zpl_tensor_fit { ZPL_TENSOR_FITS, ZPL_TENSOR_NULL, ZPL_TENSOR_WRONG, ZPL_TENSOR_STARVED };

/* False: memory is out. */
bool zpl_tensor_source_open(duckdb_vector vector, const struct zpl_type *type,
                            struct zpl_tensor_source *out, struct zpl_arena *arena);
void zpl_tensor_source_close(struct zpl_tensor_source *source);
/* The bytes of the value in a row, the source's until the next call. */
enum zpl_tensor_fit zpl_tensor_take(struct zpl_tensor_source *source, idx_t row, const char **bytes,
                                    size_t *n);
/* Whole numbers of up to 64 bits, FLOAT and DOUBLE; others are cast before. */
bool zpl_tensor_is_number(duckdb_type type);
/* The type whose values are stored as the element is. */
duckdb_type zpl_tensor_duck_type(const struct zpl_tensor_element *element);

#endif
