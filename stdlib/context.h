/* context.h - what kernels that are built in may ask of their context beyond kernel.h.
 * Owns: the context owns its database session and texts, until zpl_context_release().
 * Errors: told in the context's diagnostics.   Floor: stdlib. */
#ifndef ZPL_STDLIB_CONTEXT_H
#define ZPL_STDLIB_CONTEXT_H

#include "stdlib/kernel.h"
#include "stdlib/run.h"
#include "stdlib/table/duck.h"
#include "stdlib/table/scan.h"

/* One of several files that a source was made of, for messages about its rows. */
struct zpl_source_part {
    const char *shown, *from; /* what it is called; behind FROM */
    int64_t rows;             /* -1: not counted yet */
};
struct zpl_context {
    struct zpl_kernel_context base; /* what the kernel sees; its `self` is this */
    const struct zpl_run_task *task;
    struct zpl_arena *arena; /* of texts */
    struct zpl_diags *diags;
    struct zpl_duck duck; /* opened at first use */
    const char *const
        *paths; /* files the session may use beside the task's; set before the first use */
    size_t path_count;
    bool apart;                    /* of the session: see duck.h; set before the first use */
    struct zpl_source_part *parts; /* in the order of their rows, or NULL */
    size_t part_count;
    bool unharmed;     /* a kernel's failure was that of a process of its own, which is gone; */
    bool lost;         /* it was that of a machine which fell silent */
    const char **json; /* of each output: what output_json() was given, canonical; or NULL */
};

/* Fills a zeroed context; ZPL_ERR_NOMEM. */
enum zpl_err zpl_context_init(struct zpl_context *context, const struct zpl_run_task *task,
                              struct zpl_arena *arena, struct zpl_diags *diags);
void zpl_context_release(struct zpl_context *context); /* safe on a zeroed struct */

/* The context behind what a kernel was given. */
struct zpl_context *zpl_context_of(struct zpl_kernel_context *ctx);
/* A database session for these files of the task; the caller releases it. */
enum zpl_err zpl_context_open(struct zpl_context *context, const char *const *paths, size_t count,
                              struct zpl_duck *out);
/* The step's database session: one thread, and no files but the task's.  NULL after a failure. */
struct zpl_duck *zpl_context_duck(struct zpl_context *context);
const struct zpl_run_param *zpl_context_param(const struct zpl_context *context, const char *name);
const struct zpl_run_input *zpl_context_input(const struct zpl_context *context, const char *name);
/* -1: the task has none of that name. */
long zpl_context_output(const struct zpl_context *context, const char *name);
/* The type of a text of the task; NULL after telling. */
const struct zpl_type *zpl_context_type(struct zpl_context *context, const char *text);
/* A literal as the JSON a person would write: paths and types are text.  The caller releases it. */
struct zpl_json *zpl_context_json(const struct zpl_literal *value);
/* How a table input is read: its columns, and which of them.  False after telling. */
bool zpl_context_scan(struct zpl_context *context, const struct zpl_run_input *input,
                      struct zpl_scan *out);

#endif
