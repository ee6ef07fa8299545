/* requirements.h - what of this machine a list of requirements leads to, as pip and uv read it: lists that it includes
 * (-r, -c), packages that are folders or files, folders of packages (--find-links).
 * Promise: each path once, the list itself first, as the program names them (relative to the project, or absolute).
 * Owns: nothing; the list is in the plan's arena.
 * Errors: ZPL_ERR_STEP, told at `span`: a path that is not there, or -e, whose code is not copied and so would be no part
 * of what is made.   Limits: ZPL_REQUIREMENTS_MAX.   Floor: vm. */
#ifndef ZPL_VM_PLAN_REQUIREMENTS_H
#define ZPL_VM_PLAN_REQUIREMENTS_H

#include "vm/plan/plan.h"

enum zpl_err zpl_requirements(struct zpl_plan *plan, const char *list, struct zpl_span span,
                              const char *const **out, size_t *count, struct zpl_diags *diags);

#endif
