/* feed_arrow.c - see feed_arrow.h.  A batch of any length is cut by views on it, not by copies, but for
 * what has a dictionary (feed_plain.h).
 * DuckDB takes the ownership of an array with the first of its columns and lets it go when it needs
 * that one no more, so it is never given any: the batch is kept here while chunks refer to it.
 * Floor: stdlib. */
#include "stdlib/table/feed_arrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/text.h"
#include "stdlib/table/feed_plain.h"

#define CHUNK_ROWS 2048

static const struct zpl_span nowhere;

struct zpl_arrow_chunks {
    struct zpl_duck *duck;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    duckdb_arrow_converted_schema converted;
    struct ArrowArray batch;   /* being cut; release NULL: none */
    int64_t at;                /* its first row that was not given yet */
    int64_t before;            /* rows of earlier batches */
    struct ArrowSchema *plain; /* the schema without dictionaries */
    struct zpl_arena kept;     /* that schema */
    struct zpl_arena rows;     /* of the last chunk */
    struct ArrowArray **views; /* one a column, in `rows` */
    char words[600];           /* of the last failure */
};

/* The DuckDB type of an Arrow format without parameters. */
static duckdb_type plain_type(const char *format)
{
    static const struct {
        const char *format;
        duckdb_type type;
    } plain[] = {
        {"b", DUCKDB_TYPE_BOOLEAN},
        {"c", DUCKDB_TYPE_TINYINT},
        {"C", DUCKDB_TYPE_UTINYINT},
        {"s", DUCKDB_TYPE_SMALLINT},
        {"S", DUCKDB_TYPE_USMALLINT},
        {"i", DUCKDB_TYPE_INTEGER},
        {"I", DUCKDB_TYPE_UINTEGER},
        {"l", DUCKDB_TYPE_BIGINT},
        {"L", DUCKDB_TYPE_UBIGINT},
        {"f", DUCKDB_TYPE_FLOAT},
        {"g", DUCKDB_TYPE_DOUBLE},
        {"u", DUCKDB_TYPE_VARCHAR},
        {"U", DUCKDB_TYPE_VARCHAR},
        {"z", DUCKDB_TYPE_BLOB},
        {"Z", DUCKDB_TYPE_BLOB},
        {"tdD", DUCKDB_TYPE_DATE},
        {"tsu:", DUCKDB_TYPE_TIMESTAMP},
        {"tss:", DUCKDB_TYPE_TIMESTAMP_S},
        {"tsm:", DUCKDB_TYPE_TIMESTAMP_MS},
        {"tsn:", DUCKDB_TYPE_TIMESTAMP_NS},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(format, plain[i].format) == 0)
            return plain[i].type;
    /* A time zone is a way to show a point in time, not another point; in nanoseconds DuckDB would
     * cut it. */
    return strncmp(format, "ts", 2) == 0 && strncmp(format, "tsn", 3) != 0
               ? DUCKDB_TYPE_TIMESTAMP_TZ
               : DUCKDB_TYPE_INVALID;
}

/* The type DuckDB turns a column into; NULL for one that tables do not hold.  The caller destroys
 * it. */
static duckdb_logical_type type_of(const struct zpl_duck_api *api, const struct ArrowSchema *schema)
{
    if (strcmp(schema->format, "+l") == 0 || strcmp(schema->format, "+L") == 0) {
        duckdb_logical_type child =
            schema->n_children == 1 ? type_of(api, schema->children[0]) : NULL;
        duckdb_logical_type list = child != NULL ? api->create_list_type(child) : NULL;
        if (child != NULL)
            api->destroy_logical_type(&child);
        return list;
    }
    duckdb_type plain = plain_type(schema->format);
    return plain == DUCKDB_TYPE_INVALID ? NULL : api->create_logical_type(plain);
}

static void keep_batch(struct ArrowArray *array)
{
    array->release = NULL;
}

/* Points the views at rows [at, at + rows) of the batch and fills *out with them as one array.  False,
 * maybe with *why, when that can't be. */
static bool cut(struct zpl_arrow_chunks *chunks, int64_t rows, struct ArrowArray *out,
                const char **why)
{
    zpl_arena_release(&chunks->rows);
    for (int64_t i = 0; i < chunks->schema.n_children; i++) {
        chunks->views[i] =
            zpl_plain_array(chunks->schema.children[i], chunks->batch.children[i],
                            chunks->batch.offset + chunks->at, rows, &chunks->rows, why);
        if (chunks->views[i] == NULL)
            return false;
    }
    *out = chunks->batch;
    out->children = chunks->views;
    out->offset = 0;
    out->length = rows;
    out->release = keep_batch;
    return true;
}

