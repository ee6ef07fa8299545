/* cells_write.c - writing; see cells.h.   Floor: stdlib. */
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/text.h"
#include "lang/types/tensor.h"
#include "stdlib/table/cells.h"
#include "stdlib/table/write.h"

#define CHUNK_ROWS 2048

static const struct zpl_span nowhere;

struct zpl_cells_writer {
    struct zpl_duck *duck;
    struct zpl_arena arena;
    const struct zpl_row *row;
    struct zpl_relation columns; /* in the form in which they are gathered */
    duckdb_data_chunk *chunks;
    size_t chunk_count, next; /* chunks before `next` were given away */
};

/* The type cells are gathered in: a Date as text, which the writer of tables turns into a date. */
static duckdb_logical_type gathered_type(const struct zpl_duck_api *api,
                                         const struct zpl_type *type)
{
    if (type->kind == ZPL_TENSOR)
        type = zpl_tensor_list(type);
    switch (type->kind) {
    case ZPL_INT:
        return api->create_logical_type(DUCKDB_TYPE_BIGINT);
    case ZPL_FLOAT:
        return api->create_logical_type(type->dtype != NULL ? DUCKDB_TYPE_FLOAT
                                                            : DUCKDB_TYPE_DOUBLE);
    case ZPL_BOOL:
        return api->create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case ZPL_TIMESTAMP:
        return api->create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    case ZPL_BYTES:
        return api->create_logical_type(DUCKDB_TYPE_BLOB);
    case ZPL_LIST: {
        duckdb_logical_type child = gathered_type(api, type->elem);
        duckdb_logical_type list = api->create_list_type(child);
        api->destroy_logical_type(&child);
        return list;
    }
    default:
        return api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    }
}

/* Marks rows [0, rows) of every column of the chunk as null. */
static void clear_chunk(const struct zpl_cells_writer *writer, duckdb_data_chunk chunk, idx_t rows)
{
    const struct zpl_duck_api *api = writer->duck->api;
    api->data_chunk_set_size(chunk, rows);
    for (size_t c = 0; c < writer->columns.count; c++) {
        duckdb_vector vector = api->data_chunk_get_vector(chunk, c);
        api->vector_ensure_validity_writable(vector);
        memset(api->vector_get_validity(vector), 0, CHUNK_ROWS / 8);
    }
}

