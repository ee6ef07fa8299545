/* python = "steps/train.py:train": a function of Python as the body of a step. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/outside.h"
#include "lang/dsl/step.h"
#include "lang/graph/body_kind.h"

/* The function that the declaration names. */
struct naming {
    const char *text, *path, *name; /* arena texts */
    struct zpl_site where;
};

/* "steps/train.py" and "train" of the two; false: it is no such text (told), or absent. */
static bool read_name(lua_State *L, int index, struct zpl_site table, struct naming *out)
{
    struct zpl_site where = zpl_site_field(table, "python");
    const char *text = zpl_text_field(L, index, table, "python");
    const char *colon = text ? strrchr(text, ':') : NULL;
    if (!text)
        return false;
    if (!colon || colon == text || !zpl_text_is_name(colon + 1)) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BODY, where.span, "python names a file and a function in it");
        zpl_host_help(L, diag, "write `python = \"steps/train.py:train\"`");
        return false;
    }
    *out = (struct naming){.text = text,
                           .path = zpl_host_need(L, zpl_arena_strndup(zpl_host_arena(L), text,
                                                                      (size_t)(colon - text))),
                           .name = colon + 1,
                           .where = where};
    return true;
}

/* Is the file there, inside of the project?  Tells when not. */
static bool check_file(lua_State *L, const struct naming *naming)
{
    const struct zpl_world *world = zpl_host_of(L)->world;
    struct zpl_span span = zpl_site_inside(naming->where, 0, strlen(naming->path));
    if (world->outside && world->outside(world->resolve_self, naming->path)) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_SOURCE_READ, span, "'%s' is outside of the project",
                                    naming->path),
                      "a program runs Python of its project; what others share is a package that "
                      "is installed");
        return false;
    }
    if (!world->has_file || world->has_file(world->resolve_self, naming->path))
        return true;
    zpl_help_find(
        L, zpl_host_tell(L, ZPL_CODE_SOURCE_READ, span, "there is no file '%s'", naming->path),
        naming->path);
    return false;
}

/* What the file says of the function; *fine is false when it has none such (told).  NULL: nobody knows. */
static const struct zpl_function *ask(lua_State *L, const struct naming *naming, bool *fine)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_world *world = host->world;
    const struct zpl_function *f = NULL;
    int64_t before_ns = zpl_host_engine_ns(host);
    *fine = true;
    if (!world->function)
        return NULL;
    enum zpl_err err = world->function(world->resolve_self, naming->path, naming->name,
                                       zpl_host_arena(L), &f, &host->program->diags);
    zpl_host_forgive(L, zpl_host_call(L), before_ns);
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (err != ZPL_OK || !f)
        return NULL;
    if (f->warning)
        zpl_diag_warn(&host->program->diags, ZPL_CODE_PYTHON, naming->where.span, "%s", f->warning);
    if (!f->error)
        return f;
    *fine = false;
    size_t at = strlen(naming->path) + 1;
    const char *words =
        zpl_host_need(L, zpl_arena_printf(zpl_host_arena(L), "%s %s", naming->path, f->error));
    if (f->error_line && zpl_diags_have_anywhere(&host->program->diags, ZPL_CODE_PYTHON, words))
        return NULL; /* of the file, whichever of its functions a step names */
    struct zpl_diag *diag = zpl_host_tell(
        L, ZPL_CODE_PYTHON, zpl_site_inside(naming->where, at, strlen(naming->name)), "%s", words);
    if (diag && f->error_line)
        zpl_diag_note(&host->program->diags, diag, (struct zpl_span){0}, "%s:%u:%u", naming->path,
                      f->error_line, f->error_column);
    if (f->candidate_count > 0)
        zpl_host_nearest(L, diag, naming->name, f->candidates, f->candidate_count);
    return NULL;
}

/* venv "requirements.txt": what `env` of a Python step takes. */
static int name_venv(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site where = zpl_site_arguments(zpl_host_call(L));
    const char *path = zpl_path_at(L, 1);
    if (!path) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BODY, where.span,
                                    "venv takes the path of a file of requirements"),
                      "write `env = venv \"requirements.txt\"`");
        return zpl_push_poison(L);
    }
    struct zpl_word *word = zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *word));
    *word = (struct zpl_word){.name = "venv",
                              .requirements =
                                  zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), path)),
                              .options = LUA_NOREF};
    zpl_push_word(L, word);
    return 1;
}

void zpl_offer_bodies(lua_State *L)
{
    lua_pushcfunction(L, name_venv);
    lua_setfield(L, -2, "venv");
}

/* The file of `env = venv "requirements.txt"`, NULL when there is none.  False: it is wrong (told, but for
 * poison). */
static bool read_env(lua_State *L, int index, struct zpl_site table, const char **out)
{
    struct zpl_site where = zpl_site_field(table, "env");
    *out = NULL;
    bool absent = lua_getfield(L, index, "env") == LUA_TNIL;
    const struct zpl_word *word = zpl_test_word(L, -1);
    const struct zpl_value *value = zpl_test_value(L, -1);
    lua_pop(L, 1);
    if (absent)
        return true;
    if (!word || !word->requirements) {
        if (!value || !zpl_is_poison(value))
            zpl_host_help(L,
                          zpl_host_tell(L, ZPL_CODE_BODY, where.span, "env takes an environment"),
                          "write `env = venv \"requirements.txt\"`");
        return false;
    }
    *out = word->requirements;
    const struct naming file = {.path = word->requirements, .where = {.span = where.span}};
    return check_file(L, &file);
}

