/* Names that nothing declares, and what people meant by them.  Each is told once and gives poison, so
 * that the evaluation goes on. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/value.h"
#include "lang/types/signature.h"

/* Habits from Python, SQL, R, JavaScript and Lua itself: what to write instead. */
static const struct {
    const char *name, *help;
} habits[] = {
    {"None", "write `nil`"},
    {"null", "write `nil`"},
    {"NULL", "write `nil`"},
    {"True", "write `true`"},
    {"False", "write `false`"},
    {"print", "a program prints nothing; `zpl show` shows what its steps made"},
    {"select",
     "there is no step `select` yet (Lua's own takes numbers); columns are chosen by sql [[ "
     "SELECT id, score FROM rows ]]"},
    {"require", "write `import \"name\"`"},
    {"dofile", "write `import \"name\"`"},
    {"len", "write `#list`"},
    {"str", "write `tostring(x)`; the type is `String`"},
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
    {"read_json", "write `json.read \"data.json\"`"},
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
    {"Number", "the types of numbers are `Int` and `Float`"},
    {"number", "the types of numbers are `Int` and `Float`"},
    {"undefined", "write `nil`"},
    {"NaN", "write `0/0`; a missing cell is NULL in `sql` and `nil` in a `lua =` body"},
    {"nan", "write `0/0`; a missing cell is NULL in `sql` and `nil` in a `lua =` body"},
    {"Infinity", "write `math.huge`"},
    {"inf", "write `math.huge`"},
    {"open", "a program opens no files: declare a source, as `csv.read \"data.csv\"`"},
    {"input", "a program asks nothing: declare a param, `params { name = String }`"},
    {"exit", "a program ends with its text; `error(\"why\")` refuses what it was given"},
    {"quit", "a program ends with its text; `error(\"why\")` refuses what it was given"},
    {"isinstance", "write `type(x) == \"string\"`"},
    {"typeof", "write `type(x)`"},
    {"JSON", "a program reads no files; in `sql`, DuckDB has functions for JSON"},
    {"pl", "tables are read by steps, `csv.read \"data.csv\"`, and worked on in `sql [[ … ]]`"},
    {"pandas", "tables are read by steps, `csv.read \"data.csv\"`, and worked on in `sql [[ … ]]`"},
    {"polars", "tables are read by steps, `csv.read \"data.csv\"`, and worked on in `sql [[ … ]]`"},
    {"numpy", "tables are worked on in `sql [[ … ]]` or in a `lua =` body"},
    {"duckdb", "write `sql [[ SELECT … ]]`; it is DuckDB that reads it"},
    {"read_sql", "write `sql [[ SELECT … FROM rows ]]`"},
    {"sklearn",
     "the steps are `split`, `kfold`, `xgboost.train`, `predict`, `evaluate`; see `zpl doc`"},
    {"torch",
     "models are trained by `xgboost.train`, others by steps of your own: `step \"name\" { … }`"},
    {"lightgbm", "write `xgboost.train { rows, label = \"…\" }`"},
    {"lgb", "write `xgboost.train { rows, label = \"…\" }`"},
    {"LGBMClassifier", "write `xgboost.train { rows, label = \"…\" }`"},
    {"RandomForestClassifier", "write `xgboost.train { rows, label = \"…\" }`"},
    {"LogisticRegression", "write `xgboost.train { rows, label = \"…\" }`"},
    {"KFold", "write `kfold { rows, k = 5 }`"},
    {"StratifiedKFold", "write `kfold { rows, k = 5, stratify = \"…\" }`"},
    {"cross_val_score", "write `each(kfold { rows, k = 5 }, function (fold) … end)`"},
    {"GridSearchCV", "write `each(grid { eta = { 0.1, 0.3 } }, function (h) … end)`"},
    {"accuracy_score", "write `evaluate { model, test }`: its report has `accuracy`"},
    {"roc_auc_score", "write `evaluate { model, test }`: its report has `auc`"},
    {"f1_score", "write `evaluate { model, test }`: its report has `f1`"},
    {"fit", "write `xgboost.train { rows, label = \"…\" }`"},
    {"datetime", "a program sees no clock: declare a param, `params { day = Date }`"},
    {"time", "a program sees no clock: declare a param, `params { day = Date }`"},
    {"sys", "a program sees no command line: declare a param, `params { minutes = 15 }`"},
    {"argparse", "a program sees no command line: declare a param, `params { minutes = 15 }`"},
    {"getenv", "a program sees no environment: declare a param"},
    {"logging", "a program prints nothing; what steps print is shown by `zpl logs`"},
    {"console", "a program prints nothing; `zpl show` shows what its steps made"},
    {"tuple", "write a table: `{ a, b }`"},
    {"set", "write a table: `{ name = true }`"},
    {"reduce", "add them in a loop, or rows in `sql [[ … ]]`"},
    {"reversed", "write `for i = #list, 1, -1 do … end`"},
    {"any", "look for it in a loop, or in `sql [[ … ]]`"},
    {"all", "look for it in a loop, or in `sql [[ … ]]`"},
    {"pow", "write `x ^ y`"},
    {"format", "write `string.format(\"%d rows\", n)`"},
    {"hasattr", "write `t.name ~= nil`"},
    {"getattr", "write `t[name]`"},
    {"try", "errors can't be caught in a program: it has no state to save"},
    {"except", "errors can't be caught in a program: it has no state to save"},
    {"catch", "errors can't be caught in a program: it has no state to save"},
    {"raise", "write `error(\"what is wrong\")`"},
    {"throw", "write `error(\"what is wrong\")`"},
    {"stop", "write `error(\"what is wrong\")`"},
    {"library", "R's packages can't be loaded; `zpl doc` lists the steps there are"},
    {"c", "write a table: `{ a, b, c }`"},
    {"paste", "texts are joined by `..`"},
    {"nrow", "count rows inside a step: `sql [[ SELECT count(*) … ]]`"},
    {"ncol", "the columns of a table are known to its type: `zpl graph` shows them"},
};

