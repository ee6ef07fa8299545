/* page_graph.c - the graph of a run as SVG: a row for each step of the way, a curve for each edge.
 * Floor: vm. */
#include <stdio.h>
#include <string.h>

#include "lang/base/arena.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "vm/view/page.h"
#include "vm/view/term.h"

#define BOX_WIDTH  176
#define BOX_HEIGHT 46
#define GAP_X      18
#define GAP_Y      34
#define MARGIN     10
#define ASIDE      132 /* a curve goes three quarters of it aside: into the gap */
#define NAME_MOST  22  /* characters of a name in its box */

struct edge {
    size_t from, to;
    bool dashed;
};
struct drawing {
    size_t count;
    unsigned *layer, *place; /* of each node */
    unsigned *width;         /* nodes in each layer */
    unsigned layers, widest;
    struct edge *edges;
    size_t edge_count, edge_capacity;
    struct zpl_arena arena;
};

static void add_edge(struct drawing *d, size_t from, size_t to, bool dashed)
{
    for (size_t i = 0; i < d->edge_count; i++)
        if (d->edges[i].from == from && d->edges[i].to == to)
            return;
    struct edge *edges =
        zpl_arena_grow(&d->arena, d->edges, d->edge_count, &d->edge_capacity, sizeof *edges);
    if (edges == NULL || from >= to)
        return;
    d->edges = edges;
    edges[d->edge_count++] = (struct edge){from, to, dashed};
}

/* Every { ref: [NODE, OUTPUT] } below a value. */
static void add_refs(struct drawing *d, const struct zpl_json *value, size_t to, bool dashed)
{
    const struct zpl_json *ref = zpl_json_get(value, "ref");
    if (ref != NULL) {
        add_edge(d, (size_t)zpl_json_i64(zpl_json_at(ref, 0), 0), to, dashed);
        return;
    }
    for (size_t i = 0; i < zpl_json_count(value); i++)
        add_refs(d,
                 zpl_json_kind(value) == ZPL_JSON_ARRAY ? zpl_json_at(value, i)
                                                        : zpl_json_value_at(value, i),
                 to, dashed);
}

static void find_edges(struct drawing *d, const struct zpl_json *nodes, const struct zpl_json *maps)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct zpl_json *node = zpl_json_at(nodes, i);
        const struct zpl_json *after = zpl_json_get(node, "after");
        add_refs(d, zpl_json_get(node, "arguments"), i, false);
        add_refs(d, zpl_json_get(node, "when"), i, true);
        for (size_t k = 0; k < zpl_json_count(after); k++)
            add_edge(d, (size_t)zpl_json_i64(zpl_json_at(after, k), 0), i, true);
        const struct zpl_json *map = zpl_json_get(node, "map"); /* it is there for a list */
        if (map != NULL)
            add_refs(d, zpl_json_get(zpl_json_at(maps, (size_t)zpl_json_i64(map, 0)), "over"), i,
                     true);
    }
}

/* The row below all that a node needs; in it, the place nearest to what it needs. */
static void place_nodes(struct drawing *d)
{
    for (size_t i = 0; i < d->count; i++) {
        unsigned layer = 0, wanted = 0, count = 0;
        for (size_t e = 0; e < d->edge_count; e++)
            if (d->edges[e].to == i && d->layer[d->edges[e].from] + 1 > layer)
                layer = d->layer[d->edges[e].from] + 1;
        for (size_t e = 0; e < d->edge_count; e++)
            if (d->edges[e].to == i) {
                wanted += d->place[d->edges[e].from];
                count++;
            }
        unsigned place = d->width[layer];
        if (count > 0 && wanted / count > place)
            place = wanted / count;
        d->layer[i] = layer;
        d->place[i] = place;
        d->width[layer] = place + 1;
        d->layers = layer + 1 > d->layers ? layer + 1 : d->layers;
        d->widest = place + 1 > d->widest ? place + 1 : d->widest;
    }
}

static unsigned left_of(const struct drawing *d, size_t node)
{
    return MARGIN + d->place[node] * (BOX_WIDTH + GAP_X);
}

static unsigned top_of(const struct drawing *d, size_t node)
{
    return MARGIN + d->layer[node] * (BOX_HEIGHT + GAP_Y);
}

