/* lineage.c - see lineage.h.   Floor: lang/graph. */
#include "lang/graph/body_kind.h"
#include "lang/graph/lineage.h"

#include <string.h>

const struct zpl_row *zpl_lineage_row(const struct zpl_graph *graph, uint32_t node, uint32_t output)
{
    if (node >= graph->count || output >= graph->nodes[node].output_count)
        return NULL;
    const struct zpl_type *type = graph->nodes[node].outputs[output].type;
    return type && type->kind == ZPL_TABLE ? type->row : NULL;
}

const char *zpl_lineage_name(const struct zpl_graph *graph, struct zpl_lineage_column column)
{
    const struct zpl_row *row = zpl_lineage_row(graph, column.node, column.output);
    return row && column.column < row->count ? row->columns[column.column].name : "";
}

bool zpl_lineage_is_body(const struct zpl_node *node)
{
    return zpl_body_kind(node->kernel)->opaque;
}

static const struct zpl_row *row_of(const struct zpl_argument *argument)
{
    const struct zpl_type *type = argument->value ? argument->value->type : NULL;
    return type && type->kind == ZPL_TABLE ? type->row : NULL;
}

bool zpl_lineage_is_obvious(const struct zpl_node *node, const char *column,
                            const struct zpl_column_origin *origin)
{
    if (!origin->plain || origin->all || origin->count != 1 || origin->over_count ||
        origin->with_count || origin->sources->when != ZPL_WHEN_SAME)
        return false;
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        if (origin->chosen_count[k])
            return false;
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_row *row = row_of(&node->arguments[i]);
        size_t hint = origin->sources->column;
        const struct zpl_column *found = row ? zpl_row_next(row, column, &hint) : NULL;
        if (found)
            return i == origin->sources->argument &&
                   (size_t)(found - row->columns) == origin->sources->column;
    }
    return false;
}

void zpl_lineage_outputs(const struct zpl_graph *graph, const struct zpl_value *value,
                         void (*visit)(void *self, uint32_t node, uint32_t output), void *self)
{
    switch (value->kind) {
    case ZPL_VALUE_REF:
        if (!value->ref.field || !zpl_lineage_row(graph, value->ref.node, value->ref.output))
            visit(self, value->ref.node, value->ref.output);
        break;
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        for (size_t i = 0; i < value->list.count; i++)
            zpl_lineage_outputs(graph, value->list.items[i], visit, self);
        break;
    case ZPL_VALUE_PICK:
        for (size_t i = 0; i < value->pick.count; i++)
            zpl_lineage_outputs(graph, value->pick.items[i], visit, self);
        break;
    case ZPL_VALUE_ITEM:
        if (value->item.map < graph->map_count)
            zpl_lineage_outputs(graph, graph->maps[value->item.map].over, visit, self);
        break;
    case ZPL_VALUE_GATHER:
        zpl_lineage_outputs(graph, value->gather.value, visit, self);
        break;
    case ZPL_VALUE_LITERAL:
    case ZPL_VALUE_COND:
        break;
    }
}

/* One column of an argument, looked for in every output that the argument may be. */
struct way {
    const struct zpl_graph *graph;
    const struct zpl_argument *argument;
    const char *name; /* NULL: all that the step reads of it */
    size_t hint;
    enum zpl_lineage_how how;
    zpl_lineage_visit_fn *visit;
    void *self;
    bool going, found;
    bool chooses; /* not a column of the argument, but its choice of that kind */
    enum zpl_row_choice choice;
};

static void go(struct way *w, uint32_t node, uint32_t output, const struct zpl_column *column)
{
    const struct zpl_row *row = zpl_lineage_row(w->graph, node, output);
    const struct zpl_lineage_column from = {node, output, (uint32_t)(column - row->columns)};
    w->found = true;
    w->going = w->going && w->visit(w->self, from, w->how);
}

static void go_to_output(void *self, uint32_t node, uint32_t output)
{
    struct way *w = self;
    const struct zpl_row *row = zpl_lineage_row(w->graph, node, output);
    const struct zpl_argument *a = w->argument;
    if (!row)
        return;
    if (w->chooses) {
        const struct zpl_lineage_column choice = {node, output, (uint32_t)row->count + w->choice};
        w->going = w->going && w->visit(w->self, choice, ZPL_LINEAGE_BY);
        return;
    }
    if (w->name) {
        const struct zpl_column *column = zpl_row_next(row, w->name, &w->hint);
        if (column)
            go(w, node, output, column);
        return;
    }
    bool listed = a->reads && !a->reads_all;
    size_t hint = 0;
    for (size_t i = 0; i < (listed ? a->read_count : row->count); i++) {
        const struct zpl_column *column =
            listed ? zpl_row_next(row, a->reads[i], &hint) : &row->columns[i];
        if (column)
            go(w, node, output, column);
    }
}

