/* protocol.c - tasks as JSON: encoding in the driver, decoding in the worker.  Answers: reply.c.
 * Floor: vm. */
#include "vm/protocol/protocol.h"

#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/protocol/json_read.h"

static const char *const KIND_NAMES[] = {"run", "bind", "schema", "preview", "export", "module"};

/* A new task object with version and kind. */
static struct zpl_json *new_task(enum zpl_task_kind kind)
{
    struct zpl_json *task = zpl_json_object();
    zpl_json_set_take(task, "v", zpl_json_int(ZPL_PROTOCOL_VERSION));
    zpl_json_set_take(task, "kind", zpl_json_string(KIND_NAMES[kind]));
    return task;
}

/* Writes and releases it. */
static enum zpl_err write_take(struct zpl_json *json, struct zpl_buf *out)
{
    enum zpl_err err = zpl_json_write(json, false, out);
    zpl_json_release(json);
    return err;
}

static struct zpl_json *input_json(const struct zpl_run_input *input)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(input->name));
    zpl_json_set_take(o, "type", zpl_json_string(input->type));
    zpl_json_set_take(o, "path", zpl_json_string(input->path));
    zpl_json_set_take(o, "digest", input->hold ? zpl_digest_json(&input->digest) : zpl_json_null());
    zpl_json_set_take(o, "rows", zpl_json_int(input->rows));
    zpl_json_set_take(o, "all", zpl_json_bool(input->reads_all));
    zpl_json_set_take(o, "reads", zpl_names_json(input->reads, input->read_count));
    zpl_json_set_take(o, "wants", zpl_json_string(input->wants));
    zpl_json_set_take(o, "maker", zpl_json_string(input->maker));
    return o;
}

static struct zpl_json *output_json(const struct zpl_run_output *output)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(output->name));
    zpl_json_set_take(o, "type", zpl_json_string(output->type));
    zpl_json_set_take(o, "path", zpl_json_string(output->path));
    return o;
}

static struct zpl_json *spread_json(const struct zpl_run_spread *spread)
{
    if (spread->count == 0)
        return zpl_json_null();
    struct zpl_json *o = zpl_json_object(), *counts = zpl_json_array();
    for (size_t i = 0; i < spread->count; i++)
        zpl_json_add_take(counts, zpl_json_int(spread->counts[i]));
    zpl_json_set_take(o, "counts", counts);
    zpl_json_set_take(o, "machine", zpl_json_int((int64_t)spread->machine));
    zpl_json_set_take(o, "address", zpl_json_string(spread->address));
    zpl_json_set_take(o, "port", zpl_json_int(spread->port));
    return o;
}

/* A step for a worker. */
enum zpl_err zpl_task_encode_run(const struct zpl_run_task *task, struct zpl_buf *out)
{
    struct zpl_json *o = new_task(ZPL_TASK_RUN);
    struct zpl_json *params = zpl_json_array();
    struct zpl_json *inputs = zpl_json_array();
    struct zpl_json *outputs = zpl_json_array();
    struct zpl_json *bindings = zpl_json_array();
    for (size_t i = 0; i < task->param_count; i++) {
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, zpl_json_string(task->params[i].name));
        zpl_json_add_take(pair, zpl_literal_json(task->params[i].value));
        zpl_json_add_take(params, pair);
    }
    for (size_t i = 0; i < task->input_count; i++)
        zpl_json_add_take(inputs, input_json(&task->inputs[i]));
    for (size_t i = 0; i < task->output_count; i++)
        zpl_json_add_take(outputs, output_json(&task->outputs[i]));
    for (size_t i = 0; i < task->binding_count; i++) {
        struct zpl_json *pair = zpl_json_array();
        const char *const *columns = task->bindings[i].columns;
        zpl_json_add_take(pair, zpl_json_string(task->bindings[i].var));
        zpl_json_add_take(pair, zpl_names_json(columns, zpl_names_count(columns)));
        zpl_json_add_take(bindings, pair);
    }
    zpl_json_set_take(o, "kernel", zpl_json_string(task->kernel));
    zpl_json_set_take(o, "body", zpl_json_string(task->body));
    zpl_json_set_take(o, "params", params);
    zpl_json_set_take(o, "inputs", inputs);
    zpl_json_set_take(o, "outputs", outputs);
    zpl_json_set_take(o, "bindings", bindings);
    zpl_json_set_take(o, "scratch", zpl_json_string(task->scratch));
    zpl_json_set_take(o, "store", zpl_json_string(task->store));
    zpl_json_set_take(o, "project", zpl_json_string(task->project));
    zpl_json_set_take(o, "files", zpl_names_json(task->files, task->file_count));
    zpl_json_set_take(o, "threads", zpl_json_int(task->threads));
    zpl_json_set_take(o, "memory", zpl_json_int((int64_t)task->memory_bytes));
    zpl_json_set_take(o, "workers", zpl_json_int(task->workers));
    zpl_json_set_take(o, "spread", spread_json(&task->spread));
    zpl_json_set_take(o, "gpus", zpl_json_string(task->gpus));
    return write_take(o, out);
}

