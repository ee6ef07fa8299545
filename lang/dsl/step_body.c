/* The body of a step that a program declares: `sql`, `lua`, `python`, `command` or `kernel`. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/declare.h"
#include "lang/graph/body_kind.h"

static bool has_field(lua_State *L, int index, const char *name)
{
    bool there = lua_getfield(L, index, name) != LUA_TNIL;
    lua_pop(L, 1);
    return there;
}

/* Is a body there under a misspelt name? */
static bool means_body(lua_State *L, int index)
{
    const struct zpl_body_kind *kind;
    for (size_t i = 0; (kind = zpl_body_kind_at(i)) != NULL; i++)
        if (zpl_step_means(L, index, kind->field))
            return true;
    return false;
}

/* The kind of the one body that the table has; NULL: none, or several (told). */
static const struct zpl_body_kind *find_body(lua_State *L, int index, struct zpl_site table,
                                             struct zpl_span name)
{
    const struct zpl_body_kind *found = NULL, *kind;
    for (size_t i = 0; (kind = zpl_body_kind_at(i)) != NULL; i++) {
        if (!has_field(L, index, kind->field))
            continue;
        if (found) {
            zpl_host_tell(L, ZPL_CODE_BODY, zpl_site_key(table, kind->field),
                          "a step has one body; this one has %s and %s", found->field, kind->field);
            return NULL;
        }
        found = kind;
    }
    if (!found && !means_body(L, index)) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BODY, name, "the step has no body");
        zpl_host_help(L, diag,
                      "add `sql = [[ SELECT … ]]`, `lua = function (t) … end`, `python = "
                      "\"file.py:function\"`, or `command = { \"program\", \"$rows\" }`");
    }
    return found;
}

/* Fields of bodies that reach outside. */
static void check_outside(lua_State *L, int index, struct zpl_site table,
                          const struct zpl_body_kind *kind)
{
    bool python = kind->body == ZPL_BODY_PYTHON;
    static const char *const outside[] = {"allow_pickle", "env",     "files",
                                          "network",      "secrets", "vars"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        if (!has_field(L, index, outside[i]))
            continue;
        struct zpl_span span = zpl_site_key(table, outside[i]);
        if (!kind->program)
            zpl_host_tell(L, ZPL_CODE_BODY, span,
                          "%s is for steps with a command or Python body; a %s body reaches "
                          "nothing outside",
                          outside[i], kind->field);
        else if (strcmp(outside[i], "allow_pickle") == 0 && !python)
            zpl_host_tell(L, ZPL_CODE_BODY, span,
                          "allow_pickle is for steps with a Python body: a %s keeps no models of "
                          "Python's",
                          kind->field);
        else if ((strcmp(outside[i], "env") == 0 && !python) || strcmp(outside[i], "secrets") == 0)
            zpl_host_tell(
                L, ZPL_CODE_BODY, span,
                "this version of zpl runs %s without `%s`: they see this machine as it is, and the "
                "variables that `vars` names",
                python ? "Python steps" : "commands", outside[i]);
    }
}

static bool read_sql(lua_State *L, int index, struct zpl_site table, struct zpl_step_def *step)
{
    struct zpl_site where = zpl_site_field(table, "sql");
    step->body = zpl_text_field(L, index, table, "sql");
    step->literal = where;
    if (where.node && where.unit->tree->nodes[where.node].kind != ZPL_NODE_STRING)
        step->literal.node = 0;
    return step->body != NULL;
}

/* Tells a table of which a function would have to give columns that nobody has named. */
static bool has_open_output(lua_State *L, const struct zpl_signature *signature,
                            struct zpl_span span)
{
    for (size_t i = 0; signature && i < signature->output_count; i++) {
        const struct zpl_field *output = &signature->outputs[i];
        if (output->type->kind != ZPL_TABLE || (output->type->row && !output->type->row->open))
            continue;
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BODY, span,
                          "a lua body gives the columns that its output names, and '%s' is %s",
                          output->name, zpl_type_text(output->type, true, &zpl_host_of(L)->arena));
        zpl_host_help(
            L, diag,
            "name all of them: `Table {a: Int, b: Float}`; `...r` passes those of an input on");
        return true;
    }
    return false;
}

static bool read_lua(lua_State *L, int index, struct zpl_site table,
                     const struct zpl_signature *signature, struct zpl_step_def *step)
{
    struct zpl_site where = zpl_site_field(table, "lua");
    if (lua_getfield(L, index, "lua") != LUA_TFUNCTION) {
        zpl_host_tell(L, ZPL_CODE_BODY, where.span, "lua takes a function");
        return false;
    }
    if (has_open_output(L, signature, zpl_site_key(table, "lua")))
        return false;
    step->function = where;
    step->lua = luaL_ref(L, LUA_REGISTRYINDEX);
    /* A text of its own, by which zpl_capture_bodies() finds the nodes that wait for the image. */
    step->body = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), ""));
    return true;
}

/* kernel = "path.so:name" */
static bool read_kernel(lua_State *L, int index, struct zpl_site table, struct zpl_step_def *step)
{
    const char *text = zpl_text_field(L, index, table, "kernel");
    struct zpl_site where = zpl_site_field(table, "kernel");
    const char *colon = text ? strrchr(text, ':') : NULL;
    if (!text)
        return false;
    if (!colon || colon == text || !zpl_text_is_name(colon + 1)) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BODY, where.span,
                                              "kernel names a library and a kernel in it");
        zpl_host_help(L, diag,
                      "write `kernel = \"kernels/mine.so:name\"`; the library defines it by "
                      "ZPL_KERNEL(name)");
        return false;
    }
    const struct zpl_world *world = zpl_host_of(L)->world;
    const char *path =
        zpl_host_need(L, zpl_arena_strndup(zpl_host_arena(L), text, (size_t)(colon - text)));
    if (world->has_file && !world->has_file(world->resolve_self, path)) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_SOURCE_READ,
                                    zpl_site_inside(where, 0, (size_t)(colon - text)),
                                    "there is no library '%s'", path),
                      "paths in a program are relative to its project");
        return false;
    }
    step->body = text;
    return true;
}

bool zpl_read_body(lua_State *L, int index, struct zpl_site table, struct zpl_span name,
                   const struct zpl_signature *signature, struct zpl_step_def *step)
{
    const struct zpl_body_kind *kind = find_body(L, index, table, name);
    if (!kind)
        return false;
    step->kernel = kind->kernel;
    check_outside(L, index, table, kind);
    switch (kind->body) {
    case ZPL_BODY_SQL:
        return read_sql(L, index, table, step);
    case ZPL_BODY_LUA:
        return read_lua(L, index, table, signature, step);
    case ZPL_BODY_LIBRARY:
        return read_kernel(L, index, table, step);
    case ZPL_BODY_COMMAND:
        return signature && (step->body = zpl_read_command(L, index, table, signature)) != NULL;
    default:
        step->body = signature ? zpl_read_python(L, index, table, signature) : NULL;
        if (!step->body)
            step->body = ""; /* told; what follows is checked by the signature */
        return signature != NULL;
    }
}
