/* emit.c - writes a tree as the text that Lua compiles.  See emit.h.
 * One walk serves three ends: the plain text, the guarded text, and, without an output, the
 * question how deep the guarded text is nested for Lua's parser. */
#include "lang/syntax/emit.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "lang/syntax/chars.h"

/* Callees get parentheses down to this level, so that they never use up the room for nesting. */
#define WRAP_LEVEL_MAX 100

struct emitter {
    const struct zpl_tree *tree;
    struct zpl_buf *out; /* NULL: only measure */
    struct zpl_emit_map *map;
    bool guard;
    uint32_t functions; /* around the node */
    uint32_t too_deep;  /* a node, or 0 */
};

static void expression(struct emitter *e, uint32_t node, int level);
static void statement(struct emitter *e, uint32_t node, int level);

void zpl_emit_map_release(struct zpl_emit_map *map)
{
    free(map->tokens);
    memset(map, 0, sizeof *map);
}

uint32_t zpl_emit_map_token(const struct zpl_emit_map *map, int line)
{
    return line > 0 && (size_t)line < map->count ? map->tokens[line] : ZPL_NO_TOKEN;
}

void zpl_emit_map_add(struct zpl_emit_map *map, uint32_t token)
{
    if (map->err)
        return;
    if (map->count == map->capacity) {
        size_t capacity = map->capacity ? 2 * map->capacity : 256;
        uint32_t *tokens = zpl_realloc(map->tokens, capacity * sizeof *tokens);

        if (!tokens) {
            map->err = ZPL_ERR_NOMEM;
            return;
        }
        map->tokens = tokens;
        map->capacity = capacity;
    }
    if (map->count == 0)
        map->tokens[map->count++] = 0;
    map->tokens[map->count++] = token;
}

static const struct zpl_tree_node *at(const struct emitter *e, uint32_t node)
{
    return &e->tree->nodes[node];
}

static enum zpl_node_kind kind_of(const struct emitter *e, uint32_t node)
{
    return (enum zpl_node_kind)at(e, node)->kind;
}

/* --- writing --- */

/* Begins a line that is about `token`. */
static void line(struct emitter *e, uint32_t token)
{
    if (!e->out)
        return;
    if (e->map->count > 1)
        zpl_buf_putc(e->out, '\n');
    zpl_emit_map_add(e->map, token);
}

/* More text on the line at hand. */
static void put(struct emitter *e, const char *text)
{
    if (!e->out)
        return;
    zpl_buf_putc(e->out, ' ');
    zpl_buf_puts(e->out, text);
}

/* Inserted text with a line of its own, which reports `token`. */
static void put_line(struct emitter *e, uint32_t token, const char *text)
{
    line(e, token);
    put(e, text);
}

/* A token of the text with its line, or lines if it holds line breaks. */
static void put_token(struct emitter *e, uint32_t token)
{
    uint32_t len;
    const char *text = zpl_tree_text(e->tree, token, &len);

    if (!e->out)
        return;
    line(e, token);
    zpl_buf_add(e->out, text, len);
    if (e->tree->tokens[token].kind != ZPL_TOKEN_STRING)
        return;
    for (uint32_t i = 0; i < len;) {
        uint32_t newline = (uint32_t)zpl_newline_length(text + i, len - i);

        if (newline)
            zpl_emit_map_add(e->map, token);
        i += newline ? newline : 1;
    }
}

static void put_tokens(struct emitter *e, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin; i < end; i++)
        put_token(e, i);
}

/* --- depth --- */

/* Notes a node at a level that Lua's parser would refuse. */
static void check_level(struct emitter *e, uint32_t node, int level)
{
    if (level > ZPL_NESTING_MAX && e->too_deep == 0)
        e->too_deep = node;
}

/* --- expressions; `level` is that of the Lua parser's recursion they stand in --- */

/* An expression as the one argument of a guard; `open` has the guard's name and parenthesis. */
static void wrapped(struct emitter *e, uint32_t token, const char *open, uint32_t node, int level)
{
    bool truncate = zpl_tree_is_multiple(e->tree, node);

    put_line(e, token, open);
    if (truncate)
        put(e, "(");
    expression(e, node, truncate ? level + 2 : level + 1);
    put(e, truncate ? ") )" : ")");
}

static bool is_constant(const struct emitter *e, uint32_t node)
{
    switch (kind_of(e, zpl_tree_bare(e->tree, node))) {
    case ZPL_NODE_NIL:
    case ZPL_NODE_TRUE:
    case ZPL_NODE_FALSE:
    case ZPL_NODE_NUMBER:
    case ZPL_NODE_STRING:
    case ZPL_NODE_FUNCTION:
    case ZPL_NODE_TABLE:
        return true;
    default:
        return false;
    }
}

