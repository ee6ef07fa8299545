/* context.c - see context.h.   Floor: stdlib. */
#include "stdlib/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/graph/body_kind.h"
#include "lang/types/signature.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

struct zpl_context *zpl_context_of(struct zpl_kernel_context *ctx)
{
    return ctx->self;
}

const struct zpl_run_param *zpl_context_param(const struct zpl_context *context, const char *name)
{
    for (size_t i = 0; i < context->task->param_count; i++)
        if (strcmp(context->task->params[i].name, name) == 0)
            return &context->task->params[i];
    return NULL;
}

const struct zpl_run_input *zpl_context_input(const struct zpl_context *context, const char *name)
{
    for (size_t i = 0; i < context->task->input_count; i++)
        if (strcmp(context->task->inputs[i].name, name) == 0)
            return &context->task->inputs[i];
    return NULL;
}

long zpl_context_output(const struct zpl_context *context, const char *name)
{
    for (size_t i = 0; i < context->task->output_count; i++)
        if (strcmp(context->task->outputs[i].name, name) == 0)
            return (long)i;
    return -1;
}

/* The paths that a param names: one, or a list of them; counted only when `out` is NULL. */
static size_t param_paths(const struct zpl_literal *value, const char **out)
{
    size_t count = 0;
    if (value->kind == ZPL_LIT_PATH) {
        if (out != NULL)
            out[0] = value->as.str.s;
        return 1;
    }
    for (size_t i = 0; value->kind == ZPL_LIT_LIST && i < value->as.list.count; i++) {
        if (value->as.list.items[i]->kind != ZPL_LIT_PATH)
            continue;
        if (out != NULL)
            out[count] = value->as.list.items[i]->as.str.s;
        count++;
    }
    return count;
}

/* Where a database that is kept puts what memory can't hold: beside the scratch folder of the first task
 * of this process, whose name is nobody else's (process numbers may be). */
static const char *kept_spill(const struct zpl_run_task *task)
{
    static char path[ZPL_PATH_MAX];
    if (path[0] == '\0' &&
        snprintf(path, sizeof path, "%s.spill", task->scratch) >= (int)sizeof path)
        path[0] = '\0';
    return path[0] != '\0' ? path : NULL;
}

enum zpl_err zpl_context_open(struct zpl_context *context, const char *const *paths, size_t count,
                              struct zpl_duck *out)
{
    const struct zpl_run_task *task = context->task;
    /* It is alone in its process, and may write below its own scratch folder only. */
    bool alone = zpl_body_kind(task->kernel)->alone && !task->kept;
    const char *spill = alone || task->store == NULL
                            ? zpl_arena_printf(context->arena, "%s/spill", task->scratch)
                            : kept_spill(task);
    /* The default limit, on every machine: what spills may leave in another order. */
    const struct zpl_duck_options options = {.scratch = spill,
                                             .within = alone ? NULL : task->store,
                                             .paths = paths,
                                             .path_count = count,
                                             .apart = context->apart};
    return spill != NULL ? zpl_duck_open(&options, out, context->diags)
                         : zpl_diag_nomem(context->diags);
}

/* The files a task names: inputs, outputs, and what its path params point to. */
static enum zpl_err open_session(struct zpl_context *context)
{
    const struct zpl_run_task *task = context->task;
    size_t most = task->input_count + task->output_count + context->path_count, count = 0;
    for (size_t i = 0; i < task->param_count; i++)
        most += param_paths(task->params[i].value, NULL);
    const char **paths = zpl_arena_array(context->arena, most + 1, sizeof *paths);
    if (paths == NULL)
        return zpl_diag_nomem(context->diags);
    for (size_t i = 0; i < task->input_count; i++)
        if (task->inputs[i].path != NULL)
            paths[count++] = task->inputs[i].path;
    for (size_t i = 0; i < task->output_count; i++)
        paths[count++] = task->outputs[i].path;
    for (size_t i = 0; i < task->param_count; i++)
        count += param_paths(task->params[i].value, paths + count);
    for (size_t i = 0; i < context->path_count; i++)
        paths[count++] = context->paths[i];
    return zpl_context_open(context, paths, count, &context->duck);
}

