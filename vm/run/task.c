/* task.c - from a step to a task and back.   Floor: vm. */
#include "vm/run/task.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/graph/body_kind.h"
#include "vm/plan/key.h"
#include "vm/plan/python_step.h"
#include "vm/plan/user_files.h"
#include "vm/protocol/json_read.h"
#include "vm/protocol/protocol.h"
#include "vm/python/envs.h"
#include "vm/session/sound.h"

/* The ending of an output's file, so that people and libraries know it. */
static const char *ending(const struct zpl_type *type)
{
    if (type->kind == ZPL_TABLE)
        return ".parquet";
    if (zpl_type_is_model_of(type, "xgboost"))
        return ".ubj";
    if (zpl_type_is_model_of(type, "onnx"))
        return ".onnx";
    if (type->kind == ZPL_REPORT || type->kind == ZPL_RECORD || type->kind == ZPL_LIST ||
        zpl_kind_is_scalar(type->kind))
        return ".json";
    return "";
}

const char *zpl_task_output_path(struct zpl_plan *plan, const struct zpl_output *output,
                                 const char *scratch)
{
    return zpl_arena_printf(&plan->arena, "%s/%s%s", scratch, output->name, ending(output->type));
}

/* Where an input can be read: in the store, or, for a value kept in its row, in scratch. */
static enum zpl_err input_path(struct zpl_plan *plan, const struct zpl_output_row *row,
                               const char *scratch, struct zpl_run_input *input)
{
    struct zpl_artifacts *artifacts;
    struct zpl_diags *diags = &plan->session->diags;
    char path[ZPL_PATH_MAX];
    enum zpl_err err;
    if (row->json != NULL) {
        const char *file = zpl_arena_printf(&plan->arena, "%s/in.%s.json", scratch, input->name);
        if (file == NULL)
            return zpl_diag_nomem(diags);
        input->path = file;
        return zpl_fs_write_file(file, row->json, strlen(row->json), false, diags);
    }
    err = zpl_session_artifacts(plan->session, &artifacts);
    if (err == ZPL_OK)
        err = artifacts->local(artifacts->self, &row->digest, path, diags);
    if (err == ZPL_OK)
        input->path = zpl_arena_strdup(&plan->arena, path);
    input->hold = !row->just_made;
    input->digest = row->digest;
    return err;
}

static enum zpl_err make_input(struct zpl_plan *plan, const struct zpl_argument *argument,
                               const char *scratch, struct zpl_run_input *input)
{
    struct zpl_made made = zpl_plan_input(plan, argument);
    const struct zpl_output_row *row = made.row;
    input->name = argument->name;
    input->type = row->type;
    input->rows = row->rows;
    input->reads_all = argument->reads_all;
    input->reads = argument->reads;
    input->read_count = argument->read_count;
    if (argument->wants != NULL && argument->wants->kind == ZPL_TABLE) {
        input->wants = zpl_type_text(argument->wants, false, &plan->arena);
        input->maker = made.step;
    }
    return input_path(plan, row, scratch, input);
}

/* The files of a source as the kernel opens them, which its key does not know: one absolute path, or a
 * list. */
static enum zpl_err make_source(struct zpl_plan *plan, const struct zpl_node *node,
                                const struct zpl_literal **out)
{
    struct zpl_diags *diags = &plan->session->diags;
    struct zpl_user_files files;
    char full[ZPL_PATH_MAX];
    enum zpl_err err = zpl_user_files(plan, node, &files, diags);
    const struct zpl_literal **items =
        zpl_arena_array(&plan->arena, files.count + 1, sizeof *items);
    for (size_t i = 0; err == ZPL_OK && items != NULL && i < files.count; i++) {
        const char *path = files.items[i].path;
        if (zpl_project_path(&plan->session->project, path, full) != ZPL_OK)
            return zpl_diag_system(diags, "use", path, ENAMETOOLONG);
        items[i] = zpl_literal_path(&plan->arena, full, strlen(full));
    }
    if (err != ZPL_OK || zpl_arena_failed(&plan->arena))
        return err != ZPL_OK ? err : zpl_diag_nomem(diags);
    bool alone = files.count == 1 && !zpl_user_file_is_numbered(files.items[0].name);
    *out = alone ? items[0] : zpl_literal_list(&plan->arena, items, files.count);
    return ZPL_OK;
}

