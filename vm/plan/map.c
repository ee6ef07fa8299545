/* map.c - see map.h.   Floor: vm. */
#include "vm/plan/map.h"

#include <stdlib.h>
#include <string.h>

#include "vm/plan/effect.h"

static enum zpl_err no_memory(const struct zpl_plan *plan)
{
    return zpl_diag_nomem(&plan->session->diags);
}

/* ---- what is inside, what is gathered ---- */

/* What the graph says of one map, in the arena of the plan outside. */
struct finding {
    struct zpl_map_shape *shape;
    struct zpl_arena *arena;
    uint32_t map;
};

static void list_members(struct finding *f, const struct zpl_graph *graph)
{
    struct zpl_map_shape *shape = f->shape;
    shape->members = zpl_arena_array(f->arena, graph->count + 1, sizeof *shape->members);
    for (uint32_t id = 0; shape->members != NULL && id < graph->count; id++)
        if (zpl_map_within(graph, graph->nodes[id].map, f->map + 1))
            shape->members[shape->member_count++] = id;
}

static void add_gathered(struct finding *f, const struct zpl_value *value)
{
    struct zpl_map_shape *shape = f->shape;
    for (size_t i = 0; i < shape->gathered_count; i++)
        if (shape->gathered[i] == value)
            return;
    const struct zpl_value **grown = zpl_arena_grow(
        f->arena, shape->gathered, shape->gathered_count, &shape->gathered_room, sizeof *grown);
    if (grown == NULL)
        return;
    shape->gathered = grown;
    grown[shape->gathered_count++] = value;
}

/* What is gathered of this map. */
static bool find_gathered(void *self, const struct zpl_value *value)
{
    struct finding *f = self;
    if (value->kind == ZPL_VALUE_GATHER && value->gather.map == f->map)
        add_gathered(f, value->gather.value);
    return true;
}

static void list_gathered(struct finding *f, const struct zpl_plan *plan)
{
    const struct zpl_graph *graph = plan->graph;
    for (size_t id = 0; id < graph->count; id++) {
        for (size_t i = 0; i < graph->nodes[id].argument_count; i++)
            zpl_value_walk(graph->nodes[id].arguments[i].value, find_gathered, f);
        zpl_value_walk(graph->nodes[id].when, find_gathered, f);
    }
    for (size_t map = 0; map < graph->map_count; map++)
        zpl_value_walk(graph->maps[map].over, find_gathered, f);
    const struct zpl_program *program = &plan->session->program;
    for (size_t i = 0; i < program->returned_count; i++)
        zpl_value_walk(program->returned[i].value, find_gathered, f);
}

/* NULL: memory is out. */
static const struct zpl_map_shape *shape_of(const struct zpl_plan *plan, uint32_t map)
{
    struct finding f = {&plan->shapes[map], plan->stands->arena, map};
    if (f.shape->members == NULL) {
        list_members(&f, plan->graph);
        list_gathered(&f, plan);
    }
    return zpl_arena_failed(f.arena) ? NULL : f.shape;
}

/* ---- beginning ---- */

/* Room for what becomes of every step and value in every item. */
static void make_room(struct zpl_mapping *m, const struct zpl_map_shape *shape)
{
    struct zpl_arena *arena = &m->plan->arena;
    m->gathered = zpl_arena_array(arena, shape->gathered_count + 1, sizeof *m->gathered);
    for (size_t i = 0; m->gathered != NULL && i < shape->gathered_count; i++) {
        m->gathered[i].value = shape->gathered[i];
        m->gathered[i].items = zpl_arena_array(arena, m->count + 1, sizeof *m->gathered[i].items);
        m->gathered_count++;
    }
    for (size_t i = 0; m->done != NULL && i < m->member_count; i++) {
        struct zpl_items *done = &m->done[i];
        done->count = m->count;
        if (m->plan->graph->nodes[m->members[i]].map == m->map + 1)
            done->steps = zpl_arena_array(arena, m->count + 1, sizeof *done->steps);
        else
            done->inner = zpl_arena_array(arena, m->count + 1, sizeof *done->inner);
    }
}

