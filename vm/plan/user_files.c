/* user_files.c - the files that a step's body and arguments name.   Floor: vm. */
#include "vm/plan/user_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/graph/body_kind.h"
#include "stdlib/run.h"
#include "vm/plan/python_step.h"
#include "vm/plan/requirements.h"
#include "vm/session/witness.h"

/* What ends the name of a file within a word of a command. */
static const char SEPARATORS[] = " \t\r\n\"'`=:,;|&<>()";

struct collection {
    struct zpl_plan *plan;
    struct zpl_user_files *files;
    struct zpl_diags *diags;
    bool packages; /* are folders those of packages, in which installers leave what they build? */
};

bool zpl_argument_is_source(const struct zpl_node *node, const struct zpl_argument *argument)
{
    return node->source != NULL && strcmp(argument->name, "path") == 0;
}

#define NUMBERED "path."

bool zpl_user_file_is_numbered(const char *name)
{
    return strncmp(name, NUMBERED, strlen(NUMBERED)) == 0;
}

/* Both texts are in the arena, or NULL when it is out of memory. */
static void add_file(struct collection *c, const char *name, const char *path)
{
    struct zpl_user_files *files = c->files;
    files->items = zpl_arena_grow(&c->plan->arena, files->items, files->count, &files->capacity,
                                  sizeof *files->items);
    if (files->items != NULL && name != NULL && path != NULL)
        files->items[files->count++] = (struct zpl_user_file){name, path};
}

/* The files that one path of a source names. */
static enum zpl_err add_source_path(struct collection *c, const struct zpl_literal *path,
                                    const char *const **names, size_t *count)
{
    *count = 0;
    if (path == NULL || (path->kind != ZPL_LIT_PATH && path->kind != ZPL_LIT_STRING))
        ZPL_BUG("a source step without a path");
    return zpl_project_sources(&c->plan->session->project, path->as.str.s, &c->plan->arena, names,
                               count, c->diags);
}

/* The files that a source reads: one by the argument's name, several by their numbers, so that which of
 * them is which does not hang on how they are called. */
static enum zpl_err add_source(struct collection *c, const struct zpl_argument *argument)
{
    const struct zpl_literal *value = zpl_plan_value(c->plan, argument->value, &c->plan->arena);
    bool list = value != NULL && value->kind == ZPL_LIT_LIST;
    size_t paths = list ? value->as.list.count : 1, number = 0, count;
    const char *const *names;
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < paths; i++) {
        err = add_source_path(c, list ? value->as.list.items[i] : value, &names, &count);
        if (err == ZPL_OK && count == 0)
            err =
                zpl_diag_system(c->diags, "find",
                                list ? value->as.list.items[i]->as.str.s : value->as.str.s, ENOENT);
        bool alone = paths == 1 && count == 1;
        for (size_t k = 0; err == ZPL_OK && k < count; k++)
            add_file(c,
                     alone ? argument->name
                           : zpl_arena_printf(&c->plan->arena, NUMBERED "%06zu", ++number),
                     names[k]);
    }
    if (err == ZPL_ERR_LIMIT)
        return zpl_diag_system(c->diags, "list", argument->name, E2BIG);
    return err;
}

static int by_name(const void *a, const void *b)
{
    const struct zpl_user_file *x = a, *y = b;
    int names = strcmp(x->name, y->name);
    return names != 0 ? names : strcmp(x->path, y->path);
}

/* Each file once, in the order of their names: words, `files` and params may name the same. */
static void sort_files(struct zpl_user_files *files)
{
    size_t kept = 0;
    if (files->count == 0)
        return;
    qsort(files->items, files->count, sizeof *files->items, by_name);
    for (size_t i = 1; i < files->count; i++)
        if (by_name(&files->items[kept], &files->items[i]) != 0)
            files->items[++kept] = files->items[i];
    files->count = kept + 1;
}

static bool is_file(const struct zpl_plan *plan, const char *path)
{
    struct zpl_stat st;
    return zpl_project_look(&plan->session->project, path, &st) && st.is_file;
}

