/* ingest.c - see ingest.h.   Floor: stdlib. */
#include "stdlib/file/ingest.h"

#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/tensor.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

struct part {
    const char *path, *shown;
    struct zpl_datafile file;
    struct zpl_relation have; /* the file's columns as SQL sees them */
};
struct ingest {
    struct zpl_context *context;
    struct zpl_duck *duck;
    struct part *parts;
    size_t count;
    const struct zpl_row *row;      /* the columns that are wanted */
    bool guess;                     /* types of columns that nobody declared were guessed */
    const struct zpl_row *declared; /* by the program, or NULL */
};

static bool is_guessed(const struct ingest *in, const char *column)
{
    return in->guess && (in->declared == NULL || zpl_row_find(in->declared, column) == NULL);
}

/* The expression of a column of a file that is stored for a wanted column. */
static bool put_column(const struct ingest *in, const struct part *part,
                       const struct zpl_column *column, enum zpl_convert mode, struct zpl_buf *out,
                       const char **why)
{
    size_t at = (size_t)zpl_relation_find(&part->have, column->name);
    return (is_guessed(in, column->name) ? zpl_datafile_guessed : zpl_datafile_column)(
        &part->file, &part->have, at, column->type, mode, out, in->context->arena, why);
}

/* The declared row; what `...` stands for in it are the first file's other columns, as they are. */
static const struct zpl_row *wanted(struct ingest *in, const struct zpl_row *declared)
{
    struct zpl_arena *arena = in->context->arena;
    const struct zpl_row *found = in->parts[0].file.row;
    if (declared != NULL && !declared->open)
        return declared;
    size_t count = declared != NULL ? declared->count : 0;
    struct zpl_column *columns = zpl_arena_array(arena, count + found->count + 1, sizeof *columns);
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    if (columns == NULL || row == NULL)
        return NULL;
    if (count > 0)
        memcpy(columns, declared->columns, count * sizeof *columns);
    for (size_t i = 0; i < found->count; i++)
        if (declared == NULL || zpl_row_find(declared, found->columns[i].name) == NULL)
            columns[count++] = found->columns[i];
    *row = (struct zpl_row){.columns = columns, .count = count};
    return row;
}

static int missing_column(struct ingest *in, const struct part *part, const char *name)
{
    struct zpl_diags *diags = in->context->diags;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, nowhere,
                                         "%s has no column '%s'", part->shown, name);
    const char *near = zpl_text_nearest(name, part->have.names, part->have.count);
    if (near != NULL)
        zpl_diag_help(diags, diag, "did you mean '%s'?", near);
    else
        zpl_diag_help(diags, diag, "it has %zu columns, the first is '%s'", part->have.count,
                      part->have.count > 0 ? part->have.names[0] : "");
    return 1;
}

/* Is every wanted column there, and of a type that can become the declared one? */
static int check_columns(struct ingest *in, const struct part *part)
{
    int failed = 0;
    for (size_t i = 0; i < in->row->count; i++) {
        const struct zpl_column *column = &in->row->columns[i];
        struct zpl_buf unused = {0};
        const char *why = "has no type";
        long at = zpl_relation_find(&part->have, column->name);
        if (at < 0) {
            failed = missing_column(in, part, column->name);
            continue;
        }
        if (column->type == NULL ||
            !put_column(in, part, column, ZPL_CONVERT_UNNUMBERED, &unused, &why)) {
            zpl_diag_add(in->context->diags, ZPL_CODE_SOURCE_SCHEMA, nowhere,
                         "column '%s' of %s %s", column->name, part->shown, why);
            failed = 1;
        }
        zpl_buf_release(&unused);
    }
    return failed;
}

/* ---- the first value that is not of its type ---- */

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

/* "x IS NOT NULL AND (what is stored for it) IS NULL": is the value of a wanted column none of its type? */
static void add_is_bad(struct ingest *in, const struct part *part, const struct zpl_column *column,
                       struct zpl_buf *out)
{
    const char *why;
    long at = zpl_relation_find(&part->have, column->name);
    zpl_duck_ident(out, part->have.names[at]);
    zpl_buf_puts(out, " IS NOT NULL AND (");
    put_column(in, part, column, ZPL_CONVERT_LENIENT, out, &why);
    zpl_buf_puts(out, ") IS NULL");
}

static enum zpl_err keep_column(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    *(long *)self = (long)cells[0].i;
    return ZPL_OK;
}

/* Which wanted column is the first with such a value, in the first row that has one?  All are looked at
 * in one pass; -1: none.  *said is why the rows can't be read to their end, or NULL. */