/* A param. */
static enum zpl_err make_param(struct zpl_plan *plan, const struct zpl_node *node,
                               const struct zpl_argument *argument, struct zpl_run_param *param)
{
    const struct zpl_literal *value = NULL;
    enum zpl_err err = zpl_argument_is_source(node, argument)
                           ? make_source(plan, node, &value)
                           : zpl_plan_param(plan, node, argument, &value);
    if (err != ZPL_OK)
        return err;
    param->name = argument->name[0] == '$' ? argument->name + 1 : argument->name; /* of SQL */
    param->value = value;
    return value != NULL ? ZPL_OK : zpl_diag_nomem(&plan->session->diags);
}

/* The bindings the kernel may see, NULL-terminated lists. */
static size_t make_bindings(struct zpl_plan *plan, const struct zpl_node *node,
                            struct zpl_run_binding *out)
{
    size_t count = 0;
    for (size_t i = 0; i < node->binding_count; i++) {
        const struct zpl_binding *binding = &node->bindings[i];
        const char **names = zpl_arena_array(&plan->arena, binding->count + 1, sizeof *names);
        if (names == NULL || !zpl_binding_is_seen(node, binding))
            continue;
        for (size_t k = 0; k < binding->count; k++)
            names[k] = binding->columns[k];
        out[count++] = (struct zpl_run_binding){binding->var, names};
    }
    return count;
}

/* A task that could not be written down. */
static enum zpl_err unsendable(struct zpl_plan *plan, const struct zpl_node *node, enum zpl_err err)
{
    if (err != ZPL_ERR_LIMIT)
        return zpl_diag_nomem(&plan->session->diags);
    zpl_diag_add(&plan->session->diags, ZPL_CODE_WORKER, node->span,
                 "the task of step %s is over %u MiB", node->name, ZPL_MESSAGE_MAX >> 20);
    return err;
}

uint64_t zpl_task_memory_max(const struct zpl_orchestrator *orchestrator)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    bool known = pages > 0 && page > 0 && !orchestrator->elsewhere;
    return known ? (uint64_t)pages * (uint64_t)page / 10 * 8 : 0;
}

/* ---- steps whose process may go on for others ---- */

static void add_json(struct zpl_hasher *hasher, const struct zpl_json *json)
{
    struct zpl_buf text = {0};
    if (json != NULL && zpl_json_write(json, false, &text) == ZPL_OK)
        zpl_hasher_field(hasher, text.data, text.len);
    else
        zpl_hasher_field(hasher, "", 0);
    zpl_buf_release(&text);
}

/* zpl's own kernels have one, so that their bytes are the same on every machine; a program of the user's has as
 * many as it asks for processors. */
static uint32_t threads_of(const struct zpl_node *node)
{
    return zpl_body_kind(node->kernel)->program && node->resources.cpu >= 2
               ? (uint32_t)node->resources.cpu
               : 1;
}

/* What steps of Python have in common that one process can serve: interpreter, packages, surroundings. */
static uint64_t kin_of(const struct zpl_plan *plan, const struct zpl_node *node,
                       const struct zpl_python_step *step, const struct zpl_json *body)
{
    struct zpl_hasher hasher;
    uint64_t kin;
    uint32_t threads = threads_of(node);
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, &threads, sizeof threads);
    zpl_hasher_text(&hasher, plan->session->project.root);
    zpl_hasher_text(&hasher, step->facts->interpreter);
    zpl_hasher_text(&hasher, step->facts->version);
    zpl_hasher_text(&hasher, step->env != NULL ? step->env->folder : "");
    add_json(&hasher, zpl_json_get(body, "vars"));
    add_json(&hasher, zpl_json_get(body, "pass"));
    for (size_t i = 0; i < step->package_count; i++) {
        zpl_hasher_text(&hasher, step->packages[i].name);
        zpl_hasher_text(&hasher,
                        step->packages[i].version != NULL ? step->packages[i].version : "");
    }
    const struct zpl_digest digest = zpl_hasher_final(&hasher);
    memcpy(&kin, digest.b, sizeof kin);
    return kin != 0 ? kin : 1;
}

