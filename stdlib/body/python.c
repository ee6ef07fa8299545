/* python.c - the body of a `python =` step: a function of Python in a process of its own, which gets
 * what the step is given, and delivers what it returns.   Floor: stdlib. */
#include "lang/graph/body_kind.h"
#include "stdlib/body/python.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/proc.h"
#include "lang/base/version.h"
#include "stdlib/body/crossing.h"
#include "stdlib/body/python_call.h"
#include "stdlib/body/python_host.h"
#include "stdlib/outcome.h"

#define SMALL (64u << 10) /* bytes of a value that goes along in the message */

static const struct zpl_span nowhere;

/* ---- where its package is ---- */

static const char *package_at(const char *folder, struct zpl_arena *arena)
{
    struct zpl_stat st;
    const char *main = zpl_arena_printf(arena, "%s/zpl/__main__.py", folder);
    return main != NULL && zpl_fs_stat(main, &st, NULL) == ZPL_OK ? zpl_arena_strdup(arena, folder)
                                                                  : NULL;
}

const char *zpl_python_folder(struct zpl_arena *arena)
{
    /* Of zpl itself, of a build in a folder of its own, of programs that test it, installed. */
    static const char *const beside[] = {"../stdlib/python", "../../stdlib/python",
                                         "../../../stdlib/python", "../lib/zpl/python"};
    const char *chosen = getenv("ZPL_PYTHON_DIR"), *found = NULL;
    char self[ZPL_PATH_MAX], folder[ZPL_PATH_MAX], place[ZPL_PATH_MAX];
    if (chosen != NULL && chosen[0] != '\0')
        return package_at(chosen, arena);
    if (zpl_proc_self_path(self) != ZPL_OK || zpl_path_dir(folder, self) != ZPL_OK)
        return NULL;
    for (size_t i = 0; found == NULL && i < sizeof beside / sizeof *beside; i++)
        if (zpl_path_join(place, folder, beside[i]) == ZPL_OK &&
            zpl_path_clean(place, place) == ZPL_OK)
            found = package_at(place, arena);
    return found;
}

char **zpl_python_words(const char *interpreter, const char *mode, struct zpl_arena *arena)
{
    const char *package = zpl_python_folder(arena);
    const char *main =
        package != NULL ? zpl_arena_printf(arena, "%s/zpl/__main__.py", package) : NULL;
    const char *const words[] = {interpreter, "-B", "-X", "utf8", main, mode};
    size_t count = sizeof words / sizeof *words;
    char **out = main != NULL ? zpl_arena_array(arena, count + 1, sizeof *out) : NULL;
    for (size_t i = 0; out != NULL && i < count; i++)
        out[i] = zpl_arena_strdup(arena, words[i]);
    return zpl_arena_failed(arena) ? NULL : out;
}

/* ---- what it is asked ---- */

/* A member of the facts, or null where they do not say. */
static struct zpl_json *fact(const struct zpl_python_call *c, const char *name)
{
    const struct zpl_json *value = zpl_json_get(c->facts, name);
    return value != NULL ? zpl_json_ref(value) : zpl_json_null();
}

static struct zpl_json *texts_json(const char *const *texts, size_t count)
{
    struct zpl_json *out = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(out, zpl_json_string(texts[i]));
    return out;
}

/* A small value goes along; NULL: it is read where it is stored. */
static struct zpl_json *small_value(const struct zpl_python_call *c,
                                    const struct zpl_run_input *input)
{
    const struct zpl_type *type = zpl_context_type(c->context, input->type);
    struct zpl_json *value = NULL;
    struct zpl_buf text = {0};
    if (type != NULL && zpl_outcome_is_json(type) &&
        zpl_fs_read_file(input->path, SMALL, &text, NULL) == ZPL_OK)
        (void)zpl_json_parse(zpl_buf_str(&text), text.len, &value, NULL);
    zpl_buf_release(&text);
    return value;
}

