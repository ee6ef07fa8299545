/* Names that nothing declares, and what people meant by them.  Each is told once and gives poison, so
 * that the evaluation goes on. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/value.h"

/* Habits from Python, SQL and Lua itself: what to write instead. */
static const struct {
    const char *name, *help;
} habits[] = {
    {"None", "write `nil`"},
    {"null", "write `nil`"},
    {"NULL", "write `nil`"},
    {"True", "write `true`"},
    {"False", "write `false`"},
    {"print", "a program prints nothing; `zpl show` shows what its steps made"},
    {"select", "there is no step `select` yet (Lua's own takes numbers); columns are chosen by sql [[ "
               "SELECT id, score FROM rows ]]"},
    {"require", "write `import \"name\"`"},
    {"dofile", "write `import \"name\"`"},
    {"len", "write `#list`"},
    {"str", "write `tostring(x)`"},
    {"int", "write `math.tointeger(x)`; the type is `Int`"},
    {"float", "write `x + 0.0`; the type is `Float`"},
    {"dict", "write a table: `{ name = value }`"},
    {"list", "write a table: `{ a, b, c }`"},
    {"range", "write `for i = 1, n do … end`"},
    {"map", "write `each(list, function (item) … end)`"},
    {"lambda", "write `function (x) return … end`"},
    {"pcall", "errors can't be caught in a program: it has no state to save"},
    {"xpcall", "errors can't be caught in a program: it has no state to save"},
    {"next", "write `for key, value in pairs(t) do … end`"},
    {"os", "a program sees no clock and no environment: declare a param"},
    {"io", "a program reads no files: declare a source, as `csv.read \"data.csv\"`"},
    {"random", "a program has no randomness: steps take a `seed`"},
    {"pd", "tables are read by steps, `csv.read \"data.csv\"`, and worked on in `sql [[ … ]]`"},
    {"np", "tables are worked on in `sql [[ … ]]` or in a `lua =` body"},
    {"read_csv", "write `csv.read \"data.csv\"`"},
    {"read_parquet", "write `parquet.read \"data.parquet\"`"},
    {"train_test_split", "write `split { rows, ratio = 0.8 }`"},
    {"train", "name the library: `xgboost.train { rows, label = \"…\" }`"},
    {"xgb", "write `xgboost.train { rows, label = \"…\" }`"},
    {"XGBClassifier",
     "write `xgboost.train { rows, label = \"…\" }`; the label's type picks the task"},
    {"XGBRegressor",
     "write `xgboost.train { rows, label = \"…\" }`; the label's type picks the task"},
    {"DataFrame", "a table is made by a step: `csv.read`, `sql [[ … ]]`, a `lua =` body"},
    {"Dataset", "a table is made by a step: `csv.read`, `sql [[ … ]]`, a `lua =` body"},
    {"filter", "filter rows in SQL: `sql [[ SELECT * FROM rows WHERE … ]]`"},
    {"enumerate", "write `for i, item in ipairs(list) do … end`"},
    {"zip", "write `for i = 1, #a do … a[i] … b[i] … end`"},
    {"sorted", "write `table.sort(list)`"},
    {"sum", "add them in a loop, or rows in `sql [[ … ]]`"},
    {"abs", "write `math.abs(x)`"},
    {"round", "write `math.floor(x + 0.5)`"},
    {"self", "functions have no self: name what they take"},
    {"setmetatable", "tables have no metatables here"},
    {"load", "text can't be run as a program: write a function"},
    {"SELECT", "write `sql [[ SELECT … ]]`"},
};

/* The names of the table at 1 that a program may write, sorted; in scratch. */
static const char *const *public_names(lua_State *L, size_t *count)
{
    size_t all;
    const char *const *names = zpl_site_names(L, 1, (struct zpl_site){0}, &all);
    const char **kept =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, all + 1, sizeof *kept));
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (strncmp(names[i], "__zpl", 5) != 0)
            kept[(*count)++] = names[i];
    return kept;
}

/* Tells that the names at 1 lack `key`; what was told is not looked for again, as a loop may ask often. */
static struct zpl_diag *tell_unknown(lua_State *L, enum zpl_code code, const char *key,
                                     const char *message)
{
    struct zpl_diag *diag = zpl_host_tell(L, code, zpl_host_name_span(L, key), "%s", message);
    if (diag) {
        size_t count;
        const char *const *names = public_names(L, &count);
        zpl_host_nearest(L, diag, key, names, count);
    }
    return diag;
}

int zpl_unknown_name(lua_State *L)
{
    const char *label = lua_tostring(L, lua_upvalueindex(1));
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "'%s' has no such field", label);
    const char *key = lua_tostring(L, 2);
    if (*label) {
        struct zpl_diag *diag =
            tell_unknown(L, ZPL_CODE_UNKNOWN_NAME, key,
                         lua_pushfstring(L, "'%s' has no function '%s'", label, key));
        if (strcmp(label, "math") == 0 && strncmp(key, "random", 6) == 0)
            zpl_host_help(L, diag, "a program has no randomness: steps take a `seed`");
        return zpl_push_poison(L);
    }
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        if (strcmp(habits[i].name, key) != 0)
            continue;
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_UNKNOWN_NAME, zpl_host_name_span(L, key),
                                    "unknown name '%s'", key),
                      "%s", habits[i].help);
        return zpl_push_poison(L);
    }
    tell_unknown(L, ZPL_CODE_UNKNOWN_NAME, key, lua_pushfstring(L, "unknown name '%s'", key));
    return zpl_push_poison(L);
}

int zpl_unknown_step(lua_State *L)
{
    const char *label = lua_tostring(L, lua_upvalueindex(1));
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "'%s' has no such step", label);
    const char *key = lua_tostring(L, 2);
    tell_unknown(L, ZPL_CODE_UNKNOWN_STEP, key,
                 lua_pushfstring(L, "unknown step '%s.%s'", label, key));
    return zpl_push_poison(L);
}

int zpl_unknown_param(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "params are read by name");
    if (luaL_getmetafield(L, 1, "__absent") != LUA_TNIL) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL) {
            lua_pushnil(L);
            return 1;
        }
    }
    const char *key = lua_tostring(L, 2);
    tell_unknown(L, ZPL_CODE_UNKNOWN_FIELD, key, lua_pushfstring(L, "there is no param '%s'", key));
    return zpl_push_poison(L);
}

int zpl_unknown_field(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "this table is read by name");
    const char *key = lua_tostring(L, 2);
    tell_unknown(L, ZPL_CODE_UNKNOWN_FIELD, key,
                 lua_pushfstring(L, "%s has no field '%s'",
                                 lua_tostring(L, lua_upvalueindex(1)), key));
    return zpl_push_poison(L);
}

/* assign(proxy, key, value): a global that was never declared, or one that is offered. */
int zpl_assigned_name(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "a name is a text");
    const char *key = lua_tostring(L, 2);
    struct zpl_span span = zpl_host_target_span(L, ZPL_NODE_NAME, key);
    zpl_sandbox_push_names(L);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL) {
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_NAME, span, "'%s' is zpl's own and can't be changed",
                      key);
        return 0;
    }
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_NAME, span, "'%s' is not declared", key);
    zpl_host_help(L, diag,
                  lua_type(L, 3) == LUA_TFUNCTION ? "write `local function %s(…)`"
                                                  : "write `local %s = …`",
                  key);
    /* It counts as declared from here on, so that this is told once. */
    lua_pop(L, 1);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_rawset(L, -3);
    return 0;
}
