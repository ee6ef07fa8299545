/* project.c - file, project folder, state.   Floor: vm. */
#include "vm/session/project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/check/call.h"
#include "vm/session/witness.h"

/* Copies a path that is known to fit. */
static void put(char *out, const char *path)
{
    memcpy(out, path, strlen(path) + 1);
}

/* path made absolute against the working directory and cleaned. */
static enum zpl_err absolute(const char *path, char *out, struct zpl_diags *diags)
{
    char cwd[ZPL_PATH_MAX] = "";
    char joined[ZPL_PATH_MAX];
    if (path[0] != '/' && getcwd(cwd, sizeof cwd) == NULL)
        return zpl_diag_system(diags, "find", "the working directory", errno);
    if (zpl_path_join(joined, cwd, path) != ZPL_OK || zpl_path_clean(out, joined) != ZPL_OK)
        return zpl_diag_system(diags, "use", path, ENAMETOOLONG);
    return ZPL_OK;
}

/* The nearest folder upward of `dir` that holds project.zpl, else `dir`. */
static enum zpl_err find_root(const char *dir, char *root, struct zpl_diags *diags)
{
    char folder[ZPL_PATH_MAX];
    char marker[ZPL_PATH_MAX];
    struct zpl_stat st;
    put(root, dir);
    put(folder, dir);
    for (;;) {
        if (zpl_path_join(marker, folder, "project.zpl") != ZPL_OK)
            return zpl_diag_system(diags, "use", folder, ENAMETOOLONG);
        if (zpl_fs_stat(marker, &st, NULL) == ZPL_OK && st.is_file) {
            put(root, folder);
            return ZPL_OK;
        }
        if (strcmp(folder, "/") == 0)
            return ZPL_OK;
        char up[ZPL_PATH_MAX];
        if (zpl_path_dir(up, folder) != ZPL_OK)
            return ZPL_OK;
        put(folder, up);
    }
}

static bool ends_in(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n > m && strcasecmp(text + n - m, ending) == 0;
}

/* The program in the folder whose name is the nearest one to that of the file, or, of a folder, one that is
 * in it; as it is typed.  NULL: there is none. */
static const char *near_program(const char *file, bool folder, struct zpl_arena *arena)
{
    char dir[ZPL_PATH_MAX], path[ZPL_PATH_MAX];
    char **names;
    size_t count, programs = 0;
    const char *slash = strrchr(file, '/'), *base = slash != NULL ? slash + 1 : file;
    struct zpl_diags quiet = {0};
    if (folder)
        put(dir, file);
    else if (zpl_path_dir(dir, file) != ZPL_OK)
        return NULL;
    enum zpl_err err = zpl_fs_list(dir[0] != '\0' ? dir : ".", arena, &names, &count, &quiet);
    zpl_diags_release(&quiet);
    const char **found = err == ZPL_OK ? zpl_arena_array(arena, count + 1, sizeof *found) : NULL;
    for (size_t i = 0; found != NULL && i < count; i++)
        if (ends_in(names[i], ".zpl") && strcmp(names[i], "project.zpl") != 0)
            found[programs++] = names[i];
    if (programs == 0)
        return NULL;
    const char *whole = ends_in(base, ".zpl") ? base : zpl_arena_printf(arena, "%s.zpl", base);
    const char *near = folder          ? found[0]
                       : whole != NULL ? zpl_text_nearest(whole, found, programs)
                                       : NULL;
    if (near == NULL || (!folder && slash == NULL))
        return near;
    return zpl_path_join(path, dir, near) == ZPL_OK ? zpl_arena_strdup(arena, path) : NULL;
}

/* Told when there is no such file, or a folder: with what to type instead. */
static enum zpl_err no_file(const char *file, bool folder, struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    struct zpl_arena arena = {0};
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_SYSTEM, nowhere,
                     folder ? "'%s' is a folder, not a program" : "there is no file '%s'", file);
    const char *near = near_program(file, folder, &arena);
    if (near != NULL)
        zpl_diag_help(diags, diag, "did you mean '%s'?", near);
    else
        zpl_diag_help(diags, diag, "name a .zpl file; `ls *.zpl` lists those of this folder");
    zpl_arena_release(&arena);
    return ZPL_ERR_NOT_FOUND;
}

/* Is it a file of data, or of another language?  Told: its text would only be wrong. */
static enum zpl_err refuse_other(const char *file, struct zpl_diags *diags)
{
    static const char *const others[] = {".py", ".ipynb", ".sql"};
    const char *step = zpl_source_step(file);
    bool other = step != NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        other = other || ends_in(file, others[i]);
    if (!other)
        return ZPL_OK;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_SYSTEM, (struct zpl_span){0},
                     "'%s' is no program of zpl: their names end in .zpl", file);
    if (step != NULL)
        zpl_diag_help(diags, diag, "a program reads it: local rows = %s \"%s\"", step, file);
    return ZPL_ERR_USAGE;
}

