/* import "name": the value another file returns, evaluated once. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/digest.h"
#include "lang/base/limits.h"
#include "lang/dsl/value.h"

/* The unit of that name, or NULL. */
static struct zpl_unit *find_unit(struct zpl_host *host, const char *name)
{
    for (size_t i = 0; i < host->unit_count; i++)
        if (strcmp(host->units[i]->name, name) == 0)
            return host->units[i];
    return NULL;
}

/* Was the file refused when it was imported before? */
static bool is_broken(const struct zpl_host *host, const char *name)
{
    for (size_t i = 0; i < host->broken_count; i++)
        if (strcmp(host->broken[i], name) == 0)
            return true;
    return false;
}

/* Asks the loader; false when there is nothing to evaluate (told). */
static bool load_text(lua_State *L, const struct zpl_unit *from, const char *name,
                      struct zpl_span span, const char **canonical, const char **text, size_t *len)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_loader *loader = &host->world->loader;
    size_t before = host->program->diags.errors;
    enum zpl_err err = !loader->load ? ZPL_ERR_NOT_FOUND
                                     : loader->load(loader->self, from->name, name, &host->arena,
                                                    canonical, text, len, &host->program->diags);
    if (err == ZPL_OK)
        return true;
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    struct zpl_diag *diag = NULL;
    if (err == ZPL_ERR_NOT_FOUND)
        diag = zpl_host_tell(L, ZPL_CODE_IMPORT, span, "there is no file '%s' to import", name);
    else if (err == ZPL_ERR_INPUT && host->program->diags.errors == before) {
        diag = zpl_host_tell(L, ZPL_CODE_IMPORT, span,
                             "'%s' can't be imported: it is no .zpl file of the project", name);
        zpl_host_help(L, diag,
                      "an import is a zpl program; a table is read by a step: csv.read, "
                      "parquet.read");
        return false;
    } else if (err == ZPL_ERR_LIMIT && host->program->diags.errors == before)
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, span,
                      "'%s' is too large: the text of a program has at most %u bytes", name,
                      ZPL_SOURCE_BYTES_MAX);
    else if (host->program->diags.errors == before)
        diag = zpl_host_tell(L, ZPL_CODE_IMPORT, span, "'%s' can't be imported", name);
    zpl_host_help(L, diag, "the path is relative to the file that imports it");
    return false;
}

/* Evaluates a text and leaves what it returned on the stack. */
static void evaluate(lua_State *L, const char *canonical, const char *text, size_t len,
                     struct zpl_span span)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_unit *unit = NULL;
    if (host->unit_count >= ZPL_IMPORTS_MAX)
        luaL_error(L, "a program imports at most %d files", ZPL_IMPORTS_MAX);
    enum zpl_err err = zpl_host_load(host, canonical, text, len, &unit);
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (err != ZPL_OK) {
        host->broken =
            zpl_host_need(L, zpl_arena_grow(&host->arena, host->broken, host->broken_count,
                                            &host->broken_capacity, sizeof *host->broken));
        host->broken[host->broken_count++] = canonical;
        zpl_push_poison(L);
        return;
    }
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_digest digest = zpl_digest_of(text, len);
    char *hex = zpl_host_need(L, zpl_arena_alloc(arena, ZPL_HEX_SIZE));
    zpl_digest_hex(&digest, hex);
    if (!zpl_graph_add_import(&host->program->graph, zpl_arena_strdup(arena, canonical), hex))
        zpl_host_no_memory(L);
    unit->running = true;
    lua_call(L, 0, 1);
    unit->running = false;
    if (lua_isnil(L, -1)) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_IMPORT, span, "'%s' returns nothing to import", canonical);
        zpl_host_help(L, diag, "end it with `return { name = value }`");
        lua_pop(L, 1);
        zpl_push_poison(L);
    } else if (lua_type(L, -1) == LUA_TTABLE && !zpl_sandbox_label(L, -1)) {
        zpl_sandbox_freeze(L, unit->name, zpl_unknown_name);
    }
    lua_pushvalue(L, -1);
    unit->result = luaL_ref(L, LUA_REGISTRYINDEX);
}

static int import(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L);
    struct zpl_span span = zpl_site_arguments(call).span;
    const char *canonical, *text;
    size_t len;
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TSTRING) {
        zpl_host_tell(L, ZPL_CODE_IMPORT, span, "import takes the name of a file as a text");
        return zpl_push_poison(L);
    }
    const struct zpl_unit *from = call.unit ? call.unit : host->units[0];
    if (!load_text(L, from, lua_tostring(L, 1), span, &canonical, &text, &len))
        return zpl_push_poison(L);
    struct zpl_unit *unit = find_unit(host, canonical);
    if (unit && unit->running) {
        zpl_host_tell(L, ZPL_CODE_IMPORT, span, "'%s' imports itself, by way of this file",
                      canonical);
        return zpl_push_poison(L);
    }
    if (unit && unit->result != LUA_NOREF)
        lua_rawgeti(L, LUA_REGISTRYINDEX, unit->result);
    else if (unit || is_broken(host, canonical))
        zpl_push_poison(L); /* its mistakes were told the first time */
    else
        evaluate(L, canonical, text, len, span);
    return 1;
}

void zpl_offer_imports(lua_State *L)
{
    lua_pushcfunction(L, import);
    lua_setfield(L, -2, "import");
}
