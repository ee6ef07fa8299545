#include "lang/dsl/body.h"
#include <lauxlib.h>
#include <limits.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/types/tensor.h"

/* ---- inputs ------------------------------------------------------------------------------------ */

/* Pushes a list.  A null is nil, so where there is one the field `n` says how many items there are. */
static void push_list(lua_State *L, const struct zpl_literal *literal)
{
    bool nulls = false;
    lua_newtable(L);
    for (size_t i = 0; i < literal->as.list.count; i++) {
        nulls = nulls || literal->as.list.items[i]->kind == ZPL_LIT_NULL;
        zpl_body_push(L, literal->as.list.items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (nulls) {
        lua_pushinteger(L, (lua_Integer)literal->as.list.count);
        lua_setfield(L, -2, "n");
    }
}

void zpl_body_push(lua_State *L, const struct zpl_literal *literal)
{
    luaL_checkstack(L, 4, "a literal nested too deeply");
    switch (literal->kind) {
    case ZPL_LIT_NULL:
    case ZPL_LIT_TYPE:
        lua_pushnil(L);
        return;
    case ZPL_LIT_BOOL:
        lua_pushboolean(L, literal->as.b);
        return;
    case ZPL_LIT_INT:
        lua_pushinteger(L, literal->as.i);
        return;
    case ZPL_LIT_FLOAT:
        lua_pushnumber(L, literal->as.f);
        return;
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        lua_pushlstring(L, literal->as.str.s, literal->as.str.n);
        return;
    case ZPL_LIT_LIST:
        push_list(L, literal);
        return;
    case ZPL_LIT_RECORD:
        lua_newtable(L);
        for (size_t i = 0; i < literal->as.list.count; i++) {
            zpl_body_push(L, literal->as.list.items[i]);
            lua_setfield(L, -2, literal->as.list.keys[i]);
        }
        return;
    }
}

static const struct zpl_lua_input *input_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int count_rows(lua_State *L)
{
    lua_pushinteger(L, input_of(L)->table->rows);
    return 1;
}

/* Pushes a metatable whose `#` is the number of rows of the input. */
static void push_row_count(lua_State *L, const struct zpl_lua_input *input)
{
    lua_createtable(L, 0, 3);
    lua_pushlightuserdata(L, (void *)input);
    lua_pushcclosure(L, count_rows, 1);
    lua_setfield(L, -2, "__len");
}

/* column[i] where there is nothing: a null cell is remembered, for an error that comes of it.
 * Upvalues: the input, the column. */
static int read_null(lua_State *L)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    const struct zpl_lua_table *table = input_of(L)->table;
    int whole;
    lua_Integer row = lua_tointegerx(L, 2, &whole);
    if (whole && row >= 1 && row <= table->rows) {
        body->null_input = input_of(L)->name;
        body->null_column = table->columns[lua_tointeger(L, lua_upvalueindex(2))];
        body->null_row = row;
    }
    lua_pushnil(L);
    return 1;
}

/* Raises the error of an input without column `name`. */
static int tell_column(lua_State *L, const struct zpl_lua_input *input, const char *name)
{
    const char *nearest = zpl_text_nearest(name, input->table->columns, input->table->column_count);
    if (nearest)
        return luaL_error(L, "'%s' has no column '%s'; did you mean '%s'?", input->name, name,
                          nearest);
    return luaL_error(L, "'%s' has no column '%s'", input->name, name);
}

/* t.col, the first time: fills the column and keeps it in t. */
static int load_column(lua_State *L)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    const struct zpl_lua_input *input = input_of(L);
    const struct zpl_lua_table *table = input->table;
    if (lua_type(L, 2) != LUA_TSTRING) {
        lua_pushnil(L);
        return 1;
    }
    const char *name = lua_tostring(L, 2);
    size_t column = 0;
    while (column < table->column_count && strcmp(table->columns[column], name) != 0)
        column++;
    if (column == table->column_count)
        return tell_column(L, input, name);
    lua_createtable(L, (int)table->rows, 0);
    for (int64_t row = 0; row < table->rows; row++) {
        struct zpl_literal cell = {.kind = ZPL_LIT_NULL};
        if (!table->cell(table->self, row, column, &cell)) {
            body->told = true;
            return luaL_error(L, "a column can't be read");
        }
        if (cell.kind == ZPL_LIT_NULL)
            continue;
        zpl_body_push(L, &cell);
        lua_rawseti(L, -2, row + 1);
    }
    push_row_count(L, input);
    lua_pushlightuserdata(L, (void *)input);
    lua_pushinteger(L, (lua_Integer)column);
    lua_pushcclosure(L, read_null, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

/* Upvalues: the input, the table, how many columns were visited. */
static int next_column(lua_State *L)
{
    const struct zpl_lua_table *table = input_of(L)->table;
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    if ((size_t)i >= table->column_count)
        return 0;
    lua_pushinteger(L, i + 1);
    lua_replace(L, lua_upvalueindex(3));
    lua_pushstring(L, table->columns[i]);
    lua_getfield(L, lua_upvalueindex(2), table->columns[i]);
    return 2;
}

static int visit_columns(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_column, 3);
    return 1;
}

static void push_table(lua_State *L, const struct zpl_lua_input *input)
{
    if (input->table->rows > ZPL_BODY_ROWS_MAX)
        luaL_error(L, "'%s' has %I rows; a lua body takes at most %d: use sql", input->name,
                   (LUAI_UACINT)input->table->rows, ZPL_BODY_ROWS_MAX);
    lua_newtable(L);
    push_row_count(L, input);
    lua_pushlightuserdata(L, (void *)input);
    lua_pushcclosure(L, load_column, 1);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, (void *)input);
    lua_pushcclosure(L, visit_columns, 1);
    lua_setfield(L, -2, "__pairs");
    lua_setmetatable(L, -2);
}

