/* plan.c - deciding what a step will do.   Floor: vm. */
#include "vm/plan/plan.h"

#include <string.h>

#include "lang/base/fs.h"
#include "vm/plan/effect.h"
#include "vm/plan/key.h"
#include "vm/plan/map.h"
#include "vm/plan/name_step.h"
#include "vm/plan/why.h"
#include "vm/session/sound.h"

static const char *const STATUS_NAMES[] = {"pending", "would_run", "unknown", "cached",   "skipped",
                                           "running", "ran",       "failed",  "cancelled"};

const char *zpl_plan_status_name(enum zpl_plan_status status)
{
    return STATUS_NAMES[status];
}

enum zpl_plan_status zpl_plan_status_of(const char *name)
{
    for (unsigned i = 0; i < ZPL_PLAN_STATES; i++)
        if (strcmp(STATUS_NAMES[i], name) == 0)
            return (enum zpl_plan_status)i;
    return ZPL_PLAN_UNKNOWN;
}

/* Everything pending. */
enum zpl_err zpl_plan_init(struct zpl_plan *plan, struct zpl_session *session, bool no_cache)
{
    memset(plan, 0, sizeof *plan);
    plan->session = session;
    plan->graph = &session->program.graph;
    plan->no_cache = no_cache;
    size_t maps = plan->graph->map_count;
    plan->steps = zpl_arena_array(&plan->arena, plan->graph->count + 1, sizeof *plan->steps);
    plan->maps = zpl_arena_array(&plan->arena, maps + 1, sizeof *plan->maps);
    plan->items = zpl_arena_array(&plan->arena, maps + 1, sizeof *plan->items);
    plan->shapes = zpl_arena_array(&plan->arena, maps + 1, sizeof *plan->shapes);
    plan->stands = zpl_arena_alloc(&plan->arena, sizeof *plan->stands);
    if (plan->stands != NULL)
        *plan->stands = (struct zpl_plan_stands){.arena = &plan->arena};
    return zpl_arena_failed(&plan->arena) ? zpl_diag_nomem(&session->diags) : ZPL_OK;
}

void zpl_plan_release(struct zpl_plan *plan)
{
    zpl_arena_release(&plan->arena);
    memset(plan, 0, sizeof *plan);
}

/* An artifact is a whole output; a field of one, or a scalar, is a param that becomes known. */
bool zpl_argument_is_input(const struct zpl_argument *argument)
{
    const struct zpl_value *value = argument->value;
    if (value->type == NULL ||
        (zpl_kind_is_scalar(value->type->kind) && value->type->kind != ZPL_JSON))
        return false;
    while (value->kind == ZPL_VALUE_PICK && value->pick.op != ZPL_PICK_MEAN) {
        bool reduces = value->pick.op != ZPL_PICK_COALESCE;
        value = value->pick.items[0]; /* all are of one kind */
        if (reduces && value->kind == ZPL_VALUE_GATHER)
            value = value->gather.value;
    }
    return value->kind == ZPL_VALUE_REF && value->ref.field == NULL;
}

bool zpl_output_is_value(const struct zpl_output *output)
{
    enum zpl_kind kind = output->type->kind;
    return kind == ZPL_REPORT || kind == ZPL_RECORD || kind == ZPL_LIST;
}

bool zpl_output_is_inline(const struct zpl_output_row *row)
{
    return row->json != NULL && row->bytes <= ZPL_INLINE_BYTES_MAX;
}

struct zpl_made zpl_plan_input(const struct zpl_plan *plan, const struct zpl_argument *argument)
{
    struct zpl_made made;
    if (!zpl_plan_made(plan, argument->value, &made))
        ZPL_BUG("an input that no step makes");
    return made;
}

static bool reads(const struct zpl_argument *argument, const char *column)
{
    if (argument->reads_all)
        return true;
    for (size_t i = 0; i < argument->read_count; i++)
        if (strcmp(argument->reads[i], column) == 0)
            return true;
    return false;
}

/* Seen when some argument reads each of its columns. */
bool zpl_binding_is_seen(const struct zpl_node *node, const struct zpl_binding *binding)
{
    for (size_t i = 0; i < binding->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < node->argument_count && !seen; k++)
            seen = zpl_argument_is_input(&node->arguments[k]) &&
                   reads(&node->arguments[k], binding->columns[i]);
        if (!seen)
            return false;
    }
    return true;
}

/* What the steps that a value refers to allow: the worst of their states. */
struct needs {
    struct zpl_plan *plan;
    bool pending;
    const char *unknown, *skipped, *failed; /* names of steps */
};

