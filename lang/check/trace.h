/* trace.h - from a column back through all steps: the walk that leaks are found by.
 * Owns: everything is in the scratch arena it is given.   Errors: without memory it finds nothing, and
 * the arena has failed.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_TRACE_H
#define ZPL_CHECK_TRACE_H

#include "lang/check/tell.h"
#include "lang/graph/lineage.h"

/* A column on the way, with the one that is computed from it. */
struct zpl_trace_step {
    struct zpl_lineage_column at;
    uint32_t behind; /* index of the column that comes from this one; of the first: its own */
    enum zpl_lineage_how how;
};
struct zpl_trace {
    const struct zpl_graph *graph;
    struct zpl_arena *arena;
    struct zpl_trace_step *steps; /* in the order in which they were met */
    size_t count, capacity;
    bool values; /* does not follow what is only chosen by */
    bool sure;   /* does not follow what a body may do, nor keys that the rows have anyway */
    const uint32_t *own; /* nodes whose rows those that the model learns from are: what chooses them
                            chooses no value */
    size_t own_count;
    struct zpl_trace_mark *marks;
    size_t mark_count, mark_room;
    uint32_t turn;
};

typedef bool zpl_trace_end_fn(void *self, struct zpl_lineage_column column);

/* Walks back from `start` until a column that is_end() takes: its index in steps; -1: there is none.
 * What led nowhere once is not walked again, so a trace has one is_end(). */
long zpl_trace_find(struct zpl_trace *trace, struct zpl_lineage_column start,
                    zpl_trace_end_fn *is_end, void *self);
/* The same until a hindsight column. */
long zpl_trace_hindsight(struct zpl_trace *trace, struct zpl_lineage_column start);
/* The column of that name of the first table that has one, among all that the value may be; `hint`
 * goes on where the last one was found. */
bool zpl_trace_column(const struct zpl_graph *graph, const struct zpl_value *value,
                      const char *name, size_t *hint, struct zpl_lineage_column *out);
/* The columns that `start` is computed of and that no query computed, in a fixed order; new memory.
 * What a body of the program's own made is one by itself. */
struct zpl_lineage_column *zpl_trace_roots(struct zpl_trace *trace, struct zpl_lineage_column start,
                                           size_t *count);
/* Where the column was computed last: past steps that only pass it on. */
struct zpl_lineage_column zpl_trace_maker(const struct zpl_graph *graph,
                                          struct zpl_lineage_column start);
/* Notes every step from steps[0] to steps[end]. */
void zpl_trace_tell(const struct zpl_trace *trace, size_t end, struct zpl_diags *diags,
                    struct zpl_diag *diag);
/* The same, and on to where that was declared as hindsight. */
void zpl_trace_tell_hindsight(const struct zpl_trace *trace, size_t end, struct zpl_diags *diags,
                              struct zpl_diag *diag);

#endif
