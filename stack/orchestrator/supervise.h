/* supervise.h - the process between the zygote and one worker.
 * Promise: when the worker has ended, for whatever reason, no descendant of it is left; then, and
 * only then, the driver is told.  When the driver goes, or the zygote asks with SIGTERM, the worker
 * has ZPL_LEAVE_MS to end by itself.
 * The watch socket keeps message boundaries: commands of one byte come in, reports go out.
 * Limits: ZPL_GRACE_MS, ZPL_LEAVE_MS, ZPL_KILL_MS, ZPL_MEMORY_POLL_MS.   Floor: stack. */
#ifndef ZPL_STACK_SUPERVISE_H
#define ZPL_STACK_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "stack/orchestrator/zygote.h"

#define ZPL_WATCH_TERMINATE 'T' /* SIGTERM, ZPL_GRACE_MS, SIGKILL */
#define ZPL_WATCH_KILL      'K' /* SIGKILL at once */

enum zpl_watch_kind {
    ZPL_WATCH_STARTED, /* `pid` is the worker, as the driver knows it; once more with over_memory when it
                             is to be killed for that */
    ZPL_WATCH_ENDED,      /* it and all its descendants are gone: status, over_memory, peak_bytes */
    ZPL_WATCH_NOT_STARTED /* `error` is the errno of fork */
};
struct zpl_watch_report {
    enum zpl_watch_kind kind;
    pid_t pid;
    int status; /* of waitpid */
    int error;
    bool over_memory;    /* ended because it and its descendants held more than they may */
    uint64_t peak_bytes; /* resident memory of the largest process */
};

struct zpl_supervised {
    zpl_worker_main main;
    int task, watch, log; /* the worker's ends; everything else but 0, 1, 2 is closed */
    struct zpl_worker_memory memory;
};

/* Forks the worker, watches it to its end and exits.  For a process of one thread that blocks all
 * signals and was forked for this. */
_Noreturn void zpl_supervise(const struct zpl_supervised *job);

/* Tells the driver on the other side of a watch socket; one that is gone is not told. */
void zpl_watch_tell(int watch, const struct zpl_watch_report *report);

#endif
