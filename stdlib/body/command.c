/* command.c - the body of a `command =` step: a process with the step's inputs, params and outputs
 * named in its words.   Floor: stdlib. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stdlib/outcome.h"
#include "stdlib/table/ingest.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

/* Formats in which a table crosses to a command: `$rows` is Parquet, `$rows.csv` CSV. */
static const char *const formats[] = {"parquet", "csv"};
enum { PARQUET, CSV, FORMATS };

/* A process under preparation. */
struct command {
    struct zpl_context *context;
    const struct zpl_run_task *task;
    struct zpl_json *body;
    char **words, **environment; /* NULL-terminated */
};

/* Where table `name` crosses: DIR/in.rows.csv. */
static const char *crossing(const struct command *c, const char *way, const char *name, int format)
{
    return zpl_arena_printf(c->context->arena, "%s/%s.%s.%s", c->task->scratch, way, name,
                            formats[format]);
}

/* The database session may use these files beside the task's own. */
static bool allow_crossings(struct command *c)
{
    size_t count = 0;
    const char **paths = zpl_arena_array(
        c->context->arena, (c->task->input_count + c->task->output_count) * FORMATS + 1,
        sizeof *paths);
    for (size_t i = 0; paths != NULL && i < c->task->input_count; i++)
        for (int f = 0; f < FORMATS; f++)
            paths[count++] = crossing(c, "in", c->task->inputs[i].name, f);
    for (size_t i = 0; paths != NULL && i < c->task->output_count; i++)
        for (int f = 0; f < FORMATS; f++)
            paths[count++] = crossing(c, "out", c->task->outputs[i].name, f);
    c->context->paths = paths;
    c->context->path_count = count;
    return !zpl_arena_failed(c->context->arena);
}

/* ---- inputs ---- */

static int write_csv(struct command *c, const struct zpl_scan *scan, const char *name,
                     const char *path)
{
    struct zpl_duck *duck = zpl_context_duck(c->context);
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "COPY (SELECT ");
    for (size_t i = 0; !scan->all && i < scan->read_count; i++) {
        zpl_buf_puts(&sql, i > 0 ? ", " : "");
        zpl_duck_ident(&sql, scan->reads[i]);
    }
    zpl_buf_puts(&sql, scan->all ? "* FROM " : " FROM ");
    zpl_duck_ident(&sql, name);
    zpl_buf_puts(&sql, ") TO ");
    zpl_duck_text(&sql, path, strlen(path));
    zpl_buf_puts(&sql, " (FORMAT csv, HEADER)");
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(c->context->diags)
                           : zpl_scan_view(duck, name, scan, c->context->diags);
    if (err == ZPL_OK)
        err = zpl_duck_exec(duck, zpl_buf_str(&sql), c->context->diags);
    zpl_buf_release(&sql);
    return err != ZPL_OK;
}

static int write_parquet(struct command *c, const struct zpl_scan *scan, const char *path)
{
    struct zpl_duck *duck = zpl_context_duck(c->context);
    struct ArrowArrayStream stream;
    return zpl_scan_stream(duck, scan, &stream, c->context->diags) != ZPL_OK ||
           zpl_write_stream(duck, &stream, NULL, path, c->context->diags) != ZPL_OK;
}

/* Makes the file in which a table goes in, unless an earlier word did: the columns that the step may
 * see and no others.  A table that it sees whole is linked, not copied. */
static const char *table_file(struct command *c, const struct zpl_run_input *input, int format)
{
    struct zpl_scan scan;
    struct zpl_stat st;
    const char *path = crossing(c, "in", input->name, format);
    if (path == NULL || zpl_fs_stat(path, &st, NULL) == ZPL_OK)
        return path;
    if (input->reads_all && format == PARQUET) {
        if (symlink(input->path, path) == 0)
            return path;
        zpl_diag_system(c->context->diags, "link", path, errno);
        return NULL;
    }
    if (zpl_context_duck(c->context) == NULL || !zpl_context_scan(c->context, input, &scan))
        return NULL;
    int failed =
        format == CSV ? write_csv(c, &scan, input->name, path) : write_parquet(c, &scan, path);
    return failed ? NULL : path;
}

/* A param as a program takes it: texts as they are, anything else as JSON. */
static const char *param_text(struct command *c, const char *name)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    const struct zpl_run_param *param = zpl_context_param(c->context, name);
    if (param->value->kind == ZPL_LIT_NULL)
        return "";
    const char *text = ctx->param_text(ctx, name);
    return text != NULL ? text : ctx->param_json(ctx, name);
}

/* ---- words ---- */

