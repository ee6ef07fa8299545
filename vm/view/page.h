/* page.h - a run as one page for a browser.
 * Promise: the page needs nothing but itself and runs no code; every text of the run is escaped; it can
 * be read in dark and light.
 * Owns: nothing.   Errors: the buffer's.   Limits: ZPL_PAGE_NODES_MAX steps are drawn.   Floor: vm. */
#ifndef ZPL_VM_VIEW_PAGE_H
#define ZPL_VM_VIEW_PAGE_H

#include "lang/base/buf.h"
#include "lang/base/json.h"
#include "stack/stack.h"

struct zpl_page {
    const struct zpl_run_row *run;
    const struct zpl_json *steps;    /* of the run's record */
    const struct zpl_json *graph;    /* docs/graph.md; NULL: not known */
    const struct zpl_json *params;   /* an object, or NULL */
    const struct zpl_json *items;    /* of each step lines about its items */
    const struct zpl_json *each;     /* of each step its first items, as steps of a record */
    const struct zpl_json *previews; /* of each step { OUTPUT: preview }; one that failed
                                        { kind: "failed", why } */
};
void zpl_view_page(const struct zpl_page *page, struct zpl_buf *out);

/* The parts, each in its file. */
void zpl_page_graph(const struct zpl_json *graph, const struct zpl_json *steps,
                    struct zpl_buf *out);
void zpl_page_preview(const struct zpl_json *preview, const char *type, struct zpl_buf *out);

/* A text with what has a meaning in HTML escaped, and control characters shown as U+FFFD. */
void zpl_html(struct zpl_buf *out, const char *text);
void zpl_htmln(struct zpl_buf *out, const char *text, size_t n);
/* The same of a text that is released. */
void zpl_html_take(struct zpl_buf *out, struct zpl_buf *text);

#endif
