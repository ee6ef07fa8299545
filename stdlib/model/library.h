/* library.h - a shared library of an engine for models: where it is looked for, and how it is refused.
 * Owns: nothing; the handle is the caller's.
 * Errors: a NO_LIBRARY diagnostic that says where it looked and what to do.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_LIBRARY_H
#define ZPL_STDLIB_MODEL_LIBRARY_H

#include "lang/base/diag.h"
#include "lang/base/err.h"
#include "lang/base/limits.h"
#include "stdlib/kernel.h"

struct zpl_library {
    const char *name;     /* "XGBoost" */
    const char *version;  /* the only one that will do */
    const char *variable; /* names a folder that holds `file`, and is looked at first */
    const char *folder;   /* below deps/ beside the build, below PREFIX/lib/zpl/ */
    const char *file;
};

/* Opens it; NOT_FOUND or IO.  path[ZPL_PATH_MAX] is the file. */
enum zpl_err zpl_library_open(const struct zpl_library *library, void **handle, char *path,
                              struct zpl_diags *diags);
/* Adds what to do to a diagnostic and closes the handle (NULL: none). */
enum zpl_err zpl_library_refuse(const struct zpl_library *library, void *handle, enum zpl_err err,
                                struct zpl_diag *diag, struct zpl_diags *diags);
/* Refuses what calls itself another version. */
enum zpl_err zpl_library_hold(const struct zpl_library *library, void *handle, const char *path,
                              const char *version, struct zpl_diags *diags);

/* Tells the first diagnostic, with its notes and help, as the reason of the step's failure. */
int zpl_fail_diags(struct zpl_kernel_context *ctx, const struct zpl_diags *diags);

#endif
