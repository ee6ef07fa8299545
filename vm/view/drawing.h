/* drawing.h - a graph as text, mermaid or dot.   Floor: vm. */
#ifndef ZPL_VM_VIEW_DRAWING_H
#define ZPL_VM_VIEW_DRAWING_H

#include "lang/graph/graph.h"

/* A line a step: its name, what it gives, and from which steps it takes. */
void zpl_draw_text(const struct zpl_graph *graph, bool colour, struct zpl_buf *out);
void zpl_draw_mermaid(const struct zpl_graph *graph, struct zpl_buf *out);
void zpl_draw_dot(const struct zpl_graph *graph, struct zpl_buf *out);

#endif
