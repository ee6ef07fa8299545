/* driver_limit.c - steps that take slots of limits which all runs over a store share.  One that finds
 * none free holds nothing while it waits; of each limit only the first that waits asks again, now and
 * then and when a step of this run gave one back.   Floor: vm. */
#include "vm/run/driver.h"

#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "vm/run/limit.h"

/* The number of a limit; ZPL_NO_LIMIT: no memory. */
static size_t limit_of(struct zpl_driver *d, const char *name)
{
    for (size_t i = 0; i < d->limit_count; i++)
        if (strcmp(d->limits[i].name, name) == 0)
            return i;
    struct zpl_driver_limit *limits =
        zpl_arena_grow(&d->arena, d->limits, d->limit_count, &d->limit_room, sizeof *limits);
    if (limits == NULL)
        return ZPL_NO_LIMIT;
    d->limits = limits;
    limits[d->limit_count] = (struct zpl_driver_limit){.name = name};
    return d->limit_count++;
}

enum zpl_err zpl_driver_slots(struct zpl_driver *d, const struct zpl_node *node,
                              const struct zpl_digest *key, size_t *lacking)
{
    const struct zpl_limit_use *uses;
    size_t lacks = 0, count;
    if (zpl_step_limits(d->orchestrator, node, &d->arena, &uses, &count) != ZPL_OK)
        return zpl_diag_nomem(&d->session->diags);
    for (size_t i = 0; i < count; i++) {
        size_t limit = limit_of(d, uses[i].name);
        if (limit == ZPL_NO_LIMIT)
            return zpl_diag_nomem(&d->session->diags);
        if (d->limits[limit].full)
            *lacking = limit;
    }
    if (count == 0 || *lacking != ZPL_NO_LIMIT)
        return ZPL_OK;
    enum zpl_err err =
        d->metadata->slots_take(d->metadata->self, key, uses, count, &lacks, &d->session->diags);
    if (err != ZPL_ERR_BUSY)
        return err;
    *lacking = limit_of(d, uses[lacks].name);
    return ZPL_OK;
}

void zpl_driver_slots_give(struct zpl_driver *d, const struct zpl_digest *key)
{
    d->metadata->slots_give(d->metadata->self, key);
    d->look_ns = 0;
}

/* Appends to the queue of a limit, which is full until it is looked at again. */
static enum zpl_err queue(struct zpl_driver *d, struct zpl_waiting waiting)
{
    struct zpl_waiting *grown =
        zpl_arena_grow(&d->arena, d->waiting, d->waiting_count, &d->waiting_room, sizeof *grown);
    if (grown == NULL)
        return zpl_diag_nomem(&d->session->diags);
    d->waiting = grown;
    grown[d->waiting_count++] = waiting;
    d->limits[waiting.limit].full = true;
    return ZPL_OK;
}

/* Tells the command how many wait, and which is the first. */
static void tell(struct zpl_driver *d)
{
    const struct zpl_run_observer *observer = &d->options->observer;
    const struct zpl_waiting *first = d->waiting_count > 0 ? &d->waiting[0] : NULL;
    d->leased_told = 0;
    if (observer->waiting != NULL)
        observer->waiting(observer->self, first != NULL ? first->scope->plan : d->plan,
                          first != NULL ? first->id : 0,
                          first != NULL ? d->limits[first->limit].name : NULL, d->waiting_count);
}

enum zpl_err zpl_driver_await(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id,
                              size_t limit)
{
    struct zpl_step_plan *step = &scope->plan->steps[id];
    enum zpl_err err = queue(d, (struct zpl_waiting){scope, id, limit, step->why});
    const char *why =
        zpl_arena_printf(&scope->plan->arena, "it waits for %s", d->limits[limit].name);
    if (err != ZPL_OK || why == NULL)
        return err != ZPL_OK ? err : zpl_diag_nomem(&d->session->diags);
    step->why = why;
    tell(d);
    zpl_driver_changed(d, scope, id);
    return ZPL_OK;
}

/* A step that waits is tried once more, or stays where it is. */
static enum zpl_err retry(struct zpl_driver *d, struct zpl_waiting *waiting, bool *stays)
{
    struct zpl_step_plan *step = &waiting->scope->plan->steps[waiting->id];
    const char *why = step->why;
    size_t lacking;
    *stays = false;
    step->why = waiting->why;
    if (d->stopping) {
        zpl_driver_cancel(waiting->scope, waiting->id);
        zpl_driver_settle(d, waiting->scope, waiting->id);
        return ZPL_OK;
    }
    enum zpl_err err = zpl_driver_begin(d, waiting->scope, waiting->id, &lacking);
    *stays = err == ZPL_OK && lacking != ZPL_NO_LIMIT;
    if (*stays) {
        step->why = why;
        waiting->limit = lacking;
    }
    return err;
}

enum zpl_err zpl_driver_look(struct zpl_driver *d, bool *woken)
{
    size_t count = d->waiting_count;
    enum zpl_err err = ZPL_OK;
    if (count == 0 || (!d->stopping && zpl_clock_monotonic_ns() < d->look_ns))
        return ZPL_OK;
    for (size_t i = 0; i < d->limit_count; i++)
        d->limits[i].full = false;
    d->waiting_count = 0;
    d->look_ns = zpl_clock_monotonic_ns() + ZPL_SLOTS_LOOK_MS * ZPL_NS_PER_MS;
    for (size_t i = 0; i < count; i++) {
        struct zpl_waiting waiting = d->waiting[i];
        bool stays = true;
        if (err == ZPL_OK &&
            (d->stopping || (!d->limits[waiting.limit].full && d->running < d->slot_count))) {
            err = retry(d, &waiting, &stays);
            *woken = *woken || !stays;
        }
        if (stays && err == ZPL_OK)
            err = queue(d, waiting); /* there is room: it was in the queue */
    }
    if (d->waiting_count != count)
        tell(d);
    if (d->waiting_count == 0)
        d->metadata->slots_rest(d->metadata->self);
    return err;
}