void zpl_body_push_inputs(lua_State *L)
{
    const struct zpl_body *body = zpl_sandbox_owner(L);
    lua_newtable(L);
    for (size_t i = 0; i < body->call->input_count; i++) {
        const struct zpl_lua_input *input = &body->call->inputs[i];
        if (input->table)
            push_table(L, input);
        else
            zpl_body_push(L, input->literal);
        lua_setfield(L, -2, input->name);
    }
}

/* ---- values out -------------------------------------------------------------------------------- */

/* What is being delivered, for messages. */
struct place {
    const char *output, *column; /* column NULL: the output itself */
    int64_t row;                 /* from 1 */
};

/* Raises the error of a value that is not what the output declares. */
static void wrong(lua_State *L, const struct place *place, const struct zpl_type *type,
                  const char *got)
{
    const char *kind = zpl_kind_name(type->kind);
    if (place->column)
        luaL_error(L, "output '%s': column '%s', row %I is %s, wanted %s", place->output,
                   place->column, (LUAI_UACINT)place->row, got, kind);
    luaL_error(L, "output '%s' is %s, wanted %s", place->output, got, kind);
}

void zpl_body_no_memory(lua_State *L)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    body->no_memory = true;
    luaL_error(L, "out of memory");
}

static void *need(lua_State *L, const void *memory)
{
    if (!memory)
        zpl_body_no_memory(L);
    return (void *)memory;
}

static bool is_value_of(const struct zpl_type *type, const char *text)
{
    for (size_t i = 0; type->values && type->values[i]; i++)
        if (strcmp(type->values[i], text) == 0)
            return true;
    return false;
}

static struct zpl_literal read_value(lua_State *L, const struct zpl_type *type,
                                     const struct place *place);

/* The items of the array on top: its field `n`, or its last index. */
static size_t list_length(lua_State *L, const struct zpl_type *type, const struct place *place)
{
    lua_Integer last = 0, key;
    int whole;
    lua_pushliteral(L, "n");
    if (lua_rawget(L, -2) != LUA_TNIL) {
        last = lua_tointegerx(L, -1, &whole);
        lua_pop(L, 1);
        if (!whole || last < 0 || last > ZPL_BODY_ITEMS_MAX)
            wrong(L, place, type, "a list whose n is no number of items");
        return (size_t)last;
    }
    lua_pop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        key = lua_tointegerx(L, -1, &whole);
        if (lua_type(L, -1) != LUA_TNUMBER || !whole || key < 1 || key > ZPL_BODY_ITEMS_MAX)
            wrong(L, place, type, "a table with keys that are no places of a list");
        last = key > last ? key : last;
    }
    return (size_t)last;
}

