/* run.h - runs one kernel on one task: checks and opens its inputs, gives it a context, checks and
 * digests what it wrote.  Called in a worker process.
 * Owns: the result's texts are in the caller's arena.
 * Errors: ZPL_ERR_STEP when an input is not what the step needs, the kernel failed or wrote something
 * else than declared (diagnostics say what); other codes when it could not be started.   Floor: stdlib. */
#ifndef ZPL_STDLIB_RUN_H
#define ZPL_STDLIB_RUN_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/digest.h"
#include "lang/types/literal.h"

struct zpl_run_param {
    const char *name;
    const struct zpl_literal *value;
};
struct zpl_run_input {
    const char *name;
    const char *type; /* text */
    const char *path; /* of the stored bytes */
    int64_t rows;     /* -1: no table */
    bool reads_all;
    const char *const *reads; /* columns the step may see, when not all */
    size_t read_count;
    const char *
        wants; /* text of a Table: rules that its rows are held to before the kernel runs; or NULL */
    const char *maker; /* the step that made it, for messages; with `wants` only */
    bool hold;         /* the bytes are held to `digest` before the kernel runs, by who calls it */
    struct zpl_digest digest;
};
struct zpl_run_output {
    const char *name;
    const char *type; /* text */
    const char *path; /* to be written, in scratch */
};
struct zpl_run_binding {
    const char *var;
    const char *const *columns; /* NULL-terminated */
};
/* The machines that the workers of a task are on, where these are several. */
struct zpl_run_spread {
    const uint32_t *counts; /* of workers on each, in the order of their ranks; */
    size_t count;           /* 0: all are on this machine */
    size_t
        machine; /* this one.  On the first the step is done, on others a part of it: processes are
                               called, and what comes of them is said */
    const char *
        address; /* by which the others reach the first, and a port of it that was free; once the */
    uint32_t port; /* others are reached */
    /* Set where it runs.  On the first, of each machine: its name, and the stream that a part talks by. */
    const char *const *names;
    const int *streams;
    /* Of a part: says a line of gang_word.h. */
    void (*say)(void *self, const char *line, size_t len);
};
struct zpl_run_task {
    const char *kernel;
    const char
        *body; /* of a user's step: SQL text, closure image (behind a line break: its places),
                         words of a command …; or NULL */
    const struct zpl_run_param *params;
    size_t param_count;
    const struct zpl_run_input *inputs;
    size_t input_count;
    const struct zpl_run_output *outputs;
    size_t output_count;
    const struct zpl_run_binding *bindings;
    size_t binding_count;
    const char *scratch;
    const char *store;        /* the folder that inputs, outputs and scratch are below */
    const char *project;      /* the folder that paths of a user's body are relative to */
    const char *const *files; /* that the body of a user's step reads outside of the project; of
                                 Python's the project's too, which it has no others of */
    size_t file_count;
    uint32_t threads;
    uint64_t memory_bytes; /* of each of its workers */
    uint32_t
        workers; /* processes that a function of Python is called in at the same time; 0: one */
    struct zpl_run_spread spread;
    const char
        *gpus; /* that it has of this machine's, as CUDA_VISIBLE_DEVICES; NULL: nothing is said */
    /* Set where it runs: its program is forked by one that is kept for tasks like this one, and the rulesets of
     * Landlock that confine the two; 0: there are none to be made, or it stands already. */
    bool kept;
    int fence, group_fence;
    /* Called with text for the step's log and with progress 0..1 (fraction < 0: unknown). */
    void (*log)(void *self, const char *text, size_t len);
    void (*progress)(void *self, double fraction, const char *what);
    void *self;
};

struct zpl_run_column {
    const char *name;
    struct zpl_digest digest; /* of the column's chunks in the file */
    uint64_t bytes;
};
struct zpl_run_made {
    const char *name;
    struct zpl_digest digest; /* SHA-256 of the bytes (of the sorted manifest, for a tree) */
    uint64_t bytes;
    bool tree;
    int64_t rows; /* -1: no table */
    const struct zpl_run_column *columns;
    size_t column_count;
    const char *json; /* the text of a Report, scalar or Json output, else NULL */
};
struct zpl_run_result {
    const struct zpl_run_made *made; /* one an output of the task, in its order */
    size_t made_count;
    bool
        unharmed; /* of a failure: this process is as before, as one of its own had it, which is gone, or rows that
                       break a contract are all that is wrong */
    bool lost; /* of a failure: a machine with a part of the task fell silent */
};

enum zpl_err zpl_run_kernel(const struct zpl_run_task *task, struct zpl_run_result *result,
                            struct zpl_arena *arena, struct zpl_diags *diags);

#endif
