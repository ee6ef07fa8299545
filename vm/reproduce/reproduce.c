/* reproduce.c - see reproduce.h: the steps of a recorded run in the order of its graph, and what is told of
 * them.  What was recorded of a step: reproduce_recall.c; how it is done again: reproduce_run.c; outputs
 * compared: reproduce_output.c.   Floor: vm. */
#include "vm/reproduce/reproduce_step.h"

#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/version.h"
#include "lang/graph/graph_json.h"
#include "vm/run/task.h"

static const char *const NAMES[] = {"same",       "skipped", "effect", "undone",
                                    "impossible", "failed",  "differs"};

const char *zpl_again_name(enum zpl_again status)
{
    return NAMES[status];
}

/* ---- what is told ---- */

static bool is_bad(enum zpl_again status)
{
    return status >= ZPL_AGAIN_IMPOSSIBLE;
}

void zpl_again_tell(struct zpl_reproducing *r, struct zpl_plan *plan, uint32_t id, bool in_map,
                    enum zpl_again status, const char *why, int64_t duration_ns,
                    struct zpl_recalled *recalled, struct zpl_json *outputs)
{
    struct zpl_again_entry *entry = &r->entries[id];
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(plan->graph->nodes[id].name));
    if (in_map)
        zpl_json_set_take(o, "of", zpl_json_string(r->plan.graph->nodes[id].name));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_again_name(status)));
    zpl_json_set_take(o, "why", zpl_json_string(why));
    zpl_json_set_take(o, "duration_ms", zpl_json_int(duration_ns / 1000000));
    zpl_json_set_take(o, "code", recalled->code != NULL ? recalled->code : zpl_json_array());
    zpl_json_set_take(o, "sources",
                      recalled->sources != NULL ? recalled->sources : zpl_json_array());
    zpl_json_set_take(o, "outputs", outputs != NULL ? outputs : zpl_json_array());
    *recalled = (struct zpl_recalled){0};
    r->failed = r->failed || is_bad(status);
    entry->counts[status]++;
    bool shown = !in_map || (status != ZPL_AGAIN_SAME && status != ZPL_AGAIN_SKIPPED);
    if (shown && r->options->told != NULL)
        r->options->told(r->options->observer.self, o);
    if (!in_map) {
        entry->json = o;
    } else if (shown) {
        if (entry->items == NULL)
            entry->items = zpl_json_array();
        zpl_json_add_take(entry->items, o);
    } else {
        zpl_json_release(o);
    }
}

/* All items of a step inside a map together: the worst of them, and how many are in which state. */
static void tell_map(struct zpl_reproducing *r, uint32_t id)
{
    struct zpl_again_entry *entry = &r->entries[id];
    struct zpl_json *o = zpl_json_object(), *counts = zpl_json_object();
    enum zpl_again worst = ZPL_AGAIN_SKIPPED;
    const char *why = NULL;
    size_t all = 0;
    for (unsigned i = 0; i < ZPL_AGAIN_STATES; i++) {
        if (entry->counts[i] == 0)
            continue;
        worst = i == ZPL_AGAIN_SKIPPED && all > 0 ? worst : (enum zpl_again)i;
        all += entry->counts[i];
        zpl_json_set_take(counts, NAMES[i], zpl_json_int((int64_t)entry->counts[i]));
    }
    if (all == 0 && r->plan.steps[id].status == ZPL_PLAN_CANCELLED) {
        worst = ZPL_AGAIN_IMPOSSIBLE;
        why = "the list that it goes over is not there any more";
        r->failed = true;
    }
    zpl_json_set_take(o, "name", zpl_json_string(r->plan.graph->nodes[id].name));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_again_name(worst)));
    zpl_json_set_take(o, "why", zpl_json_string(why));
    zpl_json_set_take(o, "items", counts);
    entry->json = o;
    if (r->options->told != NULL)
        r->options->told(r->options->observer.self, o);
}

/* ---- steps and maps, in the order of the graph ---- */

static const struct zpl_json *record_of(const struct zpl_reproducing *r,
                                        const struct zpl_plan *plan, uint32_t id)
{
    const char *rest;
    const struct zpl_run_record *record = r->options->record;
    return plan->scope == 0 && record->plan != NULL
               ? zpl_run_record_step(record, plan->graph->nodes[id].name, &rest)
               : NULL;
}

/* Recalls a step and, if it can be done again, starts it as soon as there is a slot. */
static enum zpl_err take_up(struct zpl_reproducing *r, struct zpl_plan *plan, uint32_t id,
                            struct zpl_again_item *item)
{
    struct zpl_recalled recalled;
    enum zpl_err err =
        zpl_reproduce_recall(r->options, plan, id, record_of(r, plan, id), &recalled);
    if (err != ZPL_OK || recalled.silent)
        return err;
    if (!recalled.go) {
        zpl_again_tell(r, plan, id, item != NULL, recalled.status, recalled.why, 0, &recalled,
                       NULL);
        return ZPL_OK;
    }
    return zpl_again_start(r, plan, id, item, &recalled);
}

