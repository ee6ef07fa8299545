/* process.h - a program of the user's as a part of a step: its environment and confines, from its start to
 * its end.  What it prints goes to the step's log.
 * Owns: texts are in `arena`.   Floor: stdlib. */
#ifndef ZPL_STDLIB_PROCESS_H
#define ZPL_STDLIB_PROCESS_H

#include <sys/types.h>

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/json.h"
#include <sys/types.h>

/* The variable that says which descriptor it can talk to us by, in messages as zpl_msg_send() frames them. */
#define ZPL_PROCESS_TALK "ZPL_TALK"

/* One message. */
typedef void zpl_process_heard_fn(void *self, const void *message, size_t len);

struct zpl_process {
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    const char *folder; /* it runs in */
    const char *tmp;    /* its TMPDIR, made if it is not there; NULL: it gets none */
    /* {"vars": {NAME: VALUE}, "pass": [NAME], "network": true}: variables that it is given, those that are
     * passed on, may it open connections.  NULL: none of that. */
    const struct zpl_json *body;
    const char *const
        *defaults; /* NULL-terminated "NAME=VALUE": what `vars` may set otherwise; or NULL */
    const char *
        gpus; /* its CUDA_VISIBLE_DEVICES, which `vars` may set otherwise, not pass on; NULL: none */
    const char *const *fixed;    /* the same: what `vars` may not; or NULL */
    char **words;                /* NULL-terminated; the first is found by its path, or on PATH */
    zpl_process_heard_fn *heard; /* NULL: it has nothing to talk by */
    bool own_network; /* the caller's network is its own: connections in it are allowed */
    bool leads;       /* a group of processes of its own */
    int out;          /* where what it prints goes, or 0: where the caller's does */
    int fence;        /* a ruleset of Landlock that confines it beyond the caller, or 0 */
    const void *said; /* with `heard`: the message that it is given first; or NULL */
    size_t said_len;
    void *self; /* of `heard` */
    /* Set where it could be started: its end as of waitpid, and did it try to open a connection that it
     * may not? */
    int status;
    bool tried;
};

/* Runs it to its end, whichever that is.  Non-zero after telling: it could not be started. */
int zpl_process_run(struct zpl_process *process);

/* A program that goes on.  Its descriptors are the caller's; it ends with the calling process. */
struct zpl_process_kept {
    pid_t pid;
    int talk;     /* by which it is talked to */
    int listener; /* for zpl_network_refuse(), or -1 */
};
/* Starts it, and does not wait for its end; `heard` is not used.  Non-zero after telling. */
int zpl_process_keep(struct zpl_process *process, struct zpl_process_kept *out);
/* Did it end with 0?  Non-zero after telling how else. */
int zpl_process_check(const struct zpl_process *process);

/* Adds what a failure may come of: a connection that it may not open. */
void zpl_process_advise(const struct zpl_process *process, struct zpl_diag *diag);

/* Where the program is that the name stands for: by its path, or on PATH as seen from `folder`; NULL: nowhere,
 * or memory is out. */
const char *zpl_process_find(const char *name, const char *folder, struct zpl_arena *arena);

#endif
