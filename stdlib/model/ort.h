/* ort.h - ONNX Runtime, reduced to running one model on the processor.  ort.c is the one owner of its C API.
 * Promise: the library is opened at first use and is exactly ZPL_ORT_VERSION.  One thread, operators one after
 * the other, no thread of its own: equal inputs give equal outputs on one kind of processor.  What it has
 * to say while a struct zpl_ort lives goes to the step's log, and no failure of it ends the process.
 * Owns: the handles in struct zpl_ort, until zpl_ort_release().
 * Errors: functions that return int give 0, or non-zero after ctx->fail() told why.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_ORT_H
#define ZPL_STDLIB_MODEL_ORT_H

#include <stddef.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/base/err.h"
#include "stdlib/kernel.h"
#include "stdlib/model/onnx.h"

#define ZPL_ORT_VERSION "1.32.0"

/* A tensor in C order. */
struct zpl_ort_tensor {
    const char *name; /* of the model's input */
    int element;      /* enum zpl_onnx_element */
    size_t rank;
    int64_t dims[ZPL_ONNX_RANK_MAX];
    const void *data; /* of STRING: const char *const *, NUL-terminated each */
    size_t bytes;     /* of data */
};
/* One model in use.  One at a time in a process. */
struct zpl_ort {
    struct zpl_kernel_context *ctx;
    void *session;
    void *result; /* the last */
};

/* Opens the library unless it is open.  NOT_FOUND, VERSION or IO with a NO_LIBRARY diagnostic. */
enum zpl_err zpl_ort_open(struct zpl_diags *diags);
/* Opens the library, and the model that the bytes are; they may go afterwards.  Refuse what keeps tensors in
 * other files (zpl_onnx_read) before: the library would look for them. */
int zpl_ort_new(struct zpl_ort *ort, struct zpl_kernel_context *ctx, const void *model, size_t len);
/* Runs it for one output.  out->data lives until the next call; STRING is none of it. */
int zpl_ort_run(struct zpl_ort *ort, const struct zpl_ort_tensor *inputs, size_t count,
                const char *output, struct zpl_ort_tensor *out);
void zpl_ort_release(struct zpl_ort *ort); /* safe on a zeroed struct; leaves it zeroed */

#endif