static long find_bad_column(struct ingest *in, const struct part *part, const char **said)
{
    struct zpl_buf sql = {0};
    struct zpl_diags quiet = {0};
    long found = -1;
    zpl_buf_puts(&sql, "SELECT zpl_bad FROM (SELECT CASE");
    for (size_t i = 0; i < in->row->count; i++) {
        zpl_buf_puts(&sql, " WHEN ");
        add_is_bad(in, part, &in->row->columns[i], &sql);
        zpl_buf_printf(&sql, " THEN %zu::BIGINT", i);
    }
    zpl_buf_printf(&sql, " END AS zpl_bad FROM %s) WHERE zpl_bad IS NOT NULL LIMIT 1",
                   part->file.from);
    if (zpl_buf_error(&sql) == ZPL_OK && in->row->count > 0)
        (void)zpl_duck_each(in->duck, zpl_buf_str(&sql), keep_column, &found, &quiet);
    *said = quiet.count > 0 && quiet.items[0]->code == ZPL_CODE_STEP_FAILED
                ? zpl_arena_strdup(in->context->arena, quiet.items[0]->message)
                : NULL;
    zpl_diags_release(&quiet);
    zpl_buf_release(&sql);
    return found;
}

/* What is told of a value: its text; of a Tensor why it is none. */
static void add_told(const struct ingest *in, const struct part *part,
                     const struct zpl_column *column, long at, struct zpl_buf *sql)
{
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, part->have.names[at]);
    if (column->type->kind == ZPL_TENSOR)
        zpl_datafile_tensor_why(&part->file, &part->have, (size_t)at, column->type, sql,
                                in->context->arena);
    else
        zpl_buf_printf(sql, "left(CAST(%s AS VARCHAR), 60)", zpl_buf_str(&x));
    zpl_buf_release(&x);
}

/* The first such value of a column. */
static enum zpl_err find_bad(struct ingest *in, const struct part *part,
                             const struct zpl_column *column, struct bad *out)
{
    struct zpl_buf sql = {0};
    struct zpl_diags quiet = {0};
    long at = zpl_relation_find(&part->have, column->name);
    out->row = 0;
    zpl_buf_puts(&sql, "SELECT zpl_row, zpl_value FROM (SELECT row_number() OVER () AS zpl_row, ");
    add_told(in, part, column, at, &sql);
    zpl_buf_puts(&sql, " AS zpl_value, ");
    add_is_bad(in, part, column, &sql);
    zpl_buf_printf(&sql, " AS zpl_bad FROM %s) WHERE zpl_bad LIMIT 1", part->file.from);
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? ZPL_ERR_NOMEM
                           : zpl_duck_each(in->duck, zpl_buf_str(&sql), keep_bad, out, &quiet);
    zpl_diags_release(&quiet);
    zpl_buf_release(&sql);
    return err;
}

/* "name" as a key of a table of the language. */
static const char *key_text(const char *name, struct zpl_arena *arena)
{
    return zpl_text_is_name(name) ? name : zpl_arena_printf(arena, "[\"%s\"]", name);
}

static void tell_bad(struct ingest *in, const struct part *part, const struct zpl_column *column,
                     const struct bad *bad)
{
    struct zpl_arena *arena = in->context->arena;
    struct zpl_diags *diags = in->context->diags;
    if (column->type->kind == ZPL_TENSOR) {
        zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, nowhere, "row %lld of %s: column '%s' %s",
                     (long long)bad->row, part->shown, column->name, bad->value);
        return;
    }
    struct zpl_datafile_advice advice =
        zpl_datafile_advise(bad->value, column->name, column->type, arena);
    if (strcmp(part->file.format, "parquet") == 0 && column->type->kind == ZPL_FLOAT)
        advice.type = "Int"; /* it was a whole number, of a column of such */
    const char *key = key_text(column->name, arena);
    struct zpl_diag *diag = zpl_diag_add(
        diags, ZPL_CODE_SOURCE_SCHEMA, nowhere, "row %lld of %s: column '%s' holds '%s', %s",
        (long long)bad->row, part->shown, column->name, bad->value, advice.words);
    if (is_guessed(in, column->name))
        zpl_diag_help(diags, diag,
                      "its type was guessed from the first 20,480 rows; say what it is: "
                      "type = Table { %s = %s, ... }%s",
                      key, advice.type, advice.more);
    else
        zpl_diag_help(diags, diag, "correct the value, or declare the column as %s: %s = %s%s",
                      advice.type, key, advice.type, advice.more);
}

