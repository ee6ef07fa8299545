/* drawing.c - graphs for eyes.   Floor: vm. */
#include "vm/view/drawing.h"

#include <string.h>

#include "lang/base/text.h"
#include "vm/view/steps.h"
#include "vm/view/term.h"

/* An edge that leads to a step: drawn once, however often the step refers to where it comes from. */
struct edge {
    uint32_t node;
    const char *label; /* compared by address */
};
/* The edges of one step, and where they are written. */
struct pen {
    const struct zpl_graph *graph;
    const struct zpl_node *to;
    const char *format;
    struct zpl_buf *out;
    struct edge *drawn;
    size_t count, capacity;
    struct zpl_arena arena;
};

/* Is it the first of its kind?  (Without memory all are.) */
static bool is_new(struct pen *pen, uint32_t node, const char *label)
{
    for (size_t i = 0; i < pen->count; i++)
        if (pen->drawn[i].node == node && pen->drawn[i].label == label)
            return false;
    struct edge *grown =
        zpl_arena_grow(&pen->arena, pen->drawn, pen->count, &pen->capacity, sizeof *grown);
    if (grown != NULL) {
        pen->drawn = grown;
        grown[pen->count++] = (struct edge){node, label};
    }
    return true;
}

static void data_edge(void *self, uint32_t node, uint32_t output)
{
    struct pen *pen = self;
    const struct zpl_node *from = &pen->graph->nodes[node];
    const char *label = output < from->output_count ? from->outputs[output].name : "";
    if (!is_new(pen, node, label))
        return;
    if (strcmp(pen->format, "mermaid") == 0)
        zpl_buf_printf(pen->out, "  s%u -->|%s| s%u\n", node, label, pen->to->id);
    else
        zpl_buf_printf(pen->out, "  s%u -> s%u [label=\"%s\"];\n", node, pen->to->id, label);
}

/* An edge without data: `what` says why the one waits for the other. */
static void dashed_edge(struct pen *pen, uint32_t node, const char *what)
{
    if (!is_new(pen, node, what))
        return;
    if (strcmp(pen->format, "mermaid") == 0)
        zpl_buf_printf(pen->out, "  s%u -.->|%s| s%u\n", node, what, pen->to->id);
    else
        zpl_buf_printf(pen->out, "  s%u -> s%u [label=\"%s\", style=dashed];\n", node, pen->to->id,
                       what);
}

static void condition_edge(void *self, uint32_t node, uint32_t output)
{
    (void)output;
    dashed_edge(self, node, "when");
}

static void map_edge(void *self, uint32_t node, uint32_t output)
{
    (void)output;
    dashed_edge(self, node, "each");
}

static void edges(const struct zpl_graph *graph, const struct zpl_node *to, const char *format,
                  struct zpl_buf *out)
{
    struct pen made = {.graph = graph, .to = to, .format = format, .out = out}, *pen = &made;
    for (size_t i = 0; i < pen->to->argument_count; i++)
        zpl_value_refs(pen->to->arguments[i].value, data_edge, pen);
    for (size_t i = 0; i < pen->to->after_count; i++)
        dashed_edge(pen, pen->to->after[i], "after");
    if (pen->to->map > 0)
        zpl_value_refs(pen->graph->maps[pen->to->map - 1].over, map_edge, pen);
    if (pen->to->when != NULL)
        zpl_value_refs(pen->to->when, condition_edge, pen);
    zpl_arena_release(&made.arena);
}

/* Text inside double quotes, for both languages. */
static void quoted(struct zpl_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"')
            zpl_buf_puts(out, "'");
        else
            zpl_buf_putc(out, *text);
    }
}

static void label(const struct zpl_node *node, struct zpl_buf *out)
{
    quoted(out, node->name);
    if (strcmp(node->name, node->step) != 0) {
        zpl_buf_puts(out, " · ");
        quoted(out, node->step);
    }
}

