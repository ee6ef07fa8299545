/* reproduce_run.c - steps that are done again: started, tried again, compared, ended.  Part of reproduce.h.
 * Floor: vm. */
#include "vm/reproduce/reproduce_step.h"

#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "vm/protocol/protocol.h"
#include "vm/run/limit.h"
#include "vm/run/retry.h"
#include "vm/run/task.h"

#define TICK_MS  100
#define PAUSE_US 10000 /* between two looks when all wait for another attempt */

/* ---- beginning and end of a step ---- */

/* Tells whoever watches; everyone else knows the step by what was recorded of it. */
static void show(struct zpl_reproducing *r, struct zpl_again_slot *slot,
                 enum zpl_plan_status status)
{
    struct zpl_step_plan *step = &slot->plan->steps[slot->id];
    enum zpl_plan_status recorded = step->status;
    const struct zpl_run_observer *observer = &r->options->observer;
    step->status = status;
    if (observer->changed != NULL)
        observer->changed(observer->self, slot->plan, slot->id);
    step->status = recorded;
}

/* In whose name a step has slots of limits: two steps done again may have one key. */
static struct zpl_digest holder_of(const struct zpl_reproducing *r,
                                   const struct zpl_again_slot *slot)
{
    size_t i = (size_t)(slot - r->slots);
    return zpl_digest_of(&i, sizeof i);
}

/* Takes the slots of limits that all runs over the store share; *lacks tells that they are not free. */
static enum zpl_err take_limits(struct zpl_reproducing *r, struct zpl_again_slot *slot, bool *lacks)
{
    const struct zpl_node *node = &slot->plan->graph->nodes[slot->id];
    const struct zpl_limit_use *uses;
    const struct zpl_digest holder = holder_of(r, slot);
    struct zpl_metadata *metadata;
    size_t lacking, count;
    *lacks = false;
    if (zpl_step_lacks_gpus(r->orchestrator, node, &r->session->diags))
        return ZPL_ERR_STEP;
    if (zpl_step_limits(r->orchestrator, node, &slot->plan->arena, &uses, &count) != ZPL_OK)
        return zpl_diag_nomem(&r->session->diags);
    if (count == 0)
        return ZPL_OK;
    enum zpl_err err = zpl_session_metadata(r->session, true, &metadata);
    if (err == ZPL_OK)
        err = metadata->slots_take(metadata->self, &holder, uses, count, &lacking,
                                   &r->session->diags);
    slot->limited = err == ZPL_OK;
    *lacks = err == ZPL_ERR_BUSY;
    return *lacks ? ZPL_OK : err;
}

static void give_limits(struct zpl_reproducing *r, struct zpl_again_slot *slot)
{
    const struct zpl_digest holder = holder_of(r, slot);
    struct zpl_metadata *metadata;
    if (slot->limited && zpl_session_metadata(r->session, true, &metadata) == ZPL_OK)
        metadata->slots_give(metadata->self, &holder);
    slot->limited = false;
}

static enum zpl_err make_task(struct zpl_reproducing *r, struct zpl_again_slot *slot,
                              struct zpl_buf *out)
{
    const struct zpl_digest holder = holder_of(r, slot);
    struct zpl_metadata *metadata;
    enum zpl_err err = zpl_session_metadata(r->session, true, &metadata);
    return err != ZPL_OK ? err
                         : zpl_task_make(slot->plan, slot->id, slot->scratch,
                                         zpl_step_gpus(r->orchestrator, metadata, &holder,
                                                       &slot->plan->graph->nodes[slot->id],
                                                       &slot->plan->arena),
                                         out);
}

