/* local_worker.h - the driver's side of one worker: what it was given, what it said, how it ended.
 * Promise: never blocks on a worker's bytes, so that one that hangs in the middle of a message
 * still meets its time limit; what it printed is told before its answer, its answer before its end.
 * Owns: descriptors and buffers, until zpl_local_worker_close().
 * Limits: ZPL_MESSAGE_MAX, ZPL_LOG_CHUNK_BYTES, ZPL_LEAVE_MS.   Floor: stack. */
#ifndef ZPL_STACK_LOCAL_WORKER_H
#define ZPL_STACK_LOCAL_WORKER_H

#include "stack/orchestrator/supervise.h"
#include "stack/orchestrator/zygote.h"

enum zpl_local_state {
    ZPL_LOCAL_FREE,    /* no process */
    ZPL_LOCAL_IDLE,    /* warm, waits for a task */
    ZPL_LOCAL_RUNNING, /* has a task whose end was not told yet */
    ZPL_LOCAL_SPENT    /* its task's end was told, and it gets no other: to be closed */
};
/* Why a running worker is being ended; decides the event. */
enum zpl_local_verdict {
    ZPL_LOCAL_NONE,
    ZPL_LOCAL_CANCELLED,
    ZPL_LOCAL_LATE,   /* met its time limit */
    ZPL_LOCAL_GARBLED /* sent what is not a message */
};
/* Which descriptor of a worker can be read. */
enum zpl_local_source { ZPL_LOCAL_TASK, ZPL_LOCAL_WATCH, ZPL_LOCAL_LOG, ZPL_LOCAL_SOURCES };

struct zpl_local_worker {
    enum zpl_local_state state;
    struct zpl_worker_ends ends;
    pid_t pid;             /* 0: not known yet */
    uint64_t memory_bytes; /* its limit */
    uint64_t kin;          /* of the tasks that it takes */
    uint64_t task;
    struct zpl_task_needs needs;
    enum zpl_local_verdict verdict;
    int64_t deadline_ns; /* when something is done about it; 0: never */
    bool ready[ZPL_LOCAL_SOURCES];
    bool answered; /* the answer stands in `in` */
    bool leaving;  /* its task socket is closed and its end waited for */
    bool ended;
    struct zpl_watch_report report; /* kind STARTED after `ended`: its supervisor was killed */
    struct zpl_buf in;              /* bytes of the task socket from the first not yet told */
    size_t told;                    /* how many of them the last event showed */
    struct zpl_buf printed;
    int log_left;        /* bytes printed before the answer or the end; -1: no end in sight */
    int64_t measured_ns; /* when its memory was looked at */
};

/* Asks the zygote for a process that may serve tasks with such needs and adds its descriptors to `epoll`, as index * ZPL_LOCAL_SOURCES +
 * source.  The worker has to be FREE and becomes IDLE. */
enum zpl_err zpl_local_worker_open(struct zpl_local_worker *worker, struct zpl_zygote *zygote,
                                   const struct zpl_task_needs *needs, int epoll, uint64_t index,
                                   struct zpl_diags *diags);
/* Hands over a task; false and errno if that can't be done.  A process that could not even be
 * started takes it all the same: how that failed is told as the task's end. */
bool zpl_local_worker_give(struct zpl_local_worker *worker, const void *bytes, size_t len,
                           uint64_t task, const struct zpl_task_needs *needs);
/* The next event of a running worker out of what can be read now; false when there is none.  After
 * DONE, DIED, TIMEOUT or MEMORY it is IDLE or SPENT. */
bool zpl_local_worker_next(struct zpl_local_worker *worker, struct zpl_event *event);
/* Forgets the bytes the last event showed; to be called before the next one is asked for. */
void zpl_local_worker_forget(struct zpl_local_worker *worker);
/* Reads what an idle worker says; false if it has ended or talks out of turn. */
bool zpl_local_worker_rests(struct zpl_local_worker *worker);
/* Ends a running worker for that reason: SIGTERM, grace, SIGKILL. */
void zpl_local_worker_stop(struct zpl_local_worker *worker, enum zpl_local_verdict verdict);
/* Does what is due when deadline_ns has passed. */
void zpl_local_worker_due(struct zpl_local_worker *worker);
/* Lets the process go (it is ended if it does not leave) and becomes FREE. */
void zpl_local_worker_close(struct zpl_local_worker *worker);

#endif
