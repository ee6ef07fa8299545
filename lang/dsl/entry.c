/* Which pipeline of a file is run, and for a check all of them. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/declare.h"

/* The pipelines that the file itself declares; those of its imports are only called. */
static struct zpl_pipeline_def **own_pipelines(lua_State *L, size_t *count)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_pipeline_def **own =
        zpl_host_need(L, zpl_arena_array(&host->arena, host->pipeline_count + 1, sizeof *own));
    *count = 0;
    for (size_t i = 0; i < host->pipeline_count; i++)
        if (host->pipelines[i]->unit == host->units[0])
            own[(*count)++] = host->pipelines[i];
    return own;
}

/* Those among the pipelines that can be run by themselves; in scratch. */
static struct zpl_pipeline_def **runnable(lua_State *L, struct zpl_pipeline_def **own, size_t count,
                                          size_t *found)
{
    struct zpl_pipeline_def **run =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, count + 1, sizeof *run));
    *found = 0;
    for (size_t i = 0; i < count; i++)
        if (own[i]->input_count == 0)
            run[(*found)++] = own[i];
    return run;
}

/* Notes where each pipeline is, and that nobody knows whose params were given. */
static void note_all(lua_State *L, struct zpl_diag *diag, struct zpl_pipeline_def **all,
                     size_t count)
{
    struct zpl_host *host = zpl_host_of(L);
    for (size_t i = 0; i < count; i++)
        zpl_diag_note(&host->program->diags, diag, all[i]->span, "pipeline '%s'", all[i]->name);
    for (size_t i = 0; i < host->request->given_count; i++)
        host->given_used[i] = true;
}

/* The pipeline of that name; NULL: there is none (told). */
static struct zpl_pipeline_def *named(lua_State *L, struct zpl_pipeline_def **own, size_t count)
{
    struct zpl_host *host = zpl_host_of(L);
    const char *wanted = host->request->pipeline;
    const char **names = zpl_host_need(L, zpl_arena_array(&host->arena, count + 1, sizeof *names));
    for (size_t i = 0; i < count; i++) {
        names[i] = own[i]->name;
        if (strcmp(names[i], wanted) == 0)
            return own[i];
    }
    struct zpl_diag *diag =
        zpl_diag_add(&host->program->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                     "%s has no pipeline '%s'", host->request->name, wanted);
    zpl_host_nearest(L, diag, wanted, names, count);
    if (count == 0)
        zpl_host_help(L, diag, "it declares none: leave out ':%s'", wanted);
    note_all(L, diag, own, count);
    return NULL;
}

/* The pipeline that was asked for, or the only one that can be run, or the only one; NULL: there is none,
 * or several (told), or the file itself is it. */
static struct zpl_pipeline_def *choose(lua_State *L, struct zpl_pipeline_def **own, size_t count)
{
    struct zpl_host *host = zpl_host_of(L);
    const char *file = host->request->name;
    if (host->request->pipeline)
        return named(L, own, count);
    if (host->program->graph.count > 0 || count == 0)
        return NULL;
    size_t found;
    struct zpl_pipeline_def **run = runnable(L, own, count, &found);
    if (found == 1 || count == 1)
        return found ? run[0] : own[0];
    if (found == 0 && host->is_library)
        return NULL;
    struct zpl_diags *diags = &host->program->diags;
    struct zpl_diag *diag =
        found ? zpl_diag_add(diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                             "%s has several pipelines; say which: %s:%s", file, file, run[0]->name)
              : zpl_diag_add(diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                             "all pipelines of %s take inputs: they can be called, not run", file);
    note_all(L, diag, found ? run : own, found ? found : count);
    return NULL;
}

/* Pushes the table that build is called with; false: its params can't be declared (told). */
static bool push_params(lua_State *L, const struct zpl_pipeline_def *pipeline)
{
    if (pipeline->param_table == LUA_NOREF) {
        lua_newtable(L);
        zpl_sandbox_freeze(L, "param", zpl_unknown_param);
        return true;
    }
    if (zpl_host_of(L)->declared_params) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, pipeline->params.span,
                      "the file declares params already");
        return false;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, pipeline->param_table);
    zpl_declare_params(L, -1, pipeline->params);
    return true;
}

/* Builds every pipeline that takes no inputs, so that the mistakes in each are told.  A param without a
 * value is nobody's mistake here: it is poison. */
static void build_all(lua_State *L, struct zpl_pipeline_def **own, size_t count)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_graph *graph = &host->program->graph;
    size_t params = graph->param_count;
    host->values_optional = true;
    for (size_t i = 0; i < count; i++) {
        struct zpl_pipeline_def *pipeline = own[i];
        int top = lua_gettop(L);
        if (pipeline->build == LUA_NOREF || pipeline->input_count > 0 || !push_params(L, pipeline))
            continue;
        host->checker.first = graph->count;
        const char *prefix = zpl_arena_printf(&host->arena, "%s/", pipeline->name);
        zpl_run_build(L, pipeline, zpl_host_need(L, prefix));
        lua_settop(L, top);
        graph->param_count = params;
    }
}

int zpl_build_pipeline(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_graph *graph = &host->program->graph;
    size_t count;
    struct zpl_pipeline_def **own = own_pipelines(L, &count);
    bool alone = graph->count == 0 && count == 1;
    if (host->request->all_pipelines && !host->request->pipeline && !alone) {
        build_all(L, own, count);
        return 0;
    }
    struct zpl_pipeline_def *pipeline = choose(L, own, count);
    if (!pipeline || pipeline->build == LUA_NOREF)
        return 0;
    bool asked = host->request->pipeline || !(host->is_library || host->request->all_pipelines);
    if (pipeline->input_count > 0 && !asked)
        return 0;
    graph->pipeline = pipeline->name;
    graph->schedule = pipeline->schedule;
    if (pipeline->input_count > 0) {
        struct zpl_diag *diag = zpl_host_tell(
            L, ZPL_CODE_USAGE, pipeline->span,
            "pipeline '%s' takes inputs: it can be called from a program, not run by itself",
            pipeline->name);
        zpl_host_help(L, diag, "read its inputs inside `build`, or call it from a file that does");
    } else if (push_params(L, pipeline)) {
        zpl_run_build(L, pipeline, NULL);
    }
    return 0;
}
