/* pipeline "name" { params, inputs, signature, build }: a template of steps, run by name or called like
 * a step. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/declare.h"
#include "lang/dsl/slot.h"
#include "lang/dsl/step.h"

/* ---- declaring --------------------------------------------------------------------------------- */

static const char *const fields[] = {"build",  "doc",      "inputs",   "outputs",
                                     "params", "schedule", "signature"};

static void check_fields(lua_State *L, struct zpl_site table)
{
    size_t count;
    const char *const *names = zpl_site_names(L, 1, table, &count);
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
            known = known || strcmp(fields[k], names[i]) == 0;
        struct zpl_span span = zpl_site_key(table, names[i]);
        if (!known) {
            struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, span,
                                                  "a pipeline has no field '%s'", names[i]);
            zpl_host_nearest(L, diag, names[i], fields, sizeof fields / sizeof *fields);
        }
    }
}

/* Reads what the pipeline takes, from its signature or from inputs and params. */
static void read_takes(lua_State *L, struct zpl_site table, struct zpl_pipeline_def *pipeline)
{
    struct zpl_fields in;
    int type = lua_getfield(L, 1, "signature");
    if (type == LUA_TSTRING) {
        const struct zpl_signature *signature =
            zpl_read_signature(L, lua_tostring(L, -1), zpl_site_field(table, "signature"));
        lua_pop(L, 1);
        pipeline->broken = !signature;
        if (!signature)
            return;
        pipeline->takes = signature->inputs;
        pipeline->take_count = pipeline->input_count = signature->input_count;
        pipeline->outputs = signature->outputs;
        pipeline->output_count = signature->output_count;
        pipeline->declares_outputs = true;
        zpl_refuse_reserved(L, pipeline->takes, pipeline->take_count,
                            zpl_site_field(table, "signature"));
        return;
    }
    if (type != LUA_TNIL)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_field(table, "signature").span,
                      "signature takes a text");
    lua_pop(L, 1);
    zpl_read_fields(L, 1, table, "inputs", "params", &in);
    pipeline->takes = in.items;
    pipeline->take_count = in.count;
    pipeline->input_count = in.first;
    pipeline->broken = in.broken;
    zpl_refuse_reserved(L, pipeline->takes, pipeline->take_count,
                        (struct zpl_site){.span = pipeline->span});
    if (lua_getfield(L, 1, "outputs") != LUA_TNIL) {
        struct zpl_fields out;
        zpl_read_fields(L, 1, table, "outputs", NULL, &out);
        pipeline->outputs = out.items;
        pipeline->output_count = out.broken ? 0 : out.count;
        pipeline->declares_outputs = !out.broken;
    }
    lua_pop(L, 1);
}

/* The second half of pipeline "name" {…}; upvalue: the name. */
static int declare_pipeline(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L), table = zpl_site_arguments(call);
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    struct zpl_span span = call.span;
    if (call.node)
        span = zpl_tree_span(call.unit->tree, zpl_tree_callee(call.unit->tree, call.node));
    if (lua_type(L, 1) != LUA_TTABLE) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, table.span, "pipeline \"%s\" takes a table",
                      name);
        return zpl_push_poison(L);
    }
    for (size_t i = 0; i < host->pipeline_count; i++)
        if (strcmp(host->pipelines[i]->name, name) == 0 && host->pipelines[i]->unit == call.unit)
            zpl_host_note(L,
                          zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, span,
                                        "another pipeline is called '%s' already", name),
                          host->pipelines[i]->span, "this one");
    struct zpl_pipeline_def *pipeline =
        zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *pipeline));
    *pipeline = (struct zpl_pipeline_def){
        .name = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), name)),
        .unit = call.unit,
        .span = span,
        .params = zpl_site_field(table, "params"),
        .build = LUA_NOREF,
        .param_table = LUA_NOREF};
    check_fields(L, table);
    read_takes(L, table, pipeline);
    if (lua_getfield(L, 1, "schedule") != LUA_TNIL)
        pipeline->schedule = zpl_read_schedule(L, pipeline, zpl_site_field(table, "schedule"));
    if (lua_getfield(L, 1, "params") == LUA_TTABLE)
        pipeline->param_table = luaL_ref(L, LUA_REGISTRYINDEX);
    if (lua_getfield(L, 1, "build") == LUA_TFUNCTION) {
        pipeline->build = luaL_ref(L, LUA_REGISTRYINDEX);
    } else if (!zpl_means_field(L, 1, fields, sizeof fields / sizeof *fields, "build")) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, span,
                                              "the pipeline has no `build` function");
        zpl_host_help(L, diag, "add `build = function (p) … end`");
    }
    zpl_push_pipeline(L, pipeline);
    return 1;
}

