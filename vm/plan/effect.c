/* effect.c - deploy, and what is written under a name.   Floor: vm. */
#include "vm/plan/effect.h"

#include <string.h>

#include "vm/plan/map.h"
#include "vm/protocol/json_read.h"
#include "vm/session/named.h"
#include "vm/session/sound.h"

/* A whole path or an empty name is refused by the deployer. */
const char *zpl_effect_name(struct zpl_plan *plan, uint32_t id)
{
    const struct zpl_argument *argument = zpl_node_argument(&plan->graph->nodes[id], "name");
    const struct zpl_literal *name =
        argument != NULL ? zpl_plan_value(plan, argument->value, &plan->arena) : NULL;
    return name != NULL && name->kind == ZPL_LIT_STRING ? name->as.str.s : "";
}

enum zpl_err zpl_effect_stands(struct zpl_plan *plan, uint32_t id, bool *stands)
{
    struct zpl_deployer *deployer;
    *stands = false;
    if (zpl_node_writes_name(&plan->graph->nodes[id]))
        return zpl_named_stands(plan->session, zpl_effect_name(plan, id), &plan->steps[id].key,
                                stands, &plan->session->diags);
    enum zpl_err err = zpl_session_deployer(plan->session, &deployer);
    if (err == ZPL_OK)
        err = deployer->current(deployer->self, zpl_effect_name(plan, id), &plan->steps[id].key,
                                &plan->session->diags);
    *stands = err == ZPL_OK;
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* What a map's items say of one step; one an item, NULL: it was left out. */
struct item_evidence {
    uint32_t node;
    struct zpl_json **items;
    size_t count;
    struct item_evidence *next;
};
/* Reports that this deployment was decided by, by step name. */
struct evidence {
    struct zpl_plan *plan;
    struct zpl_json *metrics;
    struct item_evidence *mapped;
};

static void add_report(struct evidence *evidence, uint32_t node, uint32_t output)
{
    const struct zpl_output_row *rows = evidence->plan->steps[node].outputs;
    struct zpl_json *value = NULL;
    if (rows == NULL || rows[output].json == NULL) /* skipped: another alternative was taken */
        return;
    if (zpl_json_parse(rows[output].json, strlen(rows[output].json), &value, NULL) == ZPL_OK)
        zpl_json_set_take(evidence->metrics, evidence->plan->graph->nodes[node].name, value);
}

static void first_maker(void *self, uint32_t node, uint32_t output)
{
    uint32_t *first = self;
    (void)output;
    if (*first == ZPL_NO_NODE)
        *first = node;
}

/* The entry of a step; NULL: memory is out. */
static struct item_evidence *mapped_of(struct evidence *evidence, uint32_t node, size_t count)
{
    struct zpl_arena *arena = &evidence->plan->arena;
    struct item_evidence *entry = evidence->mapped;
    while (entry != NULL && entry->node != node)
        entry = entry->next;
    if (entry != NULL)
        return entry;
    entry = zpl_arena_alloc(arena, sizeof *entry);
    struct zpl_json **items = zpl_arena_array(arena, count + 1, sizeof *items);
    if (entry == NULL || items == NULL)
        return NULL;
    *entry = (struct item_evidence){node, items, count, evidence->mapped};
    evidence->mapped = entry;
    return entry;
}

/* The value of one item; NULL: it was left out, or is no value. */
static struct zpl_json *item_json(const struct zpl_made *made)
{
    struct zpl_json *value = NULL;
    if (made->row != NULL && made->row->json != NULL)
        (void)zpl_json_parse(made->row->json, strlen(made->row->json), &value, NULL);
    if (value != NULL || made->literal == NULL)
        return value;
    return made->literal->kind == ZPL_LIT_FLOAT ? zpl_json_real(made->literal->as.f)
                                                : zpl_literal_json(made->literal);
}

/* What a gathered value was for every item; a field of a report stands in an object, with the others
 * that are looked at. */
static void add_gathered(struct evidence *evidence, const struct zpl_value *gather)
{
    const struct zpl_value *inner = gather->gather.value;
    const struct zpl_gathered *gathered = zpl_mapping_gathered(evidence->plan, gather);
    const char *field = inner->kind == ZPL_VALUE_REF ? inner->ref.field : NULL;
    uint32_t node = ZPL_NO_NODE;
    zpl_value_refs(inner, first_maker, &node);
    if (gathered == NULL || node == ZPL_NO_NODE)
        return;
    struct item_evidence *entry =
        mapped_of(evidence, node, evidence->plan->maps[gather->gather.map]->count);
    for (size_t i = 0; entry != NULL && i < entry->count; i++) {
        struct zpl_json *value = item_json(&gathered->items[i]);
        if (value != NULL && field != NULL) {
            if (entry->items[i] == NULL)
                entry->items[i] = zpl_json_object();
            zpl_json_set_take(entry->items[i], field, value);
        } else if (value != NULL) {
            zpl_json_release(entry->items[i]);
            entry->items[i] = value;
        }
    }
}

static bool add_evidence(void *self, const struct zpl_value *value)
{
    struct evidence *evidence = self;
    if (value->kind == ZPL_VALUE_REF)
        add_report(evidence, value->ref.node, value->ref.output);
    else if (value->kind == ZPL_VALUE_GATHER)
        add_gathered(evidence, value);
    return value->kind != ZPL_VALUE_GATHER;
}

/* All of it as one object, by step name; of a step inside a map an array, null for an item left out. */
static struct zpl_json *reports(struct zpl_plan *plan, const struct zpl_value *when)
{
    struct evidence evidence = {.plan = plan, .metrics = zpl_json_object()};
    zpl_value_walk(when, add_evidence, &evidence);
    for (struct item_evidence *entry = evidence.mapped; entry != NULL; entry = entry->next) {
        struct zpl_json *array = zpl_json_array();
        for (size_t i = 0; i < entry->count; i++)
            zpl_json_add_take(array, entry->items[i] != NULL ? entry->items[i] : zpl_json_null());
        zpl_json_set_take(evidence.metrics, plan->graph->nodes[entry->node].name, array);
    }
    return evidence.metrics;
}

/* What stands beside the model: who made it, from what, and why it was let through. */
static enum zpl_err manifest(struct zpl_plan *plan, uint32_t id, int64_t run,
                             const struct zpl_deployment *deployment, struct zpl_buf *out,
                             struct zpl_diags *diags)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(deployment->name));
    zpl_json_set_take(o, "pipeline", zpl_json_string(plan->graph->pipeline));
    zpl_json_set_take(o, "run", zpl_json_int(run));
    zpl_json_set_take(o, "model", zpl_digest_json(&deployment->model));
    zpl_json_set_take(o, "bytes", zpl_json_int((int64_t)deployment->model_bytes));
    zpl_json_set_take(o, "type", zpl_json_string(deployment->model_type));
    zpl_json_set_take(o, "key", zpl_digest_json(&deployment->key));
    zpl_json_set_take(o, "reports", reports(plan, node->when));
    enum zpl_err err = zpl_json_write(o, false, out);
    zpl_json_release(o);
    return err == ZPL_OK && !zpl_arena_failed(&plan->arena) ? ZPL_OK : zpl_diag_nomem(diags);
}

