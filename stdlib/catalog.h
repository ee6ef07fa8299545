/* catalog.h - the one table that registers the standard kernels, and how one is run.
 * A new kernel is one file with a ZPL_KERNEL(…) and one line in catalog.c.
 * Floor: stdlib. */
#ifndef ZPL_STDLIB_CATALOG_H
#define ZPL_STDLIB_CATALOG_H

#include "lang/types/catalog.h"
#include "stdlib/kernel.h"

/* NULL: no such kernel.  "sql", "lua", "command" and "native" are kernels too: they run users' bodies. */
const struct zpl_kernel *zpl_stdlib_kernel(const char *name);
/* The i-th kernel that a program can call by name, in alphabetical order; NULL past the end. */
const struct zpl_step_info *zpl_stdlib_step(size_t i);
const struct zpl_step_info *zpl_stdlib_find(const char *name);
/* 64 hexadecimal digits: digest of the sources that shape the kernel's output. */
const char *zpl_stdlib_identity(const char *kernel);
/* "duckdb 1.4.4" …: the versions this build is made for; "" for none.  Opens no library. */
const char *zpl_stdlib_engines(const char *kernel);

#endif
