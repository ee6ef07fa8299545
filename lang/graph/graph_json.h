/* graph_json.h - the canonical JSON of a graph: the IR that leaves the language.
 * Promise: the same program and params give the same bytes, in any process; reading it back gives
 * an equal graph (spans keep file, line and column only as text).  Versioned by ZPL_GRAPH_VERSION.
 * Shape: docs/graph.md.   Floor: lang/graph. */
#ifndef ZPL_GRAPH_JSON_H
#define ZPL_GRAPH_JSON_H

#include "lang/base/diag.h"
#include "lang/graph/graph.h"

/* To be written: all that is long is put down then, so it must not outlive the graph.  `sources` gives spans their file,
 * line and column. */
struct zpl_json *zpl_graph_to_json(const struct zpl_graph *graph,
                                   const struct zpl_sources *sources);
/* The same as a run keeps it, without what is in its places (places_json.h): where things stand, and in which texts. */
struct zpl_json *zpl_graph_to_kept_json(const struct zpl_graph *graph);
struct zpl_json *zpl_imports_json(const struct zpl_graph *graph);
/* ZPL_ERR_VERSION for another version, ZPL_ERR_INPUT for anything malformed. */
enum zpl_err zpl_graph_from_json(const struct zpl_json *json, struct zpl_graph *out,
                                 struct zpl_diags *diags);

void zpl_value_put(struct zpl_json_text *text, const struct zpl_value *value);

#endif
