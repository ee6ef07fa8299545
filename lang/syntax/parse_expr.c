/* parse_expr.c - expressions, calls and table constructors.  See parser.h. */
#include <string.h>

#include "lang/syntax/parser.h"

static uint32_t subexpr(struct parser *p, int limit);

bool zpl_parser_word(struct parser *p)
{
    const struct zpl_token *t = &p->tree->tokens[p->at];

    if (t->kind != ZPL_TOKEN_NAME)
        return zpl_parser_expect(p, ZPL_TOKEN_NAME);
    if (t->length >= 5 && memcmp(p->tree->text + t->offset, "__zpl", 5) == 0) {
        zpl_parser_complain(p, p->at, p->at + 1, "names that begin with '__zpl' are reserved");
        p->panic = false;
    }
    zpl_parser_next(p);
    return true;
}

uint32_t zpl_parser_name(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_NAME);

    if (!zpl_parser_word(p))
        p->tree->nodes[node].kind = ZPL_NODE_ERROR;
    return zpl_parser_finish(p, node);
}

uint32_t zpl_parser_exprs(struct parser *p)
{
    uint32_t list = zpl_parser_node(p, ZPL_NODE_EXPRS);

    do
        zpl_parser_adopt(p, list, zpl_parser_expr(p));
    while (zpl_parser_accept(p, ZPL_TOKEN_COMMA));
    return zpl_parser_finish(p, list);
}

/* Tells that the `[` at `opener` is no list and goes on behind its `]`. */
static void skip_list(struct parser *p, uint32_t opener)
{
    uint32_t closer = zpl_parser_matching(p, opener), at = p->at;

    for (uint32_t i = opener; closer != ZPL_NO_TOKEN && i < closer; i++) {
        if (p->tree->tokens[i].kind != ZPL_TOKEN_FOR)
            continue;
        p->at = i;
        p->last = i - 1;
        if (zpl_parser_comprehension(p, opener)) {
            zpl_parser_accept(p, ZPL_TOKEN_CLOSE_BRACKET);
            return;
        }
        p->at = at;
    }
    zpl_parser_complain(p, opener, opener + 1, "a list is written { 1, 2 }, not [1, 2]");
    zpl_parser_recover(p, opener, ZPL_TOKEN_CLOSE_BRACKET, false);
    zpl_parser_accept(p, ZPL_TOKEN_CLOSE_BRACKET);
}

/* A place where an expression should stand. */
static uint32_t no_expression(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_ERROR), opener = p->at;

    if (zpl_parser_accept(p, ZPL_TOKEN_OPEN_BRACKET))
        skip_list(p, opener);
    else
        zpl_parser_unexpected(p, "an expression");
    return zpl_parser_finish(p, node);
}

/* A field written as in Python, at the name or string: `"a": 1`, `a: 1`.  Lua reads `a:b` as a
 * method call, which needs arguments behind b. */
static bool is_python_field(const struct parser *p)
{
    const struct zpl_token *t = p->tree->tokens + p->at;

    if ((t->kind != ZPL_TOKEN_NAME && t->kind != ZPL_TOKEN_STRING) || t[1].kind != ZPL_TOKEN_COLON)
        return false;
    if (t->kind == ZPL_TOKEN_STRING || t[2].kind != ZPL_TOKEN_NAME)
        return true;
    return t[3].kind != ZPL_TOKEN_OPEN_PAREN && t[3].kind != ZPL_TOKEN_OPEN_BRACE &&
           t[3].kind != ZPL_TOKEN_STRING;
}

/* `name = value`; a keyword as the name is told and taken. */
static uint32_t named_field(struct parser *p)
{
    uint32_t field = zpl_parser_node(p, ZPL_NODE_FIELD_NAMED);
    enum zpl_token_kind kind = zpl_parser_kind(p);

    if (kind == ZPL_TOKEN_NAME) {
        zpl_parser_word(p);
    } else {
        const char *word = zpl_token_text(kind);

        zpl_parser_complain(p, p->at, p->at + 1, "'%s' is a keyword: write [\"%s\"] = …", word,
                            word);
        p->panic = false;
        zpl_parser_next(p);
    }
    zpl_parser_next(p);
    zpl_parser_adopt(p, field, zpl_parser_expr(p));
    return zpl_parser_finish(p, field);
}

