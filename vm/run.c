/* run.c - the driver's loop.   Floor: vm. */
#include "vm/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "vm/effect.h"
#include "vm/journal.h"
#include "vm/protocol.h"
#include "vm/schedule.h"
#include "vm/task.h"

#define TICK_MS     100
#define PAUSE_US    10000       /* between two looks when nothing runs but something is delayed */
#define WAIT_NS     50000000LL  /* between two looks at a step that another process makes */
#define RETRY_NS    500000000LL /* before the second attempt; doubled for each further one */
#define DOUBLED_MAX 8           /* times */

/* A step that runs now. */
struct slot {
    bool taken;
    uint32_t id;
    uint64_t task;
    int64_t since_ns; /* monotonic */
    char scratch[ZPL_PATH_MAX];
    struct zpl_log log;
};
/* A step that has to wait: for its lease, or before another attempt. */
struct delayed {
    uint32_t id;
    int64_t until_ns;
};
struct driver {
    struct zpl_session *session;
    const struct zpl_run_options *options;
    struct zpl_run *run;
    struct zpl_plan *plan;
    struct zpl_schedule schedule;
    struct zpl_orchestrator *orchestrator;
    struct zpl_metadata *metadata;
    struct zpl_artifacts *artifacts;
    struct slot *slots;
    uint32_t slot_count, running;
    struct delayed *delayed; /* room for every step */
    uint32_t delayed_count;
    uint64_t memory_bytes; /* for each slot */
    bool stopping;         /* nothing new is started */
    bool cancelled;        /* what ran was told to end */
    bool failed;           /* some step failed */
    struct zpl_arena arena;
};

/* ---- what the command is told ---- */

static void changed(struct driver *d, uint32_t id)
{
    if (d->options->observer.changed != NULL)
        d->options->observer.changed(d->options->observer.self, d->plan, id);
}

/* The step came to an end: others may be ready now. */
static void settle(struct driver *d, uint32_t id)
{
    zpl_schedule_settle(&d->schedule, id);
    changed(d, id);
}

/* ---- the end of a step ---- */

/* Removes what the step left behind, and lets others make what it was to make. */
static void free_slot(struct driver *d, struct slot *slot)
{
    d->metadata->unlease(d->metadata->self, &d->plan->steps[slot->id].key);
    d->artifacts->scratch_remove(d->artifacts->self, slot->scratch);
    zpl_log_release(&slot->log);
    memset(slot, 0, sizeof *slot);
    d->running--;
}

/* A step that is not done because the run was stopped. */
static void cancel_step(struct driver *d, uint32_t id)
{
    d->plan->steps[id].status = ZPL_PLAN_CANCELLED;
    d->plan->steps[id].why = "the run was stopped";
}

/* A step failed: told, and written down with what it printed. */
static enum zpl_err fail_step(struct driver *d, uint32_t id, const struct zpl_log *log,
                              uint64_t peak_bytes)
{
    d->plan->steps[id].status = ZPL_PLAN_FAILED;
    d->failed = true;
    d->stopping = d->stopping || d->options->fail_fast;
    return zpl_journal_step(d->run, id, ZPL_STEP_FAILED, log, peak_bytes);
}

static void delay(struct driver *d, uint32_t id, int64_t ns)
{
    d->delayed[d->delayed_count++] = (struct delayed){id, zpl_clock_monotonic_ns() + ns};
}

/* An attempt failed: another one, or the end of the step. */
static enum zpl_err attempt_failed(struct driver *d, struct slot *slot, enum zpl_code code,
                                   const char *reason, const struct zpl_diags *details,
                                   uint64_t peak_bytes)
{
    uint32_t id = slot->id;
    struct zpl_step_plan *step = &d->plan->steps[id];
    enum zpl_err err = ZPL_OK;
    bool again = !d->stopping && step->attempts <= d->plan->graph->nodes[id].retries;
    step->duration_ns = zpl_clock_monotonic_ns() - slot->since_ns;
    if (d->cancelled) {
        cancel_step(d, id);
    } else if (again) {
        uint32_t doubled = step->attempts - 1;
        step->status = ZPL_PLAN_WOULD_RUN;
        delay(d, id, RETRY_NS << (doubled < DOUBLED_MAX ? doubled : DOUBLED_MAX));
    } else {
        zpl_journal_failure(d->run, id, code, reason, details, &slot->log);
        err = fail_step(d, id, &slot->log, peak_bytes);
    }
    free_slot(d, slot);
    if (again)
        changed(d, id);
    else
        settle(d, id);
    return err;
}

