/* space.h - a supervisor's own space of processes (a PID namespace), where this process may make one.
 * Promise: what is in it ends with its first process, the supervisor, however that ends, and can't
 * leave it; so nothing outlives supervisor, zygote and driver when all are killed at once, which a
 * supervisor alone can't promise.  Its /proc shows the space alone.  Without the right to make one
 * (CAP_SYS_ADMIN; containers mostly have it not) all is as without this file.
 * For the zygote: a process of one thread.   Floor: stack. */
#ifndef ZPL_STACK_SPACE_H
#define ZPL_STACK_SPACE_H

#include <sys/types.h>

/* Finds out whether one can be had, so that what is forked from this process knows; else the first fork does. */
void zpl_space_look(void);

/* As fork(); the child is the first process of a space of its own, if that can be had. */
pid_t zpl_space_fork(void);

/* In the child of zpl_space_fork(), once, when it has one child: by which number that one is known
 * outside of the space. */
pid_t zpl_space_number(pid_t child);

#endif
