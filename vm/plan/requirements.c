/* requirements.c - see requirements.h.   Floor: vm. */
#include "vm/plan/requirements.h"

#include <string.h>

#include "lang/base/fs.h"

static const char BLANKS[] = " \t\r";

/* Lists under way. */
struct requiring {
    struct zpl_plan *plan;
    struct zpl_span span;
    struct zpl_diags *diags;
    const char **paths;
    size_t count, capacity;
    const char *list; /* that is being read */
    size_t line;
};

static enum zpl_err read_list(struct requiring *r, const char *list);

static bool is_there(const struct requiring *r, const char *path)
{
    struct zpl_stat st;
    return zpl_project_look(&r->plan->session->project, path, &st);
}

/* Puts a path on the list; false: it stands there. */
static bool add(struct requiring *r, const char *path)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->paths[i], path) == 0)
            return false;
    r->paths = zpl_arena_grow(&r->plan->arena, r->paths, r->count, &r->capacity, sizeof *r->paths);
    path = zpl_arena_strdup(&r->plan->arena, path);
    if (r->paths == NULL || path == NULL)
        return false;
    r->paths[r->count++] = path;
    return true;
}

static enum zpl_err refuse(struct requiring *r, const char *word, const char *words,
                           const char *help)
{
    struct zpl_diag *diag = zpl_diag_add(r->diags, ZPL_CODE_PYTHON_ENV, r->span, "%s:%zu: '%s' %s",
                                         r->list, r->line, word, words);
    zpl_diag_help(r->diags, diag, "%s", help);
    return ZPL_ERR_STEP;
}

static enum zpl_err too_long(struct requiring *r, const char *word)
{
    return refuse(r, word, "is too long for a path", "name it by a shorter path");
}

/* Where a list or package stands: beside the list that names it, or in the project's folder, as `first` says. */
static enum zpl_err place(struct requiring *r, const char *word, bool beside_first, char *out)
{
    char folder[ZPL_PATH_MAX], beside[ZPL_PATH_MAX];
    if (zpl_path_dir(folder, r->list) != ZPL_OK || zpl_path_join(beside, folder, word) != ZPL_OK ||
        zpl_path_clean(beside, beside) != ZPL_OK || zpl_path_clean(out, word) != ZPL_OK)
        return too_long(r, word);
    const char *below = zpl_path_below(r->plan->session->project.root, out);
    if (below != NULL)
        memmove(out, below, strlen(below) + 1);
    else if (*out != '/' && (beside_first || (!is_there(r, out) && is_there(r, beside))))
        memcpy(out, beside, strlen(beside) + 1);
    if (is_there(r, out))
        return ZPL_OK;
    return refuse(r, word, "is not there", "put it there, or take the line out");
}

static enum zpl_err add_list(struct requiring *r, const char *word)
{
    char path[ZPL_PATH_MAX];
    const char *list = r->list;
    size_t line = r->line;
    if (strstr(word, "://") != NULL)
        return ZPL_OK;
    enum zpl_err err = place(r, word, true, path);
    if (err == ZPL_OK)
        err = read_list(r, path);
    r->list = list;
    r->line = line;
    return err;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

/* Does the word stand for a file or folder, not for the name of a package? */
static bool is_path(const char *word)
{
    static const char *const archives[] = {".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz", ".tar"};
    bool path = *word == '.' || strchr(word, '/') != NULL;
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++)
        path = path || ends_with(word, archives[i]);
    return path;
}

/* A package: "numpy>=2", "./here[extra]", "name @ file:///there". */
static enum zpl_err add_package(struct requiring *r, char *word)
{
    char path[ZPL_PATH_MAX];
    char *at = strchr(word, '@');
    char *end = strchr(word, ';');
    if (end != NULL && end > word && strchr(BLANKS, end[-1]) != NULL)
        *end = '\0';
    end = strstr(word, " --");
    if (end != NULL)
        *end = '\0';
    bool named = at != NULL && strcspn(word, "/:") > (size_t)(at - word);
    if (named)
        word = at + 1 + strspn(at + 1, BLANKS);
    for (size_t n = strlen(word); n > 0 && strchr(BLANKS, word[n - 1]) != NULL; n--)
        word[n - 1] = '\0';
    bool file = strncmp(word, "file:", 5) == 0;
    if (file)
        word += strncmp(word, "file://", 7) == 0 ? 7 : 5;
    if (!file && (strstr(word, "://") != NULL || !is_path(word)))
        return ZPL_OK;
    word[strcspn(word, "[#")] = '\0';
    enum zpl_err err = place(r, word, false, path);
    if (err == ZPL_OK)
        (void)add(r, path);
    return err;
}