/* The condition of a statement whose keyword is `token`. */
static void condition(struct emitter *e, uint32_t token, uint32_t node, int level)
{
    bool until = e->tree->tokens[token].kind == ZPL_TOKEN_UNTIL;

    if (e->guard && !is_constant(e, node))
        wrapped(e, token, until ? "__zpl_until (" : "__zpl_truth (", node, level);
    else
        expression(e, node, level);
}

static enum zpl_token_kind operator_of(const struct emitter *e, uint32_t node)
{
    return (enum zpl_token_kind)e->tree->tokens[at(e, node)->key].kind;
}

/* The guard of a comparison, or NULL. */
static const char *comparison(enum zpl_token_kind kind)
{
    switch (kind) {
    case ZPL_TOKEN_EQ:
        return "__zpl_eq (";
    case ZPL_TOKEN_NE:
        return "__zpl_ne (";
    case ZPL_TOKEN_LT:
        return "__zpl_lt (";
    case ZPL_TOKEN_LE:
        return "__zpl_le (";
    case ZPL_TOKEN_GT:
        return "__zpl_gt (";
    case ZPL_TOKEN_GE:
        return "__zpl_ge (";
    default:
        return NULL;
    }
}

/* The left operands of a chain `a op b op c`: all but the last get a guard. */
static void chain_operands(struct emitter *e, uint32_t node, enum zpl_token_kind op, int level)
{
    const struct zpl_tree_node *n = at(e, node);
    uint32_t left = n->child;

    if (kind_of(e, left) == ZPL_NODE_BINARY && operator_of(e, left) == op) {
        chain_operands(e, left, op, level);
        wrapped(e, at(e, left)->key, op == ZPL_TOKEN_AND ? "__zpl_andr (" : "__zpl_orr (",
                at(e, left)->last_child, level + 1);
    } else {
        wrapped(e, n->key, op == ZPL_TOKEN_AND ? "__zpl_andl (" : "__zpl_orl (", left, level);
    }
    put_token(e, n->key);
}

static void binary(struct emitter *e, uint32_t node, int level)
{
    const struct zpl_tree_node *n = at(e, node);
    enum zpl_token_kind op = operator_of(e, node);
    const char *guard = e->guard ? comparison(op) : NULL;

    if (guard) {
        bool truncate = zpl_tree_is_multiple(e->tree, n->last_child);

        put_line(e, n->key, guard);
        expression(e, n->child, level + 1);
        put_line(e, n->key, truncate ? ", (" : ",");
        expression(e, n->last_child, truncate ? level + 2 : level + 1);
        put(e, truncate ? ") )" : ")");
    } else if (e->guard && (op == ZPL_TOKEN_AND || op == ZPL_TOKEN_OR)) {
        put_line(e, n->key, op == ZPL_TOKEN_AND ? "__zpl_and (" : "__zpl_or (");
        chain_operands(e, node, op, level + 1);
        expression(e, n->last_child, level + 2);
        put(e, ")");
    } else {
        expression(e, n->child, level);
        put_token(e, n->key);
        expression(e, n->last_child, level + 1);
    }
}

static void unary(struct emitter *e, uint32_t node, int level)
{
    const struct zpl_tree_node *n = at(e, node);

    if (e->guard && operator_of(e, node) == ZPL_TOKEN_NOT) {
        wrapped(e, n->key, "__zpl_not (", n->child, level);
        return;
    }
    put_token(e, n->key);
    expression(e, n->child, level + 1);
}

/* `...`, or the sentinel it stands for.  The plain text of a chunk keeps it, as Lua can. */
static void vararg(struct emitter *e, uint32_t node)
{
    const struct zpl_tree_node *n = at(e, node);

    if (!(n->flags & ZPL_NODE_REST) || (!e->guard && e->functions == 0)) {
        put_token(e, n->key);
    } else {
        line(e, n->key);
        put(e, "__zpl_rest");
    }
}

/* The argument of an `sql` call with the names in scope. */
static void scoped_argument(struct emitter *e, uint32_t call, uint32_t argument, int level)
{
    const struct zpl_tree *tree = e->tree;
    const struct zpl_tree_node *n = at(e, call);
    const char *separator = ", {";

    put_line(e, n->key, "__zpl_scope (");
    expression(e, argument, level + 2);
    for (uint32_t i = n->decl; i < tree->passed_count && tree->passed[i].call == call; i++) {
        uint32_t len;
        const char *name = zpl_tree_text(tree, tree->passed[i].token, &len);

        put(e, separator);
        if (e->out)
            zpl_buf_printf(e->out, " %.*s = %.*s", (int)len, name, (int)len, name);
        separator = ",";
    }
    put(e, separator[1] ? ", { } )" : "} )");
}

