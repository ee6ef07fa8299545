#include "lang/dsl/host.h"
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/syntax/parse.h"

#define CHUNK_FORMAT ZPL_CHUNK_PREFIX "%zu"

struct zpl_host *zpl_host_of(lua_State *L)
{
    return zpl_sandbox_owner(L);
}

struct zpl_arena *zpl_host_arena(lua_State *L)
{
    return &zpl_host_of(L)->program->graph.arena;
}

void zpl_host_no_memory(lua_State *L)
{
    zpl_host_of(L)->no_memory = true;
    luaL_error(L, "out of memory");
}

void *zpl_host_need(lua_State *L, const void *memory)
{
    if (!memory)
        zpl_host_no_memory(L);
    return (void *)memory;
}

/* ---- telling --------------------------------------------------------------------------------- */

struct zpl_diag *zpl_host_tell(lua_State *L, enum zpl_code code, struct zpl_span span,
                               const char *format, ...)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_diags *diags = &host->program->diags;
    va_list args;
    va_start(args, format);
    const char *message = zpl_arena_vprintf(&host->arena, format, args);
    va_end(args);
    zpl_host_need(L, message);
    if (zpl_diags_have(diags, code, span, message))
        return NULL;
    const struct zpl_span *callers;
    size_t count = zpl_host_callers(L, &callers);
    struct zpl_diag *diag = zpl_diag_add(diags, code, span, "%s", message);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && callers[i].source == callers[i - 1].source &&
            callers[i].begin == callers[i - 1].begin)
            continue; /* a function that calls itself */
        zpl_diag_note(diags, diag, callers[i],
                      zpl_host_is_tail_call(L, (int)i)
                          ? "called from here, by way of a `return f(…)`"
                          : "called from here");
    }
    return diag;
}

void zpl_host_note(lua_State *L, struct zpl_diag *diag, struct zpl_span span, const char *format,
                   ...)
{
    struct zpl_host *host = zpl_host_of(L);
    va_list args;
    if (!diag)
        return;
    va_start(args, format);
    const char *note = zpl_arena_vprintf(&host->arena, format, args);
    va_end(args);
    zpl_host_need(L, note);
    zpl_diag_note(&host->program->diags, diag, span, "%s", note);
}

void zpl_host_help(lua_State *L, struct zpl_diag *diag, const char *format, ...)
{
    struct zpl_host *host = zpl_host_of(L);
    va_list args;
    if (!diag)
        return;
    va_start(args, format);
    const char *help = zpl_arena_vprintf(&host->arena, format, args);
    va_end(args);
    zpl_diag_help(&host->program->diags, diag, "%s", (char *)zpl_host_need(L, help));
}

void zpl_host_nearest(lua_State *L, struct zpl_diag *diag, const char *word,
                      const char *const *names, size_t count)
{
    const char *nearest = zpl_text_nearest(word, names, count);
    if (nearest)
        zpl_host_help(L, diag, "did you mean '%s'?", nearest);
}

/* ---- the engine's time ------------------------------------------------------------------------ */

int64_t zpl_host_engine_ns(const struct zpl_host *host)
{
    const struct zpl_engine *engine = &host->world->engine;
    return engine->spent_ns ? engine->spent_ns(engine->self) : 0;
}

/* Is this the first time that the engine was asked for the call there? */
static bool is_first_at(lua_State *L, struct zpl_site call)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_unit *unit = NULL;
    for (size_t i = 0; i < host->unit_count && !unit; i++)
        if (host->units[i] == call.unit)
            unit = host->units[i];
    if (!unit || !call.node)
        return false;
    if (!unit->asked)
        unit->asked = zpl_host_need(
            L, zpl_arena_array(&host->arena, unit->tree->node_count, sizeof *unit->asked));
    bool first = !unit->asked[call.node];
    unit->asked[call.node] = true;
    return first;
}

