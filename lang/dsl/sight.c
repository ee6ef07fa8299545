/* What a query could name: the scalars in sight of a call of `sql`, and what stands for a table of Lua. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/step.h"

/* Names of one call. */
struct sight {
    lua_State *L;
    const char **names;
    size_t count, capacity;
};

static void add(struct sight *s, const char *name)
{
    struct zpl_arena *arena = &zpl_host_of(s->L)->arena;
    const char **grown = zpl_arena_grow(arena, s->names, s->count, &s->capacity, sizeof *s->names);
    const char *copy = zpl_arena_strdup(arena, name);
    if (!grown || !copy)
        return; /* one name less to suggest */
    s->names = grown;
    s->names[s->count++] = copy;
}

/* Is what is on top one value for a query? */
static bool is_scalar(lua_State *L)
{
    const struct zpl_value *value = zpl_test_value(L, -1);
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return true;
    default:
        return value && value->type && zpl_kind_is_scalar(value->type->kind);
    }
}

const char *const *zpl_sql_scalars(lua_State *L, size_t *count)
{
    const struct zpl_graph *graph = &zpl_host_of(L)->program->graph;
    struct sight s = {.L = L};
    lua_Debug frame;
    for (size_t i = 0; i < graph->param_count; i++)
        if (zpl_kind_is_scalar(graph->params[i].type->kind))
            add(&s, graph->params[i].name);
    if (lua_checkstack(L, 2) && lua_getstack(L, 1, &frame)) {
        const char *name;
        for (int i = 1; (name = lua_getlocal(L, &frame, i)); i++) {
            if (*name != '(' && is_scalar(L))
                add(&s, name);
            lua_pop(L, 1);
        }
    }
    *count = s.count;
    return s.names;
}

const struct zpl_value *zpl_sql_lua_table(lua_State *L)
{
    static const struct zpl_literal list = {.kind = ZPL_LIT_LIST},
                                    record = {.kind = ZPL_LIT_RECORD};
    int top = lua_gettop(L);
    zpl_sandbox_thaw(L, top);
    lua_pushnil(L);
    bool named = lua_rawlen(L, -2) == 0 && lua_next(L, -2) != 0;
    lua_settop(L, top);
    return zpl_host_need(L, zpl_value_literal(zpl_host_arena(L), named ? &record : &list));
}
