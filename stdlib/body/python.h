/* python.h - how zpl starts a process of Python: its package for the Python side, the words, and what
 * they say to each other (docs/python.md).
 * Owns: texts are in the given arena.   Errors: NULL.   Floor: stdlib. */
#ifndef ZPL_STDLIB_PYTHON_H
#define ZPL_STDLIB_PYTHON_H

#include "lang/base/arena.h"
#include "stdlib/kernel.h"
#include "stdlib/run.h"

/* What such a process is started for. */
#define ZPL_PYTHON_LOOK "look" /* answers questions about files of Python, without running them */
#define ZPL_PYTHON_CALL "call" /* calls the function of one step */
#define ZPL_PYTHON_HOST "host" /* forks a process for each call: python_host.h */

/* The folder that holds the Python package `zpl`: ZPL_PYTHON_DIR, else beside the build, else where
 * `make install` puts it.  NULL: there is none, or memory is out. */
const char *zpl_python_folder(struct zpl_arena *arena);
/* Is the task one of several processes at the same time that reach each other and nobody else?  Those on several machines
 * have the network of these. */
bool zpl_python_is_secluded(const struct zpl_run_task *task);
/* A port of this machine at which nobody listens now, at any of its addresses or at the loopback; 0 after telling. */
uint32_t zpl_python_free_port(bool any, struct zpl_diags *diags);
/* The words of a process, NULL-terminated: the interpreter's path or name, and what it is to do.
 * NULL: the package is not there, or memory is out. */
char **zpl_python_words(const char *interpreter, const char *mode, struct zpl_arena *arena);
/* Is the task's process one that a host forks? */
bool zpl_python_is_kept(const struct zpl_run_task *task);
/* Runs the step's function, of the project's or of zpl's own: a kernel's `run`. */
int zpl_python_run(struct zpl_kernel_context *ctx);

#endif
