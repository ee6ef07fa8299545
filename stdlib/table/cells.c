/* cells.c - reading; see cells.h.   Floor: stdlib. */
#include "stdlib/table/cells.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"

static const struct zpl_span nowhere;

struct zpl_cells_reader {
    struct zpl_duck *duck;
    struct zpl_arena arena;        /* names and queries */
    struct zpl_arena cell;         /* the items of a list cell */
    struct zpl_relation columns;   /* those that are read, as they are stored */
    const struct zpl_type **types; /* of those that are Tensors; NULL: as they are stored */
    const char *path;
    int64_t rows;
    size_t column; /* whose result is open */
    duckdb_result result;
    bool open;
    duckdb_data_chunk chunk;
    int64_t begin, end; /* its rows */
};

static bool is_read(const struct zpl_scan *scan, const char *name)
{
    for (size_t i = 0; !scan->all && i < scan->read_count; i++)
        if (strcmp(scan->reads[i], name) == 0)
            return true;
    return scan->all;
}

static const struct zpl_type *tensor_of(const struct zpl_scan *scan, const char *name)
{
    const struct zpl_column *column = scan->row != NULL ? zpl_row_find(scan->row, name) : NULL;
    bool tensor = column != NULL && column->type != NULL && column->type->kind == ZPL_TENSOR;
    return tensor ? column->type : NULL;
}

enum zpl_err zpl_cells_reader_new(struct zpl_duck *duck, const struct zpl_scan *scan, int64_t rows,
                                  struct zpl_cells_reader **out, struct zpl_diags *diags)
{
    struct zpl_buf from = {0};
    *out = NULL;
    if (rows > ZPL_BODY_ROWS_MAX) {
        struct zpl_diag *diag =
            zpl_diag_add(diags, ZPL_CODE_STEP_LIMIT, nowhere,
                         "a lua body is given a table of %lld rows, and at most %d fit",
                         (long long)rows, ZPL_BODY_ROWS_MAX);
        zpl_diag_help(diags, diag, "write it as SQL, or gather the rows with SQL first");
        return ZPL_ERR_LIMIT;
    }
    struct zpl_cells_reader *reader = zpl_calloc(1, sizeof *reader);
    if (reader == NULL)
        return zpl_diag_nomem(diags);
    reader->duck = duck;
    reader->rows = rows;
    reader->path = scan->path;
    zpl_buf_puts(&from, "read_parquet(");
    zpl_duck_text(&from, scan->path, strlen(scan->path));
    zpl_buf_putc(&from, ')');
    struct zpl_relation *columns = &reader->columns;
    enum zpl_err err =
        zpl_buf_error(&from) != ZPL_OK
            ? zpl_diag_nomem(diags)
            : zpl_relation_from(duck, zpl_buf_str(&from), columns, &reader->arena, diags);
    size_t kept = 0;
    reader->types = zpl_arena_array(&reader->arena, columns->count + 1, sizeof *reader->types);
    if (err == ZPL_OK && reader->types == NULL)
        err = zpl_diag_nomem(diags);
    for (size_t i = 0; err == ZPL_OK && i < columns->count; i++)
        if (is_read(scan, columns->names[i])) {
            duckdb_logical_type type = columns->types[kept];
            reader->types[kept] = tensor_of(scan, columns->names[i]);
            columns->names[kept] = columns->names[i];
            columns->types[kept++] = columns->types[i];
            columns->types[i] = type;
        }
    for (size_t i = kept; err == ZPL_OK && i < columns->count; i++)
        duck->api->destroy_logical_type(&columns->types[i]);
    if (err == ZPL_OK)
        columns->count = kept;
    zpl_buf_release(&from);
    if (err == ZPL_OK)
        *out = reader;
    else
        zpl_cells_reader_release(reader);
    return err;
}

static void close_column(struct zpl_cells_reader *reader)
{
    const struct zpl_duck_api *api = reader->duck->api;
    if (reader->chunk != NULL)
        api->destroy_data_chunk(&reader->chunk);
    if (reader->open)
        api->destroy_result(&reader->result);
    reader->open = false;
    reader->begin = reader->end = 0;
}

void zpl_cells_reader_release(struct zpl_cells_reader *reader)
{
    if (reader == NULL)
        return;
    close_column(reader);
    zpl_relation_release(&reader->columns);
    zpl_arena_release(&reader->arena);
    zpl_arena_release(&reader->cell);
    free(reader);
}

const char *const *zpl_cells_reader_columns(const struct zpl_cells_reader *reader, size_t *count)
{
    *count = reader->columns.count;
    return reader->columns.names;
}

/* Adds the text type for a Date or for lists of them; false for another type. */
static bool add_date_text(const struct zpl_duck_api *api, duckdb_logical_type type,
                          struct zpl_buf *out)
{
    duckdb_type id = api->get_type_id(type);
    if (id == DUCKDB_TYPE_DATE)
        zpl_buf_puts(out, "VARCHAR");
    if (id != DUCKDB_TYPE_LIST)
        return id == DUCKDB_TYPE_DATE;
    duckdb_logical_type child = api->list_type_child_type(type);
    bool dates = add_date_text(api, child, out);
    api->destroy_logical_type(&child);
    zpl_buf_puts(out, dates ? "[]" : "");
    return dates;
}