/* A Lua array as a LIST of the type's items. */
static struct zpl_literal read_list(lua_State *L, const struct zpl_type *type,
                                    const struct place *place)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    size_t count = list_length(L, type, place);
    struct zpl_literal *cells = need(L, zpl_arena_array(&body->cell, count + 1, sizeof *cells));
    const struct zpl_literal **items =
        need(L, zpl_arena_array(&body->cell, count + 1, sizeof *items));
    luaL_checkstack(L, 4, "a value nested too deeply");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        cells[i] = read_value(L, type->elem, place);
        items[i] = &cells[i];
        lua_pop(L, 1);
    }
    return (struct zpl_literal){.kind = ZPL_LIT_LIST, .as.list = {.items = items, .count = count}};
}

/* A Lua table as a RECORD with the type's fields, all of them and no others. */
static struct zpl_literal read_record(lua_State *L, const struct zpl_type *type,
                                      const struct place *place)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    const struct zpl_row *row = type->row;
    size_t count = row ? row->count : 0;
    struct zpl_literal *cells = need(L, zpl_arena_array(&body->cell, count + 1, sizeof *cells));
    const struct zpl_literal **items =
        need(L, zpl_arena_array(&body->cell, count + 1, sizeof *items));
    const char **keys = need(L, zpl_arena_array(&body->cell, count + 1, sizeof *keys));
    luaL_checkstack(L, 4, "a value nested too deeply");
    for (size_t i = 0; i < count; i++) {
        keys[i] = row->columns[i].name;
        lua_getfield(L, -1, keys[i]);
        if (lua_isnil(L, -1) && !row->columns[i].type->optional)
            luaL_error(L, "output '%s' has no field '%s'", place->output, keys[i]);
        cells[i] = read_value(L, row->columns[i].type, place);
        items[i] = &cells[i];
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING && row && zpl_row_find(row, lua_tostring(L, -1)))
            continue;
        lua_pushvalue(L, -1);
        luaL_error(L, "output '%s' has a field that is not declared: '%s'", place->output,
                   luaL_tolstring(L, -1, NULL));
    }
    return (struct zpl_literal){.kind = ZPL_LIT_RECORD,
                                .as.list = {.items = items, .keys = keys, .count = count}};
}

static struct zpl_literal read_text(lua_State *L, const struct zpl_type *type,
                                    const struct place *place)
{
    size_t len;
    const char *s = lua_tolstring(L, -1, &len);
    if (type->kind != ZPL_BYTES && !zpl_utf8_valid(s, len))
        wrong(L, place, type, "a text that is not UTF-8");
    /* Cells are held to their column's contract where the table is written, all of them. */
    if (type->kind == ZPL_ENUM && !place->column && !is_value_of(type, s))
        wrong(L, place, type, lua_pushfstring(L, "'%s', not one of its values", s));
    return (struct zpl_literal){.kind = type->kind == ZPL_PATH ? ZPL_LIT_PATH : ZPL_LIT_STRING,
                                .as.str = {.s = s, .n = len}};
}

/* Is the number on top a Float as it is?  A whole number beyond 53 bits may be none. */
static bool is_float(lua_State *L)
{
    double number = lua_tonumber(L, -1);
    lua_Integer back;
    return !lua_isinteger(L, -1) ||
           (lua_numbertointeger(number, &back) && back == lua_tointeger(L, -1));
}

