/* The types as a program writes them: Int { min = 0 }, Table { a = Int, ... }, Enum { "x", "y" },
 * List(Int), Path "data/x.csv" (which is a path, not a type). */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/refine.h"
#include "lang/dsl/slot.h"
#include "lang/types/signature.h"

static char rest_key; /* its address is `...` in a table of columns */

/* A copy to fill in, in the graph's arena. */
static struct zpl_type *copy_type(lua_State *L, const struct zpl_type *type)
{
    struct zpl_type *copy = zpl_host_need(L, zpl_arena_alloc(zpl_host_arena(L), sizeof *copy));
    *copy = *type;
    return copy;
}

/* ---- columns and fields ----------------------------------------------------------------------- */

/* The type on top as that of column or field `name`; Unknown when it is none (told). */
static const struct zpl_type *column_type(lua_State *L, const struct zpl_type *of, const char *name,
                                          struct zpl_site where)
{
    const struct zpl_type *type = zpl_test_type(L, -1);
    const struct zpl_value *value = zpl_test_value(L, -1);
    bool fits =
        type && (zpl_kind_is_scalar(type->kind) || of->kind == ZPL_RECORD ||
                 (of->kind == ZPL_TABLE && (type->kind == ZPL_LIST || type->kind == ZPL_TENSOR)));
    if (of->kind == ZPL_REPORT)
        fits = type && (type->kind == ZPL_INT || type->kind == ZPL_FLOAT ||
                        type->kind == ZPL_BOOL || type->kind == ZPL_STRING);
    if (fits || (type && type->kind == ZPL_UNKNOWN))
        return type;
    if (!value || !zpl_is_poison(value)) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                          "'%s' of a %s needs a type, as %s", name, zpl_kind_name(of->kind),
                          of->kind == ZPL_REPORT ? "Int, Float, Bool or String" : "Int or String");
        if (lua_type(L, -1) == LUA_TSTRING)
            zpl_host_help(L, diag, "a type is a name without quotes: %s = Int", name);
    }
    return zpl_host_need(L, zpl_type_new(zpl_host_arena(L), ZPL_UNKNOWN));
}

/* Does the table at `index` hold `...`?  Any other item is told. */
static bool read_rest(lua_State *L, int index, struct zpl_site where)
{
    bool open = false;
    for (lua_Unsigned i = 1; i <= lua_rawlen(L, index); i++) {
        lua_rawgeti(L, index, (lua_Integer)i);
        if (lua_touserdata(L, -1) == &rest_key) {
            open = true;
        } else {
            struct zpl_diag *diag =
                zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_item(where, i).span,
                              "a column needs a name and a type");
            zpl_host_help(L, diag, "write `name = Int`, or `...` for columns that may follow");
        }
        lua_pop(L, 1);
    }
    return open;
}

/* Tells names that are written twice, or that SQL would take for one; returns the second of these, or
 * NULL. */
static const struct zpl_column *tell_twins(lua_State *L, const struct zpl_row *row,
                                           struct zpl_site where)
{
    const char *again;
    struct zpl_span span;
    const struct zpl_column *first, *twin = zpl_row_twins(row, &first);
    if (zpl_site_again(L, where, &again, &span))
        zpl_host_tell(L, ZPL_CODE_DUPLICATE_COLUMN, span, "column '%s' is there already", again);
    if (!twin)
        return NULL;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_DUPLICATE_COLUMN, zpl_site_key(where, twin->name),
                      "columns '%s' and '%s' differ only in case", first->name, twin->name);
    zpl_host_help(L, diag, "SQL takes them for one: give one of them another name");
    return twin;
}

