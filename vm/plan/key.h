/* key.h - what makes a step the same step.
 * Promise: the key is a function of code, params and the content of what the step may read: tables
 * count by the columns read and the row count, everything else by its bytes.
 * Owns: nothing; lists are in the plan's arena.
 * Errors: a source file that can't be read is told.   Limits: ZPL_INGREDIENTS_MAX.   Floor: vm. */
#ifndef ZPL_VM_PLAN_KEY_H
#define ZPL_VM_PLAN_KEY_H

#include "vm/plan/plan.h"

/* Fills key and ingredients of a step whose inputs are all known. */
enum zpl_err zpl_key_make(struct zpl_plan *plan, uint32_t id);
/* Do the user's files that a keyed step reads still hold what its key says?  *changed is one that does
 * not, as people see it, or NULL. */
enum zpl_err zpl_key_source_same(struct zpl_plan *plan, uint32_t id, const char **changed,
                                 struct zpl_diags *diags);

#endif
