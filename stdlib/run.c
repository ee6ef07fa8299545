/* run.c - see run.h.   Floor: stdlib. */
#include "stdlib/run.h"

#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "stdlib/catalog.h"
#include "stdlib/context.h"
#include "stdlib/npy.h"
#include "stdlib/outcome.h"
#include "stdlib/table/contract.h"
#include "stdlib/table/stored.h"

static const struct zpl_span nowhere;

/* A mistake of the kernel's author, or of a body's. */
static enum zpl_err wrong_output(struct zpl_context *context, const char *name, const char *why)
{
    zpl_diag_add(context->diags, ZPL_CODE_STEP_OUTPUT, nowhere, "output '%s' %s", name, why);
    return ZPL_ERR_STEP;
}

/* NULL, or how a stored table differs from its declared row: the declared columns in order, with
 * others between them only when the row is open. */
static const char *table_differs(const struct zpl_stored *stored, const struct zpl_row *row,
                                 struct zpl_arena *arena)
{
    size_t at = 0;
    for (size_t i = 0; row != NULL && i < row->count; i++, at++) {
        struct zpl_buf type = {0};
        while (row->open && at < stored->column_count &&
               strcmp(stored->columns[at].name, row->columns[i].name) != 0)
            at++;
        if (at >= stored->column_count)
            return zpl_arena_printf(arena, "has no column '%s'", row->columns[i].name);
        const struct zpl_stored_column *have = &stored->columns[at];
        if (strcmp(have->name, row->columns[i].name) != 0)
            return zpl_arena_printf(arena, "has a column '%s' where '%s' is declared", have->name,
                                    row->columns[i].name);
        zpl_convert_sql(row->columns[i].type, true, &type);
        bool same = strcmp(have->type, zpl_buf_str(&type)) == 0;
        zpl_buf_release(&type);
        if (!same)
            return zpl_arena_printf(arena, "holds column '%s' as %s, but %s is declared",
                                    have->name, have->type,
                                    zpl_type_text(row->columns[i].type, true, arena));
    }
    if (row != NULL && !row->open && at < stored->column_count)
        return zpl_arena_printf(arena, "has a column '%s' that is not declared",
                                stored->columns[at].name);
    return stored->canonical ? NULL : "was not written by zpl's writer of tables";
}

/* The file that a source reads as people know it: inside of the project without its folder; NULL: the
 * step reads none. */