/* pipeline "name" */
static int name_pipeline(lua_State *L)
{
    struct zpl_site arguments = zpl_site_arguments(zpl_host_call(L));
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TSTRING) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, arguments.span, "a pipeline needs a name");
        zpl_host_help(L, diag, "write `pipeline \"name\" { … }`");
        return zpl_push_poison(L);
    }
    if (!zpl_check_name(L, "pipeline", lua_tostring(L, 1), arguments.span))
        return zpl_push_poison(L);
    lua_pushcclosure(L, declare_pipeline, 1);
    return 1;
}

/* ---- calling ------------------------------------------------------------------------------------ */

/* Pushes what the call at 2 gives for take `i`, nil when nothing; *where is its place. */
static void push_given(lua_State *L, const struct zpl_pipeline_def *pipeline, size_t i,
                       struct zpl_site table, struct zpl_site *where)
{
    const char *name = pipeline->takes[i].name;
    *where = zpl_site_field(table, name);
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    *where = zpl_site_item(table, i + 1);
}

/* The column that the call names for the variable of a `column v`; `v` itself when it names none. */
static const char *column_of(lua_State *L, const struct zpl_pipeline_def *pipeline, const char *v,
                             struct zpl_site table)
{
    const char *column = v;
    struct zpl_site where;
    for (size_t i = 0; i < pipeline->take_count; i++) {
        const struct zpl_type *type = pipeline->takes[i].type;
        if (type->kind != ZPL_COLUMN_OF || strcmp(type->name, v) != 0)
            continue;
        push_given(L, pipeline, i, table, &where);
        if (lua_type(L, -1) == LUA_TSTRING)
            column = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), lua_tostring(L, -1)));
        lua_pop(L, 1);
    }
    return column;
}

/* The type of a take with the columns' names that this call gives. */
static const struct zpl_type *called_type(lua_State *L, const struct zpl_pipeline_def *pipeline,
                                          const struct zpl_type *type, struct zpl_site table)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    if (type->kind == ZPL_COLUMN_OF)
        return zpl_host_need(L, zpl_type_new(arena, ZPL_STRING));
    if (type->kind != ZPL_TABLE || !type->row)
        return type;
    struct zpl_row *row = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *row));
    struct zpl_column *columns =
        zpl_host_need(L, zpl_arena_array(arena, type->row->count + 1, sizeof *columns));
    *row = *type->row;
    for (size_t i = 0; i < row->count; i++) {
        columns[i] = type->row->columns[i];
        if (columns[i].type)
            columns[i].name = column_of(L, pipeline, columns[i].name, table);
    }
    row->columns = columns;
    return zpl_host_need(L, zpl_type_table(arena, row));
}

