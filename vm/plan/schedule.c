/* schedule.c - the ready queue.   Floor: vm. */
#include "vm/plan/schedule.h"

#include <string.h>

#define NO_UNIT UINT32_MAX

/* A walk over all edges between units of a scope. */
struct walk {
    const struct zpl_graph *graph;
    struct zpl_schedule *schedule;
    uint32_t scope;
    uint32_t reader; /* the unit whose needs are walked */
    uint32_t
        *next; /* NULL while edges are counted; then where each unit's dependents are written */
};

/* The unit that stands for something in `map` whose own number is `unit`; NO_UNIT: it is outside of the
 * scope, and known. */
static uint32_t unit_of(const struct walk *w, uint32_t map, uint32_t unit)
{
    while (map != w->scope) {
        if (map == 0)
            return NO_UNIT;
        unit = (uint32_t)w->graph->count + map - 1;
        map = w->graph->maps[map - 1].parent;
    }
    return unit;
}

static uint32_t unit_of_node(const struct walk *w, uint32_t node)
{
    return unit_of(w, w->graph->nodes[node].map, node);
}

static uint32_t unit_of_map(const struct walk *w, uint32_t map)
{
    return unit_of(w, w->graph->maps[map].parent, (uint32_t)w->graph->count + map);
}

/* First edges are counted by their maker, then written down. */
static void edge(struct walk *w, uint32_t maker)
{
    if (maker == NO_UNIT || maker == w->reader)
        return;
    if (w->next == NULL) {
        w->schedule->first[maker + 1]++;
        w->schedule->needs[w->reader]++;
    } else {
        w->schedule->dependents[w->next[maker]++] = w->reader;
    }
}

static bool visit_value(void *self, const struct zpl_value *value)
{
    struct walk *w = self;
    if (value->kind == ZPL_VALUE_REF)
        edge(w, unit_of_node(w, value->ref.node));
    else if (value->kind == ZPL_VALUE_GATHER)
        edge(w, unit_of_map(w, value->gather.map));
    return true;
}

/* Every edge between units: of nodes their arguments, conditions and `after`, of maps their lists. */
static void walk_edges(struct walk *w)
{
    for (uint32_t id = 0; id < w->graph->count; id++) {
        const struct zpl_node *node = &w->graph->nodes[id];
        w->reader = unit_of_node(w, id);
        for (size_t i = 0; w->reader != NO_UNIT && i < node->argument_count; i++)
            zpl_value_walk(node->arguments[i].value, visit_value, w);
        for (size_t i = 0; w->reader != NO_UNIT && i < node->after_count; i++)
            edge(w, unit_of_node(w, node->after[i]));
        if (w->reader != NO_UNIT)
            zpl_value_walk(node->when, visit_value, w);
    }
    for (uint32_t map = 0; map < w->graph->map_count; map++) {
        w->reader = unit_of_map(w, map);
        if (w->reader != NO_UNIT)
            zpl_value_walk(w->graph->maps[map].over, visit_value, w);
    }
}

static void push(struct zpl_schedule *schedule, uint32_t unit)
{
    uint32_t i = schedule->ready_count++;
    while (i > 0 && schedule->ready[(i - 1) / 2] > unit) {
        schedule->ready[i] = schedule->ready[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    schedule->ready[i] = unit;
}

/* The nodes and maps of the scope itself. */
static void list_units(struct zpl_schedule *schedule, const struct zpl_graph *graph, uint32_t scope)
{
    for (uint32_t id = 0; id < graph->count; id++)
        if (graph->nodes[id].map == scope)
            schedule->units[schedule->unit_count++] = id;
    for (uint32_t map = 0; map < graph->map_count; map++)
        if (graph->maps[map].parent == scope)
            schedule->units[schedule->unit_count++] = (uint32_t)graph->count + map;
}

enum zpl_err zpl_schedule_init(struct zpl_schedule *schedule, const struct zpl_graph *graph,
                               uint32_t scope)
{
    uint32_t n = (uint32_t)(graph->count + graph->map_count);
    memset(schedule, 0, sizeof *schedule);
    schedule->units = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    schedule->needs = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    schedule->waits = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    schedule->first = zpl_arena_array(&schedule->arena, n + 2u, sizeof(uint32_t));
    schedule->ready = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    uint32_t *next = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    if (zpl_arena_failed(&schedule->arena))
        return ZPL_ERR_NOMEM;
    list_units(schedule, graph, scope);
    struct walk walk = {.graph = graph, .schedule = schedule, .scope = scope};
    walk_edges(&walk);
    for (uint32_t unit = 0; unit < n; unit++) {
        schedule->first[unit + 1] += schedule->first[unit];
        next[unit] = schedule->first[unit];
    }
    schedule->dependents =
        zpl_arena_array(&schedule->arena, schedule->first[n] + 1u, sizeof(uint32_t));
    if (schedule->dependents == NULL)
        return ZPL_ERR_NOMEM;
    walk.next = next;
    walk_edges(&walk);
    zpl_schedule_rewind(schedule);
    return ZPL_OK;
}

void zpl_schedule_rewind(struct zpl_schedule *schedule)
{
    schedule->ready_count = 0;
    schedule->left = schedule->unit_count;
    for (uint32_t i = 0; i < schedule->unit_count; i++) {
        uint32_t unit = schedule->units[i];
        schedule->waits[unit] = schedule->needs[unit];
        if (schedule->waits[unit] == 0)
            push(schedule, unit);
    }
}

void zpl_schedule_release(struct zpl_schedule *schedule)
{
    zpl_arena_release(&schedule->arena);
    memset(schedule, 0, sizeof *schedule);
}

bool zpl_schedule_next(struct zpl_schedule *schedule, uint32_t *unit)
{
    uint32_t *heap = schedule->ready;
    if (schedule->ready_count == 0)
        return false;
    *unit = heap[0];
    uint32_t last = heap[--schedule->ready_count];
    uint32_t n = schedule->ready_count;
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (child >= n || heap[child] >= last)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return true;
}

void zpl_schedule_settle(struct zpl_schedule *schedule, uint32_t unit)
{
    schedule->left--;
    for (uint32_t i = schedule->first[unit]; i < schedule->first[unit + 1]; i++)
        if (--schedule->waits[schedule->dependents[i]] == 0)
            push(schedule, schedule->dependents[i]);
}