static enum zpl_err walk(struct zpl_reproducing *r, struct zpl_plan *plan,
                         struct zpl_schedule *schedule, struct zpl_again_item *item);

/* Items side by side, as many as there are instances. */
static enum zpl_err walk_items(struct zpl_reproducing *r, struct zpl_mapping *mapping,
                               struct zpl_again_item *items)
{
    enum zpl_err err = ZPL_OK;
    while (err == ZPL_OK && !zpl_mapping_is_over(mapping)) {
        struct zpl_instance *instance;
        err = zpl_mapping_next(mapping, &instance);
        if (err == ZPL_OK && instance == NULL) {
            err = zpl_again_wait(r);
            continue;
        }
        if (err != ZPL_OK)
            break;
        struct zpl_again_item *item = &items[instance - mapping->instances];
        *item = (struct zpl_again_item){.instance = instance};
        err = walk(r, &instance->plan, &instance->schedule, item);
        item->walked = true;
        if (err == ZPL_OK)
            err = zpl_again_leave(item);
    }
    return err;
}

/* Was the run about the steps of the map, and did they come to an end in it? */
static bool is_recorded(const struct zpl_reproducing *r, const struct zpl_plan *plan, uint32_t map)
{
    for (uint32_t id = 0; id < plan->graph->count; id++)
        if (plan->scope == 0 && r->options->record->plan != NULL &&
            zpl_map_within(plan->graph, plan->graph->nodes[id].map, map + 1) &&
            record_of(r, plan, id) == NULL)
            return false;
    return true;
}

/* Its steps are not there for those who need them. */
static void withhold_map(struct zpl_plan *plan, uint32_t map)
{
    for (uint32_t id = 0; id < plan->graph->count; id++)
        if (zpl_map_within(plan->graph, plan->graph->nodes[id].map, map + 1))
            plan->steps[id].status = ZPL_PLAN_CANCELLED;
}

static enum zpl_err walk_map(struct zpl_reproducing *r, struct zpl_plan *plan, uint32_t map)
{
    struct zpl_mapping *mapping;
    if (!is_recorded(r, plan, map)) {
        withhold_map(plan, map);
        return ZPL_OK;
    }
    enum zpl_err err = zpl_mapping_begin(plan, map, r->slot_count + 1u, &mapping);
    if (err == ZPL_ERR_STEP) { /* what was recorded is no list any more: its value is gone */
        zpl_diags_clear(&r->session->diags);
        withhold_map(plan, map);
        err = ZPL_OK;
        mapping = NULL;
    }
    struct zpl_again_item *items =
        mapping != NULL ? zpl_arena_array(&plan->arena, mapping->instance_count + 1, sizeof *items)
                        : NULL;
    if (err == ZPL_OK && mapping != NULL)
        err = items != NULL ? walk_items(r, mapping, items) : zpl_diag_nomem(&r->session->diags);
    if (err != ZPL_OK)
        zpl_again_abandon(r);
    if (err == ZPL_OK && mapping != NULL)
        zpl_mapping_end(mapping);
    zpl_mapping_release(mapping);
    for (uint32_t id = 0; err == ZPL_OK && plan->scope == 0 && id < plan->graph->count; id++)
        if (zpl_map_within(plan->graph, plan->graph->nodes[id].map, map + 1))
            tell_map(r, id);
    return err;
}

static enum zpl_err walk(struct zpl_reproducing *r, struct zpl_plan *plan,
                         struct zpl_schedule *schedule, struct zpl_again_item *item)
{
    enum zpl_err err = ZPL_OK;
    uint32_t unit, count = (uint32_t)plan->graph->count;
    while (err == ZPL_OK && zpl_schedule_next(schedule, &unit)) {
        err = zpl_again_interrupted(r) ? ZPL_ERR_INTERRUPTED
              : unit < count           ? take_up(r, plan, unit, item)
                                       : walk_map(r, plan, unit - count);
        zpl_schedule_settle(schedule, unit);
    }
    return err;
}

/* ---- beginning and end ---- */

/* The run's graph in the place of a program's. */
static enum zpl_err open_graph(struct zpl_reproducing *r)
{
    struct zpl_json *json = NULL;
    struct zpl_diags *diags = &r->session->diags;
    const struct zpl_run_row *run = r->options->run;
    struct zpl_diag *diag = NULL;
    if (run->status == ZPL_RUN_RUNNING) {
        diag = zpl_diag_add(diags, ZPL_CODE_USAGE, (struct zpl_span){0}, "run %lld still goes on",
                            (long long)run->id);
        zpl_diag_help(diags, diag, "wait for its end: zpl logs %lld --follow", (long long)run->id);
        return ZPL_ERR_USAGE;
    }
    enum zpl_err err = run->graph != NULL
                           ? zpl_json_parse(run->graph, strlen(run->graph), &json, NULL)
                           : ZPL_ERR_INPUT;
    if (err == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(diags);
    if (err == ZPL_OK) {
        err = zpl_graph_from_json(json, &r->session->program.graph, diags);
    } else {
        zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
                     "the graph of run %lld can't be read", (long long)run->id);
        err = ZPL_ERR_CORRUPT;
    }
    zpl_json_release(json);
    return err;
}

