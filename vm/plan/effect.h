/* effect.h - steps that change something outside the store; they go through the stack.
 * Promise: idempotent by key; done again when their key is new or their target is gone.
 * Owns: nothing.   Errors: told in the session's diagnostics.   Floor: vm. */
#ifndef ZPL_VM_PLAN_EFFECT_H
#define ZPL_VM_PLAN_EFFECT_H

#include "vm/plan/plan.h"

/* Does the stack do what the step is about?  (A user's own effect is a step like any other.) */
static inline bool zpl_effect_is(const struct zpl_node *node)
{
    return node->effect && node->body == NULL;
}
/* The name that it deploys or writes under; in the plan's arena. */
const char *zpl_effect_name(struct zpl_plan *plan, uint32_t id);
/* Is what the step did still so?  (Its key was done before.) */
enum zpl_err zpl_effect_stands(struct zpl_plan *plan, uint32_t id, bool *stands);
/* Does it; *where (plan arena) says for people where the result is.  Why not goes into `diags`. */
enum zpl_err zpl_effect_do(struct zpl_plan *plan, uint32_t id, int64_t run, const char **where,
                           struct zpl_diags *diags);

#endif