/* A question to the binder. */
enum zpl_err zpl_task_encode_bind(const struct zpl_bind_request *request, struct zpl_buf *out)
{
    struct zpl_json *o = new_task(ZPL_TASK_BIND);
    struct zpl_json *tables = zpl_json_array();
    struct zpl_json *params = zpl_json_array();
    for (size_t i = 0; i < request->table_count; i++) {
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, zpl_json_string(request->tables[i].name));
        zpl_json_add_take(pair, zpl_row_json(request->tables[i].row));
        zpl_json_add_take(pair,
                          zpl_keys_json(request->tables[i].keys, request->tables[i].key_count));
        zpl_json_add_take(tables, pair);
    }
    for (size_t i = 0; i < request->param_count; i++) {
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, zpl_json_string(request->params[i].name));
        zpl_json_add_take(pair, zpl_json_int(request->params[i].kind));
        zpl_json_add_take(params, pair);
    }
    zpl_json_set_take(o, "sql", zpl_json_string(request->sql));
    zpl_json_set_take(o, "tables", tables);
    zpl_json_set_take(o, "params", params);
    return write_take(o, out);
}

/* A question about a source's columns. */
enum zpl_err zpl_task_encode_schema(const struct zpl_schema_request *request, struct zpl_buf *out)
{
    struct zpl_json *o = new_task(ZPL_TASK_SCHEMA);
    zpl_json_set_take(o, "format", zpl_json_string(request->format));
    zpl_json_set_take(o, "path", zpl_json_string(request->path));
    if (request->options != NULL)
        zpl_json_set_take(o, "options", zpl_literal_json(request->options));
    return write_take(o, out);
}

/* A look into an artifact. */
enum zpl_err zpl_task_encode_preview(const struct zpl_preview_request *request, struct zpl_buf *out)
{
    struct zpl_json *o = new_task(ZPL_TASK_PREVIEW);
    zpl_json_set_take(o, "type", zpl_json_string(request->type));
    zpl_json_set_take(o, "path", zpl_json_string(request->path));
    zpl_json_set_take(o, "rows", zpl_json_int(request->rows));
    zpl_json_set_take(o, "head", zpl_json_int(request->head));
    return write_take(o, out);
}

/* A table in another format. */
enum zpl_err zpl_task_encode_export(const struct zpl_export_request *request, struct zpl_buf *out)
{
    struct zpl_json *o = new_task(ZPL_TASK_EXPORT);
    zpl_json_set_take(o, "type", zpl_json_string(request->type));
    zpl_json_set_take(o, "path", zpl_json_string(request->path));
    zpl_json_set_take(o, "to", zpl_json_string(request->to));
    zpl_json_set_take(o, "format", zpl_json_string(request->format));
    return write_take(o, out);
}

