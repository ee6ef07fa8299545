/* Calls: what a program writes between the braces becomes a struct zpl_call, the checker's answer
 * becomes values. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/check/effect.h"
#include "lang/check/leak.h"
#include "lang/dsl/slot.h"
#include "lang/dsl/step.h"
#include "lang/syntax/scope.h"

static char scope_key; /* the names that the emitter passes to a call of `sql` */

/* A call under way. */
struct calling {
    lua_State *L;
    struct zpl_host *host;
    struct zpl_site call, table;     /* the call, and the constructor it is given */
    int index;                       /* of the table of arguments in Lua; 0: none */
    struct zpl_call_argument *items; /* in the graph's arena's lifetime */
    size_t count, capacity;
    bool takes_env; /* `env` is none of its arguments: the step is a function of Python's */
    bool has_nil;   /* an argument is nil, which was told */
    bool says_more; /* it has fields that every call may have */
    struct zpl_site literal; /* of an SQL text, for places inside it */
};

/* ---- arguments ------------------------------------------------------------------------------- */

/* Spans of what a list or record in an argument is written with. */
static void set_item_spans(struct calling *c, struct zpl_call_argument *argument,
                           struct zpl_site where)
{
    if (!where.node || where.unit->tree->nodes[where.node].kind != ZPL_NODE_TABLE)
        return;
    const struct zpl_tree *tree = where.unit->tree;
    uint32_t count = zpl_tree_count(tree, where.node), i = 0;
    struct zpl_span *spans =
        zpl_host_need(c->L, zpl_arena_array(&c->host->arena, count + 1u, sizeof *spans));
    for (uint32_t f = tree->nodes[where.node].child; f; f = tree->nodes[f].next)
        spans[i++] = zpl_tree_span(tree, zpl_tree_value(tree, f));
    argument->item_spans = spans;
    argument->item_count = count;
}

/* Adds a value as an argument; name NULL: by position; value NULL: what was told already. */
static void keep_argument(struct calling *c, const char *name, struct zpl_span name_span,
                          struct zpl_site where, const struct zpl_value *value)
{
    lua_State *L = c->L;
    c->items = zpl_host_need(
        L, zpl_arena_grow(&c->host->arena, c->items, c->count, &c->capacity, sizeof *c->items));
    struct zpl_call_argument *argument = &c->items[c->count++];
    if (zpl_escapes_map(L, value, where.span))
        value = NULL;
    /* What could not be read was told: the step gets poison for it. */
    *argument = (struct zpl_call_argument){.name = name,
                                           .name_span = name ? name_span : where.span,
                                           .span = where.span,
                                           .value = value ? value : c->host->values[0]};
    set_item_spans(c, argument, where);
}

/* Adds the value on top of the stack (popped). */
static void add_argument(struct calling *c, const char *name, struct zpl_span name_span,
                         struct zpl_site where)
{
    const struct zpl_value *value = zpl_read_value(c->L, -1, where);
    lua_pop(c->L, 1);
    keep_argument(c, name, name_span, where, value);
}

/* Reads the fields and items of the table of arguments. */
static void read_arguments(struct calling *c)
{
    lua_State *L = c->L;
    const char *again;
    struct zpl_span span;
    if (zpl_site_again(L, c->table, &again, &span))
        zpl_host_tell(L, ZPL_CODE_DUPLICATE_ARGUMENT, span, "'%s' is given already", again);
    lua_Integer items = (lua_Integer)lua_rawlen(L, c->index);
    lua_Integer written = (lua_Integer)zpl_site_items(c->table);
    for (lua_Integer i = 1; i <= (items > written ? items : written); i++) {
        struct zpl_site where = zpl_site_item(c->table, (size_t)i);
        if (lua_rawgeti(L, c->index, i) != LUA_TNIL) {
            add_argument(c, NULL, where.span, where);
            continue;
        }
        lua_pop(L, 1);
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BAD_CALL, where.span, "argument %d is nil", (int)i),
                      "it was never given a value: is the name right, and does the step return as "
                      "many values as are assigned?");
        keep_argument(c, NULL, where.span, where, NULL);
        c->has_nil = true;
    }
    size_t count;
    const char *const *names = zpl_site_names(L, c->index, c->table, &count);
    for (size_t i = 0; i < count; i++) {
        if (zpl_call_has(names[i])) {
            c->says_more = true;
            continue;
        }
        if (c->takes_env && strcmp(names[i], "env") == 0)
            continue;
        lua_getfield(L, c->index, names[i]);
        add_argument(c, names[i], zpl_site_key(c->table, names[i]),
                     zpl_site_field(c->table, names[i]));
    }
}