/* 0: the process of the step is its own.  One that opens connections or reads files outside of the project has
 * confines that no other has; and a device can't be shared by forks. */
static uint64_t kin_of_step(struct zpl_plan *plan, const struct zpl_node *node)
{
    struct zpl_python_step step;
    struct zpl_json *body = NULL;
    struct zpl_diags quiet = {0}; /* what is wrong is told when the task is made */
    const char *const *files;
    size_t file_count = 0;
    uint64_t kin = 0;
    if (zpl_node_is_python(node) && node->resources.gpu == 0 && node->resources.workers <= 1 &&
        zpl_json_parse(node->body, strlen(node->body), &body, NULL) == ZPL_OK &&
        !zpl_json_truth(zpl_json_get(body, "network"), false) &&
        zpl_python_keyed(plan, node, &step, &quiet) == ZPL_OK &&
        zpl_user_files_outside(plan, node, &files, &file_count, &quiet) == ZPL_OK &&
        file_count == 0)
        kin = kin_of(plan, node, &step, body);
    zpl_json_release(body);
    zpl_diags_release(&quiet);
    return kin;
}

#define GROUP "kin-"

const char *zpl_task_group(const struct zpl_plan *plan, uint32_t id, char out[ZPL_TASK_GROUP_SIZE])
{
    out[0] = '\0';
    if (plan->steps[id].kin != 0)
        snprintf(out, ZPL_TASK_GROUP_SIZE, GROUP "%016" PRIx64, plan->steps[id].kin);
    return out;
}

bool zpl_task_is_group(const char *name)
{
    return strncmp(name, GROUP, strlen(GROUP)) == 0;
}

/* Does the step see or make tables?  Standard steps do, nearly all. */
static bool has_tables(const struct zpl_node *node)
{
    bool has = !zpl_body_kind(node->kernel)->alone;
    for (size_t i = 0; !has && i < node->argument_count; i++)
        has = node->arguments[i].value != NULL && node->arguments[i].value->type != NULL &&
              node->arguments[i].value->type->kind == ZPL_TABLE;
    for (size_t i = 0; !has && i < node->output_count; i++)
        has = node->outputs[i].type->kind == ZPL_TABLE;
    return has;
}

struct zpl_task_needs zpl_task_needs_of(struct zpl_plan *plan, uint32_t id, uint64_t share,
                                        bool here)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_step_plan *step = &plan->steps[id];
    step->kin = here ? kin_of_step(plan, node) : 0;
    if (step->memory_bytes == 0)
        step->memory_bytes = node->resources.memory_bytes > 0 ? node->resources.memory_bytes
                                                              : share / zpl_node_workers(node);
    return (struct zpl_task_needs){.cpu = node->resources.cpu,
                                   .memory_bytes = step->memory_bytes,
                                   .timeout_ms = node->timeout_ms,
                                   .gpus = node->resources.gpu,
                                   .workers = node->resources.workers,
                                   .together = zpl_node_workers(node) > 1,
                                   .kin = step->kin,
                                   .tables = has_tables(node),
                                   .fresh = step->kin == 0 && zpl_body_kind(node->kernel)->alone};
}

