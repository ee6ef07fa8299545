#include "lang/dsl/params.h"
#include "lang/dsl/slot.h"
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"

const struct zpl_type *zpl_param_type(lua_State *L, const char *name, struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    const struct zpl_type *type = zpl_test_type(L, -1);
    if (type && type->kind == ZPL_STEP)
        return type;
    if (type && type->kind == ZPL_SECRET) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                                              "param '%s' can't be a secret: the values of params "
                                              "are kept with every run",
                                              name);
        zpl_host_help(L, diag, "let the step read it from its environment: secret \"NAME\"");
        return NULL;
    }
    if (type && (zpl_kind_is_scalar(type->kind) || type->kind == ZPL_LIST))
        return type;
    if (type && type->kind == ZPL_UNKNOWN)
        return NULL;
    if (type || lua_type(L, -1) == LUA_TFUNCTION || zpl_test_step(L, -1)) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span, "param '%s' can't be a %s", name,
                          type ? zpl_kind_name(type->kind) : luaL_typename(L, -1));
        zpl_host_help(L, diag, "a param is a scalar, an Enum or a List of them");
        return NULL;
    }
    const struct zpl_literal *literal = zpl_read_literal(L, -1, where);
    if (!literal)
        return NULL;
    const struct zpl_type *natural = zpl_host_need(L, zpl_literal_natural_type(arena, literal));
    struct zpl_refine refine = {.fallback = literal};
    return zpl_host_need(L, zpl_type_refined(arena, natural, &refine));
}

/* The text given for a param; false when none was.  A flag without text reads as "true". */
static bool find_given(struct zpl_host *host, const char *name, const char **text)
{
    for (size_t i = 0; i < host->request->given_count; i++) {
        if (strcmp(host->request->given[i].name, name) != 0)
            continue;
        host->given_used[i] = true;
        *text = host->request->given[i].text;
        for (size_t k = i + 1; k < host->request->given_count; k++)
            if (strcmp(host->request->given[k].name, name) == 0 && !host->given_used[k]) {
                host->given_used[k] = true;
                zpl_diag_add(&host->program->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                             "--%s is given twice", name);
            }
        return true;
    }
    return false;
}

/* The value of a param, from the command line or its default; NULL when there is none (told). */
static const struct zpl_literal *param_value(lua_State *L, struct zpl_param *param)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_arena *arena = zpl_host_arena(L);
    const struct zpl_refine *refine = param->type->refine;
    const char *text, *why;
    bool range;
    param->given = find_given(host, param->name, &text);
    if (!param->given) {
        if (refine && refine->fallback)
            return refine->fallback;
        if (param->type->optional)
            return zpl_literal_null();
        if (host->values_optional)
            return NULL;
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_PARAM_MISSING, param->span,
                                              "param '%s' has no value", param->name);
        zpl_host_help(L, diag, "give it one: --%s %s", param->name,
                      zpl_type_text(param->type, true, arena));
        return NULL;
    }
    if (!text && param->type->kind != ZPL_BOOL) {
        zpl_host_tell(L, ZPL_CODE_PARAM_TYPE, (struct zpl_span){0}, "--%s needs a value: %s",
                      param->name, zpl_type_text(param->type, true, arena));
        return NULL;
    }
    if (text && param->type->kind == ZPL_PATH && host->world->adopt)
        text = zpl_host_need(L, host->world->adopt(host->world->resolve_self, text, arena));
    const struct zpl_literal *value =
        zpl_type_read_text(param->type, text ? text : "true", arena, &why, &range);
    if (!value) {
        struct zpl_diag *diag = zpl_host_tell(L, range ? ZPL_CODE_PARAM_RANGE : ZPL_CODE_PARAM_TYPE,
                                              (struct zpl_span){0}, "--%s: '%s' %s", param->name,
                                              text ? text : "true", why);
        zpl_host_note(L, diag, param->span, "declared here as %s",
                      zpl_type_text(param->type, false, arena));
    }
    return value;
}

/* Pushes the step that the command line names for a slot, nil when it names none. */
static void push_given_step(lua_State *L, const char *name, const struct zpl_type *type,
                            struct zpl_span where)
{
    const struct zpl_span typed = {0};
    const char *text;
    if (!find_given(zpl_host_of(L), name, &text)) {
        lua_pushnil(L);
        return;
    }
    const char *why = NULL;
    struct zpl_diag *diag = NULL;
    if (!text)
        diag = zpl_host_tell(L, ZPL_CODE_PARAM_TYPE, typed, "--%s needs the name of a step", name);
    else if (!zpl_push_named_step(L, text))
        diag = zpl_tell_no_step(L, typed, name, text);
    else if ((why = zpl_slot_misfit(L, type)))
        diag = zpl_host_tell(L, ZPL_CODE_PARAM_TYPE, typed, "--%s: step '%s' does not fit: %s",
                             name, text, why);
    else
        return;
    zpl_host_note(L, diag, where, "declared here as %s",
                  zpl_type_text(type, true, zpl_host_arena(L)));
    if (why)
        lua_pop(L, 1);
    zpl_push_poison(L);
}

/* What stands in for a refused or missing value, so that nothing that follows from it is told: another one that a
 * program may branch on or look up by.  NULL: there is none. */
