#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/dsl/sandbox.h"

/* Raises the error of a string that would be too long. */
static int too_long(lua_State *L, const char *function)
{
    struct zpl_sandbox *sandbox = zpl_sandbox_of(L);
    sandbox->ended = ZPL_STOP_STRING;
    return luaL_error(L, "%s: the string would be longer than %I bytes", function,
                      (LUAI_UACINT)sandbox->limits.string);
}

/* string.rep(s, n [, sep]) */
static int string_rep(lua_State *L)
{
    size_t len, sep_len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *sep = luaL_optlstring(L, 3, "", &sep_len);
    size_t max = zpl_sandbox_of(L)->limits.string;
    if (n <= 0 || len + sep_len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((size_t)n > max / (len + sep_len) + 1)
        return too_long(L, "rep");
    size_t total = (size_t)n * len + (size_t)(n - 1) * sep_len;
    if (total > max)
        return too_long(L, "rep");
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, total);
    for (; n > 0; n--) {
        memcpy(out, s, len);
        out += len;
        if (n > 1) {
            memcpy(out, sep, sep_len);
            out += sep_len;
        }
    }
    luaL_pushresultsize(&b, total);
    return 1;
}

/* The letter of the directive that begins behind a '%' at s[i], or '\0' when the format ends. */
static char directive(const char *s, size_t len, size_t *i)
{
    while (*i < len && strchr("-+ #0123456789.", s[*i]) && s[*i])
        ++*i;
    return *i < len ? s[*i] : '\0';
}

/* string.format: Lua's own on arguments whose text shows no address. */
static int string_format(lua_State *L)
{
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);
    int count = lua_gettop(L), argument = 1;
    size_t total = len;
    for (size_t i = 0; i < len; i++) {
        if (format[i] != '%' || ++i >= len || format[i] == '%')
            continue;
        char letter = directive(format, len, &i);
        if (++argument > count)
            break; /* Lua's own tells it */
        if (letter == 'p')
            return luaL_error(L, "format: '%%p' would show an address");
        if (letter == 's') {
            if (!zpl_sandbox_push_text(L, argument))
                return 1;
            lua_replace(L, argument);
            total += lua_rawlen(L, argument);
        }
    }
    if (total > zpl_sandbox_of(L)->limits.string)
        return too_long(L, "format");
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "string");
    lua_getfield(L, -1, "format");
    lua_insert(L, 1);
    lua_pop(L, 2);
    lua_call(L, count, 1);
    return 1;
}

/* table.concat(list [, sep [, i [, j]]]) with numbers as tostring() prints them. */
static int table_concat(lua_State *L)
{
    size_t sep_len, max = zpl_sandbox_of(L)->limits.string;
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *sep = luaL_optlstring(L, 2, "", &sep_len);
    lua_Integer first = luaL_optinteger(L, 3, 1);
    lua_Integer last = luaL_opt(L, luaL_checkinteger, 4, luaL_len(L, 1));
    size_t total = 0;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (lua_Integer i = first; i <= last; i++) {
        zpl_sandbox_tick(zpl_sandbox_of(L));
        lua_geti(L, 1, i);
        if (zpl_sandbox_misused(L, -1, "table.concat", 1))
            return 1;
        if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
            return luaL_error(L, "concat: item %I is a %s, not a string or number", (LUAI_UACINT)i,
                              luaL_typename(L, -1));
        zpl_sandbox_push_text(L, -1);
        lua_remove(L, -2);
        total += lua_rawlen(L, -1) + sep_len;
        if (total > max + sep_len)
            return too_long(L, "concat");
        luaL_addvalue(&b);
        if (i == last)
            break; /* it may be the greatest integer */
        luaL_addlstring(&b, sep, sep_len);
    }
    luaL_pushresult(&b);
    return 1;
}

const luaL_Reg zpl_sandbox_string[] = {
    {"format", string_format}, {"rep", string_rep}, {NULL, NULL}};
const luaL_Reg zpl_sandbox_table[] = {{"concat", table_concat}, {NULL, NULL}};