static struct zpl_json *input_json(const struct zpl_python_call *c,
                                   const struct zpl_run_input *input)
{
    struct zpl_json *out = zpl_json_object(), *value = small_value(c, input);
    bool table = input->rows >= 0;
    if (value != NULL)
        zpl_json_set_take(out, "value", value);
    else
        zpl_json_set_take(out, table ? "table" : "path", zpl_json_string(input->path));
    zpl_json_set_take(out, "type", zpl_json_string(input->type));
    if (table && input->reads_all) {
        zpl_json_set_take(out, "columns", zpl_json_null());
    } else if (table) {
        zpl_json_set_take(out, "columns", texts_json(input->reads, input->read_count));
    }
    return out;
}

static struct zpl_json *arguments_json(const struct zpl_python_call *c)
{
    const struct zpl_run_task *task = c->task;
    struct zpl_json *out = zpl_json_object();
    for (size_t i = 0; i < task->param_count; i++) {
        struct zpl_json *given = zpl_json_object();
        zpl_json_set_take(given, "json", zpl_literal_json(task->params[i].value));
        zpl_json_set_take(out, task->params[i].name, given);
    }
    for (size_t i = 0; i < task->input_count; i++)
        zpl_json_set_take(out, task->inputs[i].name, input_json(c, &task->inputs[i]));
    return out;
}

/* Where each output is to be written; NULL after telling. */
static struct zpl_json *outputs_json(const struct zpl_python_call *c)
{
    struct zpl_json *out = zpl_json_array();
    for (size_t i = 0; i < c->task->output_count; i++) {
        const struct zpl_run_output *output = &c->task->outputs[i];
        const struct zpl_type *type = zpl_context_type(c->context, output->type);
        if (type == NULL) {
            zpl_json_release(out);
            return NULL;
        }
        const char *path = type->kind != ZPL_TABLE
                               ? output->path
                               : zpl_crossing_output(c->context, output, ZPL_CROSSING_PARQUET);
        struct zpl_json *one = zpl_json_object();
        zpl_json_set_take(one, "name", zpl_json_string(output->name));
        zpl_json_set_take(one, "type", zpl_json_string(output->type));
        zpl_json_set_take(one, "path", zpl_json_string(path));
        zpl_json_add_take(out, one);
    }
    return out;
}

/* Its empty folder: of a gang each has one in that of the step. */
static const char *scratch_of(const struct zpl_python_call *c)
{
    const char *tmp = zpl_crossing_tmp(c->context);
    return tmp == NULL || c->task->workers <= 1
               ? tmp
               : zpl_arena_printf(c->context->arena, "%s.%u", tmp, c->rank);
}

/* The message that asks for the call; non-zero after telling. */
int zpl_python_call_ask(const struct zpl_python_call *c, struct zpl_buf *message)
{
    struct zpl_json *outputs = outputs_json(c), *frame = zpl_json_object();
    const char *tmp = scratch_of(c);
    if (outputs == NULL) {
        zpl_json_release(frame);
        return 1;
    }
    zpl_json_set_take(frame, "v", zpl_json_int(ZPL_PYTHON_VERSION));
    zpl_json_set_take(frame, "file", zpl_json_string(c->file));
    zpl_json_set_take(frame, "function", zpl_json_string(c->function));
    const struct zpl_json *code = zpl_json_get(c->body, "code");
    if (code != NULL)
        zpl_json_set_take(frame, "code", zpl_json_ref(code));
    zpl_json_set_take(frame, "project", zpl_json_string(c->task->project));
    zpl_json_set_take(frame, "scratch", zpl_json_string(tmp));
    zpl_json_set_take(frame, "store", zpl_json_string(c->task->store));
    zpl_json_set_take(frame, "modules", fact(c, "modules"));
    zpl_json_set_take(frame, "packages", fact(c, "packages"));
    zpl_json_set_take(frame, "python", fact(c, "version"));
    zpl_json_set_take(frame, "reads", texts_json(c->task->files, c->task->file_count));
    zpl_json_set_take(frame, "threads", zpl_json_int(c->task->threads > 0 ? c->task->threads : 1));
    zpl_json_set_take(frame, "rank", zpl_json_int(c->rank));
    zpl_json_set_take(frame, "workers", zpl_json_int(c->task->workers > 1 ? c->task->workers : 1));
    zpl_json_set_take(frame, "allow_pickle",
                      zpl_json_bool(zpl_json_truth(zpl_json_get(c->body, "allow_pickle"), false)));
    zpl_json_set_take(frame, "args", arguments_json(c));
    zpl_json_set_take(frame, "outputs", outputs);
    enum zpl_err err = zpl_json_write(frame, false, message);
    zpl_json_release(frame);
    return err == ZPL_OK ? 0 : zpl_diag_nomem(c->context->diags) != ZPL_OK;
}