/* What a function of Python is run by, which its key knows in other words: {"interpreter": PATH, "version":
 * "3.11.2", "modules": [PATH], "packages": {NAME: VERSION}, "site": [FOLDER]}, with an environment of its own
 * {"env": {"folder", "interpreter", "requirements"}}; where its process goes on for others {"kept": true}.  NULL:
 * memory is out. */
static const char *python_text(struct zpl_plan *plan, const struct zpl_python_step *step, bool kept)
{
    struct zpl_json *facts = zpl_json_object(), *modules = zpl_json_array();
    struct zpl_json *packages = zpl_json_object();
    struct zpl_buf out = {0};
    for (size_t i = 0; i < step->file_count; i++)
        zpl_json_add_take(modules, zpl_json_string(step->files[i].path));
    for (size_t i = 0; i < step->package_count; i++)
        if (step->packages[i].version != NULL)
            zpl_json_set_take(packages, step->packages[i].name,
                              zpl_json_string(step->packages[i].version));
    const char *interpreter = step->facts->interpreter;
    if (step->env != NULL) {
        struct zpl_json *env = zpl_json_object();
        zpl_json_set_take(env, "folder", zpl_json_string(step->env->folder));
        zpl_json_set_take(env, "interpreter", zpl_json_string(interpreter));
        zpl_json_set_take(env, "requirements", zpl_json_string(step->env->requirements));
        if (step->env->local)
            zpl_json_set_take(env, "local", zpl_json_bool(true));
        zpl_json_set_take(facts, "env", env);
        interpreter = zpl_arena_printf(&plan->arena, "%s/bin/python", step->env->folder);
    }
    if (kept)
        zpl_json_set_take(facts, "kept", zpl_json_bool(true));
    zpl_json_set_take(facts, "interpreter", zpl_json_string(interpreter));
    zpl_json_set_take(facts, "version", zpl_json_string(step->facts->version));
    zpl_json_set_take(facts, "modules", modules);
    zpl_json_set_take(facts, "packages",
                      step->env == NULL ? zpl_json_ref(packages) : zpl_json_null());
    zpl_json_set_take(facts, "own", zpl_names_json(step->facts->own, step->facts->own_count));
    zpl_json_set_take(facts, "site", zpl_names_json(step->facts->site, step->facts->site_count));
    const char *text = zpl_json_write(facts, false, &out) == ZPL_OK
                           ? zpl_arena_strndup(&plan->arena, zpl_buf_str(&out), out.len)
                           : NULL;
    zpl_json_release(packages);
    zpl_json_release(facts);
    zpl_buf_release(&out);
    return text;
}

/* The body, and behind a line break what is no part of what the step is: the places of Lua's, the interpreter
 * and the files of Python's. */
static enum zpl_err make_body(struct zpl_plan *plan, uint32_t id, const char **out)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_python_step step;
    const char *behind = node->places;
    *out = node->body;
    if (zpl_node_is_python(node)) {
        enum zpl_err err = zpl_python_keyed(plan, node, &step, &plan->session->diags);
        if (err == ZPL_OK && step.env != NULL)
            err = zpl_envs_used(step.env->folder, &plan->steps[id].key, &plan->session->diags);
        behind = err == ZPL_OK ? python_text(plan, &step, plan->steps[id].kin != 0) : NULL;
        if (behind == NULL)
            return err != ZPL_OK ? err : zpl_diag_nomem(&plan->session->diags);
    }
    if (node->body != NULL && behind != NULL)
        *out = zpl_arena_printf(&plan->arena, "%s\n%s", node->body, behind);
    return *out != NULL || node->body == NULL ? ZPL_OK : zpl_diag_nomem(&plan->session->diags);
}