/* Is the text at `i`, or every one of the list at `i`, UTF-8?  Arrow promises it, and DuckDB relies on
 * it.  *bad and *bad_len are the bytes of one that is not. */
static bool is_text(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t i,
                    const char **bad, size_t *bad_len)
{
    const char *format = schema->format;
    bool wide = strcmp(format, "U") == 0 || strcmp(format, "+L") == 0;
    bool text = strcmp(format, wide ? "U" : "u") == 0;
    int64_t at = array->offset + i;
    if ((!text && strcmp(format, wide ? "+L" : "+l") != 0) || zpl_plain_is_null(array, at))
        return true;
    int64_t begin = zpl_plain_offset(array, wide, at), end = zpl_plain_offset(array, wide, at + 1);
    if (text) {
        *bad = (const char *)array->buffers[2] + begin;
        *bad_len = (size_t)(end - begin);
        return zpl_utf8_valid(*bad, *bad_len);
    }
    for (int64_t k = begin; k < end; k++)
        if (!is_text(schema->children[0], array->children[0], k, bad, bad_len))
            return false;
    return true;
}

/* Says that bytes are no text; `row` from 1. */
static void refuse_text(struct zpl_arrow_chunks *chunks, const char *column, int64_t row,
                        const char *bad, size_t len)
{
    enum { SHOWN = 40 };
    char shown[4 * SHOWN + 1] = "";
    size_t n = 0;
    for (size_t i = 0; i < len && i < SHOWN; i++) {
        unsigned char c = (unsigned char)bad[i];
        n += (size_t)snprintf(shown + n, sizeof shown - n, c >= ' ' && c < 127 ? "%c" : "\\x%02X",
                              c);
    }
    snprintf(chunks->words, sizeof chunks->words,
             ZPL_CONVERT_MISFIT "declare the column as Bytes and give it in the format 'z'|"
                                "row %lld, column '%.100s': '%s%s' is no text: it is not UTF-8",
             (long long)row, column, shown, len > SHOWN ? "…" : "");
}

/* Are the texts of the views' first `rows` rows UTF-8? */
static bool are_texts(struct zpl_arrow_chunks *chunks, int64_t rows)
{
    const char *bad = NULL;
    size_t len = 0;
    for (int64_t c = 0; c < chunks->schema.n_children; c++) {
        const struct ArrowSchema *schema = chunks->plain->children[c];
        for (int64_t i = 0; i < rows; i++)
            if (!is_text(schema, chunks->views[c], i, &bad, &len)) {
                refuse_text(chunks, schema->name, chunks->before + chunks->at + i + 1, bad, len);
                return false;
            }
    }
    return true;
}

static void fail(struct zpl_arrow_chunks *chunks, const char **why, const char *words)
{
    snprintf(chunks->words, sizeof chunks->words, "%s", words);
    *why = chunks->words;
}

/* Makes `batch` hold rows; false at the end and, with *why, on failure. */
static bool advance(struct zpl_arrow_chunks *chunks, const char **why)
{
    while (chunks->batch.release == NULL || chunks->at >= chunks->batch.length) {
        if (chunks->batch.release != NULL)
            chunks->batch.release(&chunks->batch);
        chunks->before += chunks->batch.length;
        memset(&chunks->batch, 0, sizeof chunks->batch);
        chunks->at = 0;
        if (chunks->stream.get_next(&chunks->stream, &chunks->batch) != 0) {
            const char *words = chunks->stream.get_last_error(&chunks->stream);
            chunks->batch.release = NULL;
            fail(chunks, why, words != NULL ? words : "the rows of the output could not be made");
            return false;
        }
        if (chunks->batch.release == NULL)
            return false;
        if (chunks->batch.n_children != chunks->schema.n_children) {
            fail(chunks, why, "a batch of the output has other columns than its schema");
            return false;
        }
    }
    return true;
}

