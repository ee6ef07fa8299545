/* npy.h - files of NumPy's format (.npy), which Tensors that are no columns are kept as.
 * Promise: a file whose header is read has exactly the bytes that its shape and elements need.
 * Owns: nothing; words and dimensions are in the caller's arena.
 * Errors: NULL or words that follow the name of the file ("is no .npy file").
 * Limits: a header of ZPL_NPY_HEADER_MAX bytes, ZPL_TENSOR_RANK_MAX dimensions; little-endian, of element types that
 * Tensors have.   Floor: stdlib. */
#ifndef ZPL_STDLIB_NPY_H
#define ZPL_STDLIB_NPY_H

#include "lang/base/arena.h"
#include "lang/types/tensor.h"

#define ZPL_NPY_HEADER_MAX 65536

struct zpl_npy {
    const struct zpl_tensor_element *element;
    bool fortran; /* the first dimension changes fastest */
    uint64_t dims[ZPL_TENSOR_RANK_MAX];
    size_t rank;
    uint64_t count;  /* of elements */
    uint64_t offset; /* of the first one */
};

const char *zpl_npy_read(const char *path, struct zpl_npy *out, struct zpl_arena *arena);
/* NULL, or how it is none of a Tensor's type: "is f32[3, 4], but Tensor f32[n, 3] is declared". */
const char *zpl_npy_differs(const struct zpl_npy *npy, const struct zpl_type *type,
                            struct zpl_arena *arena);
/* "f32[3, 4]" */
const char *zpl_npy_text(const struct zpl_npy *npy, struct zpl_arena *arena);

#endif