/* Fills file and name, and *dir: the folder the file is in. */
static enum zpl_err open_file(const char *file, struct zpl_project *out, char *dir,
                              struct zpl_diags *diags)
{
    struct zpl_stat st = {0};
    if (strlen(file) >= ZPL_PATH_MAX)
        return zpl_diag_system(diags, "use", file, ENAMETOOLONG);
    enum zpl_err err = absolute(file, out->file, diags);
    if (err == ZPL_OK)
        err = zpl_fs_stat(out->file, &st, diags);
    if (err == ZPL_ERR_NOT_FOUND || st.is_dir)
        return no_file(file, st.is_dir, diags);
    if (err == ZPL_OK)
        err = refuse_other(file, diags);
    put(out->name, file);
    if (err == ZPL_OK && zpl_path_dir(dir, out->file) != ZPL_OK)
        err = zpl_diag_system(diags, "use", file, ENAMETOOLONG);
    return err;
}

/* File, root, home. */
enum zpl_err zpl_project_open(const char *file, struct zpl_project *out, struct zpl_diags *diags)
{
    char dir[ZPL_PATH_MAX];
    const char *home = getenv("ZPL_HOME");
    enum zpl_err err;
    memset(out, 0, sizeof *out);
    err = file != NULL ? open_file(file, out, dir, diags) : absolute(".", dir, diags);
    if (err == ZPL_OK)
        err = find_root(dir, out->root, diags);
    if (err != ZPL_OK)
        return err;
    if (file != NULL) {
        const char *relative = zpl_path_below(out->root, out->file);
        put(out->relative, relative != NULL ? relative : out->file);
    }
    if (home != NULL && home[0] != '\0')
        return absolute(home, out->home, diags);
    if (zpl_path_join(out->home, out->root, ".zpl") != ZPL_OK)
        return zpl_diag_system(diags, "use", out->root, ENAMETOOLONG);
    return ZPL_OK;
}

/* As the system opens it. */
enum zpl_err zpl_project_path(const struct zpl_project *project, const char *path, char *out)
{
    char joined[ZPL_PATH_MAX];
    if (strstr(path, "://") != NULL) {
        if (strlen(path) >= ZPL_PATH_MAX)
            return ZPL_ERR_LIMIT;
        put(out, path);
        return ZPL_OK;
    }
    enum zpl_err err = zpl_path_join(joined, project->root, path);
    return err == ZPL_OK ? zpl_path_clean(out, joined) : err;
}

bool zpl_project_look(const struct zpl_project *project, const char *path, struct zpl_stat *st)
{
    char full[ZPL_PATH_MAX];
    if (*path == '\0' || zpl_project_path(project, path, full) != ZPL_OK)
        return false;
    bool there = zpl_fs_stat(full, st, NULL) == ZPL_OK;
    zpl_witness_place(project->witness, full, there ? st : NULL);
    return there;
}

enum zpl_err zpl_project_list(const struct zpl_project *project, const char *folder,
                              struct zpl_arena *arena, char ***names, size_t *count,
                              struct zpl_diags *diags)
{
    char full[ZPL_PATH_MAX];
    if (zpl_project_path(project, folder, full) != ZPL_OK)
        return zpl_diag_system(diags, "read", folder, ENAMETOOLONG);
    enum zpl_err err = zpl_fs_list(full, arena, names, count, diags);
    if (err == ZPL_OK)
        zpl_witness_folder(project->witness, full, *names, *count);
    return err;
}

/* From the command line's point of view to the project's. */
enum zpl_err zpl_project_adopt(const struct zpl_project *project, const char *typed, char *out)
{
    char full[ZPL_PATH_MAX];
    if (strstr(typed, "://") != NULL) {
        if (strlen(typed) >= ZPL_PATH_MAX)
            return ZPL_ERR_LIMIT;
        put(out, typed);
        return ZPL_OK;
    }
    enum zpl_err err = absolute(typed, full, NULL);
    if (err != ZPL_OK)
        return err;
    const char *relative = zpl_path_below(project->root, full);
    put(out, relative != NULL ? relative : full);
    return ZPL_OK;
}

const char *zpl_project_show(const struct zpl_project *project, const char *path)
{
    const char *relative = zpl_path_below(project->root, path);
    return relative != NULL ? relative : path;
}
