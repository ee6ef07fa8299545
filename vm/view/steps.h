/* steps.h - steps of a plan or run as lines a person reads.   Floor: vm. */
#ifndef ZPL_VM_VIEW_STEPS_H
#define ZPL_VM_VIEW_STEPS_H

#include "vm/plan/plan.h"
#include "vm/view/term.h"

struct zpl_view {
    bool colour;
    unsigned width;      /* columns of a line at most; 0: no limit */
    unsigned name_width; /* columns that names have */
    unsigned name_most;  /* of the widest name, within bounds that do not depend on the width */
    bool costs;          /* steps that are still to run have a time too: that of the last one */
};
/* Measures the names of a graph. */
void zpl_view_init(struct zpl_view *view, const struct zpl_graph *graph, bool colour,
                   unsigned width);
/* The same for names that are not of a graph: each is shown to it before the first line. */
void zpl_view_measure(struct zpl_view *view, const char *name);
/* The terminal has another width now. */
void zpl_view_resize(struct zpl_view *view, unsigned width);
/* "  cached   xgboost.train            model 1.2 MB" */
void zpl_view_line(const struct zpl_view *view, enum zpl_plan_status status, const char *name,
                   const char *time, const char *rest, struct zpl_buf *out);
/* The same with words of its own for the state. */
void zpl_view_state_line(const struct zpl_view *view, const char *state, enum zpl_paint paint,
                         const char *name, const char *time, const char *rest, struct zpl_buf *out);
/* What stands at the end of a step's line: what it made, or why not. */
void zpl_view_rest(const struct zpl_plan *plan, uint32_t id, struct zpl_buf *out);
/* The items of a map by their states: "1,000 items: 2 ran, 998 cached". */
void zpl_view_items(const size_t counts[ZPL_PLAN_STATES], struct zpl_buf *out);
/* "  ran      xgboost.train   12.3 s   model 1.2 MB" and, for what ran, why. */
void zpl_view_step(const struct zpl_view *view, const struct zpl_plan *plan, uint32_t id,
                   struct zpl_buf *out);
/* One line a step that runs: name, elapsed time, progress. */
void zpl_view_running(const struct zpl_view *view, const struct zpl_plan *plan, uint32_t id,
                      uint64_t elapsed_ms, double fraction, const char *what, struct zpl_buf *out);
/* "  running   each   12 of 20 items are done": a map that is under way. */
void zpl_view_mapping(const struct zpl_view *view, size_t ended, size_t count, struct zpl_buf *out);
/* "  waiting   load   for db, and 11 more": the first of the steps that wait for slots of limits. */
void zpl_view_waiting(const struct zpl_view *view, const char *name, const char *limit,
                      size_t count, struct zpl_buf *out);
/* What a made output is, in a few words: "3,000,000 rows, 41.2 MB". */
void zpl_view_output(const struct zpl_output_row *row, struct zpl_buf *out);
/* The same of all outputs of a step of a record, or of the one named `only`: the fields of a report or a value,
 * the size of anything else; why there is none. */
void zpl_view_made(const struct zpl_json *step, const char *only, struct zpl_buf *out);
/* What numbers the items of a step inside maps made, by the step's `outputs` and their fields: "mae 2.253 … 4.032,
 * mean 3.106; n 60".  Nothing where they made none. */
void zpl_view_items_figures(const struct zpl_json *items, const struct zpl_json *outputs,
                            struct zpl_buf *out);
/* The same of a step of a plan, of what is gathered of it: the program's own lists hold no more. */
void zpl_view_gathered_figures(const struct zpl_plan *plan, uint32_t id, struct zpl_buf *out);
/* A report's fields in the order of its type: "auc 0.653  accuracy 0.801"; another value as it is.
 * `type` is text; NULL or no type of fields gives the order of the JSON. */
void zpl_view_report(const char *type, const char *json, struct zpl_buf *out);
/* "2026-11-24 03:40:36" in local time. */
void zpl_view_time(int64_t wall_ns, struct zpl_buf *out);

#endif