/* Is it the step's own trouble?  A store that fails ends the run instead. */
static bool is_of_step(enum zpl_err err)
{
    return err == ZPL_ERR_STEP || err == ZPL_ERR_INPUT || err == ZPL_ERR_LIMIT;
}

/* The worker answered: outputs are published, then the row is written. */
static enum zpl_err finish(struct driver *d, struct slot *slot, const struct zpl_event *event)
{
    uint32_t id = slot->id;
    struct zpl_step_plan *step = &d->plan->steps[id];
    struct zpl_diags details = {0};
    struct zpl_run_result result;
    enum zpl_err err =
        zpl_reply_decode_run(event->data, event->len, &result, &d->plan->arena, &details);
    bool worked = err == ZPL_OK;
    if (worked)
        err = zpl_task_take(d->plan, id, slot->scratch, &result, &step->outputs, &details);
    if (worked && err != ZPL_OK && !is_of_step(err)) {
        zpl_diags_append(&d->session->diags, &details);
        free_slot(d, slot);
    } else if (err != ZPL_OK) {
        err = attempt_failed(d, slot, ZPL_CODE_STEP_FAILED, "it gave no reason", &details,
                             event->peak_bytes);
    } else {
        step->status = ZPL_PLAN_RAN;
        step->duration_ns = zpl_clock_monotonic_ns() - slot->since_ns;
        err = zpl_journal_step(d->run, id, ZPL_STEP_RAN, &slot->log, event->peak_bytes);
        free_slot(d, slot);
        settle(d, id);
    }
    zpl_diags_release(&details);
    return err;
}

/* ---- the start of a step ---- */

/* Makes the task and hands it over. */
static enum zpl_err launch(struct driver *d, uint32_t id)
{
    const struct zpl_node *node = &d->plan->graph->nodes[id];
    struct zpl_step_plan *step = &d->plan->steps[id];
    struct zpl_diags *diags = &d->session->diags;
    uint64_t memory =
        node->resources.memory_bytes > 0 ? node->resources.memory_bytes : d->memory_bytes;
    struct zpl_task_needs needs = {.cpu = node->resources.cpu,
                                   .memory_bytes = memory,
                                   .timeout_ms = node->timeout_ms,
                                   .fresh = node->body != NULL && strcmp(node->kernel, "sql") != 0};
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct slot *slot = d->slots;
    while (slot->taken)
        slot++;
    enum zpl_err err = d->artifacts->scratch(d->artifacts->self, slot->scratch, diags);
    if (err == ZPL_OK)
        err = zpl_task_make(d->plan, id, slot->scratch, memory, &task);
    if (err == ZPL_OK)
        err = d->orchestrator->start(d->orchestrator->self, task.data, task.len, &needs,
                                     &slot->task, diags);
    zpl_buf_release(&task);
    if (err != ZPL_OK) {
        if (slot->scratch[0] != '\0')
            d->artifacts->scratch_remove(d->artifacts->self, slot->scratch);
        slot->scratch[0] = '\0';
        return err;
    }
    slot->taken = true;
    slot->id = id;
    step->started_ns = zpl_clock_wall_ns();
    slot->since_ns = zpl_clock_monotonic_ns();
    step->status = ZPL_PLAN_RUNNING;
    step->attempts++;
    d->running++;
    changed(d, id);
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
static enum zpl_err effect_done(struct driver *d, uint32_t id, const char *where)
{
    struct zpl_step_plan *step = &d->plan->steps[id];
    struct zpl_log log = {0};
    step->outputs = effect_outputs(d->plan, &d->plan->graph->nodes[id]);
    if (step->outputs == NULL || where == NULL)
        return zpl_diag_nomem(&d->session->diags);
    step->status = ZPL_PLAN_RAN;
    step->why = where;
    zpl_log_add(&log, where, strlen(where));
    zpl_log_add(&log, "\n", 1);
    enum zpl_err err = zpl_journal_step(d->run, id, ZPL_STEP_RAN, &log, 0);
    zpl_log_release(&log);
    return err;
}

/* An effect is done here, by the stack. */
static enum zpl_err do_effect(struct driver *d, uint32_t id)
{
    struct zpl_step_plan *step = &d->plan->steps[id];
    const char *where = NULL;
    struct zpl_diags details = {0};
    int64_t since = zpl_clock_monotonic_ns();
    step->started_ns = zpl_clock_wall_ns();
    step->status = ZPL_PLAN_RUNNING;
    step->attempts = 1;
    changed(d, id);
    enum zpl_err err = zpl_effect_do(d->plan, id, d->run->id, &where, &details);
    step->duration_ns = zpl_clock_monotonic_ns() - since;
    if (err == ZPL_OK) {
        err = effect_done(d, id, where);
    } else if (err != ZPL_ERR_NOMEM) {
        zpl_journal_failure(d->run, id, ZPL_CODE_STEP_FAILED, "the stack did not take it", &details,
                            NULL);
        err = fail_step(d, id, NULL, 0);
    }
    zpl_diags_release(&details);
    settle(d, id);
    return err;
}

/* Does another step of this run make the same thing right now? */
static bool in_flight(const struct driver *d, const struct zpl_digest *key)
{
    for (uint32_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].taken && zpl_digest_equal(&d->plan->steps[d->slots[i].id].key, key))
            return true;
    return false;
}