const char *zpl_python_signature(lua_State *L, int index, struct zpl_site table,
                                 struct zpl_site *where)
{
    struct naming naming;
    bool fine;
    if (!read_name(L, index, table, &naming) || !check_file(L, &naming))
        return NULL;
    *where = (struct zpl_site){.span = naming.where.span}; /* the signature is not written there */
    const struct zpl_function *f = ask(L, &naming, &fine);
    if (f && f->signature)
        return f->signature;
    if (!fine)
        return NULL;
    struct zpl_diag *diag = zpl_host_tell(
        L, ZPL_CODE_PYTHON, naming.where.span,
        "the step has no signature, and its function gives none: %s() %s", naming.name,
        f && f->unsigned_why ? f->unsigned_why : "could not be looked at");
    zpl_host_help(L, diag,
                  "add `signature = \"(rows: Table {...r}) -> (score: Float)\"` to the step, or "
                  "annotate every parameter and what is returned");
    return NULL;
}

const char *zpl_read_python(lua_State *L, int index, struct zpl_site table,
                            const struct zpl_signature *signature)
{
    struct zpl_outside outside;
    struct zpl_host *host = zpl_host_of(L);
    struct naming naming;
    bool fine = zpl_read_outside(L, index, table, &outside);
    fine = read_env(L, index, table, &outside.requirements) && fine;
    fine = read_name(L, index, table, &naming) && check_file(L, &naming) && fine;
    if (!fine)
        return NULL;
    const struct zpl_function *f = ask(L, &naming, &fine);
    if (!fine)
        return NULL;
    const struct zpl_function_use use = {.path = naming.path,
                                         .name = naming.name,
                                         .function = f,
                                         .signature = signature,
                                         .where = naming.where.span};
    if (f && !zpl_check_function(&use, &host->arena, &host->program->diags))
        return NULL;
    return zpl_outside_body(L, &outside, "python", zpl_json_string(naming.text));
}

/* The body of the step in Python that made it; NULL: another did, or nobody knows. */
static struct zpl_json *body_of_maker(lua_State *L, const struct zpl_value *model)
{
    struct zpl_json *made = NULL;
    if (!model || model->kind != ZPL_VALUE_REF)
        return NULL;
    const struct zpl_node *maker = &zpl_host_of(L)->program->graph.nodes[model->ref.node];
    if (!maker->body || zpl_body_kind(maker->kernel)->body != ZPL_BODY_PYTHON ||
        zpl_json_parse(maker->body, strlen(maker->body), &made, NULL) != ZPL_OK)
        return NULL;
    return made;
}

/* What the call runs: the modules for the framework, and where its models are made again by code of the project, the
 * file of that. */
static struct zpl_json *choose_framework(const struct zpl_json *all, const char *framework,
                                         const struct zpl_json *maker)
{
    struct zpl_json *out = zpl_json_object();
    const struct zpl_json *own = zpl_json_get(zpl_json_get(all, "own"), framework);
    const struct zpl_json *by_code = zpl_json_get(all, "code");
    const char *function = zpl_json_str(zpl_json_get(maker, "python"), "");
    const char *colon = strrchr(function, ':');
    zpl_json_set_take(out, "own", own ? zpl_json_ref(own) : zpl_json_array());
    for (size_t i = 0; colon && i < zpl_json_count(by_code); i++)
        if (strcmp(zpl_json_str(zpl_json_at(by_code, i), ""), framework) == 0)
            zpl_json_set_take(out, "code", zpl_json_stringn(function, (size_t)(colon - function)));
    zpl_json_set_take(out, "python",
                      zpl_json_string(zpl_json_str(zpl_json_get(all, "python"), "")));
    zpl_json_set_take(out, "pass", zpl_json_array());
    zpl_json_set_take(out, "vars", zpl_json_object());
    return out;
}

const char *zpl_own_body(lua_State *L, int index, struct zpl_site table, const char *body,
                         const struct zpl_value *model)
{
    struct zpl_json *all = NULL;
    struct zpl_buf text = {0};
    const char *given = NULL, *out = NULL;
    const char *framework = model && model->type ? model->type->framework : NULL;
    if (index && !read_env(L, index, table, &given))
        return NULL;
    if (zpl_json_parse(body, strlen(body), &all, NULL) != ZPL_OK)
        zpl_host_no_memory(L);
    struct zpl_json *maker = body_of_maker(L, model);
    struct zpl_json *chosen = choose_framework(all, framework ? framework : "", maker);
    const char *env = given ? given : zpl_json_str(zpl_json_get(maker, "env"), NULL);
    if (env)
        zpl_json_set_take(chosen, "env", zpl_json_string(env));
    if (zpl_json_write(chosen, false, &text) == ZPL_OK)
        out = zpl_arena_strdup(zpl_host_arena(L), zpl_buf_str(&text));
    zpl_json_release(chosen);
    zpl_json_release(maker);
    zpl_json_release(all);
    zpl_buf_release(&text);
    return zpl_host_need(L, out);
}
