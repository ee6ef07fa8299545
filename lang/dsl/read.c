/* What a program hands to a step, out of Lua: see zpl_read_value() in value.h. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/value.h"

/* One reading: shared tables count as often as they are reached, so its size is bounded. */
struct reading {
    lua_State *L;
    struct zpl_arena *arena;
    size_t items;
    int depth;
};

static const struct zpl_value *read_any(struct reading *r, int index, struct zpl_site where);

/* Tells that what is at `index` can't be given to a step. */
static const struct zpl_value *refuse(struct reading *r, int index, struct zpl_site where)
{
    struct zpl_diag *diag =
        zpl_host_tell(r->L, ZPL_CODE_WRONG_KIND, where.span, "a %s can't be given to a step",
                      lua_type(r->L, index) == LUA_TUSERDATA &&
                              luaL_getmetafield(r->L, index, "__name") == LUA_TSTRING
                          ? lua_tostring(r->L, -1)
                          : luaL_typename(r->L, index));
    if (lua_type(r->L, index) == LUA_TFUNCTION)
        zpl_host_help(r->L, diag,
                      "a function can be the body of a step: `step \"name\" { lua = … }`");
    return NULL;
}

/* An array that holds nothing but literals is one; with poison among them it is poison. */
static const struct zpl_value *join_items(struct reading *r, const struct zpl_value **items,
                                          const char *const *keys, size_t count)
{
    lua_State *L = r->L;
    const struct zpl_literal **literals =
        zpl_host_need(L, zpl_arena_array(r->arena, count + 1, sizeof *literals));
    size_t plain = 0, unknown = 0;
    for (size_t i = 0; i < count; i++) {
        literals[i] = items[i]->literal;
        plain += items[i]->kind == ZPL_VALUE_LITERAL && !zpl_is_poison(items[i]);
        unknown += zpl_is_poison(items[i]);
    }
    if (unknown > 0 && plain + unknown == count)
        return zpl_host_of(L)->values[0];
    if (plain < count)
        return zpl_host_need(L, zpl_value_items(r->arena, items, keys, count));
    const struct zpl_literal *whole = keys ? zpl_literal_record(r->arena, literals, keys, count)
                                           : zpl_literal_list(r->arena, literals, count);
    return zpl_host_need(L, zpl_value_literal(r->arena, zpl_host_need(L, whole)));
}

static const struct zpl_value *read_list(struct reading *r, int index, struct zpl_site where,
                                         size_t count)
{
    lua_State *L = r->L;
    const struct zpl_value **items =
        zpl_host_need(L, zpl_arena_array(r->arena, count + 1, sizeof *items));
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        items[i] = read_any(r, lua_gettop(L), zpl_site_item(where, i + 1));
        fine = fine && items[i];
        lua_pop(L, 1);
    }
    return fine ? join_items(r, items, NULL, count) : NULL;
}

static const struct zpl_value *read_record(struct reading *r, int index, struct zpl_site where)
{
    lua_State *L = r->L;
    size_t count;
    const char *const *names = zpl_site_names(L, index, where, &count);
    const struct zpl_value **items =
        zpl_host_need(L, zpl_arena_array(r->arena, count + 1, sizeof *items));
    const char **keys = zpl_host_need(L, zpl_arena_array(r->arena, count + 1, sizeof *keys));
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        if (!zpl_utf8_valid(names[i], strlen(names[i]))) {
            zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span, "a name that is not UTF-8");
            return NULL;
        }
        keys[i] = zpl_host_need(L, zpl_arena_strdup(r->arena, names[i]));
        lua_getfield(L, index, names[i]);
        items[i] = read_any(r, lua_gettop(L), zpl_site_field(where, names[i]));
        fine = fine && items[i];
        lua_pop(L, 1);
    }
    return fine ? join_items(r, items, keys, count) : NULL;
}

/* How many keys the table has, and how many of them are names. */
static void count_keys(lua_State *L, int index, size_t *all, size_t *names)
{
    *all = *names = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        ++*all;
        *names += lua_type(L, -2) == LUA_TSTRING;
        lua_pop(L, 1);
    }
}