/* A step without a hit: takes its lease, looks once more, starts it.  One that was started keeps the
 * lease until its end. */
static enum zpl_err begin(struct driver *d, uint32_t id)
{
    struct zpl_step_plan *step = &d->plan->steps[id];
    bool hit = false;
    enum zpl_err err = in_flight(d, &step->key) ? ZPL_ERR_BUSY
                                                : d->metadata->lease(d->metadata->self, &step->key,
                                                                     false, &d->session->diags);
    if (err == ZPL_ERR_BUSY) {
        delay(d, id, WAIT_NS);
        return ZPL_OK;
    }
    if (err != ZPL_OK)
        return err;
    err = zpl_plan_look(d->plan, id, &hit);
    if (err == ZPL_OK && !hit && !zpl_effect_is(&d->plan->graph->nodes[id])) {
        err = launch(d, id);
        if (err == ZPL_OK)
            return ZPL_OK;
    } else if (err == ZPL_OK && hit) {
        settle(d, id);
    } else if (err == ZPL_OK) {
        err = do_effect(d, id);
    }
    d->metadata->unlease(d->metadata->self, &step->key);
    return err;
}

/* A step that can't begin: a value that became known is not what it takes. */
static enum zpl_err fail_before(struct driver *d, uint32_t id)
{
    struct zpl_diags details = {0};
    struct zpl_log none = {0};
    d->plan->steps[id].started_ns = zpl_clock_wall_ns();
    zpl_diags_append(&details, &d->session->diags);
    zpl_diags_clear(&d->session->diags);
    zpl_journal_failure(d->run, id, ZPL_CODE_STEP_FAILED, "it can't begin", &details, NULL);
    zpl_diags_release(&details);
    enum zpl_err err = fail_step(d, id, &none, 0);
    settle(d, id);
    return err;
}

/* Decides a ready step, and starts it if it has to run. */
static enum zpl_err take_up(struct driver *d, uint32_t id)
{
    struct zpl_step_plan *step = &d->plan->steps[id];
    enum zpl_err err = ZPL_OK;
    if (d->stopping) {
        cancel_step(d, id);
    } else {
        err = zpl_plan_decide(d->plan, id);
    }
    if (err == ZPL_ERR_STEP)
        return fail_before(d, id);
    if (err != ZPL_OK)
        return err;
    if (step->status == ZPL_PLAN_WOULD_RUN)
        return begin(d, id);
    settle(d, id);
    return ZPL_OK;
}