static void need(void *self, uint32_t node, uint32_t output)
{
    struct needs *needs = self;
    const char *name = needs->plan->graph->nodes[node].name;
    (void)output;
    switch (needs->plan->steps[node].status) {
    case ZPL_PLAN_PENDING:
    case ZPL_PLAN_RUNNING:
        needs->pending = true;
        break;
    case ZPL_PLAN_WOULD_RUN:
        needs->unknown = name;
        break;
    case ZPL_PLAN_UNKNOWN:
        needs->unknown = needs->plan->steps[node].until;
        break;
    case ZPL_PLAN_SKIPPED:
        needs->skipped = name;
        break;
    case ZPL_PLAN_FAILED:
    case ZPL_PLAN_CANCELLED:
        needs->failed = name;
        break;
    case ZPL_PLAN_CACHED:
    case ZPL_PLAN_RAN:
        break;
    }
}

static void need_value(struct needs *needs, const struct zpl_value *value);

/* The first alternative that is not skipped is needed, and those before it to be known. */
static void need_first(struct needs *needs, const struct zpl_value *value)
{
    const char *skipped = NULL;
    for (size_t i = 0; i < value->pick.count; i++) {
        struct needs one = {.plan = needs->plan};
        need_value(&one, value->pick.items[i]);
        if (one.failed == NULL && !one.pending && one.skipped != NULL) {
            skipped = one.skipped;
            continue;
        }
        needs->pending |= one.pending;
        needs->failed = one.failed != NULL ? one.failed : needs->failed;
        needs->unknown = one.unknown != NULL ? one.unknown : needs->unknown;
        return;
    }
    needs->skipped = skipped;
}

/* Of every item; what was skipped is left out. */
static void need_gathered(struct needs *needs, const struct zpl_value *value)
{
    struct needs all = {.plan = needs->plan};
    need_value(&all, needs->plan->graph->maps[value->gather.map].over);
    const char *skipped = all.skipped;
    need_value(&all, value->gather.value);
    needs->pending |= all.pending;
    needs->failed = all.failed != NULL ? all.failed : needs->failed;
    needs->unknown = all.unknown != NULL ? all.unknown : needs->unknown;
    needs->skipped = skipped != NULL ? skipped : needs->skipped;
}

static void need_value(struct needs *needs, const struct zpl_value *value)
{
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
    case ZPL_VALUE_ITEM:
        return;
    case ZPL_VALUE_GATHER:
        need_gathered(needs, value);
        return;
    case ZPL_VALUE_REF:
        need(needs, value->ref.node, value->ref.output);
        return;
    case ZPL_VALUE_COND:
        need_value(needs, value->cond.left);
        if (value->cond.right != NULL)
            need_value(needs, value->cond.right);
        return;
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        for (size_t i = 0; i < value->list.count; i++)
            need_value(needs, value->list.items[i]);
        return;
    case ZPL_VALUE_PICK:
        if (value->pick.op == ZPL_PICK_COALESCE) {
            need_first(needs, value);
            return;
        }
        for (size_t i = 0; i < value->pick.count; i++) {
            need_value(needs, value->pick.items[i]);
            if (value->pick.by != NULL)
                need_value(needs, value->pick.by[i]);
        }
        return;
    }
}

/* The state that needs lead to; false: none, all is known. */
static bool settle_by(struct zpl_plan *plan, const struct needs *needs, struct zpl_step_plan *state)
{
    if (needs->failed != NULL) {
        state->status = ZPL_PLAN_CANCELLED;
        state->why = zpl_arena_printf(&plan->arena, "it needs %s", needs->failed);
    } else if (needs->pending) {
        return true;
    } else if (needs->skipped != NULL) {
        state->status = ZPL_PLAN_SKIPPED;
        state->why =
            zpl_arena_printf(&plan->arena, "it needs %s, which is skipped", needs->skipped);
    } else if (needs->unknown != NULL) {
        state->status = ZPL_PLAN_UNKNOWN;
        state->until = needs->unknown;
        state->why = zpl_arena_printf(&plan->arena, "until %s has run", needs->unknown);
    } else {
        return false;
    }
    return true;
}

/* Decides from what the step needs; true when that settles it (or it has to wait). */
static bool settled_by_needs(struct zpl_plan *plan, const struct zpl_node *node)
{
    struct zpl_step_plan *step = &plan->steps[node->id];
    struct needs needs = {.plan = plan};
    for (size_t i = 0; i < node->argument_count; i++)
        need_value(&needs, node->arguments[i].value);
    for (size_t i = 0; i < node->after_count; i++)
        need(&needs, node->after[i], 0);
    if (node->when != NULL)
        need_value(&needs, node->when);
    return settle_by(plan, &needs, step);
}