enum zpl_err zpl_cells_writer_new(struct zpl_duck *duck, const struct zpl_row *row, int64_t rows,
                                  struct zpl_cells_writer **out, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = duck->api;
    struct zpl_cells_writer *writer = zpl_calloc(1, sizeof *writer);
    *out = NULL;
    if (writer == NULL)
        return zpl_diag_nomem(diags);
    writer->duck = duck;
    writer->row = row;
    writer->columns.api = api;
    writer->columns.names =
        zpl_arena_array(&writer->arena, row->count + 1, sizeof *writer->columns.names);
    writer->columns.types = zpl_calloc(row->count + 1, sizeof *writer->columns.types);
    size_t chunks = ((size_t)rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
    writer->chunks = zpl_calloc(chunks + 1, sizeof *writer->chunks);
    if (writer->columns.names == NULL || writer->columns.types == NULL || writer->chunks == NULL) {
        zpl_cells_writer_release(writer);
        return zpl_diag_nomem(diags);
    }
    for (size_t c = 0; c < row->count; c++) {
        writer->columns.names[c] = row->columns[c].name;
        writer->columns.types[c] = gathered_type(api, row->columns[c].type);
        writer->columns.count++;
    }
    for (; writer->chunk_count < chunks; writer->chunk_count++) {
        size_t left = (size_t)rows - writer->chunk_count * CHUNK_ROWS;
        duckdb_data_chunk chunk =
            api->create_data_chunk(writer->columns.types, writer->columns.count);
        clear_chunk(writer, chunk, left < CHUNK_ROWS ? left : CHUNK_ROWS);
        writer->chunks[writer->chunk_count] = chunk;
    }
    *out = writer;
    return ZPL_OK;
}

void zpl_cells_writer_release(struct zpl_cells_writer *writer)
{
    if (writer == NULL)
        return;
    for (size_t i = writer->next; i < writer->chunk_count; i++)
        writer->duck->api->destroy_data_chunk(&writer->chunks[i]);
    zpl_relation_release(&writer->columns);
    zpl_arena_release(&writer->arena);
    free(writer->chunks);
    free(writer);
}

static bool set_value(const struct zpl_duck_api *api, duckdb_vector vector, idx_t row,
                      const struct zpl_type *type, const struct zpl_literal *value);

/* A list: its items go behind those of the rows before. */
static bool set_list(const struct zpl_duck_api *api, duckdb_vector vector, idx_t row,
                     const struct zpl_type *type, const struct zpl_literal *value)
{
    idx_t before = api->list_vector_get_size(vector), count = value->as.list.count;
    if (api->list_vector_reserve(vector, before + count) != DuckDBSuccess ||
        api->list_vector_set_size(vector, before + count) != DuckDBSuccess)
        return false;
    ((duckdb_list_entry *)api->vector_get_data(vector))[row] =
        (duckdb_list_entry){.offset = before, .length = count};
    duckdb_vector child = api->list_vector_get_child(vector);
    for (idx_t i = 0; i < count; i++)
        if (!set_value(api, child, before + i, type->elem, value->as.list.items[i]))
            return false;
    return true;
}

static bool set_value(const struct zpl_duck_api *api, duckdb_vector vector, idx_t row,
                      const struct zpl_type *type, const struct zpl_literal *value)
{
    if (type->kind == ZPL_TENSOR)
        type = zpl_tensor_list(type);
    api->vector_ensure_validity_writable(vector);
    uint64_t *validity = api->vector_get_validity(vector);
    uint64_t bit = (uint64_t)1 << (row % 64);
    double number;
    void *data = api->vector_get_data(vector);
    if (value->kind == ZPL_LIT_NULL) {
        validity[row / 64] &= ~bit;
        return true;
    }
    validity[row / 64] |= bit;
    switch (type->kind) {
    case ZPL_INT:
    case ZPL_TIMESTAMP:
        ((int64_t *)data)[row] = value->as.i;
        return value->kind == ZPL_LIT_INT;
    case ZPL_FLOAT:
        number = value->kind == ZPL_LIT_INT ? (double)value->as.i : value->as.f;
        if (type->dtype != NULL)
            ((float *)data)[row] = (float)number;
        else
            ((double *)data)[row] = number;
        return value->kind == ZPL_LIT_FLOAT || value->kind == ZPL_LIT_INT;
    case ZPL_BOOL:
        ((bool *)data)[row] = value->as.b;
        return value->kind == ZPL_LIT_BOOL;
    case ZPL_LIST:
        return value->kind == ZPL_LIT_LIST && set_list(api, vector, row, type, value);
    default:
        if (value->kind != ZPL_LIT_STRING && value->kind != ZPL_LIT_PATH)
            return false;
        if (type->kind != ZPL_BYTES && !zpl_utf8_valid(value->as.str.s, value->as.str.n))
            return false;
        api->vector_assign_string_element_len(vector, row, value->as.str.s, value->as.str.n);
        return true;
    }
}

bool zpl_cells_writer_set(struct zpl_cells_writer *writer, size_t column, int64_t row,
                          const struct zpl_literal *value, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = writer->duck->api;
    const struct zpl_column *declared = &writer->row->columns[column];
    duckdb_data_chunk chunk = writer->chunks[row / CHUNK_ROWS];
    if (set_value(api, api->data_chunk_get_vector(chunk, column), (idx_t)(row % CHUNK_ROWS),
                  declared->type, value))
        return true;
    struct zpl_buf shown = {0};
    zpl_literal_show(value, &shown);
    zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, nowhere, "row %lld, column '%s': %.100s is no %s",
                 (long long)row + 1, declared->name, zpl_buf_str(&shown),
                 zpl_type_text(declared->type, true, &writer->arena));
    zpl_buf_release(&shown);
    return false;
}

static duckdb_data_chunk next_chunk(void *self, const char **why)
{
    struct zpl_cells_writer *writer = self;
    (void)why;
    return writer->next < writer->chunk_count ? writer->chunks[writer->next++] : NULL;
}

enum zpl_err zpl_cells_writer_write(struct zpl_cells_writer *writer, const char *path,
                                    struct zpl_diags *diags)
{
    struct zpl_feed *feed = NULL;
    enum zpl_err err =
        zpl_feed_of_chunks(writer->duck, &writer->columns, next_chunk, writer, &feed, diags);
    if (err == ZPL_OK)
        err = zpl_write_feed(writer->duck, feed, writer->row, path, diags);
    zpl_feed_release(feed);
    return err;
}