/* Steps whose time to be tried again has come. */
static enum zpl_err wake_delayed(struct driver *d)
{
    int64_t now = zpl_clock_monotonic_ns();
    enum zpl_err err = ZPL_OK;
    for (uint32_t i = 0; err == ZPL_OK && i < d->delayed_count && d->running < d->slot_count;) {
        uint32_t id = d->delayed[i].id;
        if (d->delayed[i].until_ns > now && !d->stopping) {
            i++;
            continue;
        }
        d->delayed[i] = d->delayed[--d->delayed_count];
        if (d->stopping) {
            cancel_step(d, id);
            settle(d, id);
        } else {
            err = begin(d, id);
        }
    }
    return err;
}

/* ---- events ---- */

static struct slot *slot_of(struct driver *d, uint64_t task)
{
    for (uint32_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].taken && d->slots[i].task == task)
            return &d->slots[i];
    return NULL;
}

static void on_log(struct driver *d, struct slot *slot, const char *text, size_t len)
{
    const struct zpl_run_observer *observer = &d->options->observer;
    zpl_log_add(&slot->log, text, len);
    if (observer->log != NULL)
        observer->log(observer->self, slot->id, text, len);
}

/* Text that the process printed, or a message of the kernel: text for the log, or progress. */
static void on_message(struct driver *d, struct slot *slot, const struct zpl_event *event)
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
            observer->progress(observer->self, slot->id, message.progress, message.what);
    }
    zpl_arena_release(&arena);
}

static enum zpl_err on_event(struct driver *d, const struct zpl_event *event)
{
    struct slot *slot = slot_of(d, event->task);
    char reason[160];
    if (slot == NULL)
        return ZPL_OK;
    switch (event->kind) {
    case ZPL_EVENT_MESSAGE:
        on_message(d, slot, event);
        return ZPL_OK;
    case ZPL_EVENT_DONE:
        return finish(d, slot, event);
    case ZPL_EVENT_DIED:
        snprintf(reason, sizeof reason, "its process ended with %s", event->reason);
        return attempt_failed(d, slot, ZPL_CODE_STEP_CRASHED, reason, NULL, event->peak_bytes);
    case ZPL_EVENT_TIMEOUT:
        return attempt_failed(d, slot, ZPL_CODE_STEP_LIMIT, "it met its time limit", NULL,
                              event->peak_bytes);
    case ZPL_EVENT_MEMORY:
        return attempt_failed(d, slot, ZPL_CODE_STEP_LIMIT, "it met its memory limit", NULL,
                              event->peak_bytes);
    }
    return ZPL_OK;
}

/* Stops what runs; the rest is cancelled as it becomes ready. */
static void stop(struct driver *d)
{
    d->stopping = true;
    d->cancelled = true;
    for (uint32_t i = 0; i < d->slot_count; i++)
        if (d->slots[i].taken)
            d->orchestrator->cancel(d->orchestrator->self, d->slots[i].task);
}

static bool interrupted(const struct driver *d)
{
    return d->options->interrupted != NULL && *d->options->interrupted != 0;
}

static void heed_signal(struct driver *d)
{
    if (interrupted(d) && !d->cancelled)
        stop(d);
}

