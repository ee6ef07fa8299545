/* effect.c - deploy.   Floor: vm. */
#include "vm/effect.h"

#include <string.h>

#include "vm/json_read.h"
#include "vm/sound.h"

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
    enum zpl_err err = zpl_session_deployer(plan->session, &deployer);
    *stands = false;
    if (err == ZPL_OK)
        err = deployer->current(deployer->self, zpl_effect_name(plan, id), &plan->steps[id].key,
                                &plan->session->diags);
    *stands = err == ZPL_OK;
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* Reports that this deployment was decided by, by step name. */
struct evidence {
    struct zpl_plan *plan;
    struct zpl_json *metrics;
};

static void add_evidence(void *self, uint32_t node, uint32_t output)
{
    struct evidence *evidence = self;
    const struct zpl_output_row *row = &evidence->plan->steps[node].outputs[output];
    struct zpl_json *value = NULL;
    if (row->json != NULL && zpl_json_parse(row->json, strlen(row->json), &value, NULL) == ZPL_OK)
        zpl_json_set_take(evidence->metrics, evidence->plan->graph->nodes[node].name, value);
}

/* What stands beside the model: who made it, from what, and why it was let through. */
static enum zpl_err manifest(struct zpl_plan *plan, uint32_t id, int64_t run,
                             const struct zpl_deployment *deployment, struct zpl_buf *out,
                             struct zpl_diags *diags)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct evidence evidence = {plan, zpl_json_object()};
    struct zpl_json *o = zpl_json_object();
    if (node->when != NULL)
        zpl_value_refs(node->when, add_evidence, &evidence);
    zpl_json_set_take(o, "name", zpl_json_string(deployment->name));
    zpl_json_set_take(o, "pipeline", zpl_json_string(plan->graph->pipeline));
    zpl_json_set_take(o, "run", zpl_json_int(run));
    zpl_json_set_take(o, "model", zpl_digest_json(&deployment->model));
    zpl_json_set_take(o, "type", zpl_json_string(deployment->model_type));
    zpl_json_set_take(o, "key", zpl_digest_json(&deployment->key));
    zpl_json_set_take(o, "reports", evidence.metrics);
    enum zpl_err err = zpl_json_write(o, false, out);
    zpl_json_release(o);
    return err == ZPL_OK ? ZPL_OK : zpl_diag_nomem(diags);
}

/* The model goes to the stack's deployer. */
enum zpl_err zpl_effect_do(struct zpl_plan *plan, uint32_t id, int64_t run, const char **where,
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