static const char *source_name(struct zpl_context *context)
{
    const struct zpl_kernel *kernel = zpl_stdlib_kernel(context->task->kernel);
    const char *path =
        kernel->source != NULL ? context->base.param_text(&context->base, "path") : NULL;
    const char *project = context->task->project;
    size_t n = path != NULL && project != NULL ? strlen(project) : 0;
    return n > 0 && strncmp(path, project, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

static enum zpl_err keep_count(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    *(int64_t *)self = cells[0].i;
    return ZPL_OK;
}

/* The file of a row of a source that several make; they are counted when a row is to be told. */
static const char *locate(void *self, int64_t row, int64_t *in_file)
{
    struct zpl_context *context = self;
    struct zpl_diags quiet = {0};
    const char *shown = NULL;
    for (size_t i = 0; shown == NULL && i < context->part_count; i++) {
        struct zpl_source_part *part = &context->parts[i];
        const char *sql = zpl_arena_printf(context->arena, "SELECT count(*) FROM %s", part->from);
        if (part->rows < 0 && (sql == NULL || zpl_duck_each(&context->duck, sql, keep_count,
                                                            &part->rows, &quiet) != ZPL_OK))
            break;
        *in_file = row;
        if (row <= part->rows)
            shown = part->shown;
        row -= part->rows;
    }
    zpl_diags_release(&quiet);
    return shown;
}

/* Holds the rows that were written to the types of their columns.  Rows of a source are those of its
 * file, in the file's order, and are told as such. */
static enum zpl_err hold_output(struct zpl_context *context, const struct zpl_run_output *output,
                                const struct zpl_row *row)
{
    if (!zpl_contract_any(row))
        return ZPL_OK;
    const char *file = source_name(context);
    const struct zpl_contract contract = {
        .whose = file != NULL ? zpl_arena_printf(context->arena, "%s breaks its contract", file)
                              : zpl_arena_printf(context->arena, "output '%s' breaks its contract",
                                                 output->name),
        .path = output->path,
        .row = row,
        .written = true,
        .locate = context->part_count > 1 ? locate : NULL,
        .locate_self = context};
    struct zpl_duck *duck = zpl_context_duck(context);
    if (contract.whose == NULL)
        return zpl_diag_nomem(context->diags);
    return duck == NULL ? ZPL_ERR_STEP
                        : zpl_contract_check(duck, &contract, context->arena, context->diags);
}

static enum zpl_err take_table(struct zpl_context *context, const struct zpl_run_output *output,
                               const struct zpl_type *type, struct zpl_run_made *made)
{
    struct zpl_duck *duck = zpl_context_duck(context);
    struct zpl_stored stored;
    if (duck == NULL)
        return ZPL_ERR_STEP;
    enum zpl_err err =
        zpl_stored_read(duck, output->path, type->row, &stored, context->arena, context->diags);
    if (err != ZPL_OK)
        return err;
    const char *why = table_differs(&stored, type->row, context->arena);
    if (why != NULL)
        return wrong_output(context, output->name, why);
    err = hold_output(context, output, type->row);
    if (err != ZPL_OK)
        return err;
    struct zpl_run_column *columns =
        zpl_arena_array(context->arena, stored.column_count + 1, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < stored.column_count; i++)
        columns[i] = (struct zpl_run_column){stored.columns[i].name, stored.columns[i].digest,
                                             stored.columns[i].bytes};
    made->digest = stored.digest;
    made->bytes = stored.bytes;
    made->rows = stored.rows;
    made->columns = columns;
    made->column_count = stored.column_count;
    return columns == NULL ? zpl_diag_nomem(context->diags) : ZPL_OK;
}

static enum zpl_err take_json(struct zpl_context *context, const struct zpl_run_output *output,
                              const struct zpl_type *type, const char *json,
                              struct zpl_run_made *made)
{
    struct zpl_json *value = NULL;
    if (json == NULL)
        return wrong_output(context, output->name, "was not written");
    enum zpl_err err = zpl_json_parse(json, strlen(json), &value, NULL);
    const char *why = err == ZPL_OK ? zpl_outcome_differs(value, type, context->arena) : NULL;
    zpl_json_release(value);
    if (err != ZPL_OK)
        return zpl_diag_nomem(context->diags);
    if (why != NULL)
        return wrong_output(context, output->name, why);
    made->json = json;
    made->bytes = strlen(json);
    made->digest = zpl_digest_of(json, made->bytes);
    return ZPL_OK;
}

/* A model, file or folder: whatever stands at its path; a Tensor, which is a file of NumPy. */
static enum zpl_err take_file(struct zpl_context *context, const struct zpl_run_output *output,
                              const struct zpl_type *type, const struct zpl_stat *stat,
                              struct zpl_run_made *made)
{
    if (type->kind == ZPL_FILE && !stat->is_file)
        return wrong_output(context, output->name, "is no regular file");
    if (type->kind == ZPL_DIR && !stat->is_dir)
        return wrong_output(context, output->name, "is no folder");
    if (type->kind == ZPL_TENSOR) {
        struct zpl_npy npy;
        const char *why = zpl_npy_read(output->path, &npy, context->arena);
        why = why != NULL ? why : zpl_npy_differs(&npy, type, context->arena);
        if (why != NULL)
            return wrong_output(context, output->name, why);
    }
    made->tree = stat->is_dir;
    return stat->is_dir ? zpl_outcome_tree(output->path, &made->digest, &made->bytes,
                                           context->arena, context->diags)
                        : zpl_fs_digest(output->path, &made->digest, &made->bytes, context->diags);
}

/* Checks and digests output `i`. */
static enum zpl_err take(struct zpl_context *context, size_t i, struct zpl_run_made *made)
{
    const struct zpl_run_output *output = &context->task->outputs[i];
    const struct zpl_type *type = zpl_context_type(context, output->type);
    struct zpl_stat stat;
    *made = (struct zpl_run_made){.name = output->name, .rows = -1};
    if (type == NULL)
        return ZPL_ERR_STEP;
    if (zpl_outcome_is_json(type) || context->json[i] != NULL)
        return take_json(context, output, type, context->json[i], made);
    enum zpl_err err = zpl_fs_stat(output->path, &stat, context->diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return wrong_output(context, output->name, "was not written");
    if (err != ZPL_OK)
        return err;
    return type->kind == ZPL_TABLE ? take_table(context, output, type, made)
                                   : take_file(context, output, type, &stat, made);
}

/* What a kernel that failed left unsaid, and which code the failure is. */
static enum zpl_err failed(const struct zpl_run_task *task, struct zpl_diags *diags)
{
    if (diags->errors == 0)
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere, "kernel %s failed without saying why",
                     task->kernel);
    return ZPL_ERR_STEP;
}

/* Holds a table to what the step needs of it, in a database session of its own: a kernel may still want
 * to say which files its own opens. */
static enum zpl_err hold_input(struct zpl_context *context, const struct zpl_run_input *input)
{
    const struct zpl_type *type = zpl_context_type(context, input->wants);
    struct zpl_duck duck = {0};
    struct zpl_contract contract = {
        .whose =
            zpl_arena_printf(context->arena, "input '%s' is not what the step needs", input->name),
        .note = input->maker != NULL
                    ? zpl_arena_printf(context->arena,
                                       "'%s' was made by %s, whose type does not promise it",
                                       input->name, input->maker)
                    : NULL,
        .path = input->path,
        .row = type != NULL && type->kind == ZPL_TABLE ? type->row : NULL};
    if (type == NULL)
        return ZPL_ERR_STEP;
    if (zpl_arena_failed(context->arena))
        return zpl_diag_nomem(context->diags);
    enum zpl_err err = zpl_context_open(context, &input->path, 1, &duck);
    if (err == ZPL_OK)
        err = zpl_contract_check(&duck, &contract, context->arena, context->diags);
    zpl_duck_release(&duck);
    return err;
}

/* All inputs that want it; each of those that are wrong is told. */
static enum zpl_err hold_inputs(struct zpl_context *context)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; i < context->task->input_count; i++) {
        const struct zpl_run_input *input = &context->task->inputs[i];
        enum zpl_err held = input->wants != NULL ? hold_input(context, input) : ZPL_OK;
        if (held != ZPL_OK && held != ZPL_ERR_STEP)
            return held;
        err = err != ZPL_OK ? err : held;
    }
    return err;
}

