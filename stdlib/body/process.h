/* process.h - a program of the user's as the body of a step: its environment and confines, from its start to
 * its end.  It runs in the project's folder; what it prints goes to the step's log.
 * Owns: texts are in the context's arena.   Floor: stdlib. */
#ifndef ZPL_STDLIB_PROCESS_H
#define ZPL_STDLIB_PROCESS_H

#include "lang/base/json.h"
#include "stdlib/context.h"

struct zpl_process {
    struct zpl_context *context;
    /* Of the step: {"vars": {NAME: VALUE}, "pass": [NAME], "network": true}: variables that it is given,
     * those that are passed on, may it open connections. */
    const struct zpl_json *body;
    char **words; /* NULL-terminated; the first is found by its path, or on PATH */
};

/* Runs it to its end; 0 if it ended with 0, else non-zero after telling. */
int zpl_process_run(const struct zpl_process *process);

#endif