/* The model goes to the stack's deployer. */
static enum zpl_err deploy(struct zpl_plan *plan, uint32_t id, int64_t run, const char **where,
                           struct zpl_diags *diags)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    const struct zpl_output_row *row = zpl_plan_input(plan, zpl_node_argument(node, "model")).row;
    struct zpl_deployer *deployer;
    struct zpl_buf text = {0};
    char path[ZPL_PATH_MAX];
    struct zpl_deployment deployment = {.name = zpl_effect_name(plan, id),
                                        .model_path = path,
                                        .model_type = row->type,
                                        .model = row->digest,
                                        .model_bytes = row->bytes,
                                        .key = plan->steps[id].key};
    enum zpl_err err = zpl_session_deployer(plan->session, &deployer);
    if (err == ZPL_OK)
        err = zpl_sound_local(plan->session, &row->digest, path, diags);
    if (err == ZPL_OK)
        err = manifest(plan, id, run, &deployment, &text, diags);
    if (err == ZPL_OK) {
        deployment.manifest = zpl_buf_str(&text);
        err = deployer->deploy(deployer->self, &deployment, where, &plan->arena, diags);
        if (err == ZPL_OK)
            *where = zpl_project_show(&plan->session->project, *where);
    }
    zpl_buf_release(&text);
    return err;
}

/* What is written under a name stands in the row of the step, which is put down when it is done. */
enum zpl_err zpl_effect_do(struct zpl_plan *plan, uint32_t id, int64_t run, const char **where,
                           struct zpl_diags *diags)
{
    if (!zpl_node_writes_name(&plan->graph->nodes[id]))
        return deploy(plan, id, run, where, diags);
    *where = zpl_effect_name(plan, id);
    return ZPL_OK;
}
