/* spread.h - the machines that the workers of a task were given, where a cluster gave several.  It is asked by
 * processes of the task's job alone; a task knows by it how many workers are where, and starts a program on another
 * machine, to which it is connected by a stream of bytes.
 * Slurm says all that by the environment of a job's processes, and starts by `srun`.
 * Owns: texts are in the caller's arena.   Errors: told.   Floor: stack. */
#ifndef ZPL_STACK_SPREAD_H
#define ZPL_STACK_SPREAD_H

#include "stack/stack.h"

/* How many of so many workers are on each machine that has some, this one first; 1 where nothing is said of
 * others.  NULL after telling: less were given. */
const uint32_t *zpl_spread_counts(uint32_t workers, size_t *count, struct zpl_arena *arena,
                                  struct zpl_diags *diags);

/* Starts the program on a machine by its place in these counts.  What is written to *stream it reads as standard
 * input, to the end when it is shut down for writing; what it writes comes back by whole lines.  What it says on
 * standard error, and why it could not be started, comes out of our own.  It is a child of this process, and a group of
 * its own.  *stream is the caller's; its end is that of the program. */
enum zpl_err zpl_spread_start(size_t machine, const char *const *words, struct zpl_arena *arena,
                              int *stream, struct zpl_diags *diags);

/* The name by which the cluster knows this machine. */
const char *zpl_spread_name(struct zpl_arena *arena);
/* In a program that was started so: the address by which this machine reaches the one that started it; "" where
 * that is not known. */
const char *zpl_spread_starter(void);

#endif