/* The value on top as the type's literal; texts are Lua's.  Raises when it is none. */
static struct zpl_literal read_value(lua_State *L, const struct zpl_type *type,
                                     const struct place *place)
{
    int whole, got = lua_type(L, -1);
    lua_Integer i;
    if (got == LUA_TNIL)
        return (struct zpl_literal){.kind = ZPL_LIT_NULL};
    switch (type->kind) {
    case ZPL_INT:
    case ZPL_TIMESTAMP:
        i = got == LUA_TNUMBER ? lua_tointegerx(L, -1, &whole) : (whole = 0);
        if (whole)
            return (struct zpl_literal){.kind = ZPL_LIT_INT, .as.i = i};
        break;
    case ZPL_FLOAT:
        if (got == LUA_TNUMBER && is_float(L))
            return (struct zpl_literal){.kind = ZPL_LIT_FLOAT, .as.f = lua_tonumber(L, -1)};
        break;
    case ZPL_BOOL:
        if (got == LUA_TBOOLEAN)
            return (struct zpl_literal){.kind = ZPL_LIT_BOOL, .as.b = lua_toboolean(L, -1)};
        break;
    case ZPL_STRING:
    case ZPL_ENUM:
    case ZPL_DATE:
    case ZPL_BYTES:
    case ZPL_JSON:
    case ZPL_PATH:
        if (got == LUA_TSTRING)
            return read_text(L, type, place);
        break;
    case ZPL_LIST:
        if (got == LUA_TTABLE && type->elem)
            return read_list(L, type, place);
        break;
    case ZPL_TENSOR:
        if (got == LUA_TTABLE)
            return read_list(L, zpl_tensor_list(type), place);
        break;
    case ZPL_RECORD:
    case ZPL_REPORT:
        if (got == LUA_TTABLE)
            return read_record(L, type, place);
        break;
    default:
        break;
    }
    zpl_sandbox_push_text(L, -1);
    wrong(L, place, type,
          got == LUA_TNUMBER ? lua_tostring(L, -1)
                             : lua_pushfstring(L, "a %s", lua_typename(L, got)));
    return (struct zpl_literal){.kind = ZPL_LIT_NULL};
}

/* ---- outputs ----------------------------------------------------------------------------------- */

/* Rows of the column on top: its field `n`, or an input's number of rows, or its last index. */
static int64_t column_length(lua_State *L, const struct place *place)
{
    lua_Integer last = 0;
    lua_pushliteral(L, "n");
    if (lua_rawget(L, -2) != LUA_TNIL) {
        int whole;
        last = lua_tointegerx(L, -1, &whole);
        if (!whole || last < 0 || last > ZPL_BODY_ROWS_MAX)
            luaL_error(L, "output '%s': column '%s': n is no number of rows", place->output,
                       place->column);
        lua_pop(L, 1);
        return last;
    }
    lua_pop(L, 1);
    if (luaL_getmetafield(L, -1, "__len") != LUA_TNIL) {
        lua_pop(L, 1);
        return luaL_len(L, -1);
    }
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1)
            luaL_error(L, "output '%s': column '%s' has a key that is no row number", place->output,
                       place->column);
        if (lua_tointeger(L, -1) > last)
            last = lua_tointeger(L, -1);
    }
    return last;
}

/* Leaves column `name` of the output on top, and gives its length. */
static int64_t push_column(lua_State *L, const struct place *place)
{
    if (lua_getfield(L, -1, place->column) == LUA_TNIL)
        luaL_error(L, "output '%s' has no column '%s'", place->output, place->column);
    if (lua_type(L, -1) != LUA_TTABLE)
        luaL_error(L, "output '%s': column '%s' is a %s, wanted a table of cells", place->output,
                   place->column, luaL_typename(L, -1));
    return column_length(L, place);
}

/* Raises the error of a column that has more or fewer rows than the first. */
static void tell_length(lua_State *L, const struct place *place, int64_t length, const char *column,
                        int64_t first)
{
    const char *shorter = length < first ? place->column : column;
    int64_t last = length < first ? length : first, rows = length < first ? first : length;
    luaL_error(
        L,
        "output '%s': column '%s' has %I rows, '%s' has %I: row %I of '%s' is nil; where the "
        "last cells are to be null, say how many rows there are: `n = %I` in the column",
        place->output, place->column, (LUAI_UACINT)length, column, (LUAI_UACINT)first,
        (LUAI_UACINT)last + 1, shorter, (LUAI_UACINT)rows);
}