/* Is it relative, and does it stay in the project? */
static bool is_inside(const struct zpl_plan *plan, const char *path)
{
    const struct zpl_project *project = &plan->session->project;
    char full[ZPL_PATH_MAX];
    return path[0] != '/' && zpl_project_path(project, path, full) == ZPL_OK &&
           zpl_path_below(project->root, full) != NULL;
}

/* ---- folders ---- */

static enum zpl_err add_folder(struct collection *c, const char *folder, unsigned depth);

/* What stands at a path below a folder.  A link counts for the file it leads to; one to a folder is not
 * followed. */
static enum zpl_err add_entry(struct collection *c, const char *path, unsigned depth)
{
    char full[ZPL_PATH_MAX];
    struct stat st;
    if (path == NULL)
        return zpl_diag_nomem(c->diags);
    if (zpl_project_path(&c->plan->session->project, path, full) != ZPL_OK)
        return zpl_diag_system(c->diags, "use", path, ENAMETOOLONG);
    if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
        return add_folder(c, path, depth + 1);
    struct zpl_stat at = {0};
    if (zpl_project_look(&c->plan->session->project, path, &at) && at.is_file)
        add_file(c, path, path);
    else if (at.is_dir) /* a link: nobody notes whether it stays one */
        zpl_witness_lose(c->plan->session->project.witness);
    return ZPL_OK;
}

/* Is it what an installer leaves beside the text of a package? */
static bool is_built(const char *name)
{
    const char *end = strrchr(name, '.');
    return strcmp(name, "build") == 0 || strcmp(name, "dist") == 0 ||
           (end != NULL && strcmp(end, ".egg-info") == 0);
}

/* Every regular file of a folder, in the order of the names; what is hidden and what Python leaves
 * beside its modules are no part of it. */
static enum zpl_err add_folder(struct collection *c, const char *folder, unsigned depth)
{
    char **names;
    size_t count;
    if (depth > ZPL_TREE_DEPTH_MAX)
        return zpl_diag_system(c->diags, "read", folder, ENAMETOOLONG);
    enum zpl_err err = zpl_project_list(&c->plan->session->project, folder, &c->plan->arena, &names,
                                        &count, c->diags);
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    for (size_t i = 0; err == ZPL_OK && i < count; i++)
        if (names[i][0] != '.' && strcmp(names[i], "__pycache__") != 0 &&
            !(c->packages && is_built(names[i])))
            err = add_entry(c, zpl_arena_printf(&c->plan->arena, "%s%s%s", folder, slash, names[i]),
                            depth);
    return err;
}

/* ---- commands ---- */

/* A file that a part of a word names. */
static void add_part(struct collection *c, const char *word, size_t len)
{
    char part[ZPL_PATH_MAX];
    if (len == 0 || len >= sizeof part || memchr(word, '$', len) != NULL)
        return;
    memcpy(part, word, len);
    part[len] = '\0';
    if (!is_inside(c->plan, part) || !is_file(c->plan, part))
        return;
    const char *path = zpl_arena_strdup(&c->plan->arena, part);
    add_file(c, path, path);
}

/* The files that a word names: it is one, or has one in it ("--config=conf.json", a line for a shell).
 * What a shell would write to (behind >) is none of them. */
static void add_word(struct collection *c, const char *word)
{
    if (strchr(word, '$') == NULL && is_file(c->plan, word)) {
        word = zpl_arena_strdup(&c->plan->arena, word);
        add_file(c, word, word);
        return;
    }
    for (const char *s = word; *s != '\0';) {
        size_t between = strspn(s, SEPARATORS);
        bool written = memchr(s, '>', between) != NULL;
        s += between;
        size_t len = strcspn(s, SEPARATORS);
        if (!written)
            add_part(c, s, len);
        s += len;
    }
}

