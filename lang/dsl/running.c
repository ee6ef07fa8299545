/* How a step runs: resources with limits of the project, retries, timeout, cache, as a declaration or a call says it. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/step.h"
#include "lang/graph/body_kind.h"

#define RETRIES_MAX 100
#define COUNT_MAX   100000 /* cores, GPUs and workers of one step */

static void tell(lua_State *L, struct zpl_site where, const char *words)
{
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (value && !zpl_is_poison(value))
        zpl_host_tell(L, ZPL_CODE_RUNTIME_VALUE, where.span, "'%s' is known only at run time: %s",
                      zpl_value_words(L, value), words);
    else if (!value)
        zpl_host_tell(L, ZPL_CODE_BAD_CALL, where.span, "%s", words);
}

/* The whole number on top, from `min` to `max`. */
static uint32_t read_count(lua_State *L, struct zpl_site where, const char *name, uint32_t min,
                           uint32_t max)
{
    lua_Integer n = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
    if (n >= (lua_Integer)min && n <= (lua_Integer)max)
        return (uint32_t)n;
    tell(L, where,
         lua_pushfstring(L, "%s is a whole number from %d to %d", name, (int)min, (int)max));
    lua_pop(L, 1);
    return 0;
}

static const char *const machine[] = {"cpu", "gpu", "memory", "workers"};
#define MACHINE (sizeof machine / sizeof *machine)

bool zpl_is_machine_resource(const char *name)
{
    for (size_t i = 0; i < MACHINE; i++)
        if (strcmp(machine[i], name) == 0)
            return true;
    return false;
}

/* Tells a name that is neither of the machine nor a limit of the project. */
static void tell_no_resource(lua_State *L, struct zpl_span span, const char *name,
                             const struct zpl_limit *limits, size_t count)
{
    const char **known =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, MACHINE + count, sizeof *known));
    for (size_t i = 0; i < MACHINE + count; i++)
        known[i] = i < MACHINE ? machine[i] : limits[i - MACHINE].name;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, span, "resources has no '%s'", name);
    if (!zpl_text_nearest(name, known, MACHINE + count))
        zpl_host_help(L, diag,
                      "a limit that all runs share stands in project.zpl: `limits { %s = 2 }`",
                      name);
    zpl_host_nearest(L, diag, name, known, MACHINE + count);
}

/* Keeps that the step takes `slots` of a limit, in the order of names. */
static void add_limit(lua_State *L, struct zpl_resources *out, struct zpl_limit_use use)
{
    struct zpl_limit_use *limits =
        zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), out->limit_count + 1, sizeof *limits));
    size_t kept = 0;
    bool placed = false;
    for (size_t i = 0; i < out->limit_count; i++) {
        int order = strcmp(out->limits[i].name, use.name);
        if (order >= 0 && !placed)
            limits[kept++] = use;
        placed = placed || order >= 0;
        if (order != 0)
            limits[kept++] = out->limits[i];
    }
    if (!placed)
        limits[kept++] = use;
    out->limits = limits;
    out->limit_count = kept;
}

/* `db = 1`, on top: slots of a limit of the project. */
static void read_limit(lua_State *L, struct zpl_site table, const char *name,
                       struct zpl_resources *out)
{
    size_t count = 0;
    const struct zpl_limit *limits, *limit = NULL;
    if (!zpl_project_limits(L, &limits, &count))
        return;
    for (size_t i = 0; i < count; i++)
        if (strcmp(limits[i].name, name) == 0)
            limit = &limits[i];
    if (!limit) {
        tell_no_resource(L, zpl_site_key(table, name), name, limits, count);
        return;
    }
    lua_Integer n = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (n >= 1 && n <= (lua_Integer)limit->slots) {
        add_limit(L, out, (struct zpl_limit_use){limit->name, (uint32_t)n, limit->slots});
        return;
    }
    const char *words =
        n > 0 ? lua_pushfstring(L, "%s = %I is more than the limit of %d in project.zpl", name, n,
                                (int)limit->slots)
        : limit->slots == 1
            ? lua_pushfstring(L, "%s is 1: project.zpl has a limit of 1", name)
            : lua_pushfstring(L, "%s is a whole number from 1 to %d: project.zpl has a limit of %d",
                              name, (int)limit->slots, (int)limit->slots);
    lua_insert(L, -2);
    tell(L, zpl_site_field(table, name), words);
    lua_remove(L, -2);
}

/* resources = { cpu = 2, memory = "16Gi", gpu = 1, workers = 4, db = 1 } */
static void read_resources(lua_State *L, struct zpl_site table, struct zpl_resources *out)
{
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
            out->gpu = read_count(L, where, "gpu", 0, COUNT_MAX);
        } else if (strcmp(names[i], "workers") == 0) {
            out->workers = read_count(L, where, "workers", 1, COUNT_MAX);
        } else {
            read_limit(L, table, names[i], out);
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
        running->retries =
            read_count(L, zpl_site_field(table, "retries"), "retries", 0, RETRIES_MAX);
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

void zpl_overlay_running(lua_State *L, struct zpl_running *running, const struct zpl_running *over)
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
    for (size_t i = 0; i < said->limit_count; i++)
        add_limit(L, &running->resources, said->limits[i]);
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

void zpl_check_workers(lua_State *L, const struct zpl_node *node)
{
    const struct zpl_body_kind *kind = zpl_body_kind(node->kernel);
    unsigned workers = node->resources.workers;
    if (workers <= 1 || (kind->program && kind->field))
        return;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_BAD_CALL, node->span,
                      "'%s' can't use %u workers: it runs in one process", node->step, workers);
    zpl_host_help(L, diag,
                  "workers are for steps with a Python body, which is called in each, or a command "
                  "body, which starts them itself: say it there alone");
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
