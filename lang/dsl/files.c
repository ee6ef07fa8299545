/* files "data/day-?.csv": the files that match, known when the program is checked, as an array of paths in
 * the order of their names. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/value.h"

/* The pattern at 1, a text or a Path; NULL when it is none. */
static const char *pattern_of(lua_State *L)
{
    size_t len;
    const char *path = zpl_test_path(L, 1, &len);
    const char *text = path                            ? path
                       : lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len)
                                                       : NULL;
    bool fine = text && len > 0 && strlen(text) == len && zpl_utf8_valid(text, len);
    return fine ? text : NULL;
}

static int files(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_world *world = host->world;
    struct zpl_span span = zpl_site_arguments(zpl_host_call(L)).span;
    const char *const *paths = NULL;
    size_t count = 0;
    lua_settop(L, 1);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (value)
        return zpl_misuse(L, value, "a pattern", "a pattern must be known now");
    const char *pattern = pattern_of(L);
    if (!pattern) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, span, "files takes a pattern: a text or a Path");
        zpl_host_help(L, diag, "write `files \"data/2024-*.csv\"`");
        return zpl_push_poison(L);
    }
    if (world->outside && world->outside(world->resolve_self, pattern)) {
        zpl_host_help(
            L,
            zpl_host_tell(L, ZPL_CODE_SOURCE_READ, span, "'%s' is outside of the project", pattern),
            "a program reads files of its project, and what its params name");
        return zpl_push_poison(L);
    }
    enum zpl_err err = world->files ? world->files(world->resolve_self, pattern, &host->arena,
                                                   &paths, &count, &host->program->diags)
                                    : ZPL_OK;
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (err == ZPL_ERR_LIMIT) {
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, span, "more than %d files match '%s'", ZPL_FILES_MAX,
                      pattern);
        return zpl_push_poison(L);
    }
    if (err != ZPL_OK || count == 0) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_SOURCE_READ, span, "no file matches '%s'", pattern);
        zpl_host_help(L, diag,
                      "a pattern is relative to the project; * and ? stand for parts of one name");
        return zpl_push_poison(L);
    }
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        zpl_push_path(L, paths[i], strlen(paths[i]));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

void zpl_offer_files(lua_State *L)
{
    lua_pushcfunction(L, files);
    lua_setfield(L, -2, "files");
}
