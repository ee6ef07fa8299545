/* tree.h - how the processes below this one end.
 * For a process that is a child subreaper, has one thread and blocks SIGCHLD: everything its
 * children leave behind becomes its own child, so killing children until there are none leaves
 * nothing.  Only own children are signalled: their numbers can't be given to others before they
 * are waited for.
 * Owns: nothing, allocates nothing.   Floor: stack. */
#ifndef ZPL_STACK_TREE_H
#define ZPL_STACK_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Told of each child that was waited for: its status, and the resident memory of the largest
 * process among it and those it waited for. */
typedef void (*zpl_tree_reaped)(void *self, pid_t pid, int status, uint64_t peak_bytes);

/* Waits for the children that have ended; false when the caller has no child at all. */
bool zpl_tree_reap(zpl_tree_reaped reaped, void *self);

/* Kills every child, and what becomes a child by that, until there is none; false if some still
 * live after `limit_ms` (in the kernel, or another user's). */
bool zpl_tree_kill(int limit_ms, zpl_tree_reaped reaped, void *self);

#endif
