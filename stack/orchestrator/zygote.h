/* zygote.h - the process that forks workers.
 * Forked from the driver before anything else, it stays small and has one thread, so a fork is
 * cheap and safe.  It opens nothing, leads a session of its own (a Ctrl-C in the terminal reaches
 * the driver only), and adopts what a killed supervisor leaves.  Processes:
 *     driver ── zygote ── supervisor (one a worker) ── worker ── whatever it starts
 * The first worker for a task with tables is not forked from the zygote but from its nursery, a process that
 * differs from it only in that the library for tables and a database stand ready there, which takes longer
 * than many a step.  So the zygote stays as small for all others:
 *     driver ── zygote ── nursery ── supervisor ── worker
 * The nursery ends its supervisors when the zygote's end of its socket closes, as the zygote does by the
 * driver's.  Where it can't be had, or was killed, workers are forked from the zygote, or by a new one.
 * A supervisor and what is below it have a space of processes of their own where the zygote may make
 * one (space.h).
 * On its control socket, a stream with framed messages, the driver asks for a worker and hands over
 * three descriptors: the worker's ends of the task socket and of the watch socket (supervise.h),
 * and of the pipe it prints to.  There is no answer: the supervisor reports on the watch socket.
 * When the driver's end closes it ends all supervisors and, with them, all workers.
 * The kernel's parent-death signal is used for workers only: zygote and supervisors have to
 * outlive the driver until they have cleaned up.   Limits: ZPL_KILL_MS.   Floor: stack. */
#ifndef ZPL_STACK_ZYGOTE_H
#define ZPL_STACK_ZYGOTE_H

#include "stack/stack.h"

/* The driver's ends of one worker; -1 when closed.  `log` does not block. */
struct zpl_worker_ends {
    int task, watch, log;
};

/* The memory that a worker may use; 0: no limit. */
struct zpl_worker_memory {
    uint64_t process_bytes; /* each of its processes, of data */
    uint64_t tree_bytes;    /* all of them together, resident */
};
/* What a worker is asked for as: the bytes of a request. */
struct zpl_worker_wish {
    struct zpl_worker_memory memory;
    bool tables; /* from the nursery */
};
/* Asks for a worker.  The ends are the caller's.
 * Closing `watch` ends the worker.  ZPL_ERR_UNREACHABLE when the zygote is gone. */
enum zpl_err zpl_zygote_spawn(struct zpl_zygote *zygote, const struct zpl_worker_wish *wish,
                              struct zpl_worker_ends *out, struct zpl_diags *diags);
void zpl_worker_ends_close(struct zpl_worker_ends *ends);

#endif