static bool visit_all(struct way *w, const struct zpl_node *node)
{
    w->name = NULL;
    w->how = ZPL_LINEAGE_MAYBE;
    for (size_t i = 0; w->going && i < node->argument_count; i++) {
        w->argument = &node->arguments[i];
        zpl_lineage_outputs(w->graph, w->argument->value, go_to_output, w);
    }
    return w->going;
}

/* The columns that a model of the node looks at, NULL: it is given none. */
static const struct zpl_row *features_of(const struct zpl_node *node)
{
    for (size_t i = 0; !node->body && i < node->argument_count; i++) {
        const struct zpl_type *type = node->arguments[i].value->type;
        if (type && type->kind == ZPL_MODEL && type->row && !type->row->open)
            return type->row;
    }
    return NULL;
}

/* What a model says of a row, it says of its features. */
static bool visit_features(struct way *w, const struct zpl_node *node,
                           const struct zpl_row *features)
{
    w->how = ZPL_LINEAGE_OF;
    for (size_t i = 0; w->going && i < node->argument_count; i++) {
        w->argument = &node->arguments[i];
        for (size_t k = 0; w->going && row_of(w->argument) && k < features->count; k++) {
            w->name = features->columns[k].name;
            w->hint = k;
            zpl_lineage_outputs(w->graph, w->argument->value, go_to_output, w);
        }
    }
    return w->going;
}

static bool visit_sources(struct way *w, const struct zpl_node *node,
                          const struct zpl_column_origin *origin)
{
    for (size_t i = 0; w->going && i < origin->count; i++) {
        const struct zpl_column_source *s = &origin->sources[i];
        w->argument = &node->arguments[s->argument];
        w->name = row_of(w->argument)->columns[s->column].name;
        w->hint = s->column;
        w->how = s->key          ? ZPL_LINEAGE_KEY
                 : s->by         ? ZPL_LINEAGE_BY
                 : origin->plain ? ZPL_LINEAGE_PLAIN
                                 : ZPL_LINEAGE_OF;
        zpl_lineage_outputs(w->graph, w->argument->value, go_to_output, w);
    }
    return w->going;
}

bool zpl_lineage_is_choice(const struct zpl_graph *graph, struct zpl_lineage_column column)
{
    const struct zpl_row *row = zpl_lineage_row(graph, column.node, column.output);
    return row && column.column >= row->count;
}

bool zpl_lineage_visit_choices(const struct zpl_graph *graph, struct zpl_lineage_column of,
                               zpl_lineage_visit_fn *visit, void *self)
{
    const struct zpl_row *row = zpl_lineage_row(graph, of.node, of.output);
    if (!row || of.column >= row->count + ZPL_CHOICES)
        return true;
    const struct zpl_node *node = &graph->nodes[of.node];
    const struct zpl_output *output = &node->outputs[of.output];
    const struct zpl_column_origin *origin =
        of.column >= row->count
            ? (output->choices ? &output->choices[of.column - row->count] : NULL)
            : (output->origins ? &output->origins[of.column] : NULL);
    struct way w = {.graph = graph, .visit = visit, .self = self, .going = true};
    if (of.column < row->count)
        w.going = zpl_lineage_visit(graph, of, visit, self);
    else if (origin)
        w.going = origin->all ? visit_all(&w, node) : visit_sources(&w, node, origin);
    w.chooses = true;
    for (size_t k = 0; origin && !origin->all && k < ZPL_CHOICES; k++)
        for (size_t i = 0; w.going && i < origin->chosen_count[k]; i++) {
            w.choice = (enum zpl_row_choice)k;
            w.argument = &node->arguments[origin->chosen[k][i].argument];
            zpl_lineage_outputs(graph, w.argument->value, go_to_output, &w);
        }
    return w.going;
}

bool zpl_lineage_visit(const struct zpl_graph *graph, struct zpl_lineage_column of,
                       zpl_lineage_visit_fn *visit, void *self)
{
    const struct zpl_row *row = zpl_lineage_row(graph, of.node, of.output);
    struct way w = {.graph = graph, .visit = visit, .self = self, .going = true};
    if (!row || of.column >= row->count || graph->nodes[of.node].source)
        return true;
    const struct zpl_node *node = &graph->nodes[of.node];
    const struct zpl_column_origin *origins = node->outputs[of.output].origins;
    if (origins && !origins[of.column].all)
        return visit_sources(&w, node, &origins[of.column]);
    if (node->body)
        return visit_all(&w, node);
    w.how = ZPL_LINEAGE_PLAIN;
    for (size_t i = 0; w.going && i < node->argument_count; i++) {
        w.argument = &node->arguments[i];
        w.name = row->columns[of.column].name;
        w.hint = of.column;
        if (row_of(w.argument))
            zpl_lineage_outputs(graph, w.argument->value, go_to_output, &w);
    }
    const struct zpl_row *features = features_of(node);
    return w.found ? w.going : features ? visit_features(&w, node, features) : visit_all(&w, node);
}