/* An item that was named and is not there; 0: none was named. */
static enum zpl_err check_item(const struct zpl_mapping *m, size_t item)
{
    struct zpl_diags *diags = &m->plan->session->program.diags;
    if (item <= m->count)
        return ZPL_OK;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_UNKNOWN_RUN, m->plan->graph->maps[m->map].span,
                     "there is no item %zu of this `each`", item);
    zpl_diag_help(diags, diag, m->count > 0 ? "it has items 1 … %zu" : "its list is empty",
                  m->count);
    return ZPL_ERR_NOT_FOUND;
}

/* The item that is done again, where this is the map of that name: the maps around it are at those of theirs. */
static size_t again_item(const struct zpl_mapping *m)
{
    const size_t *again = m->plan->again_item;
    const struct zpl_map *maps = m->plan->graph->maps;
    for (uint32_t map = maps[m->map].parent; again != NULL && map != 0; map = maps[map - 1].parent)
        if (again[map - 1] != m->plan->items[map - 1].index + 1)
            return 0;
    return again != NULL ? again[m->map] : 0;
}

/* All items, or the one that the plan is about. */
static enum zpl_err choose_items(struct zpl_mapping *m)
{
    size_t only = m->plan->only_item != NULL ? m->plan->only_item[m->map] : 0;
    enum zpl_err err = check_item(m, only);
    if (err == ZPL_OK)
        err = check_item(m, again_item(m));
    if (err != ZPL_OK || only == 0)
        return err;
    m->next = only - 1;
    m->end = only;
    m->ended = m->count - 1;
    return ZPL_OK;
}

/* New ones; inside an item those that the item before left.  `count` is the same every time. */
static struct zpl_instance *instances_of(struct zpl_plan *plan, uint32_t map, size_t count)
{
    struct zpl_spare *spare = plan->spares != NULL ? &plan->spares[map] : NULL;
    if (spare == NULL)
        return zpl_arena_array(&plan->arena, count + 1, sizeof(struct zpl_instance));
    if (spare->instances == NULL) {
        spare->instances = zpl_arena_array(spare->arena, count + 1, sizeof *spare->instances);
        spare->count = count;
    }
    return spare->instances;
}

enum zpl_err zpl_mapping_begin(struct zpl_plan *plan, uint32_t map, size_t instances,
                               struct zpl_mapping **out)
{
    const struct zpl_graph *graph = plan->graph;
    struct zpl_mapping *m = zpl_arena_alloc(&plan->arena, sizeof *m);
    struct zpl_step_plan state = {0};
    *out = NULL;
    if (m == NULL)
        return no_memory(plan);
    *m = (struct zpl_mapping){.plan = plan, .map = map};
    const struct zpl_map_shape *shape = shape_of(plan, map);
    if (shape == NULL)
        return no_memory(plan);
    m->members = shape->members;
    m->member_count = shape->member_count;
    m->counts = zpl_arena_array(&plan->arena, m->member_count + 1, sizeof *m->counts);
    m->done = zpl_arena_array(&plan->arena, m->member_count + 1, sizeof *m->done);
    zpl_plan_needs(plan, graph->maps[map].over, &state);
    if (state.status == ZPL_PLAN_PENDING) {
        m->items = zpl_plan_value(plan, graph->maps[map].over, &plan->arena);
        if (m->items == NULL || m->items->kind != ZPL_LIT_LIST) {
            zpl_diag_add(&plan->session->program.diags, ZPL_CODE_WRONG_KIND, graph->maps[map].span,
                         "what `each` maps over turned out to be no list");
            return ZPL_ERR_STEP;
        }
        m->count = m->end = m->items->as.list.count;
        make_room(m, shape);
        if (zpl_arena_failed(&plan->arena))
            return no_memory(plan);
        enum zpl_err err = choose_items(m);
        if (err != ZPL_OK)
            return err;
    }
    plan->maps[map] = m;
    for (size_t i = 0; m->items == NULL && i < m->member_count; i++) {
        if (zpl_plan_keeps(plan, m->members[i]))
            plan->steps[m->members[i]] = state;
    }
    m->instances = instances_of(plan, map, instances);
    m->instance_count = m->count < instances ? m->count : instances;
    if (m->instances == NULL || zpl_arena_failed(&plan->arena))
        return no_memory(plan);
    if (m->count > 0)
        *out = m;
    else if (m->items != NULL)
        zpl_mapping_end(m);
    return ZPL_OK;
}

