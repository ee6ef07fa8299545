/* reader.c - Arrow streams as batches of asked columns.   Floor: stdlib. */
#include "stdlib/model/reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/types/signature.h"

static int fail_stream(struct zpl_reader *reader)
{
    const char *words = reader->stream.get_last_error(&reader->stream);
    return reader->ctx->fail(reader->ctx, "the table `%s` can't be read: %s", reader->input,
                             words ? words : "no reason is given");
}

static int find_child(const struct zpl_reader *reader, const char *name, int64_t *child)
{
    for (int64_t i = 0; i < reader->schema.n_children; i++)
        if (strcmp(reader->schema.children[i]->name, name) == 0) {
            *child = i;
            return 0;
        }
    return reader->ctx->fail(reader->ctx, "the table `%s` has no column '%s'", reader->input, name);
}

int zpl_reader_open(struct zpl_reader *reader, struct zpl_kernel_context *ctx, const char *input,
                    const char *const *names, size_t count, const char *last)
{
    int failed;

    *reader = (struct zpl_reader){.ctx = ctx, .input = input, .count = count + (last != NULL)};
    failed = ctx->input_table(ctx, input, &reader->stream);
    if (failed)
        return failed;
    if (reader->stream.get_schema(&reader->stream, &reader->schema))
        return fail_stream(reader);
    reader->children = zpl_calloc(count + 1, sizeof *reader->children);
    reader->cells = zpl_calloc(count + 1, sizeof *reader->cells);
    if (!reader->children || !reader->cells)
        return ctx->fail(ctx, "out of memory");
    for (size_t i = 0; i < reader->count && !failed; i++)
        failed = find_child(reader, i < count ? names[i] : last, &reader->children[i]);
    return failed;
}

void zpl_reader_drop(struct zpl_reader *reader)
{
    if (reader->batch.release)
        reader->batch.release(&reader->batch);
    reader->batch = (struct ArrowArray){0};
}

int zpl_reader_next(struct zpl_reader *reader, bool *more)
{
    *more = false;
    do {
        zpl_reader_drop(reader);
        reader->first_row += reader->rows;
        reader->rows = 0;
        if (reader->stream.get_next(&reader->stream, &reader->batch))
            return fail_stream(reader);
        if (!reader->batch.release)
            return 0;
        reader->rows = reader->batch.length;
    } while (reader->rows == 0);
    for (size_t i = 0; i < reader->count; i++) {
        int64_t child = reader->children[i];
        if (!zpl_cells_open(&reader->cells[i], &reader->schema, &reader->batch, child) ||
            (zpl_cells_are_tensors(&reader->cells[i]) && !reader->tensors))
            return reader->ctx->fail(reader->ctx,
                                     "column '%s' of `%s` comes as Arrow '%s', which is neither a "
                                     "number nor a text",
                                     reader->schema.children[child]->name, reader->input,
                                     reader->schema.children[child]->format);
    }
    *more = true;
    return 0;
}

void zpl_reader_release(struct zpl_reader *reader)
{
    zpl_reader_drop(reader);
    if (reader->schema.release)
        reader->schema.release(&reader->schema);
    if (reader->stream.release)
        reader->stream.release(&reader->stream);
    free(reader->children);
    free(reader->cells);
    *reader = (struct zpl_reader){0};
}

int zpl_reader_column(const struct zpl_reader *reader, size_t column, size_t stride, float *out)
{
    const struct zpl_cells *cells = &reader->cells[column];
    const char *name = reader->schema.children[reader->children[column]]->name;

    if (zpl_cells_are_text(cells) || zpl_cells_are_tensors(cells))
        return reader->ctx->fail(reader->ctx, "feature '%s' of `%s` holds %s, not numbers", name,
                                 reader->input, zpl_cells_are_text(cells) ? "texts" : "Tensors");
    for (int64_t row = 0; row < cells->count; row++) {
        float *cell = &out[(size_t)row * stride];
        *cell = zpl_cells_null(cells, row) ? NAN : (float)zpl_cells_number(cells, row);
        if (isinf(*cell))
            return reader->ctx->fail(reader->ctx,
                                     "feature '%s' of `%s` is infinite, or too large for a "
                                     "32-bit float, in row %" PRId64 "; clip it or make it NULL",
                                     name, reader->input, reader->first_row + row + 1);
    }
    return 0;
}

int zpl_reader_floats(const struct zpl_reader *reader, size_t count, float *out)
{
    int failed = 0;

    for (size_t c = 0; c < count && !failed; c++)
        failed = zpl_reader_column(reader, c, count, &out[c]);
    return failed;
}

void zpl_nulls_add(struct zpl_nulls *nulls, const struct zpl_reader *reader, int64_t row)
{
    if (nulls->count++ == 0)
        nulls->first = reader->first_row + row + 1;
}

int zpl_nulls_refuse(const struct zpl_nulls *nulls, const struct zpl_reader *reader,
                     const char *column)
{
    if (nulls->count == 0)
        return 0;
    return reader->ctx->fail(
        reader->ctx,
        "%" PRId64 " of %" PRId64 " rows of `%s` have no label: '%s' is null "
        "or NaN there, first in row %" PRId64 "; leave them out before, with WHERE %s IS NOT NULL",
        nulls->count, reader->first_row, reader->input, column, nulls->first, column);
}

int zpl_table_row(struct zpl_kernel_context *ctx, const char *text, struct zpl_arena *arena,
                  const struct zpl_row **row)
{
    struct zpl_signature_error error = {0};
    const struct zpl_type *type = NULL;

    if (!text || zpl_type_parse(text, arena, &type, &error) != ZPL_OK)
        return ctx->fail(ctx, "the type '%s' can't be read: %s", text ? text : "",
                         error.message ? error.message : "out of memory");
    if (type->kind != ZPL_TABLE || !type->row)
        return ctx->fail(ctx, "the type '%s' is not a table's", text);
    *row = type->row;
    return 0;
}
