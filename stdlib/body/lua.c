/* lua.c - the body of a `lua =` step: its tables and values go into a fresh Lua state, its outputs
 * come out.   Floor: stdlib. */
#include <stdlib.h>
#include <string.h>
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/base/fs.h"
#include "lang/dsl/closure.h"
#include "stdlib/context.h"
#include "stdlib/table/cells.h"

static const struct zpl_span nowhere;

/* A table that the body reads. */
struct table_in {
    struct zpl_context *context;
    struct zpl_cells_reader *reader;
    struct zpl_lua_table table;
};
/* An output that it gives. */
struct value_out {
    struct zpl_context *context;
    const struct zpl_run_output *output;
    const struct zpl_type *type;
    struct zpl_cells_writer *writer;
};
struct body {
    struct zpl_context *context;
    struct table_in *tables;
    struct value_out *values;
    struct zpl_lua_input *inputs;
    struct zpl_lua_output *outputs;
    size_t input_count;
};

static bool read_cell(void *self, int64_t row, size_t column, struct zpl_literal *out)
{
    struct table_in *in = self;
    return zpl_cells_reader_get(in->reader, column, row, out, in->context->diags);
}

static bool begin_table(void *self, int64_t rows)
{
    struct value_out *out = self;
    struct zpl_duck *duck = zpl_context_duck(out->context);
    return duck != NULL && zpl_cells_writer_new(duck, out->type->row, rows, &out->writer,
                                                out->context->diags) == ZPL_OK;
}

static bool write_cell(void *self, size_t column, int64_t row, const struct zpl_literal *value)
{
    struct value_out *out = self;
    return zpl_cells_writer_set(out->writer, column, row, value, out->context->diags);
}

static bool write_value(void *self, const struct zpl_literal *value)
{
    struct value_out *out = self;
    struct zpl_kernel_context *ctx = &out->context->base;
    struct zpl_buf text = {0};
    struct zpl_json *json = zpl_context_json(value);
    bool fine = zpl_json_write(json, false, &text) == ZPL_OK;
    if (!fine)
        zpl_diag_nomem(out->context->diags);
    fine = fine && ctx->output_json(ctx, out->output->name, zpl_buf_str(&text)) == 0;
    zpl_json_release(json);
    zpl_buf_release(&text);
    return fine;
}

/* An input that is no table: its stored JSON. */
static int read_value(struct body *b, const struct zpl_run_input *input, struct zpl_lua_input *out)
{
    struct zpl_context *context = b->context;
    const struct zpl_type *type = zpl_context_type(context, input->type);
    struct zpl_buf text = {0};
    struct zpl_json *json = NULL;
    if (type == NULL ||
        zpl_fs_read_file(input->path, ZPL_BUF_BYTES_MAX, &text, context->diags) != ZPL_OK) {
        zpl_buf_release(&text);
        return 1;
    }
    if (zpl_json_parse(text.data, text.len, &json, NULL) == ZPL_OK)
        out->literal = zpl_literal_of_json(json, type, context->arena);
    else
        zpl_diag_add(context->diags, ZPL_CODE_BODY, nowhere,
                     "input '%s' is a %s, which a lua body can't be given", input->name,
                     zpl_kind_name(type->kind));
    if (json != NULL && (out->literal == NULL || zpl_arena_failed(context->arena))) {
        zpl_diag_nomem(context->diags);
        out->literal = NULL;
    }
    zpl_json_release(json);
    zpl_buf_release(&text);
    return out->literal == NULL;
}

static int read_table(struct body *b, const struct zpl_run_input *input, struct table_in *in,
                      struct zpl_lua_input *out)
{
    struct zpl_scan scan;
    struct zpl_duck *duck = zpl_context_duck(b->context);
    if (duck == NULL || !zpl_context_scan(b->context, input, &scan))
        return 1;
    in->context = b->context;
    if (zpl_cells_reader_new(duck, &scan, input->rows, &in->reader, b->context->diags) != ZPL_OK)
        return 1;
    in->table.self = in;
    in->table.rows = input->rows;
    in->table.cell = read_cell;
    in->table.columns = zpl_cells_reader_columns(in->reader, &in->table.column_count);
    out->table = &in->table;
    return 0;
}

