/* The files of a body that is a process: those that the words of a command seem to name, and files = {
 * "lib/h.py", "conf" }, what it reads beside them. */
#include <ctype.h>
#include <lauxlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/outside.h"

void zpl_help_find(lua_State *L, struct zpl_diag *diag, const char *path)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_world *world = host->world;
    char folder[ZPL_PATH_MAX], pattern[ZPL_PATH_MAX];
    const char *const *names = NULL;
    size_t count = 0;
    if (!world->files || zpl_path_dir(folder, path) != ZPL_OK || strpbrk(folder, "\\*?[]") ||
        zpl_path_join(pattern, strcmp(folder, ".") == 0 ? "" : folder, "*") != ZPL_OK ||
        world->files(world->resolve_self, pattern, &host->arena, &names, &count, NULL) != ZPL_OK)
        count = 0;
    if (zpl_text_nearest(path, names, count))
        zpl_host_nearest(L, diag, path, names, count);
    else
        zpl_host_help(L, diag, "paths in a program are relative to its project");
}

/* Has the word the ending of a script, and a name before it? */
static bool is_script(const char *word)
{
    static const char *const endings[] = {".R", ".awk", ".jl", ".lua", ".pl", ".py", ".sh", ".sql"};
    const char *dot = strrchr(word, '.');
    for (size_t i = 0; dot && dot > word && dot[-1] != '/' && i < sizeof endings / sizeof *endings;
         i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* Is the word made as a path in the project is, and not as an option, a pattern or a line for a shell? */
static bool is_plain(const char *word)
{
    for (const char *s = word; *s; s++)
        if ((unsigned char)*s < 0x80 && !isalnum((unsigned char)*s) && !strchr("_-+./", *s))
            return false;
    return *word && *word != '-' && *word != '/';
}

/* Does the word say a file that should be there?  A program is found by PATH; a path is one where its
 * folder is there, or where it ends as scripts do ("s/a/b/" is for sed). */
static bool wants_file(const struct zpl_world *world, const char *word, bool program)
{
    char folder[ZPL_PATH_MAX];
    bool path = strchr(word, '/') != NULL;
    if (!is_plain(word) || (program && !path))
        return false;
    return is_script(word) || (path && zpl_path_dir(folder, word) == ZPL_OK &&
                               world->has_folder(world->resolve_self, folder));
}

void zpl_check_command_word(lua_State *L, const char *word, bool program, struct zpl_site where)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_world *world = host->world;
    struct zpl_diags *diags = &host->program->diags;
    if (!world->has_file || !world->has_folder || !wants_file(world, word, program) ||
        world->has_file(world->resolve_self, word) || world->has_folder(world->resolve_self, word))
        return;
    const char *message =
        zpl_host_need(L, zpl_arena_printf(&host->arena, "there is no file '%s'", word));
    if (!zpl_diags_have(diags, ZPL_CODE_SOURCE_READ, where.span, message))
        zpl_help_find(L, zpl_diag_warn(diags, ZPL_CODE_SOURCE_READ, where.span, "%s", message),
                      word);
}

/* Is there a file or folder of the project at that path?  Tells when not. */
static bool check_declared(lua_State *L, const char *path, struct zpl_site where)
{
    const struct zpl_world *world = zpl_host_of(L)->world;
    if (world->outside && world->outside(world->resolve_self, path)) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_SOURCE_READ, where.span,
                                    "'%s' is outside of the project", path),
                      "a program reads files of its project, and what its params name");
        return false;
    }
    if (!world->has_file || world->has_file(world->resolve_self, path) || !world->has_folder ||
        world->has_folder(world->resolve_self, path))
        return true;
    zpl_help_find(
        L,
        zpl_host_tell(L, ZPL_CODE_SOURCE_READ, where.span, "there is no file or folder '%s'", path),
        path);
    return false;
}

const char *zpl_path_at(lua_State *L, int index)
{
    size_t len;
    const char *text = zpl_test_path(L, index, &len);
    if (!text && lua_type(L, index) == LUA_TSTRING)
        text = lua_tolstring(L, index, &len);
    return text && len > 0 && strlen(text) == len && zpl_utf8_valid(text, len) ? text : NULL;
}

/* Item `i` of the list on top; NULL: told, but for poison. */
static const struct zpl_literal *read_item(lua_State *L, size_t i, struct zpl_site list)
{
    struct zpl_site where = zpl_site_item(list, i);
    const struct zpl_literal *out = NULL;
    lua_rawgeti(L, -1, (lua_Integer)i);
    const struct zpl_value *value = zpl_test_value(L, -1);
    const char *path = zpl_path_at(L, -1);
    if (path && check_declared(L, path, where))
        out = zpl_host_need(L, zpl_literal_string(zpl_host_arena(L), path, strlen(path)));
    else if (!path && !(value && zpl_is_poison(value)))
        zpl_host_tell(L, ZPL_CODE_BODY, where.span, "files takes paths of files and folders");
    lua_pop(L, 1);
    return out;
}

/* Is what is on top a list?  Tells when not, but for poison. */
static bool is_list(lua_State *L, struct zpl_site where)
{
    size_t names = 0;
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (lua_type(L, -1) == LUA_TTABLE)
        zpl_site_names(L, -1, where, &names);
    if (lua_type(L, -1) == LUA_TTABLE && names == 0)
        return true;
    if (!value || !zpl_is_poison(value))
        zpl_host_help(L, zpl_host_tell(L, ZPL_CODE_BODY, where.span, "files takes a list of paths"),
                      "write `files = { \"lib/tools.py\", \"conf\" }`: files, and folders with all "
                      "that is in "
                      "them");
    return false;
}

bool zpl_read_files(lua_State *L, int index, struct zpl_site table, const struct zpl_literal **out)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_site where = zpl_site_field(table, "files");
    bool given = lua_getfield(L, index, "files") != LUA_TNIL;
    bool fine = !given || is_list(L, where);
    size_t count = given && fine ? lua_rawlen(L, -1) : 0;
    const struct zpl_literal **items =
        zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof(struct zpl_literal *)));
    for (size_t i = 0; i < count; i++)
        fine = (items[i] = read_item(L, i + 1, where)) && fine;
    lua_pop(L, 1);
    *out = fine && count > 0 ? zpl_host_need(L, zpl_literal_list(arena, items, count)) : NULL;
    return fine;
}
