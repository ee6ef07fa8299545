/* ingest.c - see ingest.h.   Floor: stdlib. */
#include "stdlib/table/ingest.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

struct ingest {
    struct zpl_context *context;
    struct zpl_duck *duck;
    const char *path;
    struct zpl_datafile file;
    struct zpl_relation have;  /* the file's columns as SQL sees them */
    const struct zpl_row *row; /* those that are wanted */
};

/* The declared row; what `...` stands for in it are the file's other columns, as they are. */
static const struct zpl_row *wanted(struct ingest *in, const struct zpl_row *declared)
{
    struct zpl_arena *arena = in->context->arena;
    if (declared != NULL && !declared->open)
        return declared;
    size_t count = declared != NULL ? declared->count : 0;
    struct zpl_column *columns =
        zpl_arena_array(arena, count + in->file.row->count + 1, sizeof *columns);
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    if (columns == NULL || row == NULL)
        return NULL;
    if (count > 0)
        memcpy(columns, declared->columns, count * sizeof *columns);
    for (size_t i = 0; i < in->file.row->count; i++)
        if (declared == NULL || zpl_row_find(declared, in->file.row->columns[i].name) == NULL)
            columns[count++] = in->file.row->columns[i];
    *row = (struct zpl_row){.columns = columns, .count = count};
    return row;
}

static int missing_column(struct ingest *in, const char *name)
{
    struct zpl_diags *diags = in->context->diags;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, nowhere,
                                         "%s has no column '%s'", in->path, name);
    const char *near = zpl_text_nearest(name, in->have.names, in->have.count);
    if (near != NULL)
        zpl_diag_help(diags, diag, "did you mean '%s'?", near);
    else
        zpl_diag_help(diags, diag, "it has %zu columns, the first is '%s'", in->have.count,
                      in->have.count > 0 ? in->have.names[0] : "");
    return 1;
}

/* Is every wanted column there, and of a type that can become the declared one? */
static int check_columns(struct ingest *in)
{
    int failed = 0;
    for (size_t i = 0; i < in->row->count; i++) {
        const struct zpl_column *column = &in->row->columns[i];
        struct zpl_buf unused = {0};
        const char *why = "has no type";
        long at = zpl_relation_find(&in->have, column->name);
        if (at < 0) {
            failed = missing_column(in, column->name);
            continue;
        }
        if (column->type == NULL ||
            !zpl_convert_column(in->have.api, in->have.names[at], in->have.types[at], column->type,
                                ZPL_CONVERT_STRICT, &unused, in->context->arena, &why)) {
            zpl_diag_add(in->context->diags, ZPL_CODE_SOURCE_SCHEMA, nowhere,
                         "column '%s' of %s %s", column->name, in->path, why);
            failed = 1;
        }
        zpl_buf_release(&unused);
    }
    return failed;
}

/* The first value that is not of its type. */
struct bad {
    int64_t row;
    char value[400];
};

static enum zpl_err keep_bad(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct bad *bad = self;
    size_t n = cells[1].n < sizeof bad->value - 1 ? cells[1].n : sizeof bad->value - 1;
    bad->row = cells[0].i;
    memcpy(bad->value, cells[1].s, n);
    bad->value[n] = '\0';
    return ZPL_OK;
}

/* Looks for such a value in one column. */
static enum zpl_err find_bad(struct ingest *in, const struct zpl_column *column, struct bad *out)
{
    struct zpl_buf sql = {0}, name = {0};
    const char *why;
    long at = zpl_relation_find(&in->have, column->name);
    out->row = 0;
    zpl_duck_ident(&name, in->have.names[at]);
    zpl_buf_printf(&sql,
                   "SELECT zpl_row, zpl_value FROM (SELECT row_number() OVER () AS zpl_row, "
                   "left(CAST(%s AS VARCHAR), 60) AS zpl_value, %s IS NOT NULL AND (",
                   zpl_buf_str(&name), zpl_buf_str(&name));
    zpl_convert_column(in->have.api, in->have.names[at], in->have.types[at], column->type,
                       ZPL_CONVERT_LENIENT, &sql, in->context->arena, &why);
    zpl_buf_printf(&sql, ") IS NULL AS zpl_bad FROM %s) WHERE zpl_bad LIMIT 1", in->file.from);
    struct zpl_diags quiet = {0};
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? ZPL_ERR_NOMEM
                           : zpl_duck_each(in->duck, zpl_buf_str(&sql), keep_bad, out, &quiet);
    zpl_diags_release(&quiet);
    zpl_buf_release(&sql);
    zpl_buf_release(&name);
    return err;
}