/* A question to Python. */
enum zpl_err zpl_task_encode_module(const struct zpl_look_request *request, struct zpl_buf *out)
{
    struct zpl_json *o = new_task(ZPL_TASK_MODULE);
    zpl_json_set_take(o, "interpreter", zpl_json_string(request->interpreter));
    zpl_json_set_take(o, "folder", zpl_json_string(request->folder));
    zpl_json_set_take(o, "question", zpl_json_string(request->question));
    return write_take(o, out);
}

/* [[name, literal], …] */
static bool read_params(const struct zpl_json *json, struct zpl_run_task *task,
                        struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(json, "params", &task->param_count);
    struct zpl_run_param *params = zpl_arena_array(arena, task->param_count + 1, sizeof *params);
    if (list == NULL || params == NULL)
        return false;
    for (size_t i = 0; i < task->param_count; i++) {
        const struct zpl_json *pair = zpl_json_at(list, i);
        params[i].name = zpl_read_string(zpl_json_at(pair, 0), arena);
        params[i].value = zpl_literal_from_json(zpl_json_at(pair, 1), arena);
        if (params[i].name == NULL || params[i].value == NULL)
            return false;
    }
    task->params = params;
    return true;
}

/* Is it a text, or said to be none? */
static bool is_text_or_null(const struct zpl_json *o, const char *key)
{
    enum zpl_json_kind kind = zpl_json_kind(zpl_json_get(o, key));
    return kind == ZPL_JSON_STRING || kind == ZPL_JSON_NULL;
}

/* What input_json() wrote, of each. */
static bool read_inputs(const struct zpl_json *json, struct zpl_run_task *task,
                        struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(json, "inputs", &task->input_count);
    struct zpl_run_input *inputs = zpl_arena_array(arena, task->input_count + 1, sizeof *inputs);
    if (list == NULL || inputs == NULL)
        return false;
    for (size_t i = 0; i < task->input_count; i++) {
        const struct zpl_json *o = zpl_json_at(list, i);
        struct zpl_run_input *input = &inputs[i];
        input->name = zpl_read_text(o, "name", arena);
        input->type = zpl_read_text(o, "type", arena);
        input->path = zpl_read_text(o, "path", arena);
        input->wants = zpl_read_text(o, "wants", arena);
        input->maker = zpl_read_text(o, "maker", arena);
        input->hold = zpl_read_digest(o, "digest", &input->digest);
        if (input->name == NULL || input->type == NULL || input->path == NULL ||
            (!input->hold && zpl_json_kind(zpl_json_get(o, "digest")) != ZPL_JSON_NULL) ||
            !is_text_or_null(o, "wants") || !is_text_or_null(o, "maker") ||
            !zpl_read_int(o, "rows", -1, INT64_MAX, &input->rows) ||
            !zpl_read_bool(o, "all", &input->reads_all) ||
            !zpl_read_names(zpl_json_get(o, "reads"), arena, &input->reads, &input->read_count))
            return false;
    }
    task->inputs = inputs;
    return true;
}

/* What output_json() wrote, of each. */
static bool read_outputs(const struct zpl_json *json, struct zpl_run_task *task,
                         struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(json, "outputs", &task->output_count);
    struct zpl_run_output *outputs =
        zpl_arena_array(arena, task->output_count + 1, sizeof *outputs);
    if (list == NULL || outputs == NULL)
        return false;
    for (size_t i = 0; i < task->output_count; i++) {
        const struct zpl_json *o = zpl_json_at(list, i);
        outputs[i].name = zpl_read_text(o, "name", arena);
        outputs[i].type = zpl_read_text(o, "type", arena);
        outputs[i].path = zpl_read_text(o, "path", arena);
        if (outputs[i].name == NULL || outputs[i].type == NULL || outputs[i].path == NULL)
            return false;
    }
    task->outputs = outputs;
    return true;
}

