/* task.h - a decided step as a task for a worker, and what came back as rows for the store.
 * Promise: the task holds paths and values only; everything the step may see is named in it.
 * Owns: texts are in the caller's arena; files are in the scratch folder.
 * Errors: told in the session's diagnostics.   Floor: vm. */
#ifndef ZPL_VM_RUN_TASK_H
#define ZPL_VM_RUN_TASK_H

#include "stdlib/run.h"
#include "vm/plan/plan.h"

/* The memory that a step may use, of what the machine has; 0: the orchestrator's machines are others. */
uint64_t zpl_task_memory_max(const struct zpl_orchestrator *orchestrator);
/* What the next attempt of a step needs, but its place.  Memory of which nothing was said yet is what the
 * step asks for, else `share`; the plan has it then, and the kin of the step, which may have one where tasks are
 * done here. */
struct zpl_task_needs zpl_task_needs_of(struct zpl_plan *plan, uint32_t id, uint64_t share,
                                        bool here);
/* The group of scratch folders that the step's own is one of, "" for none: those of the steps that one process
 * serves, which so can be kept from all others.  The needs are known. */
#define ZPL_TASK_GROUP_SIZE 32
const char *zpl_task_group(const struct zpl_plan *plan, uint32_t id, char out[ZPL_TASK_GROUP_SIZE]);
bool zpl_task_is_group(const char *name);
/* Encodes the task of a keyed step, of which the needs are known, whose outputs are to be made in `scratch`. */
enum zpl_err zpl_task_make(struct zpl_plan *plan, uint32_t id, const char *scratch,
                           const char *gpus, struct zpl_buf *out);
/* Did the step make what it declares, of what its key says?  ZPL_ERR_STEP, told in `diags`. */
enum zpl_err zpl_task_check(struct zpl_plan *plan, uint32_t id, const struct zpl_run_result *result,
                            struct zpl_diags *diags);
/* Where in scratch an output is written; in the plan's arena. */
const char *zpl_task_output_path(struct zpl_plan *plan, const struct zpl_output *output,
                                 const char *scratch);
/* Publishes what the step made and fills one row an output, in the plan's arena.  What is wrong goes
 * into `diags`: ZPL_ERR_STEP when it made something else than it declares, or the file it read is not
 * what its key says; others when the store failed. */
enum zpl_err zpl_task_take(struct zpl_plan *plan, uint32_t id, const char *scratch,
                           const struct zpl_run_result *result,
                           const struct zpl_output_row **outputs, struct zpl_diags *diags);
/* The inputs of a step as lineage rows, in the plan's arena; NULL when memory is out. */
const struct zpl_input_row *zpl_task_inputs(struct zpl_plan *plan, uint32_t id, size_t *count);

#endif
