/* name_step.c - see name_step.h.   Floor: vm. */
#include "vm/plan/name_step.h"

#include "lang/types/signature.h"
#include "vm/plan/key.h"
#include "vm/session/named.h"

static enum zpl_err row_of(struct zpl_plan *plan, uint32_t id, const struct zpl_step_row **row)
{
    return zpl_named_find(plan->session, zpl_node_name_of(&plan->graph->nodes[id]), row,
                          &plan->session->diags);
}

enum zpl_err zpl_name_step_ingredient(struct zpl_plan *plan, uint32_t id,
                                      const struct zpl_digest **digest)
{
    const struct zpl_step_row *row;
    enum zpl_err err = row_of(plan, id, &row);
    if (err == ZPL_OK)
        *digest = &row->outputs[0].digest;
    return err;
}

/* What stands there is gone from the store: nothing can be done with the name. */
static enum zpl_err tell_gone(struct zpl_plan *plan, const struct zpl_node *node,
                              const struct zpl_step_row *row)
{
    struct zpl_diags *diags = &plan->session->diags;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, node->span,
                                         "what run %lld wrote as '%s' is not in the store any more",
                                         (long long)row->run, zpl_node_name_of(node));
    zpl_diag_help(diags, diag, "run pipeline %s again, which makes it and writes it again",
                  row->pipeline);
    return ZPL_ERR_STEP;
}

enum zpl_err zpl_name_step_decide(struct zpl_plan *plan, uint32_t id)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_step_plan *step = &plan->steps[id];
    const struct zpl_step_row *row;
    bool there;
    enum zpl_err err = row_of(plan, id, &row);
    if (err != ZPL_OK)
        return err;
    if (row == NULL) {
        step->status = ZPL_PLAN_SKIPPED;
        step->why = zpl_arena_printf(&plan->arena, "no run has written %s", zpl_node_name_of(node));
        return ZPL_OK;
    }
    err = zpl_key_make(plan, id);
    if (err == ZPL_OK)
        err = zpl_plan_there(plan, row, &there);
    if (err == ZPL_OK && !there)
        return tell_gone(plan, node, row);
    struct zpl_output_row *output = zpl_arena_alloc(&plan->arena, sizeof *output);
    if (err == ZPL_OK && output == NULL)
        err = zpl_diag_nomem(&plan->session->diags);
    if (err != ZPL_OK)
        return err;
    *output = row->outputs[0];
    output->name = node->outputs[0].name;
    err = zpl_plan_fetch(plan, &node->outputs[0], output);
    if (err != ZPL_OK)
        return err;
    step->outputs = output;
    step->status = ZPL_PLAN_CACHED;
    step->started_ns = row->started_ns;
    step->why = zpl_arena_printf(&plan->arena, "written by run %lld", (long long)row->run);
    return step->why != NULL ? ZPL_OK : zpl_diag_nomem(&plan->session->diags);
}

const char *zpl_name_step_type(struct zpl_plan *plan, const struct zpl_argument *value)
{
    struct zpl_arena *arena = &plan->arena;
    const struct zpl_type *type;
    struct zpl_signature_error error;
    struct zpl_made made;
    if (!zpl_plan_made(plan, value->value, &made))
        return NULL;
    if (value->wants == NULL)
        return made.row->type;
    if (zpl_type_parse(made.row->type, arena, &type, &error) != ZPL_OK || type->row == NULL)
        return NULL;
    struct zpl_row row = *type->row;
    struct zpl_column *columns = zpl_arena_array(arena, row.count, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < row.count; i++) {
        columns[i] = row.columns[i];
        if (zpl_row_find(value->wants->row, columns[i].name) != NULL)
            columns[i].type = zpl_type_hindsight(arena, columns[i].type);
        if (columns[i].type == NULL)
            return NULL;
    }
    row.columns = columns;
    const struct zpl_type *marked = columns != NULL ? zpl_type_table(arena, &row) : NULL;
    return marked != NULL ? zpl_type_text(marked, false, arena) : NULL;
}