/* The number of rows of the table on top; every column has to have as many. */
static int64_t check_columns(lua_State *L, const struct zpl_lua_output *output)
{
    const struct zpl_row *row = output->type->row;
    int64_t rows = 0, first = 0;
    for (size_t i = 0; i < row->count; i++) {
        struct place place = {.output = output->name, .column = row->columns[i].name};
        int64_t length = push_column(L, &place);
        lua_pop(L, 1);
        if (i == 0)
            first = rows = length;
        if (length != first)
            tell_length(L, &place, length, row->columns[0].name, first);
    }
    if (rows > ZPL_BODY_ROWS_MAX)
        luaL_error(L, "output '%s' has %I rows; a lua body gives at most %d", output->name,
                   (LUAI_UACINT)rows, ZPL_BODY_ROWS_MAX);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING && zpl_row_find(row, lua_tostring(L, -1)))
            continue;
        lua_pushvalue(L, -1);
        luaL_error(L, "output '%s' has a column that is not declared: '%s'", output->name,
                   luaL_tolstring(L, -1, NULL));
    }
    return rows;
}

/* Ends the call after a callback refused. */
static void refused(lua_State *L)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    body->told = true;
    luaL_error(L, "an output can't be taken");
}

static void deliver_table(lua_State *L, const struct zpl_lua_output *output)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    const struct zpl_row *row = output->type->row;
    if (lua_type(L, -1) != LUA_TTABLE)
        luaL_error(L, "output '%s' is a %s, wanted a table of columns: { name = { … } }",
                   output->name, luaL_typename(L, -1));
    /* A whole input that is returned has the columns the body did not touch, too. */
    int64_t rows = check_columns(L, output);
    if (!output->begin(output->self, rows))
        refused(L);
    for (size_t i = 0; i < row->count; i++) {
        struct place place = {.output = output->name, .column = row->columns[i].name};
        push_column(L, &place);
        for (place.row = 1; place.row <= rows; place.row++) {
            lua_rawgeti(L, -1, place.row);
            struct zpl_literal value = read_value(L, row->columns[i].type, &place);
            bool taken = output->cell(output->self, i, place.row - 1, &value);
            zpl_arena_release(&body->cell);
            lua_pop(L, 1);
            if (!taken)
                refused(L);
        }
        lua_pop(L, 1);
    }
}

static void deliver_value(lua_State *L, const struct zpl_lua_output *output)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    struct place place = {.output = output->name};
    if (lua_isnil(L, -1) && !output->type->optional)
        wrong(L, &place, output->type, "nil");
    struct zpl_literal value = read_value(L, output->type, &place);
    bool taken = output->value(output->self, &value);
    zpl_arena_release(&body->cell);
    if (!taken)
        refused(L);
}

/* Values that a table of names may be. */
static bool has_fields(const struct zpl_type *type)
{
    return type->row != NULL || type->kind == ZPL_JSON || type->kind == ZPL_TABLE;
}

/* Outputs are returned in order, not by their names: is the one value a table of these, and nothing that was declared? */
static bool has_names(lua_State *L, int index, const struct zpl_closure_call *call)
{
    size_t count = 0;
    bool all = lua_type(L, index) == LUA_TTABLE && call->output_count > 0 &&
               (call->output_count > 1 || !has_fields(call->outputs[0].type));
    for (size_t i = 0; all && i < call->output_count; i++) {
        lua_pushstring(L, call->outputs[i].name);
        all = lua_rawget(L, index) != LUA_TNIL;
        lua_pop(L, 1);
    }
    if (!all)
        return false;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        count++;
    }
    return count == call->output_count;
}

void zpl_body_deliver(lua_State *L, int first, int count)
{
    const struct zpl_closure_call *call = ((struct zpl_body *)zpl_sandbox_owner(L))->call;
    luaL_checkstack(L, 16, NULL);
    if (count == 1 && has_names(L, first, call))
        luaL_error(L,
                   call->output_count == 1
                       ? "the body returned a table with '%s' in it: return what is in it, since "
                         "outputs go by their order"
                       : "the body returned a table with '%s' and the other outputs in it: return "
                         "them in order, `return a, b`",
                   call->outputs[0].name);
    if ((size_t)count != call->output_count)
        luaL_error(L, "the body returned %d values, the step declares %d outputs", count,
                   (int)call->output_count);
    for (size_t i = 0; i < call->output_count; i++) {
        lua_pushvalue(L, first + (int)i);
        if (call->outputs[i].type->kind == ZPL_TABLE && call->outputs[i].type->row)
            deliver_table(L, &call->outputs[i]);
        else
            deliver_value(L, &call->outputs[i]);
        lua_pop(L, 1);
    }
}
