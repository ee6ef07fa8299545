/* Places: from a frame of Lua to a token, from a token to a node, from a constructor to the values
 * written in it.  See host.h. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include "lang/dsl/host.h"

#define FEW_NAMES 16 /* of a constructor that is looked through name by name */

#define CALLERS_MAX   8 /* notes a diagnostic gets */
#define NAME_DISTANCE 3 /* tokens between a name and where Lua says that it is read */

const struct zpl_unit *zpl_host_unit(lua_State *L, const char *chunk)
{
    const struct zpl_host *host = zpl_host_of(L);
    if (strncmp(chunk, ZPL_CHUNK_PREFIX, strlen(ZPL_CHUNK_PREFIX)) != 0)
        return NULL;
    size_t number = strtoul(chunk + strlen(ZPL_CHUNK_PREFIX), NULL, 10);
    return number < host->unit_count ? host->units[number] : NULL;
}

bool zpl_host_token(lua_State *L, int level, const struct zpl_unit **unit, uint32_t *token)
{
    lua_Debug frame;
    for (int i = 0; lua_getstack(L, i, &frame); i++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline <= 0 || !(*unit = zpl_host_unit(L, frame.source)) || level-- > 0)
            continue;
        *token = zpl_emit_map_token(&(*unit)->map, frame.currentline);
        return *token != ZPL_NO_TOKEN;
    }
    return false;
}

bool zpl_host_is_tail_call(lua_State *L, int level)
{
    lua_Debug frame;
    for (int i = 0; lua_getstack(L, i, &frame); i++) {
        lua_getinfo(L, "Slt", &frame);
        if (frame.currentline > 0 && zpl_host_unit(L, frame.source) && level-- == 0)
            return frame.istailcall;
    }
    return false;
}

/* What happens at a token is about the callee of its call, else about the token itself. */
static struct zpl_span span_of(const struct zpl_unit *unit, uint32_t token)
{
    uint32_t call = zpl_tree_call_at(unit->tree, token);
    return call ? zpl_tree_span(unit->tree, zpl_tree_callee(unit->tree, call))
                : zpl_tree_token_span(unit->tree, token);
}

struct zpl_span zpl_host_span(lua_State *L)
{
    const struct zpl_unit *unit;
    uint32_t token;
    if (!zpl_host_token(L, 0, &unit, &token))
        return (struct zpl_span){0};
    return span_of(unit, token);
}

struct zpl_span zpl_host_name_span(lua_State *L, const char *name)
{
    const struct zpl_unit *unit;
    uint32_t token;
    if (!zpl_host_token(L, 0, &unit, &token))
        return (struct zpl_span){0};
    for (uint32_t back = 0; back <= NAME_DISTANCE && back <= token; back++)
        if (zpl_tree_token_is(unit->tree, token - back, name))
            return zpl_tree_token_span(unit->tree, token - back);
    return span_of(unit, token);
}

/* Is the node a statement over `token` that assigns to a target of that kind (NAME, INDEX) and name?
 * *target is the target. */
static bool assigns(const struct zpl_tree *tree, uint32_t node, uint32_t token,
                    enum zpl_node_kind kind, const char *name, uint32_t *target)
{
    const struct zpl_tree_node *n = &tree->nodes[node];
    if ((n->kind != ZPL_NODE_ASSIGN && n->kind != ZPL_NODE_FUNCTION_STAT) || token < n->begin ||
        token >= n->end)
        return false;
    *target = n->child;
    if (n->kind == ZPL_NODE_ASSIGN)
        *target = tree->nodes[n->child].child;
    for (; *target; *target = tree->nodes[*target].next)
        if (tree->nodes[*target].kind == kind &&
            zpl_tree_token_is(tree, tree->nodes[*target].key, name))
            return true;
    return false;
}

struct zpl_span zpl_host_target_span(lua_State *L, enum zpl_node_kind kind, const char *name)
{
    const struct zpl_unit *unit;
    uint32_t token, target, innermost = ZPL_NO_TOKEN;
    if (!zpl_host_token(L, 0, &unit, &token))
        return (struct zpl_span){0};
    for (uint32_t node = 1; node < unit->tree->node_count; node++)
        if (assigns(unit->tree, node, token, kind, name, &target))
            innermost = unit->tree->nodes[target].key;
    return innermost != ZPL_NO_TOKEN ? zpl_tree_token_span(unit->tree, innermost)
                                     : span_of(unit, token);
}

struct zpl_site zpl_host_call(lua_State *L)
{
    const struct zpl_unit *unit;
    uint32_t token;
    if (!zpl_host_token(L, 0, &unit, &token))
        return (struct zpl_site){0};
    uint32_t call = zpl_tree_call_at(unit->tree, token);
    if (call)
        return zpl_site_node(unit, call);
    return (struct zpl_site){.unit = unit, .span = zpl_tree_token_span(unit->tree, token)};
}