/* Tells the first such value of a file, or what is wrong with its text; false: neither. */
static bool explain_part(struct ingest *in, const struct part *part, const char *said)
{
    struct zpl_diags *diags = in->context->diags;
    struct bad first;
    const char *unread;
    long at = find_bad_column(in, part, &unread);
    if (strcmp(part->file.format, "json") != 0)
        said = unread != NULL ? unread : "";
    const char *why = zpl_datafile_fault(part->file.format, part->path, said, in->context->arena);
    if (why == NULL && at < 0 && unread != NULL)
        why = zpl_arena_printf(in->context->arena, "can't be read to its end: %s", unread);
    if (why != NULL) {
        zpl_diag_add(diags, ZPL_CODE_SOURCE_READ, nowhere, "%s %s", part->shown, why);
        return true;
    }
    if (at < 0 || find_bad(in, part, &in->row->columns[at], &first) != ZPL_OK || first.row == 0)
        return false;
    tell_bad(in, part, &in->row->columns[at], &first);
    return true;
}

/* Why the rows could not be written; else what DuckDB said. */
static void explain(struct ingest *in, const struct zpl_diags *said)
{
    const char *words = said->count > 0 ? said->items[said->count - 1]->message : "";
    for (size_t i = 0; i < in->count; i++)
        if (explain_part(in, &in->parts[i], words))
            return;
    if (in->count == 1 && said->count > 0 && said->items[0]->code == ZPL_CODE_STEP_FAILED)
        zpl_diag_add(in->context->diags, ZPL_CODE_SOURCE_READ, nowhere,
                     "%s can't be read to its end: %s", in->parts[0].shown, words);
    else
        zpl_diags_append(in->context->diags, said);
}

/* ---- all rows ---- */

/* SELECT of the wanted columns of one file, each as it is stored. */
static void select_part(struct ingest *in, const struct part *part, struct zpl_buf *out)
{
    const char *why;
    zpl_buf_puts(out, "SELECT ");
    for (size_t i = 0; i < in->row->count; i++) {
        const struct zpl_column *column = &in->row->columns[i];
        zpl_buf_puts(out, i > 0 ? ", " : "");
        put_column(in, part, column, ZPL_CONVERT_UNNUMBERED, out, &why);
        zpl_buf_puts(out, " AS ");
        zpl_duck_ident(out, column->name);
    }
    zpl_buf_printf(out, " FROM %s", part->file.from);
}

/* The files from `begin` on, before `end`, one behind the other.  In halves: a chain of unions may not
 * be long. */
static void select_parts(struct ingest *in, size_t begin, size_t end, struct zpl_buf *out)
{
    if (end - begin == 1) {
        select_part(in, &in->parts[begin], out);
        return;
    }
    size_t middle = begin + (end - begin) / 2;
    zpl_buf_putc(out, '(');
    select_parts(in, begin, middle, out);
    zpl_buf_puts(out, ") UNION ALL (");
    select_parts(in, middle, end, out);
    zpl_buf_putc(out, ')');
}

/* Writes the rows; said on failure. */
static int write_rows(struct ingest *in, const char *path)
{
    struct zpl_diags said = {0};
    struct zpl_buf query = {0};
    select_parts(in, 0, in->count, &query);
    const struct zpl_write write = {.query = zpl_buf_str(&query), .row = in->row, .path = path};
    enum zpl_err err = zpl_buf_error(&query) != ZPL_OK ? zpl_diag_nomem(&said)
                                                       : zpl_write_query(in->duck, &write, &said);
    if (err == ZPL_ERR_STEP)
        explain(in, &said);
    else if (err != ZPL_OK)
        zpl_diags_append(in->context->diags, &said);
    zpl_diags_release(&said);
    zpl_buf_release(&query);
    return err != ZPL_OK;
}

/* What the file holds; non-zero after telling. */
static int open_part(struct ingest *in, const struct zpl_datafile_options *options,
                     struct part *part)
{
    struct zpl_diags *diags = in->context->diags;
    const char *why;
    if (zpl_datafile_open(in->duck, options, &part->file, &why, in->context->arena, diags) !=
        ZPL_OK)
        return 1;
    if (why != NULL) {
        zpl_diag_add(diags, ZPL_CODE_SOURCE_READ, nowhere, "%s %s", part->shown, why);
        return 1;
    }
    return zpl_relation_from(in->duck, part->file.from, &part->have, in->context->arena, diags) !=
           ZPL_OK;
}

/* Is there a key that was not among those of the objects that were looked at?  Told; its values are
 * not lost without a word. */
