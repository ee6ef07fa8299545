/* schedule.h - which units of a scope are ready: each once, in the order of their numbers as far as edges
 * allow.  A scope is the program (0), or one item of a map (1 + its number).  A unit is a node of the
 * scope itself, or a map inside it as a whole, whose number is the count of nodes and its own.
 * Promise: O(units + edges) for a whole scope.
 * Owns: its arrays, in an arena of its own, until _release.   Errors: NOMEM.   Floor: vm. */
#ifndef ZPL_VM_PLAN_SCHEDULE_H
#define ZPL_VM_PLAN_SCHEDULE_H

#include "lang/graph/graph.h"
#include "lang/base/err.h"

struct zpl_schedule {
    uint32_t *units; /* ascending */
    uint32_t unit_count;
    uint32_t *needs; /* per unit's number: how many edges lead to it */
    uint32_t *waits; /* … of them whose other end is not settled yet */
    uint32_t *first; /* per unit's number: where its dependents begin in `dependents`; one more */
    uint32_t *dependents;
    uint32_t *ready; /* a heap of numbers, smallest first */
    uint32_t ready_count;
    uint32_t left; /* units that are not settled */
    struct zpl_arena arena;
};

enum zpl_err zpl_schedule_init(struct zpl_schedule *schedule, const struct zpl_graph *graph,
                               uint32_t scope);
void zpl_schedule_release(struct zpl_schedule *schedule); /* safe on a zeroed struct */
/* Nothing is settled, as after _init. */
void zpl_schedule_rewind(struct zpl_schedule *schedule);
/* The smallest ready unit; false when none is ready now. */
bool zpl_schedule_next(struct zpl_schedule *schedule, uint32_t *unit);
/* The unit came to its end, whatever it was: its dependents may become ready. */
void zpl_schedule_settle(struct zpl_schedule *schedule, uint32_t unit);

#endif