/* What `$name`, followed by `rest`, stands for; *used bytes of `rest` belong to it.  NULL: told. */
static const char *value_of(struct command *c, const char *name, const char *rest, size_t *used)
{
    const struct zpl_run_input *input = zpl_context_input(c->context, name);
    long output = zpl_context_output(c->context, name);
    int format = strncmp(rest, ".csv", 4) == 0 ? CSV : PARQUET;
    *used = 0;
    if (output < 0 && input == NULL && zpl_context_param(c->context, name) == NULL)
        return ""; /* an optional one that was not given */
    if (output < 0 && input == NULL)
        return param_text(c, name);
    if (output < 0 && input->rows < 0)
        return input->path;
    if (output >= 0) {
        const struct zpl_type *type = zpl_context_type(c->context, c->task->outputs[output].type);
        if (type == NULL || type->kind != ZPL_TABLE)
            return type == NULL ? NULL : c->task->outputs[output].path;
    }
    *used = format == CSV ? 4 : strncmp(rest, ".parquet", 8) == 0 ? 8 : 0;
    return output >= 0 ? crossing(c, "out", name, format) : table_file(c, input, format);
}

/* A word with what it names filled in; NULL after telling. */
static char *fill_word(struct command *c, const char *word)
{
    struct zpl_arena *arena = c->context->arena;
    struct zpl_buf out = {0};
    bool fine = true;
    for (const char *s = word; *s != '\0' && fine;) {
        size_t n = 1, used;
        if (*s != '$') {
            n = strcspn(s, "$");
            zpl_buf_add(&out, s, n);
        } else if (s[1] == '$') {
            zpl_buf_putc(&out, '$');
            n = 2;
        } else {
            while (isalnum((unsigned char)s[n]) || s[n] == '_')
                n++;
            const char *name = zpl_arena_strndup(arena, s + 1, n - 1);
            const char *value = name != NULL ? value_of(c, name, s + n, &used) : NULL;
            fine = value != NULL;
            zpl_buf_puts(&out, fine ? value : "");
            n += fine ? used : 0;
        }
        s += n;
    }
    char *filled = fine && zpl_buf_error(&out) == ZPL_OK
                       ? zpl_arena_strndup(arena, zpl_buf_str(&out), out.len)
                       : NULL;
    if (filled == NULL && c->context->diags->errors == 0)
        zpl_diag_nomem(c->context->diags);
    zpl_buf_release(&out);
    return filled;
}

static bool fill_words(struct command *c)
{
    const struct zpl_json *words = zpl_json_get(c->body, "command");
    size_t count = zpl_json_count(words);
    c->words = zpl_arena_array(c->context->arena, count + 1, sizeof *c->words);
    for (size_t i = 0; c->words != NULL && i < count; i++) {
        c->words[i] = fill_word(c, zpl_json_str(zpl_json_at(words, i), ""));
        if (c->words[i] == NULL)
            return false;
    }
    return c->words != NULL && count > 0;
}