/* What the step declares by `files`: one that is gone is told where its content is asked for. */
static enum zpl_err add_declared(struct collection *c, const char *path)
{
    struct zpl_stat st;
    path = zpl_arena_strdup(&c->plan->arena, path);
    if (path == NULL)
        return zpl_diag_nomem(c->diags);
    if (zpl_project_look(&c->plan->session->project, path, &st) && st.is_dir)
        return add_folder(c, path, 0);
    add_file(c, path, path);
    return ZPL_OK;
}

/* A Path param of a program: a script, settings, or a folder of them. */
static enum zpl_err add_param(struct collection *c, const struct zpl_argument *argument)
{
    struct zpl_stat st;
    const struct zpl_literal *value = zpl_plan_value(c->plan, argument->value, &c->plan->arena);
    if (value == NULL || value->kind != ZPL_LIT_PATH ||
        !zpl_project_look(&c->plan->session->project, value->as.str.s, &st))
        return ZPL_OK;
    if (st.is_dir)
        return add_folder(c, value->as.str.s, 0);
    if (st.is_file)
        add_file(c, argument->name, value->as.str.s);
    return ZPL_OK;
}

/* What an environment is made of. */
static enum zpl_err add_env(struct collection *c, const char *list, struct zpl_span span)
{
    const char *const *paths;
    size_t count;
    enum zpl_err err = zpl_requirements(c->plan, list, span, &paths, &count, c->diags);
    c->packages = true;
    for (size_t i = 0; err == ZPL_OK && i < count; i++)
        err = add_declared(c, paths[i]);
    c->packages = false;
    return err;
}

enum zpl_err zpl_user_files_of_env(struct zpl_plan *plan, const char *list, struct zpl_span span,
                                   struct zpl_user_files *out, struct zpl_diags *diags)
{
    struct collection c = {.plan = plan, .files = out, .diags = diags};
    *out = (struct zpl_user_files){0};
    enum zpl_err err = add_env(&c, list, span);
    sort_files(out);
    return err;
}

/* Of a command the words too; Python's own files are modules (python.h). */
static enum zpl_err add_program(struct collection *c, const struct zpl_node *node)
{
    struct zpl_json *body = NULL;
    enum zpl_err err = ZPL_OK;
    if (zpl_json_parse(node->body, strlen(node->body), &body, NULL) != ZPL_OK)
        return zpl_diag_nomem(c->diags);
    const struct zpl_json *words = zpl_json_get(body, "command");
    const struct zpl_json *declared = zpl_json_get(body, "files");
    const char *env = zpl_json_str(zpl_json_get(body, "env"), NULL);
    for (size_t i = 0; i < zpl_json_count(words); i++)
        add_word(c, zpl_json_str(zpl_json_at(words, i), ""));
    if (env != NULL)
        err = add_env(c, env, node->span);
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(declared); i++)
        err = add_declared(c, zpl_json_str(zpl_json_at(declared, i), ""));
    zpl_json_release(body);
    for (size_t i = 0; err == ZPL_OK && i < node->argument_count; i++)
        err = add_param(c, &node->arguments[i]);
    return err;
}

enum zpl_err zpl_user_files(struct zpl_plan *plan, const struct zpl_node *node,
                            struct zpl_user_files *out, struct zpl_diags *diags)
{
    struct collection c = {.plan = plan, .files = out, .diags = diags};
    enum zpl_err err = ZPL_OK;
    *out = (struct zpl_user_files){0};
    for (size_t i = 0; err == ZPL_OK && i < node->argument_count; i++)
        if (zpl_argument_is_source(node, &node->arguments[i]))
            err = add_source(&c, &node->arguments[i]);
    if (zpl_body_kind(node->kernel)->body == ZPL_BODY_LIBRARY)
        add_file(&c, "kernel",
                 zpl_arena_strndup(&plan->arena, node->body,
                                   (size_t)(strrchr(node->body, ':') - node->body)));
    if (zpl_body_kind(node->kernel)->program)
        err = add_program(&c, node);
    sort_files(out);
    return err == ZPL_OK && zpl_arena_failed(&plan->arena) ? zpl_diag_nomem(diags) : err;
}

/* ---- what is read ---- */

