/* columns_show.c - the lineage of a column as a tree, a drawing, JSON; see columns.h.   Floor: vm. */
#include <string.h>

#include "lang/base/version.h"
#include "vm/cli/columns.h"
#include "vm/view/term.h"

#define DEPTH_MAX 64

static const char *const HOW[] = {[ZPL_LINEAGE_PLAIN] = "plain",
                                  [ZPL_LINEAGE_OF] = "of",
                                  [ZPL_LINEAGE_BY] = "by",
                                  [ZPL_LINEAGE_KEY] = "by",
                                  [ZPL_LINEAGE_MAYBE] = "maybe"};

static void words(struct zpl_buf *out, const char *text)
{
    zpl_term_text(out, text, strlen(text));
}

static const struct zpl_node *node_of(const struct zpl_columns *c, size_t i)
{
    return &c->graph->nodes[c->columns[i].node];
}

/* The file or pattern that a source reads, the first of a list; NULL: it is no source. */
static const char *file_of(const struct zpl_columns *c, size_t i)
{
    const struct zpl_node *node = node_of(c, i);
    const struct zpl_argument *path = node->source ? zpl_node_argument(node, "path") : NULL;
    const struct zpl_literal *file =
        path != NULL && path->value->kind == ZPL_VALUE_LITERAL ? path->value->literal : NULL;
    if (file != NULL && file->kind == ZPL_LIT_LIST && file->as.list.count > 0)
        file = file->as.list.items[0];
    return file != NULL && (file->kind == ZPL_LIT_PATH || file->kind == ZPL_LIT_STRING)
               ? file->as.str.s
               : NULL;
}

static const struct zpl_type *type_of(const struct zpl_columns *c, size_t i)
{
    const struct zpl_lineage_column at = c->columns[i];
    return zpl_lineage_row(c->graph, at.node, at.output)->columns[at.column].type;
}

/* "hour (Int) · sql.rows"; of a source with its file. */
static void say_column(const struct zpl_columns *c, size_t i, struct zpl_buf *out)
{
    const struct zpl_node *node = node_of(c, i);
    words(out, zpl_lineage_name(c->graph, c->columns[i]));
    zpl_buf_puts(out, " (");
    zpl_type_show(type_of(c, i), true, out);
    if (zpl_type_is_hindsight(type_of(c, i)))
        zpl_buf_puts(out, " hindsight");
    zpl_buf_printf(out, ")  %s.%s", node->name, node->outputs[c->columns[i].output].name);
    if (file_of(c, i) != NULL) {
        zpl_buf_puts(out, "  ");
        words(out, file_of(c, i));
    }
}

/* Why a column of a source has the type that was guessed, where its rows say so. */
static void say_clue(const struct zpl_columns *c, size_t i, unsigned depth, struct zpl_buf *out)
{
    const struct zpl_lineage_column at = c->columns[i];
    const struct zpl_node *node = node_of(c, i);
    const char *const *clues =
        at.output < node->output_count ? node->outputs[at.output].clues : NULL;
    if (clues == NULL || clues[at.column] == NULL)
        return;
    zpl_buf_repeat(out, ' ', 2 * depth);
    zpl_buf_printf(out, "(%s)\n", clues[at.column]);
}

/* The edges that go up from a column, or down. */
static void tree(const struct zpl_columns *c, size_t i, bool up, unsigned depth, bool *told,
                 struct zpl_buf *out)
{
    static const char *const words[][2] = {[ZPL_LINEAGE_PLAIN] = {"", ""},
                                           [ZPL_LINEAGE_OF] = {"into ", "of "},
                                           [ZPL_LINEAGE_BY] = {"chooses ", "by "},
                                           [ZPL_LINEAGE_KEY] = {"chooses ", "by "},
                                           [ZPL_LINEAGE_MAYBE] = {"maybe into ", "maybe of "}};
    for (size_t e = 0; e < c->edge_count && depth < DEPTH_MAX; e++) {
        const struct zpl_columns_edge *edge = &c->edges[e];
        size_t next = up ? edge->from : edge->to;
        if ((up ? edge->to : edge->from) != i)
            continue;
        zpl_buf_repeat(out, ' ', 2 * depth);
        zpl_buf_puts(out, words[edge->how][up]);
        say_column(c, next, out);
        zpl_buf_puts(out, told[next] ? "  …\n" : "\n");
        if (!told[next]) {
            told[next] = true;
            say_clue(c, next, depth + 1, out);
            tree(c, next, up, depth + 1, told, out);
        }
    }
    for (size_t r = 0; !up && r < c->reader_count; r++)
        if (c->readers[r].column == i) {
            zpl_buf_repeat(out, ' ', 2 * depth);
            zpl_buf_printf(out, "read by %s\n", c->graph->nodes[c->readers[r].node].name);
        }
}

