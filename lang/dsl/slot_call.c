/* Where a call stands for a step with arguments fixed: as the default of a slot, and where a slot of a
 * pipeline is filled. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/slot.h"

/* Is the call written as `default = …` of a Step? */
static bool is_default(const struct zpl_tree *tree, uint32_t call)
{
    uint32_t begin = tree->nodes[call].begin;
    if (begin < 2 || !zpl_tree_token_is(tree, begin - 2, "default"))
        return false; /* so that a file of many calls is not searched for each */
    for (uint32_t i = 1; i < tree->node_count; i++) {
        if (tree->nodes[i].kind != ZPL_NODE_CALL)
            continue;
        uint32_t table = zpl_tree_argument_table(tree, i);
        uint32_t field = table ? zpl_tree_field(tree, table, "default", 7) : 0;
        if (!field || zpl_tree_bare(tree, zpl_tree_value(tree, field)) != call)
            continue;
        struct zpl_span callee = zpl_tree_span(tree, zpl_tree_callee(tree, i));
        return callee.end - callee.begin == 4 && memcmp(tree->text + callee.begin, "Step", 4) == 0;
    }
    return false;
}

/* Pushes the local variable or upvalue of that name of the frame that calls, or nil. */
static void push_variable(lua_State *L, const char *name)
{
    lua_Debug frame;
    const char *here;
    int found = 0;
    if (!lua_getstack(L, 1, &frame)) {
        lua_pushnil(L);
        return;
    }
    for (int i = 1; (here = lua_getlocal(L, &frame, i)); i++) {
        if (strcmp(here, name) == 0)
            found = i; /* the last one hides the others */
        lua_pop(L, 1);
    }
    if (found) {
        lua_getlocal(L, &frame, found);
        return;
    }
    lua_getinfo(L, "f", &frame);
    for (int i = 1; (here = lua_getupvalue(L, -1, i)); i++) {
        if (strcmp(here, name) == 0) {
            lua_remove(L, -2);
            return;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    lua_pushnil(L);
}

/* Pushes what `a` or `a.b.c` is where the program stands, nil when that is not known. */
static void push_named(lua_State *L, const struct zpl_tree *tree, uint32_t node)
{
    uint32_t len;
    node = zpl_tree_bare(tree, node);
    const struct zpl_tree_node *n = &tree->nodes[node];
    if (n->kind != ZPL_NODE_NAME && n->kind != ZPL_NODE_INDEX) {
        lua_pushnil(L);
        return;
    }
    luaL_checkstack(L, 4, NULL);
    const char *text = zpl_tree_text(tree, n->key, &len);
    const char *name = zpl_host_need(L, zpl_arena_strndup(&zpl_host_of(L)->arena, text, len));
    if (n->kind == ZPL_NODE_NAME) {
        push_variable(L, name);
        return;
    }
    push_named(L, tree, n->child);
    if (lua_type(L, -1) == LUA_TTABLE && zpl_sandbox_thaw(L, -1))
        lua_remove(L, -2);
    if (lua_type(L, -1) == LUA_TTABLE) {
        lua_pushstring(L, name);
        lua_rawget(L, -2);
    } else {
        lua_pushnil(L);
    }
    lua_remove(L, -2);
}

/* What the pipeline takes by the field of a table of arguments; NULL: nothing. */
static const struct zpl_field *taken_by(const struct zpl_pipeline_def *pipeline,
                                        const struct zpl_tree *tree, uint32_t table, uint32_t field)
{
    size_t position = 0;
    for (uint32_t f = tree->nodes[table].child; f; f = tree->nodes[f].next) {
        position += tree->nodes[f].kind == ZPL_NODE_FIELD_ITEM;
        if (f == field && tree->nodes[f].kind == ZPL_NODE_FIELD_ITEM)
            return position <= pipeline->take_count ? &pipeline->takes[position - 1] : NULL;
    }
    for (size_t i = 0; i < pipeline->take_count; i++) {
        const char *name = pipeline->takes[i].name;
        if (zpl_tree_field(tree, table, name, strlen(name)) == field)
            return &pipeline->takes[i];
    }
    return NULL;
}

/* Is the call written as an argument of a pipeline that takes a step there? */
static bool is_argument(lua_State *L, const struct zpl_tree *tree, uint32_t call)
{
    uint32_t field = tree->nodes[call].parent;
    while (tree->nodes[field].kind == ZPL_NODE_PAREN)
        field = tree->nodes[field].parent;
    uint32_t table = tree->nodes[field].parent, outer = tree->nodes[table].parent;
    if ((tree->nodes[field].kind != ZPL_NODE_FIELD_NAMED &&
         tree->nodes[field].kind != ZPL_NODE_FIELD_ITEM) ||
        tree->nodes[outer].kind != ZPL_NODE_CALL || zpl_tree_argument_table(tree, outer) != table)
        return false;
    push_named(L, tree, zpl_tree_callee(tree, outer));
    const struct zpl_pipeline_def *pipeline = zpl_test_pipeline(L, -1);
    lua_pop(L, 1);
    const struct zpl_field *taken = pipeline ? taken_by(pipeline, tree, table, field) : NULL;
    return taken && taken->type->kind == ZPL_STEP;
}

bool zpl_stands_in_slot(lua_State *L, struct zpl_site call)
{
    return call.node &&
           (is_default(call.unit->tree, call.node) || is_argument(L, call.unit->tree, call.node));
}