struct zpl_duck *zpl_context_duck(struct zpl_context *context)
{
    if (context->duck.api == NULL && open_session(context) != ZPL_OK)
        return NULL;
    return &context->duck;
}

const struct zpl_type *zpl_context_type(struct zpl_context *context, const char *text)
{
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    enum zpl_err err = zpl_type_parse(text, context->arena, &type, &error);
    if (err == ZPL_OK)
        return type;
    if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(context->diags);
    else
        zpl_diag_add(context->diags, ZPL_CODE_WORKER, nowhere, "the task names the type '%s': %s",
                     text, error.message != NULL ? error.message : "it can't be read");
    return NULL;
}

bool zpl_context_scan(struct zpl_context *context, const struct zpl_run_input *input,
                      struct zpl_scan *out)
{
    const struct zpl_type *type = zpl_context_type(context, input->type);
    if (type == NULL)
        return false;
    *out = (struct zpl_scan){.path = input->path,
                             .row = type->kind == ZPL_TABLE ? type->row : NULL,
                             .all = input->reads_all,
                             .reads = input->reads,
                             .read_count = input->read_count};
    return true;
}

static int ctx_fail(struct zpl_kernel_context *ctx, const char *format, ...)
{
    struct zpl_context *context = ctx->self;
    struct zpl_buf words = {0};
    va_list args;
    va_start(args, format);
    zpl_buf_vprintf(&words, format, args);
    va_end(args);
    if (context->diags->errors == 0)
        zpl_diag_add(context->diags, ZPL_CODE_STEP_FAILED, nowhere, "%s", zpl_buf_str(&words));
    zpl_buf_release(&words);
    return 1;
}

static const struct zpl_literal *literal(struct zpl_kernel_context *ctx, const char *name,
                                         enum zpl_literal_kind kind)
{
    const struct zpl_run_param *param = zpl_context_param(ctx->self, name);
    return param != NULL && param->value->kind == kind ? param->value : NULL;
}

static bool ctx_param_int(struct zpl_kernel_context *ctx, const char *name, int64_t *out)
{
    const struct zpl_literal *v = literal(ctx, name, ZPL_LIT_INT);
    if (v != NULL)
        *out = v->as.i;
    return v != NULL;
}

static bool ctx_param_float(struct zpl_kernel_context *ctx, const char *name, double *out)
{
    const struct zpl_literal *v = literal(ctx, name, ZPL_LIT_FLOAT);
    const struct zpl_literal *whole = literal(ctx, name, ZPL_LIT_INT);
    if (v != NULL || whole != NULL)
        *out = v != NULL ? v->as.f : (double)whole->as.i;
    return v != NULL || whole != NULL;
}

static bool ctx_param_bool(struct zpl_kernel_context *ctx, const char *name, bool *out)
{
    const struct zpl_literal *v = literal(ctx, name, ZPL_LIT_BOOL);
    if (v != NULL)
        *out = v->as.b;
    return v != NULL;
}

static const char *ctx_param_text(struct zpl_kernel_context *ctx, const char *name)
{
    struct zpl_context *context = ctx->self;
    const struct zpl_run_param *param = zpl_context_param(context, name);
    if (param == NULL)
        return NULL;
    if (param->value->kind == ZPL_LIT_STRING || param->value->kind == ZPL_LIT_PATH)
        return param->value->as.str.s;
    if (param->value->kind == ZPL_LIT_TYPE)
        return zpl_type_text(param->value->as.type, false, context->arena);
    return NULL;
}

struct zpl_json *zpl_context_json(const struct zpl_literal *v)
{
    struct zpl_json *out;
    struct zpl_buf text = {0};
    switch (v->kind) {
    case ZPL_LIT_BOOL:
        return zpl_json_bool(v->as.b);
    case ZPL_LIT_INT:
        return zpl_json_int(v->as.i);
    case ZPL_LIT_FLOAT:
        return zpl_json_real(v->as.f);
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        return zpl_json_stringn(v->as.str.s, v->as.str.n);
    case ZPL_LIT_LIST:
        out = zpl_json_array();
        for (size_t i = 0; i < v->as.list.count; i++)
            zpl_json_add_take(out, zpl_context_json(v->as.list.items[i]));
        return out;
    case ZPL_LIT_RECORD:
        out = zpl_json_object();
        for (size_t i = 0; i < v->as.list.count; i++)
            zpl_json_set_take(out, v->as.list.keys[i], zpl_context_json(v->as.list.items[i]));
        return out;
    case ZPL_LIT_TYPE:
        zpl_type_show(v->as.type, false, &text);
        out = zpl_json_stringn(zpl_buf_str(&text), text.len);
        zpl_buf_release(&text);
        return out;
    case ZPL_LIT_NULL:
        break;
    }
    return zpl_json_null();
}