/* Sets argument `field` of the table on top from the value below it (popped, nil: not given). */
static void set_argument(lua_State *L, const struct zpl_pipeline_def *pipeline,
                         const struct zpl_field *field, struct zpl_site where,
                         struct zpl_span callee)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    const char *why = "";
    bool range = false, fits = true;
    if (field->type->kind == ZPL_STEP) {
        zpl_fill_slot(L, field->type, field->fallback, field->name, where);
        lua_setfield(L, -2, field->name);
        return;
    }
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        if (field->fallback)
            zpl_push_literal(L, field->fallback);
        else if (field->optional)
            lua_pushnil(L);
        else {
            zpl_host_tell(L, ZPL_CODE_MISSING_ARGUMENT, callee, "pipeline '%s' needs '%s': %s",
                          pipeline->name, field->name, zpl_type_text(field->type, true, arena));
            zpl_push_poison(L);
        }
        lua_setfield(L, -2, field->name);
        return;
    }
    const struct zpl_value *value = zpl_read_value(L, -1, where);
    lua_pop(L, 1);
    if (value && value->kind == ZPL_VALUE_LITERAL && !zpl_is_poison(value) &&
        zpl_kind_is_scalar(field->type->kind)) {
        const struct zpl_literal *literal =
            zpl_type_admit(field->type, value->literal, arena, &why, &range);
        fits = literal != NULL;
        if (fits)
            zpl_push_literal(L, literal);
    } else if (value) {
        fits = zpl_type_fits(value->type, field->type, arena, &why);
        if (fits && value->kind == ZPL_VALUE_LITERAL)
            zpl_push_literal(L, value->literal);
        else if (fits)
            zpl_push_value(L, value);
    } else {
        zpl_push_poison(L);
    }
    if (!fits) {
        bool column = strncmp(why, "has no column", 13) == 0;
        struct zpl_diag *diag =
            zpl_host_tell(L,
                          range    ? ZPL_CODE_OUT_OF_RANGE
                          : column ? ZPL_CODE_UNKNOWN_COLUMN
                                   : ZPL_CODE_WRONG_KIND,
                          where.span, "'%s' of pipeline '%s' %s", field->name, pipeline->name, why);
        if (value->kind == ZPL_VALUE_REF) {
            const struct zpl_node *node = &zpl_host_of(L)->program->graph.nodes[value->ref.node];
            zpl_host_note(L, diag, node->span,
                          node->stands_in ? "this is the input '%s', %s"
                                          : "made here by step '%s', as %s",
                          node->step, zpl_type_text(value->type, true, arena));
        }
        zpl_host_note(L, diag, pipeline->span, "pipeline '%s' takes %s: %s", pipeline->name,
                      field->name, zpl_type_text(field->type, true, arena));
        zpl_push_poison(L);
    }
    lua_setfield(L, -2, field->name);
}

/* The names of what the pipeline takes; in scratch. */
static const char *const *take_names(lua_State *L, const struct zpl_pipeline_def *pipeline)
{
    const char **names = zpl_host_need(
        L, zpl_arena_array(&zpl_host_of(L)->arena, pipeline->take_count + 1, sizeof *names));
    for (size_t i = 0; i < pipeline->take_count; i++)
        names[i] = pipeline->takes[i].name;
    return names;
}

/* Tells named arguments that the pipeline does not take. */
static void tell_unknown(lua_State *L, const struct zpl_pipeline_def *pipeline,
                         struct zpl_site table)
{
    size_t count;
    const char *const *names = zpl_site_names(L, 2, table, &count);
    const char *const *known = take_names(L, pipeline);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < pipeline->take_count && strcmp(known[k], names[i]) != 0)
            k++;
        if (k < pipeline->take_count || zpl_call_has(names[i]))
            continue;
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(table, names[i]),
                          "pipeline '%s' has no argument '%s'", pipeline->name, names[i]);
        zpl_host_nearest(L, diag, names[i], known, pipeline->take_count);
    }
    if (lua_rawlen(L, 2) > pipeline->take_count)
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT,
                      zpl_site_item(table, pipeline->take_count + 1).span,
                      "pipeline '%s' takes %zu arguments", pipeline->name, pipeline->take_count);
}

int zpl_run_build(lua_State *L, struct zpl_pipeline_def *pipeline, const char *prefix)
{
    struct zpl_host *host = zpl_host_of(L);
    const char *outer_prefix = host->prefix, *outer_suffix = host->suffix;
    int base = lua_gettop(L) - 1;
    host->prefix = prefix;
    host->suffix = NULL;
    pipeline->building = true;
    pipeline->built = pipeline->built || !host->standing_in;
    lua_rawgeti(L, LUA_REGISTRYINDEX, pipeline->build);
    lua_insert(L, -2);
    lua_call(L, 1, LUA_MULTRET);
    pipeline->building = false;
    host->prefix = outer_prefix;
    host->suffix = outer_suffix;
    return lua_gettop(L) - base;
}

