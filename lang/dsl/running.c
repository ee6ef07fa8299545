/* How a step runs: resources, retries, timeout, cache, as a declaration or a call says it. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/step.h"

#define RETRIES_MAX 100
#define COUNT_MAX   100000 /* cores, GPUs and workers of one step */

static const char *const reserved[] = {"after",     "allow",   "as",      "cache", "env",
                                       "resources", "retries", "timeout", "when"};

bool zpl_is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

static void tell(lua_State *L, struct zpl_site where, const char *words)
{
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (value && !zpl_is_poison(value))
        zpl_host_tell(L, ZPL_CODE_RUNTIME_VALUE, where.span, "'%s' is known only at run time: %s",
                      zpl_value_words(L, value), words);
    else if (!value)
        zpl_host_tell(L, ZPL_CODE_BAD_CALL, where.span, "%s", words);
}

/* The whole number on top, from 0 to `max`. */
static uint32_t read_count(lua_State *L, struct zpl_site where, const char *name, uint32_t max)
{
    lua_Integer n = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
    if (n >= 0 && n <= (lua_Integer)max)
        return (uint32_t)n;
    tell(L, where, lua_pushfstring(L, "%s is a whole number from 0 to %d", name, (int)max));
    lua_pop(L, 1);
    return 0;
}

/* resources = { cpu = 2, memory = "16Gi", gpu = 1, workers = 4 } */
static void read_resources(lua_State *L, struct zpl_site table, struct zpl_resources *out)
{
    static const char *const known[] = {"cpu", "gpu", "memory", "workers"};
    size_t count;
    if (lua_type(L, -1) != LUA_TTABLE) {
        tell(L, table, "resources is a table: { cpu = 2, memory = \"16Gi\" }");
        return;
    }
    const char *const *names = zpl_site_names(L, -1, table, &count);
    for (size_t i = 0; i < count; i++) {
        struct zpl_site where = zpl_site_field(table, names[i]);
        lua_getfield(L, -1, names[i]);
        if (strcmp(names[i], "cpu") == 0) {
            out->cpu = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
            if (!(out->cpu > 0 && out->cpu <= COUNT_MAX))
                tell(L, where, "cpu is a number of cores above 0");
        } else if (strcmp(names[i], "memory") == 0) {
            if (lua_type(L, -1) != LUA_TSTRING ||
                !zpl_text_size(lua_tostring(L, -1), &out->memory_bytes))
                tell(L, where, "memory is a size as \"16Gi\" or \"500M\"");
        } else if (strcmp(names[i], "gpu") == 0) {
            out->gpu = read_count(L, where, "gpu", COUNT_MAX);
        } else if (strcmp(names[i], "workers") == 0) {
            out->workers = read_count(L, where, "workers", COUNT_MAX);
        } else {
            struct zpl_diag *diag =
                zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(table, names[i]),
                              "resources has no '%s'", names[i]);
            zpl_host_nearest(L, diag, names[i], known, sizeof known / sizeof *known);
        }
        lua_pop(L, 1);
    }
}

void zpl_read_running(lua_State *L, int index, struct zpl_site table, struct zpl_running *running)
{
    index = lua_absindex(L, index);
    if (lua_getfield(L, index, "resources") != LUA_TNIL)
        read_resources(L, zpl_site_field(table, "resources"), &running->resources);
    if (lua_getfield(L, index, "retries") != LUA_TNIL) {
        running->has_retries = true;
        running->retries = read_count(L, zpl_site_field(table, "retries"), "retries", RETRIES_MAX);
    }
    if (lua_getfield(L, index, "timeout") != LUA_TNIL) {
        running->has_timeout = true;
        if (lua_type(L, -1) != LUA_TSTRING ||
            !zpl_text_duration(lua_tostring(L, -1), &running->timeout_ms) ||
            running->timeout_ms == 0)
            tell(L, zpl_site_field(table, "timeout"),
                 "timeout is a duration as \"90s\" or \"2h\", more than 0");
    }
    if (lua_getfield(L, index, "cache") != LUA_TNIL) {
        running->has_cache = true;
        running->cache = lua_toboolean(L, -1);
        if (lua_type(L, -1) != LUA_TBOOLEAN)
            tell(L, zpl_site_field(table, "cache"), "cache is true or false");
    }
    lua_pop(L, 4);
}

void zpl_overlay_running(struct zpl_running *running, const struct zpl_running *over)
{
    const struct zpl_resources *said = &over->resources;
    if (said->cpu > 0)
        running->resources.cpu = said->cpu;
    if (said->memory_bytes)
        running->resources.memory_bytes = said->memory_bytes;
    if (said->gpu)
        running->resources.gpu = said->gpu;
    if (said->workers)
        running->resources.workers = said->workers;
    if (over->has_retries) {
        running->has_retries = true;
        running->retries = over->retries;
    }
    if (over->has_timeout) {
        running->has_timeout = true;
        running->timeout_ms = over->timeout_ms;
    }
    if (over->has_cache) {
        running->has_cache = true;
        running->cache = over->cache;
    }
}

void zpl_apply_running(const struct zpl_running *running, struct zpl_node *node)
{
    node->resources = running->resources;
    if (running->has_retries)
        node->retries = running->retries;
    if (running->has_timeout)
        node->timeout_ms = running->timeout_ms;
    if (running->has_cache)
        node->cache = running->cache;
}