static const char *ctx_param_json(struct zpl_kernel_context *ctx, const char *name)
{
    struct zpl_context *context = ctx->self;
    const struct zpl_run_param *param = zpl_context_param(context, name);
    if (param == NULL)
        return NULL;
    struct zpl_buf text = {0};
    struct zpl_json *json = zpl_context_json(param->value);
    const char *out = zpl_json_write(json, false, &text) == ZPL_OK
                          ? zpl_arena_strdup(context->arena, zpl_buf_str(&text))
                          : NULL;
    zpl_json_release(json);
    zpl_buf_release(&text);
    return out;
}

static const char *const *ctx_columns(struct zpl_kernel_context *ctx, const char *variable)
{
    static const char *const none[] = {NULL};
    const struct zpl_run_task *task = ((struct zpl_context *)ctx->self)->task;
    for (size_t i = 0; i < task->binding_count; i++)
        if (strcmp(task->bindings[i].var, variable) == 0)
            return task->bindings[i].columns;
    return none;
}

static const char *ctx_input_path(struct zpl_kernel_context *ctx, const char *name)
{
    const struct zpl_run_input *input = zpl_context_input(ctx->self, name);
    return input != NULL ? input->path : NULL;
}

static const char *ctx_input_type(struct zpl_kernel_context *ctx, const char *name)
{
    const struct zpl_run_input *input = zpl_context_input(ctx->self, name);
    return input != NULL ? input->type : NULL;
}

static int64_t ctx_input_rows(struct zpl_kernel_context *ctx, const char *name)
{
    const struct zpl_run_input *input = zpl_context_input(ctx->self, name);
    return input != NULL ? input->rows : -1;
}

static int ctx_input_table(struct zpl_kernel_context *ctx, const char *name,
                           struct ArrowArrayStream *out)
{
    struct zpl_context *context = ctx->self;
    const struct zpl_run_input *input = zpl_context_input(context, name);
    struct zpl_duck *duck;
    struct zpl_scan scan;
    memset(out, 0, sizeof *out);
    if (input == NULL || input->rows < 0)
        return ctx_fail(ctx, "the kernel asks for a table '%s', which the step has none of", name);
    duck = zpl_context_duck(context);
    if (duck == NULL || !zpl_context_scan(context, input, &scan))
        return 1;
    return zpl_scan_stream(duck, &scan, out, context->diags) == ZPL_OK ? 0 : 1;
}

static const char *ctx_output_path(struct zpl_kernel_context *ctx, const char *name)
{
    struct zpl_context *context = ctx->self;
    long i = zpl_context_output(context, name);
    return i >= 0 ? context->task->outputs[i].path : NULL;
}

static const char *ctx_output_type(struct zpl_kernel_context *ctx, const char *name)
{
    struct zpl_context *context = ctx->self;
    long i = zpl_context_output(context, name);
    return i >= 0 ? context->task->outputs[i].type : NULL;
}

static int no_output(struct zpl_kernel_context *ctx, const char *name)
{
    return ctx_fail(ctx, "the kernel writes an output '%s', which the step has none of", name);
}

static int ctx_output_table(struct zpl_kernel_context *ctx, const char *name,
                            struct ArrowArrayStream *in)
{
    struct zpl_context *context = ctx->self;
    long i = zpl_context_output(context, name);
    const struct zpl_type *type =
        i >= 0 ? zpl_context_type(context, context->task->outputs[i].type) : NULL;
    struct zpl_duck *duck = type != NULL ? zpl_context_duck(context) : NULL;
    if (duck != NULL)
        return zpl_write_stream(duck, in, type->kind == ZPL_TABLE ? type->row : NULL,
                                context->task->outputs[i].path, context->diags) == ZPL_OK
                   ? 0
                   : 1;
    if (in->release != NULL)
        in->release(in);
    return i < 0 ? no_output(ctx, name) : 1;
}