/* The same for what the libraries and the families of steps have elsewhere. */
static const struct {
    const char *library, *name, *help;
} fields[] = {
    {"string", "length", "write `#s`"},
    {"string", "size", "write `#s`"},
    {"string", "split", "write `for word in s:gmatch(\"[^,]+\") do … end`"},
    {"string", "join", "write `table.concat(list, \", \")`"},
    {"string", "strip", "write `s:match(\"^%s*(.-)%s*$\")`"},
    {"string", "trim", "write `s:match(\"^%s*(.-)%s*$\")`"},
    {"string", "replace", "write `s:gsub(\"old\", \"new\")`"},
    {"string", "startswith", "write `s:sub(1, #start) == start`"},
    {"string", "startsWith", "write `s:sub(1, #start) == start`"},
    {"string", "endswith", "write `s:sub(-#ending) == ending`"},
    {"string", "endsWith", "write `s:sub(-#ending) == ending`"},
    {"string", "contains", "write `s:find(part, 1, true) ~= nil`"},
    {"string", "includes", "write `s:find(part, 1, true) ~= nil`"},
    {"string", "index", "write `s:find(part, 1, true)`"},
    {"string", "indexOf", "write `s:find(part, 1, true)`"},
    {"string", "toUpperCase", "write `s:upper()`"},
    {"string", "toLowerCase", "write `s:lower()`"},
    {"string", "substring", "write `s:sub(first, last)`"},
    {"math", "round", "write `math.floor(x + 0.5)`"},
    {"math", "pow", "write `x ^ y`"},
    {"math", "mod", "write `x % y`"},
    {"math", "log10", "write `math.log(x, 10)`"},
    {"math", "log2", "write `math.log(x, 2)`"},
    {"math", "inf", "write `math.huge`"},
    {"math", "nan", "write `0/0`"},
    {"math", "random", "a program has no randomness: steps take a `seed`"},
    {"math", "randomseed", "a program has no randomness: steps take a `seed`"},
    {"table", "append", "write `list[#list + 1] = item`"},
    {"table", "push", "write `list[#list + 1] = item`"},
    {"table", "length", "write `#list`"},
    {"table", "len", "write `#list`"},
    {"table", "getn", "write `#list`"},
    {"table", "join", "write `table.concat(list, \", \")`"},
    {"table", "map", "write `each(list, function (item) … end)`"},
    {"table", "keys", "write `for key, value in pairs(t) do … end`"},
    {"table", "move", "copy the items in a loop"},
    {"string", "dump", "functions are not made into texts: pass the function itself"},
    {"string", "pack", "bytes are not packed here: write the numbers as text, by string.format"},
    {"string", "unpack", "bytes are not unpacked here: read the numbers from text, by tonumber"},
    {"xgboost", "fit", "write `xgboost.train { rows, label = \"…\" }`"},
    {"xgboost", "XGBClassifier", "write `xgboost.train { rows, label = \"…\" }`"},
    {"xgboost", "XGBRegressor", "write `xgboost.train { rows, label = \"…\" }`"},
    {"xgboost", "DMatrix",
     "a step takes the table itself: `xgboost.train { rows, label = \"…\" }`"},
    {"xgboost", "cv", "write `each(kfold { rows, k = 5 }, function (fold) … end)`"},
    {"xgboost", "predict", "write `predict { model, rows }`"},
    {"xgboost", "evaluate", "write `evaluate { model, test }`"},
    {"csv", "write",
     "what steps make is kept in the store: `zpl export last/STEP/rows FILE` writes it to a file"},
    {"csv", "load", "write `csv.read \"data.csv\"`"},
    {"csv", "reader", "write `csv.read \"data.csv\"`"},
    {"parquet", "write",
     "what steps make is kept in the store: `zpl export last/STEP/rows FILE` writes it to a file"},
    {"parquet", "load", "write `parquet.read \"data.parquet\"`"},
    {"json", "load", "write `json.read \"data.json\"`"},
    {"json", "loads",
     "a value is written as it is, `{ a = 1 }`; in `sql`, DuckDB has functions for JSON"},
    {"json", "parse",
     "a value is written as it is, `{ a = 1 }`; in `sql`, DuckDB has functions for JSON"},
    {"json", "decode",
     "a value is written as it is, `{ a = 1 }`; in `sql`, DuckDB has functions for JSON"},
    {"json", "write",
     "what steps make is kept in the store: `zpl export last/STEP/rows FILE` writes it to a file"},
};

