/* look.h - what Python says of a text, of itself and of its packages, without running any of them: questions
 * to the helper that comes with zpl (stdlib/python/zpl), which an interpreter is started for.
 *   {"v": 1, "text": TEXT}       a file's syntax tree as a digest, its imports, its functions
 *   {"v": 1, "facts": true}      version, implementation, executable, standard library, folders of packages
 *   {"v": 1, "packages": [NAME]} the distributions that modules of these names are of, with versions
 * Owns: the answer is the caller's.
 * Errors: ZPL_ERR_STEP, told, when the interpreter can't be started or does not answer in JSON of this
 * version.   Floor: stdlib. */
#ifndef ZPL_STDLIB_LOOK_H
#define ZPL_STDLIB_LOOK_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/json.h"

/* What leads a program that stands in front of several interpreters to one of them: NULL-terminated names of
 * variables. */
extern const char *const zpl_look_variables[];

struct zpl_look_request {
    const char *interpreter; /* its path */
    const char *folder;      /* it is started in */
    const char *question;    /* JSON */
};
/* Asks it; *out is NULL after an error.  The helper stays, for the next question about the same interpreter. */
enum zpl_err zpl_look(const struct zpl_look_request *request, struct zpl_json **out,
                      struct zpl_arena *arena, struct zpl_diags *diags);
/* Ends the helper that stayed. */
void zpl_look_leave(void);

#endif
