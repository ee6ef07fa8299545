/* run.c - the driver's loop.   Floor: vm. */
#include "vm/run/driver.h"

#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "vm/run/journal.h"
#include "vm/run/task.h"

#define TICK_MS  100
#define PAUSE_US 10000 /* between two looks when nothing runs but something is delayed */

/* ---- events ---- */

static struct zpl_slot *slot_of(struct zpl_driver *d, uint64_t task)
{
    for (uint32_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].taken && d->slots[i].task == task)
            return &d->slots[i];
    return NULL;
}

static void on_log(struct zpl_driver *d, struct zpl_slot *slot, const char *text, size_t len)
{
    const struct zpl_run_observer *observer = &d->options->observer;
    zpl_log_add(&slot->log, text, len);
    zpl_live_log_add(&slot->live, text, len);
    if (observer->log != NULL)
        observer->log(observer->self, slot->scope->plan, slot->id, text, len);
}

/* Text that the process printed, or a message of the kernel: text for the log, or progress. */
static void on_message(struct zpl_driver *d, struct zpl_slot *slot, const struct zpl_event *event)
{
    struct zpl_note_message message;
    struct zpl_arena arena = {0};
    const struct zpl_run_observer *observer = &d->options->observer;
    if (event->printed) {
        on_log(d, slot, event->data, event->len);
    } else if (zpl_message_decode(event->data, event->len, &message, &arena) == ZPL_OK) {
        if (message.log != NULL)
            on_log(d, slot, message.log, message.log_len);
        else if (observer->progress != NULL)
            observer->progress(observer->self, slot->scope->plan, slot->id, message.progress,
                               message.what);
    }
    zpl_arena_release(&arena);
}

static enum zpl_err on_event(struct zpl_driver *d, const struct zpl_event *event)
{
    struct zpl_slot *slot = slot_of(d, event->task);
    struct zpl_failure failure;
    if (slot == NULL)
        return ZPL_OK;
    switch (event->kind) {
    case ZPL_EVENT_MESSAGE:
        on_message(d, slot, event);
        return ZPL_OK;
    case ZPL_EVENT_DONE:
        return zpl_driver_finish(d, slot, event);
    default:
        zpl_failure_of_event(event, &failure);
        return zpl_driver_attempt_failed(d, slot, &failure);
    }
}

/* Stops what runs; the rest is cancelled as it becomes ready. */
static void stop(struct zpl_driver *d)
{
    d->stopping = true;
    d->cancelled = true;
    for (uint32_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].taken)
            d->orchestrator->cancel(d->orchestrator->self, d->slots[i].task);
}

static bool interrupted(const struct zpl_driver *d)
{
    return d->options->interrupted != NULL && *d->options->interrupted != 0;
}

static void heed_signal(struct zpl_driver *d)
{
    if (interrupted(d) && !d->cancelled)
        stop(d);
}

/* Takes up what is ready while there is a slot. */
static enum zpl_err take_up_ready(struct zpl_driver *d)
{
    enum zpl_err err = ZPL_OK;
    while (err == ZPL_OK && d->broken == ZPL_OK && d->running < d->slot_count) {
        struct zpl_scope *scope;
        uint32_t unit;
        heed_signal(d);
        err = d->metadata->hold(d->metadata->self, &d->session->diags);
        if (err != ZPL_OK)
            break;
        if (!zpl_driver_next_unit(d, &scope, &unit)) {
            if (!zpl_driver_next_item(d))
                break;
            continue;
        }
        uint32_t count = (uint32_t)scope->plan->graph->count;
        if (!zpl_plan_keeps(scope->plan, unit))
            zpl_driver_settle_unit(d, scope, unit);
        else
            err = unit < count ? zpl_driver_take_up(d, scope, unit)
                               : zpl_driver_take_up_map(d, scope, unit - count);
    }
    d->metadata->let_go(d->metadata->self);
    return err == ZPL_OK ? d->broken : err;
}

