/* network.h - no network for a process: sockets of this machine alone, kept by the kernel (seccomp); or one of its
 * own, in which it finds what it starts and nobody else (a network namespace).
 * Promise: socket() for anything but local sockets (AF_UNIX) and questions to the kernel (AF_NETLINK)
 * fails with EACCES, for the caller and all that it starts, and there is no way back.  What can make
 * sockets beside it is refused too (io_uring), and so are programs of other instruction sets.
 * Where the kernel or the processor is not known nothing is refused; zpl_network_deniable() tells.
 * Owns: nothing.   Floor: stdlib. */
#ifndef ZPL_STDLIB_NETWORK_H
#define ZPL_STDLIB_NETWORK_H

#include <stdbool.h>
#include "lang/base/diag.h"

/* Can it be refused on this machine? */
bool zpl_network_deniable(void);

/* For this process, which has one thread, once and for all. */
enum zpl_err zpl_network_deny(struct zpl_diags *diags);

/* From here on this process, which has one thread, and all that it starts have a network of their own, with the
 * loopback and nothing else.  ZPL_ERR_STEP, told: the machine does not let it. */
enum zpl_err zpl_network_own(struct zpl_diags *diags);

/* What a process may open. */
enum zpl_network {
    ZPL_NETWORK_NONE, /* local sockets and questions to the kernel */
    ZPL_NETWORK_OWN,  /* connections too, as it has a network of its own */
    ZPL_NETWORK_ALL   /* nothing is refused */
};
/* The same as zpl_network_deny() for the calling thread, with nothing but calls that a forked child may make.  What
 * is tried is told: returns a descriptor for zpl_network_refuse(), or -1 when it holds and nobody is
 * asked, or can't hold (*error is then an error of the system, else 0). */
int zpl_network_deny_told(enum zpl_network network, int *error);
/* Refuses the connection that a process of that descriptor waits for; false: there is none. */
bool zpl_network_refuse(int listener);

#endif
