/* each(list, function (item, i) … end): the same steps for every item of an array. */
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

void zpl_offer_each(lua_State *L)
{
    lua_pushcfunction(L, each);
    lua_setfield(L, -2, "each");
}