/* Waits for something to happen, a tick at most. */
static enum zpl_err wait_event(struct zpl_driver *d)
{
    struct zpl_event event;
    enum zpl_err err;
    zpl_driver_tell_leased(d);
    if (d->running == 0) {
        usleep(PAUSE_US);
        err = ZPL_ERR_NOT_FOUND;
    } else {
        err = d->orchestrator->wait(d->orchestrator->self,
                                    d->waiting_count > 0 ? ZPL_SLOTS_LOOK_MS : TICK_MS, &event,
                                    &d->session->diags);
    }
    if (d->options->observer.tick != NULL)
        d->options->observer.tick(d->options->observer.self);
    heed_signal(d);
    if (err == ZPL_ERR_NOT_FOUND || err == ZPL_ERR_INTERRUPTED)
        return ZPL_OK;
    return err == ZPL_OK ? on_event(d, &event) : err;
}

/* After a store failed: ends what runs and waits for it, so that nothing writes any more where
 * scratch is removed.  Steps that have no end by then are cancelled. */
static void abandon(struct zpl_driver *d)
{
    struct zpl_diags quiet = {0};
    struct zpl_event event;
    int64_t until = zpl_clock_monotonic_ns() + (ZPL_GRACE_MS + ZPL_KILL_MS) * 1000000LL;
    stop(d);
    while (d->running > 0 && zpl_clock_monotonic_ns() < until) {
        enum zpl_err err = d->orchestrator->wait(d->orchestrator->self, TICK_MS, &event, &quiet);
        struct zpl_slot *slot = err == ZPL_OK ? slot_of(d, event.task) : NULL;
        if (slot != NULL && event.kind != ZPL_EVENT_MESSAGE)
            zpl_driver_free_slot(d, slot);
        if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND && err != ZPL_ERR_INTERRUPTED)
            break;
    }
    zpl_diags_release(&quiet);
    for (uint32_t id = 0; id < d->plan->graph->count; id++) {
        enum zpl_plan_status status = d->plan->steps[id].status;
        if ((status == ZPL_PLAN_PENDING && zpl_plan_keeps(d->plan, id)) ||
            status == ZPL_PLAN_WOULD_RUN || status == ZPL_PLAN_RUNNING)
            zpl_driver_cancel(&d->program, id);
    }
}

/* Until every step has come to an end. */
static enum zpl_err loop(struct zpl_driver *d)
{
    enum zpl_err err = ZPL_OK;
    while (err == ZPL_OK) {
        bool woken = false;
        err = take_up_ready(d);
        if (err == ZPL_OK)
            err = zpl_driver_wake(d, &woken);
        if (err == ZPL_OK)
            err = zpl_driver_look(d, &woken);
        if (err != ZPL_OK)
            break;
        if (d->running > 0 || d->delayed_count > 0 || d->waiting_count > 0)
            err = wait_event(d);
        else if (d->schedule.left == 0)
            break;
        else if (d->broken == ZPL_OK && !woken)
            ZPL_BUG("nothing is ready, and the run is not over");
    }
    if (err != ZPL_OK)
        abandon(d);
    return err;
}

/* ---- beginning and end of a run ---- */

static enum zpl_err open_stack(struct zpl_driver *d)
{
    enum zpl_err err = zpl_session_metadata(d->session, true, &d->metadata);
    if (err == ZPL_OK)
        err = zpl_session_artifacts(d->session, &d->artifacts);
    if (err == ZPL_OK)
        err = zpl_session_orchestrator(d->session, &d->orchestrator);
    if (err != ZPL_OK)
        return err;
    d->slot_count = d->orchestrator->slots;
    d->memory_bytes_max = zpl_task_memory_max(d->orchestrator);
    d->memory_bytes = d->slot_count > 0 ? d->memory_bytes_max / d->slot_count : 0;
    d->slots = zpl_arena_array(&d->arena, d->slot_count, sizeof *d->slots);
    if (d->slots == NULL || zpl_schedule_init(&d->schedule, d->plan->graph, 0) != ZPL_OK)
        return zpl_diag_nomem(&d->session->diags);
    return ZPL_OK;
}