static enum zpl_err open_stack(struct zpl_reproducing *r)
{
    struct zpl_arena *arena = &r->plan.arena;
    enum zpl_err err = zpl_session_artifacts(r->session, &r->artifacts);
    if (err == ZPL_OK)
        err = zpl_session_orchestrator(r->session, &r->orchestrator);
    if (err != ZPL_OK)
        return err;
    r->session->steps_run = true;
    r->slot_count = r->orchestrator->slots;
    r->memory_bytes_max = zpl_task_memory_max(r->orchestrator);
    r->memory_bytes = r->memory_bytes_max / r->slot_count;
    r->slots = zpl_arena_array(arena, r->slot_count, sizeof *r->slots);
    r->entries = zpl_arena_array(arena, r->plan.graph->count + 1, sizeof *r->entries);
    return zpl_arena_failed(arena) ? zpl_diag_nomem(&r->session->diags) : ZPL_OK;
}

/* All that is left of what runs, then a look at the rows of tables that differ. */
static enum zpl_err finish(struct zpl_reproducing *r)
{
    enum zpl_err err = ZPL_OK;
    while (err == ZPL_OK && r->running > 0)
        err = zpl_again_wait(r);
    for (size_t i = 0; err == ZPL_OK && i < r->look_count; i++)
        err = zpl_reproduce_first(r->session, &r->looks[i]);
    return err;
}

static struct zpl_json *answer(struct zpl_reproducing *r, int64_t duration_ns)
{
    const struct zpl_run_row *run = r->options->run;
    struct zpl_json *o = zpl_json_object(), *steps = zpl_json_array();
    for (uint32_t id = 0; id < r->plan.graph->count; id++) {
        const struct zpl_again_entry *entry = &r->entries[id];
        if (entry->json != NULL)
            zpl_json_add_take(steps, zpl_json_ref(entry->json));
        for (size_t i = 0; i < zpl_json_count(entry->items); i++)
            zpl_json_add_take(steps, zpl_json_ref(zpl_json_at(entry->items, i)));
    }
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "run", zpl_json_int(run->id));
    zpl_json_set_take(o, "pipeline", zpl_json_string(run->pipeline));
    zpl_json_set_take(o, "file", zpl_json_string(run->file));
    zpl_json_set_take(o, "reproduced", zpl_json_bool(!r->failed));
    zpl_json_set_take(o, "duration_ms", zpl_json_int(duration_ns / 1000000));
    zpl_json_set_take(o, "steps", steps);
    return o;
}

static void release(struct zpl_reproducing *r)
{
    r->session->steps_run = false;
    for (uint32_t i = 0; r->slots != NULL && i < r->slot_count; i++)
        if (r->slots[i].taken) {
            r->slots[i].item = NULL;
            (void)zpl_again_free_slot(r, &r->slots[i]);
        }
    for (size_t i = 0; i < r->look_count; i++)
        r->artifacts->scratch_remove(r->artifacts->self, r->kept[i]);
    for (size_t i = 0; r->entries != NULL && i < r->plan.graph->count; i++) {
        zpl_json_release(r->entries[i].json);
        zpl_json_release(r->entries[i].items);
    }
    zpl_plan_release(&r->plan);
}

enum zpl_err zpl_reproduce(struct zpl_session *session, const struct zpl_reproduce_options *options,
                           struct zpl_json **out)
{
    struct zpl_reproducing r = {.session = session, .options = options};
    struct zpl_schedule schedule = {0};
    int64_t since = zpl_clock_monotonic_ns();
    *out = NULL;
    enum zpl_err err = open_graph(&r);
    if (err == ZPL_OK)
        err = zpl_plan_init(&r.plan, session, true);
    if (err == ZPL_OK)
        err = open_stack(&r);
    if (err == ZPL_OK && zpl_schedule_init(&schedule, r.plan.graph, 0) != ZPL_OK)
        err = zpl_diag_nomem(&session->diags);
    if (err == ZPL_OK)
        err = walk(&r, &r.plan, &schedule, NULL);
    if (err == ZPL_OK)
        err = finish(&r);
    if (err == ZPL_OK)
        *out = answer(&r, zpl_clock_monotonic_ns() - since);
    else if (r.orchestrator != NULL)
        zpl_again_abandon(&r);
    zpl_schedule_release(&schedule);
    release(&r);
    return err;
}