/* A call; its callee in parentheses whose line reports the argument token. */
static void call(struct emitter *e, uint32_t node, int level)
{
    const struct zpl_tree_node *n = at(e, node);
    uint32_t callee = n->child, argument = at(e, callee)->next, printed;
    bool wrap = level < WRAP_LEVEL_MAX;

    if (wrap)
        put_line(e, n->key, "(");
    expression(e, callee, wrap ? level + 1 : level);
    if (wrap)
        put(e, ")");
    printed = at(e, callee)->end;
    if (e->guard && (n->flags & ZPL_NODE_SCOPED)) {
        bool bare = at(e, argument)->begin == n->key; /* without parentheses in the source */

        put_tokens(e, printed, at(e, argument)->begin);
        if (bare)
            put_line(e, n->key, "(");
        scoped_argument(e, node, argument, level);
        if (bare)
            put(e, ")");
        put_tokens(e, at(e, argument)->end, n->end);
        return;
    }
    for (; argument; argument = at(e, argument)->next) {
        put_tokens(e, printed, at(e, argument)->begin);
        expression(e, argument, level + 1);
        printed = at(e, argument)->end;
    }
    put_tokens(e, printed, n->end);
}

static void function(struct emitter *e, uint32_t node, int level)
{
    const struct zpl_tree_node *n = at(e, node);
    uint32_t block = n->last_child;
    bool guard = e->guard;

    if (n->flags & ZPL_NODE_BODY)
        e->guard = false;
    e->functions++;
    put_tokens(e, n->begin, at(e, block)->begin);
    statement(e, block, level);
    put_tokens(e, at(e, block)->end, n->end);
    e->functions--;
    e->guard = guard;
}

/* A node whose own tokens stand between its children: tokens and children in order.  `extra` is
 * what the children's level is above the node's. */
static void in_order(struct emitter *e, uint32_t node, int level, int extra)
{
    uint32_t printed = at(e, node)->begin;

    for (uint32_t c = at(e, node)->child; c; c = at(e, c)->next) {
        put_tokens(e, printed, at(e, c)->begin);
        expression(e, c, level + extra);
        printed = at(e, c)->end;
    }
    put_tokens(e, printed, at(e, node)->end);
}

/* a[b]: Lua reports the reading at its `]`, and that line is about the index, or about the `[` of one
 * that has several tokens. */
static void index_expr(struct emitter *e, uint32_t node, int level)
{
    const struct zpl_tree_node *n = at(e, node);
    const struct zpl_tree_node *index = at(e, n->last_child);

    expression(e, n->child, level + 1);
    put_tokens(e, at(e, n->child)->end, index->begin);
    expression(e, n->last_child, level + 1);
    put_line(e, index->end == index->begin + 1 ? index->begin : n->key, "]");
}

static void expression(struct emitter *e, uint32_t node, int level)
{
    check_level(e, node, level);
    switch (kind_of(e, node)) {
    case ZPL_NODE_BINARY:
        binary(e, node, level);
        break;
    case ZPL_NODE_UNARY:
        unary(e, node, level);
        break;
    case ZPL_NODE_CALL:
    case ZPL_NODE_METHOD:
        call(e, node, level);
        break;
    case ZPL_NODE_FUNCTION:
        function(e, node, level);
        break;
    case ZPL_NODE_VARARG:
        vararg(e, node);
        break;
    case ZPL_NODE_PAREN:
    case ZPL_NODE_FIELD_NAMED:
    case ZPL_NODE_FIELD_EXPR:
    case ZPL_NODE_FIELD_ITEM:
        in_order(e, node, level, 1);
        break;
    case ZPL_NODE_INDEX_EXPR:
        index_expr(e, node, level);
        break;
    default:
        in_order(e, node, level, 0);
    }
}

/* --- statements --- */

/* `if`, `elseif`, `while` with their conditions and blocks. */
static void tests(struct emitter *e, uint32_t node, int level)
{
    uint32_t printed = at(e, node)->begin;

    for (uint32_t c = at(e, node)->child; c; c = at(e, c)->next) {
        put_tokens(e, printed, at(e, c)->begin);
        if (kind_of(e, c) == ZPL_NODE_BLOCK)
            statement(e, c, level);
        else
            condition(e, at(e, c)->begin - 1, c, level + 1);
        printed = at(e, c)->end;
    }
    put_tokens(e, printed, at(e, node)->end);
}

static void repeat(struct emitter *e, uint32_t node, int level)
{
    uint32_t block = at(e, node)->child, test = at(e, block)->next;

    put_tokens(e, at(e, node)->begin, at(e, block)->begin);
    statement(e, block, level);
    put_tokens(e, at(e, block)->end, at(e, test)->begin);
    condition(e, at(e, test)->begin - 1, test, level + 1);
}

