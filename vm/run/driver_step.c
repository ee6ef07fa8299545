/* driver_step.c - a step of a run: decided, started, tried again, at its end.   Floor: vm. */
#include "vm/run/driver.h"

#include <string.h>

#include "lang/base/fs.h"
#include "vm/plan/effect.h"
#include "vm/run/journal.h"
#include "vm/run/limit.h"
#include "vm/run/task.h"

#define WAIT_NS 50000000LL /* between two looks at a step that another process makes */

void zpl_driver_changed(struct zpl_driver *d, const struct zpl_scope *scope, uint32_t id)
{
    if (d->options->observer.changed != NULL)
        d->options->observer.changed(d->options->observer.self, scope->plan, id);
}

void zpl_driver_settle(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id)
{
    zpl_driver_changed(d, scope, id);
    zpl_driver_settle_unit(d, scope, id);
}

/* ---- the end of a step ---- */

/* A folder for what the step writes: the orchestrator's if it gives out some, else the store's.  What
 * is not to be taken from the store is not taken over from an earlier run either. */
static enum zpl_err make_scratch(struct zpl_driver *d, const struct zpl_scope *scope, uint32_t id,
                                 char *path)
{
    char group[ZPL_TASK_GROUP_SIZE];
    struct zpl_diags *diags = &d->session->diags;
    const struct zpl_digest *key = scope->plan->no_cache ? NULL : &scope->plan->steps[id].key;
    return d->orchestrator->place != NULL
               ? d->orchestrator->place(d->orchestrator->self, key, path, diags)
               : d->artifacts->scratch(d->artifacts->self, zpl_task_group(scope->plan, id, group),
                                       path, diags);
}

static void remove_scratch(struct zpl_driver *d, const char *path)
{
    if (d->orchestrator->place_remove != NULL)
        d->orchestrator->place_remove(d->orchestrator->self, path);
    else
        d->artifacts->scratch_remove(d->artifacts->self, path);
}

/* Lets others make what a step was to make, and take the slots that it had. */
static void let_go(struct zpl_driver *d, bool limited, const struct zpl_digest *key)
{
    if (limited)
        zpl_driver_slots_give(d, key);
    d->metadata->unlease(d->metadata->self, key);
}

/* Removes what the step left behind, and lets others make what it was to make. */
void zpl_driver_free_slot(struct zpl_driver *d, struct zpl_slot *slot)
{
    const struct zpl_plan *plan = slot->scope->plan;
    let_go(d, zpl_step_is_limited(d->orchestrator, &plan->graph->nodes[slot->id]),
           &plan->steps[slot->id].key);
    remove_scratch(d, slot->scratch);
    zpl_log_release(&slot->log);
    zpl_live_log_release(&slot->live);
    memset(slot, 0, sizeof *slot);
    d->running--;
}

/* A step that is not done because the run was stopped. */
void zpl_driver_cancel(const struct zpl_scope *scope, uint32_t id)
{
    scope->plan->steps[id].status = ZPL_PLAN_CANCELLED;
    scope->plan->steps[id].why = "the run was stopped";
}

/* A step failed: told, and written down with what it printed. */
static enum zpl_err fail_step(struct zpl_driver *d, const struct zpl_scope *scope, uint32_t id,
                              const struct zpl_log *log, uint64_t peak_bytes)
{
    scope->plan->steps[id].status = ZPL_PLAN_FAILED;
    d->failed = true;
    d->stopping = d->stopping || d->options->fail_fast;
    return zpl_journal_step(d->run, scope->plan, id, ZPL_STEP_FAILED, log, peak_bytes);
}

/* A step was stopped while it ran: what it printed until then is kept, as of one that failed. */
static enum zpl_err keep_log(struct zpl_driver *d, const struct zpl_slot *slot, uint64_t peak_bytes)
{
    struct zpl_plan *plan = slot->scope->plan;
    struct zpl_step_plan *step = &plan->steps[slot->id];
    const char *error = step->error;
    if (slot->log.head.len == 0)
        return ZPL_OK;
    step->error = step->why;
    enum zpl_err err =
        zpl_journal_step(d->run, plan, slot->id, ZPL_STEP_FAILED, &slot->log, peak_bytes);
    step->error = error;
    return err;
}

static void delay(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id, int64_t ns,
                  bool leased)
{
    struct zpl_delayed *delayed =
        zpl_arena_grow(&d->arena, d->delayed, d->delayed_count, &d->delayed_room, sizeof *delayed);
    if (delayed == NULL) {
        d->broken = zpl_diag_nomem(&d->session->diags);
        return;
    }
    d->delayed = delayed;
    delayed[d->delayed_count++] =
        (struct zpl_delayed){scope, id, zpl_clock_monotonic_ns() + ns, leased};
}