void zpl_host_forgive(lua_State *L, struct zpl_site call, int64_t before_ns)
{
    struct zpl_host *host = zpl_host_of(L);
    const int64_t most_ns = (int64_t)ZPL_ENGINE_MS_MAX * 1000000;
    int64_t now_ns = zpl_host_engine_ns(host);
    if (now_ns == before_ns || !is_first_at(L, call))
        return;
    host->sandbox.deadline_ns +=
        (now_ns < most_ns ? now_ns : most_ns) - (before_ns < most_ns ? before_ns : most_ns);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Names that Lua gives a meaning no program may use. */
static enum zpl_err refuse_names(struct zpl_host *host, const struct zpl_tree *tree)
{
    enum zpl_err err = ZPL_OK;
    for (uint32_t i = 0; i < tree->token_count; i++) {
        if (tree->tokens[i].kind != ZPL_TOKEN_NAME || !zpl_tree_token_is(tree, i, "_ENV"))
            continue;
        zpl_diag_add(&host->program->diags, ZPL_CODE_SYNTAX, zpl_tree_token_span(tree, i),
                     "'_ENV' can't be used in a zpl program");
        err = ZPL_ERR_CHECK;
    }
    return err;
}

/* Lua's own verdict on an emitted text: what the tree does not judge (registers, upvalues). */
static enum zpl_err compile(struct zpl_host *host, const struct zpl_buf *text, size_t number)
{
    lua_State *L = host->sandbox.L;
    char chunk[32];
    snprintf(chunk, sizeof chunk, CHUNK_FORMAT, number);
    int status = luaL_loadbufferx(L, zpl_buf_str(text), text->len, chunk, "t");
    if (status == LUA_OK)
        return ZPL_OK;
    const char *message = lua_tostring(L, -1);
    const char *line = message ? strchr(message, ':') : NULL;
    struct zpl_unit *unit = host->units[number];
    struct zpl_span span = {.source = unit->tree->source};
    if (status == LUA_ERRSYNTAX && line && (line = strchr(line + 1, ':'))) {
        uint32_t token = zpl_emit_map_token(&unit->map, atoi(line + 1));
        if (token != ZPL_NO_TOKEN)
            span = zpl_tree_token_span(unit->tree, token);
        if ((line = strchr(line + 1, ':')))
            message = line + 2;
    }
    zpl_diag_add(&host->program->diags,
                 status == LUA_ERRSYNTAX ? ZPL_CODE_SYNTAX : ZPL_CODE_LANG_LIMIT, span, "%s",
                 message ? message : "the text is too large to be compiled");
    lua_pop(L, 1);
    return ZPL_ERR_CHECK;
}

enum zpl_err zpl_host_load(struct zpl_host *host, const char *name, const char *text, size_t len,
                           struct zpl_unit **out)
{
    struct zpl_diags *diags = &host->program->diags;
    struct zpl_unit *unit = zpl_arena_alloc(&host->arena, sizeof *unit);
    struct zpl_unit **units = zpl_arena_grow(&host->arena, host->units, host->unit_count,
                                             &host->unit_capacity, sizeof *units);
    uint32_t source = zpl_sources_add(&host->program->sources, name, text, len);
    if (!unit || !units || !source)
        return zpl_diag_nomem(diags);
    const struct zpl_source *kept = zpl_sources_get(&host->program->sources, source);
    *unit = (struct zpl_unit){.name = kept->name, .result = LUA_NOREF};
    host->units = units;
    size_t number = host->unit_count;
    enum zpl_err err = zpl_parse(&host->arena, source, kept->text, kept->len, diags, &unit->tree);
    if (err == ZPL_OK)
        err = refuse_names(host, unit->tree);
    if (err != ZPL_OK)
        return err;
    units[host->unit_count++] = unit;
    struct zpl_buf emitted = {0};
    err = zpl_emit(unit->tree, ZPL_EMIT_GUARD, &emitted, &unit->map);
    if (err == ZPL_OK)
        err = compile(host, &emitted, number);
    else if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(diags);
    else
        zpl_diag_add(diags, ZPL_CODE_LANG_LIMIT, (struct zpl_span){.source = source},
                     "the text is too large to be compiled");
    zpl_buf_release(&emitted);
    *out = unit;
    return err;
}

/* A message without the "zpl:0:12: " that Lua puts before it. */
static const char *without_place(const char *message)
{
    const char *s = message;
    if (strncmp(s, ZPL_CHUNK_PREFIX + 1, strlen(ZPL_CHUNK_PREFIX) - 1) != 0)
        return message;
    s += strlen(ZPL_CHUNK_PREFIX) - 1;
    s += strspn(s, "0123456789");
    if (*s++ != ':')
        return message;
    s += strspn(s, "0123456789");
    return s[0] == ':' && s[1] == ' ' ? s + 2 : message;
}

int zpl_host_on_error(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    const char *message = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    enum zpl_sandbox_stop stop = zpl_sandbox_stopped(&host->sandbox, LUA_ERRRUN, message);
    if (host->no_memory)
        return 1;
    if (stop != ZPL_STOP_NONE) {
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, zpl_host_span(L), "the evaluation was ended here: %s",
                      zpl_sandbox_stop_words(stop));
        return 1;
    }
    if (message) {
        zpl_host_complain(L, without_place(message));
        return 1;
    }
    if (zpl_sandbox_misused(L, 1, "error", 0))
        return 1;
    if (lua_isnoneornil(L, 1))
        message = "error() was called without a text";
    else if (lua_type(L, 1) == LUA_TTABLE || lua_type(L, 1) == LUA_TFUNCTION)
        message = lua_pushfstring(L, "error() was given a %s, not a text", luaL_typename(L, 1));
    else if (zpl_sandbox_push_text(L, 1))
        message = lua_tostring(L, -1);
    zpl_host_tell(L, ZPL_CODE_LUA, zpl_host_span(L), "%s", message);
    return 1;
}