/* [[variable, [column, …]], …] */
static bool read_bindings(const struct zpl_json *json, struct zpl_run_task *task,
                          struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(json, "bindings", &task->binding_count);
    struct zpl_run_binding *bindings =
        zpl_arena_array(arena, task->binding_count + 1, sizeof *bindings);
    if (list == NULL || bindings == NULL)
        return false;
    for (size_t i = 0; i < task->binding_count; i++) {
        const struct zpl_json *pair = zpl_json_at(list, i);
        bindings[i].var = zpl_read_string(zpl_json_at(pair, 0), arena);
        if (bindings[i].var == NULL ||
            !zpl_read_names(zpl_json_at(pair, 1), arena, &bindings[i].columns, NULL) ||
            bindings[i].columns == NULL)
            return false;
    }
    task->bindings = bindings;
    return true;
}

/* What spread_json() wrote. */
static bool read_spread(const struct zpl_json *json, struct zpl_run_task *task,
                        struct zpl_arena *arena)
{
    struct zpl_run_spread *spread = &task->spread;
    const struct zpl_json *o = zpl_json_get(json, "spread");
    int64_t machine, port, number, sum = 0;
    if (zpl_json_kind(o) == ZPL_JSON_NULL)
        return true;
    const struct zpl_json *list = zpl_read_list(o, "counts", &spread->count);
    uint32_t *counts = zpl_arena_array(arena, spread->count + 1, sizeof *counts);
    if (list == NULL || counts == NULL || spread->count == 0 ||
        !zpl_read_int(o, "machine", 0, (int64_t)spread->count - 1, &machine) ||
        !zpl_read_int(o, "port", 0, UINT16_MAX, &port) || !is_text_or_null(o, "address"))
        return false;
    for (size_t i = 0; i < spread->count; i++, sum += number) {
        number = zpl_json_i64(zpl_json_at(list, i), 0);
        if (number < 1 || number > task->workers)
            return false;
        counts[i] = (uint32_t)number;
    }
    spread->counts = counts;
    spread->machine = (size_t)machine;
    spread->port = (uint32_t)port;
    spread->address = zpl_read_text(o, "address", arena);
    return sum == task->workers && (machine == 0 || spread->address != NULL);
}

/* A step; false: malformed or out of memory. */
static bool decode_run(const struct zpl_json *json, struct zpl_run_task *task,
                       struct zpl_arena *arena)
{
    int64_t threads;
    int64_t memory;
    int64_t workers;
    if (!read_params(json, task, arena) || !read_inputs(json, task, arena) ||
        !read_outputs(json, task, arena) || !read_bindings(json, task, arena) ||
        !zpl_read_names(zpl_json_get(json, "files"), arena, &task->files, &task->file_count) ||
        !zpl_read_int(json, "threads", 1, UINT32_MAX, &threads) ||
        !zpl_read_int(json, "memory", 0, INT64_MAX, &memory) ||
        !zpl_read_int(json, "workers", 0, UINT32_MAX, &workers) || !is_text_or_null(json, "body") ||
        !is_text_or_null(json, "gpus"))
        return false;
    task->kernel = zpl_read_text(json, "kernel", arena);
    task->body = zpl_read_text(json, "body", arena);
    task->scratch = zpl_read_text(json, "scratch", arena);
    task->store = zpl_read_text(json, "store", arena);
    task->project = zpl_read_text(json, "project", arena);
    task->threads = (uint32_t)threads;
    task->memory_bytes = (uint64_t)memory;
    task->workers = (uint32_t)workers;
    task->gpus = zpl_read_text(json, "gpus", arena);
    return read_spread(json, task, arena) && task->kernel != NULL && task->scratch != NULL &&
           task->store != NULL && task->project != NULL;
}

/* [[name, kind], …] */
static bool read_bind_params(const struct zpl_json *json, struct zpl_bind_request *request,
                             struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(json, "params", &request->param_count);
    struct zpl_bind_param *params =
        zpl_arena_array(arena, request->param_count + 1, sizeof *params);
    if (list == NULL || params == NULL)
        return false;
    for (size_t i = 0; i < request->param_count; i++) {
        const struct zpl_json *pair = zpl_json_at(list, i);
        int64_t kind = zpl_json_i64(zpl_json_at(pair, 1), -1);
        params[i].name = zpl_read_string(zpl_json_at(pair, 0), arena);
        if (params[i].name == NULL || kind < ZPL_UNKNOWN || kind > ZPL_ANY)
            return false;
        params[i].kind = (enum zpl_kind)kind;
    }
    request->params = params;
    return true;
}

