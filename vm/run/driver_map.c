/* driver_map.c - the items of maps in a run: bound while there is room, gathered at their end.
 * Floor: vm. */
#include "vm/run/driver.h"

/* Takes the map out of the list, and frees what its items were bound to. */
void zpl_driver_release_map(struct zpl_driver *d, struct zpl_active *map)
{
    struct zpl_active **at = &d->maps;
    while (*at != NULL && *at != map)
        at = &(*at)->next;
    if (*at != NULL)
        *at = map->next;
    zpl_mapping_release(map->mapping);
}

/* Every item is at its end: so is the map. */
static void end_map(struct zpl_driver *d, struct zpl_active *map)
{
    struct zpl_mapping *mapping = map->mapping;
    struct zpl_scope *outer = map->outer;
    uint32_t unit = (uint32_t)outer->plan->graph->count + mapping->map;
    zpl_mapping_end(mapping);
    for (size_t i = 0; i < mapping->member_count; i++)
        if (zpl_plan_keeps(outer->plan, mapping->members[i]))
            zpl_driver_changed(d, outer, mapping->members[i]);
    zpl_driver_release_map(d, map);
    zpl_driver_settle_unit(d, outer, unit);
}

/* All steps of an item are at their end. */
static void end_item(struct zpl_driver *d, struct zpl_scope *scope)
{
    struct zpl_active *map = d->maps;
    while (map->mapping != scope->instance->mapping)
        map = map->next;
    enum zpl_err err = zpl_mapping_take(scope->instance);
    if (err != ZPL_OK)
        d->broken = err;
    if (zpl_mapping_is_over(map->mapping))
        end_map(d, map);
}

void zpl_driver_settle_unit(struct zpl_driver *d, struct zpl_scope *scope, uint32_t unit)
{
    zpl_schedule_settle(scope->schedule, unit);
    if (scope->schedule->left == 0 && scope->instance != NULL)
        end_item(d, scope);
}

/* Begins a map; its items are bound as there is room for them. */
enum zpl_err zpl_driver_take_up_map(struct zpl_driver *d, struct zpl_scope *scope, uint32_t map)
{
    struct zpl_mapping *mapping;
    enum zpl_err err = zpl_mapping_begin(scope->plan, map, d->slot_count + 1u, &mapping);
    if (err != ZPL_OK)
        return err;
    if (mapping == NULL) {
        for (uint32_t id = 0; id < scope->plan->graph->count; id++)
            if (zpl_plan_keeps(scope->plan, id) &&
                zpl_map_within(scope->plan->graph, scope->plan->graph->nodes[id].map, map + 1))
                zpl_driver_changed(d, scope, id);
        zpl_driver_settle_unit(d, scope, (uint32_t)scope->plan->graph->count + map);
        return ZPL_OK;
    }
    struct zpl_active *active = zpl_arena_alloc(&scope->plan->arena, sizeof *active);
    struct zpl_scope *scopes =
        zpl_arena_array(&scope->plan->arena, mapping->instance_count, sizeof *scopes);
    if (active == NULL || scopes == NULL)
        return zpl_diag_nomem(&d->session->diags);
    *active = (struct zpl_active){mapping, scope, scopes, d->maps};
    d->maps = active;
    return ZPL_OK;
}

/* Binds one more item of some map; false: there is none, or no room for one. */
bool zpl_driver_next_item(struct zpl_driver *d)
{
    for (struct zpl_active *map = d->maps; map != NULL; map = map->next) {
        if (d->stopping && map->mapping->next < map->mapping->end) {
            zpl_mapping_stop(map->mapping);
            if (zpl_mapping_is_over(map->mapping))
                end_map(d, map);
            return true;
        }
        struct zpl_instance *instance;
        enum zpl_err err = zpl_mapping_next(map->mapping, &instance);
        if (err != ZPL_OK)
            d->broken = err;
        if (err != ZPL_OK || instance == NULL)
            continue;
        struct zpl_scope *scope = &map->scopes[instance - map->mapping->instances];
        *scope = (struct zpl_scope){&instance->plan, &instance->schedule, instance};
        if (instance->schedule.left == 0) /* the function calls no step */
            end_item(d, scope);
        return true;
    }
    return false;
}

/* A unit that is ready, of inner scopes first; false: there is none. */
bool zpl_driver_next_unit(struct zpl_driver *d, struct zpl_scope **scope, uint32_t *unit)
{
    for (struct zpl_active *map = d->maps; map != NULL; map = map->next)
        for (size_t i = 0; i < map->mapping->instance_count; i++)
            if (map->mapping->instances[i].bound &&
                zpl_schedule_next(map->scopes[i].schedule, unit)) {
                *scope = &map->scopes[i];
                return true;
            }
    *scope = &d->program;
    return zpl_schedule_next(&d->schedule, unit);
}
