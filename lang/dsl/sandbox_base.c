#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/sandbox.h"

bool zpl_sandbox_misused(lua_State *L, int index, const char *use, int results)
{
    index = lua_absindex(L, index);
    if (lua_type(L, index) != LUA_TUSERDATA ||
        luaL_getmetafield(L, index, ZPL_SANDBOX_MISUSE) == LUA_TNIL)
        return false;
    lua_pushvalue(L, index);
    lua_pushstring(L, use);
    lua_call(L, 2, results);
    return true;
}

static void push_double(lua_State *L, double v)
{
    char text[64];
    struct zpl_buf buf = {.cap = sizeof text};
    zpl_text_double(&buf, v);
    if (zpl_buf_error(&buf)) {
        zpl_buf_release(&buf);
        zpl_sandbox_of(L)->ended = ZPL_STOP_SYSTEM;
        luaL_error(L, "out of memory");
    }
    size_t len = buf.len < sizeof text ? buf.len : sizeof text;
    memcpy(text, zpl_buf_str(&buf), len);
    zpl_buf_release(&buf);
    lua_pushlstring(L, text, len);
}

bool zpl_sandbox_push_text(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        return true;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, index));
        else
            push_double(L, lua_tonumber(L, index));
        return true;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        return true;
    case LUA_TUSERDATA:
        if (zpl_sandbox_misused(L, index, "tostring", 1))
            return false;
        if (luaL_callmeta(L, index, "__tostring"))
            return true;
        if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING)
            return true;
        break;
    default:
        break;
    }
    lua_pushstring(L, lua_typename(L, lua_type(L, index)));
    return true;
}

static int lib_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    zpl_sandbox_push_text(L, 1);
    return 1;
}

static int lib_type(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_type(L, 1) != LUA_TUSERDATA || luaL_getmetafield(L, 1, "__name") != LUA_TSTRING)
        lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

static int lib_assert(lua_State *L)
{
    luaL_checkany(L, 1);
    if (zpl_sandbox_misused(L, 1, "assert", 1) || lua_toboolean(L, 1))
        return lua_gettop(L);
    lua_remove(L, 1);
    lua_pushliteral(L, "assertion failed!");
    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, 1);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

enum { KEY_NUMBER, KEY_STRING, KEY_BOOL };
struct key {
    int kind;
    bool integer;
    lua_Integer i; /* also of a BOOL */
    lua_Number f;  /* of any number, rounded */
    const char *s; /* kept alive by the array of keys */
    size_t len;
    lua_Integer at; /* index in that array */
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->kind == KEY_STRING) {
        size_t n = x->len < y->len ? x->len : y->len;
        int order = memcmp(x->s, y->s, n);
        return order ? order : (x->len > y->len) - (x->len < y->len);
    }
    if (x->kind == KEY_BOOL || (x->integer && y->integer))
        return (x->i > y->i) - (x->i < y->i);
    if (x->f != y->f)
        return x->f < y->f ? -1 : 1;
    /* A float key is never a whole number that an integer could be, so equals are rounded ones. */
    return (int)x->integer - (int)y->integer;
}

static void read_key(lua_State *L, int index, struct key *out)
{
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        out->kind = KEY_NUMBER;
        out->integer = lua_isinteger(L, index);
        out->i = out->integer ? lua_tointeger(L, index) : 0;
        out->f = lua_tonumber(L, index);
        return;
    case LUA_TSTRING:
        out->kind = KEY_STRING;
        out->s = lua_tolstring(L, index, &out->len);
        return;
    case LUA_TBOOLEAN:
        out->kind = KEY_BOOL;
        out->i = lua_toboolean(L, index);
        return;
    default:
        luaL_error(L, "pairs: a key of type %s has no order; use numbers or strings as keys",
                   luaL_typename(L, index));
    }
}

void zpl_sandbox_push_sorted_keys(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, NULL);
    lua_Integer count = 0;
    lua_newtable(L);
    int found = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, found, ++count);
    }
    struct key *keys = lua_newuserdatauv(L, (size_t)(count ? count : 1) * sizeof *keys, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, found, i);
        keys[i - 1] = (struct key){.at = i};
        read_key(L, -1, &keys[i - 1]);
        lua_pop(L, 1);
    }
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, found, keys[i - 1].at);
        lua_rawseti(L, -2, i);
    }
    lua_replace(L, found);
    lua_settop(L, found);
}

/* Upvalues: the table, its sorted keys, how many were visited. */
static int next_pair(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    for (;;) {
        if (lua_rawgeti(L, lua_upvalueindex(2), ++i) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            break;
        lua_pop(L, 2); /* removed meanwhile */
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int lib_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (zpl_sandbox_misused(L, 1, "pairs", 1))
        lua_createtable(L, 0, 0);
    else if (luaL_callmeta(L, 1, "__pairs"))
        return 1;
    else if (!zpl_sandbox_thaw(L, 1)) {
        luaL_checktype(L, 1, LUA_TTABLE);
        lua_pushvalue(L, 1);
    }
    zpl_sandbox_push_sorted_keys(L, -1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}

/* The guarded function: upvalues are Lua's own, its name, and how many arguments are looked at. */
static int lib_guarded(lua_State *L)
{
    int n = lua_gettop(L), looked_at = (int)lua_tointeger(L, lua_upvalueindex(3));
    for (int i = 1; i <= n && i <= looked_at; i++)
        if (zpl_sandbox_misused(L, i, lua_tostring(L, lua_upvalueindex(2)), LUA_MULTRET))
            return lua_gettop(L) - n;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, LUA_MULTRET);
    return lua_gettop(L);
}

static int iterate_nothing(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

/* Stops at the first nil, as Lua's own. */
static int next_item(lua_State *L)
{
    lua_Integer i = luaL_checkinteger(L, 2) + 1;
    lua_pushinteger(L, i);
    return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int lib_ipairs(lua_State *L)
{
    if (zpl_sandbox_misused(L, 1, "ipairs", 1)) {
        lua_pushcfunction(L, iterate_nothing);
        return 1;
    }
    luaL_checkany(L, 1);
    lua_pushcfunction(L, next_item);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

void zpl_sandbox_guard(lua_State *L, const char *name, int arguments)
{
    lua_pushstring(L, name);
    lua_pushinteger(L, arguments);
    lua_pushcclosure(L, lib_guarded, 3);
}

int zpl_sandbox_select(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TTABLE) {
        lua_pushvalue(L, lua_upvalueindex(2));
        lua_newtable(L);
        lua_pushliteral(L, "select");
        lua_call(L, 2, 1);
        return 1;
    }
    int count = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

const luaL_Reg zpl_sandbox_base[] = {{"assert", lib_assert}, {"ipairs", lib_ipairs},
                                     {"pairs", lib_pairs},   {"tostring", lib_tostring},
                                     {"type", lib_type},     {NULL, NULL}};