/* One field of a table constructor. */
static uint32_t field(struct parser *p)
{
    enum zpl_token_kind kind = zpl_parser_kind(p);
    uint32_t node, opener = p->at;

    if ((kind == ZPL_TOKEN_NAME || zpl_token_is_keyword(kind)) &&
        zpl_parser_peek(p) == ZPL_TOKEN_ASSIGN)
        return named_field(p);
    if (kind == ZPL_TOKEN_OPEN_BRACKET) {
        node = zpl_parser_node(p, ZPL_NODE_FIELD_EXPR);
        p->brackets++;
        zpl_parser_next(p);
        zpl_parser_adopt(p, node, zpl_parser_expr(p));
        p->brackets--;
        if (!p->panic &&
            (zpl_parser_is(p, ZPL_TOKEN_COMMA) || (zpl_parser_is(p, ZPL_TOKEN_CLOSE_BRACKET) &&
                                                   zpl_parser_peek(p) != ZPL_TOKEN_ASSIGN))) {
            skip_list(p, opener);
        } else {
            zpl_parser_close(p, ZPL_TOKEN_CLOSE_BRACKET, opener);
            zpl_parser_expect(p, ZPL_TOKEN_ASSIGN);
            zpl_parser_adopt(p, node, zpl_parser_expr(p));
        }
        return zpl_parser_finish(p, node);
    }
    node = zpl_parser_node(p, ZPL_NODE_FIELD_ITEM);
    if (is_python_field(p)) {
        zpl_parser_complain(p, p->at, p->at + 2,
                            "a field is written name = value, not name: value");
        p->panic = false;
        zpl_parser_next(p);
        zpl_parser_next(p);
    }
    zpl_parser_adopt(p, node, zpl_parser_expr(p));
    return zpl_parser_finish(p, node);
}

/* Can the cursor's token begin a field, so that only the comma before it is missing? */
static bool begins_field(const struct parser *p, uint32_t opener)
{
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_NAME:
    case ZPL_TOKEN_NUMBER:
    case ZPL_TOKEN_STRING:
    case ZPL_TOKEN_OPEN_BRACE:
    case ZPL_TOKEN_OPEN_BRACKET:
    case ZPL_TOKEN_NIL:
    case ZPL_TOKEN_TRUE:
    case ZPL_TOKEN_FALSE:
    case ZPL_TOKEN_NOT:
    case ZPL_TOKEN_DOTS:
        return !zpl_parser_dedented(p, zpl_parser_indentation(p, opener));
    case ZPL_TOKEN_FUNCTION:
        return zpl_parser_peek(p) != ZPL_TOKEN_NAME;
    default:
        return false;
    }
}

static uint32_t table(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_TABLE), opener = p->at;

    p->brackets++;
    zpl_parser_next(p);
    while (!zpl_parser_is(p, ZPL_TOKEN_CLOSE_BRACE) && !zpl_parser_is(p, ZPL_TOKEN_EOF)) {
        zpl_parser_adopt(p, node, field(p));
        if (p->panic)
            zpl_parser_recover(p, opener, ZPL_TOKEN_CLOSE_BRACE, true);
        if (p->panic)
            break;
        if (zpl_parser_accept(p, ZPL_TOKEN_COMMA) || zpl_parser_accept(p, ZPL_TOKEN_SEMICOLON))
            continue;
        if (zpl_parser_is(p, ZPL_TOKEN_CLOSE_BRACE) || !begins_field(p, opener))
            break;
        zpl_parser_complain(p, p->at, p->at + 1, "expected ',' between two fields");
        p->panic = false;
    }
    p->brackets--;
    if (!zpl_parser_close(p, ZPL_TOKEN_CLOSE_BRACE, opener)) {
        zpl_parser_recover(p, opener, ZPL_TOKEN_CLOSE_BRACE, false);
        zpl_parser_accept(p, ZPL_TOKEN_CLOSE_BRACE);
    }
    return zpl_parser_finish(p, node);
}