static enum zpl_err start(struct zpl_reproducing *r, struct zpl_again_slot *slot)
{
    struct zpl_step_plan *step = &slot->plan->steps[slot->id];
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    char group[ZPL_TASK_GROUP_SIZE];
    bool lacks;
    enum zpl_err err = take_limits(r, slot, &lacks);
    if (err != ZPL_OK)
        return err;
    if (lacks) {
        slot->until_ns = zpl_clock_monotonic_ns() + ZPL_SLOTS_LOOK_MS * ZPL_NS_PER_MS;
        return ZPL_OK;
    }
    struct zpl_task_needs needs =
        zpl_task_needs_of(slot->plan, slot->id, r->memory_bytes, r->orchestrator->place == NULL);
    err = r->artifacts->scratch(r->artifacts->self, zpl_task_group(slot->plan, slot->id, group),
                                slot->scratch, &r->session->diags);
    if (err == ZPL_OK)
        err = make_task(r, slot, &task);
    if (err == ZPL_OK)
        err = r->orchestrator->start(r->orchestrator->self, task.data, task.len, &needs,
                                     &slot->task, &r->session->diags);
    zpl_buf_release(&task);
    if (err != ZPL_OK)
        return err;
    slot->started = true;
    slot->since_ns = zpl_clock_monotonic_ns();
    step->attempts++;
    show(r, slot, ZPL_PLAN_RUNNING);
    return ZPL_OK;
}

static void remove_scratch(struct zpl_reproducing *r, struct zpl_again_slot *slot)
{
    if (slot->scratch[0] != '\0')
        r->artifacts->scratch_remove(r->artifacts->self, slot->scratch);
    slot->scratch[0] = '\0';
}

enum zpl_err zpl_again_leave(struct zpl_again_item *item)
{
    if (item == NULL || item->running > 0 || !item->walked)
        return ZPL_OK;
    item->walked = false;
    return zpl_mapping_take(item->instance);
}

enum zpl_err zpl_again_free_slot(struct zpl_reproducing *r, struct zpl_again_slot *slot)
{
    struct zpl_again_item *item = slot->item;
    give_limits(r, slot);
    remove_scratch(r, slot);
    zpl_log_release(&slot->log);
    zpl_json_release(slot->recalled.code);
    zpl_json_release(slot->recalled.sources);
    memset(slot, 0, sizeof *slot);
    r->running--;
    if (item != NULL)
        item->running--;
    return zpl_again_leave(item);
}

static enum zpl_err end(struct zpl_reproducing *r, struct zpl_again_slot *slot,
                        enum zpl_again status, const char *why, struct zpl_json *outputs)
{
    show(r, slot, ZPL_PLAN_WOULD_RUN);
    zpl_again_tell(r, slot->plan, slot->id, slot->item != NULL, status, why,
                   zpl_clock_monotonic_ns() - slot->since_ns, &slot->recalled, outputs);
    return zpl_again_free_slot(r, slot);
}

/* ---- its answer ---- */

/* Remembers a table that differs, with what was made of it, for a look at its rows. */
static void keep_look(struct zpl_reproducing *r, struct zpl_again_slot *slot, size_t i,
                      const struct zpl_run_made *now, struct zpl_json *output)
{
    const struct zpl_node *node = &slot->plan->graph->nodes[slot->id];
    const struct zpl_output_row *then = &slot->plan->steps[slot->id].outputs[i];
    struct zpl_arena *arena = &r->plan.arena;
    if (then->rows < 0 || now->rows < 0 || r->look_count == ZPL_REPRODUCE_LOOKS_MAX ||
        then->bytes > ZPL_REPRODUCE_LOOK_BYTES || now->bytes > ZPL_REPRODUCE_LOOK_BYTES ||
        r->artifacts->has(r->artifacts->self, &then->digest, then->bytes, &r->session->diags) !=
            ZPL_OK)
        return;
    const char *path = zpl_task_output_path(slot->plan, &node->outputs[i], slot->scratch);
    struct zpl_reproduce_look *look = &r->looks[r->look_count];
    *look = (struct zpl_reproduce_look){.output = output,
                                        .type = zpl_arena_strdup(arena, then->type),
                                        .then = then->digest,
                                        .path = path != NULL ? zpl_arena_strdup(arena, path) : NULL,
                                        .rows = {then->rows, now->rows}};
    r->kept[r->look_count] = zpl_arena_strdup(arena, slot->scratch);
    if (look->type != NULL && look->path != NULL && r->kept[r->look_count] != NULL)
        r->look_count++;
}