/* ---- instances ---- */

/* An instance of a map inside another, for the next item of that: what is inside the outermost map is as it
 * is there now, and what is outside of that has not changed. */
static void reopen_instance(struct zpl_mapping *m, struct zpl_instance *instance)
{
    const struct zpl_plan *outer = m->plan;
    uint32_t outermost = outer->scope;
    while (outer->graph->maps[outermost - 1].parent != 0)
        outermost = outer->graph->maps[outermost - 1].parent;
    const struct zpl_map_shape *around = &outer->shapes[outermost - 1];
    instance->mapping = m;
    for (size_t i = 0; i < around->member_count; i++) {
        uint32_t id = around->members[i];
        instance->graph.nodes[id] = outer->graph->nodes[id];
        instance->plan.steps[id] = outer->steps[id];
    }
    memcpy(instance->plan.maps, outer->maps, outer->graph->map_count * sizeof *outer->maps);
    memcpy(instance->plan.items, outer->items, outer->graph->map_count * sizeof *outer->items);
}

/* The parts that every item of the instance has; what is outside is known by now. */
static bool open_instance(struct zpl_mapping *m, struct zpl_instance *instance)
{
    const struct zpl_plan *outer = m->plan;
    size_t count = outer->graph->count, maps = outer->graph->map_count;
    struct zpl_arena *base = &instance->base;
    instance->mapping = m;
    instance->graph = *outer->graph;
    instance->graph.arena = (struct zpl_arena){0};
    instance->graph.nodes = zpl_arena_array(base, count + 1, sizeof *instance->graph.nodes);
    instance->plan = *outer;
    instance->plan.arena = (struct zpl_arena){0};
    instance->plan.graph = &instance->graph;
    instance->plan.scope = m->map + 1;
    instance->plan.steps = zpl_arena_array(base, count + 1, sizeof *instance->plan.steps);
    instance->plan.maps = zpl_arena_array(base, maps + 1, sizeof *instance->plan.maps);
    instance->plan.items = zpl_arena_array(base, maps + 1, sizeof *instance->plan.items);
    instance->spares = zpl_arena_array(base, maps + 1, sizeof *instance->spares);
    instance->plan.spares = instance->spares;
    for (size_t map = 0; instance->spares != NULL && map < maps; map++)
        instance->spares[map].arena = base;
    if (zpl_arena_failed(base) ||
        zpl_schedule_init(&instance->schedule, outer->graph, m->map + 1) != ZPL_OK)
        return false;
    memcpy(instance->graph.nodes, outer->graph->nodes, count * sizeof *instance->graph.nodes);
    memcpy(instance->plan.steps, outer->steps, count * sizeof *instance->plan.steps);
    memcpy(instance->plan.maps, outer->maps, maps * sizeof *instance->plan.maps);
    memcpy(instance->plan.items, outer->items, maps * sizeof *instance->plan.items);
    return true;
}

/* "make[*]" of the outside is "make[3]" here. */
static const char *name_of(struct zpl_instance *instance, const char *outer)
{
    const char *star = strstr(outer, "[*]");
    size_t before = star != NULL ? (size_t)(star - outer) : strlen(outer);
    return zpl_arena_printf(&instance->plan.arena, "%.*s[%zu]%s", (int)before, outer,
                            instance->index + 1, star != NULL ? star + 3 : "");
}