/* ---- what it says ---- */

/* A line for the step's log. */
void zpl_python_log(const struct zpl_python_call *c, const char *line, size_t len)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    ctx->log(ctx, "%s%.*s", c->tag, (int)len, line);
}

/* Text for it, of a gang line by line. */
static void log_text(const struct zpl_python_call *c, const char *text)
{
    for (size_t n = strcspn(text, "\n"); *c->tag != '\0' && text[n] != '\0';
         text += n + 1, n = strcspn(text, "\n"))
        zpl_python_log(c, text, n);
    zpl_python_log(c, text, strlen(text));
}

static void hear_metric(const struct zpl_python_call *c, const struct zpl_json *metric)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    const char *name = zpl_json_str(zpl_json_at(metric, 0), "");
    const struct zpl_json *value = zpl_json_at(metric, 1), *step = zpl_json_at(metric, 2);
    if (zpl_json_kind(value) == ZPL_JSON_STRING)
        ctx->log(ctx, "%s%s = %s", c->tag, name, zpl_json_str(value, ""));
    else if (zpl_json_kind(step) == ZPL_JSON_INT)
        ctx->log(ctx, "%s%s = %.9g at %lld", c->tag, name, zpl_json_f64(value, 0),
                 (long long)zpl_json_i64(step, 0));
    else
        ctx->log(ctx, "%s%s = %.9g", c->tag, name, zpl_json_f64(value, 0));
}

static void hear(void *self, const void *message, size_t len)
{
    struct zpl_python_call *c = self;
    struct zpl_kernel_context *ctx = &c->context->base;
    struct zpl_json *said = NULL;
    if (zpl_json_parse(message, len, &said, NULL) != ZPL_OK)
        return; /* it has no end then, and that is told */
    if (zpl_json_get(said, "log") != NULL)
        log_text(c, zpl_json_str(zpl_json_get(said, "log"), ""));
    else if (zpl_json_get(said, "progress") != NULL && c->rank == 0)
        ctx->progress(ctx, zpl_json_f64(zpl_json_get(said, "progress"), -1),
                      zpl_json_str(zpl_json_get(said, "what"), ""));
    else if (zpl_json_get(said, "metric") != NULL && c->rank == 0)
        hear_metric(c, zpl_json_get(said, "metric"));
    if (c->end == NULL &&
        (zpl_json_get(said, "done") != NULL || zpl_json_get(said, "error") != NULL))
        c->end = zpl_json_ref(said);
    zpl_json_release(said);
}

/* ---- its end ---- */

/* The process is gone and said neither that the call is done nor what went wrong. */
static int tell_gone(const struct zpl_python_call *c, const struct zpl_process *process)
{
    char words[ZPL_EXIT_WORDS_SIZE];
    bool signal = WIFSIGNALED(process->status);
    struct zpl_diag *diag =
        zpl_diag_add(c->context->diags, signal ? ZPL_CODE_STEP_CRASHED : ZPL_CODE_STEP_FAILED,
                     nowhere, "%s: %s()%s %s its process with %s", c->file, c->function, c->who,
                     signal ? "crashed" : "ended", zpl_proc_exit_words(process->status, words));
    if (signal)
        zpl_diag_help(c->context->diags, diag,
                      "what crashed is native code that it calls; "
                      "`vars = { PYTHONFAULTHANDLER = \"1\" }` logs where");
    zpl_process_advise(process, diag);
    return 1;
}

