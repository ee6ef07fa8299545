/* reach.h - the other machines of a task whose workers are on several: starts there what does a part of it (part.h), and
 * hands each its own.
 * For the process of the task, before it is confined: what it starts talks to the cluster.
 * Owns: texts are in the arena; streams are the task's.   Errors: told; UNREACHABLE: a machine did not answer.
 * Limits: ZPL_REACH_MS.   Floor: vm. */
#ifndef ZPL_VM_WORKER_REACH_H
#define ZPL_VM_WORKER_REACH_H

#include "stdlib/run.h"

/* Fills what is to be known of the machines; fine for a task that is on one, or is such a part. */
enum zpl_err zpl_reach(struct zpl_run_task *task, struct zpl_arena *arena, struct zpl_diags *diags);

#endif