static int ctx_output_json(struct zpl_kernel_context *ctx, const char *name, const char *json)
{
    struct zpl_context *context = ctx->self;
    struct zpl_json *value = NULL;
    struct zpl_buf text = {0};
    long i = zpl_context_output(context, name);
    if (i < 0)
        return no_output(ctx, name);
    int failed = 1;
    if (zpl_json_parse(json, strlen(json), &value, NULL) != ZPL_OK ||
        zpl_json_write(value, false, &text) != ZPL_OK)
        ctx_fail(ctx, "the kernel's output '%s' is not JSON: %.200s", name, json);
    else if ((context->json[i] = zpl_arena_strdup(context->arena, zpl_buf_str(&text))) == NULL)
        zpl_diag_nomem(context->diags);
    else
        failed = zpl_fs_write_file(context->task->outputs[i].path, text.data, text.len, false,
                                   context->diags) != ZPL_OK;
    zpl_json_release(value);
    zpl_buf_release(&text);
    return failed;
}

static const char *ctx_scratch(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = ctx->self;
    char *path = zpl_arena_printf(context->arena, "%s/work", context->task->scratch);
    return path != NULL && zpl_fs_mkdirs(path, context->diags) == ZPL_OK ? path : NULL;
}

static uint32_t ctx_threads(struct zpl_kernel_context *ctx)
{
    uint32_t threads = ((struct zpl_context *)ctx->self)->task->threads;
    return threads > 0 ? threads : 1;
}

static uint64_t ctx_memory(struct zpl_kernel_context *ctx)
{
    return ((struct zpl_context *)ctx->self)->task->memory_bytes;
}

static void ctx_log(struct zpl_kernel_context *ctx, const char *format, ...)
{
    const struct zpl_run_task *task = ((struct zpl_context *)ctx->self)->task;
    struct zpl_buf line = {0};
    va_list args;
    va_start(args, format);
    zpl_buf_vprintf(&line, format, args);
    va_end(args);
    zpl_buf_putc(&line, '\n');
    if (task->log != NULL)
        task->log(task->self, zpl_buf_str(&line), line.len);
    zpl_buf_release(&line);
}

static void ctx_progress(struct zpl_kernel_context *ctx, double fraction, const char *what)
{
    const struct zpl_run_task *task = ((struct zpl_context *)ctx->self)->task;
    if (task->progress != NULL)
        task->progress(task->self, fraction, what);
}

enum zpl_err zpl_context_init(struct zpl_context *context, const struct zpl_run_task *task,
                              struct zpl_arena *arena, struct zpl_diags *diags)
{
    context->task = task;
    context->arena = arena;
    context->diags = diags;
    context->json = zpl_arena_array(arena, task->output_count + 1, sizeof *context->json);
    context->base = (struct zpl_kernel_context){
        .abi = ZPL_KERNEL_ABI_VERSION,
        .self = context,
        .param_int = ctx_param_int,
        .param_float = ctx_param_float,
        .param_bool = ctx_param_bool,
        .param_text = ctx_param_text,
        .param_json = ctx_param_json,
        .columns = ctx_columns,
        .input_path = ctx_input_path,
        .input_type = ctx_input_type,
        .input_rows = ctx_input_rows,
        .input_table = ctx_input_table,
        .output_path = ctx_output_path,
        .output_type = ctx_output_type,
        .output_table = ctx_output_table,
        .output_json = ctx_output_json,
        .scratch = ctx_scratch,
        .threads = ctx_threads,
        .memory = ctx_memory,
        .log = ctx_log,
        .progress = ctx_progress,
        .fail = ctx_fail,
    };
    return context->json == NULL ? zpl_diag_nomem(diags) : ZPL_OK;
}

void zpl_context_release(struct zpl_context *context)
{
    zpl_duck_release(&context->duck);
    memset(context, 0, sizeof *context);
}