void zpl_check_results(lua_State *L, const struct zpl_pipeline_def *pipeline, int base, int results,
                       struct zpl_site table)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    for (size_t i = 0; i < pipeline->output_count; i++) {
        const struct zpl_field *output = &pipeline->outputs[i];
        const struct zpl_value *value = NULL;
        const struct zpl_type *type = called_type(L, pipeline, output->type, table);
        const char *why = NULL;
        if ((int)i < results && !lua_isnil(L, base + 1 + (int)i)) {
            lua_pushvalue(L, base + 1 + (int)i);
            value = zpl_read_value(L, -1, (struct zpl_site){.span = pipeline->span});
            lua_pop(L, 1);
            if (!value || zpl_is_poison(value) || zpl_type_fits(value->type, type, arena, &why))
                continue;
        }
        if (value)
            zpl_host_tell(L, ZPL_CODE_WRONG_KIND, pipeline->span, "output '%s' of pipeline '%s' %s",
                          output->name, pipeline->name, why);
        else
            zpl_host_tell(L, ZPL_CODE_WRONG_KIND, pipeline->span,
                          "pipeline '%s' declares the output '%s': %s; its `build` returns none",
                          pipeline->name, output->name, zpl_type_text(type, true, arena));
    }
    if (pipeline->declares_outputs && (size_t)results > pipeline->output_count)
        zpl_host_tell(L, ZPL_CODE_WRONG_KIND, pipeline->span,
                      "pipeline '%s' declares %zu outputs, its `build` returns %d", pipeline->name,
                      pipeline->output_count, results);
}

/* Calls build with the table on top, as the call at 2 says; its results stay. */
static int call_build(lua_State *L, struct zpl_pipeline_def *pipeline, struct zpl_site table)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_reserved *outer = host->inherited;
    struct zpl_reserved said = {0};
    zpl_read_reserved(L, 2, table, &said);
    if (said.allow)
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BAD_CALL, zpl_site_key(table, "allow"),
                                    "allow belongs to the step that trains, not to a pipeline"),
                      "write it in the call inside `build`");
    if (outer)
        zpl_inherit_reserved(L, outer, &said);
    const char *name = said.as ? said.as : pipeline->name, *suffix = host->suffix;
    const char *prefix = zpl_arena_printf(&host->arena, "%s%s%s/", host->prefix ? host->prefix : "",
                                          name, suffix ? suffix : "");
    host->inherited = &said;
    int base = lua_gettop(L) - 1;
    int results = zpl_run_build(L, pipeline, zpl_host_need(L, prefix));
    host->inherited = outer;
    zpl_check_results(L, pipeline, base, results, table);
    return results;
}

int zpl_call_pipeline(lua_State *L)
{
    struct zpl_pipeline_def *pipeline = zpl_test_pipeline(L, 1);
    struct zpl_site call = zpl_host_call(L), table = zpl_site_arguments(call);
    struct zpl_span callee = call.span;
    if (call.node)
        callee = zpl_tree_span(call.unit->tree, zpl_tree_callee(call.unit->tree, call.node));
    lua_settop(L, 2);
    if (zpl_stands_in_slot(L, call)) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BAD_CALL, call.span,
                                    "a slot takes pipeline '%s' itself, not a call of it",
                                    pipeline->name),
                      "leave the arguments out, or make a pipeline that calls it with them");
        return zpl_push_poison(L);
    }
    if (pipeline->build == LUA_NOREF)
        return zpl_push_poisons(L);
    if (pipeline->building) {
        zpl_host_tell(L, ZPL_CODE_BAD_CALL, callee, "pipeline '%s' calls itself", pipeline->name);
        return zpl_push_poisons(L);
    }
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    if (lua_type(L, 2) != LUA_TTABLE) { /* one argument without braces */
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, 2);
        lua_rawseti(L, -2, 1);
        lua_replace(L, 2);
    }
    tell_unknown(L, pipeline, table);
    lua_newtable(L);
    for (size_t i = 0; i < pipeline->take_count; i++) {
        struct zpl_field field = pipeline->takes[i];
        struct zpl_site where;
        field.type = called_type(L, pipeline, field.type, table);
        push_given(L, pipeline, i, table, &where);
        set_argument(L, pipeline, &field, where, callee);
    }
    zpl_freeze_params(L, take_names(L, pipeline), pipeline->take_count);
    return call_build(L, pipeline, table);
}

void zpl_offer_pipelines(lua_State *L)
{
    lua_pushcfunction(L, name_pipeline);
    lua_setfield(L, -2, "pipeline");
}