bool zpl_is_array(lua_State *L, int index)
{
    size_t all, names;
    index = lua_absindex(L, index);
    if (lua_type(L, index) != LUA_TTABLE)
        return false;
    luaL_checkstack(L, 3, NULL);
    bool frozen = zpl_sandbox_thaw(L, index);
    count_keys(L, frozen ? lua_gettop(L) : index, &all, &names);
    bool array = lua_rawlen(L, frozen ? -1 : index) == all;
    lua_pop(L, frozen ? 1 : 0);
    return array;
}

/* A key that is a run-time value, which no table can be read by; told. */
static bool has_value_key(struct reading *r, int index)
{
    lua_State *L = r->L;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        const struct zpl_value *value = zpl_test_value(L, -1);
        if (!value)
            continue;
        zpl_misuse(L, value, "a key of a table", "use a name or a number that is known now");
        lua_pop(L, 2);
        return true;
    }
    return false;
}

static const struct zpl_value *read_table(struct reading *r, int index, struct zpl_site where)
{
    lua_State *L = r->L;
    size_t all, names, items = lua_rawlen(L, index);
    luaL_checkstack(L, 12, "a table nested too deeply");
    count_keys(L, index, &all, &names);
    r->items += all;
    if (r->items > ZPL_LITERAL_ITEMS_MAX || r->depth >= ZPL_VALUE_DEPTH_MAX) {
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, where.span,
                      "a table given to a step has at most %u items, nested at most %d deep",
                      ZPL_LITERAL_ITEMS_MAX, ZPL_VALUE_DEPTH_MAX);
        return NULL;
    }
    if (has_value_key(r, index))
        return NULL;
    r->depth++;
    const struct zpl_value *value = NULL;
    if (names == all && all > 0)
        value = read_record(r, index, where);
    else if (names == 0 && items == all)
        value = read_list(r, index, where, items);
    else
        zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span,
                      names ? "a table with both names and items is neither a list nor a record"
                            : "a list has items 1, 2, 3 … without holes");
    r->depth--;
    return value;
}

static const struct zpl_value *read_any(struct reading *r, int index, struct zpl_site where)
{
    lua_State *L = r->L;
    const struct zpl_literal *literal = NULL;
    size_t len;
    const char *s;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return NULL;
    case LUA_TBOOLEAN:
        literal = zpl_literal_bool(r->arena, lua_toboolean(L, index));
        break;
    case LUA_TNUMBER:
        literal = lua_isinteger(L, index) ? zpl_literal_int(r->arena, lua_tointeger(L, index))
                                          : zpl_literal_float(r->arena, lua_tonumber(L, index));
        break;
    case LUA_TSTRING:
        s = lua_tolstring(L, index, &len);
        literal = zpl_literal_string(r->arena, s, len);
        break;
    case LUA_TTABLE:
        if (!zpl_sandbox_thaw(L, index))
            return read_table(r, index, where);
        const struct zpl_value *value = read_table(r, lua_gettop(L), where);
        lua_pop(L, 1);
        return value;
    case LUA_TUSERDATA:
        if (zpl_test_value(L, index))
            return zpl_test_value(L, index);
        if ((s = zpl_test_path(L, index, &len)))
            literal = zpl_literal_path(r->arena, s, len);
        else if (zpl_test_type(L, index))
            literal = zpl_literal_type(r->arena, zpl_test_type(L, index));
        else
            return refuse(r, index, where);
        break;
    default:
        return refuse(r, index, where);
    }
    return zpl_host_need(L, zpl_value_literal(r->arena, zpl_host_need(L, literal)));
}

const struct zpl_value *zpl_read_value(lua_State *L, int index, struct zpl_site where)
{
    struct reading r = {.L = L, .arena = zpl_host_arena(L)};
    return read_any(&r, lua_absindex(L, index), where);
}

const struct zpl_literal *zpl_read_literal(lua_State *L, int index, struct zpl_site where)
{
    const struct zpl_value *value = zpl_read_value(L, index, where);
    if (!value || zpl_is_poison(value))
        return NULL;
    if (value->kind == ZPL_VALUE_LITERAL)
        return value->literal;
    zpl_host_tell(L, ZPL_CODE_RUNTIME_VALUE, where.span,
                  "'%s' is known only at run time: here a value is wanted that is known now",
                  zpl_value_words(L, value));
    return NULL;
}
