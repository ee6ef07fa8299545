/* copy.h - copies of files and folders for people: writable, and sharing nothing with the store.
 * Owns: nothing.   Errors: SYSTEM diagnostics with operation and path; what was copied so far stays
 * and is the caller's to remove.   Floor: stack. */
#ifndef ZPL_STACK_COPY_H
#define ZPL_STACK_COPY_H

#include "lang/base/diag.h"
#include "lang/base/err.h"

/* Copies a file, or a folder with all in it, to the new name `to`, and syncs it.  Links and devices
 * are refused. */
enum zpl_err zpl_copy(const char *from, const char *to, struct zpl_diags *diags);

#endif