/* All parts, then bytes. */
enum zpl_err zpl_task_make(struct zpl_plan *plan, uint32_t id, const char *scratch,
                           const char *gpus, struct zpl_buf *out)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_arena *arena = &plan->arena;
    struct zpl_run_param *params = zpl_arena_array(arena, node->argument_count + 1, sizeof *params);
    struct zpl_run_input *inputs = zpl_arena_array(arena, node->argument_count + 1, sizeof *inputs);
    struct zpl_run_output *outputs =
        zpl_arena_array(arena, node->output_count + 1, sizeof *outputs);
    struct zpl_run_binding *bindings =
        zpl_arena_array(arena, node->binding_count + 1, sizeof *bindings);
    const char *body = NULL;
    struct zpl_run_task task = {.kernel = node->kernel,
                                .params = params,
                                .inputs = inputs,
                                .outputs = outputs,
                                .output_count = node->output_count,
                                .bindings = bindings,
                                .scratch = scratch,
                                .store = plan->session->project.home,
                                .project = plan->session->project.root,
                                .threads = threads_of(node),
                                .workers = zpl_node_workers(node),
                                .gpus = gpus,
                                .memory_bytes = plan->steps[id].memory_bytes};
    enum zpl_err err = zpl_arena_failed(arena) ? zpl_diag_nomem(&plan->session->diags)
                                               : make_body(plan, id, &body);
    task.body = body;
    for (size_t i = 0; err == ZPL_OK && i < node->argument_count; i++) {
        const struct zpl_argument *argument = &node->arguments[i];
        if (zpl_argument_is_input(argument))
            err = make_input(plan, argument, scratch, &inputs[task.input_count++]);
        else
            err = make_param(plan, node, argument, &params[task.param_count++]);
    }
    if (err != ZPL_OK)
        return err;
    for (size_t i = 0; i < node->output_count; i++)
        outputs[i] = (struct zpl_run_output){
            node->outputs[i].name, zpl_type_text(node->outputs[i].type, false, arena),
            zpl_task_output_path(plan, &node->outputs[i], scratch)};
    task.binding_count = make_bindings(plan, node, bindings);
    if (zpl_node_is_python(node))
        err = zpl_user_files_known(plan, node, inputs, task.input_count, &task.files,
                                   &task.file_count, &plan->session->diags);
    else
        err = zpl_user_files_outside(plan, node, &task.files, &task.file_count,
                                     &plan->session->diags);
    if (err != ZPL_OK)
        return err;
    if (zpl_arena_failed(arena))
        return zpl_diag_nomem(&plan->session->diags);
    err = zpl_task_encode_run(&task, out);
    return err == ZPL_OK ? ZPL_OK : unsendable(plan, node, err);
}

/* Did the worker make what the step declares?  The kernel's output was checked where it ran; this
 * guards the store and the steps after it against a worker that says something else. */
static bool is_declared(const struct zpl_output *output, const struct zpl_run_made *made)
{
    const struct zpl_row *row = output->type->row;
    bool table = output->type->kind == ZPL_TABLE;
    bool unknown = output->type->kind == ZPL_UNKNOWN;
    size_t next = 0;
    if (strcmp(made->name, output->name) != 0 || (!unknown && (made->rows >= 0) != table))
        return false;
    for (size_t i = 0; table && row != NULL && i < row->count; i++) {
        while (next < made->column_count &&
               strcmp(made->columns[next].name, row->columns[i].name) != 0)
            next++;
        if (next++ >= made->column_count)
            return false;
    }
    return true;
}

/* A row for what was made.  The bytes go to the store unless the row can hold them; a longer report
 * is kept at hand too, for the conditions of this run. */
