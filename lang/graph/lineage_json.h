/* lineage_json.h - what an output comes from, in the canonical JSON of a graph.
 * Private to lang/graph.   Floor: lang/graph. */
#ifndef ZPL_GRAPH_LINEAGE_JSON_H
#define ZPL_GRAPH_LINEAGE_JSON_H

#include "lang/base/json.h"
#include "lang/graph/graph.h"

/* `from`, `rows` and `chosen` of an output of a query; false: it is obvious, or there is none.  NULL when
 * memory is out. */
bool zpl_lineage_from(const struct zpl_node *node, const struct zpl_output *output,
                      struct zpl_json **out);
bool zpl_lineage_rows(const struct zpl_node *node, const struct zpl_output *output,
                      struct zpl_json **out);
bool zpl_lineage_chosen(const struct zpl_node *node, const struct zpl_output *output,
                        struct zpl_json **out);
/* Reads them, after the node's arguments and the output's type; false: malformed or memory is out. */
bool zpl_lineage_read(const struct zpl_json *object, const struct zpl_node *node,
                      struct zpl_output *output, struct zpl_arena *arena);

#endif