/* Tables and params of a query; false: malformed or out of memory. */
static bool decode_bind(const struct zpl_json *json, struct zpl_bind_request *request,
                        struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(json, "tables", &request->table_count);
    struct zpl_bind_table *tables =
        zpl_arena_array(arena, request->table_count + 1, sizeof *tables);
    if (list == NULL || tables == NULL)
        return false;
    for (size_t i = 0; i < request->table_count; i++) {
        const struct zpl_json *pair = zpl_json_at(list, i);
        tables[i].name = zpl_read_string(zpl_json_at(pair, 0), arena);
        tables[i].row = zpl_read_row(zpl_json_at(pair, 1), arena);
        if (tables[i].name == NULL || tables[i].row == NULL ||
            !zpl_read_keys(zpl_json_at(pair, 2), tables[i].row, arena, &tables[i].keys,
                           &tables[i].key_count))
            return false;
    }
    request->tables = tables;
    request->sql = zpl_read_text(json, "sql", arena);
    return request->sql != NULL && read_bind_params(json, request, arena);
}

/* A source; false: malformed or out of memory. */
static bool decode_schema(const struct zpl_json *json, struct zpl_schema_request *request,
                          struct zpl_arena *arena)
{
    const struct zpl_json *options = zpl_json_get(json, "options");
    request->format = zpl_read_text(json, "format", arena);
    request->path = zpl_read_text(json, "path", arena);
    if (options != NULL)
        request->options = zpl_literal_from_json(options, arena);
    return request->format != NULL && request->path != NULL &&
           (options == NULL ||
            (request->options != NULL && request->options->kind == ZPL_LIT_RECORD));
}

/* A look into an artifact; false: malformed or out of memory. */
static bool decode_preview(const struct zpl_json *json, struct zpl_preview_request *request,
                           struct zpl_arena *arena)
{
    request->type = zpl_read_text(json, "type", arena);
    request->path = zpl_read_text(json, "path", arena);
    return request->type != NULL && request->path != NULL &&
           zpl_read_int(json, "rows", -1, INT64_MAX, &request->rows) &&
           zpl_read_int(json, "head", 0, INT64_MAX, &request->head);
}

/* A table to be written elsewhere; false: malformed or out of memory. */
static bool decode_export(const struct zpl_json *json, struct zpl_export_request *request,
                          struct zpl_arena *arena)
{
    request->type = zpl_read_text(json, "type", arena);
    request->path = zpl_read_text(json, "path", arena);
    request->to = zpl_read_text(json, "to", arena);
    request->format = zpl_read_text(json, "format", arena);
    return request->type != NULL && request->path != NULL && request->to != NULL &&
           request->format != NULL;
}

/* A question to Python; false: malformed or out of memory. */
static bool decode_module(const struct zpl_json *json, struct zpl_look_request *request,
                          struct zpl_arena *arena)
{
    request->interpreter = zpl_read_text(json, "interpreter", arena);
    request->folder = zpl_read_text(json, "folder", arena);
    request->question = zpl_read_text(json, "question", arena);
    return request->interpreter != NULL && request->folder != NULL && request->question != NULL;
}

