/* What Lua says of a mistake, in the words of zpl, and what to write instead. */
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/value.h"

/* Methods that lists and texts have elsewhere, by the name that Lua did not find. */
static const struct {
    const char *name, *help;
} methods[] = {
    {"add", "an item is added by `list[#list + 1] = item`"},
    {"append", "an item is added by `list[#list + 1] = item`"},
    {"push", "an item is added by `list[#list + 1] = item`"},
    {"concat", "lists of texts are joined by `table.concat(list, \", \")`"},
    {"join", "lists of texts are joined by `table.concat(list, \", \")`"},
    {"extend", "items are added one by one: `for i, item in ipairs(more) do … end`"},
    {"insert", "an item is put in by `table.insert(list, i, item)`"},
    {"pop", "the last item is taken by `table.remove(list)`"},
    {"remove", "an item is taken out by `table.remove(list, i)`"},
    {"sort", "a list is sorted by `table.sort(list)`"},
    {"len", "the length is `#list`"},
    {"length", "the length is `#list`"},
    {"size", "the length is `#list`"},
    {"count", "the length is `#list`"},
    {"map", "write `each(list, function (item) … end)`"},
    {"forEach", "write `for i, item in ipairs(list) do … end`"},
    {"filter", "fill a table: `for i, item in ipairs(list) do if … then t[#t + 1] = item end end`"},
    {"keys", "write `for key, value in pairs(t) do … end`"},
    {"values", "write `for key, value in pairs(t) do … end`"},
    {"items", "write `for key, value in pairs(t) do … end`"},
    {"get", "write `t[key]`, or `t[key] or default`"},
    {"slice", "write `table.unpack(list, 1, 2)`"},
};

/* The operator, keyword or bracket that the program stands on. */
static enum zpl_token_kind operator_at(lua_State *L)
{
    const struct zpl_unit *unit;
    uint32_t token;
    return zpl_host_token(L, 0, &unit, &token) ? (enum zpl_token_kind)unit->tree->tokens[token].kind
                                               : ZPL_TOKEN_EOF;
}

bool zpl_host_is_chained(lua_State *L)
{
    const struct zpl_unit *unit;
    uint32_t token;
    int left, right, inner_left;
    if (!zpl_host_token(L, 0, &unit, &token))
        return false;
    const struct zpl_tree *tree = unit->tree;
    uint32_t node = zpl_tree_owner(tree, token), child = tree->nodes[node].child;
    if (tree->nodes[node].kind != ZPL_NODE_BINARY || tree->nodes[child].kind != ZPL_NODE_BINARY)
        return false;
    zpl_token_strength((enum zpl_token_kind)tree->tokens[token].kind, &left, &right);
    zpl_token_strength((enum zpl_token_kind)tree->tokens[tree->nodes[child].key].kind, &inner_left,
                       &right);
    return left == inner_left;
}

const char *zpl_host_bits_help(lua_State *L)
{
    switch (operator_at(L)) {
    case ZPL_TOKEN_BAND:
        return "'&' is for bits; conditions are joined by `and`: `a >= 0.5 and b >= 0.5`";
    case ZPL_TOKEN_BOR:
        return "'|' is for bits; conditions are joined by `or`: `a >= 0.5 or b >= 0.5`";
    case ZPL_TOKEN_TILDE:
        return "'~' is for bits; a condition is turned around by `not`";
    default:
        return NULL;
    }
}

static const char *arithmetic_help(lua_State *L, const char *message)
{
    if (strstr(message, "boolean value"))
        return NULL;
    if (!strstr(message, "string value"))
        return NULL;
    switch (operator_at(L)) {
    case ZPL_TOKEN_ADD:
        return "texts are joined by `..`: \"a\" .. \"b\"; a number in a text is `tonumber(s)`";
    case ZPL_TOKEN_MOD:
        return "write `string.format(\"%d rows\", n)`";
    case ZPL_TOKEN_MUL:
        return "a text is repeated by `string.rep(s, n)`; a number in a text is `tonumber(s)`";
    default:
        return "a number in a text is `tonumber(s)`";
    }
}