static void draw_edges(const struct drawing *d, struct zpl_buf *out)
{
    for (size_t i = 0; i < d->edge_count; i++) {
        const struct edge *edge = &d->edges[i];
        unsigned x1 = left_of(d, edge->from) + BOX_WIDTH / 2;
        unsigned y1 = top_of(d, edge->from) + BOX_HEIGHT;
        unsigned x2 = left_of(d, edge->to) + BOX_WIDTH / 2, y2 = top_of(d, edge->to);
        bool passes = d->place[edge->from] == d->place[edge->to] &&
                      d->layer[edge->to] > d->layer[edge->from] + 1;
        unsigned aside = passes ? ASIDE : 0; /* around the boxes between them */
        zpl_buf_printf(out, "<path class=\"edge%s\" d=\"M%u %u C%u %u %u %u %u %u\"/>\n",
                       edge->dashed ? " dashed" : "", x1, y1, x1 + aside, y1 + GAP_Y, x2 + aside,
                       y2 - GAP_Y, x2, y2);
    }
}

static void add_cut(struct zpl_buf *out, const char *text)
{
    struct zpl_buf cut = {0};
    unsigned columns = zpl_term_columns(text);
    zpl_term_cell(&cut, text, columns < NAME_MOST ? columns : NAME_MOST);
    zpl_html_take(out, &cut);
}

static void draw_node(const struct drawing *d, size_t i, const struct zpl_json *node,
                      const struct zpl_json *step, struct zpl_buf *out)
{
    const char *name = zpl_json_str(zpl_json_get(node, "name"), "");
    const char *status = zpl_json_str(zpl_json_get(step, "status"), "unknown");
    unsigned x = left_of(d, i), y = top_of(d, i);
    struct zpl_buf words = {0};
    zpl_buf_printf(out, "<a href=\"#step-%zu\"><g class=\"node ", i);
    zpl_html(out, status);
    zpl_buf_puts(out, "\"><title>");
    zpl_html(out, name);
    zpl_buf_puts(out, ": ");
    zpl_html(out, zpl_json_str(zpl_json_get(node, "step"), ""));
    zpl_buf_printf(out, "</title><rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"6\"/>", x,
                   y, BOX_WIDTH, BOX_HEIGHT);
    zpl_buf_printf(out, "<text x=\"%u\" y=\"%u\">", x + 10, y + 20);
    add_cut(out, name);
    zpl_buf_printf(out, "</text><text class=\"dim\" x=\"%u\" y=\"%u\">", x + 10, y + 37);
    zpl_buf_puts(&words, status);
    if (zpl_json_i64(zpl_json_get(step, "attempts"), 0) > 0) {
        zpl_buf_puts(&words, ", ");
        zpl_text_show_ms(&words, (uint64_t)zpl_json_i64(zpl_json_get(step, "duration_ms"), 0));
    }
    zpl_html_take(out, &words);
    zpl_buf_puts(out, "</text></g></a>\n");
}

void zpl_page_graph(const struct zpl_json *graph, const struct zpl_json *steps, struct zpl_buf *out)
{
    const struct zpl_json *nodes = zpl_json_get(graph, "nodes");
    struct drawing d = {.count = zpl_json_count(nodes)};
    if (d.count == 0 || d.count > ZPL_PAGE_NODES_MAX) {
        zpl_buf_printf(out, "<p class=\"dim\">%s</p>\n",
                       d.count == 0 ? "there is nothing to draw" : "too many steps to draw");
        return;
    }
    d.layer = zpl_arena_array(&d.arena, d.count + 1, sizeof *d.layer);
    d.place = zpl_arena_array(&d.arena, d.count + 1, sizeof *d.place);
    d.width = zpl_arena_array(&d.arena, d.count + 1, sizeof *d.width);
    if (d.layer != NULL && d.place != NULL && d.width != NULL) {
        find_edges(&d, nodes, zpl_json_get(graph, "maps"));
        place_nodes(&d);
        unsigned width = 2 * MARGIN + d.widest * (BOX_WIDTH + GAP_X) - GAP_X;
        unsigned height = 2 * MARGIN + d.layers * (BOX_HEIGHT + GAP_Y) - GAP_Y;
        zpl_buf_printf(out,
                       "<div class=\"scroll\"><svg role=\"img\" aria-label=\"the steps and what "
                       "flows between them\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\">\n",
                       width, height, width, height);
        draw_edges(&d, out);
        for (size_t i = 0; i < d.count; i++)
            draw_node(&d, i, zpl_json_at(nodes, i), zpl_json_at(steps, i), out);
        zpl_buf_puts(out, "</svg></div>\n");
    }
    zpl_arena_release(&d.arena);
}
