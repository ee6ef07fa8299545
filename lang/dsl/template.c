/* A pipeline with inputs that nothing calls, built once so that its author hears of the mistakes in it.
 * Promise: what is told is wrong whatever a call gives: what stands in for an input that is not known is
 * poison, and from where the program branches on that, only names that are nowhere are told.  The graph
 * is afterwards as it was. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/declare.h"
#include "lang/dsl/slot.h"

/* One build under way. */
struct standing {
    struct zpl_pipeline_def *pipeline;
    bool unknown; /* a stand-in is poison */
    /* One is, which a call may give as a plain value, so that a program may compute with it. */
    bool plain;
};

/* What a build may leave behind, as it was. */
struct before {
    struct zpl_diags diags;
    const char *prefix, *suffix;
    const struct zpl_reserved *inherited;
    size_t nodes, params, maps, stacks, first;
    uint32_t map;
    int operands;
};

/* ---- stand-ins --------------------------------------------------------------------------------- */

static bool is_column_variable(const struct zpl_pipeline_def *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->take_count; i++) {
        const struct zpl_type *type = pipeline->takes[i].type;
        if (type->kind == ZPL_COLUMN_OF && strcmp(type->name, name) == 0)
            return true;
    }
    return false;
}

/* Does the type say all that a step has to know of a table or report? */
static bool is_whole(const struct zpl_pipeline_def *pipeline, const struct zpl_type *type)
{
    const struct zpl_row *row = type->row;
    if ((type->kind != ZPL_TABLE && type->kind != ZPL_REPORT) || !row || row->open)
        return false;
    for (size_t i = 0; i < row->count; i++) {
        const struct zpl_type *column = row->columns[i].type;
        if (!column || !zpl_kind_is_scalar(column->kind) ||
            (column->kind == ZPL_ENUM && !column->values) ||
            is_column_variable(pipeline, row->columns[i].name))
            return false;
    }
    return true;
}

/* Pushes the output of a node that stands for the input. */
static void push_made(lua_State *L, const struct zpl_pipeline_def *pipeline,
                      const struct zpl_field *field)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_output *output = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *output));
    *output = (struct zpl_output){.name = field->name, .type = field->type};
    struct zpl_node *node = zpl_host_need(L, zpl_graph_add(&host->program->graph));
    node->name = node->step = field->name;
    node->kernel = node->identity = node->engines = "";
    node->span = pipeline->span;
    node->stands_in = true;
    node->outputs = output;
    node->output_count = 1;
    zpl_push_value(L, zpl_value_ref(arena, node->id, 0, NULL, field->type));
}

/* Pushes what stands for take `i`. */
static void push_stand_in(lua_State *L, struct standing *s, size_t i)
{
    const struct zpl_field *field = &s->pipeline->takes[i];
    if (field->type->kind == ZPL_STEP && zpl_slot_is_filled(L, field->type, field->fallback)) {
        lua_pushnil(L);
        zpl_fill_slot(L, field->type, field->fallback, field->name,
                      (struct zpl_site){.span = s->pipeline->span});
    } else if (field->fallback) {
        zpl_push_literal(L, field->fallback);
    } else if (is_whole(s->pipeline, field->type)) {
        push_made(L, s->pipeline, field);
    } else if (field->optional && zpl_kind_is_scalar(field->type->kind)) {
        lua_pushnil(L);
    } else {
        s->unknown = true;
        s->plain = s->plain || field->type->kind != ZPL_TABLE;
        zpl_push_poison(L);
    }
}

/* ---- building ---------------------------------------------------------------------------------- */

/* Calls build with the stand-ins; at 1 the struct standing. */
static int build_once(lua_State *L)
{
    struct standing *s = lua_touserdata(L, 1);
    struct zpl_pipeline_def *pipeline = s->pipeline;
    struct zpl_host *host = zpl_host_of(L);
    const char **names =
        zpl_host_need(L, zpl_arena_array(&host->arena, pipeline->take_count + 1, sizeof *names));
    const char *prefix = zpl_host_need(L, zpl_arena_printf(&host->arena, "%s/", pipeline->name));
    lua_newtable(L); /* what a call gives: nothing */
    lua_newtable(L);
    for (size_t i = 0; i < pipeline->take_count; i++) {
        names[i] = pipeline->takes[i].name;
        push_stand_in(L, s, i);
        lua_setfield(L, 3, names[i]);
    }
    zpl_freeze_params(L, names, pipeline->take_count);
    int results = zpl_run_build(L, pipeline, prefix);
    if (!s->unknown && !host->guessed)
        zpl_check_results(L, pipeline, 2, results, (struct zpl_site){.span = pipeline->span});
    return 0;
}

/* Tells an error that Lua raised, when no other stand-in could have prevented it: not one that the
 * program raises itself, as for inputs that exclude each other.  A message handler. */
static int on_raised(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct standing *s = lua_touserdata(L, lua_upvalueindex(1));
    const char *message = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    lua_Debug at;
    if (host->no_memory || s->plain || host->guessed || !lua_getstack(L, 1, &at) ||
        !lua_getinfo(L, "S", &at) || *at.what == 'C' ||
        zpl_sandbox_stopped(&host->sandbox, LUA_ERRRUN, message) != ZPL_STOP_NONE)
        return 1;
    return zpl_host_on_error(L);
}

