/* lineage.h - from a column of an output to the columns it is computed from, one step back.
 * A query says so itself.  A step that runs a body of the program's own may compute every column
 * from all that it reads.  Any other step passes a column on under its name; what no table it is
 * given has is new, and comes from the features of the model that the step is given, else from all that it
 * reads.  Models are no way: what a model says of a
 * row is known when the row is.
 * Owns: nothing.   Floor: lang/graph. */
#ifndef ZPL_GRAPH_LINEAGE_H
#define ZPL_GRAPH_LINEAGE_H

#include "lang/graph/graph.h"

enum zpl_lineage_how {
    ZPL_LINEAGE_PLAIN, /* it is that column */
    ZPL_LINEAGE_OF,    /* computed of it */
    ZPL_LINEAGE_BY,    /* chosen by it: keys and filters */
    ZPL_LINEAGE_KEY,   /* the same: a key of the groups that the rows are */
    ZPL_LINEAGE_MAYBE  /* the step reads it */
};
/* A column of a node's output; behind the last stand its choices (enum zpl_row_choice): what decides the rows. */
struct zpl_lineage_column {
    uint32_t node, output, column;
};
typedef bool zpl_lineage_visit_fn(void *self, struct zpl_lineage_column from,
                                  enum zpl_lineage_how how);

/* Calls visit for every column that `of` comes from, until it returns false (which is returned). */
bool zpl_lineage_visit(const struct zpl_graph *graph, struct zpl_lineage_column of,
                       zpl_lineage_visit_fn *visit, void *self);
/* The same, and for every choice that decides it. */
bool zpl_lineage_visit_choices(const struct zpl_graph *graph, struct zpl_lineage_column of,
                               zpl_lineage_visit_fn *visit, void *self);
/* Is it one of the choices behind the columns? */
bool zpl_lineage_is_choice(const struct zpl_graph *graph, struct zpl_lineage_column column);

/* Calls visit for every output that a value, known at run time, may be or holds. */
void zpl_lineage_outputs(const struct zpl_graph *graph, const struct zpl_value *value,
                         void (*visit)(void *self, uint32_t node, uint32_t output), void *self);

/* The row of an output that is a table, else NULL. */
const struct zpl_row *zpl_lineage_row(const struct zpl_graph *graph, uint32_t node,
                                      uint32_t output);
/* What the column is called. */
const char *zpl_lineage_name(const struct zpl_graph *graph, struct zpl_lineage_column column);
/* Does a body of the program's own make the node's outputs, other than a query? */
bool zpl_lineage_is_body(const struct zpl_node *node);
/* Is it what a reader takes it for when nothing is said: the column of the same name of the first
 * table that has one? */
bool zpl_lineage_is_obvious(const struct zpl_node *node, const char *column,
                            const struct zpl_column_origin *origin);

#endif