/* Inside (…) or […] at the closer or a mistake: reads the closer, if need be after a skip. */
static void close_bracket(struct parser *p, enum zpl_token_kind closer, uint32_t opener)
{
    p->brackets--;
    if (p->panic)
        zpl_parser_recover(p, opener, closer, false);
    if (zpl_parser_close(p, closer, opener))
        return;
    zpl_parser_recover(p, opener, closer, false);
    zpl_parser_accept(p, closer);
}

/* The arguments of `call`: (…), a string or a table. */
static void arguments(struct parser *p, uint32_t call)
{
    uint32_t opener = p->at;

    p->tree->nodes[call].key = p->at;
    p->tree->owners[p->at] = call;
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_STRING:
        zpl_parser_adopt(p, call, zpl_parser_leaf(p, ZPL_NODE_STRING));
        break;
    case ZPL_TOKEN_OPEN_BRACE:
        zpl_parser_adopt(p, call, table(p));
        break;
    case ZPL_TOKEN_OPEN_PAREN:
        p->brackets++;
        zpl_parser_next(p);
        if (!zpl_parser_is(p, ZPL_TOKEN_CLOSE_PAREN)) {
            do
                zpl_parser_adopt(p, call, zpl_parser_expr(p));
            while (zpl_parser_accept(p, ZPL_TOKEN_COMMA));
        }
        close_bracket(p, ZPL_TOKEN_CLOSE_PAREN, opener);
        break;
    default:
        zpl_parser_unexpected(p, "the arguments of the call");
    }
}

/* The name behind `.` or `:`; a keyword there is told and taken. */
static void member(struct parser *p, uint32_t node, bool method)
{
    const struct zpl_token *t = &p->tree->tokens[p->at];

    p->tree->nodes[node].key = p->at;
    if (t->kind == ZPL_TOKEN_NAME) {
        p->tree->owners[p->at] = node;
        zpl_parser_word(p);
    } else if (zpl_token_is_keyword((enum zpl_token_kind)t->kind) && !method &&
               !(t->flags & ZPL_TOKEN_FIRST)) {
        const char *word = zpl_token_text((enum zpl_token_kind)t->kind);

        zpl_parser_complain(p, p->at, p->at + 1,
                            "'%s' is a keyword: write [\"%s\"] without the dot", word, word);
        p->panic = false;
        zpl_parser_next(p);
    } else if (method) {
        char found[64];

        zpl_parser_complain(p, p->last, p->last + 1, "expected a method's name after ':', found %s",
                            zpl_parser_describe(p, p->at, found));
    } else {
        zpl_parser_expect(p, ZPL_TOKEN_NAME);
    }
}

/* A name or a parenthesised expression. */
static uint32_t primary(struct parser *p)
{
    uint32_t node, opener = p->at;

    if ((zpl_parser_is(p, ZPL_TOKEN_NAME) || zpl_parser_is(p, ZPL_TOKEN_OPEN_PAREN)) &&
        zpl_parser_arrow(p))
        return zpl_parser_node(p, ZPL_NODE_ERROR);
    if (zpl_parser_is(p, ZPL_TOKEN_NAME))
        return zpl_parser_name(p);
    if (!zpl_parser_is(p, ZPL_TOKEN_OPEN_PAREN))
        return no_expression(p);
    node = zpl_parser_node(p, ZPL_NODE_PAREN);
    p->brackets++;
    zpl_parser_next(p);
    zpl_parser_adopt(p, node, zpl_parser_expr(p));
    close_bracket(p, ZPL_TOKEN_CLOSE_PAREN, opener);
    return zpl_parser_finish(p, node);
}

