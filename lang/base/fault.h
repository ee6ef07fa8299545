/* fault.h - every allocation and every failing system call passes here, so that tests can make
 * the N-th one fail.
 * Promise: in normal use the cost is one predictable branch.  With ZPL_FAULT="kind:N" in the
 * environment (kind: alloc open read write fsync rename fork connect sqlite; N counts from 0) the
 * N-th call of that kind fails once: alloc returns NULL, the others set errno to EIO.
 * With ZPL_FAULT="kind:N:ERRNAME" errno is ENOSPC, EACCES, EINTR, EROFS, EMFILE or EBUSY; SQLite then
 * says that its disk is full (ENOSPC), read-only (EROFS), or that another holds the database (EBUSY).
 * Each process counts its own calls.  ZPL_FAULT_FIRED="file" in the environment: zpl_fault_tell() makes that file if the
 * call came, in this process or in one that was forked from it.
 * Errors: an ill-formed ZPL_FAULT is ignored.   Floor: base. */
#ifndef ZPL_BASE_FAULT_H
#define ZPL_BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum zpl_fault_kind {
    ZPL_FAULT_ALLOC,
    ZPL_FAULT_OPEN,
    ZPL_FAULT_READ,
    ZPL_FAULT_WRITE,
    ZPL_FAULT_FSYNC,
    ZPL_FAULT_RENAME,
    ZPL_FAULT_FORK,
    ZPL_FAULT_CONNECT,
    ZPL_FAULT_SQLITE,
    ZPL_FAULT_KINDS
};

/* Reads ZPL_FAULT; called once at the start of a process. */
void zpl_fault_init(void);
/* Makes the file that ZPL_FAULT_FIRED names, if the fault has fired; called once at the end of a process. */
void zpl_fault_tell(void);
/* Programs a fault from a test: the n-th call of `kind` from now fails with errno `error`. */
void zpl_fault_arm(enum zpl_fault_kind kind, long n, int error);
void zpl_fault_disarm(void);
/* True if the armed fault has fired, here or in a process forked since zpl_fault_init() armed it. */
bool zpl_fault_fired(void);
/* True (and errno set) if this call has to fail. */
bool zpl_fault(enum zpl_fault_kind kind);

/* malloc, calloc, realloc, strdup with the switch; free is free(). */
void *zpl_malloc(size_t size);
void *zpl_calloc(size_t count, size_t size);
void *zpl_realloc(void *p, size_t size);
char *zpl_strdup(const char *s);

#endif
