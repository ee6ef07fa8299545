/* python_step.c - see python_step.h.   Floor: vm. */
#include "vm/plan/python_step.h"

#include <errno.h>
#include <string.h>

#include "lang/graph/body_kind.h"
#include "vm/plan/user_files.h"
#include "vm/session/source.h"

bool zpl_node_is_python(const struct zpl_node *node)
{
    return zpl_body_kind(node->kernel)->body == ZPL_BODY_PYTHON;
}

uint32_t zpl_node_workers(const struct zpl_node *node)
{
    return zpl_node_is_python(node) && node->resources.workers > 1 ? node->resources.workers : 1;
}

/* Is it a variable that the program gives the function, or passes on to it? */
static bool is_given(const struct zpl_json *body, const char *name)
{
    const struct zpl_json *pass = zpl_json_get(body, "pass");
    bool given = zpl_json_get(zpl_json_get(body, "vars"), name) != NULL;
    for (size_t i = 0; i < zpl_json_count(pass); i++)
        given = given || strcmp(zpl_json_str(zpl_json_at(pass, i), ""), name) == 0;
    return given;
}

/* Variables that let Python find modules where nobody looks for a key. */
static enum zpl_err refuse_ways(const struct zpl_node *node, const struct zpl_json *body,
                                struct zpl_diags *diags)
{
    static const char *const names[] = {"PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!is_given(body, names[i]))
            continue;
        struct zpl_diag *diag =
            zpl_diag_add(diags, ZPL_CODE_PYTHON_ENV, node->span,
                         "step %s is given %s: what it would find by that, its key does not know",
                         node->name, names[i]);
        zpl_diag_help(diags, diag,
                      "modules are found beside the step's file, in the project and among what is "
                      "installed for python3; `env = venv \"requirements.txt\"` gives it packages "
                      "of its own");
        return ZPL_ERR_STEP;
    }
    return ZPL_OK;
}

/* What the function is: its file ("steps/train.py:train"), or, of one of zpl's own, the modules that it imports
 * and the file by which what it is given was made. */
struct entry {
    const char *file;              /* NULL: no file of the project */
    struct zpl_python_closure own; /* names alone */
};

static enum zpl_err read_body(const struct zpl_node *node, struct zpl_arena *arena,
                              struct entry *out, struct zpl_diags *diags)
{
    struct zpl_json *body = NULL;
    *out = (struct entry){0};
    if (zpl_json_parse(node->body, strlen(node->body), &body, NULL) != ZPL_OK)
        return zpl_diag_nomem(diags);
    const struct zpl_json *own = zpl_json_get(body, "own");
    const char *where = zpl_json_str(zpl_json_get(body, "python"), "");
    const char *colon = strrchr(where, ':');
    const char *code = zpl_json_str(zpl_json_get(body, "code"), NULL);
    if (own == NULL)
        out->file = zpl_arena_strndup(arena, where,
                                      colon != NULL ? (size_t)(colon - where) : strlen(where));
    else if (code != NULL)
        out->file = zpl_arena_strdup(arena, code);
    out->own.name_capacity = zpl_json_count(own) + 1;
    out->own.names = zpl_arena_array(arena, out->own.name_capacity, sizeof *out->own.names);
    for (size_t i = 0; out->own.names != NULL && i < zpl_json_count(own); i++)
        out->own.names[out->own.name_count++] =
            zpl_arena_strdup(arena, zpl_json_str(zpl_json_at(own, i), ""));
    enum zpl_err err =
        zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : refuse_ways(node, body, diags);
    zpl_json_release(body);
    return err;
}

/* Where the environment of a list of requirements is: by the list, and by the Python that it is for. */
static const char *env_folder(struct zpl_plan *plan, const struct zpl_python_facts *facts,
                              const struct zpl_digest *requirements)
{
    struct zpl_hasher hasher;
    char hex[ZPL_HEX_SIZE];
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, "1", 1); /* how it is made */
    zpl_hasher_field(&hasher, requirements->b, sizeof requirements->b);
    zpl_hasher_field(&hasher, facts->version, strlen(facts->version));
    zpl_hasher_field(&hasher, facts->implementation, strlen(facts->implementation));
    struct zpl_digest name = zpl_hasher_final(&hasher);
    zpl_digest_hex(&name, hex);
    return zpl_arena_printf(&plan->arena, "%s/envs/%.16s", plan->session->project.home, hex);
}

