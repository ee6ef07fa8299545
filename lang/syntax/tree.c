/* tree.c - the questions to a tree that are not about literals.  See tree.h. */
#include "lang/syntax/tree.h"

#include <string.h>

static const struct zpl_tree_node *at(const struct zpl_tree *tree, uint32_t node)
{
    return &tree->nodes[node];
}

struct zpl_span zpl_tree_token_span(const struct zpl_tree *tree, uint32_t token)
{
    const struct zpl_token *t = &tree->tokens[token];

    return (struct zpl_span){tree->source, t->offset, t->offset + t->length};
}

struct zpl_span zpl_tree_span(const struct zpl_tree *tree, uint32_t node)
{
    const struct zpl_tree_node *n = at(tree, node);
    struct zpl_span span = zpl_tree_token_span(tree, n->begin);

    span.end = n->end > n->begin ? zpl_tree_token_span(tree, n->end - 1).end : span.begin;
    return span;
}

const char *zpl_tree_text(const struct zpl_tree *tree, uint32_t token, uint32_t *len)
{
    *len = tree->tokens[token].length;
    return tree->text + tree->tokens[token].offset;
}

bool zpl_tree_token_is(const struct zpl_tree *tree, uint32_t token, const char *text)
{
    uint32_t len;
    const char *s = zpl_tree_text(tree, token, &len);

    return strlen(text) == len && memcmp(s, text, len) == 0;
}

void zpl_tree_print(const struct zpl_tree *tree, struct zpl_buf *out)
{
    uint32_t printed = 0;

    for (uint32_t i = 0; i < tree->token_count; i++) {
        const struct zpl_token *t = &tree->tokens[i];

        zpl_buf_add(out, tree->text + printed, t->offset - printed);
        zpl_buf_add(out, tree->text + t->offset, t->length);
        printed = t->offset + t->length;
    }
}

uint32_t zpl_tree_owner(const struct zpl_tree *tree, uint32_t token)
{
    return token < tree->token_count ? tree->owners[token] : 0;
}

uint32_t zpl_tree_call_at(const struct zpl_tree *tree, uint32_t token)
{
    uint32_t node = zpl_tree_owner(tree, token);
    uint8_t kind = at(tree, node)->kind;

    return kind == ZPL_NODE_CALL || kind == ZPL_NODE_METHOD ? node : 0;
}

uint32_t zpl_tree_function_at(const struct zpl_tree *tree, uint32_t token)
{
    uint32_t node = zpl_tree_owner(tree, token);

    return at(tree, node)->kind == ZPL_NODE_FUNCTION ? node : 0;
}

uint32_t zpl_tree_callee(const struct zpl_tree *tree, uint32_t call)
{
    return at(tree, call)->child;
}

uint32_t zpl_tree_method(const struct zpl_tree *tree, uint32_t call)
{
    if (at(tree, call)->kind != ZPL_NODE_METHOD)
        return ZPL_NO_TOKEN;
    return at(tree, at(tree, call)->child)->end + 1;
}

uint32_t zpl_tree_argument(const struct zpl_tree *tree, uint32_t call, uint32_t i)
{
    return zpl_tree_child(tree, call, i + 1);
}

/* The value that a local is bound to where it is declared, if nothing else ever is. */
static uint32_t bound_value(const struct zpl_tree *tree, uint32_t decl)
{
    const struct zpl_tree_node *name = at(tree, decl), *names = at(tree, name->parent);
    uint32_t i = 0;

    if (decl == 0 || name->kind != ZPL_NODE_NAME || (name->flags & ZPL_NODE_WRITTEN) ||
        names->kind != ZPL_NODE_NAMES || at(tree, names->parent)->kind != ZPL_NODE_LOCAL)
        return 0;
    for (uint32_t c = names->child; c != decl; c = at(tree, c)->next)
        i++;
    return zpl_tree_child(tree, names->next, i);
}

uint32_t zpl_tree_argument_table(const struct zpl_tree *tree, uint32_t call)
{
    uint32_t argument = zpl_tree_argument(tree, call, 0);

    if (argument == 0 || at(tree, argument)->next)
        return 0;
    argument = zpl_tree_bare(tree, argument);
    if (at(tree, argument)->kind == ZPL_NODE_NAME)
        argument = zpl_tree_bare(tree, bound_value(tree, at(tree, argument)->decl));
    return at(tree, argument)->kind == ZPL_NODE_TABLE ? argument : 0;
}