/* Which kind of task, and its parts. */
static bool decode_kind(const struct zpl_json *json, struct zpl_task *out, struct zpl_arena *arena)
{
    const char *kind = zpl_json_str(zpl_json_get(json, "kind"), "");
    if (strcmp(kind, KIND_NAMES[ZPL_TASK_RUN]) == 0) {
        out->kind = ZPL_TASK_RUN;
        return decode_run(json, &out->run, arena);
    }
    if (strcmp(kind, KIND_NAMES[ZPL_TASK_BIND]) == 0) {
        out->kind = ZPL_TASK_BIND;
        return decode_bind(json, &out->bind, arena);
    }
    if (strcmp(kind, KIND_NAMES[ZPL_TASK_PREVIEW]) == 0) {
        out->kind = ZPL_TASK_PREVIEW;
        return decode_preview(json, &out->preview, arena);
    }
    if (strcmp(kind, KIND_NAMES[ZPL_TASK_EXPORT]) == 0) {
        out->kind = ZPL_TASK_EXPORT;
        return decode_export(json, &out->export, arena);
    }
    if (strcmp(kind, KIND_NAMES[ZPL_TASK_MODULE]) == 0) {
        out->kind = ZPL_TASK_MODULE;
        return decode_module(json, &out->look, arena);
    }
    out->kind = ZPL_TASK_SCHEMA;
    return strcmp(kind, KIND_NAMES[ZPL_TASK_SCHEMA]) == 0 &&
           decode_schema(json, &out->schema, arena);
}

/* Reads any task.  Memory is looked at once, at the end: a text that was lost on the way must not
 * read as one that was not sent. */
enum zpl_err zpl_task_decode(const void *data, size_t len, struct zpl_task *out,
                             struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_json *json = NULL;
    struct zpl_span nowhere = {0};
    enum zpl_err err = zpl_json_parse(data, len, &json, NULL);
    int64_t version = zpl_json_i64(zpl_json_get(json, "v"), 0);
    memset(out, 0, sizeof *out);
    if (err == ZPL_ERR_NOMEM) {
        err = zpl_diag_nomem(diags);
    } else if (err != ZPL_OK) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "a task that is no JSON");
        err = ZPL_ERR_INPUT;
    } else if (version != ZPL_PROTOCOL_VERSION) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere,
                     "a task of protocol %lld, this worker speaks %d", (long long)version,
                     ZPL_PROTOCOL_VERSION);
        err = ZPL_ERR_VERSION;
    } else {
        bool whole = decode_kind(json, out, arena);
        if (zpl_arena_failed(arena)) {
            err = zpl_diag_nomem(diags);
        } else if (!whole) {
            zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "a task with a part missing");
            err = ZPL_ERR_INPUT;
        }
    }
    zpl_json_release(json);
    return err;
}

/* { log } or { progress, what }.  Bytes of a log that are no UTF-8 are replaced one by one. */
enum zpl_err zpl_message_encode(const struct zpl_note_message *message, struct zpl_buf *out)
{
    struct zpl_json *o = zpl_json_object();
    if (message->log != NULL) {
        struct zpl_buf text = {0};
        zpl_text_scrub(&text, message->log, message->log_len);
        zpl_json_set_take(
            o, "log",
            zpl_buf_error(&text) == ZPL_OK ? zpl_json_stringn(zpl_buf_str(&text), text.len) : NULL);
        zpl_buf_release(&text);
    } else {
        zpl_json_set_take(o, "progress", zpl_json_real(message->progress));
        zpl_json_set_take(o, "what", zpl_json_string(message->what));
    }
    return write_take(o, out);
}

/* Anything malformed is ZPL_ERR_INPUT: a message is never worth failing a step. */
enum zpl_err zpl_message_decode(const void *data, size_t len, struct zpl_note_message *out,
                                struct zpl_arena *arena)
{
    struct zpl_json *json = NULL;
    enum zpl_err err = zpl_json_parse(data, len, &json, NULL);
    const char *log = zpl_json_strn(zpl_json_get(json, "log"), &len);
    *out = (struct zpl_note_message){.progress = -1};
    if (err != ZPL_OK) {
        err = err == ZPL_ERR_NOMEM ? err : ZPL_ERR_INPUT;
    } else if (log != NULL) {
        out->log = zpl_arena_strndup(arena, log, len);
        out->log_len = len;
    } else {
        out->progress = zpl_json_f64(zpl_json_get(json, "progress"), -1);
        out->what = zpl_read_text(json, "what", arena);
    }
    zpl_json_release(json);
    return err == ZPL_OK && zpl_arena_failed(arena) ? ZPL_ERR_NOMEM : err;
}