/* What an environment is made of: the list alone by its content, else all files by name and content. */
static enum zpl_err digest_env(struct zpl_plan *plan, const char *list, struct zpl_span span,
                               struct zpl_digest *out, bool *local, struct zpl_diags *diags)
{
    struct zpl_user_files files;
    struct zpl_hasher hasher;
    char path[ZPL_PATH_MAX];
    uint64_t bytes;
    enum zpl_err err = zpl_user_files_of_env(plan, list, span, &files, diags);
    zpl_hasher_init(&hasher);
    for (size_t i = 0; err == ZPL_OK && i < files.count; i++) {
        if (zpl_project_path(&plan->session->project, files.items[i].path, path) != ZPL_OK)
            return zpl_diag_system(diags, "use", files.items[i].path, ENAMETOOLONG);
        err = zpl_source_digest(plan->session, path, out, &bytes, diags);
        zpl_hasher_text(&hasher, files.items[i].path);
        zpl_hasher_field(&hasher, out->b, sizeof out->b);
    }
    *local = files.count > 1;
    if (*local)
        *out = zpl_hasher_final(&hasher);
    return err;
}

/* The environment that the body names. */
static enum zpl_err find_env(struct zpl_plan *plan, const struct zpl_node *node,
                             struct zpl_python_step *out, struct zpl_diags *diags)
{
    struct zpl_json *body = NULL;
    char path[ZPL_PATH_MAX];
    struct zpl_digest digest;
    bool local = false;
    if (zpl_json_parse(node->body, strlen(node->body), &body, NULL) != ZPL_OK)
        return zpl_diag_nomem(diags);
    const char *name = zpl_json_str(zpl_json_get(body, "env"), NULL);
    enum zpl_err err = ZPL_OK;
    if (name != NULL && zpl_project_path(&plan->session->project, name, path) != ZPL_OK)
        err = zpl_diag_system(diags, "use", name, ENAMETOOLONG);
    else if (name != NULL)
        err = digest_env(plan, name, node->span, &digest, &local, diags);
    if (name != NULL && err == ZPL_OK) {
        struct zpl_python_env *env = zpl_arena_alloc(&plan->arena, sizeof *env);
        const char *folder = env_folder(plan, out->facts, &digest);
        const char *requirements = zpl_arena_strdup(&plan->arena, path);
        if (env == NULL || folder == NULL || requirements == NULL)
            err = zpl_diag_nomem(diags);
        else
            *env = (struct zpl_python_env){folder, requirements, local};
        out->env = env;
    }
    zpl_json_release(body);
    return err;
}

enum zpl_err zpl_python_step(struct zpl_plan *plan, const struct zpl_node *node,
                             struct zpl_python_step *out, struct zpl_diags *diags)
{
    *out = (struct zpl_python_step){0};
    struct entry entry;
    enum zpl_err err = read_body(node, &plan->arena, &entry, diags);
    if (err == ZPL_OK)
        err = zpl_python_need(plan->session, &out->facts, diags);
    struct zpl_python_closure closure = entry.own;
    if (err == ZPL_OK)
        err = zpl_python_own(plan->session, diags);
    if (err == ZPL_OK && entry.file != NULL)
        err = zpl_python_closure(plan->session, out->facts, entry.file, &closure, &plan->arena,
                                 diags);
    if (err == ZPL_OK)
        err = find_env(plan, node, out, diags);
    if (err == ZPL_OK && out->env == NULL)
        err = zpl_python_packages(plan->session, closure.names, closure.name_count, &out->packages,
                                  &out->package_count, diags);
    out->files = closure.files;
    out->file_count = closure.file_count;
    return err;
}

/* What its list of ingredients says; false: memory is out. */
static bool read_ingredients(struct zpl_plan *plan, const struct zpl_ingredients *list,
                             struct zpl_python_step *out)
{
    struct zpl_python_file *files = zpl_arena_array(&plan->arena, list->count + 1, sizeof *files);
    struct zpl_python_package *packages =
        zpl_arena_array(&plan->arena, list->count + 1, sizeof *packages);
    for (size_t i = 0; files != NULL && packages != NULL && i < list->count; i++) {
        const struct zpl_ingredient *item = &list->items[i];
        if (item->kind == ZPL_ING_MODULE)
            files[out->file_count++] = (struct zpl_python_file){item->name, item->value};
        else if (item->kind == ZPL_ING_PACKAGE && strcmp(item->name, "python") != 0)
            packages[out->package_count++] = (struct zpl_python_package){
                item->name, strcmp(item->value, ZPL_PYTHON_MISSING) != 0 ? item->value : NULL};
    }
    out->files = files;
    out->packages = packages;
    return files != NULL && packages != NULL;
}

enum zpl_err zpl_python_keyed(struct zpl_plan *plan, const struct zpl_node *node,
                              struct zpl_python_step *out, struct zpl_diags *diags)
{
    const struct zpl_step_plan *step = &plan->steps[node->id];
    if (!step->keyed)
        return zpl_python_step(plan, node, out, diags);
    *out = (struct zpl_python_step){0};
    enum zpl_err err = zpl_python_need(plan->session, &out->facts, diags);
    if (err == ZPL_OK)
        err = zpl_python_own(plan->session, diags);
    if (err == ZPL_OK)
        err = find_env(plan, node, out, diags);
    if (err == ZPL_OK && !read_ingredients(plan, &step->ingredients, out))
        err = zpl_diag_nomem(diags);
    return err;
}