void zpl_driver_tell_leased(struct zpl_driver *d)
{
    const struct zpl_run_observer *observer = &d->options->observer;
    const struct zpl_delayed *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < d->delayed_count; i++) {
        if (!d->delayed[i].leased)
            continue;
        first = first == NULL || d->delayed[i].id < first->id ? &d->delayed[i] : first;
        count++;
    }
    if (observer->waiting == NULL || d->waiting_count > 0 || count == d->leased_told)
        return;
    d->leased_told = count;
    observer->waiting(observer->self, first != NULL ? first->scope->plan : d->plan,
                      first != NULL ? first->id : 0, "another run, which makes it", count);
}

/* An attempt failed: another one, or the end of the step. */
enum zpl_err zpl_driver_attempt_failed(struct zpl_driver *d, struct zpl_slot *slot,
                                       const struct zpl_failure *failure)
{
    uint32_t id = slot->id;
    struct zpl_scope *scope = slot->scope;
    struct zpl_step_plan *step = &scope->plan->steps[id];
    enum zpl_err err = ZPL_OK;
    int64_t after_ns = 0;
    bool again =
        !d->stopping && zpl_retry(scope->plan, id, failure, d->memory_bytes_max, &after_ns);
    step->duration_ns = zpl_clock_monotonic_ns() - slot->since_ns;
    if (d->cancelled) {
        zpl_driver_cancel(scope, id);
        err = keep_log(d, slot, failure->peak_bytes);
    } else if (again) {
        delay(d, scope, id, after_ns, false);
    } else {
        zpl_journal_failure(scope->plan, id, failure->code, failure->reason, failure->details,
                            &slot->log);
        err = fail_step(d, scope, id, &slot->log, failure->peak_bytes);
    }
    zpl_driver_free_slot(d, slot);
    if (again)
        zpl_driver_changed(d, scope, id);
    else
        zpl_driver_settle(d, scope, id);
    return err;
}

/* Is it the step's own trouble?  A store that fails ends the run instead. */
static bool is_of_step(enum zpl_err err)
{
    return err == ZPL_ERR_STEP || err == ZPL_ERR_INPUT || err == ZPL_ERR_LIMIT;
}

/* The worker answered: outputs are published, then the row is written. */
enum zpl_err zpl_driver_finish(struct zpl_driver *d, struct zpl_slot *slot,
                               const struct zpl_event *event)
{
    uint32_t id = slot->id;
    struct zpl_scope *scope = slot->scope;
    struct zpl_step_plan *step = &scope->plan->steps[id];
    struct zpl_diags details = {0};
    struct zpl_run_result result;
    enum zpl_err err =
        zpl_reply_decode_run(event->data, event->len, &result, &scope->plan->arena, &details);
    bool worked = err == ZPL_OK;
    if (worked)
        err = zpl_task_take(scope->plan, id, slot->scratch, &result, &step->outputs, &details);
    if (worked && err != ZPL_OK && !is_of_step(err)) {
        zpl_diags_append(&d->session->diags, &details);
        zpl_driver_free_slot(d, slot);
    } else if (err != ZPL_OK) {
        err = zpl_driver_attempt_failed(d, slot,
                                        &(struct zpl_failure){.code = ZPL_CODE_STEP_FAILED,
                                                              .reason = "it gave no reason",
                                                              .details = &details,
                                                              .log = &slot->log,
                                                              .peak_bytes = event->peak_bytes});
    } else {
        step->status = ZPL_PLAN_RAN;
        step->duration_ns = zpl_clock_monotonic_ns() - slot->since_ns;
        err =
            zpl_journal_step(d->run, scope->plan, id, ZPL_STEP_RAN, &slot->log, event->peak_bytes);
        zpl_driver_free_slot(d, slot);
        zpl_driver_settle(d, scope, id);
    }
    zpl_diags_release(&details);
    return err;
}

/* ---- the start of a step ---- */