static bool is(const char *kind, const char *word)
{
    return strcmp(kind, word) == 0;
}

/* The way to where it went wrong. */
void zpl_python_log_trace(const struct zpl_python_call *c)
{
    const struct zpl_json *trace = zpl_json_get(zpl_json_get(c->end, "error"), "trace");
    for (size_t i = 0; i < zpl_json_count(trace); i++)
        log_text(c, zpl_json_str(zpl_json_at(trace, i), ""));
}

/* How much it may use, and by what it gets more. */
static void advise_memory(const struct zpl_python_call *c, struct zpl_diag *diag)
{
    if (c->task->memory_bytes > 0)
        zpl_diag_help(c->context->diags, diag,
                      "the step may use %.4g MiB: `resources = { memory = \"…\" }` in its "
                      "declaration gives it more (else it is its share of the machine's)",
                      (double)c->task->memory_bytes / (1 << 20));
}

/* What it raised, or what is wrong with what it returned: the place, the words, the way there. */
static int tell_error(const struct zpl_python_call *c, const struct zpl_process *process,
                      const struct zpl_json *error)
{
    const char *kind = zpl_json_str(zpl_json_get(error, "kind"), "");
    const char *message = zpl_json_str(zpl_json_get(error, "message"), "");
    const char *type = zpl_json_str(zpl_json_get(error, "type"), "an exception");
    const char *file = zpl_json_str(zpl_json_get(error, "file"), c->file);
    long long line = zpl_json_i64(zpl_json_get(error, "line"), 0);
    bool output = is(kind, "type") || is(kind, "arity");
    zpl_python_log_trace(c);
    const char *place =
        line > 0 ? zpl_arena_printf(c->context->arena, "%s:%lld", file, line) : file;
    bool raised = is(kind, "raise"), ended = is(kind, "exit");
    bool loading = (raised || ended) && zpl_json_truth(zpl_json_get(error, "loading"), false);
    struct zpl_diag *diag =
        zpl_diag_add(c->context->diags, output ? ZPL_CODE_STEP_OUTPUT : ZPL_CODE_STEP_FAILED,
                     nowhere, "%s: %s%s()%s%s%s%s%.*s", place != NULL ? place : file,
                     loading ? "the import for " : "", c->function, c->who,
                     raised  ? " raised "
                     : ended ? " called "
                             : ": ",
                     raised ? type : "", raised && *message != '\0' ? ": " : "",
                     (int)strcspn(message, "\n"), message); /* the log has all of it */
    const char *help = zpl_json_str(zpl_json_get(error, "help"), NULL);
    if (help != NULL)
        zpl_diag_help(c->context->diags, diag, "%s", help);
    else if (is(type, "PermissionError") && !process->tried)
        zpl_diag_help(c->context->diags, diag,
                      "a step reads the system, its `files` and Path params, and writes below "
                      "zpl.context().scratch: what it returns is kept");
    else if (is(type, "MemoryError") || strstr(type, "OutOfMemory") != NULL)
        advise_memory(c, diag);
    if (zpl_python_is_secluded(c->task) && strstr(message, "etwork is unreachable") != NULL)
        zpl_diag_help(c->context->diags, diag,
                      "its workers reach each other and nobody else: if they are meant to, declare "
                      "`network = true` in the step");
    zpl_process_advise(process, diag);
    return 1;
}

/* What a process came to that is the whole call, or is to blame for its end. */
int zpl_python_tell(const struct zpl_python_call *c, const struct zpl_process *process)
{
    const struct zpl_json *error = zpl_json_get(c->end, "error");
    if (c->end == NULL)
        return tell_gone(c, process);
    return error != NULL ? tell_error(c, process, error) : 0;
}

/* ---- the call ---- */

