/* each(list, function (item, i) … end): the same steps for every item of an array; and
 * kfold { rows, k = 5 }: the folds of a cross-validation as an array of { train, test }. */
#include <lauxlib.h>
#include "lang/dsl/value.h"

#define RESULTS_MAX 32

/* Appends the results above `base` to the lists at first, first + 1 …; more are made as needed. */
static void collect(lua_State *L, int first, int base, int *lists)
{
    int results = lua_gettop(L) - base;
    if (results > RESULTS_MAX)
        luaL_error(L, "each: a function returns at most %d values", RESULTS_MAX);
    for (int i = 0; i < results; i++) {
        if (i == *lists) {
            lua_newtable(L);
            lua_insert(L, first + *lists);
            base++;
            ++*lists;
        }
        if (lua_isnil(L, base + 1 + i)) /* left out */
            continue;
        lua_pushvalue(L, base + 1 + i);
        lua_rawseti(L, first + i, (lua_Integer)lua_rawlen(L, first + i) + 1);
    }
    lua_settop(L, base);
}

/* ---- over a list that is known only at run time ------------------------------------------------ */

/* Replaces what the function returned, above `base`, by lists of it; what is nil gives none. */
static int gather(lua_State *L, int base, uint32_t map, struct zpl_site call)
{
    int results = lua_gettop(L) - base;
    if (results > RESULTS_MAX)
        luaL_error(L, "each: a function returns at most %d values", RESULTS_MAX);
    for (int i = 1; i <= results; i++) {
        lua_pushvalue(L, base + i);
        const struct zpl_value *value = lua_isnil(L, -1) ? NULL : zpl_read_value(L, -1, call);
        lua_pop(L, 1);
        if (value && !zpl_is_poison(value))
            zpl_push_value(L, zpl_value_gather(zpl_host_arena(L), map, value));
        else if (value || !lua_isnil(L, base + i))
            zpl_push_poison(L);
        else
            lua_pushnil(L);
        lua_replace(L, base + i);
    }
    return results;
}

/* Is it a list of tables or models, whose items are no values? */
static bool holds_artifacts(lua_State *L, const struct zpl_value *over, struct zpl_site call)
{
    const struct zpl_value *artifact = zpl_value_artifact(over);
    uint32_t node = call.node ? zpl_tree_argument(call.unit->tree, call.node, 0) : 0;
    struct zpl_site where =
        node ? zpl_site_node(call.unit, zpl_tree_bare(call.unit->tree, node)) : call;
    if (!artifact)
        return false;
    zpl_host_help(L,
                  zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span,
                                "each maps over values, and this list holds %s of every item",
                                zpl_value_words(L, artifact)),
                  "do it inside the function that makes them, and return what it gives");
    return true;
}

/* Calls the function at 2 once, with the item of the list at 1 that is at hand. */
static int map(lua_State *L, const struct zpl_value *over, struct zpl_site call)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_graph *graph = &host->program->graph;
    const char *outer_suffix = host->suffix;
    uint32_t outer = host->map;
    struct zpl_map *made = zpl_host_need(L, zpl_graph_add_map(graph));
    made->over = over;
    made->parent = outer;
    made->span = call.span;
    host->map = (uint32_t)graph->map_count;
    host->suffix =
        zpl_host_need(L, zpl_arena_printf(&host->arena, "%s[*]", outer_suffix ? outer_suffix : ""));
    uint32_t number = host->map - 1;
    int base = lua_gettop(L);
    lua_pushvalue(L, 2);
    zpl_push_value(L, zpl_value_item(arena, number, false, NULL, over->type->elem));
    zpl_push_value(L, zpl_value_item(arena, number, true, NULL, zpl_type_new(arena, ZPL_INT)));
    lua_call(L, 2, LUA_MULTRET);
    int results = gather(L, base, number, call);
    host->map = outer;
    host->suffix = outer_suffix;
    return results;
}

/* A value that belongs to the items of a map which the caller is not in. */
struct escape {
    const struct zpl_host *host;
    bool found;
};

static bool is_outside(const struct zpl_host *host, uint32_t map)
{
    return !zpl_map_within(&host->program->graph, host->map, map);
}

static bool find_escape(void *self, const struct zpl_value *value)
{
    struct escape *e = self;
    const struct zpl_graph *graph = &e->host->program->graph;
    if (value->kind == ZPL_VALUE_REF)
        e->found |= is_outside(e->host, graph->nodes[value->ref.node].map);
    else if (value->kind == ZPL_VALUE_ITEM)
        e->found |= is_outside(e->host, value->item.map + 1);
    else if (value->kind == ZPL_VALUE_GATHER)
        e->found |= is_outside(e->host, graph->maps[value->gather.map].parent);
    return value->kind != ZPL_VALUE_GATHER; /* what is gathered is its map's own */
}