/* Makes the task and hands it over. */
static enum zpl_err launch(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id)
{
    const struct zpl_node *node = &scope->plan->graph->nodes[id];
    struct zpl_step_plan *step = &scope->plan->steps[id];
    struct zpl_diags *diags = &d->session->diags;
    struct zpl_task_needs needs =
        zpl_task_needs_of(scope->plan, id, d->memory_bytes, d->orchestrator->place == NULL);
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct zpl_slot *slot = d->slots;
    while (slot->taken)
        slot++;
    enum zpl_err err = make_scratch(d, scope, id, slot->scratch);
    if (d->orchestrator->place != NULL)
        needs.place = slot->scratch;
    if (err == ZPL_OK)
        err = zpl_task_make(
            scope->plan, id, slot->scratch,
            zpl_step_gpus(d->orchestrator, d->metadata, &step->key, node, &scope->plan->arena),
            &task);
    if (err == ZPL_OK)
        err = d->orchestrator->start(d->orchestrator->self, task.data, task.len, &needs,
                                     &slot->task, diags);
    zpl_buf_release(&task);
    if (err != ZPL_OK) {
        if (slot->scratch[0] != '\0')
            remove_scratch(d, slot->scratch);
        slot->scratch[0] = '\0';
        return err;
    }
    slot->taken = true;
    slot->scope = scope;
    slot->id = id;
    zpl_live_log_begin(&slot->live, slot->scratch, d->run->id, node->name);
    step->started_ns = zpl_clock_wall_ns();
    slot->since_ns = zpl_clock_monotonic_ns();
    step->status = ZPL_PLAN_RUNNING;
    step->attempts++;
    if (step->earlier != NULL)
        zpl_log_add(&slot->log, step->earlier, strlen(step->earlier));
    d->running++;
    zpl_driver_changed(d, scope, id);
    return ZPL_OK;
}

/* An effect's outputs have a name and a type and no bytes in the store. */
static const struct zpl_output_row *effect_outputs(struct zpl_plan *plan,
                                                   const struct zpl_node *node)
{
    struct zpl_output_row *rows =
        zpl_arena_array(&plan->arena, node->output_count + 1, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < node->output_count; i++)
        rows[i] = (struct zpl_output_row){
            .name = node->outputs[i].name,
            .type = zpl_type_text(node->outputs[i].type, false, &plan->arena),
            .rows = -1};
    return zpl_arena_failed(&plan->arena) ? NULL : rows;
}

/* The effect was done: its row, with where its result is as its log. */
static enum zpl_err effect_done(struct zpl_driver *d, const struct zpl_scope *scope, uint32_t id,
                                const char *where)
{
    struct zpl_step_plan *step = &scope->plan->steps[id];
    struct zpl_log log = {0};
    step->outputs = effect_outputs(scope->plan, &scope->plan->graph->nodes[id]);
    if (step->outputs == NULL || where == NULL)
        return zpl_diag_nomem(&d->session->diags);
    step->status = ZPL_PLAN_RAN;
    step->why = where;
    zpl_log_add(&log, where, strlen(where));
    zpl_log_add(&log, "\n", 1);
    enum zpl_err err = zpl_journal_step(d->run, scope->plan, id, ZPL_STEP_RAN, &log, 0);
    zpl_log_release(&log);
    return err;
}

/* An effect is done here, by the stack. */
static enum zpl_err do_effect(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id)
{
    struct zpl_step_plan *step = &scope->plan->steps[id];
    const char *where = NULL;
    struct zpl_diags details = {0};
    int64_t since = zpl_clock_monotonic_ns();
    step->started_ns = zpl_clock_wall_ns();
    step->status = ZPL_PLAN_RUNNING;
    step->attempts = 1;
    zpl_driver_changed(d, scope, id);
    enum zpl_err err = zpl_effect_do(scope->plan, id, d->run->id, &where, &details);
    step->duration_ns = zpl_clock_monotonic_ns() - since;
    if (err == ZPL_OK) {
        err = effect_done(d, scope, id, where);
    } else if (err != ZPL_ERR_NOMEM) {
        zpl_journal_failure(scope->plan, id, ZPL_CODE_STEP_FAILED, "the stack did not take it",
                            &details, NULL);
        err = fail_step(d, scope, id, NULL, 0);
    }
    zpl_diags_release(&details);
    zpl_driver_settle(d, scope, id);
    return err;
}

/* Does another step of this run make the same thing right now? */
static bool in_flight(const struct zpl_driver *d, const struct zpl_digest *key)
{
    for (uint32_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].taken &&
            zpl_digest_equal(&d->slots[i].scope->plan->steps[d->slots[i].id].key, key))
            return true;
    return false;
}

/* A step that can't be started here: why, which is released. */
static enum zpl_err fail_unstarted(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id,
                                   struct zpl_diags *details)
{
    zpl_journal_failure(scope->plan, id, ZPL_CODE_STEP_FAILED, "it can't be started", details,
                        NULL);
    zpl_diags_release(details);
    enum zpl_err err = fail_step(d, scope, id, NULL, 0);
    zpl_driver_settle(d, scope, id);
    return err;
}