static int make_inputs(struct body *b)
{
    const struct zpl_run_task *task = b->context->task;
    for (size_t i = 0; i < task->input_count; i++) {
        const struct zpl_run_input *input = &task->inputs[i];
        struct zpl_lua_input *out = &b->inputs[b->input_count++];
        out->name = input->name;
        if (input->rows >= 0 ? read_table(b, input, &b->tables[i], out) : read_value(b, input, out))
            return 1;
    }
    for (size_t i = 0; i < task->param_count; i++)
        b->inputs[b->input_count++] =
            (struct zpl_lua_input){.name = task->params[i].name, .literal = task->params[i].value};
    return 0;
}

static int make_outputs(struct body *b)
{
    const struct zpl_run_task *task = b->context->task;
    for (size_t i = 0; i < task->output_count; i++) {
        const struct zpl_type *type = zpl_context_type(b->context, task->outputs[i].type);
        if (type == NULL)
            return 1;
        b->values[i] =
            (struct value_out){.context = b->context, .output = &task->outputs[i], .type = type};
        b->outputs[i] = (struct zpl_lua_output){.name = task->outputs[i].name,
                                                .type = type,
                                                .self = &b->values[i],
                                                .begin = begin_table,
                                                .cell = write_cell,
                                                .value = write_value};
    }
    return 0;
}

static int write_tables(struct body *b)
{
    const struct zpl_run_task *task = b->context->task;
    for (size_t i = 0; i < task->output_count; i++)
        if (b->values[i].writer != NULL &&
            zpl_cells_writer_write(b->values[i].writer, task->outputs[i].path, b->context->diags) !=
                ZPL_OK)
            return 1;
    return 0;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = zpl_context_of(ctx);
    const struct zpl_run_task *task = context->task;
    struct zpl_arena *arena = context->arena;
    if (task->body == NULL)
        return ctx->fail(ctx, "a lua step has a body");
    size_t inputs = task->input_count + task->param_count;
    struct body b = {
        .context = context,
        .tables = zpl_arena_array(arena, task->input_count + 1, sizeof *b.tables),
        .values = zpl_arena_array(arena, task->output_count + 1, sizeof *b.values),
        .inputs = zpl_arena_array(arena, inputs + 1, sizeof *b.inputs),
        .outputs = zpl_arena_array(arena, task->output_count + 1, sizeof *b.outputs),
    };
    if (zpl_arena_failed(arena)) {
        zpl_diag_nomem(context->diags);
        return 1;
    }
    int failed = make_inputs(&b) || make_outputs(&b);
    size_t image_len = strcspn(task->body, "\n");
    const struct zpl_closure_call call = {
        .image = task->body,
        .image_len = image_len,
        .places = task->body[image_len] != '\0' ? task->body + image_len + 1 : NULL,
        .inputs = b.inputs,
        .input_count = b.input_count,
        .outputs = b.outputs,
        .output_count = task->output_count,
        .memory_bytes = task->memory_bytes / 2};
    failed = failed || zpl_closure_run(&call, context->diags) != ZPL_OK || write_tables(&b);
    for (size_t i = 0; i < task->input_count; i++)
        zpl_cells_reader_release(b.tables[i].reader);
    for (size_t i = 0; i < task->output_count; i++)
        zpl_cells_writer_release(b.values[i].writer);
    return failed;
}

ZPL_KERNEL(lua) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "lua",
    .signature = "",
    .doc = "Runs a Lua function over tables and values.\n"
           "\n"
           "The function is given one table with a field for every input and param.  Of a table "
           "`t`,\n"
           "`t.col[i]` is the cell of row i (nil for a null) and `#t` the number of rows, at most "
           "1,000,000.\n"
           "It returns its outputs in declared order; a table as `{ col = { … }, … }`.\n"
           "\n"
           "    local top = step \"top\" { signature = \"(rows: Table {x: Int}) -> (n: Int)\",\n"
           "                             lua = function (t) return #t.rows end }",
    .engines = "lua duckdb",
    .run = run,
};
