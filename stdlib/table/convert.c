/* convert.c - see convert.h.   Floor: stdlib. */
#include "stdlib/table/convert.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/text.h"
#include "stdlib/table/tensor.h"

enum zpl_err zpl_relation_of(const struct zpl_duck_api *api, duckdb_result *result,
                             struct zpl_relation *out, struct zpl_arena *arena,
                             struct zpl_diags *diags)
{
    size_t count = api->column_count(result);
    memset(out, 0, sizeof *out);
    out->api = api;
    out->names = zpl_arena_array(arena, count, sizeof *out->names);
    out->types = zpl_calloc(count, sizeof *out->types);
    if (count > 0 && (out->names == NULL || out->types == NULL))
        return zpl_diag_nomem(diags);
    for (size_t i = 0; i < count; i++) {
        out->names[i] = zpl_arena_strdup(arena, api->column_name(result, i));
        if (out->names[i] == NULL)
            return zpl_diag_nomem(diags);
        out->types[i] = api->column_logical_type(result, i);
        out->count++;
    }
    return ZPL_OK;
}

enum zpl_err zpl_relation_from(struct zpl_duck *duck, const char *from, struct zpl_relation *out,
                               struct zpl_arena *arena, struct zpl_diags *diags)
{
    memset(out, 0, sizeof *out);
    struct zpl_buf sql = {0};
    duckdb_result result;
    zpl_buf_printf(&sql, "SELECT * FROM %s LIMIT 0", from);
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(diags)
                           : zpl_duck_query(duck, zpl_buf_str(&sql), &result, diags);
    if (err == ZPL_OK) {
        err = zpl_relation_of(duck->api, &result, out, arena, diags);
        duck->api->destroy_result(&result);
    }
    zpl_buf_release(&sql);
    return err;
}

void zpl_relation_release(struct zpl_relation *relation)
{
    for (size_t i = 0; i < relation->count; i++)
        relation->api->destroy_logical_type(&relation->types[i]);
    free(relation->types);
    memset(relation, 0, sizeof *relation);
}

long zpl_relation_find(const struct zpl_relation *relation, const char *name)
{
    for (size_t i = 0; i < relation->count; i++)
        if (strcmp(relation->names[i], name) == 0)
            return (long)i;
    for (size_t i = 0; i < relation->count; i++)
        if (zpl_text_equal_nocase(relation->names[i], name))
            return (long)i;
    return -1;
}

/* How DuckDB calls a type that zpl has none for, and how to write it instead. */
static const char *stranger(duckdb_type id)
{
    switch (id) {
    case DUCKDB_TYPE_INTERVAL:
        return "is an INTERVAL, which zpl has no type for: cast it, for example with "
               "epoch(x) to seconds";
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_TZ:
        return "is a TIME, which zpl has no type for: cast it, for example with "
               "CAST(x AS VARCHAR)";
    case DUCKDB_TYPE_STRUCT:
        return "is a STRUCT, which zpl has no type for: select its fields one by one";
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_UNION:
        return "is a MAP or UNION, which zpl has no type for: cast it, for example with to_json(x)";
    case DUCKDB_TYPE_ARRAY:
        return "is an ARRAY of fixed length, which zpl has no type for: cast it to a list, for "
               "example with CAST(x AS DOUBLE[])";
    default:
        return "is of a type zpl has none for: cast it, for example with CAST(x AS VARCHAR)";
    }
}

enum zpl_kind zpl_convert_kind(duckdb_type id)
{
    switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
        return ZPL_BOOL;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
        return ZPL_INT;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
        return ZPL_FLOAT;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_UUID:
        return ZPL_STRING;
    case DUCKDB_TYPE_BLOB:
        return ZPL_BYTES;
    case DUCKDB_TYPE_DATE:
        return ZPL_DATE;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return ZPL_TIMESTAMP;
    case DUCKDB_TYPE_ENUM:
        return ZPL_ENUM;
    case DUCKDB_TYPE_LIST:
        return ZPL_LIST;
    default:
        return ZPL_UNKNOWN;
    }
}

/* The words of an ENUM, NULL-terminated; NULL when memory is out. */
static const char *const *enum_values(const struct zpl_duck_api *api, duckdb_logical_type type,
                                      struct zpl_arena *arena)
{
    size_t count = api->enum_dictionary_size(type);
    const char **values = zpl_arena_array(arena, count + 1, sizeof *values);
    for (size_t i = 0; values != NULL && i < count; i++) {
        char *value = api->enum_dictionary_value(type, i);
        values[i] = zpl_arena_strdup(arena, value);
        api->free(value);
    }
    return values;
}