/* Table, Record and Report { name = type, … [, ...] }. */
static const struct zpl_type *with_columns(lua_State *L, const struct zpl_type *type,
                                           struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_type *made = copy_type(L, type);
    struct zpl_row *row = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *row));
    size_t count, kept = 0;
    const char *const *names = zpl_site_names(L, 2, where, &count);
    if (count > ZPL_COLUMNS_MAX) {
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, where.span, "a table has at most %u columns",
                      ZPL_COLUMNS_MAX);
        count = ZPL_COLUMNS_MAX;
    }
    struct zpl_column *columns =
        zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof *columns));
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (len == 0 || len > ZPL_NAME_MAX || !zpl_utf8_valid(names[i], len)) {
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                          "a column's name has 1 to %d bytes of UTF-8", ZPL_NAME_MAX);
            continue;
        }
        lua_getfield(L, 2, names[i]);
        columns[kept].name = zpl_host_need(L, zpl_arena_strdup(arena, names[i]));
        columns[kept++].type = column_type(L, type, names[i], zpl_site_field(where, names[i]));
        lua_pop(L, 1);
    }
    *row = (struct zpl_row){.columns = columns, .count = kept, .open = read_rest(L, 2, where)};
    for (const struct zpl_column *twin; (twin = tell_twins(L, row, where)); row->count--) {
        size_t i = (size_t)(twin - columns); /* left out, so that it is told once */
        memmove(columns + i, columns + i + 1, (row->count - i - 1) * sizeof *columns);
    }
    made->row = row;
    return made;
}

/* Enum { "a", "b" [, default = "a"] } */
static const struct zpl_type *with_values(lua_State *L, const struct zpl_type *type,
                                          struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_type *made = copy_type(L, type);
    size_t count = lua_rawlen(L, 2), kept = 0;
    const char **values = zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof *values));
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        struct zpl_site at = zpl_site_item(where, i + 1);
        const char *text = zpl_read_word(L, "an Enum's value", at);
        bool again = false;
        for (size_t k = 0; text && k < kept; k++)
            again = again || strcmp(values[k], text) == 0;
        if (again)
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, at.span,
                          "\"%s\" is among the values already", text);
        else if (text)
            values[kept++] = text;
        lua_pop(L, 1);
    }
    if (count == 0)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                      "an Enum needs its values, as Enum { \"low\", \"high\" }");
    made->values = values;
    return zpl_refine_type(L, made, 2, where);
}

/* Model { ["framework",] label = "name", features = Table {…} } */
static const struct zpl_type *with_model(lua_State *L, const struct zpl_type *type,
                                         struct zpl_site where)
{
    static const char *const fields[] = {"features", "framework", "label"};
    struct zpl_type *made = copy_type(L, type);
    size_t count;
    const char *const *names = zpl_site_names(L, 2, where, &count);
    if (lua_rawgeti(L, 2, 1) != LUA_TNIL)
        made->framework = zpl_read_word(L, "a framework", zpl_site_item(where, 1));
    lua_pop(L, 1);
    for (size_t i = 0; i < count; i++) {
        struct zpl_site at = zpl_site_field(where, names[i]);
        lua_getfield(L, 2, names[i]);
        const struct zpl_type *row = zpl_test_type(L, -1);
        if (strcmp(names[i], "framework") == 0) {
            made->framework = zpl_read_word(L, "framework", at);
        } else if (strcmp(names[i], "label") == 0) {
            made->label = zpl_read_word(L, "label", at);
        } else if (strcmp(names[i], "features") == 0 && row && row->row) {
            made->row = row->row;
        } else if (strcmp(names[i], "features") == 0) {
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, at.span,
                          "features takes the columns as a type: Table { a = Float }");
        } else {
            struct zpl_diag *diag =
                zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_key(where, names[i]),
                              "a Model has no '%s'", names[i]);
            zpl_host_nearest(L, diag, names[i], fields, 3);
        }
        lua_pop(L, 1);
    }
    return made;
}

/* ---- calling a type --------------------------------------------------------------------------- */

