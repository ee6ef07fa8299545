/* confine.h - what the process of a step may touch of this machine's files, kept by the kernel
 * (Landlock): what is not allowed fails with EACCES, for the process and all that it starts.
 * Promise: what a body of the user's reads besides the system is its project, its inputs, what it
 * declares, and programs; what it writes is below its scratch folder.  It can't signal processes
 * outside of its step, nor look into them.
 * Where the kernel has no Landlock nothing is refused; zpl_confine_version() tells.
 * Owns: nothing.   Errors: SYSTEM, told.   Floor: vm. */
#ifndef ZPL_VM_WORKER_CONFINE_H
#define ZPL_VM_WORKER_CONFINE_H

#include "stdlib/run.h"

/* The version of the kernel's interface; 0: it has none. */
int zpl_confine_version(void);

/* Confines this process, which has one thread, to what the body of the task may touch:
 *   read, execute   the system's folders, those on PATH and in ZPL_TOOLS with their libraries; the
 *                   project without the store; the task's inputs and files; the engines
 *   write           its scratch folder; /dev/null and the like, /dev/shm, GPUs
 * and a Lua body, which can name no file, to less: libraries, its inputs, its scratch folder. */
enum zpl_err zpl_confine_body(const struct zpl_run_task *task, struct zpl_diags *diags);

/* The same for another process: a ruleset for landlock_restrict_self, which is the caller's; 0: the kernel has
 * none. */
enum zpl_err zpl_confine_fence(const struct zpl_run_task *task, int *out, struct zpl_diags *diags);
/* For a process that forks those of tasks, each with a fence of its own: what tasks like this one may touch
 * together, which is the store and, to write, the folder of the group that their scratch folders are in. */
enum zpl_err zpl_confine_group_fence(const struct zpl_run_task *task, int *out,
                                     struct zpl_diags *diags);

/* Confines a process that runs kernels of zpl's own, task after task: it reads what its user may
 * read, and writes below the folder in which its driver's scratch folders are. */
enum zpl_err zpl_confine_builtin(const struct zpl_run_task *task, struct zpl_diags *diags);
/* The same where such a process starts others, with fences: the folder is that of the group, and devices are
 * left to them. */
enum zpl_err zpl_confine_server(const struct zpl_run_task *task, struct zpl_diags *diags);

#endif
