/* What a body that is a process of its own has beside what it runs: vars = { NAME = "value", "PASSED_ON" },
 * network = true, files = { … }. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/outside.h"

/* vars: names with a value, and names whose value is passed on; as a RECORD and a LIST. */
static bool read_vars(lua_State *L, int index, struct zpl_site table, struct zpl_outside *out)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_site where = zpl_site_field(table, "vars");
    if (lua_getfield(L, index, "vars") == LUA_TNIL) {
        lua_pop(L, 1);
        return true;
    }
    size_t count = 0, items = 0, kept = 0;
    const char *const *names = NULL;
    bool fine = lua_type(L, -1) == LUA_TTABLE;
    if (fine) {
        names = zpl_site_names(L, -1, where, &count);
        items = lua_rawlen(L, -1);
    }
    const struct zpl_literal **values =
        zpl_host_need(L, zpl_arena_array(arena, count + items + 1, sizeof(struct zpl_literal *)));
    const char **keys = zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof *keys));
    for (size_t i = 0; fine && i < count + items; i++) {
        size_t len = 0;
        if (i < count)
            lua_getfield(L, -1, names[i]);
        else
            lua_rawgeti(L, -1, (lua_Integer)(i - count) + 1);
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
        fine = text && strlen(text) == len && zpl_utf8_valid(text, len) &&
               zpl_text_is_name(i < count ? names[i] : text);
        if (fine)
            values[kept++] = zpl_host_need(L, zpl_literal_string(arena, text, len));
        if (i < count)
            keys[i] = zpl_host_need(L, zpl_arena_strdup(arena, names[i]));
        lua_pop(L, 1);
    }
    if (fine) {
        out->set = zpl_host_need(L, zpl_literal_record(arena, values, keys, count));
        out->pass = zpl_host_need(L, zpl_literal_list(arena, values + count, items));
    } else {
        zpl_host_help(
            L,
            zpl_host_tell(L, ZPL_CODE_BODY, where.span,
                          "vars takes variables of the environment, as texts"),
            "write `vars = { LC_ALL = \"C\", \"CUDA_VISIBLE_DEVICES\" }`: with a value, or "
            "passed on as it is");
    }
    lua_pop(L, 1);
    return fine;
}

/* A list of texts; NULL is an empty one. */
static struct zpl_json *texts_json(const struct zpl_literal *list)
{
    struct zpl_json *out = zpl_json_array();
    for (size_t i = 0; list && i < list->as.list.count; i++)
        zpl_json_add_take(out, zpl_json_string(list->as.list.items[i]->as.str.s));
    return out;
}

/* network = true, allow_pickle = true: what the program may do. */
static bool read_flag(lua_State *L, int index, struct zpl_site table, const char *name, bool *out)
{
    bool fine = true;
    *out = lua_getfield(L, index, name) == LUA_TBOOLEAN && lua_toboolean(L, -1);
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (lua_type(L, -1) != LUA_TNIL && lua_type(L, -1) != LUA_TBOOLEAN) {
        if (!value || !zpl_is_poison(value))
            zpl_host_tell(L, ZPL_CODE_BODY, zpl_site_field(table, name).span, "%s is true or false",
                          name);
        fine = false;
    }
    lua_pop(L, 1);
    return fine;
}

bool zpl_read_outside(lua_State *L, int index, struct zpl_site table, struct zpl_outside *out)
{
    *out = (struct zpl_outside){0};
    bool fine = read_vars(L, index, table, out);
    fine = zpl_read_files(L, index, table, &out->files) && fine;
    fine = read_flag(L, index, table, "network", &out->network) && fine;
    fine = read_flag(L, index, table, "allow_pickle", &out->allow_pickle) && fine;
    lua_settop(L, index);
    return fine;
}

const char *zpl_outside_body(lua_State *L, const struct zpl_outside *outside, const char *key,
                             struct zpl_json *what)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_json *body = zpl_json_object(), *vars = zpl_json_object();
    struct zpl_buf text = {0};
    const struct zpl_literal *set = outside->set;
    for (size_t i = 0; set && i < set->as.list.count; i++)
        zpl_json_set_take(vars, set->as.list.keys[i],
                          zpl_json_string(set->as.list.items[i]->as.str.s));
    zpl_json_set_take(body, key, what);
    zpl_json_set_take(body, "pass", texts_json(outside->pass));
    if (outside->requirements)
        zpl_json_set_take(body, "env", zpl_json_string(outside->requirements));
    if (outside->files)
        zpl_json_set_take(body, "files", texts_json(outside->files));
    if (outside->allow_pickle)
        zpl_json_set_take(body, "allow_pickle", zpl_json_bool(true));
    if (outside->network)
        zpl_json_set_take(body, "network", zpl_json_bool(true));
    zpl_json_set_take(body, "vars", vars);
    const char *out = zpl_json_write(body, false, &text) == ZPL_OK
                          ? zpl_arena_strdup(arena, zpl_buf_str(&text))
                          : NULL;
    zpl_json_release(body);
    zpl_buf_release(&text);
    return zpl_host_need(L, out);
}
