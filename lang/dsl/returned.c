/* What a program returns, kept for whoever asked for it: see struct zpl_returned. */
#include <lauxlib.h>
#include "lang/base/limits.h"
#include "lang/dsl/value.h"

/* Can the value at `index` be given to a step?  Tells nothing. */
static bool is_value(lua_State *L, int index, int depth)
{
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return true;
    case LUA_TUSERDATA:
        return zpl_test_value(L, index) || zpl_test_path(L, index, NULL) || zpl_test_type(L, index);
    case LUA_TTABLE:
        break;
    default:
        return false;
    }
    int top = lua_gettop(L), table = lua_absindex(L, index);
    size_t all = 0, names = 0, fine = 0;
    luaL_checkstack(L, 6, "a table nested too deeply");
    if (zpl_sandbox_thaw(L, table))
        table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table) && depth < ZPL_VALUE_DEPTH_MAX; lua_pop(L, 1)) {
        all++;
        names += lua_type(L, -2) == LUA_TSTRING;
        fine += is_value(L, -1, depth + 1);
    }
    bool whole = fine == all && (names == all || (names == 0 && lua_rawlen(L, table) == all));
    lua_settop(L, top);
    return whole && all <= ZPL_LITERAL_ITEMS_MAX && depth < ZPL_VALUE_DEPTH_MAX;
}

/* "a table with 3 fields: a, b, c" */
static const char *table_words(lua_State *L, int index)
{
    struct zpl_buf text = {0};
    size_t count;
    int top = lua_gettop(L);
    bool frozen = zpl_sandbox_thaw(L, index);
    int table = frozen ? lua_gettop(L) : index;
    const char *const *names = zpl_site_names(L, table, (struct zpl_site){0}, &count);
    zpl_buf_printf(&text, "a table with %zu field%s", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++)
        zpl_buf_printf(&text, "%s%s", i > 0 ? ", " : ": ", names[i]);
    if (lua_rawlen(L, table) > 0)
        zpl_buf_printf(&text, "%s%zu items", count > 0 ? ", and " : ": ",
                       (size_t)lua_rawlen(L, table));
    lua_settop(L, top);
    return zpl_keep_text(L, zpl_host_arena(L), &text);
}

/* In words what is no value. */
static const char *words_of(lua_State *L, int index)
{
    const char *words = lua_typename(L, lua_type(L, index));
    if (lua_type(L, index) == LUA_TTABLE)
        return table_words(L, index);
    if (lua_type(L, index) == LUA_TFUNCTION)
        words = "a function";
    else if (lua_type(L, index) == LUA_TUSERDATA && zpl_sandbox_push_text(L, index))
        words = lua_tostring(L, -1);
    return zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), words));
}

/* What a step takes and gives; that of a declaration with mistakes is not known. */
static void keep_step(lua_State *L, int index, struct zpl_returned *out)
{
    const struct zpl_step_def *step = zpl_test_step(L, index);
    if (!step || step->broken || !step->info->signature || !*step->info->signature)
        return;
    out->step = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), step->info->name));
    out->signature = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), step->info->signature));
}

int zpl_keep_returned(lua_State *L)
{
    int count = lua_gettop(L);
    struct zpl_program *program = zpl_host_of(L)->program;
    struct zpl_returned *kept =
        zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), (size_t)count + 1, sizeof *kept));
    luaL_checkstack(L, 8, NULL);
    for (int i = 0; i < count; i++) {
        if (is_value(L, i + 1, 0))
            kept[i].value = zpl_read_value(L, i + 1, (struct zpl_site){0});
        if (!kept[i].value)
            kept[i].words = words_of(L, i + 1);
        if (!kept[i].value)
            keep_step(L, i + 1, &kept[i]);
        lua_settop(L, count);
    }
    program->returned = kept;
    program->returned_count = (size_t)count;
    return 0;
}