static const struct zpl_literal *stand_in(lua_State *L, const struct zpl_param *param)
{
    const struct zpl_type *type = param->type;
    if ((!param->given && zpl_host_of(L)->values_optional) || type->kind == ZPL_PATH)
        return NULL;
    if (type->refine && type->refine->fallback)
        return type->refine->fallback;
    if (type->kind != ZPL_ENUM || !type->values || !type->values[0])
        return NULL;
    return zpl_host_need(
        L, zpl_literal_string(zpl_host_arena(L), type->values[0], strlen(type->values[0])));
}

/* Declares one param, the value on top (popped), and sets its value in the table below. */
static void declare_param(lua_State *L, const char *name, struct zpl_site table)
{
    struct zpl_site where = zpl_site_field(table, name);
    const struct zpl_type *type = NULL;
    if (!zpl_text_is_name(name) || strlen(name) > ZPL_NAME_MAX)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_key(table, name),
                      "'%s' can't be a param's name: it has letters, digits and _", name);
    else
        type = zpl_param_type(L, name, where);
    lua_pop(L, 1);
    if (type && type->kind == ZPL_STEP) {
        push_given_step(L, name, type, zpl_site_key(table, name));
        zpl_fill_slot(L, type, NULL, name, where);
        lua_setfield(L, -2, name);
        return;
    }
    const struct zpl_literal *value = NULL;
    if (type) {
        struct zpl_param *param = zpl_graph_add_param(&zpl_host_of(L)->program->graph);
        zpl_host_need(L, param);
        *param =
            (struct zpl_param){.name = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), name)),
                               .type = type,
                               .span = zpl_site_key(table, name)};
        value = param->value = param_value(L, param);
        value = value ? value : stand_in(L, param);
    }
    if (value)
        zpl_push_literal(L, value);
    else
        zpl_push_poison(L);
    lua_setfield(L, -2, name);
}

void zpl_freeze_params(lua_State *L, const char *const *names, size_t count)
{
    int values = lua_gettop(L);
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        if (lua_getfield(L, values, names[i]) == LUA_TNIL) {
            lua_pushboolean(L, 1);
            lua_setfield(L, values + 1, names[i]);
        }
        lua_pop(L, 1);
    }
    lua_pushvalue(L, values);
    zpl_sandbox_freeze(L, "param", zpl_unknown_param);
    lua_getmetatable(L, values);
    lua_pushvalue(L, values + 1);
    lua_setfield(L, -2, "__absent");
    lua_pop(L, 1);
    lua_replace(L, values);
    lua_settop(L, values);
}

/* Has the table at `index` a first item, which is not a mistake that was told already? */
static bool has_unnamed(lua_State *L, int index)
{
    lua_rawgeti(L, index, 1);
    const struct zpl_value *value = zpl_test_value(L, -1);
    bool has = !lua_isnil(L, -1) && !(value && zpl_is_poison(value));
    lua_pop(L, 1);
    return has;
}

void zpl_declare_params(lua_State *L, int index, struct zpl_site where)
{
    index = lua_absindex(L, index);
    const char *again;
    struct zpl_span span;
    size_t count;
    if (zpl_site_again(L, where, &again, &span))
        zpl_host_tell(L, ZPL_CODE_DUPLICATE_ARGUMENT, span, "param '%s' is declared already",
                      again);
    const char *const *names = zpl_site_names(L, index, where, &count);
    lua_newtable(L);
    if (has_unnamed(L, index))
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_item(where, 1).span,
                      "a param needs a name: `name = Int`");
    for (size_t i = 0; i < count; i++) {
        lua_getfield(L, index, names[i]);
        declare_param(L, names[i], where);
    }
    zpl_freeze_params(L, names, count);
}

void zpl_tell_unused_given(struct zpl_host *host)
{
    struct zpl_program *program = host->program;
    const struct zpl_compile_request *request = host->request;
    size_t params = program->graph.param_count, count = params + request->flag_count;
    const char **names = zpl_arena_array(&host->arena, count + 1, sizeof *names);
    for (size_t i = 0; names && i < count; i++)
        names[i] = i < params ? program->graph.params[i].name : request->flags[i - params];
    for (size_t i = 0; i < request->given_count; i++) {
        if (host->given_used[i])
            continue;
        const char *name = request->given[i].name;
        struct zpl_diag *diag =
            zpl_diag_add(&program->diags, ZPL_CODE_UNKNOWN_FLAG, (struct zpl_span){0},
                         "%s has no param '%s'", request->name, name);
        const char *nearest = names ? zpl_text_nearest(name, names, count) : NULL;
        if (nearest)
            zpl_diag_help(&program->diags, diag, "did you mean '--%s'?", nearest);
    }
}

/* params { name = type or default, … } */
static int declare(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_arguments(call).span,
                          "params takes a table of names");
        zpl_host_help(L, diag, "write `params { minutes = Int { default = 15 } }`");
        return zpl_push_poison(L);
    }
    if (call.unit && call.unit != host->units[0]) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, call.span,
                      "params belong to the file that is run, not to one it imports");
        return zpl_push_poison(L);
    }
    if (host->declared_params) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, call.span, "params are declared already");
        return zpl_push_poison(L);
    }
    host->declared_params = true;
    zpl_declare_params(L, 1, zpl_site_arguments(call));
    return 1;
}

void zpl_offer_params(lua_State *L)
{
    lua_pushcfunction(L, declare);
    lua_setfield(L, -2, "params");
}