/* Waits for something to happen, a tick at most. */
static enum zpl_err wait_event(struct driver *d)
{
    struct zpl_event event;
    enum zpl_err err;
    if (d->running == 0) {
        usleep(PAUSE_US);
        err = ZPL_ERR_NOT_FOUND;
    } else {
        err = d->orchestrator->wait(d->orchestrator->self, TICK_MS, &event, &d->session->diags);
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
static void abandon(struct driver *d)
{
    struct zpl_diags quiet = {0};
    struct zpl_event event;
    int64_t until = zpl_clock_monotonic_ns() + (ZPL_GRACE_MS + ZPL_KILL_MS) * 1000000LL;
    stop(d);
    while (d->running > 0 && zpl_clock_monotonic_ns() < until) {
        enum zpl_err err = d->orchestrator->wait(d->orchestrator->self, TICK_MS, &event, &quiet);
        struct slot *slot = err == ZPL_OK ? slot_of(d, event.task) : NULL;
        if (slot != NULL && event.kind != ZPL_EVENT_MESSAGE)
            free_slot(d, slot);
        if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND && err != ZPL_ERR_INTERRUPTED)
            break;
    }
    zpl_diags_release(&quiet);
    for (uint32_t id = 0; id < d->plan->graph->count; id++) {
        enum zpl_plan_status status = d->plan->steps[id].status;
        if (status == ZPL_PLAN_PENDING || status == ZPL_PLAN_WOULD_RUN ||
            status == ZPL_PLAN_RUNNING)
            cancel_step(d, id);
    }
}

/* Until every step has come to an end. */
static enum zpl_err loop(struct driver *d)
{
    enum zpl_err err = ZPL_OK;
    for (;;) {
        uint32_t id;
        while (err == ZPL_OK && d->running < d->slot_count &&
               zpl_schedule_next(&d->schedule, &id)) {
            heed_signal(d);
            err = take_up(d, id);
        }
        if (err == ZPL_OK)
            err = wake_delayed(d);
        if (err == ZPL_OK && (d->running > 0 || d->delayed_count > 0))
            err = wait_event(d);
        else if (err != ZPL_OK || d->schedule.ready_count == 0)
            break;
    }
    if (err != ZPL_OK)
        abandon(d);
    return err;
}

/* ---- beginning and end of a run ---- */

static enum zpl_err open_stack(struct driver *d)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    enum zpl_err err = zpl_session_metadata(d->session, true, &d->metadata);
    if (err == ZPL_OK)
        err = zpl_session_artifacts(d->session, &d->artifacts);
    if (err == ZPL_OK)
        err = zpl_session_orchestrator(d->session, &d->orchestrator);
    if (err != ZPL_OK)
        return err;
    d->slot_count = d->orchestrator->slots;
    d->memory_bytes = pages > 0 && page > 0 && d->slot_count > 0
                          ? (uint64_t)pages * (uint64_t)page / 10 * 8 / d->slot_count
                          : 0;
    d->slots = zpl_arena_array(&d->arena, d->slot_count, sizeof *d->slots);
    d->delayed = zpl_arena_array(&d->arena, d->plan->graph->count + 1, sizeof *d->delayed);
    if (d->slots == NULL || d->delayed == NULL ||
        zpl_schedule_init(&d->schedule, d->plan->graph) != ZPL_OK)
        return zpl_diag_nomem(&d->session->diags);
    return ZPL_OK;
}

/* Writes down how the run ended; the error that ended it stands over one of writing. */
static enum zpl_err end_run(struct driver *d, enum zpl_err err)
{
    bool broken = d->failed || err != ZPL_OK;
    d->run->status = d->cancelled && interrupted(d) ? ZPL_RUN_CANCELLED
                     : broken                       ? ZPL_RUN_FAILED
                                                    : ZPL_RUN_DONE;
    enum zpl_err written = zpl_journal_end(d->run);
    return err != ZPL_OK ? err : written;
}

/* Everything in its order. */
/* Steps for the items of a list that is known only at run time are checked, not run. */
static enum zpl_err refuse_maps(struct zpl_session *session)
{
    const struct zpl_graph *graph = &session->program.graph;
    if (graph->map_count == 0)
        return ZPL_OK;
    struct zpl_diags *diags = &session->program.diags;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_RUNTIME_VALUE, graph->maps[0].span,
                                         "this version of zpl checks `each` over a list that is "
                                         "known only at run time, but can't run "
                                         "it");
    zpl_diag_help(diags, diag, "an array that is known now can be mapped and run");
    return ZPL_ERR_CHECK;
}

enum zpl_err zpl_run(struct zpl_session *session, const struct zpl_run_options *options,
                     struct zpl_run *run)
{
    struct driver d = {.session = session, .options = options, .run = run, .plan = &run->plan};
    memset(run, 0, sizeof *run);
    enum zpl_err err = refuse_maps(session);
    if (err == ZPL_OK)
        err = zpl_plan_init(&run->plan, session, options->no_cache);
    if (err == ZPL_OK)
        err = open_stack(&d);
    if (err == ZPL_OK)
        err = zpl_journal_begin(run);
    if (err == ZPL_OK)
        err = end_run(&d, loop(&d));
    for (uint32_t i = 0; i < d.slot_count && d.slots != NULL; i++)
        if (d.slots[i].taken)
            free_slot(&d, &d.slots[i]);
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
