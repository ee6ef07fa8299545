/* proc_below.h - the processes below one: who they are, what memory they hold.
 * For a caller with one thread.   Owns: nothing, allocates nothing.
 * Errors: a process that is gone counts as absent.   Limits: ZPL_DESCENDANTS_MAX.   Floor: base. */
#ifndef ZPL_BASE_PROC_BELOW_H
#define ZPL_BASE_PROC_BELOW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The children of `pid` (0: of the caller), of all its threads; returns how many are in `out`. */
size_t zpl_proc_children(pid_t pid, pid_t *out, size_t max);

/* Bytes of memory that belong to a process alone (anonymous and shared memory, no mapped files);
 * 0 when it is gone. */
uint64_t zpl_proc_memory(pid_t pid);
/* The same for `pid` and all its descendants together; 0: for all descendants of the caller.  Of what is more
 * than `limit` pages that several of them share, as after a fork, count once: that takes longer to ask. */
uint64_t zpl_proc_memory_below(pid_t pid, uint64_t limit);

#endif
