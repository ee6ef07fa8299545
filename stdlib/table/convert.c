/* convert.c - see convert.h.   Floor: stdlib. */
#include "stdlib/table/convert.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/text.h"

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

static enum zpl_kind kind_of(duckdb_type id)
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
    enum zpl_kind kind = kind_of(id);
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

/* What an expression is made of. */
struct making {
    struct zpl_buf *out;
    const char *x;     /* the column, quoted */
    const char *cast;  /* "CAST" or "TRY_CAST" */
    const char *wrong; /* the value for one that does not fit */
};

/* CASE WHEN <x fits> THEN CAST(x AS type) ELSE <wrong> END, a NULL staying NULL. */
static void make_if(const struct making *m, const char *fits, const char *type)
{
    zpl_buf_printf(m->out, "CASE WHEN %s IS NULL THEN NULL WHEN ", m->x);
    for (const char *p = fits; *p != '\0'; p++) {
        if (*p == '@')
            zpl_buf_puts(m->out, m->x);
        else
            zpl_buf_putc(m->out, *p);
    }
    zpl_buf_printf(m->out, " THEN %s(%s AS %s) ELSE %s END", m->cast, m->x, type, m->wrong);
}

static void make_cast(const struct making *m, const char *type)
{
    zpl_buf_printf(m->out, "%s(%s AS %s)", m->cast, m->x, type);
}

/* The casts to a number; false when `from` holds none.  Text is read by more than a cast, which
 * would round '1.5' and take '0x10'; the first WHEN keeps the usual case cheap. */
static bool make_number(const struct making *m, duckdb_type from, bool whole)
{
    switch (kind_of(from)) {
    case ZPL_INT:
        if (from == DUCKDB_TYPE_BIGINT && whole)
            zpl_buf_puts(m->out, m->x);
        else
            make_cast(m, whole ? "BIGINT" : "DOUBLE");
        return true;
    case ZPL_FLOAT:
        if (whole)
            make_if(m, "@ = trunc(@)", "BIGINT");
        else if (from == DUCKDB_TYPE_DOUBLE)
            zpl_buf_puts(m->out, m->x);
        else
            make_cast(m, "DOUBLE");
        return true;
    case ZPL_STRING:
        if (whole)
            make_if(m,
                    "CAST(TRY_CAST(@ AS BIGINT) AS VARCHAR) = @ OR "
                    "regexp_full_match(@, '\\s*[+-]?[0-9]+\\s*')",
                    "BIGINT");
        else
            make_cast(m, "DOUBLE");
        return true;
    default:
        return false;
    }
}

/* A text as an instant.  The plain cast, which is the cheap one, would pass over an offset and cut what
 * is below a microsecond. */
static void make_instant(const struct making *m)
{
    zpl_buf_printf(m->out,
                   "CASE WHEN %s IS NULL THEN NULL WHEN length(%s) < 20 THEN %s(%s AS TIMESTAMP) "
                   "WHEN regexp_matches(%s, '[.][0-9]{6}[0-9]*[1-9]') THEN %s "
                   "ELSE CAST(%s(%s AS TIMESTAMPTZ) AS TIMESTAMP) END",
                   m->x, m->x, m->cast, m->x, m->x, m->wrong, m->cast, m->x);
}

static bool make_timestamp(const struct making *m, duckdb_type from)
{
    switch (from) {
    case DUCKDB_TYPE_TIMESTAMP:
        zpl_buf_puts(m->out, m->x);
        return true;
    case DUCKDB_TYPE_TIMESTAMP_NS:
        make_if(m, "epoch_ns(@) % 1000 = 0", "TIMESTAMP");
        return true;
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_DATE:
        make_cast(m, "TIMESTAMP");
        return true;
    case DUCKDB_TYPE_VARCHAR:
        make_instant(m);
        return true;
    default:
        return false;
    }
}

static bool make_text(const struct making *m, duckdb_type from, const struct zpl_type *to)
{
    bool text = from == DUCKDB_TYPE_VARCHAR || from == DUCKDB_TYPE_ENUM;
    if (to->kind == ZPL_ENUM && text) { /* which values there are is a contract of the rows */
        make_cast(m, "VARCHAR");
        return true;
    }
    if (to->kind == ZPL_STRING || to->kind == ZPL_PATH) {
        if (from == DUCKDB_TYPE_BLOB || from == DUCKDB_TYPE_LIST || kind_of(from) == ZPL_UNKNOWN)
            return false;
        make_cast(m, "VARCHAR");
        return true;
    }
    if (!text)
        return false;
    zpl_buf_printf(m->out, "CAST(%s(%s AS ", m->cast, m->x);
    zpl_convert_sql(to, false, m->out);
    zpl_buf_puts(m->out, ") AS VARCHAR)");
    return true;
}