void zpl_columns_text(const struct zpl_columns *c, struct zpl_buf *out)
{
    bool *told = zpl_arena_array(&c->cli->arena, c->count, sizeof *told);
    size_t ups = 0, downs = c->reader_count;
    say_column(c, 0, out);
    zpl_buf_putc(out, '\n');
    say_clue(c, 0, 1, out);
    for (size_t e = 0; e < c->edge_count; e++) {
        ups += c->edges[e].to == 0;
        downs += c->edges[e].from == 0;
    }
    if (told == NULL)
        return;
    zpl_buf_puts(out, ups > 0 ? "\ncomes from\n" : "\ncomes from no other column\n");
    tree(c, 0, true, 1, told, out);
    memset(told, 0, c->count * sizeof *told);
    zpl_buf_puts(out, downs > 0 ? "\ngoes into\n" : "\nnothing is computed from it\n");
    tree(c, 0, false, 1, told, out);
}

static void quoted(struct zpl_buf *out, const char *text)
{
    struct zpl_buf shown = {0};
    words(&shown, text);
    for (const char *c = zpl_buf_str(&shown); *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            zpl_buf_putc(out, '\\');
        zpl_buf_putc(out, *c);
    }
    zpl_buf_release(&shown);
}

void zpl_columns_dot(const struct zpl_columns *c, struct zpl_buf *out)
{
    zpl_buf_puts(out, "digraph \"");
    quoted(out, zpl_lineage_name(c->graph, c->columns[0]));
    zpl_buf_puts(out, "\" {\n  node [shape=box];\n");
    for (size_t i = 0; i < c->count; i++) {
        const struct zpl_node *node = node_of(c, i);
        zpl_buf_printf(out, "  c%zu [label=\"", i);
        quoted(out, zpl_lineage_name(c->graph, c->columns[i]));
        zpl_buf_puts(out, "\\n");
        quoted(out, node->name);
        zpl_buf_putc(out, '.');
        quoted(out, node->outputs[c->columns[i].output].name);
        zpl_buf_puts(out, i == 0 ? "\", style=bold];\n" : "\"];\n");
    }
    for (size_t e = 0; e < c->edge_count; e++)
        zpl_buf_printf(out, "  c%u -> c%u [label=\"%s\"%s];\n", c->edges[e].from, c->edges[e].to,
                       HOW[c->edges[e].how],
                       c->edges[e].how >= ZPL_LINEAGE_BY ? ", style=dashed" : "");
    for (size_t r = 0; r < c->reader_count; r++) {
        zpl_buf_printf(out, "  s%u [label=\"", c->readers[r].node);
        quoted(out, c->graph->nodes[c->readers[r].node].name);
        zpl_buf_printf(out, "\", shape=ellipse];\n  c%u -> s%u;\n", c->readers[r].column,
                       c->readers[r].node);
    }
    zpl_buf_puts(out, "}\n");
}

static struct zpl_json *column_json(const struct zpl_columns *c, size_t i)
{
    const struct zpl_node *node = node_of(c, i);
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "step", zpl_json_string(node->name));
    zpl_json_set_take(o, "output", zpl_json_string(node->outputs[c->columns[i].output].name));
    zpl_json_set_take(o, "column", zpl_json_string(zpl_lineage_name(c->graph, c->columns[i])));
    zpl_json_set_take(o, "type",
                      zpl_json_string(zpl_type_text(type_of(c, i), false, &c->cli->arena)));
    if (file_of(c, i) != NULL)
        zpl_json_set_take(o, "file", zpl_json_string(file_of(c, i)));
    return o;
}

struct zpl_json *zpl_columns_json(const struct zpl_columns *c)
{
    struct zpl_json *o = zpl_json_object(), *columns = zpl_json_array();
    struct zpl_json *edges = zpl_json_array(), *readers = zpl_json_array();
    for (size_t i = 0; i < c->count; i++)
        zpl_json_add_take(columns, column_json(c, i));
    for (size_t e = 0; e < c->edge_count; e++) {
        struct zpl_json *edge = zpl_json_object();
        zpl_json_set_take(edge, "from", zpl_json_int(c->edges[e].from));
        zpl_json_set_take(edge, "to", zpl_json_int(c->edges[e].to));
        zpl_json_set_take(edge, "how", zpl_json_string(HOW[c->edges[e].how]));
        zpl_json_add_take(edges, edge);
    }
    for (size_t r = 0; r < c->reader_count; r++) {
        struct zpl_json *reader = zpl_json_object();
        zpl_json_set_take(reader, "column", zpl_json_int(c->readers[r].column));
        zpl_json_set_take(reader, "step",
                          zpl_json_string(c->graph->nodes[c->readers[r].node].name));
        zpl_json_add_take(readers, reader);
    }
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "columns", columns);
    zpl_json_set_take(o, "edges", edges);
    zpl_json_set_take(o, "readers", readers);
    return o;
}
