/* why.h - in words, why a step has to run.
 * Promise: names every ingredient that differs from the last time this step of this pipeline was
 * done, and nothing else.
 * Owns: texts are in the caller's arena.   Floor: vm. */
#ifndef ZPL_VM_PLAN_WHY_H
#define ZPL_VM_PLAN_WHY_H

#include "vm/plan/plan.h"

struct zpl_reasons {
    const char **texts; /* "rounds: 100 → 200" */
    size_t count, capacity;
    bool known; /* there was a last time */
    int64_t last_run;
};

/* Compares a keyed step with its last row in the store. */
enum zpl_err zpl_why(struct zpl_plan *plan, uint32_t id, struct zpl_reasons *out,
                     struct zpl_arena *arena);
/* Differences from one list to another. */
void zpl_why_compare(const struct zpl_ingredients *before, const struct zpl_ingredients *now,
                     struct zpl_reasons *out, struct zpl_arena *arena);
/* One line of at most three reasons. */
const char *zpl_reasons_text(const struct zpl_reasons *reasons, struct zpl_arena *arena);

#endif