bool zpl_escapes_map(lua_State *L, const struct zpl_value *value, struct zpl_span span)
{
    struct escape e = {.host = zpl_host_of(L)};
    if (!value || e.host->program->graph.map_count == 0)
        return false;
    zpl_value_walk(value, find_escape, &e);
    if (!e.found)
        return false;
    zpl_host_help(L,
                  zpl_host_tell(L, ZPL_CODE_RUNTIME_VALUE, span,
                                "'%s' belongs to one item of a list that `each` maps over",
                                zpl_value_words(L, value)),
                  "return it from the function: each(…) gives the list of all of them");
    return true;
}

/* ---- over an array ------------------------------------------------------------------------------- */

static int each(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 2);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (value && value->type->kind == ZPL_LIST && lua_type(L, 2) == LUA_TFUNCTION)
        return holds_artifacts(L, value, call) ? zpl_push_poisons(L) : map(L, value, call);
    if (value) {
        zpl_branch_on(L, value);
        zpl_misuse(L, value, "mapped over",
                   "each takes an array, or a List that a step returned, and a function");
        lua_pop(L, 1);
        return zpl_push_poisons(L);
    }
    if (!zpl_is_array(L, 1) || lua_type(L, 2) != LUA_TFUNCTION) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, call.span, "each takes an array and a function");
        zpl_host_help(L, diag, "write `each(list, function (item) … end)`");
        return zpl_push_poisons(L);
    }
    const char *outer = host->suffix;
    lua_newtable(L);
    int first = 3, lists = 1;
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 1); i++) {
        luaL_checkstack(L, RESULTS_MAX + 8, NULL);
        int base = lua_gettop(L);
        host->suffix = zpl_host_need(
            L, zpl_arena_printf(&host->arena, "%s[%lld]", outer ? outer : "", (long long)i));
        lua_pushvalue(L, 2);
        lua_rawgeti(L, 1, i);
        lua_pushinteger(L, i);
        lua_call(L, 2, LUA_MULTRET);
        collect(L, first, base, &lists);
    }
    host->suffix = outer;
    return lists;
}

#define FOLDS_DEFAULT 5

/* Calls `fold` with a copy of the table at 1 and the number of the fold; pushes { train, test }. */
static void push_fold(lua_State *L, lua_Integer k, lua_Integer i)
{
    luaL_checkstack(L, 8, NULL);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_pushinteger(L, k);
    lua_setfield(L, -2, "k");
    lua_pushinteger(L, i);
    lua_setfield(L, -2, "fold");
    lua_call(L, 1, 2);
    lua_createtable(L, 0, 2);
    for (int part = 0; part < 2; part++) {
        lua_pushvalue(L, -3 + part);
        if (lua_isnil(L, -1)) { /* the call was wrong, which was told */
            lua_pop(L, 1);
            zpl_push_poison(L);
        }
        lua_setfield(L, -2, part == 0 ? "train" : "test");
    }
    zpl_sandbox_freeze(L, "a fold", zpl_unknown_field);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* kfold { rows, k = 5, seed = 0, stratify = "column" } */
static int kfold(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 1);
    lua_Integer k = FOLDS_DEFAULT;
    int given = LUA_TNIL;
    if (lua_type(L, 1) == LUA_TTABLE)
        given = lua_getfield(L, 1, "k");
    const struct zpl_value *value = given == LUA_TNIL ? NULL : zpl_test_value(L, -1);
    if (given != LUA_TNIL && !(value && zpl_is_poison(value)))
        k = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (lua_type(L, 1) != LUA_TTABLE || k < 2 || k > 1000) {
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, call.span,
                          "kfold takes rows and a whole number k from 2 to 1000 that is known now");
        zpl_host_help(L, diag, "write `kfold { rows, k = 5, seed = 7 }`");
        return zpl_push_poison(L);
    }
    lua_settop(L, 1);
    if (lua_getfield(L, 1, "fold") != LUA_TNIL) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT,
                                              zpl_site_key(zpl_site_arguments(call), "fold"),
                                              "kfold has no argument 'fold'");
        zpl_host_help(L, diag,
                      "it gives all folds; for one of them write `fold { rows, k = %d, fold = 2 }`",
                      (int)k);
    }
    lua_settop(L, 1);
    const char *outer = host->suffix;
    lua_createtable(L, (int)k, 0);
    for (lua_Integer i = 1; i <= k; i++) {
        size_t errors = host->program->diags.count;
        host->suffix = zpl_host_need(
            L, zpl_arena_printf(&host->arena, "%s[%lld]", outer ? outer : "", (long long)i));
        push_fold(L, k, i);
        lua_rawseti(L, 2, i);
        if (host->program->diags.count > errors)
            break; /* the others would be told the same */
    }
    host->suffix = outer;
    return 1;
}

void zpl_offer_each(lua_State *L)
{
    lua_pushliteral(L, "fold"); /* of the catalog, if it has one */
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
    } else {
        lua_pushcclosure(L, kfold, 1);
        lua_setfield(L, -2, "kfold");
    }
    lua_pushcfunction(L, each);
    lua_setfield(L, -2, "each");
}
