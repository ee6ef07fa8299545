/* sql.c - the body of a SQL step: its inputs are views, its scalars params of their own types.
 * Floor: stdlib. */
#include <string.h>
#include "stdlib/context.h"
#include "stdlib/query/guard.h"
#include "stdlib/table/scan.h"
#include "stdlib/table/sqltext.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

static enum zpl_kind kind_of(const struct zpl_literal *value)
{
    switch (value->kind) {
    case ZPL_LIT_INT:
        return ZPL_INT;
    case ZPL_LIT_FLOAT:
        return ZPL_FLOAT;
    case ZPL_LIT_BOOL:
        return ZPL_BOOL;
    default:
        return ZPL_STRING;
    }
}

/* The rule of the checker again: what runs is what may run, whoever wrote the task. */
static int check(struct zpl_context *context, struct zpl_duck *duck, const struct zpl_scan *scans)
{
    const struct zpl_run_task *task = context->task;
    static const struct zpl_row unknown = {.open = true};
    struct zpl_bind_table *tables =
        zpl_arena_array(context->arena, task->input_count + 1, sizeof *tables);
    struct zpl_bind_param *params =
        zpl_arena_array(context->arena, task->param_count + 1, sizeof *params);
    struct zpl_guarded guarded = {0};
    struct zpl_bind_error error = {0};
    if (tables == NULL || params == NULL) {
        zpl_diag_nomem(context->diags);
        return 1;
    }
    for (size_t i = 0; i < task->input_count; i++)
        tables[i] = (struct zpl_bind_table){.name = task->inputs[i].name,
                                            .row = scans[i].row != NULL ? scans[i].row : &unknown};
    for (size_t i = 0; i < task->param_count; i++)
        params[i] = (struct zpl_bind_param){task->params[i].name, kind_of(task->params[i].value)};
    const struct zpl_bind_request request = {.sql = task->body,
                                             .tables = tables,
                                             .table_count = task->input_count,
                                             .params = params,
                                             .param_count = task->param_count};
    enum zpl_err err = zpl_guard(duck, &request, &guarded, &error, context->arena, context->diags);
    zpl_guarded_release(&guarded);
    if (err == ZPL_OK && error.message != NULL)
        zpl_diag_add(context->diags,
                     error.fault == ZPL_BIND_SYNTAX ? ZPL_CODE_SQL_SYNTAX : ZPL_CODE_SQL_FORBIDDEN,
                     nowhere, "%s", error.message);
    return err != ZPL_OK || error.message != NULL;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = zpl_context_of(ctx);
    const struct zpl_run_task *task = context->task;
    if (task->body == NULL || task->output_count != 1)
        return ctx->fail(ctx, "a SQL step has a query and one output");
    const struct zpl_type *type = zpl_context_type(context, task->outputs[0].type);
    struct zpl_scan *scans = zpl_arena_array(context->arena, task->input_count + 1, sizeof *scans);
    struct zpl_write_param *params =
        zpl_arena_array(context->arena, task->param_count + 1, sizeof *params);
    const char *query = zpl_arena_strndup(context->arena, task->body, zpl_sqltext_trim(task->body));
    struct zpl_duck *duck = zpl_context_duck(context);
    if (type == NULL || duck == NULL)
        return 1;
    if (scans == NULL || params == NULL || query == NULL) {
        zpl_diag_nomem(context->diags);
        return 1;
    }
    for (size_t i = 0; i < task->param_count; i++)
        params[i] = (struct zpl_write_param){task->params[i].name, task->params[i].value};
    for (size_t i = 0; i < task->input_count; i++)
        if (!zpl_context_scan(context, &task->inputs[i], &scans[i]))
            return 1;
    if (check(context, duck, scans) != 0)
        return 1;
    for (size_t i = 0; i < task->input_count; i++)
        if (zpl_scan_view(duck, task->inputs[i].name, &scans[i], context->diags) != ZPL_OK)
            return 1;
    const struct zpl_write write = {.query = query,
                                    .params = params,
                                    .param_count = task->param_count,
                                    .row = type->kind == ZPL_TABLE ? type->row : NULL,
                                    .path = task->outputs[0].path};
    return zpl_write_query(duck, &write, context->diags) != ZPL_OK;
}

ZPL_KERNEL(sql) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "sql",
    .signature = "",
    .doc =
        "Runs one SELECT over the tables and scalars in scope.\n"
        "\n"
        "`sql [[ SELECT … ]]` sees the tables in scope by their names, and scalars and params as "
        "$name.\n"
        "The dialect is DuckDB's; timestamps are in UTC.  A query is a function of its tables: "
        "it opens\n"
        "no file, knows no clock and no chance.\n"
        "\n"
        "    local late = sql [[ SELECT *, delay > $minutes AS late FROM flights ]]",
    .engines = "duckdb",
    .run = run,
};
