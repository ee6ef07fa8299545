/* What a `for` goes over (see emit.h): a loop over what can't be visited now is told, and the
 * evaluation goes on behind it. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/value.h"

static char last_key, step_key;

#define SHOWN_MAX 40 /* bytes of an expression that a help repeats */

/* ---- places ----------------------------------------------------------------------------------- */

/* The innermost frame's `for`, or nowhere. */
static struct zpl_site loop_at(lua_State *L)
{
    const struct zpl_unit *unit;
    uint32_t token;
    if (!zpl_host_token(L, 0, &unit, &token))
        return (struct zpl_site){0};
    uint32_t node = zpl_tree_owner(unit->tree, token), kind = unit->tree->nodes[node].kind;
    if (kind != ZPL_NODE_FOR_IN && kind != ZPL_NODE_FOR_NUMBER)
        return (struct zpl_site){.span = zpl_host_span(L)};
    return zpl_site_node(unit, node);
}

/* The i-th expression (from 0) that the loop goes over; the last one for those behind it. */
static struct zpl_site loop_value(struct zpl_site loop, uint32_t i)
{
    if (!loop.node)
        return loop;
    const struct zpl_tree *tree = loop.unit->tree;
    uint32_t list = zpl_tree_child(tree, loop.node, 1), count = zpl_tree_count(tree, list);
    return zpl_site_node(loop.unit, zpl_tree_child(tree, list, i < count ? i : count - 1));
}

/* The text of an expression as written, or `otherwise` where it is long; in scratch. */
static const char *written(lua_State *L, struct zpl_site where, const char *otherwise)
{
    size_t len = where.span.end - where.span.begin;
    if (!where.node || len > SHOWN_MAX)
        return otherwise;
    const char *s = where.unit->tree->text + where.span.begin;
    if (memchr(s, '\n', len))
        return otherwise;
    return zpl_host_need(L, zpl_arena_strndup(&zpl_host_of(L)->arena, s, len));
}

/* ---- for … in --------------------------------------------------------------------------------- */

static int visit_nothing(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

/* The variables of a loop over a table: those written, the one that is missing, or two of ours. */
static const char *variables(lua_State *L, struct zpl_site loop, bool array)
{
    if (!loop.node)
        return "i, item";
    const struct zpl_tree *tree = loop.unit->tree;
    uint32_t names = zpl_tree_child(tree, loop.node, 0);
    const char *text = written(L, zpl_site_node(loop.unit, names), NULL);
    if (!text || zpl_tree_count(tree, names) > 2)
        return array ? "i, item" : "key, value";
    if (zpl_tree_count(tree, names) == 2)
        return text;
    return array ? lua_pushfstring(L, "%s, %s", strcmp(text, "i") == 0 ? "_" : "i", text)
                 : lua_pushfstring(L, "%s, value", text);
}

/* The bounds of the loop over numbers that is meant: those written, or 1 and the number. */
static const char *bounds(lua_State *L, struct zpl_site loop)
{
    if (loop.node) {
        const struct zpl_tree *tree = loop.unit->tree;
        uint32_t list = zpl_tree_child(tree, loop.node, 1), count = zpl_tree_count(tree, list);
        if (count == 2 || count == 3)
            return written(L, zpl_site_node(loop.unit, list), "1, n");
    }
    return lua_pushfstring(L, "1, %s", written(L, loop_value(loop, 0), "n"));
}

/* What to write instead of a loop over the plain value at 1. */
static void help_visit(lua_State *L, struct zpl_diag *diag, struct zpl_site loop)
{
    struct zpl_site where = loop_value(loop, 0);
    const char *name =
        loop.node
            ? written(L, zpl_site_node(loop.unit, zpl_tree_child(loop.unit->tree, loop.node, 0)),
                      "i")
            : "i";
    bool array = lua_type(L, 1) == LUA_TTABLE && lua_rawlen(L, 1) > 0;
    switch (lua_type(L, 1)) {
    case LUA_TTABLE:
        zpl_host_help(L, diag, "write `for %s in %s(%s) do`", variables(L, loop, array),
                      array ? "ipairs" : "pairs", written(L, where, array ? "list" : "t"));
        return;
    case LUA_TNUMBER:
        zpl_host_help(L, diag, "write `for %s = %s do`", name, bounds(L, loop));
        return;
    case LUA_TSTRING:
        zpl_host_help(L, diag, "write `for i = 1, #s do local c = s:sub(i, i) … end`");
        return;
    default:
        if (zpl_test_step(L, 1) || zpl_test_pipeline(L, 1))
            zpl_host_help(L, diag, "call it; rows are worked on in `sql` or a `lua =` body");
    }
}

/* Tells that the plain value at 1 can't be visited. */
static void tell_visit(lua_State *L, struct zpl_site loop)
{
    static const char *const words[] = {[LUA_TNIL] = "nil can't be visited",
                                        [LUA_TBOOLEAN] = "a Bool can't be visited",
                                        [LUA_TNUMBER] = "a number can't be visited",
                                        [LUA_TSTRING] = "a text can't be visited",
                                        [LUA_TTABLE] = "a table can't be visited by itself"};
    int type = lua_type(L, 1);
    const char *message = "this can't be visited";
    if (type >= 0 && type < (int)(sizeof words / sizeof *words) && words[type])
        message = words[type];
    else if (luaL_getmetafield(L, 1, "__name") == LUA_TSTRING)
        message = lua_pushfstring(L, "a %s can't be visited", lua_tostring(L, -1));
    help_visit(L, zpl_host_tell(L, ZPL_CODE_LUA, loop_value(loop, 0).span, "%s", message), loop);
}

static int guard_visit(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TFUNCTION)
        return lua_gettop(L);
    struct zpl_site loop = loop_at(L);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (lua_gettop(L) == 0)
        lua_pushnil(L);
    if (value) {
        zpl_branch_on(L, value);
        zpl_misuse_at(L, value, loop_value(loop, 0).span, "visited", zpl_visit_help(value));
    } else {
        tell_visit(L, loop);
    }
    lua_pushcfunction(L, visit_nothing);
    return 1;
}

