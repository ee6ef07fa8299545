/* kernel.h - the one header a kernel needs: what a step's native code is given, and gives back.
 *
 * A kernel is a function that reads its inputs, writes every output, and returns 0.  It meets tables
 * as Arrow C streams, models and files as paths, params as typed values.  It sees exactly the columns
 * that its signature names (a row variable used in an output or a `where` counts as named); it must
 * write a table's columns in the order of output_type().  It runs in a process of its own, may keep
 * nothing, must be a function of its inputs and params alone (no clock, no chance but seeds, no
 * environment, same bytes for any number of threads) and may be killed at any moment.
 *
 * Errors: return ctx->fail(ctx, "…") with words for the person who wrote the pipeline.
 * Versions: `abi` is ZPL_KERNEL_ABI_VERSION; another one is refused.   Floor: stdlib. */
#ifndef ZPL_STDLIB_KERNEL_H
#define ZPL_STDLIB_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZPL_KERNEL_ABI_VERSION 1

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4
/* The Arrow C data interface, as its specification gives it. */
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out); /* out->release NULL: end */
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

/* Every text a context hands out lives until the kernel returns.  Functions that return int give 0,
 * or non-zero after the failure was told by fail(): pass it on. */
struct zpl_kernel_context {
    uint32_t abi;
    void *self;

    /* Params, after defaults.  false: not given (an optional one) or of another kind. */
    bool (*param_int)(struct zpl_kernel_context *ctx, const char *name, int64_t *out);
    bool (*param_float)(struct zpl_kernel_context *ctx, const char *name, double *out);
    bool (*param_bool)(struct zpl_kernel_context *ctx, const char *name, bool *out);
    const char *(*param_text)(struct zpl_kernel_context *ctx, const char *name); /* or NULL */
    const char *(*param_json)(struct zpl_kernel_context *ctx, const char *name); /* any, or NULL */
    /* The columns a row or column variable of the signature is bound to, in stored order;
     * NULL-terminated. */
    const char *const *(*columns)(struct zpl_kernel_context *ctx, const char *variable);

    /* Inputs.  The path of a model, file or table as stored; NULL: not given. */
    const char *(*input_path)(struct zpl_kernel_context *ctx, const char *name);
    const char *(*input_type)(struct zpl_kernel_context *ctx, const char *name);
    int64_t (*input_rows)(struct zpl_kernel_context *ctx, const char *name); /* -1: no table */
    /* Batches of a table input; the caller releases the stream. */
    int (*input_table)(struct zpl_kernel_context *ctx, const char *name,
                       struct ArrowArrayStream *out);

    /* Outputs.  Where to write a model or file; the text of the declared type. */
    const char *(*output_path)(struct zpl_kernel_context *ctx, const char *name);
    const char *(*output_type)(struct zpl_kernel_context *ctx, const char *name);
    /* Consumes a stream into the canonical Parquet of a table output. */
    int (*output_table)(struct zpl_kernel_context *ctx, const char *name,
                        struct ArrowArrayStream *in);
    /* A Report, scalar or Json output, as JSON text; a Float that JSON has no number for is "NaN",
     * "Infinity" or "-Infinity". */
    int (*output_json)(struct zpl_kernel_context *ctx, const char *name, const char *json);

    const char *(*scratch)(struct zpl_kernel_context *ctx); /* an empty folder of this step */
    uint32_t (*threads)(struct zpl_kernel_context *ctx);    /* threads it may use */
    uint64_t (*memory)(struct zpl_kernel_context *ctx);     /* bytes it may use */
    void (*log)(struct zpl_kernel_context *ctx, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
    void (*progress)(struct zpl_kernel_context *ctx, double fraction, const char *what);
    /* Tells why the step fails; returns non-zero. */
    int (*fail)(struct zpl_kernel_context *ctx, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
};

struct zpl_kernel {
    uint32_t abi;
    const char *name;      /* "xgboost.train" */
    const char *signature; /* see docs/language.md; lines separated by \n are overloads */
    const char *doc;       /* first line a summary; then meaning, units, errors, source, example */
    const char *source;    /* "csv" …: reads the file its `path` param names; "artifact": what
                              stands under its `name`; or NULL */
    const char *engines;   /* engines whose version shapes its bytes: "duckdb", "xgboost", or "" */
    int (*run)(struct zpl_kernel_context *ctx);
};

/* Defines kernel `id` so that stdlib/catalog.c can list it; also marks the file as a kernel's. */
#define ZPL_KERNEL(id) const struct zpl_kernel zpl_kernel_##id

#endif
