/* env.h - environments of Python: made once of a list of requirements, used as they are afterwards.
 * A folder is named by what it is made of, so it never changes; its last file says that it is whole.  One that a
 * killed maker left behind is made again.
 * Owns: nothing.   Errors: STEP_FAILED with what the installer said, system errors.   Floor: stdlib. */
#ifndef ZPL_STDLIB_ENV_H
#define ZPL_STDLIB_ENV_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "stdlib/run.h"

struct zpl_env {
    const char *folder;       /* absolute: where it is, or will be */
    const char *interpreter;  /* that it is made with */
    const char *requirements; /* a file as pip reads it */
    const char *project;      /* the folder that paths in it are relative to */
    bool local;               /* does it lead to files of this machine? */
};

/* Is it there, whole? */
bool zpl_env_stands(const char *folder);
/* Makes it unless it stands, with uv where there is one, else with pip; whoever makes the same one meanwhile is
 * waited for.  What the installer prints goes to standard output.  It is in use from then on until this process
 * ends, or makes another one. */
enum zpl_err zpl_env_make(const struct zpl_env *env, struct zpl_arena *arena,
                          struct zpl_diags *diags);
/* Removes one unless a process of this machine uses it (*gone false); `dry`: tells whether it would. */
enum zpl_err zpl_env_remove(const char *folder, bool dry, bool *gone, struct zpl_diags *diags);
/* That of a task of the kernel "python", whose body says it behind its line break: {"env": {"folder", "interpreter",
 * "requirements", "local"}}; while it is made the task's progress says so.  Fine for any other task.  For a process that is not confined yet. */
enum zpl_err zpl_env_prepare(const struct zpl_run_task *task, struct zpl_arena *arena,
                             struct zpl_diags *diags);

#endif