enum zpl_err zpl_mapping_next(struct zpl_mapping *m, struct zpl_instance **out)
{
    const struct zpl_graph *graph = m->plan->graph;
    struct zpl_instance *instance = m->instances, *end = m->instances + m->instance_count;
    while (instance < end && instance->bound)
        instance++;
    *out = NULL;
    if (instance == end || m->next == m->end)
        return ZPL_OK;
    if (instance->spares == NULL && !open_instance(m, instance))
        return no_memory(m->plan);
    if (instance->mapping != m)
        reopen_instance(m, instance);
    zpl_arena_clear(&instance->plan.arena);
    instance->index = m->next++;
    instance->bound = true;
    instance->plan.items[m->map] =
        (struct zpl_plan_item){m->items->as.list.items[instance->index], instance->index};
    for (uint32_t map = m->map + 1; map < graph->map_count; map++)
        if (zpl_map_within(graph, map + 1, m->map + 1))
            instance->plan.maps[map] = NULL;
    for (size_t i = 0; i < m->member_count; i++) {
        uint32_t id = m->members[i];
        instance->plan.steps[id] = (struct zpl_step_plan){0};
        instance->graph.nodes[id].name = name_of(instance, graph->nodes[id].name);
    }
    zpl_schedule_rewind(&instance->schedule);
    *out = instance;
    return zpl_arena_failed(&instance->plan.arena) ? no_memory(m->plan) : ZPL_OK;
}

/* ---- what is kept of an item ---- */

static const char *copy_text(struct zpl_arena *arena, const char *text)
{
    return text != NULL ? zpl_arena_strdup(arena, text) : NULL;
}

static const struct zpl_output_row *copy_row(struct zpl_arena *arena,
                                             const struct zpl_output_row *row)
{
    struct zpl_output_row *copy = zpl_arena_alloc(arena, sizeof *copy);
    struct zpl_column_row *columns = zpl_arena_array(arena, row->column_count + 1, sizeof *columns);
    if (copy == NULL || columns == NULL)
        return NULL;
    *copy = *row;
    copy->name = copy_text(arena, row->name);
    copy->type = copy_text(arena, row->type);
    copy->json = copy_text(arena, row->json);
    copy->columns = columns;
    for (size_t i = 0; i < row->column_count; i++)
        columns[i] =
            (struct zpl_column_row){copy_text(arena, row->columns[i].name), row->columns[i].digest};
    return copy;
}

/* Of a value that was skipped, or whose step did not work, nothing is kept. */
static bool keep(struct zpl_instance *instance, struct zpl_gathered *gathered)
{
    struct zpl_arena *arena = &instance->mapping->plan->arena;
    struct zpl_made *out = &gathered->items[instance->index], made;
    struct zpl_step_plan state = {0};
    zpl_plan_needs(&instance->plan, gathered->value, &state);
    if (state.status != ZPL_PLAN_PENDING)
        return true;
    if (zpl_plan_made(&instance->plan, gathered->value, &made)) {
        out->row = copy_row(arena, made.row);
        out->step = copy_text(arena, made.step);
        out->output = copy_text(arena, made.output);
    }
    const struct zpl_literal *literal =
        zpl_plan_value(&instance->plan, gathered->value, &instance->plan.arena);
    if (literal != NULL)
        out->literal = zpl_literal_copy(arena, literal);
    return !zpl_arena_failed(arena);
}

static struct zpl_items copy_items(struct zpl_arena *arena, const struct zpl_items *items)
{
    struct zpl_items copy = {.count = items->count};
    if (items->steps != NULL) {
        copy.steps = zpl_arena_array(arena, items->count + 1, sizeof *copy.steps);
        if (copy.steps != NULL && items->count > 0)
            memcpy(copy.steps, items->steps, items->count * sizeof *copy.steps);
    } else if (items->inner != NULL) {
        copy.inner = zpl_arena_array(arena, items->count + 1, sizeof *copy.inner);
        for (size_t i = 0; copy.inner != NULL && i < items->count; i++)
            copy.inner[i] = copy_items(arena, &items->inner[i]);
    }
    return copy;
}

/* What became of a step in the item: the step itself, or all items of the map inside that it is in. */
static void note_done(struct zpl_instance *instance, size_t member)
{
    struct zpl_mapping *m = instance->mapping;
    uint32_t id = m->members[member];
    const struct zpl_step_plan *step = &instance->plan.steps[id];
    struct zpl_items *done = &m->done[member];
    const struct zpl_items *inner =
        done->inner != NULL ? zpl_mapping_items(&instance->plan, id) : NULL;
    if (done->steps != NULL) {
        done->steps[instance->index].status = step->status;
        if (step->keyed)
            done->steps[instance->index].key = step->key;
    } else if (inner != NULL) {
        done->inner[instance->index] = copy_items(&m->plan->arena, inner);
    }
}

