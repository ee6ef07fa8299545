/* before.h - is a feature computed of rows before those that the label is computed of?
 * A column that both come from gives nothing away then: `lag(x)` beside a label of today's x, today's x beside a label
 * of `lead(x)`.  Both are walked back from the table that the model learns from, with the rows that they are
 * of: seen from a row of it, and from what that row is made of in the table that leads each step before.
 * What a way says of other rows holds where the table that it came through leads, and each of its rows is in one of the
 * next table's at most; through anything else a column is of any rows.
 * Owns: everything is in the scratch arena it is given.   Errors: what is not known is not before; without memory
 * nothing is, and the arena has failed.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_BEFORE_H
#define ZPL_CHECK_BEFORE_H

#include "lang/graph/lineage.h"

/* What was found of one column and all that it comes from. */
struct zpl_seen;
struct zpl_before {
    const struct zpl_graph *graph;
    struct zpl_arena *arena;
    struct zpl_lineage_column label; /* of the table that the model learns from */
    struct zpl_lineage_column feature;
    struct zpl_before_lead *leads; /* one a node */
    struct zpl_seen *of_label, *of_feature;
    bool found; /* the label was walked back */
};

/* Walks back a feature, and the label before the first; graph, arena and label are set. */
void zpl_before_look(struct zpl_before *before, struct zpl_lineage_column feature);
/* Is whatever the feature takes of that column of rows strictly before those that the label takes of it?  As it
 * is when either takes nothing. */
bool zpl_before_is(const struct zpl_before *before, struct zpl_lineage_column column);

#endif
