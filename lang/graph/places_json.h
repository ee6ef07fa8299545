/* places_json.h - where the steps, params and maps of a graph stand in its program, and in which texts, as a text beside the
 * graph's: what a program says and where it says it are kept apart, so that one whose steps only moved has the same graph.
 * Promise: the same places give the same bytes; a line that comes before all others changes one entry.
 * Shape: docs/graph.md.   Versioned by ZPL_PLACES_VERSION.   Floor: lang/graph. */
#ifndef ZPL_GRAPH_PLACES_JSON_H
#define ZPL_GRAPH_PLACES_JSON_H

#include "lang/base/diag.h"
#include "lang/graph/graph.h"

struct zpl_place {
    const char *file;      /* NULL: the program's own */
    uint32_t line, column; /* from 1; 0: it has none */
};

/* Adds the text to `out`; `own` is what the program's own source is called.  ZPL_ERR_NOMEM. */
enum zpl_err zpl_places_write(const struct zpl_graph *graph, const struct zpl_sources *sources,
                              const char *own, struct zpl_buf *out);
/* The places of the nodes, by number, in the arena; files are borrowed from the JSON.  ZPL_ERR_VERSION for another
 * version, _INPUT for anything malformed, _NOMEM. */
enum zpl_err zpl_places_read(const struct zpl_json *json, struct zpl_place **out, size_t *count,
                             struct zpl_arena *arena);

#endif
