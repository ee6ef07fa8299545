/* tree.h - the processes below this one: who they are, what memory they hold, how they end.
 * For a process that is a child subreaper, has one thread and blocks SIGCHLD: everything its
 * children leave behind becomes its own child, so killing children until there are none leaves
 * nothing.  Only own children are signalled: their numbers can't be given to others before they
 * are waited for.
 * Owns: nothing, allocates nothing.   Errors: a process that is gone counts as absent.
 * Limits: ZPL_DESCENDANTS_MAX.   Floor: stack. */
#ifndef ZPL_STACK_TREE_H
#define ZPL_STACK_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The children of `pid` (0: of the caller), of all its threads; returns how many are in `out`. */
size_t zpl_tree_children(pid_t pid, pid_t *out, size_t max);

/* Told of each child that was waited for: its status, and the resident memory of the largest
 * process among it and those it waited for. */
typedef void (*zpl_tree_reaped)(void *self, pid_t pid, int status, uint64_t peak_bytes);

/* Waits for the children that have ended; false when the caller has no child at all. */
bool zpl_tree_reap(zpl_tree_reaped reaped, void *self);

/* Kills every child, and what becomes a child by that, until there is none; false if some still
 * live after `limit_ms` (in the kernel, or another user's). */
bool zpl_tree_kill(int limit_ms, zpl_tree_reaped reaped, void *self);

/* Bytes of memory that belong to a process alone (anonymous and shared memory, no mapped files);
 * 0 when it is gone. */
uint64_t zpl_tree_memory_of(pid_t pid);
/* The same for all descendants of the caller together.  Of what is more than `limit` pages that several of
 * them share, as after a fork, count once: that takes longer to ask. */
uint64_t zpl_tree_memory(uint64_t limit);

#endif
