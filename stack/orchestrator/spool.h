/* spool.h - a task that another machine runs, as a folder home/spool/… on a file system that both see:
 *     task      what is to be done; the driver removes it when nobody wants it done any more
 *     events    what comes of it: frames that the worker adds at the end and the driver reads
 *     about     which task it is, for a later driver that finds the folder
 *     work/     where the task writes
 * Promise: of two workers on one folder only the first runs the task.  A worker writes BEGAN before
 * it looks for `task`, a driver removes `task` before it looks for BEGAN: if there is none then, the
 * task does not run and never will.
 * Owns: nothing; descriptors are the caller's.
 * Errors: SYSTEM and WORKER diagnostics; ZPL_ERR_VERSION for a folder of another version.
 * Limits: ZPL_MESSAGE_MAX, ZPL_SPOOL_PRINTED_MAX.   Floor: stack. */
#ifndef ZPL_STACK_SPOOL_H
#define ZPL_STACK_SPOOL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "stack/stack.h"

#define ZPL_SPOOL_NAME   "spool" /* of the store, where they all are */
#define ZPL_SPOOL_TASK   "task"
#define ZPL_SPOOL_EVENTS "events"
#define ZPL_SPOOL_ABOUT  "about"
#define ZPL_SPOOL_WORK   "work"

/* ---- both sides */

struct zpl_spool_frame {
    bool began;             /* the first frame: `data` is the name of the machine */
    struct zpl_event event; /* all others; `task` is not told */
};
/* Adds the bytes of a frame. */
void zpl_spool_put(struct zpl_buf *out, const struct zpl_spool_frame *frame);
/* Reads the frame at the start of these bytes, which `frame` points into; *used is its length.
 * NOT_FOUND while it is not whole; ZPL_ERR_INPUT, ZPL_ERR_VERSION (neither told). */
enum zpl_err zpl_spool_take(const void *data, size_t len, size_t *used,
                            struct zpl_spool_frame *frame);

/* ---- the driver's */

struct zpl_spool_about {
    bool has_key;
    struct zpl_digest key; /* see struct zpl_task_needs */
    uint64_t batch;        /* what it was handed over with, and which of that it is */
    uint32_t index;
};
/* Makes the folder with `events` and `work`, nothing to do yet. */
enum zpl_err zpl_spool_make(const char *folder, struct zpl_diags *diags);
enum zpl_err zpl_spool_write_about(const char *folder, const struct zpl_spool_about *about,
                                   struct zpl_diags *diags);
/* Errors are not told: what can't be read is not taken over. */
enum zpl_err zpl_spool_read_about(const char *folder, struct zpl_spool_about *about);
enum zpl_err zpl_spool_write_task(const char *folder, const void *bytes, size_t len,
                                  const struct zpl_task_needs *needs, struct zpl_diags *diags);
/* Nobody wants it done. */
void zpl_spool_unwant(const char *folder);
bool zpl_spool_wanted(const char *folder);

/* ---- the worker's */

/* Needs (of the worker that runs it: memory, time, the workers that it starts itself, wherever) and bytes; NOT_FOUND, silent, when it is not wanted. */
enum zpl_err zpl_spool_read_task(const char *folder, struct zpl_task_needs *needs,
                                 struct zpl_buf *bytes, struct zpl_diags *diags);
/* What is known of the bytes of tasks and answers. */
enum zpl_spool_verdict {
    ZPL_SPOOL_FINE,
    ZPL_SPOOL_FAILED, /* on its own */
    ZPL_SPOOL_LOST    /* for a machine: see ZPL_EVENT_LOST */
};
struct zpl_spool_readers {
    /* What an answer says; of LOST in `reason` (size bytes) also why. */
    enum zpl_spool_verdict (*verdict)(const void *answer, size_t len, char *reason, size_t size);
    /* Says in the task how many of its workers are on each machine, this one first. */
    enum zpl_err (*spread)(struct zpl_buf *task, const uint32_t *counts, size_t count,
                           struct zpl_diags *diags);
};
/* Runs the task of the folder in a process of its own, within its limits, to its end or until
 * *interrupted is set; what comes of it is in `events`.  A cluster that ends a job signals all of its
 * processes, so what fails just before this one is interrupted did not fail by itself: it is told as
 * DIED.  ZPL_OK also when there was nothing to do. */
enum zpl_err zpl_spool_serve(const char *folder, struct zpl_zygote *zygote,
                             const volatile sig_atomic_t *interrupted,
                             const struct zpl_spool_readers *readers, struct zpl_diags *diags);

#endif
