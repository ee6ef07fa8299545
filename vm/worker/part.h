/* part.h - the part of a task that another machine than the first has: a program there that is started by the task
 * (reach.h), says who it is, is told what to do by a line of standard input, and says on standard output what comes of it,
 * a line each (stdlib/body/gang_word.h).  Both are JSON.
 * Promise: the processes of the part are confined, limited and ended as those of a step are; when standard input ends,
 * or a signal comes, they are ended.
 * Errors: told.   Limits: ZPL_PART_HELLO_MAX.   Floor: vm. */
#ifndef ZPL_VM_WORKER_PART_H
#define ZPL_VM_WORKER_PART_H

#include <signal.h>

#include "lang/base/arena.h"
#include "lang/base/diag.h"

#define ZPL_PART_WORD      "-" /* in place of a folder: `zpl worker -` */
#define ZPL_PART_HELLO_MAX 4096

struct zpl_zygote;

/* What it says first: {"machine": NAME, "starter": ADDRESS, "v": ZPL_PROTOCOL_VERSION}. */
struct zpl_part_hello {
    const char *machine; /* its name */
    const char *starter; /* by which it reaches the machine that started it; "": it does not know */
};
/* False: it is none, or of another version. */
bool zpl_part_hello_read(const char *line, struct zpl_part_hello *out, struct zpl_arena *arena);

/* Does the part that it is told to, to its end. */
enum zpl_err zpl_part_serve(struct zpl_zygote *zygote, const volatile sig_atomic_t *interrupted,
                            struct zpl_diags *diags);

#endif