/* Writes down how the run ended; the error that ended it stands over one of writing. */
static enum zpl_err end_run(struct zpl_driver *d, enum zpl_err err)
{
    bool broken = d->failed || err != ZPL_OK;
    d->run->status = d->cancelled && interrupted(d) ? ZPL_RUN_CANCELLED
                     : broken                       ? ZPL_RUN_FAILED
                                                    : ZPL_RUN_DONE;
    enum zpl_err written = zpl_journal_end(d->run);
    return err != ZPL_OK ? err : written;
}

/* Is the item there that the run is about, as far as its list is known before?  ZPL_ERR_NOT_FOUND, told: no.
 * What else a plan says of the program the run will say. */
static enum zpl_err find_item(struct zpl_session *session, const struct zpl_run_options *options)
{
    const struct zpl_narrowing *narrowing = &options->narrowing;
    struct zpl_diags told[] = {session->diags, session->program.diags};
    struct zpl_plan plan = {0};
    if (narrowing->only_item == NULL && narrowing->from_item == NULL)
        return ZPL_OK;
    session->diags = session->program.diags = (struct zpl_diags){0};
    enum zpl_err err = zpl_plan_init(&plan, session, options->no_cache);
    if (err == ZPL_OK)
        err = zpl_plan_narrow(&plan, narrowing);
    if (err == ZPL_OK)
        err = zpl_plan_all(&plan);
    zpl_plan_release(&plan);
    if (err == ZPL_ERR_STEP)
        err = ZPL_OK;
    if (err != ZPL_OK) {
        zpl_diags_append(&told[0], &session->diags);
        zpl_diags_append(&told[1], &session->program.diags);
    }
    zpl_diags_release(&session->diags);
    zpl_diags_release(&session->program.diags);
    session->diags = told[0];
    session->program.diags = told[1];
    return err;
}

/* Everything in its order. */
enum zpl_err zpl_run(struct zpl_session *session, const struct zpl_run_options *options,
                     struct zpl_run *run)
{
    struct zpl_driver d = {.session = session, .options = options, .run = run, .plan = &run->plan};
    memset(run, 0, sizeof *run);
    enum zpl_err err = find_item(session, options);
    if (err == ZPL_OK)
        err = zpl_plan_init(&run->plan, session, options->no_cache);
    d.program = (struct zpl_scope){d.plan, &d.schedule, NULL};
    if (err == ZPL_OK)
        err = zpl_plan_narrow(&run->plan, &options->narrowing);
    if (err == ZPL_OK)
        err = open_stack(&d);
    session->steps_run = err == ZPL_OK;
    if (err == ZPL_OK)
        err = zpl_journal_begin(run);
    if (err == ZPL_OK)
        err = end_run(&d, loop(&d));
    session->steps_run = false;
    for (uint32_t i = 0; i < d.slot_count && d.slots != NULL; i++)
        if (d.slots[i].taken)
            zpl_driver_free_slot(&d, &d.slots[i]);
    while (d.maps != NULL)
        zpl_driver_release_map(&d, d.maps);
    if (d.waiting != NULL)
        d.metadata->slots_rest(d.metadata->self);
    zpl_schedule_release(&d.schedule);
    zpl_arena_release(&d.arena);
    if (err != ZPL_OK)
        return err;
    return run->status == ZPL_RUN_CANCELLED ? ZPL_ERR_INTERRUPTED
           : run->status == ZPL_RUN_FAILED  ? ZPL_ERR_STEP
                                            : ZPL_OK;
}

void zpl_run_release(struct zpl_run *run)
{
    zpl_plan_release(&run->plan);
    memset(run, 0, sizeof *run);
}