void zpl_plan_needs(struct zpl_plan *plan, const struct zpl_value *value,
                    struct zpl_step_plan *state)
{
    struct needs needs = {.plan = plan};
    need_value(&needs, value);
    (void)settle_by(plan, &needs, state);
}

/* Is the step's condition false?  Then it is skipped, with the condition in words.  Everything it
 * needs is known by now, so that a condition without a value has met a report without that field or
 * a lack of memory: both are errors, not a "no". */
static enum zpl_err heed_condition(struct zpl_plan *plan, const struct zpl_node *node)
{
    struct zpl_step_plan *step = &plan->steps[node->id];
    struct zpl_diags *diags = &plan->session->diags;
    struct zpl_buf text = {0};
    const struct zpl_literal *value = zpl_plan_value(plan, node->when, &plan->arena);
    if (value != NULL && value->kind == ZPL_LIT_BOOL && value->as.b)
        return ZPL_OK;
    zpl_value_show(plan->graph, node->when, &text);
    enum zpl_err err = ZPL_OK;
    if (zpl_arena_failed(&plan->arena) || zpl_buf_error(&text) != ZPL_OK) {
        err = zpl_diag_nomem(diags);
    } else if (value == NULL) {
        zpl_diag_add(diags, ZPL_CODE_BAD_CONDITION, node->span,
                     "the condition of step %s has no value: %s", node->name, zpl_buf_str(&text));
        err = ZPL_ERR_STEP;
    } else {
        step->status = ZPL_PLAN_SKIPPED;
        step->why = zpl_arena_printf(&plan->arena, "not so: %s", zpl_buf_str(&text));
    }
    zpl_buf_release(&text);
    return err;
}

/* Is an output there, and as it was stored if a power loss may have torn it? */
static enum zpl_err is_there(struct zpl_plan *plan, const struct zpl_output_row *row, bool unsure)
{
    struct zpl_artifacts *artifacts;
    struct zpl_diags quiet = {0};
    char path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_session_artifacts(plan->session, &artifacts);
    if (err == ZPL_OK)
        err = artifacts->has(artifacts->self, &row->digest, row->bytes, &plan->session->diags);
    if (err != ZPL_OK || !unsure)
        return err;
    err = zpl_sound_local(plan->session, &row->digest, path, &quiet);
    if (err != ZPL_ERR_CORRUPT && err != ZPL_ERR_NOT_FOUND)
        zpl_diags_append(&plan->session->diags, &quiet);
    zpl_diags_release(&quiet);
    return err == ZPL_ERR_CORRUPT ? ZPL_ERR_NOT_FOUND : err;
}

/* Are all outputs of a stored step there?  Values kept in the row always are. */
enum zpl_err zpl_plan_there(struct zpl_plan *plan, const struct zpl_step_row *row, bool *there)
{
    struct zpl_metadata *metadata;
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < row->output_count; i++)
        if (row->outputs[i].json == NULL)
            err = is_there(plan, &row->outputs[i], row->unsure);
    *there = err == ZPL_OK;
    if (*there && row->unsure) {
        err = zpl_session_metadata(plan->session, true, &metadata);
        if (err == ZPL_OK)
            err = metadata->step_sure(metadata->self, &row->key, &plan->session->diags);
    }
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* A value too long for its row is read from the store: conditions look into reports, maps into lists. */
enum zpl_err zpl_plan_fetch(struct zpl_plan *plan, const struct zpl_output *output,
                            struct zpl_output_row *row)
{
    struct zpl_diags *diags = &plan->session->diags;
    struct zpl_buf text = {0};
    char path[ZPL_PATH_MAX];
    if (row->json != NULL || !zpl_output_is_value(output))
        return ZPL_OK;
    enum zpl_err err = zpl_sound_local(plan->session, &row->digest, path, diags);
    if (err == ZPL_OK)
        err = zpl_fs_read_file(path, ZPL_MESSAGE_MAX, &text, diags);
    if (err == ZPL_OK) {
        row->json = zpl_arena_strndup(&plan->arena, zpl_buf_str(&text), text.len);
        err = row->json != NULL ? ZPL_OK : zpl_diag_nomem(diags);
    }
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_plan_take_outputs(struct zpl_plan *plan, uint32_t id,
                                   const struct zpl_step_row *row, bool *whole)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_output_row *outputs =
        zpl_arena_array(&plan->arena, node->output_count + 1, sizeof *outputs);
    enum zpl_err err = outputs != NULL ? ZPL_OK : zpl_diag_nomem(&plan->session->diags);
    *whole = true;
    for (size_t i = 0; err == ZPL_OK && i < node->output_count; i++) {
        size_t k = 0;
        while (k < row->output_count && strcmp(row->outputs[k].name, node->outputs[i].name) != 0)
            k++;
        *whole = k < row->output_count;
        if (!*whole)
            return ZPL_OK;
        outputs[i] = row->outputs[k];
        err = zpl_plan_fetch(plan, &node->outputs[i], &outputs[i]);
    }
    if (err == ZPL_OK)
        plan->steps[id].outputs = outputs;
    return err;
}

