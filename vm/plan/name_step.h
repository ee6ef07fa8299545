/* name_step.h - steps that read what runs have written under names, and the type by which a value is written under one.
 * Owns: nothing; texts are in the plan's arena.   Errors: told in the session's diagnostics.   Floor: vm. */
#ifndef ZPL_VM_PLAN_NAME_STEP_H
#define ZPL_VM_PLAN_NAME_STEP_H

#include "vm/plan/plan.h"

/* Decides a step that reads a name: what is there is its output, else it is skipped. */
enum zpl_err zpl_name_step_decide(struct zpl_plan *plan, uint32_t id);
/* Adds to the key of one what it reads; something stands there, or the step has no key. */
enum zpl_err zpl_name_step_ingredient(struct zpl_plan *plan, uint32_t id,
                                      const struct zpl_digest **digest);
/* The type as which a value is written: that of what was made, its columns known only afterwards marked.
 * NULL: nothing was made, or memory is out. */
const char *zpl_name_step_type(struct zpl_plan *plan, const struct zpl_argument *value);

#endif