static int tell_stray(struct ingest *in, const struct part *part)
{
    struct zpl_diags *diags = in->context->diags;
    const char *key = NULL;
    int64_t row = 0;
    if (!in->guess)
        return 0;
    if (zpl_datafile_stray(in->duck, &part->file, part->path, in->row, &row, &key,
                           in->context->arena, diags) != ZPL_OK)
        return 1;
    if (key == NULL)
        return 0;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, nowhere,
                     "row %lld of %s has a key %s, which none of the rows that were looked at has",
                     (long long)row, part->shown, key);
    zpl_diag_help(
        diags, diag,
        "say which columns there are: with type = Table { … } exactly those are read, with "
        "`...` in it those of the first rows too");
    return 1;
}

/* Leaves word of which files the rows come from. */
static int keep_parts(struct ingest *in)
{
    struct zpl_context *context = in->context;
    context->parts = zpl_arena_array(context->arena, in->count, sizeof *context->parts);
    if (context->parts == NULL)
        return zpl_diag_nomem(context->diags) != ZPL_OK;
    for (size_t i = 0; i < in->count; i++)
        context->parts[i] =
            (struct zpl_source_part){in->parts[i].shown, in->parts[i].file.from, -1};
    context->part_count = in->count;
    return 0;
}

static int ingest(struct zpl_context *context, const struct zpl_datafile_options *options,
                  const struct zpl_ingest_file *files, size_t count, const struct zpl_type *type,
                  const char *out, bool guess, const struct zpl_row *declared)
{
    context->apart = true; /* every column is read by an expression of its own */
    struct ingest in = {.context = context,
                        .duck = zpl_context_duck(context),
                        .count = count,
                        .guess = guess,
                        .declared = declared};
    struct zpl_datafile_options each = *options;
    int failed = 0;
    if (in.duck == NULL)
        return 1;
    in.parts = zpl_arena_array(context->arena, count, sizeof *in.parts);
    if (in.parts == NULL)
        return zpl_diag_nomem(context->diags) != ZPL_OK;
    each.naming = type->kind == ZPL_TABLE ? type->row : NULL;
    for (size_t i = 0; !failed && i < count; i++) {
        in.parts[i].path = each.path = files[i].path;
        in.parts[i].shown = files[i].shown;
        failed = open_part(&in, &each, &in.parts[i]);
    }
    in.row = failed ? NULL : wanted(&in, each.naming);
    failed = failed || in.row == NULL;
    for (size_t i = 0; !failed && i < count; i++)
        failed = check_columns(&in, &in.parts[i]) || tell_stray(&in, &in.parts[i]);
    if (!failed)
        failed = keep_parts(&in) || write_rows(&in, out);
    for (size_t i = 0; i < count; i++)
        zpl_relation_release(&in.parts[i].have);
    return failed;
}

int zpl_ingest_files(struct zpl_context *context, const struct zpl_datafile_options *options,
                     const struct zpl_ingest_file *files, size_t count, const struct zpl_type *type,
                     const char *out)
{
    return ingest(context, options, files, count, type, out, false, NULL);
}

/* The file that a literal names; messages call it as seen from the project. */
static struct zpl_ingest_file file_of(const struct zpl_context *context,
                                      const struct zpl_literal *path)
{
    const char *text = path->as.str.s, *root = context->task->project;
    const char *below = root != NULL ? zpl_path_below(root, text) : NULL;
    return (struct zpl_ingest_file){text, below != NULL ? below : text};
}

int zpl_ingest(struct zpl_kernel_context *ctx, struct zpl_datafile_options *options)
{
    struct zpl_context *context = zpl_context_of(ctx);
    const char *out = ctx->output_path(ctx, "rows");
    const struct zpl_run_param *param = zpl_context_param(context, "path");
    const struct zpl_literal *given = param != NULL ? param->value : NULL;
    bool list = given != NULL && given->kind == ZPL_LIT_LIST;
    size_t count = list ? given->as.list.count : 1;
    struct zpl_ingest_file *files = zpl_arena_array(context->arena, count + 1, sizeof *files);
    if (given == NULL || out == NULL || count == 0)
        return ctx->fail(ctx, "a source needs a path");
    if (files == NULL)
        return zpl_diag_nomem(context->diags) != ZPL_OK;
    for (size_t i = 0; i < count; i++)
        files[i] = file_of(context, list ? given->as.list.items[i] : given);
    const struct zpl_type *type = zpl_context_type(context, ctx->output_type(ctx, "rows"));
    const struct zpl_run_param *said = zpl_context_param(context, "type");
    const struct zpl_type *declared =
        said != NULL && said->value != NULL && said->value->kind == ZPL_LIT_TYPE
            ? said->value->as.type
            : NULL;
    bool guess = strcmp(options->format, "parquet") != 0 &&
                 (declared == NULL || declared->row == NULL || declared->row->open);
    return type == NULL || ingest(context, options, files, count, type, out, guess,
                                  declared != NULL ? declared->row : NULL);
}