/* Tensor "f32[784]" */
static const struct zpl_type *read_tensor(lua_State *L, struct zpl_site call)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    const struct zpl_type *type = NULL;
    struct zpl_signature_error error = {.message = "out of memory"};
    const char *text = zpl_host_need(L, zpl_arena_printf(arena, "Tensor %s", lua_tostring(L, 2)));
    enum zpl_err err = zpl_type_parse(text, arena, &type, &error);
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (err != ZPL_OK) {
        zpl_host_tell(L, ZPL_CODE_SIGNATURE, zpl_site_arguments(call).span, "%s", error.message);
        return zpl_host_need(L, zpl_type_new(arena, ZPL_UNKNOWN));
    }
    return type;
}

/* The words for what a type is called with. */
static const char *usage(enum zpl_kind kind)
{
    switch (kind) {
    case ZPL_PATH:
        return "Path takes a text, or a table of refinements";
    case ZPL_ENUM:
        return "Enum takes a table of its values: Enum { \"low\", \"high\" }";
    case ZPL_MODEL:
        return "Model takes a table: Model { \"xgboost\", label = \"late\" }";
    case ZPL_LIST:
        return "List takes the type of its items: List(Int)";
    case ZPL_TENSOR:
        return "Tensor takes its element type and shape: Tensor \"f32[784]\"";
    case ZPL_TABLE:
    case ZPL_RECORD:
    case ZPL_REPORT:
        return "it takes a table of names and types: Table { a = Int, b = String }";
    case ZPL_STEP:
        return "it takes a signature: Step \"(train: Table {...r}) -> (model: Model)\"";
    case ZPL_FILE:
    case ZPL_DIR:
    case ZPL_ENDPOINT:
        return "it has no refinements: write the type's name alone";
    case ZPL_TIMESTAMP:
        return "a type takes a table of refinements: Timestamp { default = \"2024-06-01 13:05:00\" "
               "}";
    case ZPL_DATE:
        return "a type takes a table of refinements: Date { default = \"2024-06-01\" }";
    case ZPL_STRING:
        return "a type takes a table of refinements: String { default = \"x\" }; a text alone "
               "stands "
               "for a String with that default";
    default:
        return "a type takes a table of refinements: Int { min = 0 }; as a param a value alone, "
               "15, "
               "stands for its type with that default";
    }
}

/* The type that calling `type` with what stands at 2 gives, or NULL when it can't be. */
static const struct zpl_type *apply(lua_State *L, const struct zpl_type *type, struct zpl_site call)
{
    struct zpl_site where = zpl_site_arguments(call);
    bool table = lua_type(L, 2) == LUA_TTABLE;
    switch (type->kind) {
    case ZPL_LIST:
        if (zpl_test_type(L, 2) && type->elem->kind == ZPL_ANY) {
            struct zpl_type *list = copy_type(L, type);
            list->elem = zpl_test_type(L, 2);
            return list;
        }
        return table && type->elem->kind != ZPL_ANY ? zpl_refine_type(L, type, 2, where) : NULL;
    case ZPL_TABLE:
    case ZPL_RECORD:
    case ZPL_REPORT:
        return table && !type->row ? with_columns(L, type, where) : NULL;
    case ZPL_MODEL:
        return table ? with_model(L, type, where) : NULL;
    case ZPL_TENSOR:
        if (lua_type(L, 2) == LUA_TSTRING && !type->dtype)
            return read_tensor(L, call);
        return table && type->dtype ? zpl_refine_type(L, type, 2, where) : NULL;
    case ZPL_STEP:
        return zpl_make_slot(L, where);
    case ZPL_ENUM:
        if (table && !type->values)
            return with_values(L, type, where);
        return table ? zpl_refine_type(L, type, 2, where) : NULL;
    default:
        return table && lua_rawlen(L, 2) == 0 && zpl_kind_is_scalar(type->kind)
                   ? zpl_refine_type(L, type, 2, where)
                   : NULL;
    }
}