size_t zpl_host_callers(lua_State *L, const struct zpl_span **out)
{
    struct zpl_span spans[CALLERS_MAX];
    const struct zpl_unit *unit;
    uint32_t token;
    size_t count = 0;
    while (count < CALLERS_MAX && zpl_host_token(L, (int)count + 1, &unit, &token))
        spans[count++] = span_of(unit, token);
    *out = NULL;
    if (count > 0) {
        struct zpl_span *copy =
            zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, count, sizeof *copy));
        memcpy(copy, spans, count * sizeof *copy);
        *out = copy;
    }
    return count;
}

struct zpl_site zpl_site_node(const struct zpl_unit *unit, uint32_t node)
{
    return (struct zpl_site){.unit = unit, .node = node, .span = zpl_tree_span(unit->tree, node)};
}

struct zpl_site zpl_site_arguments(struct zpl_site call)
{
    if (!call.node)
        return call;
    const struct zpl_tree *tree = call.unit->tree;
    uint32_t table = zpl_tree_argument_table(tree, call.node);
    if (table)
        return zpl_site_node(call.unit, table);
    uint32_t argument = zpl_tree_argument(tree, call.node, 0);
    return (struct zpl_site){
        .unit = call.unit, .node = 0, .span = zpl_tree_span(tree, argument ? argument : call.node)};
}

/* Is the node a table constructor? */
static bool is_table(struct zpl_site where)
{
    return where.node && where.unit->tree->nodes[where.node].kind == ZPL_NODE_TABLE;
}

/* The value of a field node, or the constructor's span when there is no such field. */
static struct zpl_site value_of(struct zpl_site table, uint32_t field)
{
    if (!field)
        return (struct zpl_site){.unit = table.unit, .span = table.span};
    const struct zpl_tree *tree = table.unit->tree;
    return zpl_site_node(table.unit, zpl_tree_bare(tree, zpl_tree_value(tree, field)));
}

struct zpl_site zpl_site_field(struct zpl_site table, const char *name)
{
    uint32_t field =
        is_table(table) ? zpl_tree_field(table.unit->tree, table.node, name, strlen(name)) : 0;
    return value_of(table, field);
}

struct zpl_site zpl_site_item(struct zpl_site table, size_t i)
{
    uint32_t item = is_table(table) ? zpl_tree_item(table.unit->tree, table.node, (uint32_t)i) : 0;
    return value_of(table, item);
}

size_t zpl_site_items(struct zpl_site table)
{
    size_t count = 0;
    while (is_table(table) && zpl_tree_item(table.unit->tree, table.node, (uint32_t)count + 1))
        count++;
    return count;
}

struct zpl_span zpl_site_key(struct zpl_site table, const char *name)
{
    uint32_t field =
        is_table(table) ? zpl_tree_field(table.unit->tree, table.node, name, strlen(name)) : 0;
    return field ? zpl_tree_key_span(table.unit->tree, field) : table.span;
}

/* ---- names of a table ------------------------------------------------------------------------ */

/* The text of the name a field is written with; false for items and computed keys. */
static bool written_name(const struct zpl_tree *tree, uint32_t field, const char **name,
                         uint32_t *len)
{
    if (tree->nodes[field].kind != ZPL_NODE_FIELD_NAMED)
        return false;
    *name = zpl_tree_text(tree, tree->nodes[field].key, len);
    return true;
}

/* Is `name` (of `len` bytes, without NUL) a field of the table at `index`?  Leaves its key pushed. */
static bool push_present(lua_State *L, int index, const char *name, size_t len)
{
    lua_pushlstring(L, name, len);
    lua_pushvalue(L, -1);
    bool present = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, present ? 1 : 2);
    return present;
}

/* Appends the name on top of the stack (popped) unless the set at `seen` has it. */
static void add_name(lua_State *L, int seen, const char **names, size_t *count)
{
    if (strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1))
        luaL_error(L, "a name with a NUL byte");
    lua_pushvalue(L, -1);
    if (lua_rawget(L, seen) == LUA_TNIL) {
        names[(*count)++] =
            zpl_host_need(L, zpl_arena_strdup(&zpl_host_of(L)->arena, lua_tostring(L, -2)));
        lua_pushvalue(L, -2);
        lua_pushboolean(L, 1);
        lua_rawset(L, seen);
    }
    lua_pop(L, 2);
}

/* How many names the table at `index` has. */
static size_t count_names(lua_State *L, int index)
{
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        count += lua_type(L, -2) == LUA_TSTRING;
        lua_pop(L, 1);
    }
    return count;
}