/* Paths without links, collected. */
struct reading {
    struct zpl_plan *plan;
    const char **paths;
    size_t count, capacity;
    char root[ZPL_PATH_MAX]; /* of the project, without links */
    bool inside;             /* are those below it taken too? */
    size_t folders;          /* of the paths, the first ones: what is below them is taken by them */
};

static bool is_covered(const struct reading *r, const char *real)
{
    bool covered = false;
    for (size_t i = 0; !covered && i < r->folders; i++)
        covered = strcmp(r->paths[i], real) == 0 || zpl_path_below(r->paths[i], real) != NULL;
    return covered;
}

static void add_read(struct reading *r, const char *path)
{
    char full[ZPL_PATH_MAX], real[ZPL_PATH_MAX];
    if (zpl_project_path(&r->plan->session->project, path, full) != ZPL_OK ||
        realpath(full, real) == NULL || is_covered(r, real) ||
        (!r->inside && (strcmp(real, r->root) == 0 || zpl_path_below(r->root, real) != NULL)))
        return;
    r->paths = zpl_arena_grow(&r->plan->arena, r->paths, r->count, &r->capacity, sizeof *r->paths);
    if (r->paths != NULL)
        r->paths[r->count++] = zpl_arena_strdup(&r->plan->arena, real);
}

/* What `files` lists, folders as such. */
static void add_declared_read(struct reading *r, const char *body)
{
    struct zpl_json *json = NULL;
    if (zpl_json_parse(body, strlen(body), &json, NULL) != ZPL_OK)
        return;
    const struct zpl_json *declared = zpl_json_get(json, "files");
    for (size_t i = 0; i < zpl_json_count(declared); i++)
        add_read(r, zpl_json_str(zpl_json_at(declared, i), ""));
    zpl_json_release(json);
}

/* What Path params name, folders as such. */
static void add_params_read(struct reading *r, const struct zpl_node *node)
{
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_argument *argument = &node->arguments[i];
        const struct zpl_literal *value =
            zpl_argument_is_input(argument)
                ? NULL
                : zpl_plan_value(r->plan, argument->value, &r->plan->arena);
        if (value != NULL && value->kind == ZPL_LIT_PATH)
            add_read(r, value->as.str.s);
    }
}

/* The files of Python's that a function imports. */
static enum zpl_err add_modules_read(struct reading *r, const struct zpl_node *node,
                                     struct zpl_diags *diags)
{
    struct zpl_python_step step;
    enum zpl_err err = zpl_python_keyed(r->plan, node, &step, diags);
    for (size_t i = 0; err == ZPL_OK && i < step.file_count; i++)
        add_read(r, step.files[i].path);
    return err;
}

#define CODE "module.json"
#define ZIP_HEAD                                                                                   \
    30 /* bytes of a part of a zip before its name; numbers in them are little-endian */

static size_t zip_number(const unsigned char *head, size_t at, size_t len)
{
    size_t number = 0;
    for (size_t i = len; i > 0; i--)
        number = number << 8 | head[at + i - 1];
    return number;
}

/* The first part of an archive, if that is what says which code it needs and is not packed. */
static void read_archive_code(int fd, struct zpl_buf *out)
{
    unsigned char head[ZIP_HEAD + sizeof CODE - 1], piece[4096];
    size_t got, size;
    if (zpl_fs_read_all(fd, head, sizeof head, &got) != ZPL_OK || got < sizeof head ||
        memcmp(head, "PK\3\4", 4) != 0 || zip_number(head, 8, 2) != 0 ||
        zip_number(head, 26, 2) != strlen(CODE) || memcmp(head + ZIP_HEAD, CODE, strlen(CODE)) != 0)
        return;
    size = zip_number(head, 22, 4);
    if (size > ZPL_MESSAGE_MAX || lseek(fd, (off_t)zip_number(head, 28, 2), SEEK_CUR) < 0)
        return;
    for (; size > 0 && zpl_buf_error(out) == ZPL_OK; size -= got) {
        size_t want = size < sizeof piece ? size : sizeof piece;
        if (zpl_fs_read_all(fd, piece, want, &got) != ZPL_OK || got < want)
            return; /* it is torn, which is told by whoever is given it */
        zpl_buf_add(out, piece, got);
    }
}