/* Where the allocation that was refused last was asked for. */
static struct zpl_span refused_span(const struct zpl_host *host)
{
    const struct zpl_sandbox *sandbox = &host->sandbox;
    struct zpl_span span = {.source = host->unit_count > 0 ? host->units[0]->tree->source : 0};
    const struct zpl_unit *unit =
        sandbox->refused_line > 0 ? zpl_host_unit(sandbox->L, sandbox->refused_source) : NULL;
    uint32_t token = unit ? zpl_emit_map_token(&unit->map, sandbox->refused_line) : ZPL_NO_TOKEN;
    return token != ZPL_NO_TOKEN ? zpl_tree_token_span(unit->tree, token) : span;
}

enum zpl_err zpl_host_enter(struct zpl_host *host, int arguments, int results)
{
    lua_State *L = host->sandbox.L;
    struct zpl_diags *diags = &host->program->diags;
    int handler = lua_gettop(L) - arguments;
    lua_pushcfunction(L, zpl_host_on_error);
    lua_insert(L, handler);
    int operands = host->operands;
    int status = lua_pcall(L, arguments, results, handler);
    host->operands = operands;
    lua_remove(L, handler);
    if (status == LUA_OK)
        return ZPL_OK;
    lua_pop(L, 1);
    enum zpl_sandbox_stop stop = zpl_sandbox_stopped(&host->sandbox, status, NULL);
    if (host->no_memory || stop == ZPL_STOP_SYSTEM)
        return zpl_diag_nomem(diags);
    if (status != LUA_ERRRUN) {
        const char *words = zpl_sandbox_stop_words(stop);
        zpl_diag_add(diags, ZPL_CODE_LANG_LIMIT, refused_span(host),
                     "the evaluation was ended here: %s",
                     words ? words : "it failed inside the handling of an error");
    }
    return ZPL_ERR_CHECK;
}
