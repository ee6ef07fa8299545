/* rows.h - which rows is a table made of, and do two tables share some?
 * Tables carry the rows they are made of: those of a source, the part that a step with disjoint
 * outputs (split, kfold) made of them, and that some were left out.  Two tables are told to share rows
 * when they have a part in common, or when one is made of rows of which the other leaves none out;
 * never when both leave out some by themselves, and never when a split parts them.
 * A model carries the rows that it was trained on, and what else a step makes of tables those it saw.
 * Owns: everything is in the scratch arena it is given.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_ROWS_H
#define ZPL_CHECK_ROWS_H

#include "lang/graph/graph.h"

/* What happened to rows on their way, the last first. */
struct zpl_link {
    const struct zpl_link *before;
    uint32_t node, part;
    bool filters; /* else the node made the part */
};
/* Rows of one table at the root. */
struct zpl_lot {
    uint32_t node, output; /* the root */
    const struct zpl_link *way;
};
/* Rows made of one row of each of these, the leading one first. */
struct zpl_made {
    const struct zpl_lot *lots;
    size_t count;
};
struct zpl_rowset {
    const struct zpl_made *alternatives;
    size_t count;
    bool unknown;
};
struct zpl_rows {
    const struct zpl_graph *graph;
    struct zpl_arena *arena;
    uint32_t *nodes; /* those that the evaluation depends on, ascending */
    size_t count, capacity;
    uint32_t *same;           /* of each of these nodes, the first of them that makes the same */
    struct zpl_rowset **sets; /* of each of these nodes, one an output */
};

/* Finds what everything that the node depends on is made of; graph and arena are set.  False when
 * memory is out. */
bool zpl_rows_find(struct zpl_rows *rows, const struct zpl_node *node);
/* Of a value that such a node was given. */
struct zpl_rowset zpl_rows_of(struct zpl_rows *rows, const struct zpl_value *value);
bool zpl_rows_share(const struct zpl_rows *rows, const struct zpl_rowset *a,
                    const struct zpl_rowset *b);

#endif
