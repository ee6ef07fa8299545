/* onnx.h - what the file of an ONNX model says of itself, read off its protobuf: no library is opened.
 * Numbers of element types are those of onnx.TensorProto.DataType.
 * Owns: texts are copies in the caller's arena.
 * Errors: false with words of what is wrong with the file (NULL: memory is out).   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_ONNX_H
#define ZPL_STDLIB_MODEL_ONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"

#define ZPL_ONNX_RANK_MAX 8

enum zpl_onnx_element {
    ZPL_ONNX_NONE = 0, /* no tensor: a sequence, a map */
    ZPL_ONNX_FLOAT = 1,
    ZPL_ONNX_UINT8 = 2,
    ZPL_ONNX_INT8 = 3,
    ZPL_ONNX_UINT16 = 4,
    ZPL_ONNX_INT16 = 5,
    ZPL_ONNX_INT32 = 6,
    ZPL_ONNX_INT64 = 7,
    ZPL_ONNX_STRING = 8,
    ZPL_ONNX_BOOL = 9,
    ZPL_ONNX_DOUBLE = 11,
    ZPL_ONNX_UINT32 = 12,
    ZPL_ONNX_UINT64 = 13
};
struct zpl_onnx_value {
    const char *name;
    int element;
    bool shaped; /* the rank is known */
    size_t rank;
    int64_t dims[ZPL_ONNX_RANK_MAX];        /* -1: any */
    const char *symbols[ZPL_ONNX_RANK_MAX]; /* what one that may be any is called, or NULL */
};
struct zpl_onnx_count {
    const char *name;
    int64_t count;
};
struct zpl_onnx {
    int64_t ir_version;
    const char *producer, *producer_version; /* "" when it does not say */
    struct zpl_onnx_count *opsets;           /* version of each domain; "" is ONNX's own */
    size_t opset_count, opset_capacity;
    struct zpl_onnx_value *inputs; /* without those that the file gives a value itself */
    size_t input_count, input_capacity;
    struct zpl_onnx_value *outputs;
    size_t output_count, output_capacity;
    struct zpl_onnx_count
        *operators; /* by falling number, then by name; also those within others */
    size_t operator_count, operator_capacity;
    int64_t nodes;
    const char *recorded; /* what zpl recorded: the metadata "zpl"; NULL: nothing */
    const char *outside;  /* a tensor whose values stand in another file; NULL: there is none */
};

bool zpl_onnx_read(const void *data, size_t len, struct zpl_onnx *out, struct zpl_arena *arena,
                   const char **words);
/* "f32", "i64", "string" …; "no tensor" for NONE. */
const char *zpl_onnx_element_name(int element);
/* "f32[n, 784]", of a value. */
const char *zpl_onnx_shape(const struct zpl_onnx_value *value, struct zpl_arena *arena);

#endif
