/* Names of types in the text of a signature: `local Rows = Table { … }` and `"(rows: Rows)"`. */
#include <ctype.h>
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/declare.h"

/* The type that a variable of the running Lua function holds, innermost first; NULL: none does. */
static const struct zpl_type *type_called(lua_State *L, const char *name)
{
    const struct zpl_type *found = NULL;
    const char *local;
    lua_Debug ar;
    int level = 0;
    while (lua_getstack(L, level, &ar) && lua_getinfo(L, "S", &ar) && *ar.what == 'C')
        level++;
    if (!lua_getstack(L, level, &ar))
        return NULL;
    for (int i = 1; (local = lua_getlocal(L, &ar, i)); i++) {
        if (strcmp(local, name) == 0)
            found = zpl_test_type(L, -1);
        lua_pop(L, 1);
    }
    if (found || !lua_getinfo(L, "f", &ar))
        return found;
    for (int i = 1; !found && (local = lua_getupvalue(L, -1, i)); i++) {
        if (strcmp(local, name) == 0)
            found = zpl_test_type(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
}

/* Is it a name that signatures know by themselves? */
static bool is_built_in(const char *name)
{
    for (int k = ZPL_UNKNOWN; k < ZPL_VAR; k++)
        if (strcmp(zpl_kind_name((enum zpl_kind)k), name) == 0)
            return true;
    return strcmp(name, "Optional") == 0;
}

/* The end of the name that begins at `s`, or the next byte. */
static size_t piece_length(const char *s, bool quoted)
{
    size_t n = 1;
    if (!quoted && (isalpha((unsigned char)*s) || *s == '_'))
        while (isalnum((unsigned char)s[n]) || s[n] == '_')
            n++;
    return n;
}

const char *zpl_expand_types(lua_State *L, const char *text, size_t place, size_t *origin)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_buf out = {0};
    bool quoted = false;
    const char *s = text;
    size_t at =
        0; /* in the result, which is built when all its parts are known: a call may raise */
    size_t count = 0, capacity = 0;
    const char **pieces = NULL;
    for (size_t n; *s; s += n) {
        quoted ^= *s == '"';
        n = piece_length(s, quoted);
        const char *piece = zpl_host_need(L, zpl_arena_strndup(arena, s, n));
        const struct zpl_type *type = !quoted && isupper((unsigned char)*s) && !is_built_in(piece)
                                          ? type_called(L, piece)
                                          : NULL;
        if (type)
            piece = zpl_host_need(L, zpl_type_text(type, false, arena));
        pieces = zpl_host_need(L, zpl_arena_grow(arena, pieces, count, &capacity, sizeof *pieces));
        pieces[count++] = piece;
        at += strlen(piece);
        if (at <= place)
            *origin = (size_t)(s - text) + n;
    }
    for (size_t i = 0; i < count; i++)
        zpl_buf_puts(&out, pieces[i]);
    return zpl_keep_text(L, arena, &out);
}
