/* live.h - a run on the screen: finished steps as lines that stay, running ones as lines that move.
 * Elsewhere than on a terminal only the lines that stay are printed, once each.
 * Owns: its rows, in an arena of its own, until _release (which removes the moving lines).
 * Floor: vm. */
#ifndef ZPL_VM_VIEW_LIVE_H
#define ZPL_VM_VIEW_LIVE_H

#include "lang/base/limits.h"
#include "vm/run.h"
#include "vm/view/steps.h"

struct zpl_live_row {
    int64_t since_ns;
    double fraction; /* -1: unknown */
    char what[64];
};
struct zpl_live {
    struct zpl_view view;
    const struct zpl_plan *plan;
    struct zpl_live_row *rows;       /* by step, made when the first one changes */
    uint32_t running[ZPL_SLOTS_MAX]; /* their ids, in the order they were started */
    unsigned running_count;
    unsigned drawn; /* moving lines on the screen now */
    bool terminal;
    struct zpl_arena arena;
};

/* An observer that draws; `live` must outlive the run. */
void zpl_live_init(struct zpl_live *live, bool terminal, bool colour,
                   struct zpl_run_observer *observer);
void zpl_live_release(struct zpl_live *live);

#endif
