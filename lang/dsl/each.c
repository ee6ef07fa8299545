/* each(list, function (item, i) … end): the same steps for every item of an array; and
 * kfold { rows, k = 5 }: the folds of a cross-validation as an array of { train, test }. */
#include <lauxlib.h>
#include "lang/dsl/value.h"

#define RESULTS_MAX 32

/* Appends the results above `base` to the lists at first, first + 1 …; more are made as needed. */
static void collect(lua_State *L, int first, int base, int *lists)
{
    int results = lua_gettop(L) - base;
    if (results > RESULTS_MAX)
        luaL_error(L, "each: a function returns at most %d values", RESULTS_MAX);
    for (int i = 0; i < results; i++) {
        if (i == *lists) {
            lua_newtable(L);
            lua_insert(L, first + *lists);
            base++;
            ++*lists;
        }
        if (lua_isnil(L, base + 1 + i)) /* left out */
            continue;
        lua_pushvalue(L, base + 1 + i);
        lua_rawseti(L, first + i, (lua_Integer)lua_rawlen(L, first + i) + 1);
    }
    lua_settop(L, base);
}

static int each(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 2);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (value) {
        zpl_misuse(L, value, "mapped over",
                   "this version of zpl maps over arrays that are known now");
        lua_pop(L, 1);
        return zpl_push_poisons(L);
    }
    if (lua_type(L, 1) != LUA_TTABLE || lua_type(L, 2) != LUA_TFUNCTION) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, call.span, "each takes an array and a function");
        zpl_host_help(L, diag, "write `each(list, function (item) … end)`");
        return zpl_push_poisons(L);
    }
    const char *outer = host->suffix;
    lua_newtable(L);
    int first = 3, lists = 1;
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 1); i++) {
        luaL_checkstack(L, RESULTS_MAX + 8, NULL);
        int base = lua_gettop(L);
        host->suffix = zpl_host_need(
            L, zpl_arena_printf(&host->arena, "%s[%lld]", outer ? outer : "", (long long)i));
        lua_pushvalue(L, 2);
        lua_rawgeti(L, 1, i);
        lua_pushinteger(L, i);
        lua_call(L, 2, LUA_MULTRET);
        collect(L, first, base, &lists);
    }
    host->suffix = outer;
    return lists;
}

#define FOLDS_DEFAULT 5

/* Calls `fold` with a copy of the table at 1 and the number of the fold; pushes { train, test }. */
static void push_fold(lua_State *L, lua_Integer k, lua_Integer i)
{
    luaL_checkstack(L, 8, NULL);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_pushinteger(L, k);
    lua_setfield(L, -2, "k");
    lua_pushinteger(L, i);
    lua_setfield(L, -2, "fold");
    lua_call(L, 1, 2);
    lua_createtable(L, 0, 2);
    for (int part = 0; part < 2; part++) {
        lua_pushvalue(L, -3 + part);
        if (lua_isnil(L, -1)) { /* the call was wrong, which was told */
            lua_pop(L, 1);
            zpl_push_poison(L);
        }
        lua_setfield(L, -2, part == 0 ? "train" : "test");
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* kfold { rows, k = 5, seed = 0, stratify = "column" } */
static int kfold(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 1);
    lua_Integer k = FOLDS_DEFAULT;
    int given = LUA_TNIL;
    if (lua_type(L, 1) == LUA_TTABLE)
        given = lua_getfield(L, 1, "k");
    if (given != LUA_TNIL)
        k = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (lua_type(L, 1) != LUA_TTABLE || k < 2 || k > 1000) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, call.span,
                          "kfold takes rows and a whole number k from 2 to 1000 that is known now");
        zpl_host_help(L, diag, "write `kfold { rows, k = 5, seed = 7 }`");
        return zpl_push_poison(L);
    }
    lua_settop(L, 1);
    const char *outer = host->suffix;
    lua_createtable(L, (int)k, 0);
    for (lua_Integer i = 1; i <= k; i++) {
        size_t errors = host->program->diags.count;
        host->suffix = zpl_host_need(
            L, zpl_arena_printf(&host->arena, "%s[%lld]", outer ? outer : "", (long long)i));
        push_fold(L, k, i);
        lua_rawseti(L, 2, i);
        if (host->program->diags.count > errors)
            break; /* the others would be told the same */
    }
    host->suffix = outer;
    return 1;
}

void zpl_offer_each(lua_State *L)
{
    lua_pushliteral(L, "fold"); /* of the catalog, if it has one */
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
    } else {
        lua_pushcclosure(L, kfold, 1);
        lua_setfield(L, -2, "kfold");
    }
    lua_pushcfunction(L, each);
    lua_setfield(L, -2, "each");
}