void zpl_draw_mermaid(const struct zpl_graph *graph, struct zpl_buf *out)
{
    zpl_buf_puts(out, "flowchart TD\n");
    for (size_t i = 0; i < graph->count; i++) {
        zpl_buf_printf(out, "  s%u[\"", graph->nodes[i].id);
        label(&graph->nodes[i], out);
        zpl_buf_puts(out, "\"]\n");
    }
    for (size_t i = 0; i < graph->count; i++)
        edges(graph, &graph->nodes[i], "mermaid", out);
}

void zpl_draw_dot(const struct zpl_graph *graph, struct zpl_buf *out)
{
    zpl_buf_puts(out, "digraph \"");
    quoted(out, graph->pipeline);
    zpl_buf_puts(out, "\" {\n  node [shape=box];\n");
    for (size_t i = 0; i < graph->count; i++) {
        zpl_buf_printf(out, "  s%u [label=\"", graph->nodes[i].id);
        label(&graph->nodes[i], out);
        zpl_buf_puts(out, "\"];\n");
    }
    for (size_t i = 0; i < graph->count; i++)
        edges(graph, &graph->nodes[i], "dot", out);
    zpl_buf_puts(out, "}\n");
}

#define MAKERS_SHOWN 12

/* What a step takes from others, each once. */
struct makers {
    const struct zpl_graph *graph;
    uint32_t nodes[MAKERS_SHOWN], outputs[MAKERS_SHOWN];
    size_t count;
    bool more;
};

static void note_maker(void *self, uint32_t node, uint32_t output)
{
    struct makers *makers = self;
    for (size_t i = 0; i < makers->count; i++)
        if (makers->nodes[i] == node && makers->outputs[i] == output)
            return;
    makers->more = makers->count == MAKERS_SHOWN;
    if (makers->more)
        return;
    makers->nodes[makers->count] = node;
    makers->outputs[makers->count++] = output;
}

/* The step, and which of its outputs when it has several. */
static void show_makers(const struct makers *makers, struct zpl_buf *out)
{
    for (size_t i = 0; i < makers->count; i++) {
        const struct zpl_node *from = &makers->graph->nodes[makers->nodes[i]];
        zpl_buf_printf(out, "%s%s", i == 0 ? "  ← " : ", ", from->name);
        if (from->output_count > 1)
            zpl_buf_printf(out, ".%s", from->outputs[makers->outputs[i]].name);
    }
    if (makers->more)
        zpl_buf_puts(out, ", …");
}

void zpl_draw_text(const struct zpl_graph *graph, bool colour, struct zpl_buf *out)
{
    struct zpl_view view;
    zpl_view_init(&view, graph, colour, 0);
    for (size_t i = 0; i < graph->count; i++) {
        const struct zpl_node *node = &graph->nodes[i];
        struct makers makers = {.graph = graph};
        for (size_t k = 0; k < node->argument_count; k++)
            zpl_value_refs(node->arguments[k].value, note_maker, &makers);
        zpl_buf_puts(out, zpl_term_paint(ZPL_BOLD, colour));
        zpl_term_cell(out, node->name, view.name_width);
        zpl_buf_puts(out, zpl_term_paint(ZPL_PLAIN, colour));
        show_makers(&makers, out);
        zpl_buf_putc(out, '\n');
        if (node->map > 0) {
            zpl_buf_puts(out, "    each ");
            zpl_value_show(graph, graph->maps[node->map - 1].over, out);
            zpl_buf_putc(out, '\n');
        }
        if (node->when != NULL) {
            zpl_buf_puts(out, "    when ");
            zpl_value_show(graph, node->when, out);
            zpl_buf_putc(out, '\n');
        }
        for (size_t k = 0; k < node->after_count; k++)
            zpl_buf_printf(out, "%s%s%s", k == 0 ? "    after " : ", ",
                           graph->nodes[node->after[k]].name,
                           k + 1 < node->after_count ? "" : "\n");
        for (size_t k = 0; k < node->output_count; k++) {
            zpl_buf_printf(out, "    %s%s: ", zpl_term_paint(ZPL_DIM, colour),
                           node->outputs[k].name);
            zpl_type_show(node->outputs[k].type, true, out);
            zpl_buf_printf(out, "%s\n", zpl_term_paint(ZPL_PLAIN, colour));
        }
    }
}