/* A constructor of few names that holds all that the table has needs no sorting; NULL: it is none. */
static const char *const *written_names(lua_State *L, int index, struct zpl_site where,
                                        size_t *count)
{
    const struct zpl_tree *tree = where.unit->tree;
    struct zpl_arena *arena = &zpl_host_of(L)->arena;
    const char **names = NULL;
    *count = 0;
    for (uint32_t f = tree->nodes[where.node].child; f; f = tree->nodes[f].next) {
        const char *name;
        uint32_t len;
        if (!written_name(tree, f, &name, &len) || !push_present(L, index, name, len))
            continue;
        lua_pop(L, 1);
        for (size_t i = 0; i < *count; i++)
            if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
                return NULL; /* written twice */
        if (!names)
            names = zpl_host_need(L, zpl_arena_array(arena, FEW_NAMES + 1, sizeof *names));
        if (*count == FEW_NAMES)
            return NULL;
        names[(*count)++] = zpl_host_need(L, zpl_arena_strndup(arena, name, len));
    }
    if (*count != count_names(L, index))
        return NULL;
    return names ? names : zpl_host_need(L, zpl_arena_array(arena, 1, sizeof *names));
}

const char *const *zpl_site_names(lua_State *L, int index, struct zpl_site where, size_t *count)
{
    const char *const *written;
    index = lua_absindex(L, index);
    luaL_checkstack(L, 8, NULL);
    if (is_table(where) && !zpl_sandbox_label(L, index) &&
        (written = written_names(L, index, where, count)))
        return written;
    zpl_sandbox_push_sorted_keys(L, index);
    int keys = lua_gettop(L);
    lua_newtable(L);
    int seen = lua_gettop(L);
    lua_Unsigned total = lua_rawlen(L, keys);
    const char **names =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, total + 1, sizeof *names));
    *count = 0;
    if (is_table(where)) {
        const struct zpl_tree *tree = where.unit->tree;
        for (uint32_t f = tree->nodes[where.node].child; f; f = tree->nodes[f].next) {
            const char *name;
            uint32_t len;
            if (written_name(tree, f, &name, &len) && push_present(L, index, name, len))
                add_name(L, seen, names, count);
        }
    }
    for (lua_Unsigned i = 1; i <= total; i++) {
        if (lua_rawgeti(L, keys, (lua_Integer)i) == LUA_TSTRING)
            add_name(L, seen, names, count);
        else
            lua_pop(L, 1);
    }
    lua_settop(L, keys - 1);
    return names;
}

/* The same where few names are written: without a table to remember them. */
static bool few_again(const struct zpl_tree *tree, struct zpl_site table, uint32_t *field)
{
    const char *texts[FEW_NAMES];
    uint32_t lens[FEW_NAMES], count = 0;
    for (uint32_t f = tree->nodes[table.node].child; f; f = tree->nodes[f].next) {
        const char *text;
        uint32_t len;
        if (!written_name(tree, f, &text, &len))
            continue;
        for (uint32_t i = 0; i < count; i++)
            if (lens[i] == len && memcmp(texts[i], text, len) == 0) {
                *field = f;
                return true;
            }
        if (count == FEW_NAMES)
            return false;
        texts[count] = text;
        lens[count++] = len;
    }
    *field = 0;
    return true;
}

/* The first field whose name an earlier one has; 0: there is none. */
static uint32_t many_again(lua_State *L, const struct zpl_tree *tree, struct zpl_site table)
{
    int top = lua_gettop(L);
    uint32_t again = 0;
    lua_newtable(L);
    for (uint32_t f = tree->nodes[table.node].child; f && !again; f = tree->nodes[f].next) {
        const char *text;
        uint32_t len;
        if (!written_name(tree, f, &text, &len))
            continue;
        lua_pushlstring(L, text, len);
        lua_pushvalue(L, -1);
        again = lua_rawget(L, top + 1) != LUA_TNIL ? f : 0;
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
        lua_rawset(L, top + 1);
    }
    lua_settop(L, top);
    return again;
}

bool zpl_site_again(lua_State *L, struct zpl_site table, const char **name, struct zpl_span *span)
{
    if (!is_table(table))
        return false;
    const struct zpl_tree *tree = table.unit->tree;
    const char *text;
    uint32_t field, len;
    if (!few_again(tree, table, &field))
        field = many_again(L, tree, table);
    if (!field || !written_name(tree, field, &text, &len))
        return false;
    *name = zpl_host_need(L, zpl_arena_strndup(&zpl_host_of(L)->arena, text, len));
    *span = zpl_tree_key_span(tree, field);
    return true;
}

struct zpl_span zpl_site_inside(struct zpl_site literal, size_t offset, size_t length)
{
    const struct zpl_tree *tree = literal.unit ? literal.unit->tree : NULL;
    if (!literal.node || tree->nodes[literal.node].kind != ZPL_NODE_STRING)
        return literal.span;
    uint32_t token = tree->nodes[literal.node].key;
    return (struct zpl_span){.source = tree->source,
                             .begin = zpl_tree_string_offset(tree, token, (uint32_t)offset),
                             .end =
                                 zpl_tree_string_offset(tree, token, (uint32_t)(offset + length))};
}