/* Does the bound of a loop need no guard?  `#x` is a number, whatever x is. */
static bool is_plain_bound(const struct emitter *e, uint32_t node)
{
    return kind_of(e, node) == ZPL_NODE_NUMBER ||
           (kind_of(e, node) == ZPL_NODE_UNARY && operator_of(e, node) == ZPL_TOKEN_LENGTH);
}

/* `a, b, c` of a loop over numbers as `__zpl_first (a, b, c), __zpl_last (), __zpl_step ()`. */
static void bounds(struct emitter *e, uint32_t node, uint32_t list, int level)
{
    uint32_t token = at(e, node)->begin, printed = at(e, list)->begin;
    bool plain = true;

    for (uint32_t c = at(e, list)->child; c; c = at(e, c)->next)
        plain = plain && is_plain_bound(e, c);
    if (plain || !e->guard) {
        expression(e, list, level + 1);
        return;
    }
    put_line(e, token, "__zpl_first (");
    for (uint32_t c = at(e, list)->child; c; c = at(e, c)->next) {
        bool truncate = !at(e, c)->next && zpl_tree_is_multiple(e->tree, c);

        put_tokens(e, printed, at(e, c)->begin);
        if (truncate)
            put(e, "(");
        expression(e, c, truncate ? level + 3 : level + 2);
        if (truncate)
            put(e, ")");
        printed = at(e, c)->end;
    }
    put(e, ")");
    put_line(e, token, ", __zpl_last ( )");
    if (zpl_tree_count(e->tree, list) == 3)
        put(e, ", __zpl_step ( )");
}

/* A `for`; what it goes over passes a guard. */
static void loop(struct emitter *e, uint32_t node, int level)
{
    const struct zpl_tree_node *n = at(e, node);
    uint32_t list = at(e, n->child)->next, block = at(e, list)->next;

    put_tokens(e, n->begin, at(e, list)->begin);
    if (n->kind == ZPL_NODE_FOR_NUMBER) {
        bounds(e, node, list, level);
    } else if (e->guard) {
        put_line(e, n->begin, "__zpl_visit (");
        expression(e, list, level + 2);
        put(e, ")");
    } else {
        expression(e, list, level + 1);
    }
    put_tokens(e, at(e, list)->end, at(e, block)->begin);
    statement(e, block, level);
    put_tokens(e, at(e, block)->end, n->end);
}

/* Would the statement begin with a parenthesis that the emitter adds?  The leftmost part decides.
 */
static bool begins_with_call(const struct emitter *e, uint32_t node)
{
    for (; node; node = at(e, node)->child)
        if (kind_of(e, node) == ZPL_NODE_CALL || kind_of(e, node) == ZPL_NODE_METHOD)
            return true;
    return false;
}

/* A statement or a block; `level` is that of the statement around it. */
static void statement(struct emitter *e, uint32_t node, int level)
{
    uint32_t printed = at(e, node)->begin;

    check_level(e, node, level);
    switch (kind_of(e, node)) {
    case ZPL_NODE_IF:
    case ZPL_NODE_WHILE:
        tests(e, node, level);
        return;
    case ZPL_NODE_REPEAT:
        repeat(e, node, level);
        return;
    case ZPL_NODE_FOR_NUMBER:
    case ZPL_NODE_FOR_IN:
        loop(e, node, level);
        return;
    case ZPL_NODE_ASSIGN:
        level +=
            (int)zpl_tree_count(e->tree, at(e, node)->child) - 1; /* one for each more target */
        /* fall through */
    case ZPL_NODE_CALL_STAT:
        if (begins_with_call(e, node))
            put_line(e, at(e, node)->begin, ";");
        break;
    default:
        break;
    }
    for (uint32_t c = at(e, node)->child; c; c = at(e, c)->next) {
        enum zpl_node_kind kind = kind_of(e, c);

        put_tokens(e, printed, at(e, c)->begin);
        if (kind == ZPL_NODE_BLOCK)
            statement(e, c, level);
        else if (kind_of(e, node) == ZPL_NODE_BLOCK)
            statement(e, c, level + 1);
        else
            expression(e, c, kind == ZPL_NODE_EXPRS ? level + 1 : level);
        printed = at(e, c)->end;
    }
    put_tokens(e, printed, at(e, node)->end);
}

enum zpl_err zpl_emit(const struct zpl_tree *tree, enum zpl_emit_mode mode, struct zpl_buf *out,
                      struct zpl_emit_map *map)
{
    struct emitter e = {.tree = tree, .out = out, .map = map, .guard = mode == ZPL_EMIT_GUARD};

    statement(&e, ZPL_TREE_ROOT, 0);
    zpl_buf_putc(out, '\n');
    return map->err ? map->err : zpl_buf_error(out);
}

uint32_t zpl_emit_too_deep(const struct zpl_tree *tree)
{
    struct emitter e = {.tree = tree, .guard = true};

    statement(&e, ZPL_TREE_ROOT, 0);
    return e.too_deep;
}