/* A small environment, the same on every machine but for what is passed on. */
static bool make_environment(struct command *c)
{
    static const char *const kept[] = {"PATH", "HOME", "USER"};
    const struct zpl_json *vars = zpl_json_get(c->body, "vars");
    const struct zpl_json *pass = zpl_json_get(c->body, "pass");
    struct zpl_arena *arena = c->context->arena;
    size_t count = 0, most = zpl_json_count(vars) + zpl_json_count(pass) + 8;
    char **out = zpl_arena_array(arena, most, sizeof *out);
    if (out == NULL)
        return false;
    for (size_t i = 0; i < zpl_json_count(vars); i++)
        out[count++] = zpl_arena_printf(arena, "%s=%s", zpl_json_key_at(vars, i),
                                        zpl_json_str(zpl_json_value_at(vars, i), ""));
    for (size_t i = 0; i < zpl_json_count(pass); i++) {
        const char *name = zpl_json_str(zpl_json_at(pass, i), ""), *value = getenv(name);
        if (value != NULL)
            out[count++] = zpl_arena_printf(arena, "%s=%s", name, value);
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (getenv(kept[i]) != NULL && zpl_json_get(vars, kept[i]) == NULL)
            out[count++] = zpl_arena_printf(arena, "%s=%s", kept[i], getenv(kept[i]));
    if (zpl_json_get(vars, "LC_ALL") == NULL)
        out[count++] = zpl_arena_strdup(arena, "LC_ALL=C.UTF-8");
    if (zpl_json_get(vars, "TZ") == NULL)
        out[count++] = zpl_arena_strdup(arena, "TZ=UTC");
    out[count++] = zpl_arena_printf(arena, "TMPDIR=%s", c->task->scratch);
    c->environment = out;
    return !zpl_arena_failed(arena);
}

/* ---- the process ---- */

/* Starts it in the project's folder; 0 or an error of the system. */
static int start(struct command *c, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = posix_spawn_file_actions_addchdir_np(&actions, c->task->project);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnp(pid, c->words[0], &actions, &attributes, c->words, c->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Runs it to its end; what it prints goes to the step's log. */
static int run_process(struct command *c)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    char words[ZPL_EXIT_WORDS_SIZE];
    pid_t pid;
    int status;
    int error = start(c, &pid);
    if (error != 0)
        return ctx->fail(ctx, "cannot start '%s': %s", c->words[0], strerror(error));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ctx->fail(ctx, "cannot wait for '%s': %s", c->words[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return ctx->fail(ctx, "'%s' ended with %s", c->words[0], zpl_proc_exit_words(status, words));
}

/* ---- outputs ---- */

static int unwritten(struct command *c, const char *name)
{
    zpl_diag_add(c->context->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                 "output '%s' was not written: the command ended without making the file that $%s "
                 "names",
                 name, name);
    return 1;
}

/* The table that the command wrote becomes a stored one. */
static int take_table(struct command *c, const struct zpl_run_output *output,
                      const struct zpl_type *type)
{
    struct zpl_stat st;
    const char *shown = zpl_arena_printf(c->context->arena, "output '%s'", output->name);
    for (int format = 0; format < FORMATS; format++) {
        struct zpl_datafile_options options = {.format = formats[format],
                                               .path = crossing(c, "out", output->name, format)};
        if (options.path == NULL || shown == NULL)
            return zpl_diag_nomem(c->context->diags) != ZPL_OK;
        if (zpl_fs_stat(options.path, &st, NULL) == ZPL_OK)
            return zpl_ingest_files(c->context, &options,
                                    &(struct zpl_ingest_file){options.path, shown}, 1, type,
                                    output->path);
    }
    return unwritten(c, output->name);
}

static int take_json(struct command *c, const struct zpl_run_output *output)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    struct zpl_buf text = {0};
    struct zpl_stat st;
    size_t at = 0;
    struct zpl_json *value = NULL;
    int failed = 1;
    if (zpl_fs_stat(output->path, &st, NULL) != ZPL_OK)
        return unwritten(c, output->name);
    if (zpl_fs_read_file(output->path, ZPL_BUF_BYTES_MAX, &text, c->context->diags) == ZPL_OK) {
        if (zpl_json_parse(zpl_buf_str(&text), text.len, &value, &at) != ZPL_OK)
            zpl_diag_add(c->context->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                         "output '%s' is no JSON: byte %zu of what the command wrote", output->name,
                         at);
        else
            failed = ctx->output_json(ctx, output->name, zpl_buf_str(&text));
    }
    zpl_json_release(value);
    zpl_buf_release(&text);
    return failed;
}

static int take_outputs(struct command *c)
{
    int failed = 0;
    for (size_t i = 0; i < c->task->output_count && !failed; i++) {
        const struct zpl_run_output *output = &c->task->outputs[i];
        const struct zpl_type *type = zpl_context_type(c->context, output->type);
        struct zpl_stat st;
        if (type == NULL)
            return 1;
        if (type->kind == ZPL_TABLE)
            failed = take_table(c, output, type);
        else if (zpl_outcome_is_json(type))
            failed = take_json(c, output);
        else if (zpl_fs_stat(output->path, &st, NULL) != ZPL_OK)
            failed = unwritten(c, output->name);
    }
    return failed;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = zpl_context_of(ctx);
    struct command c = {.context = context, .task = context->task};
    const char *body = c.task->body;
    if (body == NULL || zpl_json_parse(body, strlen(body), &c.body, NULL) != ZPL_OK)
        return ctx->fail(ctx, "a command step has the words of a command");
    int failed = 1;
    if (!allow_crossings(&c) || !make_environment(&c))
        zpl_diag_nomem(context->diags);
    else if (fill_words(&c))
        failed = run_process(&c) || take_outputs(&c);
    zpl_json_release(c.body);
    return failed;
}

ZPL_KERNEL(command) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "command",
    .signature = "",
    .doc = "Runs a program.\n"
           "\n"
           "Its words name what the step is given and what it makes: `$rows` is the path of a "
           "Parquet file\n"
           "with the columns that the step may see, `$rows.csv` of a CSV file, `$model` of a "
           "model's file,\n"
           "`$n` the text of a param.  An output is written to the path that its name stands for; "
           "values\n"
           "as JSON.  No shell reads the words; `$$` is a dollar sign.  It runs in the project's "
           "folder, in\n"
           "UTC and C.UTF-8, with PATH, HOME and what `vars` says.\n"
           "\n"
           "    local sorted = step \"sorted\" { signature = \"(rows: Table {x: Int}) -> (out: "
           "Table {x: Int})\",\n"
           "                                   command = { \"python3\", \"sort.py\", \"$rows\", "
           "\"$out\" } }",
    .engines = "duckdb",
    .run = run,
};