/* Every output by its digest. */
static enum zpl_err compare(struct zpl_reproducing *r, struct zpl_again_slot *slot,
                            const struct zpl_run_result *result)
{
    const struct zpl_node *node = &slot->plan->graph->nodes[slot->id];
    const struct zpl_output_row *then = slot->plan->steps[slot->id].outputs;
    struct zpl_json *outputs = zpl_json_array();
    enum zpl_again status = ZPL_AGAIN_SAME;
    size_t looks = r->look_count;
    for (size_t i = 0; i < node->output_count; i++) {
        struct zpl_json *output = zpl_reproduce_output(&then[i], &result->made[i]);
        zpl_json_add_take(outputs, output);
        if (zpl_digest_equal(&then[i].digest, &result->made[i].digest))
            continue;
        status = ZPL_AGAIN_DIFFERS;
        keep_look(r, slot, i, &result->made[i], output);
    }
    if (r->look_count > looks)
        slot->scratch[0] = '\0'; /* it is removed with the looks */
    return end(r, slot, status, NULL, outputs);
}

static enum zpl_err attempt_failed(struct zpl_reproducing *r, struct zpl_again_slot *slot,
                                   const struct zpl_failure *failure)
{
    int64_t after_ns = 0;
    const struct zpl_diags *details = failure->details;
    struct zpl_step_plan *step = &slot->plan->steps[slot->id];
    const char *why =
        details != NULL && details->count > 0 ? details->items[0]->message : failure->reason;
    enum zpl_plan_status recorded = step->status;
    bool again = zpl_retry(slot->plan, slot->id, failure, r->memory_bytes_max, &after_ns);
    step->status = recorded;
    if (!again)
        return end(r, slot, ZPL_AGAIN_FAILED, zpl_arena_strdup(&slot->plan->arena, why), NULL);
    show(r, slot, ZPL_PLAN_WOULD_RUN);
    give_limits(r, slot);
    remove_scratch(r, slot);
    slot->started = false;
    slot->until_ns = zpl_clock_monotonic_ns() + after_ns;
    return ZPL_OK;
}

static enum zpl_err answered(struct zpl_reproducing *r, struct zpl_again_slot *slot,
                             const struct zpl_event *event)
{
    struct zpl_diags details = {0};
    struct zpl_run_result result;
    enum zpl_err err =
        zpl_reply_decode_run(event->data, event->len, &result, &slot->plan->arena, &details);
    if (err == ZPL_OK)
        err = zpl_task_check(slot->plan, slot->id, &result, &details);
    if (err == ZPL_OK)
        err = compare(r, slot, &result);
    else
        err = attempt_failed(r, slot,
                             &(struct zpl_failure){.code = ZPL_CODE_STEP_FAILED,
                                                   .reason = "it gave no reason",
                                                   .details = &details,
                                                   .log = &slot->log,
                                                   .peak_bytes = event->peak_bytes});
    zpl_diags_release(&details);
    return err;
}

/* ---- what runs ---- */

static struct zpl_again_slot *slot_of(struct zpl_reproducing *r, uint64_t task)
{
    for (uint32_t i = 0; i < r->slot_count; i++)
        if (r->slots[i].started && r->slots[i].task == task)
            return &r->slots[i];
    return NULL;
}