bool zpl_python_is_kept(const struct zpl_run_task *task)
{
    struct zpl_json *facts = NULL;
    const char *text = task->body != NULL ? strchr(task->body, '\n') : NULL;
    bool kept = zpl_body_kind(task->kernel)->body == ZPL_BODY_PYTHON && text != NULL &&
                zpl_json_parse(text + 1, strlen(text + 1), &facts, NULL) == ZPL_OK &&
                zpl_json_truth(zpl_json_get(facts, "kept"), false);
    zpl_json_release(facts);
    return kept;
}

static bool has_tables(const struct zpl_run_task *task)
{
    bool has = false;
    for (size_t i = 0; !has && i < task->input_count; i++)
        has = task->inputs[i].rows >= 0;
    for (size_t i = 0; !has && i < task->output_count; i++)
        has = strncmp(task->outputs[i].type, "Table", strlen("Table")) == 0;
    return has;
}

/* Types of the models that it is given and gives. */
static struct zpl_json *models_of(const struct zpl_run_task *task)
{
    struct zpl_json *out = zpl_json_array();
    for (size_t i = 0; i < task->input_count; i++)
        if (strncmp(task->inputs[i].type, "Model", strlen("Model")) == 0)
            zpl_json_add_take(out, zpl_json_string(task->inputs[i].type));
    for (size_t i = 0; i < task->output_count; i++)
        if (strncmp(task->outputs[i].type, "Model", strlen("Model")) == 0)
            zpl_json_add_take(out, zpl_json_string(task->outputs[i].type));
    return out;
}

/* By a process that a host forks; what a new one is told is where to see what it may import. */
static int call_host(const struct zpl_python_call *c, struct zpl_process *process)
{
    struct zpl_json *first = zpl_json_object();
    zpl_json_set_take(first, "v", zpl_json_int(ZPL_PYTHON_VERSION));
    zpl_json_set_take(first, "project", zpl_json_string(c->task->project));
    zpl_json_set_take(first, "store", zpl_json_string(c->task->store));
    zpl_json_set_take(first, "modules", fact(c, "modules"));
    const struct zpl_json *own = zpl_json_get(c->body, "own");
    zpl_json_set_take(first, "imports", own != NULL ? zpl_json_ref(own) : zpl_json_array());
    zpl_json_set_take(first, "tables", zpl_json_bool(has_tables(c->task)));
    zpl_json_set_take(first, "models", models_of(c->task));
    const struct zpl_python_host_call call = {
        .process = process,
        .first = first,
        .tmp = zpl_arena_printf(c->context->arena, "%s.host", c->task->scratch),
        .group_fence = c->task->group_fence,
        .fence = c->task->fence};
    int failed = call.tmp != NULL ? zpl_python_host_call(&call)
                                  : zpl_diag_nomem(c->context->diags) != ZPL_OK;
    zpl_json_release(first);
    return failed;
}

/* How such a process is started. */
struct zpl_process zpl_python_process(struct zpl_python_call *c, const char **defaults)
{
    static const char *const counts[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                         "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"};
    static const char *const always[] = {"PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1",
                                         "PYTHONUNBUFFERED=1", "MPLBACKEND=Agg"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        defaults[i] = always[i];
        defaults[4 + i] = zpl_arena_printf(c->context->arena, "%s=%u", counts[i],
                                           c->task->threads > 0 ? c->task->threads : 1);
    }
    return (struct zpl_process){
        .arena = c->context->arena,
        .diags = c->context->diags,
        .folder = c->task->project,
        .tmp = scratch_of(c),
        .body = c->body,
        .defaults = defaults,
        .gpus = c->task->gpus,
        .words =
            zpl_python_words(zpl_json_str(zpl_json_get(c->facts, "interpreter"), "python3"),
                             c->task->kept ? ZPL_PYTHON_HOST : ZPL_PYTHON_CALL, c->context->arena),
        .heard = hear,
        .self = c};
}