/* Sorts out what the call was given at stack index 2: a table of arguments, one value, nothing. */
static void begin_call(struct calling *c, lua_State *L)
{
    *c = (struct calling){.L = L, .host = zpl_host_of(L), .call = zpl_host_call(L)};
    c->table = zpl_site_arguments(c->call);
    if (c->call.node && c->call.unit->tree->nodes[c->call.node].kind == ZPL_NODE_METHOD) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, c->call.span, "a step is called with a dot");
        zpl_host_help(L, diag, "write `csv.read \"file.csv\"`: there is no object to pass");
        lua_remove(L, 2);
    } else if (lua_gettop(L) > 2) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BAD_CALL, c->call.span,
                                              "a step takes one table of arguments");
        zpl_host_help(L, diag, "write `step { a, name = b }` with braces");
    }
    lua_settop(L, 2);
    if (lua_type(L, 2) == LUA_TTABLE)
        c->index = 2;
}

/* The node that `id` numbers; valid until the next one is added. */
static struct zpl_node *node_of(struct calling *c, uint32_t id)
{
    return &c->host->program->graph.nodes[id];
}

/* ---- checking and results ---------------------------------------------------------------------- */

/* Where byte `offset` of an SQL text stands in the program; see struct zpl_call. */
static struct zpl_span place_in_literal(void *self, size_t offset, size_t length)
{
    const struct calling *c = self;
    if (!c->literal.node && !c->literal.unit)
        return c->call.span;
    return zpl_site_inside(c->literal, offset, length);
}

/* Notes what the program says about the name of node `id`. */
static void note_naming(struct calling *c, uint32_t id)
{
    struct zpl_host *host = c->host;
    while (host->naming_count <= id) {
        host->naming =
            zpl_host_need(c->L, zpl_arena_grow(&host->arena, host->naming, host->naming_count,
                                               &host->naming_capacity, sizeof *host->naming));
        host->naming[host->naming_count++] = (struct zpl_naming){0};
    }
    struct zpl_naming *naming = &host->naming[id];
    naming->prefix = host->prefix;
    naming->suffix = host->suffix;
    if (!c->call.node)
        return;
    uint32_t len, token = zpl_tree_result_name(c->call.unit->tree, c->call.node, 0);
    if (token == ZPL_NO_TOKEN)
        return;
    const char *text = zpl_tree_text(c->call.unit->tree, token, &len);
    const char *last = id > 0 ? naming[-1].variable : NULL;
    /* A loop has one copy: naming looks no further at calls that are alike. */
    if (last && strncmp(last, text, len) == 0 && last[len] == '\0')
        naming->variable = last;
    else
        naming->variable = zpl_host_need(c->L, zpl_arena_strndup(&host->arena, text, len));
}

/* Pushes the outputs of node `id` in declared order. */
static int push_outputs(struct calling *c, uint32_t id)
{
    lua_State *L = c->L;
    size_t count = node_of(c, id)->output_count;
    if (count == 0)
        return node_of(c, id)->poison ? zpl_push_poisons(L) : 0;
    luaL_checkstack(L, (int)count + 8, "too many outputs");
    for (uint32_t i = 0; i < count; i++)
        zpl_push_value(
            L, zpl_value_ref(zpl_host_arena(L), id, i, NULL, node_of(c, id)->outputs[i].type));
    return (int)count;
}

static const char *const *scalars_in_sight(void *self, size_t *count)
{
    const struct calling *c = self;
    return zpl_sql_scalars(c->L, count);
}