static void note_artifact(struct zpl_plan_stands *stands, const struct zpl_output_row *row)
{
    struct zpl_plan_artifact *grown =
        zpl_arena_grow(stands->arena, stands->artifacts, stands->artifact_count,
                       &stands->artifact_room, sizeof *grown);
    if (grown == NULL)
        return;
    stands->artifacts = grown;
    grown[stands->artifact_count++] = (struct zpl_plan_artifact){row->digest, row->bytes};
}

static void note_effect(struct zpl_plan_stands *stands, bool written, const char *name,
                        const struct zpl_digest *key)
{
    struct zpl_plan_effect *grown = zpl_arena_grow(
        stands->arena, stands->effects, stands->effect_count, &stands->effect_room, sizeof *grown);
    if (grown == NULL)
        return;
    stands->effects = grown;
    grown[stands->effect_count++] =
        (struct zpl_plan_effect){written, zpl_arena_strdup(stands->arena, name), *key};
}

/* What a step of the item itself left in the store, or deployed. */
static void note_stands(struct zpl_instance *instance, uint32_t id)
{
    struct zpl_plan *plan = &instance->plan;
    const struct zpl_node *node = &plan->graph->nodes[id];
    const struct zpl_step_plan *step = &plan->steps[id];
    if (node->map != plan->scope ||
        (step->status != ZPL_PLAN_CACHED && step->status != ZPL_PLAN_RAN))
        return;
    if (zpl_effect_is(node)) {
        note_effect(plan->stands, zpl_node_writes_name(node), zpl_effect_name(plan, id),
                    &step->key);
        return;
    }
    for (size_t i = 0; i < node->output_count; i++)
        if (!zpl_output_is_inline(&step->outputs[i]))
            note_artifact(plan->stands, &step->outputs[i]);
}

enum zpl_err zpl_mapping_take(struct zpl_instance *instance)
{
    struct zpl_mapping *m = instance->mapping;
    bool kept = true;
    for (size_t i = 0; i < m->member_count; i++) {
        m->counts[i][instance->plan.steps[m->members[i]].status]++;
        note_done(instance, i);
        note_stands(instance, m->members[i]);
    }
    for (size_t i = 0; kept && i < m->gathered_count; i++)
        kept = keep(instance, &m->gathered[i]);
    instance->bound = false;
    m->ended++;
    return kept && !m->plan->stands->arena->failed ? ZPL_OK : no_memory(m->plan);
}

void zpl_mapping_stop(struct zpl_mapping *m)
{
    size_t left = m->end - m->next;
    for (size_t i = 0; left > 0 && i < m->member_count; i++) {
        if (!zpl_plan_keeps(m->plan, m->members[i]))
            continue;
        m->counts[i][ZPL_PLAN_CANCELLED] += left;
        for (size_t k = m->next; m->done[i].steps != NULL && k < m->end; k++)
            m->done[i].steps[k].status = ZPL_PLAN_CANCELLED;
    }
    m->ended += left;
    m->next = m->end;
}

/* ---- the end ---- */

bool zpl_mapping_is_over(const struct zpl_mapping *m)
{
    return m->ended == m->count;
}

/* The state of all items together: the first of these that one is in. */
static enum zpl_plan_status together(const size_t *counts)
{
    static const enum zpl_plan_status order[] = {
        ZPL_PLAN_FAILED, ZPL_PLAN_CANCELLED, ZPL_PLAN_WOULD_RUN, ZPL_PLAN_UNKNOWN,
        ZPL_PLAN_RAN,    ZPL_PLAN_CACHED,    ZPL_PLAN_SKIPPED};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (counts[order[i]] > 0)
            return order[i];
    return counts[ZPL_PLAN_PENDING] > 0 ? ZPL_PLAN_PENDING : ZPL_PLAN_SKIPPED; /* of no item */
}