/* Can it be started?  Non-zero after telling. */
int zpl_python_check(const struct zpl_python_call *c, const struct zpl_process *process)
{
    if (process->tmp == NULL || zpl_arena_failed(c->context->arena))
        return zpl_diag_nomem(c->context->diags) != ZPL_OK;
    return process->words != NULL
               ? 0
               : c->context->base.fail(&c->context->base,
                                       "zpl's package for Python is not where it was installed; "
                                       "ZPL_PYTHON_DIR says where it is");
}

/* Runs the function in its process; non-zero after telling. */
static int call(struct zpl_python_call *c)
{
    const char *defaults[ZPL_PYTHON_DEFAULTS] = {NULL};
    struct zpl_buf message = {0};
    struct zpl_process process = zpl_python_process(c, defaults);
    int failed = zpl_python_check(c, &process) || zpl_python_call_ask(c, &message);
    process.said = zpl_buf_str(&message);
    process.said_len = message.len;
    if (!failed)
        failed = c->task->kept ? call_host(c, &process) : zpl_process_run(&process);
    zpl_buf_release(&message);
    if (failed)
        return 1;
    c->context->unharmed = c->task->kept && zpl_python_host_stands();
    if (c->task->kept && !zpl_python_host_stands())
        return tell_gone(c, &process);
    return zpl_python_tell(c, &process);
}

/* Takes the body apart: what the step is, and behind the line break facts of the machine. */
static bool read_body(struct zpl_python_call *c)
{
    struct zpl_arena *arena = c->context->arena;
    const char *body = c->task->body != NULL ? c->task->body : "";
    size_t n = strcspn(body, "\n");
    if (zpl_json_parse(body, n, &c->body, NULL) != ZPL_OK ||
        (body[n] == '\n' &&
         zpl_json_parse(body + n + 1, strlen(body + n + 1), &c->facts, NULL) != ZPL_OK))
        return false;
    const char *named = zpl_json_str(zpl_json_get(c->body, "python"), "");
    const char *colon = strrchr(named, ':');
    if (colon == NULL)
        return false;
    c->file = zpl_arena_strndup(arena, named, (size_t)(colon - named));
    c->function = zpl_arena_strdup(arena, colon + 1);
    return c->file != NULL && c->function != NULL;
}

/* Takes what the call told and wrote: what is wrong with that is found by this process. */
static int deliver(const struct zpl_python_call *c)
{
    c->context->unharmed = false;
    return zpl_crossing_take(c->context, zpl_json_get(c->end, "values"));
}

int zpl_python_run(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = zpl_context_of(ctx);
    struct zpl_python_call c = {.context = context, .task = context->task, .tag = "", .who = ""};
    int failed = 1;
    if (!read_body(&c))
        failed =
            ctx->fail(ctx, "a python step has the name of a function: \"steps/train.py:train\"");
    else if (!zpl_crossing_allow(context))
        zpl_diag_nomem(context->diags);
    else
        failed = (c.task->workers > 1 ? zpl_python_gang(&c) : call(&c)) || deliver(&c);
    zpl_json_release(c.body);
    zpl_json_release(c.facts);
    zpl_json_release(c.end);
    return failed;
}

ZPL_KERNEL(python) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "python",
    .signature = "",
    .doc =
        "Calls a function of Python.\n"
        "\n"
        "`python = \"steps/train.py:train\"` names a file of the project and a function in it.  "
        "Its "
        "parameters\n"
        "are the step's inputs and params by name: a table is a frame of pandas, or of polars or "
        "pyarrow where\n"
        "the annotation says so, a Json what JSON says, a model what its library calls one, a "
        "File or Dir a\n"
        "path.  What it returns is the output; of several a tuple in order, or a dict by name.  "
        "It runs in a\n"
        "process of its own, in the project's folder, confined as a command is; what it prints is "
        "the step's log.\n"
        "\n"
        "    local clean = step \"clean\" { signature = \"(rows: Table {x: Int}) -> (out: Table "
        "{x: Int})\",\n"
        "                                 python = \"steps/clean.py:clean\" }",
    .engines = "duckdb",
    .run = zpl_python_run,
};
