/* journal.c - rows of runs and steps.   Floor: vm. */
#include "vm/run/journal.h"

#include <string.h>

#include "lang/base/fs.h"
#include "lang/graph/body_kind.h"
#include "stdlib/run.h"
#include "vm/plan/name_step.h"
#include "vm/plan/python_step.h"
#include "vm/run/report.h"
#include "vm/run/task.h"
#include "vm/worker/confine.h"

#define LAST_LINES 8 /* of the log, in an error */
#define STEP       "step "
#define FAILED     " failed: " /* between a step and why */

/* The params as one JSON object. */
static struct zpl_json *params_json(const struct zpl_graph *graph)
{
    struct zpl_json *o = zpl_json_object();
    for (size_t i = 0; i < graph->param_count; i++)
        zpl_json_set_take(o, graph->params[i].name, zpl_literal_json(graph->params[i].value));
    return o;
}

enum zpl_err zpl_journal_begin(struct zpl_run *run)
{
    struct zpl_session *session = run->plan.session;
    const struct zpl_graph *graph = run->plan.graph;
    struct zpl_metadata *metadata;
    struct zpl_json *params = params_json(graph);
    struct zpl_buf params_text = {0}, graph_text = {0}, places_text = {0};
    bool written = zpl_json_write(params, false, &params_text) == ZPL_OK;
    zpl_json_release(params);
    enum zpl_err err =
        written ? zpl_session_write_graph(session, &graph_text) : zpl_diag_nomem(&session->diags);
    if (err == ZPL_OK)
        err = zpl_session_write_places(session, &places_text);
    run->places_text = zpl_digest_of(zpl_buf_str(&places_text), places_text.len);
    run->started_ns = zpl_clock_wall_ns();
    struct zpl_run_row row = {.pipeline = graph->pipeline,
                              .file = session->project.relative,
                              .status = ZPL_RUN_RUNNING,
                              .started_ns = run->started_ns,
                              .params = zpl_buf_str(&params_text),
                              .graph = zpl_buf_str(&graph_text),
                              .places = zpl_buf_str(&places_text),
                              .places_digest = &run->places_text};
    if (err == ZPL_OK)
        err = zpl_session_metadata(session, true, &metadata);
    if (err == ZPL_OK)
        err = metadata->run_begin(metadata->self, &row, &run->id, &session->diags);
    zpl_buf_release(&params_text);
    zpl_buf_release(&graph_text);
    zpl_buf_release(&places_text);
    return err;
}

/* The first error among diagnostics, which hold warnings too; NULL: none. */
static const char *first_error(const struct zpl_diags *diags)
{
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i]->severity == ZPL_ERROR)
            return diags->items[i]->message;
    return NULL;
}

enum zpl_err zpl_journal_end(struct zpl_run *run)
{
    struct zpl_session *session = run->plan.session;
    struct zpl_metadata *metadata;
    struct zpl_buf text = {0};
    const char *error = first_error(&session->program.diags);
    if (error == NULL)
        error = first_error(&session->diags);
    run->ended_ns = zpl_clock_wall_ns();
    if (run->ended_ns < run->started_ns)
        run->ended_ns = run->started_ns; /* the clock was set back */
    struct zpl_json *json = zpl_report_record(&run->plan);
    bool written = zpl_json_write(json, false, &text) == ZPL_OK;
    zpl_json_release(json);
    run->plan_text = zpl_digest_of(zpl_buf_str(&text), text.len);
    struct zpl_run_row row = {.id = run->id,
                              .status = run->status,
                              .started_ns = run->started_ns,
                              .ended_ns = run->ended_ns,
                              .plan = zpl_buf_str(&text),
                              .plan_digest = &run->plan_text,
                              .error = run->status == ZPL_RUN_DONE ? NULL : error};
    enum zpl_err err =
        written ? zpl_session_metadata(session, true, &metadata) : zpl_diag_nomem(&session->diags);
    if (err == ZPL_OK)
        err = metadata->run_end(metadata->self, &row, &session->diags);
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_journal_step(const struct zpl_run *run, struct zpl_plan *plan, uint32_t id,
                              enum zpl_step_status status, const struct zpl_log *log,
                              uint64_t peak_bytes)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    const struct zpl_step_plan *step = &plan->steps[id];
    struct zpl_metadata *metadata;
    struct zpl_json *ingredients = zpl_ingredients_json(&step->ingredients);
    struct zpl_buf json = {0};
    struct zpl_buf text = {0};
    struct zpl_step_row row = {.run = run->id,
                               .pipeline = plan->graph->pipeline,
                               .name = node->name,
                               .step = node->step,
                               .kernel = node->kernel,
                               .status = status,
                               .key = step->key,
                               .shape_key = zpl_ingredients_key(&step->ingredients, true),
                               .started_ns = step->started_ns,
                               .duration_ns = step->duration_ns,
                               .peak_bytes = peak_bytes,
                               .attempts = step->attempts,
                               .error = step->error,
                               .outputs = step->outputs,
                               .output_count = step->outputs != NULL ? node->output_count : 0};
    struct zpl_output_row written = {0};
    if (status == ZPL_STEP_RAN && zpl_node_writes_name(node)) {
        const struct zpl_argument *value = zpl_node_argument(node, "value");
        written = *zpl_plan_input(plan, value).row;
        written.name = "value";
        written.type = zpl_name_step_type(plan, value);
        row.outputs = &written;
        row.output_count = 1;
        row.named = zpl_node_name_of(node);
    }
    enum zpl_err err = zpl_json_write(ingredients, false, &json);
    zpl_json_release(ingredients);
    if (log != NULL)
        zpl_log_text(log, &text);
    row.ingredients = zpl_buf_str(&json);
    row.log = zpl_buf_str(&text);
    row.log_len = text.len;
    row.inputs = zpl_task_inputs(plan, id, &row.input_count);
    if (err != ZPL_OK || zpl_buf_error(&text) != ZPL_OK || row.inputs == NULL ||
        (row.named != NULL && written.type == NULL))
        err = zpl_diag_nomem(&plan->session->diags);
    else
        err = zpl_session_metadata(plan->session, true, &metadata);
    if (err == ZPL_OK)
        err = metadata->step_put(metadata->self, &row, &plan->session->diags);
    zpl_buf_release(&text);
    zpl_buf_release(&json);
    return err;
}