/* Asks the checker; `sql` NULL for a step with a signature. */
static int finish_call(struct calling *c, const struct zpl_step_info *info, const char *body,
                       const char *sql, const struct zpl_running *declared)
{
    lua_State *L = c->L;
    struct zpl_host *host = c->host;
    struct zpl_call call = {.step = info,
                            .body = body,
                            .callee = c->call.span,
                            .span = c->call.span,
                            .arguments = c->items,
                            .argument_count = c->count,
                            .incomplete = c->has_nil,
                            .place = place_in_literal,
                            .place_self = c,
                            .naming = host->naming,
                            .naming_count = host->naming_count};
    if (c->call.node)
        call.callee =
            zpl_tree_span(c->call.unit->tree, zpl_tree_callee(c->call.unit->tree, c->call.node));
    call.caller_count = zpl_host_callers(L, &call.callers);
    if (sql)
        call.scalars = scalars_in_sight;
    uint32_t id = ZPL_NO_NODE;
    int64_t before_ns = zpl_host_engine_ns(host);
    zpl_sandbox_check(&host->sandbox); /* loops of ours run no instruction that looks */
    enum zpl_err err = sql ? zpl_check_sql(&host->checker, &call, sql, &id)
                           : zpl_check_call(&host->checker, &call, &id);
    zpl_host_forgive(L, c->call, before_ns);
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (err == ZPL_ERR_LIMIT || id == ZPL_NO_NODE)
        return luaL_error(L, "a pipeline has at most %d steps", (int)ZPL_NODES_MAX);
    note_naming(c, id);
    node_of(c, id)->map = host->map;
    if (host->map && zpl_node_writes_name(node_of(c, id)) && !node_of(c, id)->poison) {
        node_of(c, id)->poison = true;
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BAD_CALL, call.callee,
                                    "every item of this list would write the same name"),
                      "return what is made inside of each, and write one of them behind it, "
                      "max(list, \"field\"), or what a step makes of them");
    }
    struct zpl_reserved reserved = {0};
    if (declared)
        reserved.running = *declared;
    if (c->says_more)
        zpl_read_reserved(L, c->index, c->table, &reserved);
    zpl_apply_reserved(L, id, &reserved);
    if (reserved.allow)
        zpl_check_allow(L, id, c->table);
    if (zpl_check_leak(&host->checker, &call, id) == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (!host->request->returns) /* in a session a later cell may deploy once more */
        (void)zpl_check_effect(&host->checker, &call, id);
    return push_outputs(c, id);
}

/* Adds the names of the table below the one on top to it, those that it does not have; pops neither. */
static void add_fixed(lua_State *L, int fixed, int given)
{
    lua_pushnil(L);
    while (lua_next(L, fixed)) {
        lua_pushvalue(L, -2);
        if (lua_rawget(L, given) == LUA_TNIL) {
            lua_pushvalue(L, -3);
            lua_pushvalue(L, -3);
            lua_rawset(L, given);
        }
        lua_pop(L, 2);
    }
}

/* Pushes the step with the arguments of this call fixed. */
static int push_fixed(struct calling *c, const struct zpl_step_def *step)
{
    lua_State *L = c->L;
    struct zpl_step_def *fixed = zpl_host_need(L, zpl_arena_alloc(&c->host->arena, sizeof *fixed));
    *fixed = *step;
    if (!c->index || lua_rawlen(L, 2) > 0) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, c->call.span,
                          "the arguments of a step in a slot are fixed by name");
        zpl_host_help(L, diag, "write `%s { name = value }`; the pipeline gives the others",
                      step->info->name);
        return zpl_push_poison(L);
    }
    if (!zpl_check_fixed(L, step, 2, c->table))
        return zpl_push_poison(L);
    if (step->fixed != LUA_NOREF) { /* some are already */
        lua_rawgeti(L, LUA_REGISTRYINDEX, step->fixed);
        add_fixed(L, lua_gettop(L), 2);
        lua_pop(L, 1);
    }
    lua_pushvalue(L, 2);
    fixed->fixed = luaL_ref(L, LUA_REGISTRYINDEX);
    zpl_push_step(L, fixed);
    return 1;
}

/* Makes one table of what a step has fixed and of what the call gives. */
static void take_fixed(struct calling *c, const struct zpl_step_def *step)
{
    lua_State *L = c->L;
    lua_newtable(L);
    int given = lua_gettop(L);
    if (c->index) {
        add_fixed(L, 2, given);
    } else if (!lua_isnil(L, 2)) {
        lua_pushvalue(L, 2);
        lua_rawseti(L, given, 1);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, step->fixed);
    add_fixed(L, given + 1, given);
    lua_settop(L, given);
    lua_replace(L, 2);
    c->index = 2;
}