/* Is the step asked for again?  One inside maps perhaps for one item alone. */
static bool is_again(const struct zpl_plan *plan, uint32_t id)
{
    bool again = plan->again != NULL && plan->again[id];
    uint32_t map = plan->graph->nodes[id].map;
    for (; again && plan->again_item != NULL && map != 0; map = plan->graph->maps[map - 1].parent)
        again = plan->again_item[map - 1] == 0 ||
                plan->again_item[map - 1] == plan->items[map - 1].index + 1;
    return again;
}

/* By key, with every output there. */
enum zpl_err zpl_plan_look(struct zpl_plan *plan, uint32_t id, bool *hit)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_step_plan *step = &plan->steps[id];
    struct zpl_metadata *metadata;
    struct zpl_step_row row;
    bool there = false;
    *hit = false;
    if (plan->no_cache || !node->cache || is_again(plan, id))
        return ZPL_OK;
    enum zpl_err err = zpl_session_metadata(plan->session, true, &metadata);
    if (err != ZPL_OK)
        return err;
    err =
        metadata->step_made(metadata->self, &step->key, &row, &plan->arena, &plan->session->diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return ZPL_OK;
    if (err == ZPL_OK && zpl_effect_is(node))
        err = zpl_effect_stands(plan, id, &there);
    else if (err == ZPL_OK)
        err = zpl_plan_there(plan, &row, &there);
    if (err == ZPL_OK && there)
        err = zpl_plan_take_outputs(plan, id, &row, &there);
    step->gone = !there;
    if (err != ZPL_OK || !there)
        return err;
    step->status = ZPL_PLAN_CACHED;
    step->why = NULL; /* it may have waited for another that made the same */
    step->started_ns = row.started_ns;
    step->duration_ns = row.duration_ns;
    *hit = true;
    return ZPL_OK;
}

enum zpl_err zpl_plan_allow(struct zpl_plan *plan, uint32_t id, bool *allowed)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    enum zpl_err err = ZPL_OK;
    *allowed = false;
    if (plan->steps[id].status != ZPL_PLAN_PENDING || settled_by_needs(plan, node))
        return ZPL_OK;
    if (node->when != NULL)
        err = heed_condition(plan, node);
    *allowed = err == ZPL_OK && plan->steps[id].status != ZPL_PLAN_SKIPPED;
    return err;
}

/* From what it needs, its condition, its key. */
enum zpl_err zpl_plan_decide(struct zpl_plan *plan, uint32_t id)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_step_plan *step = &plan->steps[id];
    struct zpl_reasons reasons;
    bool hit = false, allowed;
    enum zpl_err err = zpl_plan_allow(plan, id, &allowed);
    if (err != ZPL_OK || !allowed)
        return err;
    if (zpl_node_reads_name(node))
        return zpl_name_step_decide(plan, id);
    err = zpl_key_make(plan, id);
    if (err == ZPL_OK)
        err = zpl_plan_look(plan, id, &hit);
    if (err != ZPL_OK || hit)
        return err;
    step->status = ZPL_PLAN_WOULD_RUN;
    if (!node->cache && !plan->no_cache) {
        step->why = "its cache is off";
        return ZPL_OK;
    }
    if (is_again(plan, id)) {
        step->why = "it is asked for again";
        return ZPL_OK;
    }
    err = zpl_why(plan, id, &reasons, &plan->arena);
    if (err == ZPL_OK)
        step->why = zpl_reasons_text(&reasons, &plan->arena);
    return err;
}

void zpl_plan_fail(struct zpl_plan *plan, uint32_t id)
{
    struct zpl_diags *diags = &plan->session->diags;
    const char *message =
        diags->count > 0 ? diags->items[diags->count - 1]->message : "it can't run";
    plan->steps[id].status = ZPL_PLAN_FAILED;
    plan->steps[id].error = zpl_arena_strdup(&plan->arena, message);
}
