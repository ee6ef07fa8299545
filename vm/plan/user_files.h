/* user_files.h - which files of the user's shape what a step does, beside its inputs.
 * Promise: each file is in the list once, in the order of the names by which the program says them.
 * Owns: nothing; lists are in the plan's arena.
 * Errors: a folder that can't be read is told.   Limits: ZPL_TREE_DEPTH_MAX.   Floor: vm. */
#ifndef ZPL_VM_PLAN_USER_FILES_H
#define ZPL_VM_PLAN_USER_FILES_H

#include "vm/plan/plan.h"

struct zpl_user_file {
    const char *name; /* of the argument, else the path as the program writes it */
    const char *path;
};
struct zpl_user_files {
    struct zpl_user_file *items;
    size_t count, capacity;
};

/* Is it the argument that names the files a source step reads? */
bool zpl_argument_is_source(const struct zpl_node *node, const struct zpl_argument *argument);
/* Is it the name of one of several files that a source reads?  They are "path.000001" and so on, in
 * the order in which they are read. */
bool zpl_user_file_is_numbered(const char *name);
/* The files a source step reads, the library of a kernel; of a command the files that its words name;
 * of it and of a function of Python those it declares, and its Path params. */
enum zpl_err zpl_user_files(struct zpl_plan *plan, const struct zpl_node *node,
                            struct zpl_user_files *out, struct zpl_diags *diags);
/* The files that an environment is made of: the list of requirements, and what that names of this machine. */
enum zpl_err zpl_user_files_of_env(struct zpl_plan *plan, const char *list, struct zpl_span span,
                                   struct zpl_user_files *out, struct zpl_diags *diags);
/* Which of them, and of the folders that are declared or given by a param, lie outside of the project,
 * by their path or by a link: as absolute paths. */
enum zpl_err zpl_user_files_outside(struct zpl_plan *plan, const struct zpl_node *node,
                                    const char *const **out, size_t *count,
                                    struct zpl_diags *diags);
/* What a function of Python may read of files, wherever they lie: what its key knows.  Files and folders, absolute and
 * without links; what stands below a folder and is a link is in the list by itself.  A model that it is given names
 * files of the project too, whose identity its bytes have. */
struct zpl_run_input;
enum zpl_err zpl_user_files_known(struct zpl_plan *plan, const struct zpl_node *node,
                                  const struct zpl_run_input *inputs, size_t input_count,
                                  const char *const **out, size_t *count, struct zpl_diags *diags);

#endif