/* What the call is given first, or as "model"; NULL: nothing. */
static const struct zpl_value *model_of(struct calling *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].name == NULL || strcmp(c->items[i].name, "model") == 0)
            return c->items[i].value;
    return NULL;
}

/* Calls a standard step that is a function of Python's: its body is one with an environment. */
static int call_own(struct calling *c, const struct zpl_step_def *step)
{
    lua_State *L = c->L;
    const char *body = zpl_own_body(L, c->index, c->table, step->info->body, model_of(c));
    if (!body)
        return zpl_push_poisons(L);
    struct zpl_step_info *info = zpl_host_need(L, zpl_arena_alloc(zpl_host_arena(L), sizeof *info));
    *info = *step->info;
    info->identity = zpl_body_identity(L, body);
    return finish_call(c, info, body, NULL, &step->running);
}

int zpl_call_step(lua_State *L)
{
    struct zpl_step_def *step = zpl_test_step(L, 1);
    struct calling c;
    begin_call(&c, L);
    if (step->broken)
        return zpl_push_poisons(L);
    if (zpl_stands_in_slot(L, c.call))
        return push_fixed(&c, step);
    if (step->fixed != LUA_NOREF)
        take_fixed(&c, step);
    c.takes_env = step->info->body != NULL;
    if (c.index)
        read_arguments(&c);
    else if (!lua_isnil(L, 2)) {
        lua_pushvalue(L, 2);
        add_argument(&c, NULL, c.table.span, c.table);
    }
    if (step->info->body)
        return call_own(&c, step);
    c.literal = step->literal;
    return finish_call(&c, step->info, step->body, NULL, &step->running);
}

/* ---- sql --------------------------------------------------------------------------------------- */

/* __zpl_scope(argument, names): keeps the names for the call of `sql` that follows at once. */
static int keep_scope(lua_State *L)
{
    lua_settop(L, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scope_key);
    return 1;
}

/* Can a query use what is on top: a run-time value, a scalar, a path? */
static bool is_for_sql(lua_State *L)
{
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return true;
    case LUA_TUSERDATA:
        return zpl_test_value(L, -1) || zpl_test_path(L, -1, NULL);
    default:
        return false;
    }
}

/* Is `name` a word of the query? */
static bool mentions(const char *sql, const char *name)
{
    size_t at = 0, len = strlen(name), word_len;
    const char *word;
    while (zpl_sql_word(sql, strlen(sql), &at, &word, &word_len))
        if (word_len == len && memcmp(word, name, len) == 0)
            return true;
    return false;
}

/* The value of a param for a query: one that was not given is a NULL of its type. */
static const struct zpl_value *param_value(struct calling *c, const struct zpl_param *param)
{
    if (!param->value)
        return NULL;
    struct zpl_value *value =
        zpl_host_need(c->L, zpl_arena_alloc(zpl_host_arena(c->L), sizeof *value));
    *value = *(const struct zpl_value *)zpl_host_need(
        c->L, zpl_value_literal(zpl_host_arena(c->L), param->value));
    value->type = param->type;
    return value;
}

/* The names in scope, then the params that they do not hide, as far as the query mentions them. */
static void add_scope(struct calling *c, const char *sql)
{
    lua_State *L = c->L;
    struct zpl_graph *graph = &c->host->program->graph;
    struct zpl_site where = {.unit = c->call.unit, .span = c->call.span};
    size_t count;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &scope_key);
    if (lua_isnil(L, -1))
        lua_newtable(L);
    int scope = lua_gettop(L);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scope_key);
    const char *const *names = zpl_site_names(L, scope, where, &count);
    for (size_t i = 0; i < count; i++) {
        lua_getfield(L, scope, names[i]);
        if (is_for_sql(L)) {
            add_argument(c, names[i], where.span, where);
            continue;
        }
        if (lua_type(L, -1) == LUA_TTABLE)
            keep_argument(c, names[i], where.span, where, zpl_sql_lua_table(L));
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < graph->param_count; i++) {
        const struct zpl_param *param = &graph->params[i];
        lua_getfield(L, scope, param->name);
        bool hidden = is_for_sql(L);
        lua_pop(L, 1);
        if (hidden || !mentions(sql, param->name))
            continue;
        keep_argument(c, param->name, where.span, where, param_value(c, param));
    }
}

