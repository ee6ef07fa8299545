/* home.h - the .zpl folder that the embedded components share.
 *     zpl.db zpl.lock leases machine    metadata/      objects/ scratch/    artifacts/
 *     limits
 *     spool/                    orchestrator/
 *     deployments/              deploy/        .gitignore           says that all of it is no source
 * Errors: SYSTEM diagnostics.   Floor: stack. */
#ifndef ZPL_STACK_HOME_H
#define ZPL_STACK_HOME_H

#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/base/err.h"

/* The absolute path of home/name (of home for ""), into out[ZPL_PATH_MAX]. */
enum zpl_err zpl_home_path(const char *home, const char *name, char *out, struct zpl_diags *diags);
/* Makes home/name, and home with its .gitignore if that is new. */
enum zpl_err zpl_home_make(const char *home, const char *name, struct zpl_diags *diags);
/* What people call a file system of this type (statfs) that lies on another machine; NULL: no such one. */
const char *zpl_home_network(uint64_t type);
/* A lock in the folder failed with `error`: told, with what to do where locks don't work. */
enum zpl_err zpl_home_lock_failed(const char *home, int error, struct zpl_diags *diags);
/* Joins two parts into out[ZPL_PATH_MAX]; one that is too long is told. */
enum zpl_err zpl_home_join(char *out, const char *dir, const char *name, struct zpl_diags *diags);

#endif
