/* python_step.h - a step of the kernel "python" as its key has it: the files and packages that its function leads to, and
 * its environment.
 * Owns: nothing; what is found is in the plan's arena.
 * Errors: told.  ZPL_ERR_STEP: there is no python3, or it does not answer.   Floor: vm. */
#ifndef ZPL_VM_PLAN_PYTHON_STEP_H
#define ZPL_VM_PLAN_PYTHON_STEP_H

#include "vm/plan/plan.h"
#include "vm/python/python.h"

/* An environment of the step's own: what it is made of names it, so that it need not be there yet. */
struct zpl_python_env {
    const char *folder;       /* absolute, in the store */
    const char *requirements; /* a file, absolute */
    bool local;               /* does it name others, which may be folders of packages? */
};
struct zpl_python_step {
    const struct zpl_python_facts *facts;
    const struct zpl_python_file
        *files; /* the function's file first, then what it imports, by path */
    size_t file_count;
    const struct zpl_python_package *packages; /* by name; of an environment's it is not asked */
    size_t package_count;
    const struct zpl_python_env *env; /* NULL: none of its own */
};
/* Does the node run a function of Python? */
bool zpl_node_is_python(const struct zpl_node *node);
/* Processes that the function is called in at the same time; 1 of other nodes. */
uint32_t zpl_node_workers(const struct zpl_node *node);
/* Everything that the function's file leads to; in the plan's arena.  ZPL_ERR_STEP, told: there is no python3,
 * or it does not answer. */
enum zpl_err zpl_python_step(struct zpl_plan *plan, const struct zpl_node *node,
                             struct zpl_python_step *out, struct zpl_diags *diags);

/* The same of a step that has its key, as that says it. */
#define ZPL_PYTHON_MISSING "(not installed)" /* version of a package that is not there, in a key */
enum zpl_err zpl_python_keyed(struct zpl_plan *plan, const struct zpl_node *node,
                              struct zpl_python_step *out, struct zpl_diags *diags);

#endif