/* Counts the type's parts in *parts and stops at a limit: a type can hold another many times over, and
 * everything that looks at one is recursive. */
static bool is_within_limits(const struct zpl_type *type, int depth, size_t *parts)
{
    if (depth > ZPL_VALUE_DEPTH_MAX || ++*parts > ZPL_LITERAL_ITEMS_MAX)
        return false;
    if (type->elem && !is_within_limits(type->elem, depth + 1, parts))
        return false;
    for (size_t i = 0; type->row && i < type->row->count; i++)
        if (type->row->columns[i].type &&
            !is_within_limits(type->row->columns[i].type, depth + 1, parts))
            return false;
    return true;
}

int zpl_call_type(lua_State *L)
{
    const struct zpl_type *type = zpl_test_type(L, 1);
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 2);
    if (type->kind == ZPL_PATH && lua_type(L, 2) == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(L, 2, &len);
        if (strlen(text) == len && zpl_utf8_valid(text, len)) {
            zpl_push_path(L, text, len);
            return 1;
        }
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_arguments(call).span,
                      "a path is UTF-8 text without NUL");
        return zpl_push_poison(L);
    }
    const struct zpl_value *value = zpl_test_value(L, 2);
    if (value && zpl_is_poison(value))
        return zpl_push_poison(L);
    const struct zpl_type *made = apply(L, type, call);
    if (!made) {
        struct zpl_diag *diag = zpl_host_tell(
            L, ZPL_CODE_BAD_DECLARATION, zpl_site_arguments(call).span, "%s can't be made of this",
            zpl_type_text(type, true, &zpl_host_of(L)->arena));
        zpl_host_help(L, diag, "%s", usage(type->kind));
        return zpl_push_poison(L);
    }
    size_t parts = 0;
    if (!is_within_limits(made, 1, &parts)) {
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, zpl_site_arguments(call).span,
                      "a type of more than %u parts, or nested deeper than %d",
                      ZPL_LITERAL_ITEMS_MAX, ZPL_VALUE_DEPTH_MAX);
        return zpl_push_poison(L);
    }
    zpl_push_type(L, made);
    return 1;
}

/* Optional(T) */
static int make_optional(lua_State *L)
{
    const struct zpl_type *type = zpl_test_type(L, 1);
    if (!type || !zpl_kind_is_scalar(type->kind)) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_arguments(zpl_host_call(L)).span,
                      "Optional takes a scalar type: Optional(Int)");
        return zpl_push_poison(L);
    }
    struct zpl_type *optional = copy_type(L, type);
    optional->optional = true;
    zpl_push_type(L, optional);
    return 1;
}

void zpl_offer_types(lua_State *L)
{
    static const enum zpl_kind kinds[] = {
        ZPL_INT,    ZPL_FLOAT, ZPL_STRING, ZPL_BOOL, ZPL_TIMESTAMP, ZPL_DATE,     ZPL_BYTES,
        ZPL_JSON,   ZPL_PATH,  ZPL_SECRET, ZPL_ENUM, ZPL_LIST,      ZPL_RECORD,   ZPL_TABLE,
        ZPL_TENSOR, ZPL_MODEL, ZPL_REPORT, ZPL_FILE, ZPL_DIR,       ZPL_ENDPOINT, ZPL_STEP};
    struct zpl_arena *arena = zpl_host_arena(L);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct zpl_type *type = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *type));
        type->kind = kinds[i];
        if (kinds[i] == ZPL_LIST)
            type->elem = zpl_host_need(L, zpl_type_new(arena, ZPL_ANY));
        zpl_push_type(L, type);
        lua_setfield(L, -2, zpl_kind_name(kinds[i]));
    }
    lua_pushcfunction(L, make_optional);
    lua_setfield(L, -2, "Optional");
    lua_pushlightuserdata(L, &rest_key);
    lua_setfield(L, -2, "__zpl_rest");
}