static const char *concat_help(const char *message)
{
    if (strstr(message, "a nil value"))
        return "a name that may be nil: `(name or \"\")`";
    if (strstr(message, "a table value"))
        return "the items of a list are joined by `table.concat(list, \", \")`";
    return "write `tostring(x)`";
}

/* Help for "attempt to call a nil value (field 'append')" and the like. */
static const char *method_help(const char *message)
{
    const char *name = strchr(message, '\'');
    for (size_t i = 0; name && i < sizeof methods / sizeof *methods; i++) {
        size_t n = strlen(methods[i].name);
        if (strncmp(name + 1, methods[i].name, n) == 0 && name[n + 1] == '\'')
            return methods[i].help;
    }
    return NULL;
}

static bool begins(const char *message, const char *with)
{
    return strncmp(message, with, strlen(with)) == 0;
}

static const char *help_for(lua_State *L, const char *message)
{
    if (begins(message, "attempt to call a nil value (field") ||
        begins(message, "attempt to call a nil value (method"))
        return method_help(message);
    if (begins(message, "stack overflow"))
        return "a function calls itself without an end";
    if (strstr(message, "(field 'length')") || strstr(message, "(field 'size')"))
        return "the length is `#list`";
    if (begins(message, "attempt to perform arithmetic on"))
        return arithmetic_help(L, message);
    if (begins(message, "attempt to perform bitwise operation on a boolean"))
        return zpl_host_bits_help(L);
    if (begins(message, "attempt to compare") && strstr(message, "boolean") &&
        zpl_host_is_chained(L))
        return ZPL_CHAIN_HELP;
    if (begins(message, "attempt to compare") && strstr(message, "string") &&
        strstr(message, "number"))
        return "a number in a text is `tonumber(s)`";
    if (begins(message, "attempt to concatenate"))
        return concat_help(message);
    if (begins(message, "bad argument #1 to 'string.") && strstr(message, "got no value"))
        return "the functions of a text are called with ':', as `s:upper()`, or given it: "
               "`string.upper(s)`";
    return NULL;
}

/* The message with the name of the called function where Lua has none to tell. */
static const char *with_name(lua_State *L, const char *message)
{
    const char *mark = begins(message, "bad argument #") ? strstr(message, " to '?'") : NULL;
    struct zpl_site call = zpl_host_call(L);
    if (!mark || !call.node)
        return message;
    const struct zpl_tree *tree = call.unit->tree;
    struct zpl_span span = zpl_tree_span(tree, zpl_tree_callee(tree, call.node));
    lua_pushlstring(L, message, (size_t)(mark - message));
    lua_pushlstring(L, tree->text + span.begin, span.end - span.begin);
    return lua_pushfstring(L, "%s to '%s'%s", lua_tostring(L, -2), lua_tostring(L, -1),
                           mark + strlen(" to '?'"));
}

/* The message without the names that Lua makes up for what has none. */
static const char *without_made_up(lua_State *L, const char *message)
{
    static const char *const made_up[] = {" (field '?')", " (field 'integer index')",
                                          " (for iterator 'for iterator')"};
    for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++) {
        const char *at = strstr(message, made_up[i]);
        if (!at)
            continue;
        lua_pushlstring(L, message, (size_t)(at - message));
        return lua_pushfstring(L, "%s%s", lua_tostring(L, -1), at + strlen(made_up[i]));
    }
    return message;
}

void zpl_host_complain(lua_State *L, const char *message)
{
    message = without_made_up(L, with_name(L, message));
    const char *help = help_for(L, message);
    struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_LUA, zpl_host_span(L), "%s", message);
    if (help)
        zpl_host_help(L, diag, "%s", help);
}