static struct before remember(struct zpl_host *host)
{
    struct zpl_program *program = host->program;
    struct before before = {.diags = program->diags,
                            .prefix = host->prefix,
                            .suffix = host->suffix,
                            .inherited = host->inherited,
                            .nodes = program->graph.count,
                            .first = host->checker.first,
                            .params = program->graph.param_count,
                            .maps = program->graph.map_count,
                            .stacks = program->stack_count,
                            .map = host->map,
                            .operands = host->operands};
    program->diags = (struct zpl_diags){0};
    host->checker.first = program->graph.count;
    return before;
}

/* Undoes all but the diagnostics, also after a build that was ended somewhere. */
static void restore(struct zpl_host *host, const struct before *before)
{
    struct zpl_graph *graph = &host->program->graph;
    host->prefix = before->prefix;
    host->suffix = before->suffix;
    host->inherited = before->inherited;
    host->map = before->map;
    host->operands = before->operands;
    graph->count = before->nodes;
    host->checker.first = before->first;
    graph->param_count = before->params;
    graph->map_count = before->maps;
    host->program->stack_count = before->stacks;
    if (host->naming_count > before->nodes)
        host->naming_count = before->nodes;
    for (size_t i = 0; i < host->pipeline_count; i++)
        host->pipelines[i]->building = false;
    for (size_t i = 0; i < host->unit_count; i++)
        host->units[i]->running = false;
}

/* Is the mistake one in every call?  `guess`: it was found behind a branch that a stand-in took. */
static bool is_certain(const struct standing *s, const struct zpl_diag *diag, bool guess)
{
    switch (diag->code) {
    case ZPL_CODE_LEAK: /* where a stand-in comes from is not known */
    case ZPL_CODE_LANG_LIMIT:
    case ZPL_CODE_NO_MEMORY:
        return false;
    case ZPL_CODE_UNKNOWN_NAME:
    case ZPL_CODE_UNKNOWN_STEP:
        return true;
    case ZPL_CODE_UNKNOWN_FIELD:
        return !guess || strncmp(diag->message, ZPL_NO_PARAM, strlen(ZPL_NO_PARAM)) == 0;
    case ZPL_CODE_MISSING_ARGUMENT: /* t[p.k] of a p.k that is not known is nil */
    case ZPL_CODE_BAD_CALL:
    case ZPL_CODE_BAD_CONDITION:
    case ZPL_CODE_LUA:
        return !guess && !s->plain;
    case ZPL_CODE_COLUMN_TYPE: /* a call may give more columns than are declared */
        return !guess && !strstr(diag->message, ZPL_LACKS_COLUMNS);
    default:
        return !guess;
    }
}

/* Puts the earlier diagnostics back, and what is certain of the new ones behind them. */
static void tell_certain(struct zpl_host *host, const struct standing *s,
                         const struct before *before)
{
    struct zpl_diags told = host->program->diags;
    size_t kept = 0;
    for (size_t i = 0; i < told.count; i++)
        if (is_certain(s, told.items[i], host->guessed && i >= host->guessed_at))
            told.items[kept++] = told.items[i];
    told.count = kept;
    told.errors = 0; /* they are counted where they are put */
    told.dropped = 0;
    host->program->diags = before->diags;
    zpl_diags_append(&host->program->diags, &told);
    zpl_diags_release(&told);
}

/* Builds one pipeline with stand-ins; false: a limit was met, so that no other can be built. */
static bool check_one(lua_State *L, struct zpl_pipeline_def *pipeline)
{
    struct zpl_host *host = zpl_host_of(L);
    struct standing s = {.pipeline = pipeline};
    struct before before = remember(host);
    int top = lua_gettop(L);
    host->guessed = false;
    lua_pushlightuserdata(L, &s);
    lua_pushcclosure(L, on_raised, 1);
    lua_pushcfunction(L, build_once);
    lua_pushlightuserdata(L, &s);
    int status = lua_pcall(L, 1, 0, top + 1);
    const char *message =
        status != LUA_OK && lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    bool ended =
        status != LUA_OK && zpl_sandbox_stopped(&host->sandbox, status, message) != ZPL_STOP_NONE;
    lua_settop(L, top);
    restore(host, &before);
    tell_certain(host, &s, &before);
    if (host->no_memory)
        zpl_host_no_memory(L);
    return !ended;
}

int zpl_check_templates(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    size_t count = host->pipeline_count; /* a build may declare more */
    host->standing_in = true;
    for (size_t i = 0; i < count; i++) {
        struct zpl_pipeline_def *pipeline = host->pipelines[i];
        if (pipeline->unit == host->units[0] && pipeline->input_count > 0 && !pipeline->built &&
            !pipeline->broken && pipeline->build != LUA_NOREF && !check_one(L, pipeline))
            break;
    }
    host->standing_in = false;
    return 0;
}
