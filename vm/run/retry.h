/* retry.h - whether a step that failed is tried again, when, and with how much memory.
 * Promise: zpl_retry_decide() is a function of what it is asked alone.
 *   again    while `retries` are left; never for a step that ran out of all the memory there is
 *   when     0.5 s after the first attempt, doubled for each further one up to 128 s, times a share of
 *            0.5 to 1.5 that depends on the step's key and the attempt: steps that failed together
 *            are not tried again together
 *   memory   as much as before; twice as much after an attempt that ran out of it
 * Owns: nothing.   Floor: vm. */
#ifndef ZPL_VM_RUN_RETRY_H
#define ZPL_VM_RUN_RETRY_H

#include "vm/plan/plan.h"
#include "vm/run/log.h"

/* What is asked: about an attempt that failed. */
struct zpl_attempt {
    const struct zpl_digest *key;
    uint32_t number, retries;  /* the first is number 1 */
    uint64_t memory_bytes;     /* that it might use; 0: no limit */
    uint64_t memory_bytes_max; /* that any may use on this machine; 0: not known */
    bool out_of_memory;
};
struct zpl_retry {
    bool again;
    int64_t after_ns;
    uint64_t memory_bytes;
};
struct zpl_retry zpl_retry_decide(const struct zpl_attempt *attempt);

/* How an attempt of a step failed. */
struct zpl_failure {
    enum zpl_code code;
    const char *reason;
    const struct zpl_diags
        *details;              /* that the worker told, its first instead of the reason; or NULL */
    const struct zpl_log *log; /* what it printed; or NULL */
    uint64_t peak_bytes;       /* 0: unknown */
    bool out_of_memory;        /* ended by its limit */
    char text[160];            /* what an event gives as the reason */
    bool lost;                 /* with its machine: it does not count, up to ZPL_LOST_MAX times */
};

/* Of an attempt that ended without an answer. */
void zpl_failure_of_event(const struct zpl_event *event, struct zpl_failure *out);

/* Decides for step `id` and, if it is tried again, puts down in the plan what the next attempt has to
 * know; *after_ns tells when.  Out of memory is what was ended by its limit, what said so (programs
 * do in many ways), and what held more than seven eighths of what it might use. */
bool zpl_retry(struct zpl_plan *plan, uint32_t id, const struct zpl_failure *failure,
               uint64_t memory_bytes_max, int64_t *after_ns);

#endif
