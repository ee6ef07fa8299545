/* schedule.h - which steps are ready: each once, in the order of their ids as far as edges allow.
 * Promise: O(steps + edges) for a whole run.
 * Owns: its arrays, in an arena of its own, until _release.   Errors: NOMEM.   Floor: vm. */
#ifndef ZPL_VM_SCHEDULE_H
#define ZPL_VM_SCHEDULE_H

#include "lang/graph/graph.h"
#include "lang/base/err.h"

struct zpl_schedule {
    uint32_t count;  /* steps */
    uint32_t *waits; /* per step: how many it still waits for */
    uint32_t *first; /* per step: where its dependents begin in `dependents`; count + 1 */
    uint32_t *dependents;
    uint32_t *ready; /* a heap of ids, smallest first */
    uint32_t ready_count;
    struct zpl_arena arena;
};

enum zpl_err zpl_schedule_init(struct zpl_schedule *schedule, const struct zpl_graph *graph);
void zpl_schedule_release(struct zpl_schedule *schedule); /* safe on a zeroed struct */
/* The smallest ready id; false when none is ready now. */
bool zpl_schedule_next(struct zpl_schedule *schedule, uint32_t *id);
/* Step `id` came to its end, whatever it was: its dependents may become ready. */
void zpl_schedule_settle(struct zpl_schedule *schedule, uint32_t id);

#endif