/* A step without a hit: takes its lease, looks once more, takes its slots, starts it.  One that was
 * started keeps lease and slots until its end; one that lacks a slot keeps nothing. */
enum zpl_err zpl_driver_begin(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id,
                              size_t *lacking)
{
    const struct zpl_node *node = &scope->plan->graph->nodes[id];
    /* Where the step ends an item, its plan is gone before lease and slots are given back. */
    bool limited = zpl_step_is_limited(d->orchestrator, node);
    const struct zpl_digest key = scope->plan->steps[id].key;
    struct zpl_diags details = {0};
    bool hit = false;
    *lacking = ZPL_NO_LIMIT;
    if (zpl_step_lacks_gpus(d->orchestrator, node, &details))
        return fail_unstarted(d, scope, id, &details);
    d->metadata->let_go(d->metadata->self); /* what others have done since is to be seen */
    bool ours = in_flight(d, &key);
    enum zpl_err err = ours
                           ? ZPL_ERR_BUSY
                           : d->metadata->lease(d->metadata->self, &key, false, &d->session->diags);
    if (err == ZPL_ERR_BUSY) {
        delay(d, scope, id, WAIT_NS, !ours);
        return ZPL_OK;
    }
    if (err != ZPL_OK)
        return err;
    err = zpl_plan_look(scope->plan, id, &hit);
    if (err == ZPL_OK && !hit)
        err = zpl_driver_slots(d, node, &key, lacking);
    if (err == ZPL_OK && *lacking != ZPL_NO_LIMIT) {
        d->metadata->unlease(d->metadata->self, &key);
        return ZPL_OK;
    }
    if (err == ZPL_OK && !hit && !zpl_effect_is(node)) {
        err = launch(d, scope, id);
        if (err == ZPL_OK)
            return ZPL_OK;
    } else if (err == ZPL_OK && hit) {
        zpl_driver_settle(d, scope, id);
    } else if (err == ZPL_OK) {
        err = do_effect(d, scope, id);
    }
    let_go(d, limited, &key);
    return err;
}

/* The same for a step that does not wait yet. */
static enum zpl_err begin(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id)
{
    size_t lacking;
    enum zpl_err err = zpl_driver_begin(d, scope, id, &lacking);
    return err == ZPL_OK && lacking != ZPL_NO_LIMIT ? zpl_driver_await(d, scope, id, lacking) : err;
}

/* A step that can't begin: a value that became known is not what it takes. */
static enum zpl_err fail_before(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id)
{
    struct zpl_diags details = {0};
    struct zpl_log none = {0};
    scope->plan->steps[id].started_ns = zpl_clock_wall_ns();
    zpl_diags_append(&details, &d->session->diags);
    zpl_diags_clear(&d->session->diags);
    zpl_journal_failure(scope->plan, id, ZPL_CODE_STEP_FAILED, "it can't begin", &details, NULL);
    zpl_diags_release(&details);
    enum zpl_err err = fail_step(d, scope, id, &none, 0);
    zpl_driver_settle(d, scope, id);
    return err;
}

/* Decides a ready step, and starts it if it has to run. */
enum zpl_err zpl_driver_take_up(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id)
{
    struct zpl_step_plan *step = &scope->plan->steps[id];
    enum zpl_err err = ZPL_OK;
    if (d->stopping) {
        zpl_driver_cancel(scope, id);
    } else {
        err = zpl_plan_decide(scope->plan, id);
    }
    if (err == ZPL_ERR_STEP)
        return fail_before(d, scope, id);
    if (err != ZPL_OK)
        return err;
    if (step->status == ZPL_PLAN_WOULD_RUN)
        return begin(d, scope, id);
    zpl_driver_settle(d, scope, id);
    return ZPL_OK;
}

/* Steps whose time to be tried again has come. */
enum zpl_err zpl_driver_wake(struct zpl_driver *d, bool *woken)
{
    int64_t now = zpl_clock_monotonic_ns();
    enum zpl_err err = ZPL_OK;
    *woken = false;
    for (size_t i = 0; err == ZPL_OK && i < d->delayed_count && d->running < d->slot_count;) {
        struct zpl_scope *scope = d->delayed[i].scope;
        uint32_t id = d->delayed[i].id;
        if (d->delayed[i].until_ns > now && !d->stopping) {
            i++;
            continue;
        }
        d->delayed[i] = d->delayed[--d->delayed_count];
        *woken = true;
        if (d->stopping) {
            zpl_driver_cancel(scope, id);
            zpl_driver_settle(d, scope, id);
        } else {
            err = begin(d, scope, id);
        }
    }
    return err;
}
