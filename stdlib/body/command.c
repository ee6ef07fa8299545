/* command.c - the body of a `command =` step: a process with the step's inputs, params and outputs
 * named in its words.   Floor: stdlib. */
#include <ctype.h>
#include <string.h>
#include "stdlib/body/crossing.h"
#include "stdlib/body/process.h"

/* A command under preparation. */
struct command {
    struct zpl_context *context;
    const struct zpl_run_task *task;
    struct zpl_json *body;
    char **words; /* NULL-terminated */
};

/* A param as a program takes it: texts as they are, anything else as JSON. */
static const char *param_text(struct command *c, const char *name)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    const struct zpl_run_param *param = zpl_context_param(c->context, name);
    if (param->value->kind == ZPL_LIT_NULL)
        return "";
    const char *text = ctx->param_text(ctx, name);
    if (text != NULL)
        return text;
    text = ctx->param_json(ctx, name);
    if (param->value->kind == ZPL_LIT_FLOAT && text != NULL && text[0] == '"') /* "NaN" */
        return zpl_arena_strndup(c->context->arena, text + 1, strlen(text) - 2);
    return text;
}

/* ---- words ---- */

/* What `$name`, followed by `rest`, stands for; *used bytes of `rest` belong to it.  NULL: told. */
static const char *value_of(struct command *c, const char *name, const char *rest, size_t *used)
{
    const struct zpl_run_input *input = zpl_context_input(c->context, name);
    long output = zpl_context_output(c->context, name);
    enum zpl_crossing format =
        strncmp(rest, ".csv", 4) == 0 ? ZPL_CROSSING_CSV : ZPL_CROSSING_PARQUET;
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
    *used = format == ZPL_CROSSING_CSV ? 4 : strncmp(rest, ".parquet", 8) == 0 ? 8 : 0;
    return output >= 0 ? zpl_crossing_output(c->context, &c->task->outputs[output], format)
                       : zpl_crossing_table(c->context, input, format);
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

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = zpl_context_of(ctx);
    struct command c = {.context = context, .task = context->task};
    const char *body = c.task->body;
    if (body == NULL || zpl_json_parse(body, strlen(body), &c.body, NULL) != ZPL_OK)
        return ctx->fail(ctx, "a command step has the words of a command");
    struct zpl_process process = {.arena = context->arena,
                                  .diags = context->diags,
                                  .folder = c.task->project,
                                  .tmp = zpl_crossing_tmp(context),
                                  .gpus = c.task->gpus,
                                  .body = c.body};
    int failed = 1;
    if (process.tmp == NULL || !zpl_crossing_allow(context)) {
        zpl_diag_nomem(context->diags);
    } else if (fill_words(&c)) {
        process.words = c.words;
        failed = zpl_process_run(&process) || zpl_process_check(&process) ||
                 zpl_crossing_take(context, NULL);
    }
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
           "UTC and C.UTF-8, with PATH, HOME and what `vars` says.  It reads the system and the "
           "project,\n"
           "writes its outputs and below $TMPDIR, and reaches the network with `network = true` "
           "only.\n"
           "\n"
           "    local sorted = step \"sorted\" { signature = \"(rows: Table {x: Int}) -> (out: "
           "Table {x: Int})\",\n"
           "                                   command = { \"python3\", \"sort.py\", \"$rows\", "
           "\"$out\" } }",
    .engines = "duckdb",
    .run = run,
};