/* Did a program meet the limits of what it may touch, as far as it said so?  What a function of Python returned that is
 * not what it declares has no such reason. */
static bool was_confined(const struct zpl_node *node, const struct zpl_diag *first,
                         const char *printed)
{
    if (zpl_node_is_python(node) && first != NULL && first->code == ZPL_CODE_STEP_OUTPUT)
        return false;
    return zpl_body_kind(node->kernel)->program && strstr(printed, "ermission denied") != NULL &&
           zpl_confine_version() > 0;
}

static bool has_note(const struct zpl_diag *diag, const char *text)
{
    for (const struct zpl_note *note = diag->notes; note != NULL; note = note->next)
        if (strcmp(note->text, text) == 0)
            return true;
    return false;
}

/* Is the step that it names another item of this one? */
static bool is_of_item(const struct zpl_diag *diag, const char *name)
{
    size_t base = strcspn(name, "[");
    return name[base] == '[' && strncmp(diag->message, STEP, strlen(STEP)) == 0 &&
           strncmp(diag->message + strlen(STEP), name, base + 1) == 0;
}

/* That of another item; of another call of the function of Python, whose words have the place and the reason; of another call
 * at the same place which printed the same at its end (`shown`).  NULL: none failed with these words. */
static struct zpl_diag *same_failure(const struct zpl_diags *diags, const struct zpl_node *node,
                                     enum zpl_code code, const char *message, const char *shown)
{
    for (size_t i = 0; i < diags->count; i++) {
        struct zpl_diag *diag = diags->items[i];
        const char *said = strstr(diag->message, FAILED);
        bool here = diag->span.source == node->span.source && diag->span.begin == node->span.begin;
        if (diag->code == code && diag->severity == ZPL_ERROR && said != NULL &&
            strcmp(said + sizeof FAILED - 1, message) == 0 &&
            (zpl_node_is_python(node) || is_of_item(diag, node->name) ||
             (here && (*shown == '\0' || has_note(diag, shown)))))
            return diag;
    }
    return NULL;
}

void zpl_journal_failure(struct zpl_plan *plan, uint32_t id, enum zpl_code code, const char *reason,
                         const struct zpl_diags *details, const struct zpl_log *log)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_diags *diags = &plan->session->program.diags;
    struct zpl_span nowhere = {0};
    const struct zpl_diag *first = details != NULL && details->count > 0 ? details->items[0] : NULL;
    const char *message = first != NULL ? first->message : reason;
    struct zpl_buf last = {0}, shown = {0};
    plan->steps[id].error = zpl_arena_strdup(&plan->arena, message);
    code = first != NULL ? first->code : code;
    if (log != NULL)
        zpl_log_shown(log, LAST_LINES, &last);
    if (last.len > 0)
        zpl_buf_printf(&shown, "the end of its log:\n%s", zpl_buf_str(&last));
    struct zpl_diag *diag = same_failure(diags, node, code, message, zpl_buf_str(&shown));
    if (diag != NULL) {
        zpl_diag_also(diags, diag, node->name);
        zpl_buf_release(&last);
        zpl_buf_release(&shown);
        return;
    }
    diag = zpl_diag_add(diags, code, node->span, STEP "%s" FAILED "%s", node->name, message);
    for (size_t i = 1; details != NULL && i < details->count; i++)
        zpl_diag_note(diags, diag, nowhere, "%s", details->items[i]->message);
    for (const struct zpl_note *note = first != NULL ? first->notes : NULL; note != NULL;
         note = note->next)
        zpl_diag_note(diags, diag, nowhere, "%s", note->text);
    if (shown.len > 0)
        zpl_diag_note(diags, diag, nowhere, "%s", zpl_buf_str(&shown));
    if (first != NULL && first->help != NULL)
        zpl_diag_help(diags, diag, "%s", first->help);
    else if (was_confined(node, first, zpl_buf_str(&last)))
        zpl_diag_help(
            diags, diag,
            zpl_node_is_python(node)
                ? "a function of Python, with the programs that it starts, reads the system and of "
                  "its project what its key knows: modules that are imported by name, `files` and "
                  "Path params (docs/python.md, what counts)"
                : "a command reads the system, its project, and what its words, `files` and "
                  "Path params name; it writes its outputs, and below $TMPDIR "
                  "(docs/language.md, command bodies)");
    zpl_buf_release(&last);
    zpl_buf_release(&shown);
}