void zpl_mapping_end(struct zpl_mapping *m)
{
    for (size_t i = 0; i < m->member_count; i++) {
        struct zpl_step_plan *step = &m->plan->steps[m->members[i]];
        if (!zpl_plan_keeps(m->plan, m->members[i]))
            continue;
        step->status = together(m->counts[i]);
        if (step->status == ZPL_PLAN_UNKNOWN)
            step->until = m->plan->graph->nodes[m->members[i]].name;
    }
}

static bool settle_items(struct zpl_items *items)
{
    bool other = false;
    for (size_t i = 0; i < items->count; i++) {
        if (items->inner != NULL) {
            other |= settle_items(&items->inner[i]);
        } else if (items->steps[i].status == ZPL_PLAN_RAN) {
            items->steps[i].status = ZPL_PLAN_CACHED;
            other = true;
        }
    }
    return other;
}

bool zpl_mapping_settle(struct zpl_mapping *m)
{
    bool other = false;
    for (size_t i = 0; m != NULL && m->items != NULL && i < m->member_count; i++) {
        other |= settle_items(&m->done[i]);
        m->counts[i][ZPL_PLAN_CACHED] += m->counts[i][ZPL_PLAN_RAN];
        m->counts[i][ZPL_PLAN_RAN] = 0;
    }
    return other;
}

static void release_instances(struct zpl_instance *instances, size_t count, size_t map_count)
{
    for (size_t i = 0; instances != NULL && i < count; i++) {
        struct zpl_spare *spares = instances[i].spares;
        for (size_t map = 0; spares != NULL && map < map_count; map++)
            release_instances(spares[map].instances, spares[map].count, map_count);
        zpl_schedule_release(&instances[i].schedule);
        zpl_arena_release(&instances[i].plan.arena);
        zpl_arena_release(&instances[i].base);
        instances[i] = (struct zpl_instance){0};
    }
}

void zpl_mapping_release(struct zpl_mapping *m)
{
    if (m == NULL)
        return;
    if (m->plan->spares == NULL)
        release_instances(m->instances, m->instance_count, m->plan->graph->map_count);
    else /* the next item of the map around binds them again */
        for (size_t i = 0; i < m->instance_count; i++) {
            m->instances[i].bound = false;
            m->instances[i].mapping = NULL;
        }
    m->instance_count = 0;
}

/* ---- looking ---- */

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The map of the plan's scope that the node is in, and which of its members; NULL: its list is not known. */
static const struct zpl_mapping *mapping_of(const struct zpl_plan *plan, uint32_t node,
                                            size_t *member)
{
    uint32_t map = plan->graph->nodes[node].map;
    while (map != 0 && plan->graph->maps[map - 1].parent != plan->scope)
        map = plan->graph->maps[map - 1].parent;
    const struct zpl_mapping *m = map != 0 ? plan->maps[map - 1] : NULL;
    if (m == NULL || m->items == NULL)
        return NULL;
    const uint32_t *at = bsearch(&node, m->members, m->member_count, sizeof node, by_id);
    *member = at != NULL ? (size_t)(at - m->members) : 0;
    return at != NULL ? m : NULL;
}

const size_t *zpl_mapping_counts(const struct zpl_plan *plan, uint32_t node)
{
    size_t member;
    const struct zpl_mapping *m = mapping_of(plan, node, &member);
    return m != NULL ? m->counts[member] : NULL;
}

struct zpl_items *zpl_mapping_items(const struct zpl_plan *plan, uint32_t node)
{
    size_t member;
    const struct zpl_mapping *m = mapping_of(plan, node, &member);
    return m != NULL ? &m->done[member] : NULL;
}

const struct zpl_gathered *zpl_mapping_gathered(const struct zpl_plan *plan,
                                                const struct zpl_value *gather)
{
    const struct zpl_mapping *m = plan->maps[gather->gather.map];
    for (size_t i = 0; m != NULL && i < m->gathered_count; i++)
        if (m->gathered[i].value == gather->gather.value)
            return &m->gathered[i];
    return NULL;
}