/* Asks for a column in the form in which its cells are given. */
static bool open_column(struct zpl_cells_reader *reader, size_t column, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = reader->duck->api;
    duckdb_logical_type type = reader->columns.types[column];
    struct zpl_buf sql = {0}, text = {0};
    bool dates = add_date_text(api, type, &text);
    close_column(reader);
    zpl_buf_puts(&sql, dates                                             ? "SELECT CAST("
                       : api->get_type_id(type) == DUCKDB_TYPE_TIMESTAMP ? "SELECT epoch_us("
                                                                         : "SELECT (");
    zpl_convert_shown(reader->columns.names[column], reader->types[column], &sql);
    if (dates)
        zpl_buf_printf(&sql, " AS %s", zpl_buf_str(&text));
    zpl_buf_putc(&sql, ')');
    zpl_buf_release(&text);
    zpl_buf_puts(&sql, " FROM read_parquet(");
    zpl_duck_text(&sql, reader->path, strlen(reader->path));
    zpl_buf_putc(&sql, ')');
    enum zpl_err err =
        zpl_buf_error(&sql) != ZPL_OK
            ? zpl_diag_nomem(diags)
            : zpl_duck_query(reader->duck, zpl_buf_str(&sql), &reader->result, diags);
    zpl_buf_release(&sql);
    reader->open = err == ZPL_OK;
    reader->column = column;
    return reader->open;
}

/* An element of a Tensor; false: a u64 that an Int can't be. */
static bool read_element(duckdb_type id, const void *data, idx_t row, struct zpl_literal *out)
{
    out->kind = id == DUCKDB_TYPE_FLOAT ? ZPL_LIT_FLOAT : ZPL_LIT_INT;
    switch (id) {
    case DUCKDB_TYPE_FLOAT:
        out->as.f = (double)((const float *)data)[row];
        return true;
    case DUCKDB_TYPE_TINYINT:
        out->as.i = ((const int8_t *)data)[row];
        return true;
    case DUCKDB_TYPE_SMALLINT:
        out->as.i = ((const int16_t *)data)[row];
        return true;
    case DUCKDB_TYPE_INTEGER:
        out->as.i = ((const int32_t *)data)[row];
        return true;
    case DUCKDB_TYPE_UTINYINT:
        out->as.i = ((const uint8_t *)data)[row];
        return true;
    case DUCKDB_TYPE_USMALLINT:
        out->as.i = ((const uint16_t *)data)[row];
        return true;
    case DUCKDB_TYPE_UINTEGER:
        out->as.i = ((const uint32_t *)data)[row];
        return true;
    default:
        out->as.i = (int64_t)((const uint64_t *)data)[row];
        return out->as.i >= 0;
    }
}

/* The value at `row` of a vector; false for a type that cells do not have, or without memory. */
static bool read_value(struct zpl_cells_reader *reader, duckdb_vector vector, idx_t row,
                       struct zpl_literal *out)
{
    const struct zpl_duck_api *api = reader->duck->api;
    const uint64_t *validity = api->vector_get_validity(vector);
    memset(out, 0, sizeof *out);
    if (validity != NULL && (validity[row / 64] >> (row % 64) & 1) == 0)
        return true;
    duckdb_logical_type type = api->vector_get_column_type(vector);
    duckdb_type id = api->get_type_id(type);
    api->destroy_logical_type(&type);
    const void *data = api->vector_get_data(vector);
    switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
        out->kind = ZPL_LIT_BOOL;
        out->as.b = ((const bool *)data)[row];
        return true;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
        return read_element(id, data, row, out);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
        out->kind = ZPL_LIT_INT;
        out->as.i = ((const int64_t *)data)[row];
        return true;
    case DUCKDB_TYPE_DOUBLE:
        out->kind = ZPL_LIT_FLOAT;
        out->as.f = ((const double *)data)[row];
        return true;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB: {
        size_t n;
        const char *s = zpl_duck_string(vector, row, &n);
        out->kind = ZPL_LIT_STRING;
        out->as.str.s = zpl_arena_strndup(&reader->cell, s, n);
        out->as.str.n = n;
        return out->as.str.s != NULL;
    }
    case DUCKDB_TYPE_LIST: {
        duckdb_list_entry entry = ((const duckdb_list_entry *)data)[row];
        duckdb_vector child = api->list_vector_get_child(vector);
        struct zpl_literal *items = zpl_arena_array(&reader->cell, entry.length + 1, sizeof *items);
        const struct zpl_literal **list =
            zpl_arena_array(&reader->cell, entry.length + 1, sizeof(struct zpl_literal *));
        for (idx_t i = 0; items != NULL && list != NULL && i < entry.length; i++) {
            if (!read_value(reader, child, entry.offset + i, &items[i]))
                return false;
            list[i] = &items[i];
        }
        out->kind = ZPL_LIT_LIST;
        out->as.list.items = list;
        out->as.list.count = entry.length;
        return items != NULL && list != NULL;
    }
    default:
        return false;
    }
}

bool zpl_cells_reader_get(struct zpl_cells_reader *reader, size_t column, int64_t row,
                          struct zpl_literal *out, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = reader->duck->api;
    bool stands = reader->open && reader->column == column && row >= reader->begin;
    if (!stands && !open_column(reader, column, diags))
        return false;
    while (row >= reader->end) {
        if (reader->chunk != NULL)
            api->destroy_data_chunk(&reader->chunk);
        reader->chunk = api->fetch_chunk(reader->result);
        if (reader->chunk == NULL) {
            zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, nowhere,
                         "%s has fewer rows than the %lld that were stored", reader->path,
                         (long long)reader->rows);
            return false;
        }
        reader->begin = reader->end;
        reader->end += (int64_t)api->data_chunk_get_size(reader->chunk);
    }
    zpl_arena_release(&reader->cell);
    if (read_value(reader, api->data_chunk_get_vector(reader->chunk, 0),
                   (idx_t)(row - reader->begin), out))
        return true;
    if (zpl_arena_failed(&reader->cell))
        zpl_diag_nomem(diags);
    else
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                     "column '%s' is of a type that a lua body can't be given",
                     reader->columns.names[column]);
    return false;
}