/* What a model says of the code that it needs, in its folder or as the first part of its archive; empty: nothing. */
static enum zpl_err read_code(const char *model, struct zpl_buf *out, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    struct zpl_stat st;
    if (zpl_path_join(path, model, CODE) == ZPL_OK && zpl_fs_stat(path, &st, NULL) == ZPL_OK)
        return zpl_fs_read_file(path, ZPL_MESSAGE_MAX, out, diags);
    int fd = zpl_fs_open(model, O_RDONLY, 0);
    if (fd < 0)
        return ZPL_OK; /* a folder; who is given it tells of the rest */
    read_archive_code(fd, out);
    close(fd);
    return zpl_buf_error(out) == ZPL_OK ? ZPL_OK : zpl_diag_nomem(diags);
}

/* The files of the project that a model's classes are from, as it names them ("files": {PATH: IDENTITY}). */
static enum zpl_err add_code_read(struct reading *r, const char *model, struct zpl_diags *diags)
{
    struct zpl_buf text = {0};
    struct zpl_json *json = NULL;
    enum zpl_err err = read_code(model, &text, diags);
    if (err == ZPL_OK && zpl_json_parse(zpl_buf_str(&text), text.len, &json, NULL) == ZPL_OK) {
        const struct zpl_json *files = zpl_json_get(json, "files");
        for (size_t i = 0; i < zpl_json_count(files); i++)
            if (is_inside(r->plan, zpl_json_key_at(files, i)))
                add_read(r, zpl_json_key_at(files, i));
    }
    zpl_json_release(json);
    zpl_buf_release(&text);
    return err;
}

static enum zpl_err collect_read(struct reading *r, const struct zpl_node *node,
                                 const char *const **out, size_t *count, struct zpl_diags *diags)
{
    struct zpl_plan *plan = r->plan;
    struct zpl_user_files files = {0};
    enum zpl_err err = ZPL_OK;
    *out = NULL;
    *count = 0;
    if (node->body == NULL)
        return ZPL_OK;
    if (realpath(plan->session->project.root, r->root) == NULL)
        return zpl_diag_system(diags, "open", plan->session->project.root, errno);
    if (zpl_body_kind(node->kernel)->program)
        add_declared_read(r, node->body);
    add_params_read(r, node);
    r->folders = r->count;
    err = zpl_user_files(plan, node, &files, diags);
    for (size_t i = 0; i < files.count; i++)
        add_read(r, files.items[i].path);
    if (err == ZPL_OK && zpl_node_is_python(node))
        err = add_modules_read(r, node, diags);
    *out = r->paths;
    *count = r->count;
    return err == ZPL_OK && zpl_arena_failed(&plan->arena) ? zpl_diag_nomem(diags) : err;
}

enum zpl_err zpl_user_files_outside(struct zpl_plan *plan, const struct zpl_node *node,
                                    const char *const **out, size_t *count, struct zpl_diags *diags)
{
    struct reading r = {.plan = plan};
    return collect_read(&r, node, out, count, diags);
}

enum zpl_err zpl_user_files_known(struct zpl_plan *plan, const struct zpl_node *node,
                                  const struct zpl_run_input *inputs, size_t input_count,
                                  const char *const **out, size_t *count, struct zpl_diags *diags)
{
    struct reading r = {.plan = plan, .inside = true};
    enum zpl_err err = collect_read(&r, node, out, count, diags);
    for (size_t i = 0; err == ZPL_OK && i < input_count; i++)
        if (strncmp(inputs[i].type, "Model", strlen("Model")) == 0)
            err = add_code_read(&r, inputs[i].path, diags);
    *out = r.paths;
    *count = r.count;
    return err == ZPL_OK && zpl_arena_failed(&plan->arena) ? zpl_diag_nomem(diags) : err;
}