/* What follows an option, as "-r x", "-rx", "--requirement=x"; NULL: it is another line. */
static char *option(char *line, const char *brief, const char *full)
{
    size_t n = strlen(full);
    if (strncmp(line, full, n) == 0 && (line[n] == '=' || strchr(BLANKS, line[n]) != NULL))
        return line + n + (line[n] == '=') + strspn(line + n + (line[n] == '='), BLANKS);
    n = strlen(brief);
    return strncmp(line, brief, n) == 0 && line[n] != '-' ? line + n + strspn(line + n, BLANKS)
                                                          : NULL;
}

static enum zpl_err take_line(struct requiring *r, char *line)
{
    char *word;
    if ((word = option(line, "-r", "--requirement")) != NULL ||
        (word = option(line, "-c", "--constraint")) != NULL)
        return add_list(r, word);
    if ((word = option(line, "-e", "--editable")) != NULL)
        return refuse(
            r, line, "leaves the code where it is, so it is no part of the environment",
            "write the path without -e: it is installed anew when a file in it changes; or "
            "leave it out and import it as a part of the project");
    if ((word = option(line, "-f", "--find-links")) != NULL)
        return strstr(word, "://") != NULL ? ZPL_OK : add_package(r, word);
    return *line == '-' || *line == '\0' ? ZPL_OK : add_package(r, line);
}

/* One line without its comment and the blanks around it, those behind a backslash joined to it; NULL: there is
 * none.  Written over. */
static char *next_line(struct requiring *r, char **rest)
{
    char *line = *rest, *out = line;
    if (line == NULL || *line == '\0')
        return NULL;
    for (bool joined = true; joined && *rest != NULL;) {
        char *end = strchr(*rest, '\n'), *from = *rest;
        size_t len = end != NULL ? (size_t)(end - from) : strlen(from);
        *rest = end != NULL ? end + 1 : NULL;
        r->line++;
        if (len > 0 && from[len - 1] == '\r')
            len--;
        joined = len > 0 && from[len - 1] == '\\' && *rest != NULL;
        len -= joined;
        memmove(out, from, len);
        out += len;
    }
    *out = '\0';
    char *comment = line;
    while (*comment != '\0' &&
           (*comment != '#' || (comment > line && strchr(BLANKS, comment[-1]) == NULL)))
        comment++;
    *comment = '\0';
    line += strspn(line, BLANKS);
    for (size_t n = strlen(line); n > 0 && strchr(BLANKS, line[n - 1]) != NULL; n--)
        line[n - 1] = '\0';
    return line;
}

static enum zpl_err read_list(struct requiring *r, const char *list)
{
    char full[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    if (!add(r, list))
        return zpl_arena_failed(&r->plan->arena) ? zpl_diag_nomem(r->diags) : ZPL_OK;
    if (r->count > ZPL_REQUIREMENTS_MAX)
        return refuse(r, list, "is one list too many", "put what is required into fewer files");
    r->list = r->paths[r->count - 1];
    r->line = 0;
    if (zpl_project_path(&r->plan->session->project, list, full) != ZPL_OK)
        return too_long(r, list);
    enum zpl_err err = zpl_fs_read_file(full, ZPL_MODULE_BYTES_MAX, &text, r->diags);
    char *rest =
        err == ZPL_OK ? zpl_arena_strndup(&r->plan->arena, zpl_buf_str(&text), text.len) : NULL;
    zpl_buf_release(&text);
    for (char *line; err == ZPL_OK && (line = next_line(r, &rest)) != NULL;)
        err = take_line(r, line);
    return err;
}

enum zpl_err zpl_requirements(struct zpl_plan *plan, const char *list, struct zpl_span span,
                              const char *const **out, size_t *count, struct zpl_diags *diags)
{
    struct requiring r = {.plan = plan, .span = span, .diags = diags, .list = list};
    enum zpl_err err = read_list(&r, list);
    *out = r.paths;
    *count = r.count;
    return err == ZPL_OK && zpl_arena_failed(&plan->arena) ? zpl_diag_nomem(diags) : err;
}
