/* plan_all.c - every step decided, of the program and of every item of its maps.  Part of plan.h.
 * Floor: vm. */
#include <string.h>

#include "vm/plan/map.h"

static enum zpl_err plan_scope(struct zpl_plan *plan, struct zpl_schedule *schedule,
                               enum zpl_err *worst);

/* Every item of a map, one after the other. */
static enum zpl_err plan_map(struct zpl_plan *plan, uint32_t map, enum zpl_err *worst)
{
    struct zpl_mapping *mapping;
    enum zpl_err err = zpl_mapping_begin(plan, map, 1, &mapping);
    while (err == ZPL_OK && mapping != NULL && !zpl_mapping_is_over(mapping)) {
        struct zpl_instance *instance;
        err = zpl_mapping_next(mapping, &instance);
        if (err == ZPL_OK)
            err = plan_scope(&instance->plan, &instance->schedule, worst);
        if (err == ZPL_OK)
            err = zpl_mapping_take(instance);
    }
    if (err == ZPL_OK && mapping != NULL)
        zpl_mapping_end(mapping);
    zpl_mapping_release(mapping);
    return err;
}

static enum zpl_err plan_scope(struct zpl_plan *plan, struct zpl_schedule *schedule,
                               enum zpl_err *worst)
{
    struct zpl_metadata *metadata;
    enum zpl_err err = zpl_session_metadata(plan->session, true, &metadata);
    uint32_t unit, count = (uint32_t)plan->graph->count;
    while (err == ZPL_OK && zpl_schedule_next(schedule, &unit)) {
        err = metadata->hold(metadata->self, &plan->session->diags);
        if (err == ZPL_OK && zpl_plan_keeps(plan, unit))
            err = unit < count ? zpl_plan_decide(plan, unit) : plan_map(plan, unit - count, worst);
        if (err == ZPL_ERR_STEP && unit < count) {
            zpl_plan_fail(plan, unit);
            *worst = err;
            err = ZPL_OK;
        }
        if (err == ZPL_OK && unit < count && plan->watch != NULL &&
            strcmp(plan->watch->name, plan->graph->nodes[unit].name) == 0) {
            plan->watch->seen = true;
            err = plan->watch->decided(plan->watch, plan, unit);
        }
        zpl_schedule_settle(schedule, unit);
    }
    return err;
}

enum zpl_err zpl_plan_all(struct zpl_plan *plan)
{
    struct zpl_schedule schedule = {0};
    struct zpl_metadata *metadata;
    enum zpl_err worst = ZPL_OK;
    enum zpl_err err = zpl_session_metadata(plan->session, true, &metadata);
    if (err != ZPL_OK)
        return err;
    err = zpl_schedule_init(&schedule, plan->graph, 0) == ZPL_OK
              ? plan_scope(plan, &schedule, &worst)
              : zpl_diag_nomem(&plan->session->diags);
    metadata->let_go(metadata->self);
    zpl_schedule_release(&schedule);
    return err == ZPL_OK ? worst : err;
}