/* Why the rows could not be written: the first value that is not of its type, else what DuckDB
 * said. */
static void explain(struct ingest *in, const struct zpl_diags *said)
{
    struct bad first = {0};
    const struct zpl_column *column = NULL;
    for (size_t i = 0; i < in->row->count; i++) {
        struct bad bad;
        if (find_bad(in, &in->row->columns[i], &bad) != ZPL_OK || bad.row == 0)
            continue;
        if (column == NULL || bad.row < first.row) {
            first = bad;
            column = &in->row->columns[i];
        }
    }
    if (column == NULL) {
        zpl_diags_append(in->context->diags, said);
        return;
    }
    zpl_diag_add(in->context->diags, ZPL_CODE_SOURCE_SCHEMA, nowhere,
                 "row %lld of %s: column '%s' holds '%s', which is no %s", (long long)first.row,
                 in->path, column->name, first.value,
                 zpl_type_text(column->type, true, in->context->arena));
}

/* Writes the rows; said on failure. */
static int write_rows(struct ingest *in, const char *path)
{
    struct zpl_diags said = {0};
    const char *query = zpl_arena_printf(in->context->arena, "FROM %s", in->file.from);
    const struct zpl_write write = {.query = query, .row = in->row, .path = path};
    if (query == NULL) {
        zpl_diag_nomem(in->context->diags);
        return 1;
    }
    enum zpl_err err = zpl_write_query(in->duck, &write, &said);
    if (err == ZPL_ERR_STEP)
        explain(in, &said);
    else if (err != ZPL_OK)
        zpl_diags_append(in->context->diags, &said);
    zpl_diags_release(&said);
    return err != ZPL_OK;
}

int zpl_ingest_file(struct zpl_context *context, struct zpl_datafile_options *options,
                    const char *shown, const struct zpl_type *type, const char *out)
{
    struct ingest in = {.context = context, .path = shown, .duck = zpl_context_duck(context)};
    struct zpl_diags *diags = context->diags;
    const char *why;
    if (in.duck == NULL)
        return 1;
    options->naming = type->kind == ZPL_TABLE ? type->row : NULL;
    if (zpl_datafile_open(in.duck, options, &in.file, &why, context->arena, diags) != ZPL_OK)
        return 1;
    if (why != NULL) {
        zpl_diag_add(diags, ZPL_CODE_SOURCE_READ, nowhere, "%s %s", in.path, why);
        return 1;
    }
    in.row = wanted(&in, options->naming);
    int failed = in.row == NULL || zpl_relation_from(in.duck, in.file.from, &in.have,
                                                     context->arena, diags) != ZPL_OK;
    if (!failed)
        failed = check_columns(&in) || write_rows(&in, out);
    zpl_relation_release(&in.have);
    return failed;
}

int zpl_ingest(struct zpl_kernel_context *ctx, struct zpl_datafile_options *options)
{
    struct zpl_context *context = zpl_context_of(ctx);
    const char *out = ctx->output_path(ctx, "rows");
    options->path = ctx->param_text(ctx, "path");
    if (options->path == NULL || out == NULL)
        return ctx->fail(ctx, "a source needs a path");
    const struct zpl_type *type = zpl_context_type(context, ctx->output_type(ctx, "rows"));
    return type == NULL || zpl_ingest_file(context, options, options->path, type, out);
}
