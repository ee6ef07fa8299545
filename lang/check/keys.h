/* keys.h - what tells the rows of a table apart, from step to step.  A query says it of what it gives; the standard
 * steps that give a table give rows of the one that they are given, each once at most.  Of all else nothing is known
 * but its unique columns.
 * Owns: nothing.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_KEYS_H
#define ZPL_CHECK_KEYS_H

#include "lang/graph/graph.h"

/* The keys of a table, as places of the same columns in `row`; a key is left out whose columns are not all there.
 * False when memory is out. */
bool zpl_keys_pass(const struct zpl_graph *graph, const struct zpl_value *value,
                   const struct zpl_row *row, struct zpl_arena *arena,
                   const struct zpl_row_key **keys, size_t *count);
/* Of the tables that a standard step gives, whose arguments and types are known; false when memory is
 * out. */
bool zpl_keys_of_step(const struct zpl_graph *graph, const struct zpl_node *node,
                      struct zpl_output *outputs, struct zpl_arena *arena);

#endif
