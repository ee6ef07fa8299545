#include "lang/lang.h"
#include <lauxlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/dsl/params.h"

void zpl_program_release(struct zpl_program *program)
{
    zpl_graph_release(&program->graph);
    zpl_sources_release(&program->sources);
    zpl_diags_release(&program->diags);
    memset(program, 0, sizeof *program);
}

/* Makes the metatables, poison and every name a program may use.  A lua_CFunction. */
static int set_up(lua_State *L)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    const struct zpl_type *unknown = zpl_host_need(L, zpl_type_new(arena, ZPL_UNKNOWN));
    struct zpl_value *poison = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *poison));
    *poison = (struct zpl_value){.kind = ZPL_VALUE_LIST, .type = unknown, .size = 1, .depth = 1};
    zpl_value_metatables(L);
    zpl_push_value(L, poison);
    zpl_sandbox_push_names(L);
    zpl_offer_guards(L);
    zpl_offer_loops(L);
    zpl_offer_types(L);
    zpl_offer_params(L);
    zpl_offer_steps(L);
    zpl_offer_declarations(L);
    zpl_offer_bodies(L);
    zpl_offer_pipelines(L);
    zpl_offer_stacks(L);
    zpl_offer_limits(L);
    zpl_offer_imports(L);
    zpl_offer_files(L);
    zpl_offer_each(L);
    zpl_offer_picks(L);
    return 0;
}

/* "data/delays.zpl" → "delays": the pipeline that a file is by itself. */
static const char *file_pipeline(struct zpl_host *host)
{
    const char *base = zpl_path_base(host->request->name);
    size_t len = strlen(base);
    if (len > 4 && strcmp(base + len - 4, ".zpl") == 0)
        len -= 4;
    return zpl_arena_strndup(&host->program->graph.arena, base, len);
}

/* Bytes that an evaluation holds outside of Lua. */
static size_t held(void *owner)
{
    const struct zpl_host *host = owner;
    return host->arena.used + host->program->graph.arena.used + host->program->diags.arena.used;
}

/* Runs a C function of ours inside Lua, so that it may raise. */
static enum zpl_err enter(struct zpl_host *host, lua_CFunction function)
{
    lua_pushcfunction(host->sandbox.L, function);
    return zpl_host_enter(host, 0, 0);
}

/* Runs the text, which was pushed. */
static enum zpl_err run(struct zpl_host *host)
{
    enum zpl_err err = zpl_host_enter(host, 0, 1);
    if (err != ZPL_OK)
        return err;
    host->is_library = lua_type(host->sandbox.L, -1) == LUA_TTABLE;
    lua_pop(host->sandbox.L, 1);
    return ZPL_OK;
}

/* The same, and keeps all that it returns. */
static enum zpl_err run_to_keep(struct zpl_host *host)
{
    lua_State *L = host->sandbox.L;
    int top = lua_gettop(L) - 1;
    enum zpl_err err = zpl_host_enter(host, 0, LUA_MULTRET);
    if (err != ZPL_OK)
        return err;
    int count = lua_gettop(L) - top;
    lua_pushcfunction(L, zpl_keep_returned);
    lua_insert(L, top + 1);
    return zpl_host_enter(host, count, 0);
}

/* The evaluation itself: the file, the pipeline that was asked for, the bodies. */
static enum zpl_err evaluate(struct zpl_host *host)
{
    const struct zpl_compile_request *request = host->request;
    struct zpl_unit *unit;
    enum zpl_err err = enter(host, set_up);
    if (err == ZPL_OK)
        err = zpl_host_load(host, request->name, request->text, request->len, &unit);
    if (err != ZPL_OK)
        return err;
    unit->running = true;
    err = request->returns ? run_to_keep(host) : run(host);
    unit->running = false;
    host->program->call_count = host->program->graph.count;
    if (err == ZPL_OK)
        err = enter(host, zpl_build_pipeline);
    if (err == ZPL_OK)
        err = enter(host, zpl_capture_bodies);
    if (err == ZPL_OK && request->all_pipelines && !request->pipeline)
        err = enter(host, zpl_check_templates);
    if (err == ZPL_OK)
        zpl_tell_unused_given(host);
    return err;
}

/* Names every node, also those of an evaluation that was ended. */
static enum zpl_err name_nodes(struct zpl_host *host)
{
    struct zpl_graph *graph = &host->program->graph;
    struct zpl_naming *naming = zpl_arena_array(&host->arena, graph->count + 1, sizeof *naming);
    if (!naming)
        return ZPL_ERR_NOMEM;
    if (host->naming_count > 0)
        memcpy(naming, host->naming,
               (host->naming_count < graph->count ? host->naming_count : graph->count) *
                   sizeof *naming);
    if (!graph->pipeline)
        graph->pipeline = file_pipeline(host);
    return graph->pipeline ? zpl_graph_name(graph, naming) : ZPL_ERR_NOMEM;
}

/* Errors of the command line alone are wrong usage; any other means that the program does not check. */
static enum zpl_err verdict(const struct zpl_diags *diags)
{
    size_t usage = 0;
    for (size_t i = 0; i < diags->count; i++)
        switch (diags->items[i]->code) {
        case ZPL_CODE_USAGE:
        case ZPL_CODE_UNKNOWN_FLAG:
        case ZPL_CODE_PARAM_TYPE:
        case ZPL_CODE_PARAM_RANGE:
        case ZPL_CODE_PARAM_MISSING:
            usage += diags->items[i]->severity == ZPL_ERROR;
            break;
        case ZPL_CODE_UNKNOWN_STEP: /* named by a flag, so not in the text */
            usage += diags->items[i]->span.source == 0;
            break;
        default:
            break;
        }
    if (diags->errors == 0)
        return ZPL_OK;
    return usage == diags->errors ? ZPL_ERR_USAGE : ZPL_ERR_CHECK;
}

static void release_host(struct zpl_host *host)
{
    for (size_t i = 0; i < host->unit_count; i++)
        zpl_emit_map_release(&host->units[i]->map);
    zpl_checker_release(&host->checker);
    zpl_sandbox_release(&host->sandbox);
    zpl_arena_release(&host->arena);
}

enum zpl_err zpl_compile(const struct zpl_compile_request *request, const struct zpl_world *world,
                         struct zpl_program *out)
{
    memset(out, 0, sizeof *out);
    struct zpl_host host = {.request = request, .world = world, .program = out};
    host.checker = (struct zpl_checker){.graph = &out->graph,
                                        .diags = &out->diags,
                                        .engine = &world->engine,
                                        .resolve = world->resolve,
                                        .outside = world->outside,
                                        .sources = world->sources,
                                        .named = world->named,
                                        .resolve_self = world->resolve_self};
    host.given_used =
        zpl_arena_array(&host.arena, request->given_count + 1, sizeof *host.given_used);
    enum zpl_err err = host.given_used
                           ? zpl_sandbox_open(&host.sandbox, &zpl_sandbox_program, &host,
                                              zpl_unknown_name, zpl_assigned_name)
                           : ZPL_ERR_NOMEM;
    host.sandbox.outside = held;
    if (err == ZPL_OK)
        err = evaluate(&host);
    if (err != ZPL_ERR_NOMEM && name_nodes(&host) != ZPL_OK)
        err = ZPL_ERR_NOMEM;
    if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(&out->diags);
    release_host(&host);
    return err == ZPL_ERR_NOMEM ? err : verdict(&out->diags);
}