/* A list is cast as a whole, so its elements must be of the very kind. */
static bool make_list(const struct zpl_duck_api *api, const struct making *m,
                      duckdb_logical_type from, const struct zpl_type *to, struct zpl_arena *arena)
{
    const char *why;
    if (api->get_type_id(from) != DUCKDB_TYPE_LIST)
        return false;
    duckdb_logical_type child = api->list_type_child_type(from);
    bool exact = api->get_type_id(child) != DUCKDB_TYPE_TIMESTAMP_NS;
    api->destroy_logical_type(&child);
    const struct zpl_type *have = zpl_convert_type(api, from, arena, &why);
    if (have == NULL || !exact || !zpl_type_fits(have, to, arena, &why))
        return false;
    struct zpl_buf type = {0};
    zpl_convert_sql(to, true, &type);
    make_cast(m, zpl_buf_str(&type));
    zpl_buf_release(&type);
    return true;
}

static bool make(const struct zpl_duck_api *api, const struct making *m, duckdb_logical_type type,
                 const struct zpl_type *to, struct zpl_arena *arena)
{
    duckdb_type from = api->get_type_id(type);
    switch (to->kind) {
    case ZPL_INT:
    case ZPL_FLOAT:
        return make_number(m, from, to->kind == ZPL_INT);
    case ZPL_BOOL:
        if (from == DUCKDB_TYPE_BOOLEAN)
            zpl_buf_puts(m->out, m->x);
        else if (from == DUCKDB_TYPE_VARCHAR)
            make_cast(m, "BOOLEAN");
        return from == DUCKDB_TYPE_BOOLEAN || from == DUCKDB_TYPE_VARCHAR;
    case ZPL_TIMESTAMP:
        return make_timestamp(m, from);
    case ZPL_DATE:
        if (from == DUCKDB_TYPE_DATE)
            zpl_buf_puts(m->out, m->x);
        else if (from == DUCKDB_TYPE_VARCHAR)
            make_if(m,
                    "CAST(TRY_CAST(@ AS TIMESTAMP) AS TIME) = TIME '00:00:00' AND "
                    "(length(@) < 20 OR NOT regexp_matches(@, '[+-][0-9:]+$'))",
                    "DATE");
        else if (kind_of(from) == ZPL_TIMESTAMP)
            make_if(m, "CAST(@ AS TIME) = TIME '00:00:00'", "DATE");
        return from == DUCKDB_TYPE_DATE || from == DUCKDB_TYPE_VARCHAR ||
               kind_of(from) == ZPL_TIMESTAMP;
    case ZPL_BYTES:
        zpl_buf_puts(m->out, m->x);
        return from == DUCKDB_TYPE_BLOB;
    case ZPL_STRING:
    case ZPL_PATH:
    case ZPL_ENUM:
    case ZPL_JSON:
        return make_text(m, from, to);
    case ZPL_LIST:
        return make_list(api, m, type, to, arena);
    default:
        return false;
    }
}

const char *zpl_convert_wrong(enum zpl_convert mode)
{
    return mode == ZPL_CONVERT_STRICT ? "error('a value does not fit the declared type')" : "NULL";
}

bool zpl_convert_text(const struct zpl_duck_api *api, const char *expression,
                      const struct zpl_type *to, enum zpl_convert mode, struct zpl_buf *out,
                      struct zpl_arena *arena)
{
    struct making m = {out, expression, mode == ZPL_CONVERT_STRICT ? "CAST" : "TRY_CAST",
                       zpl_convert_wrong(mode)};
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    bool fine = make(api, &m, text, to, arena);
    api->destroy_logical_type(&text);
    return fine;
}

bool zpl_convert_column(const struct zpl_duck_api *api, const char *name, duckdb_logical_type from,
                        const struct zpl_type *to, enum zpl_convert mode, struct zpl_buf *out,
                        struct zpl_arena *arena, const char **why)
{
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, name);
    struct making m = {out, zpl_buf_str(&x), mode == ZPL_CONVERT_STRICT ? "CAST" : "TRY_CAST",
                       zpl_convert_wrong(mode)};
    bool fine = make(api, &m, from, to, arena);
    zpl_buf_release(&x);
    if (fine)
        return true;
    const struct zpl_type *have = zpl_convert_type(api, from, arena, why);
    if (have == NULL && *why != NULL)
        return false;
    *why = zpl_arena_printf(arena, "holds %s, but %s is declared",
                            have == NULL ? "something else" : zpl_type_text(have, true, arena),
                            zpl_type_text(to, true, arena));
    return false;
}