uint32_t zpl_tree_result_name(const struct zpl_tree *tree, uint32_t call, uint32_t k)
{
    uint32_t node = call, statement, exprs, target, i = 0;

    while (at(tree, at(tree, node)->parent)->kind == ZPL_NODE_PAREN) {
        node = at(tree, node)->parent;
        if (k > 0)
            return ZPL_NO_TOKEN;
    }
    exprs = at(tree, node)->parent;
    statement = at(tree, exprs)->parent;
    if (at(tree, exprs)->kind != ZPL_NODE_EXPRS || (k > 0 && at(tree, node)->next) ||
        (at(tree, statement)->kind != ZPL_NODE_LOCAL &&
         at(tree, statement)->kind != ZPL_NODE_ASSIGN) ||
        at(tree, statement)->child == exprs)
        return ZPL_NO_TOKEN;
    for (uint32_t c = at(tree, exprs)->child; c != node; c = at(tree, c)->next)
        i++;
    target = zpl_tree_child(tree, at(tree, statement)->child, i + k);
    if (at(tree, target)->kind == ZPL_NODE_NAME || at(tree, target)->kind == ZPL_NODE_INDEX)
        return at(tree, target)->key;
    return ZPL_NO_TOKEN;
}

/* The token that names a field, a name or a string, or ZPL_NO_TOKEN. */
static uint32_t key_token(const struct zpl_tree *tree, uint32_t field)
{
    const struct zpl_tree_node *n = at(tree, field);
    uint32_t key;

    if (n->kind == ZPL_NODE_FIELD_NAMED)
        return n->key;
    key = n->kind == ZPL_NODE_FIELD_EXPR ? zpl_tree_bare(tree, n->child) : 0;
    return at(tree, key)->kind == ZPL_NODE_STRING ? at(tree, key)->key : ZPL_NO_TOKEN;
}

uint32_t zpl_tree_field(const struct zpl_tree *tree, uint32_t table, const char *name, size_t len)
{
    uint32_t found = 0;

    for (uint32_t c = at(tree, table)->child; c; c = at(tree, c)->next) {
        uint32_t key = key_token(tree, c), key_len;
        const char *text;

        if (key == ZPL_NO_TOKEN)
            continue;
        text = zpl_tree_text(tree, key, &key_len);
        if (tree->tokens[key].kind == ZPL_TOKEN_STRING
                ? zpl_tree_string_is(tree, key, name, len)
                : key_len == len && memcmp(text, name, len) == 0)
            found = c;
    }
    return found;
}

uint32_t zpl_tree_item(const struct zpl_tree *tree, uint32_t table, uint32_t i)
{
    for (uint32_t c = at(tree, table)->child; c; c = at(tree, c)->next)
        if (at(tree, c)->kind == ZPL_NODE_FIELD_ITEM && --i == 0)
            return c;
    return 0;
}

bool zpl_tree_field_name(const struct zpl_tree *tree, uint32_t field, struct zpl_buf *out)
{
    uint32_t key = key_token(tree, field), len;
    const char *text;

    if (key == ZPL_NO_TOKEN)
        return false;
    text = zpl_tree_text(tree, key, &len);
    if (tree->tokens[key].kind == ZPL_TOKEN_STRING)
        zpl_tree_string_value(tree, key, out);
    else
        zpl_buf_add(out, text, len);
    return true;
}

struct zpl_span zpl_tree_key_span(const struct zpl_tree *tree, uint32_t field)
{
    const struct zpl_tree_node *n = at(tree, field);

    if (n->kind == ZPL_NODE_FIELD_NAMED)
        return zpl_tree_token_span(tree, n->key);
    return zpl_tree_span(tree, n->kind == ZPL_NODE_FIELD_EXPR ? n->child : field);
}

uint32_t zpl_tree_value(const struct zpl_tree *tree, uint32_t field)
{
    return at(tree, field)->last_child;
}

uint32_t zpl_tree_count(const struct zpl_tree *tree, uint32_t node)
{
    uint32_t n = 0;

    for (uint32_t c = at(tree, node)->child; c; c = at(tree, c)->next)
        n++;
    return n;
}

uint32_t zpl_tree_child(const struct zpl_tree *tree, uint32_t node, uint32_t i)
{
    uint32_t c = at(tree, node)->child;

    while (c && i-- > 0)
        c = at(tree, c)->next;
    return c;
}

uint32_t zpl_tree_bare(const struct zpl_tree *tree, uint32_t node)
{
    while (at(tree, node)->kind == ZPL_NODE_PAREN)
        node = at(tree, node)->child;
    return node;
}

bool zpl_tree_is_multiple(const struct zpl_tree *tree, uint32_t node)
{
    uint8_t kind = at(tree, node)->kind;

    return kind == ZPL_NODE_CALL || kind == ZPL_NODE_METHOD || kind == ZPL_NODE_VARARG;
}