/* Is all that is wrong rows that break a contract?  Then nothing went wrong here: they were read, and are told. */
static bool is_contract(const struct zpl_diags *diags)
{
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i]->severity == ZPL_ERROR && diags->items[i]->code != ZPL_CODE_CONTRACT)
            return false;
    return diags->errors > 0;
}

enum zpl_err zpl_run_kernel(const struct zpl_run_task *task, struct zpl_run_result *result,
                            struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_context context = {0};
    const struct zpl_kernel *kernel = zpl_stdlib_kernel(task->kernel);
    memset(result, 0, sizeof *result);
    if (kernel == NULL || kernel->run == NULL || kernel->abi != ZPL_KERNEL_ABI_VERSION) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "this zpl has no kernel '%s' to run",
                     task->kernel);
        return ZPL_ERR_NOT_FOUND;
    }
    struct zpl_run_made *made = zpl_arena_array(arena, task->output_count + 1, sizeof *made);
    enum zpl_err err = zpl_context_init(&context, task, arena, diags);
    if (err == ZPL_OK && made == NULL)
        err = zpl_diag_nomem(diags);
    if (err == ZPL_OK)
        err = hold_inputs(&context);
    if (err == ZPL_OK && kernel->run(&context.base) != 0)
        err = failed(task, diags);
    for (size_t i = 0; err == ZPL_OK && i < task->output_count; i++)
        err = take(&context, i, &made[i]);
    result->unharmed = err == ZPL_ERR_STEP && (context.unharmed || is_contract(diags));
    result->lost = err != ZPL_OK && context.lost;
    result->made = made;
    result->made_count = task->output_count;
    zpl_context_release(&context);
    return err;
}
