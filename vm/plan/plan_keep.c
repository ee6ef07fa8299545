/* plan_keep.c - a plan that is about some steps alone.  Part of plan.h.   Floor: vm. */
#include <string.h>

#include "vm/plan/plan.h"
#include "vm/plan/schedule.h"

/* Marks are by unit: nodes by their ids, then maps (schedule.h). */
struct wanting {
    const struct zpl_graph *graph;
    bool *units;
};

/* An item is inside a map, which is wanted with its list. */
static bool want(void *self, const struct zpl_value *value)
{
    const struct wanting *w = self;
    if (value->kind == ZPL_VALUE_REF)
        w->units[value->ref.node] = true;
    else if (value->kind == ZPL_VALUE_GATHER)
        w->units[w->graph->count + value->gather.map] = true;
    return true;
}

void zpl_plan_want(const struct zpl_graph *graph, const struct zpl_value *value, bool *units)
{
    struct wanting wanting = {graph, units};
    zpl_value_walk(value, want, &wanting);
}

/* What a wanted step needs: its arguments, its condition, what comes before it, the map around it. */
static void want_needs(const struct zpl_graph *graph, const struct zpl_node *node, bool *units)
{
    for (size_t i = 0; i < node->argument_count; i++)
        zpl_plan_want(graph, node->arguments[i].value, units);
    for (size_t i = 0; i < node->after_count; i++)
        units[node->after[i]] = true;
    zpl_plan_want(graph, node->when, units);
    if (node->map > 0)
        units[graph->count + node->map - 1] = true;
}

/* A wanted map is wanted with the one around it and its list; of what is inside what is wanted itself. */
static void want_map(const struct zpl_graph *graph, uint32_t map, bool *units)
{
    zpl_plan_want(graph, graph->maps[map].over, units);
    if (graph->maps[map].parent > 0)
        units[graph->count + graph->maps[map].parent - 1] = true;
}

static size_t count_wanted(const bool *units, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += units[i];
    return n;
}

/* Ids are a topological order, so one pass does for a program without maps. */
enum zpl_err zpl_plan_keep(struct zpl_plan *plan, const bool *only)
{
    const struct zpl_graph *graph = plan->graph;
    size_t count = graph->count + graph->map_count, before;
    bool *units = zpl_arena_array(&plan->arena, count + 1, sizeof *units);
    if (units == NULL)
        return zpl_diag_nomem(&plan->session->diags);
    memcpy(units, only, count * sizeof *units);
    do {
        before = count_wanted(units, count);
        for (uint32_t map = 0; map < graph->map_count; map++)
            if (units[graph->count + map])
                want_map(graph, map, units);
        for (size_t id = graph->count; id-- > 0;)
            if (units[id])
                want_needs(graph, &graph->nodes[id], units);
    } while (graph->map_count > 0 && count_wanted(units, count) > before);
    plan->kept = units;
    return ZPL_OK;
}

bool zpl_plan_keeps(const struct zpl_plan *plan, uint32_t unit)
{
    return plan->kept == NULL || plan->kept[unit];
}

/* Does a value need a node that is marked? */
struct need {
    const bool *nodes;
    bool found;
};

static void find_marked(void *self, uint32_t node, uint32_t output)
{
    struct need *need = self;
    (void)output;
    need->found |= need->nodes[node];
}

/* Does the node depend on a marked one: by what it is given, its condition, or the lists it is there for? */
static bool depends(const struct zpl_graph *graph, const struct zpl_node *node, const bool *nodes)
{
    struct need need = {.nodes = nodes};
    for (size_t i = 0; i < node->argument_count; i++)
        zpl_value_refs(node->arguments[i].value, find_marked, &need);
    for (size_t i = 0; i < node->after_count; i++)
        need.found |= nodes[node->after[i]];
    zpl_value_refs(node->when, find_marked, &need);
    for (uint32_t map = node->map; map != 0; map = graph->maps[map - 1].parent)
        zpl_value_refs(graph->maps[map - 1].over, find_marked, &need);
    return need.found;
}

/* The node and all that depend on it, over any number of steps; ids are a topological order. */
static enum zpl_err do_again(struct zpl_plan *plan, const struct zpl_node *from)
{
    const struct zpl_graph *graph = plan->graph;
    bool *nodes = zpl_arena_array(&plan->arena, graph->count + 1, sizeof *nodes);
    if (nodes == NULL)
        return zpl_diag_nomem(&plan->session->diags);
    nodes[from->id] = true;
    for (uint32_t id = from->id + 1; id < graph->count; id++)
        nodes[id] = depends(graph, &graph->nodes[id], nodes);
    plan->again = nodes;
    return ZPL_OK;
}

enum zpl_err zpl_plan_narrow(struct zpl_plan *plan, const struct zpl_narrowing *narrowing)
{
    plan->only_item = narrowing->only_item;
    plan->again_item = narrowing->from_item;
    enum zpl_err err = narrowing->only != NULL ? zpl_plan_keep(plan, narrowing->only) : ZPL_OK;
    return err == ZPL_OK && narrowing->from != NULL ? do_again(plan, narrowing->from) : err;
}