static enum zpl_err take_output(struct zpl_plan *plan, const struct zpl_output *output,
                                const char *scratch, const struct zpl_run_made *made,
                                struct zpl_output_row *row, struct zpl_diags *diags)
{
    struct zpl_artifacts *artifacts;
    struct zpl_column_row *columns =
        zpl_arena_array(&plan->arena, made->column_count + 1, sizeof *columns);
    bool fits = made->json != NULL && strlen(made->json) <= ZPL_INLINE_BYTES_MAX;
    enum zpl_err err = zpl_session_artifacts(plan->session, &artifacts);
    for (size_t i = 0; columns != NULL && i < made->column_count; i++)
        columns[i] = (struct zpl_column_row){zpl_arena_strdup(&plan->arena, made->columns[i].name),
                                             made->columns[i].digest};
    *row = (struct zpl_output_row){.name = output->name,
                                   .type = zpl_type_text(output->type, false, &plan->arena),
                                   .digest = made->digest,
                                   .bytes = made->bytes,
                                   .rows = made->rows,
                                   .columns = columns,
                                   .column_count = made->column_count,
                                   .just_made = true};
    if (fits || (made->json != NULL && zpl_output_is_value(output)))
        row->json = zpl_arena_strdup(&plan->arena, made->json);
    const char *path = zpl_task_output_path(plan, output, scratch);
    if (err == ZPL_OK && zpl_arena_failed(&plan->arena))
        err = zpl_diag_nomem(diags);
    if (err == ZPL_OK && !fits)
        err = zpl_sound_make_room(plan->session, &made->digest, diags);
    if (err == ZPL_OK && !fits)
        err = artifacts->publish(artifacts->self, path, &made->digest, made->bytes, diags);
    return err;
}

static const char *changed_help(const struct zpl_node *node)
{
    if (zpl_node_is_python(node))
        return "what a function writes is an output, or goes below $TMPDIR: run again when nothing "
               "writes to its files";
    return zpl_body_kind(node->kernel)->body == ZPL_BODY_COMMAND
               ? "what a command writes is an output, or goes below $TMPDIR: files that its words "
                 "name are what it reads"
               : "run again when nothing writes to it";
}

enum zpl_err zpl_task_check(struct zpl_plan *plan, uint32_t id, const struct zpl_run_result *result,
                            struct zpl_diags *diags)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    const char *changed;
    bool declared = result->made_count == node->output_count;
    for (size_t i = 0; declared && i < node->output_count; i++)
        declared = is_declared(&node->outputs[i], &result->made[i]);
    if (!declared) {
        zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, node->span,
                     "it made something else than its outputs");
        return ZPL_ERR_STEP;
    }
    enum zpl_err err = zpl_key_source_same(plan, id, &changed, diags);
    if (err == ZPL_OK && changed != NULL) {
        struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_SOURCE_READ, node->span,
                                             "%s changed while it was read", changed);
        zpl_diag_help(diags, diag, "%s", changed_help(node));
    }
    return changed != NULL || (err != ZPL_OK && err != ZPL_ERR_NOMEM) ? ZPL_ERR_STEP : err;
}

enum zpl_err zpl_task_take(struct zpl_plan *plan, uint32_t id, const char *scratch,
                           const struct zpl_run_result *result,
                           const struct zpl_output_row **outputs, struct zpl_diags *diags)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_output_row *rows =
        zpl_arena_array(&plan->arena, node->output_count + 1, sizeof *rows);
    if (rows == NULL)
        return zpl_diag_nomem(diags);
    enum zpl_err err = zpl_task_check(plan, id, result, diags);
    for (size_t i = 0; err == ZPL_OK && i < node->output_count; i++)
        err = take_output(plan, &node->outputs[i], scratch, &result->made[i], &rows[i], diags);
    if (err == ZPL_OK)
        *outputs = rows;
    return err;
}

const struct zpl_input_row *zpl_task_inputs(struct zpl_plan *plan, uint32_t id, size_t *count)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_input_row *rows =
        zpl_arena_array(&plan->arena, node->argument_count + 1, sizeof *rows);
    *count = 0;
    for (size_t i = 0; rows != NULL && i < node->argument_count; i++) {
        struct zpl_made made; /* a step that failed before it began may have none */
        if (!zpl_argument_is_input(&node->arguments[i]) ||
            !zpl_plan_made(plan, node->arguments[i].value, &made))
            continue;
        rows[(*count)++] = (struct zpl_input_row){node->arguments[i].name, made.row->digest,
                                                  made.step, made.output};
    }
    return rows;
}