duckdb_data_chunk zpl_arrow_chunks_next(struct zpl_arrow_chunks *chunks, const char **why)
{
    const struct zpl_duck_api *api = chunks->duck->api;
    duckdb_data_chunk chunk = NULL;
    struct ArrowArray view;
    if (!advance(chunks, why))
        return NULL;
    int64_t left = chunks->batch.length - chunks->at;
    int64_t rows = left < CHUNK_ROWS ? left : CHUNK_ROWS;
    if (!cut(chunks, rows, &view, why)) {
        *why = *why != NULL ? *why : "out of memory";
        return NULL;
    }
    if (!are_texts(chunks, rows)) {
        *why = chunks->words;
        return NULL;
    }
    duckdb_error_data error =
        api->data_chunk_from_arrow(chunks->duck->connection, &view, chunks->converted, &chunk);
    if (error != NULL) {
        if (chunk == NULL)
            fail(chunks, why, api->error_data_message(error));
        api->destroy_error_data(&error);
    }
    chunks->at += rows;
    return chunk;
}

/* Finds the types of the stream's columns. */
static enum zpl_err read_columns(struct zpl_arrow_chunks *chunks, struct zpl_relation *columns,
                                 struct zpl_arena *arena, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = chunks->duck->api;
    size_t count = (size_t)chunks->schema.n_children;
    columns->api = api;
    columns->names = zpl_arena_array(arena, count, sizeof *columns->names);
    columns->types = zpl_calloc(count, sizeof *columns->types);
    chunks->views = zpl_calloc(count, sizeof(struct ArrowArray *));
    if (columns->names == NULL || columns->types == NULL || chunks->views == NULL)
        return zpl_diag_nomem(diags);
    for (size_t i = 0; i < count; i++) {
        const struct ArrowSchema *column = chunks->plain->children[i];
        columns->names[i] = zpl_arena_strdup(arena, column->name);
        columns->types[i] = type_of(api, column);
        if (columns->types[i] == NULL) {
            zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                         "column '%s' has the Arrow format '%s', which tables have no type for",
                         column->name, column->format);
            return ZPL_ERR_STEP;
        }
        columns->count++;
    }
    return zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
}

static enum zpl_err read_schema(struct zpl_arrow_chunks *chunks, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = chunks->duck->api;
    if (chunks->stream.get_schema(&chunks->stream, &chunks->schema) != 0) {
        const char *why = chunks->stream.get_last_error(&chunks->stream);
        zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, nowhere, "%s",
                     why != NULL ? why : "the columns of the output could not be made");
        chunks->schema.release = NULL;
        return ZPL_ERR_STEP;
    }
    chunks->plain = zpl_plain_schema(&chunks->schema, &chunks->kept);
    if (chunks->plain == NULL)
        return zpl_diag_nomem(diags);
    duckdb_error_data error =
        api->schema_from_arrow(chunks->duck->connection, chunks->plain, &chunks->converted);
    if (error == NULL)
        return ZPL_OK;
    enum zpl_err err = zpl_duck_fail(diags, api->error_data_message(error));
    api->destroy_error_data(&error);
    return err;
}

enum zpl_err zpl_arrow_chunks_new(struct zpl_duck *duck, struct ArrowArrayStream *stream,
                                  struct zpl_arrow_chunks **out, struct zpl_relation *columns,
                                  struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_arrow_chunks *chunks = zpl_calloc(1, sizeof *chunks);
    *out = NULL;
    memset(columns, 0, sizeof *columns);
    if (chunks == NULL) {
        if (stream->release != NULL)
            stream->release(stream);
        return zpl_diag_nomem(diags);
    }
    chunks->duck = duck;
    chunks->stream = *stream;
    stream->release = NULL;
    enum zpl_err err = read_schema(chunks, diags);
    if (err == ZPL_OK)
        err = read_columns(chunks, columns, arena, diags);
    if (err == ZPL_OK)
        *out = chunks;
    else
        zpl_arrow_chunks_release(chunks);
    return err;
}

void zpl_arrow_chunks_release(struct zpl_arrow_chunks *chunks)
{
    if (chunks == NULL)
        return;
    if (chunks->converted != NULL)
        chunks->duck->api->destroy_arrow_converted_schema(&chunks->converted);
    if (chunks->batch.release != NULL)
        chunks->batch.release(&chunks->batch);
    if (chunks->schema.release != NULL)
        chunks->schema.release(&chunks->schema);
    if (chunks->stream.release != NULL)
        chunks->stream.release(&chunks->stream);
    free(chunks->views);
    zpl_arena_release(&chunks->rows);
    zpl_arena_release(&chunks->kept);
    free(chunks);
}
