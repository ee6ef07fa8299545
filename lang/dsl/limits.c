/* limits { db = 2 }: how many steps of all runs may use something at a time.  Stands in project.zpl, so
 * that all programs whose runs share a store share it. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/declare.h"
#include "lang/dsl/step.h"

#define PROJECT_FILE "project.zpl"

/* Is project.zpl itself the program? */
static bool is_project(const struct zpl_host *host)
{
    return strcmp(zpl_path_base(host->request->name), PROJECT_FILE) == 0;
}

bool zpl_project_limits(lua_State *L, const struct zpl_limit **limits, size_t *count)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_world *world = host->world;
    if (!host->asked_limits && !is_project(host) && world->limits) {
        host->asked_limits = true;
        enum zpl_err err = world->limits(world->resolve_self, &host->limits, &host->limit_count,
                                         &host->program->diags);
        if (err == ZPL_ERR_NOMEM)
            zpl_host_no_memory(L);
        host->no_limits = err != ZPL_OK;
    }
    *limits = host->limits;
    *count = host->limit_count;
    return !host->no_limits;
}

/* Reads `db = 2`, whose value is on top. */
static void read_limit(lua_State *L, const char *name, struct zpl_site table,
                       struct zpl_limit *limits, size_t *count)
{
    lua_Integer slots = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (!zpl_text_is_name(name) || zpl_is_machine_resource(name)) {
        struct zpl_diag *diag = zpl_host_tell(
            L, ZPL_CODE_BAD_DECLARATION, zpl_site_key(table, name),
            zpl_is_machine_resource(name) ? "'%s' is a resource of the machine, not a limit"
                                          : "a limit is named by letters, digits and _, not '%s'",
            name);
        zpl_host_help(L, diag, "give it another name");
    } else if (slots >= 1 && slots <= ZPL_LIMIT_SLOTS_MAX) {
        limits[(*count)++] = (struct zpl_limit){
            zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), name)), (uint32_t)slots};
    } else if (!value || !zpl_is_poison(value)) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_field(table, name).span,
                      "limit '%s' is a whole number from 1 to %d", name, ZPL_LIMIT_SLOTS_MAX);
    }
}

/* limits { name = slots, … } */
static int declare(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L), table = zpl_site_arguments(call);
    const char *again;
    struct zpl_span span;
    size_t count;
    lua_settop(L, 1);
    if (!is_project(host) || (call.unit && call.unit != host->units[0])) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, call.span,
                                    "limits stand in project.zpl alone: all programs of the "
                                    "project share them"),
                      "write them there, and here what a step takes: `resources = { db = 1 }`");
        return 0;
    }
    if (lua_type(L, 1) != LUA_TTABLE || lua_rawlen(L, 1) > 0) {
        zpl_host_help(
            L,
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, table.span, "limits takes a table of names"),
            "write `limits { db = 2 }`");
        return 0;
    }
    if (host->declared_limits) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, call.span, "limits are declared already");
        return 0;
    }
    host->declared_limits = true;
    if (zpl_site_again(L, table, &again, &span))
        zpl_host_tell(L, ZPL_CODE_DUPLICATE_ARGUMENT, span, "limit '%s' is declared already",
                      again);
    const char *const *names = zpl_site_names(L, 1, table, &count);
    struct zpl_limit *limits =
        zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), count + 1, sizeof *limits));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        lua_getfield(L, 1, names[i]);
        read_limit(L, names[i], table, limits, &kept);
        lua_pop(L, 1);
    }
    host->limits = host->program->limits = limits;
    host->limit_count = host->program->limit_count = kept;
    return 0;
}

void zpl_offer_limits(lua_State *L)
{
    lua_pushcfunction(L, declare);
    lua_setfield(L, -2, "limits");
}