uint32_t zpl_parser_suffixed(struct parser *p)
{
    uint32_t node = primary(p);

    while (!p->panic) {
        uint32_t inner = node, opener = p->at;

        switch (zpl_parser_kind(p)) {
        case ZPL_TOKEN_DOT:
            node = zpl_parser_node_from(p, ZPL_NODE_INDEX, inner);
            zpl_parser_adopt(p, node, inner);
            zpl_parser_next(p);
            member(p, node, false);
            break;
        case ZPL_TOKEN_OPEN_BRACKET:
            node = zpl_parser_node_from(p, ZPL_NODE_INDEX_EXPR, inner);
            zpl_parser_adopt(p, node, inner);
            p->tree->owners[p->at] = node;
            p->brackets++;
            zpl_parser_next(p);
            zpl_parser_adopt(p, node, zpl_parser_expr(p));
            close_bracket(p, ZPL_TOKEN_CLOSE_BRACKET, opener);
            break;
        case ZPL_TOKEN_COLON:
            node = zpl_parser_node_from(p, ZPL_NODE_METHOD, inner);
            zpl_parser_adopt(p, node, inner);
            zpl_parser_next(p);
            member(p, node, true);
            if (!p->panic && zpl_parser_is(p, ZPL_TOKEN_ASSIGN)) {
                zpl_parser_complain(p, opener, opener + 1,
                                    "a variable has no type: write 'local x = …'");
                return node;
            }
            if (!p->panic)
                arguments(p, node);
            break;
        case ZPL_TOKEN_OPEN_PAREN:
        case ZPL_TOKEN_OPEN_BRACE:
        case ZPL_TOKEN_STRING:
            node = zpl_parser_node_from(p, ZPL_NODE_CALL, inner);
            zpl_parser_adopt(p, node, inner);
            arguments(p, node);
            break;
        default:
            return node;
        }
        zpl_parser_finish(p, node);
    }
    return node;
}

static uint32_t function(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_FUNCTION), opener = p->at;

    p->tree->owners[p->at] = node;
    zpl_parser_next(p);
    zpl_parser_body(p, node, opener);
    return zpl_parser_finish(p, node);
}

/* An expression without a binary operator. */
static uint32_t simple(struct parser *p)
{
    uint32_t node;

    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_NUMBER:
        return zpl_parser_leaf(p, ZPL_NODE_NUMBER);
    case ZPL_TOKEN_STRING:
        return zpl_parser_leaf(p, ZPL_NODE_STRING);
    case ZPL_TOKEN_NIL:
        return zpl_parser_leaf(p, ZPL_NODE_NIL);
    case ZPL_TOKEN_TRUE:
        return zpl_parser_leaf(p, ZPL_NODE_TRUE);
    case ZPL_TOKEN_FALSE:
        return zpl_parser_leaf(p, ZPL_NODE_FALSE);
    case ZPL_TOKEN_DOTS:
        return zpl_parser_leaf(p, ZPL_NODE_VARARG);
    case ZPL_TOKEN_OPEN_BRACE:
        return table(p);
    case ZPL_TOKEN_FUNCTION:
        return function(p);
    case ZPL_TOKEN_NOT:
    case ZPL_TOKEN_SUB:
    case ZPL_TOKEN_LENGTH:
    case ZPL_TOKEN_TILDE:
        node = zpl_parser_node(p, ZPL_NODE_UNARY);
        p->tree->owners[p->at] = node;
        zpl_parser_next(p);
        zpl_parser_adopt(p, node, subexpr(p, ZPL_UNARY_STRENGTH));
        return zpl_parser_finish(p, node);
    default:
        return zpl_parser_suffixed(p);
    }
}

/* An expression of operators that bind stronger than `limit`; one level, as in Lua. */
static uint32_t subexpr(struct parser *p, int limit)
{
    uint32_t node;

    if (!zpl_parser_enter(p)) {
        zpl_parser_leave(p);
        return zpl_parser_node(p, ZPL_NODE_ERROR);
    }
    node = simple(p);
    while (!p->panic) {
        uint32_t inner = node;
        int left, right;

        zpl_token_strength(zpl_parser_kind(p), &left, &right);
        if (left <= limit || zpl_parser_peek(p) == ZPL_TOKEN_ASSIGN)
            break;
        node = zpl_parser_node_from(p, ZPL_NODE_BINARY, inner);
        p->tree->nodes[node].key = p->at;
        p->tree->owners[p->at] = node;
        zpl_parser_adopt(p, node, inner);
        zpl_parser_next(p);
        zpl_parser_adopt(p, node, subexpr(p, right));
        zpl_parser_finish(p, node);
    }
    zpl_parser_leave(p);
    return node;
}

uint32_t zpl_parser_expr(struct parser *p)
{
    return subexpr(p, 0);
}