/* Tells a query that is given by a name, `sql { query = "SELECT …" }`; false: none is. */
static bool tell_named_query(struct calling *c)
{
    lua_State *L = c->L;
    size_t count;
    const char *const *names = zpl_site_names(L, c->index, c->table, &count);
    for (size_t i = 0; i < count; i++) {
        bool text = lua_getfield(L, c->index, names[i]) == LUA_TSTRING;
        lua_pop(L, 1);
        if (!text || zpl_call_has(names[i]))
            continue;
        zpl_host_help(
            L,
            zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(c->table, names[i]),
                          "sql has no argument '%s': the query has no name", names[i]),
            "write `sql [[ SELECT … FROM rows ]]`, or `sql { [[ SELECT … ]], as = \"name\" }`");
        return true;
    }
    return false;
}

/* sql [[ SELECT … ]]  or  sql { [[ SELECT … ]], as = …, when = … } */
static int call_sql(lua_State *L)
{
    struct calling c;
    lua_pushnil(L);
    lua_insert(L, 1); /* where a step stands when it is called */
    begin_call(&c, L);
    if (c.index) {
        size_t count;
        bool named = lua_rawgeti(L, c.index, 1) == LUA_TNIL && tell_named_query(&c);
        const char *const *names = zpl_site_names(L, c.index, c.table, &count);
        for (size_t i = 0; !named && i < count; i++)
            if (zpl_call_has(names[i]))
                c.says_more = true;
            else
                zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(c.table, names[i]),
                              "sql has no argument '%s': it sees the names in scope", names[i]);
        if (named)
            return zpl_push_poisons(L);
        c.literal = zpl_site_item(c.table, 1);
    } else {
        lua_pushvalue(L, 2);
        uint32_t argument = c.call.node ? zpl_tree_argument(c.call.unit->tree, c.call.node, 0) : 0;
        c.literal = argument
                        ? zpl_site_node(c.call.unit, zpl_tree_bare(c.call.unit->tree, argument))
                        : c.table;
    }
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (value && zpl_is_poison(value))
        return zpl_push_poisons(L);
    size_t len = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (!text || strlen(text) != len || !zpl_utf8_valid(text, len)) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, c.literal.span, "sql takes a text");
        zpl_host_help(L, diag, "write `sql [[ SELECT … FROM rows ]]`");
        return zpl_push_poisons(L);
    }
    if (c.literal.node && c.literal.unit->tree->nodes[c.literal.node].kind != ZPL_NODE_STRING)
        c.literal.node = 0;
    const char *sql = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), text));
    add_scope(&c, sql);
    return finish_call(&c, zpl_body_info(L, "sql"), NULL, sql, NULL);
}

/* ---- the catalog -------------------------------------------------------------------------------- */

/* Puts a step of the catalog among the names on top: "split", or "train" in the table "xgboost". */
static void offer_step(lua_State *L, const struct zpl_step_info *info)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_step_def *step = zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *step));
    *step = (struct zpl_step_def){.info = info, .lua = LUA_NOREF, .fixed = LUA_NOREF};
    const char *dot = strchr(info->name, '.');
    if (!dot) {
        zpl_push_step(L, step);
        lua_setfield(L, -2, info->name);
        return;
    }
    lua_pushlstring(L, info->name, (size_t)(dot - info->name));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    zpl_push_step(L, step);
    lua_setfield(L, -2, dot + 1);
    lua_pop(L, 2);
}

void zpl_offer_steps(lua_State *L)
{
    const struct zpl_catalog *catalog = &zpl_host_of(L)->world->catalog;
    const struct zpl_step_info *info;
    lua_newtable(L);
    for (size_t i = 0; catalog->at && (info = catalog->at(catalog->self, i)); i++)
        offer_step(L, info);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -1) == LUA_TTABLE)
            zpl_sandbox_freeze(L, lua_tostring(L, -2), zpl_unknown_step);
        lua_setfield(L, -4, lua_tostring(L, -2));
    }
    lua_pop(L, 1);
    lua_pushcfunction(L, keep_scope);
    lua_setfield(L, -2, "__zpl_scope");
    lua_pushcfunction(L, call_sql);
    lua_setfield(L, -2, "sql");
}
