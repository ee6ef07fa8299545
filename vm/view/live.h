/* live.h - a run on the screen: finished steps as lines that stay, running ones as lines that move.
 * Elsewhere than on a terminal only the lines that stay are printed, once each.  Steps of the items of a
 * map have lines that move, and one that stays when they fail; all together have one at the end, and until then one
 * that tells how many are done.
 * A terminal may get another size at any time: moving lines are one line each of what it has now, as many as
 * it can hold, and lines that it wrapped when it became narrower are removed as the lines they are then.
 * Owns: its text; _release removes the moving lines.
 * Floor: vm. */
#ifndef ZPL_VM_VIEW_LIVE_H
#define ZPL_VM_VIEW_LIVE_H

#include "lang/base/limits.h"
#include "vm/run/run.h"
#include "vm/view/steps.h"

/* A step that runs. */
struct zpl_live_row {
    const struct zpl_plan *plan;
    uint32_t id;
    int64_t since_ns;
    double fraction; /* -1: unknown */
    char what[64];
};
struct zpl_live {
    struct zpl_view view;
    const struct zpl_plan *plan; /* of the program; NULL: no step of it changed yet */
    bool measured;               /* the names of the program's steps */
    struct zpl_live_row running[ZPL_SLOTS_MAX]; /* in the order they were started */
    unsigned running_count;
    int64_t flushed_ns;             /* when lines went out last, where nobody watches */
    char waiting[ZPL_NAME_MAX + 1]; /* the first step that waits for a slot */
    const char *limit;              /* of what */
    size_t waiting_count;           /* steps that do */
    struct zpl_buf drawn;           /* the moving lines that are on the screen now */
    bool terminal;
};

/* An observer that draws; `live` must outlive the run. */
void zpl_live_init(struct zpl_live *live, bool terminal, bool colour,
                   struct zpl_run_observer *observer);
/* A line of another's that stays; it has its end of line. */
void zpl_live_line(struct zpl_live *live, const char *line);
void zpl_live_release(struct zpl_live *live);

#endif