const struct zpl_type *zpl_convert_type(const struct zpl_duck_api *api, duckdb_logical_type type,
                                        struct zpl_arena *arena, const char **why)
{
    duckdb_type id = api->get_type_id(type);
    enum zpl_kind kind = zpl_convert_kind(id);
    *why = NULL;
    if (kind == ZPL_UNKNOWN) {
        *why = stranger(id);
        return NULL;
    }
    char *alias = api->logical_type_get_alias(type);
    if (alias != NULL && strcmp(alias, "JSON") == 0)
        kind = ZPL_JSON;
    if (alias != NULL)
        api->free(alias);
    const struct zpl_type *plain = zpl_type_new(arena, kind);
    if (plain == NULL || (kind != ZPL_ENUM && kind != ZPL_LIST))
        return plain;
    struct zpl_type *out = zpl_arena_alloc(arena, sizeof *out);
    if (out == NULL)
        return NULL;
    *out = *plain;
    if (kind == ZPL_ENUM) {
        out->values = enum_values(api, type, arena);
        return out->values == NULL ? NULL : out;
    }
    duckdb_logical_type child = api->list_type_child_type(type);
    out->elem = zpl_convert_type(api, child, arena, why);
    api->destroy_logical_type(&child);
    return out->elem == NULL ? NULL : out;
}

void zpl_convert_sql(const struct zpl_type *type, bool stored, struct zpl_buf *out)
{
    switch (type->kind) {
    case ZPL_INT:
        zpl_buf_puts(out, "BIGINT");
        break;
    case ZPL_FLOAT:
        zpl_buf_puts(out, "DOUBLE");
        break;
    case ZPL_BOOL:
        zpl_buf_puts(out, "BOOLEAN");
        break;
    case ZPL_TIMESTAMP:
        zpl_buf_puts(out, "TIMESTAMP");
        break;
    case ZPL_DATE:
        zpl_buf_puts(out, "DATE");
        break;
    case ZPL_BYTES:
        zpl_buf_puts(out, "BLOB");
        break;
    case ZPL_JSON:
        zpl_buf_puts(out, stored ? "VARCHAR" : "JSON");
        break;
    case ZPL_LIST:
        zpl_convert_sql(type->elem, stored, out);
        zpl_buf_puts(out, "[]");
        break;
    case ZPL_TENSOR:
        if (stored)
            zpl_buf_puts(out, "BLOB");
        else
            zpl_buf_printf(out, "%s[]", zpl_tensor_element(type->dtype)->sql);
        break;
    case ZPL_ENUM:
        if (stored || type->values == NULL || type->values[0] == NULL) {
            zpl_buf_puts(out, "VARCHAR");
            break;
        }
        zpl_buf_puts(out, "ENUM(");
        for (size_t i = 0; type->values[i] != NULL; i++) {
            zpl_buf_puts(out, i > 0 ? ", " : "");
            zpl_duck_text(out, type->values[i], strlen(type->values[i]));
        }
        zpl_buf_putc(out, ')');
        break;
    default: /* String, Path, and whatever else is text */
        zpl_buf_puts(out, "VARCHAR");
        break;
    }
}

/* Is the type shown to queries as another one than it is stored as? */
static bool shown_otherwise(const struct zpl_type *type)
{
    if (type->kind == ZPL_LIST)
        return shown_otherwise(type->elem);
    return type->kind == ZPL_ENUM || type->kind == ZPL_JSON;
}

void zpl_convert_shown(const char *name, const struct zpl_type *type, struct zpl_buf *out)
{
    if (type != NULL && type->kind == ZPL_TENSOR) {
        struct zpl_buf x = {0};
        zpl_duck_ident(&x, name);
        zpl_tensor_shown(type, zpl_buf_str(&x), out);
        zpl_buf_release(&x);
        return;
    }
    if (type == NULL || !shown_otherwise(type)) {
        zpl_duck_ident(out, name);
        return;
    }
    zpl_buf_puts(out, "CAST(");
    zpl_duck_ident(out, name);
    zpl_buf_puts(out, " AS ");
    zpl_convert_sql(type, false, out);
    zpl_buf_putc(out, ')');
}