/* Adds what to write instead of `library.key`, where that is known. */
static void help_field(lua_State *L, struct zpl_diag *diag, const char *library, const char *key)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].library, library) == 0 && strcmp(fields[i].name, key) == 0)
            zpl_host_help(L, diag, "%s", fields[i].help);
}

/* The names of the table at `index` that a program may write, sorted; in scratch. */
static const char *const *public_names(lua_State *L, int index, size_t *count)
{
    size_t all;
    const char *const *names = zpl_site_names(L, index, (struct zpl_site){0}, &all);
    const char **kept =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, all + 1, sizeof *kept));
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (strncmp(names[i], "__zpl", 5) != 0)
            kept[(*count)++] = names[i];
    return kept;
}

/* Tells that the names at `index` lack `key`; what was told is not looked for again, as a loop may ask
 * often. */
static struct zpl_diag *tell_lack(lua_State *L, int index, enum zpl_code code, const char *key,
                                  struct zpl_span span, const char *message)
{
    struct zpl_diag *diag = zpl_host_tell(L, code, span, "%s", message);
    if (diag) {
        size_t count;
        const char *const *names = public_names(L, index, &count);
        zpl_host_nearest(L, diag, key, names, count);
    }
    return diag;
}

/* The same of the names at 1, where the program stands. */
static struct zpl_diag *tell_unknown(lua_State *L, enum zpl_code code, const char *key,
                                     const char *message)
{
    return tell_lack(L, 1, code, key, zpl_host_name_span(L, key), message);
}

/* The names of the variables in the functions that run, the inner ones first, and then those of the language: who
 * misspells a name rather means one of the program's own.  In scratch. */
static const char *const *names_in_sight(lua_State *L, size_t *count)
{
    struct zpl_arena *arena = &zpl_host_of(L)->arena;
    const char **names = NULL, *name;
    size_t known, room = 0;
    lua_Debug frame;
    *count = 0;
    for (int level = 1; lua_checkstack(L, 2) && lua_getstack(L, level, &frame); level++)
        for (int i = 1; (name = lua_getlocal(L, &frame, i)) != NULL; i++) {
            lua_pop(L, 1);
            names = zpl_host_need(L, zpl_arena_grow(arena, names, *count, &room, sizeof *names));
            if (*name != '(')
                names[(*count)++] = zpl_host_need(L, zpl_arena_strdup(arena, name));
        }
    const char *const *language = public_names(L, 1, &known);
    for (size_t i = 0; i < known; i++) {
        names = zpl_host_need(L, zpl_arena_grow(arena, names, *count, &room, sizeof *names));
        names[(*count)++] = language[i];
    }
    return names;
}

struct zpl_diag *zpl_tell_no_function(lua_State *L, int index, const char *library, const char *key,
                                      struct zpl_span span)
{
    const char *message = lua_pushfstring(L, "'%s' has no function '%s'", library, key);
    struct zpl_diag *diag = tell_lack(L, index, ZPL_CODE_UNKNOWN_NAME, key, span, message);
    help_field(L, diag, library, key);
    lua_pop(L, 1);
    return diag;
}

int zpl_unknown_name(lua_State *L)
{
    const char *label = lua_tostring(L, lua_upvalueindex(1));
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "'%s' has no such field", label);
    const char *key = lua_tostring(L, 2);
    if (*label) {
        zpl_tell_no_function(L, 1, label, key, zpl_host_name_span(L, key));
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
    const char *type = zpl_type_foreign(key);
    size_t count;
    struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_UNKNOWN_NAME, zpl_host_name_span(L, key),
                                          "unknown name '%s'", key);
    if (diag) { /* what was told is not looked for again, as a loop may ask often */
        const char *const *names = names_in_sight(L, &count);
        zpl_host_nearest(L, diag, key, names, count);
    }
    if (type)
        zpl_host_help(L, diag, "the type is `%s`", type);
    return zpl_push_poison(L);
}

int zpl_unknown_step(lua_State *L)
{
    const char *label = lua_tostring(L, lua_upvalueindex(1));
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "'%s' has no such step", label);
    const char *key = lua_tostring(L, 2);
    help_field(L,
               tell_unknown(L, ZPL_CODE_UNKNOWN_STEP, key,
                            lua_pushfstring(L, "unknown step '%s.%s'", label, key)),
               label, key);
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
    tell_unknown(L, ZPL_CODE_UNKNOWN_FIELD, key, lua_pushfstring(L, ZPL_NO_PARAM " '%s'", key));
    return zpl_push_poison(L);
}

int zpl_unknown_field(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "this table is read by name");
    const char *key = lua_tostring(L, 2);
    tell_unknown(
        L, ZPL_CODE_UNKNOWN_FIELD, key,
        lua_pushfstring(L, "%s has no field '%s'", lua_tostring(L, lua_upvalueindex(1)), key));
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
