/* run.h - carries a plan out: starts what is ready, takes what was made, writes one row a step.
 * Promise: a finished step is in the store in one transaction and survives any kill; a step that
 * fails stops only what needs it; nothing half-written is ever published.
 * Owns: its slots, until zpl_run_release().
 * Errors: ZPL_ERR_STEP when a step failed (told in program.diags at its place), _INTERRUPTED after a
 * signal, others when a store failed.   Floor: vm. */
#ifndef ZPL_VM_RUN_RUN_H
#define ZPL_VM_RUN_RUN_H

#include <signal.h>
#include "vm/plan/plan.h"

/* What a command wants to know while a run goes on; any function may be NULL.  `plan` is the run's, or,
 * of steps inside a map, that of one of its items; then it is borrowed until the step has its end. */
struct zpl_run_observer {
    void *self;
    void (*changed)(void *self, const struct zpl_plan *plan, uint32_t id);
    void (*progress)(void *self, const struct zpl_plan *plan, uint32_t id, double fraction,
                     const char *what);
    void (*log)(void *self, const struct zpl_plan *plan, uint32_t id, const char *text, size_t len);
    /* How many steps wait for a slot of a limit now, or in words for what else, and the first of them. */
    void (*waiting)(void *self, const struct zpl_plan *plan, uint32_t id, const char *limit,
                    size_t count);
    void (*tick)(void *self); /* about ten times a second while something runs */
};
struct zpl_run_options {
    bool no_cache, fail_fast;
    struct zpl_narrowing narrowing;
    const volatile sig_atomic_t *interrupted; /* set by the command's signal handler */
    struct zpl_run_observer observer;
};
struct zpl_run {
    int64_t id;
    struct zpl_plan plan;
    enum zpl_run_status status;
    int64_t started_ns, ended_ns;
    struct zpl_digest plan_text;   /* names the plan as it was written down at the end */
    struct zpl_digest places_text; /* names where its steps stood */
};

/* Runs the session's program. */
enum zpl_err zpl_run(struct zpl_session *session, const struct zpl_run_options *options,
                     struct zpl_run *run);
void zpl_run_release(struct zpl_run *run); /* safe on a zeroed struct */

#endif