static enum zpl_err on_event(struct zpl_reproducing *r, const struct zpl_event *event)
{
    struct zpl_again_slot *slot = slot_of(r, event->task);
    struct zpl_failure failure;
    if (slot == NULL)
        return ZPL_OK;
    if (event->kind == ZPL_EVENT_DONE)
        return answered(r, slot, event);
    if (event->kind == ZPL_EVENT_MESSAGE) {
        if (event->printed)
            zpl_log_add(&slot->log, event->data, event->len);
        return ZPL_OK;
    }
    zpl_failure_of_event(event, &failure);
    failure.log = &slot->log;
    return attempt_failed(r, slot, &failure);
}

bool zpl_again_interrupted(const struct zpl_reproducing *r)
{
    return r->options->interrupted != NULL && *r->options->interrupted != 0;
}

/* Starts those whose time for another attempt has come; how many run. */
static enum zpl_err wake(struct zpl_reproducing *r, uint32_t *started)
{
    enum zpl_err err = ZPL_OK;
    *started = 0;
    for (uint32_t i = 0; err == ZPL_OK && i < r->slot_count; i++) {
        struct zpl_again_slot *slot = &r->slots[i];
        if (slot->taken && !slot->started && zpl_clock_monotonic_ns() >= slot->until_ns)
            err = start(r, slot);
        *started += slot->started;
    }
    return err;
}

enum zpl_err zpl_again_wait(struct zpl_reproducing *r)
{
    struct zpl_event event;
    uint32_t started;
    enum zpl_err err = wake(r, &started);
    if (err == ZPL_OK && started == 0) {
        usleep(PAUSE_US);
        err = ZPL_ERR_NOT_FOUND;
    } else if (err == ZPL_OK) {
        err = r->orchestrator->wait(r->orchestrator->self, TICK_MS, &event, &r->session->diags);
    }
    if (r->options->observer.tick != NULL)
        r->options->observer.tick(r->options->observer.self);
    if (zpl_again_interrupted(r))
        return ZPL_ERR_INTERRUPTED;
    if (err == ZPL_ERR_NOT_FOUND || err == ZPL_ERR_INTERRUPTED)
        return ZPL_OK;
    return err == ZPL_OK ? on_event(r, &event) : err;
}

void zpl_again_abandon(struct zpl_reproducing *r)
{
    struct zpl_diags quiet = {0};
    struct zpl_event event;
    int64_t until = zpl_clock_monotonic_ns() + (ZPL_GRACE_MS + ZPL_KILL_MS) * 1000000LL;
    uint32_t started = 0;
    for (uint32_t i = 0; r->slots != NULL && i < r->slot_count; i++)
        if (r->slots[i].started) {
            r->orchestrator->cancel(r->orchestrator->self, r->slots[i].task);
            started++;
        }
    while (started > 0 && zpl_clock_monotonic_ns() < until) {
        enum zpl_err err = r->orchestrator->wait(r->orchestrator->self, TICK_MS, &event, &quiet);
        struct zpl_again_slot *slot = err == ZPL_OK ? slot_of(r, event.task) : NULL;
        if (slot != NULL && event.kind != ZPL_EVENT_MESSAGE) {
            slot->started = false;
            started--;
        }
        if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND && err != ZPL_ERR_INTERRUPTED)
            break;
    }
    zpl_diags_release(&quiet);
}

enum zpl_err zpl_again_start(struct zpl_reproducing *r, struct zpl_plan *plan, uint32_t id,
                             struct zpl_again_item *item, struct zpl_recalled *recalled)
{
    struct zpl_again_slot *slot = r->slots;
    enum zpl_err err = ZPL_OK;
    while (err == ZPL_OK && r->running == r->slot_count)
        err = zpl_again_wait(r);
    if (err != ZPL_OK) {
        zpl_json_release(recalled->code);
        return err;
    }
    while (slot->taken)
        slot++;
    *slot = (struct zpl_again_slot){
        .taken = true, .plan = plan, .id = id, .item = item, .recalled = *recalled};
    r->running++;
    if (item != NULL)
        item->running++;
    return start(r, slot);
}
