/* project.c - file, project folder, state.   Floor: vm. */
#include "vm/project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "vm/witness.h"

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

/* Told when there is no such file, or a folder: with what to type instead. */
static enum zpl_err no_file(const char *file, bool folder, struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_SYSTEM, nowhere,
                     folder ? "'%s' is a folder, not a program" : "there is no file '%s'", file);
    size_t n = strlen(file);
    if (!folder && (n < 4 || strcmp(file + n - 4, ".zpl") != 0))
        zpl_diag_help(diags, diag, "a program's name ends in .zpl: did you mean '%s.zpl'?", file);
    else
        zpl_diag_help(diags, diag, "name a .zpl file; `ls *.zpl` lists those of this folder");
    return ZPL_ERR_NOT_FOUND;
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
