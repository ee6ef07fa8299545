/* settled.h - a run after which nothing is left to do; asked for again with nothing changed, it is over
 * without evaluating the program.
 * What is kept after a run that was done: what the program was told of the world (witness.h), which
 * artifacts and deployments have to be there, the plan of a run that finds everything, and a line a
 * step for people.  It is kept under the program's text, the params, the place and this very zpl, and found by
 * the program's graph too: then the program was evaluated, but not planned.  All that is the same for every
 * text of one graph is kept once.
 * Promise: a run that is recalled is one that would have found every step cached or skipped, and leaves
 * the same row.  Whatever is in doubt is not recalled.
 * Owns: what was recalled is in the caller's arena.   Errors: doubt is no error; failures of the store
 * are told.   Floor: vm. */
#ifndef ZPL_VM_RUN_SETTLED_H
#define ZPL_VM_RUN_SETTLED_H

#include "vm/run/run.h"

/* A step that is done, as people see it. */
struct zpl_settled_step {
    enum zpl_plan_status status; /* CACHED or SKIPPED */
    const char *name, *rest;
};
struct zpl_settled {
    int64_t run; /* its number */
    int64_t started_ns, ended_ns;
    struct zpl_settled_step *steps;
    size_t step_count;
    const char *doubt; /* why it was not recalled */
    bool every;        /* as it was asked for */
};

/* Adds what a step made, for people. */
typedef void zpl_settled_describe_fn(const struct zpl_plan *plan, uint32_t id, struct zpl_buf *out);

/* Keeps a run that is over, or nothing when something is left to do.  The plan is afterwards that of a
 * run that finds everything. */
enum zpl_err zpl_settled_keep(struct zpl_run *run, const struct zpl_session_options *options,
                              zpl_settled_describe_fn *describe);
/* The run again, if nothing has changed since: *again.  The session is open, not compiled.  `every`: what
 * becomes of each item of a map is to be told, which only a run that is evaluated can. */
enum zpl_err zpl_settled_recall(struct zpl_session *session,
                                const struct zpl_session_options *options, bool every,
                                struct zpl_settled *out, bool *again, struct zpl_arena *arena);
/* The same once the session is compiled: a run of another text with the same graph, which differs in what
 * no step is made of, and in where they stand.  It is kept for this text too. */
enum zpl_err zpl_settled_recall_graph(struct zpl_session *session,
                                      const struct zpl_session_options *options, bool every,
                                      struct zpl_settled *out, bool *again,
                                      struct zpl_arena *arena);

#endif
