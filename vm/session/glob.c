/* glob.c - files of a project by a pattern.  Part of project.h.   Floor: vm. */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fs.h"
#include "vm/session/project.h"
#include "vm/session/witness.h"

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The root, so that none of its characters means anything, and the pattern behind it. */
static enum zpl_err whole_pattern(const struct zpl_project *project, const char *pattern,
                                  struct zpl_buf *out)
{
    if (pattern[0] != '/') {
        for (const char *s = project->root; *s != '\0'; s++) {
            if (strchr("\\*?[]", *s) != NULL)
                zpl_buf_putc(out, '\\');
            zpl_buf_putc(out, *s);
        }
        zpl_buf_putc(out, '/');
    }
    zpl_buf_puts(out, pattern);
    return zpl_buf_error(out);
}

/* The regular files among the matches, as the program names them. */
static enum zpl_err keep(const struct zpl_project *project, const glob_t *found,
                         struct zpl_arena *arena, const char *const **paths, size_t *count)
{
    struct zpl_stat st;
    const char **kept = zpl_arena_array(arena, found->gl_pathc + 1, sizeof *kept);
    if (kept == NULL)
        return ZPL_ERR_NOMEM;
    for (size_t i = 0; i < found->gl_pathc; i++) {
        if (zpl_fs_stat(found->gl_pathv[i], &st, NULL) != ZPL_OK || !st.is_file)
            continue;
        if (*count == ZPL_FILES_MAX)
            return ZPL_ERR_LIMIT;
        kept[(*count)++] = zpl_arena_strdup(arena, zpl_project_show(project, found->gl_pathv[i]));
    }
    if (zpl_arena_failed(arena))
        return ZPL_ERR_NOMEM;
    qsort(kept, *count, sizeof *kept, by_bytes);
    *paths = kept;
    return ZPL_OK;
}

enum zpl_err zpl_project_files(const struct zpl_project *project, const char *pattern,
                               struct zpl_arena *arena, const char *const **paths, size_t *count,
                               struct zpl_diags *diags)
{
    struct zpl_buf whole = {0};
    glob_t found = {0};
    *count = 0;
    *paths = NULL;
    enum zpl_err err = whole_pattern(project, pattern, &whole);
    int code = err == ZPL_OK ? glob(zpl_buf_str(&whole), GLOB_NOSORT, NULL, &found) : GLOB_NOSPACE;
    if (code == 0)
        err = keep(project, &found, arena, paths, count);
    else if (code == GLOB_NOSPACE)
        err = ZPL_ERR_NOMEM;
    else
        err = code == GLOB_NOMATCH ? ZPL_OK : zpl_diag_system(diags, "list", pattern, EIO);
    if (err == ZPL_OK)
        zpl_witness_pattern(project->witness, pattern, *paths, *count);
    globfree(&found);
    zpl_buf_release(&whole);
    return err;
}

enum zpl_err zpl_project_sources(const struct zpl_project *project, const char *path,
                                 struct zpl_arena *arena, const char *const **paths, size_t *count,
                                 struct zpl_diags *diags)
{
    struct zpl_stat st;
    bool pattern = strpbrk(path, "*?[") != NULL && strstr(path, "://") == NULL;
    if (pattern && !(zpl_project_look(project, path, &st) && st.is_file))
        return zpl_project_files(project, path, arena, paths, count, diags);
    const char **only = zpl_arena_alloc(arena, sizeof *only);
    const char *copy = zpl_arena_strdup(arena, path);
    if (only == NULL || copy == NULL)
        return zpl_diag_nomem(diags);
    *only = copy;
    *paths = only;
    *count = 1;
    return ZPL_OK;
}
