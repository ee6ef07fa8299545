/* export.c - see preview.h: a stored table in another format.   Floor: stdlib. */
#include <stdio.h>
#include <string.h>

#include "lang/types/signature.h"
#include "stdlib/preview/preview.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/tensor.h"

/* Does the type hold Floats, by itself or as items of lists? */
static bool holds_floats(const struct zpl_duck_api *api, duckdb_logical_type type)
{
    duckdb_type id = api->get_type_id(type);
    if (id != DUCKDB_TYPE_LIST)
        return id == DUCKDB_TYPE_DOUBLE;
    duckdb_logical_type child = api->list_type_child_type(type);
    bool holds = holds_floats(api, child);
    api->destroy_logical_type(&child);
    return holds;
}

/* Floats x as JSON, in which NaN and infinities are texts; x is at this depth of lists. */
static void add_floats(const struct zpl_duck_api *api, const char *x, duckdb_logical_type type,
                       unsigned depth, struct zpl_buf *sql)
{
    if (api->get_type_id(type) != DUCKDB_TYPE_LIST) {
        zpl_buf_printf(sql,
                       "CASE WHEN isnan(%s) THEN '\"NaN\"'::JSON WHEN isinf(%s) THEN "
                       "if(%s > 0, '\"Infinity\"', '\"-Infinity\"')::JSON "
                       "WHEN %s IS NOT NULL THEN to_json(%s) END",
                       x, x, x, x, x);
        return;
    }
    char item[24];
    snprintf(item, sizeof item, "zpl_e%u", depth);
    duckdb_logical_type child = api->list_type_child_type(type);
    zpl_buf_printf(sql, "list_transform(%s, lambda %s: ", x, item);
    add_floats(api, item, child, depth + 1, sql);
    zpl_buf_putc(sql, ')');
    api->destroy_logical_type(&child);
}

/* A Tensor as a list; the reals in JSON as Floats are. */
static void add_tensor(const struct zpl_duck_api *api, const char *x, const struct zpl_type *type,
                       bool json, struct zpl_buf *sql)
{
    struct zpl_buf list = {0};
    zpl_tensor_shown(type, x, &list);
    if (json && zpl_tensor_element(type->dtype)->form == ZPL_TENSOR_REAL) {
        duckdb_logical_type item = api->create_logical_type(DUCKDB_TYPE_DOUBLE);
        duckdb_logical_type items = api->create_list_type(item);
        add_floats(api, zpl_buf_str(&list), items, 0, sql);
        api->destroy_logical_type(&items);
        api->destroy_logical_type(&item);
    } else {
        zpl_buf_puts(sql, zpl_buf_str(&list));
    }
    zpl_buf_release(&list);
}

/* A column as the format says it best. */
static void add_column(const struct zpl_duck *duck, const char *name, const struct zpl_type *type,
                       duckdb_logical_type stored, bool json, struct zpl_buf *sql)
{
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, name);
    if (type != NULL && type->kind == ZPL_TENSOR)
        add_tensor(duck->api, zpl_buf_str(&x), type, json, sql);
    else if (json && holds_floats(duck->api, stored))
        add_floats(duck->api, zpl_buf_str(&x), stored, 0, sql);
    else if (json)
        zpl_convert_shown(name, type, sql);
    else
        zpl_buf_puts(sql, zpl_buf_str(&x));
    zpl_buf_printf(sql, " AS %s", zpl_buf_str(&x));
    zpl_buf_release(&x);
}

/* The COPY statement; false: no such format. */
static bool write_copy(const struct zpl_export_request *request, const struct zpl_duck *duck,
                       const struct zpl_relation *columns, const struct zpl_row *row,
                       struct zpl_buf *sql)
{
    bool csv = strcmp(request->format, "csv") == 0;
    bool lines = strcmp(request->format, "jsonl") == 0;
    bool parquet = strcmp(request->format, "parquet") == 0;
    size_t hint = 0;
    if (!csv && !lines && !parquet && strcmp(request->format, "json") != 0)
        return false;
    zpl_buf_puts(sql, "COPY (SELECT ");
    for (size_t i = 0; i < columns->count; i++) {
        const struct zpl_column *column =
            row != NULL ? zpl_row_next(row, columns->names[i], &hint) : NULL;
        zpl_buf_puts(sql, i > 0 ? ", " : "");
        add_column(duck, columns->names[i], column != NULL ? column->type : NULL, columns->types[i],
                   !csv && !parquet, sql);
    }
    zpl_buf_puts(sql, " FROM read_parquet(");
    zpl_duck_text(sql, request->path, strlen(request->path));
    zpl_buf_puts(sql, ")) TO ");
    zpl_duck_text(sql, request->to, strlen(request->to));
    zpl_buf_puts(sql, parquet ? " (FORMAT parquet, ROW_GROUP_SIZE 2048, USE_TMP_FILE false)"
                      : csv   ? " (FORMAT csv, HEADER true, USE_TMP_FILE false)"
                      : lines ? " (FORMAT json, ARRAY false, USE_TMP_FILE false)"
                              : " (FORMAT json, ARRAY true, USE_TMP_FILE false)");
    return true;
}

static enum zpl_err write_table(struct zpl_duck *duck, const struct zpl_export_request *request,
                                const struct zpl_row *row, struct zpl_arena *arena,
                                struct zpl_diags *diags)
{
    struct zpl_relation columns = {0};
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "read_parquet(");
    zpl_duck_text(&sql, request->path, strlen(request->path));
    zpl_buf_putc(&sql, ')');
    enum zpl_err err = zpl_relation_from(duck, zpl_buf_str(&sql), &columns, arena, diags);
    zpl_buf_clear(&sql);
    if (err == ZPL_OK && !write_copy(request, duck, &columns, row, &sql)) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0}, "there is no format '%s'",
                     request->format);
        err = ZPL_ERR_INPUT;
    }
    if (err == ZPL_OK)
        err = zpl_buf_error(&sql) != ZPL_OK ? zpl_diag_nomem(diags)
                                            : zpl_duck_exec(duck, zpl_buf_str(&sql), diags);
    zpl_buf_release(&sql);
    zpl_relation_release(&columns);
    return err;
}

enum zpl_err zpl_export_table(const struct zpl_export_request *request, struct zpl_arena *arena,
                              struct zpl_diags *diags)
{
    const char *const paths[] = {request->path, request->to};
    const struct zpl_duck_options options = {.paths = paths, .path_count = 2};
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    struct zpl_duck duck = {0};
    if (zpl_type_parse(request->type, arena, &type, &error) != ZPL_OK)
        type = NULL; /* then columns go out as they are stored */
    enum zpl_err err = zpl_duck_open(&options, &duck, diags);
    if (err == ZPL_OK)
        err = write_table(&duck, request, type != NULL ? type->row : NULL, arena, diags);
    zpl_duck_release(&duck);
    return err;
}