/* ---- for over numbers ------------------------------------------------------------------------- */

/* What is on top of the stack (popped) waits for __zpl_last() or __zpl_step(); no program text runs
 * in between. */
static void keep(lua_State *L, const void *key)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

/* Tells that the plain value at `index` is no number. */
static void tell_bound(lua_State *L, int index, struct zpl_site where)
{
    static const char *const names[] = {"", "first value", "limit", "step"};
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_LUA, where.span, "the %s of a loop is a number, not %s%s",
                      names[index], lua_isnil(L, index) ? "" : "a ", luaL_typename(L, index));
    if (lua_type(L, index) == LUA_TTABLE)
        zpl_host_help(L, diag, "the length is `#%s`", written(L, where, "list"));
    else if (lua_type(L, index) == LUA_TSTRING)
        zpl_host_help(L, diag, "a number in a text is `tonumber(s)`");
}

static int guard_first(lua_State *L)
{
    bool known = true;
    int count = lua_gettop(L);
    lua_settop(L, 3);
    for (int i = 1; i <= count; i++) {
        const struct zpl_value *value = zpl_test_value(L, i);
        if (!value && lua_type(L, i) == LUA_TNUMBER)
            continue;
        known = false;
        if (!value) {
            tell_bound(L, i, loop_value(loop_at(L), (uint32_t)i - 1));
            lua_settop(L, 3);
            continue;
        }
        zpl_branch_on(L, value);
        zpl_misuse_at(L, value, loop_value(loop_at(L), (uint32_t)i - 1).span, "the bound of a loop",
                      "a loop has bounds that are known now; rows are worked on in `sql` or a "
                      "`lua =` body");
        lua_settop(L, 3);
    }
    if (!known) { /* no turn at all */
        lua_settop(L, 0);
        lua_pushinteger(L, 1);
        lua_pushinteger(L, 0);
        lua_pushinteger(L, 1);
    }
    keep(L, &step_key);
    keep(L, &last_key);
    return 1;
}

/* Pushes what was kept and lets go of it. */
static int take(lua_State *L, const void *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    lua_pushnil(L);
    keep(L, key);
    return 1;
}

static int guard_last(lua_State *L)
{
    return take(L, &last_key);
}

static int guard_step(lua_State *L)
{
    return take(L, &step_key);
}

void zpl_offer_loops(lua_State *L)
{
    static const luaL_Reg functions[] = {{"__zpl_visit", guard_visit},
                                         {"__zpl_first", guard_first},
                                         {"__zpl_last", guard_last},
                                         {"__zpl_step", guard_step},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
