/* image.c - writes one function in a normal form, for closure images.  See emit.h.
 * Parentheses are written where the grammar or the number of values needs them and nowhere else,
 * so the text is never nested deeper than the source was. */
#include "lang/syntax/image.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lang/base/text.h"
#include "lang/syntax/chars.h"

struct printer {
    const struct zpl_tree *tree;
    struct zpl_buf *out;
    struct zpl_emit_map *map;
    struct zpl_numbering numbering;
    struct zpl_arena *arena;
    struct zpl_buf text; /* of the string literal at hand */
    uint32_t *labels;    /* a token that spells each label of the functions around here */
    size_t label_count, label_capacity;
    size_t label_base; /* the first one of the innermost function */
    enum zpl_err err;
};

static void expression(struct printer *p, uint32_t node);
static void block(struct printer *p, uint32_t node);

static const struct zpl_tree_node *at(const struct printer *p, uint32_t node)
{
    return &p->tree->nodes[node];
}

static enum zpl_node_kind kind_of(const struct printer *p, uint32_t node)
{
    return (enum zpl_node_kind)at(p, node)->kind;
}

/* --- words, one a line --- */

static void begin_word(struct printer *p, uint32_t token)
{
    if (p->map->count > 1)
        zpl_buf_putc(p->out, '\n');
    zpl_emit_map_add(p->map, token);
}

static void word(struct printer *p, uint32_t token, const char *text)
{
    begin_word(p, token);
    zpl_buf_puts(p->out, text);
}

/* A token as the source spells it. */
static void copy(struct printer *p, uint32_t token)
{
    uint32_t len;
    const char *text = zpl_tree_text(p->tree, token, &len);

    begin_word(p, token);
    zpl_buf_add(p->out, text, len);
}

static void name(struct printer *p, uint32_t node)
{
    uint32_t i = node - p->numbering.function;

    if (p->numbering.local_of[i] == 0 && p->numbering.free_of[i] == 0) {
        copy(p, at(p, node)->key); /* the hidden `self` */
        return;
    }
    begin_word(p, at(p, node)->key);
    if (p->numbering.local_of[i])
        zpl_buf_printf(p->out, "__zpl_l%" PRIu32, p->numbering.local_of[i]);
    else
        zpl_buf_printf(p->out, "__zpl_f%" PRIu32, p->numbering.free_of[i]);
}

/* A label by its number among those of its function, in the order in which they are met. */
static void label(struct printer *p, uint32_t token)
{
    uint32_t len, other_len;
    const char *text = zpl_tree_text(p->tree, token, &len), *other;
    size_t k = p->label_base;

    for (; k < p->label_count; k++) {
        other = zpl_tree_text(p->tree, p->labels[k], &other_len);
        if (len == other_len && memcmp(text, other, len) == 0)
            break;
    }
    if (k == p->label_count) {
        uint32_t *labels =
            zpl_arena_grow(p->arena, p->labels, k, &p->label_capacity, sizeof *labels);

        if (!labels) {
            p->err = ZPL_ERR_NOMEM;
            return;
        }
        p->labels = labels;
        labels[p->label_count++] = token;
    }
    begin_word(p, token);
    zpl_buf_printf(p->out, "__zpl_g%zu", k - p->label_base + 1);
}

/* The value of a string literal, in p->text. */
static void read_string(struct printer *p, uint32_t token)
{
    zpl_buf_clear(&p->text);
    zpl_tree_string_value(p->tree, token, &p->text);
    if (zpl_buf_error(&p->text))
        p->err = zpl_buf_error(&p->text);
}

/* Can the expression in brackets be written as a name?  That name is then in p->text. */
static bool is_name(struct printer *p, uint32_t node)
{
    node = zpl_tree_bare(p->tree, node);
    if (kind_of(p, node) != ZPL_NODE_STRING)
        return false;
    read_string(p, at(p, node)->key);
    if (p->text.len == 0 || !zpl_is_alpha(p->text.data[0]) ||
        strncmp(p->text.data, "__zpl", 5) == 0)
        return false;
    for (size_t i = 0; i < p->text.len; i++)
        if (!zpl_is_word(p->text.data[i]))
            return false;
    for (int kind = 0; kind < ZPL_TOKEN_KINDS; kind++)
        if (zpl_token_is_keyword((enum zpl_token_kind)kind) &&
            strcmp(zpl_token_text((enum zpl_token_kind)kind), p->text.data) == 0)
            return false;
    return true;
}

/* A string in double quotes, with escapes for what is not printable ASCII or UTF-8. */
static void string(struct printer *p, uint32_t token)
{
    bool utf8;

    read_string(p, token);
    utf8 = zpl_utf8_valid(zpl_buf_str(&p->text), p->text.len);
    begin_word(p, token);
    zpl_buf_putc(p->out, '"');
    for (size_t i = 0; i < p->text.len; i++) {
        unsigned char c = (unsigned char)p->text.data[i];

        if (c == '"' || c == '\\')
            zpl_buf_printf(p->out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !utf8))
            zpl_buf_printf(p->out, "\\%03u", c);
        else
            zpl_buf_putc(p->out, (char)c);
    }
    zpl_buf_putc(p->out, '"');
}

/* A number by its value: 0x10 is 16, 1e1 is 10.0. */
static void number(struct printer *p, uint32_t token)
{
    int64_t integer = 0;
    double real = 0;

    begin_word(p, token);
    if (zpl_tree_number(p->tree, token, &integer, &real))
        /* a literal is never negative; one that wrapped around has no decimal spelling */
        zpl_buf_printf(p->out, integer >= 0 ? "%" PRId64 : "0x%" PRIx64, integer);
    else if (isinf(real))
        zpl_buf_puts(p->out, "1e999");
    else
        zpl_text_double(p->out, real);
}

/* --- expressions --- */

/* An item of a list; behind the last one all values of a call count, unless it is parenthesised. */
static void list_item(struct printer *p, uint32_t node, bool is_last)
{
    uint32_t bare = zpl_tree_bare(p->tree, node);
    bool paren = bare != node && is_last && zpl_tree_is_multiple(p->tree, bare);

    if (paren)
        word(p, at(p, node)->begin, "(");
    expression(p, bare);
    if (paren)
        word(p, at(p, node)->end - 1, ")");
}

/* Expressions from `node` to the end of its list, with commas. */
static void list(struct printer *p, uint32_t node)
{
    for (; node; node = at(p, node)->next) {
        list_item(p, node, at(p, node)->next == 0);
        if (at(p, node)->next)
            word(p, at(p, node)->end, ",");
    }
}

static void in_parens(struct printer *p, uint32_t node)
{
    word(p, at(p, node)->begin, "(");
    expression(p, node);
    word(p, at(p, node)->end - 1, ")");
}

/* Can the bare expression be called and indexed without parentheses? */
static bool is_prefix(const struct printer *p, uint32_t node)
{
    switch (kind_of(p, node)) {
    case ZPL_NODE_NAME:
    case ZPL_NODE_INDEX:
    case ZPL_NODE_INDEX_EXPR:
    case ZPL_NODE_CALL:
    case ZPL_NODE_METHOD:
        return true;
    default:
        return false;
    }
}

static void prefix(struct printer *p, uint32_t node)
{
    node = zpl_tree_bare(p->tree, node);
    if (is_prefix(p, node))
        expression(p, node);
    else
        in_parens(p, node);
}

/* An operand of operator `op` (ZPL_TOKEN_EOF: a unary one) on its left or right side. */
static void operand(struct printer *p, uint32_t node, enum zpl_token_kind op, bool is_left)
{
    int left = 0, right = ZPL_UNARY_STRENGTH, inner_left = 0, inner_right = 0;
    bool paren = false;

    node = zpl_tree_bare(p->tree, node);
    if (op != ZPL_TOKEN_EOF)
        zpl_token_strength(op, &left, &right);
    if (kind_of(p, node) == ZPL_NODE_BINARY) {
        zpl_token_strength((enum zpl_token_kind)p->tree->tokens[at(p, node)->key].kind, &inner_left,
                           &inner_right);
        /* on the left, the operator must not be taken by the right operand inside */
        paren = is_left ? left > inner_right : inner_left <= right;
    } else if (kind_of(p, node) == ZPL_NODE_UNARY) {
        paren = is_left && left > ZPL_UNARY_STRENGTH;
    }
    if (paren)
        in_parens(p, node);
    else
        expression(p, node);
}

static void operation(struct printer *p, uint32_t node)
{
    const struct zpl_tree_node *n = at(p, node);
    enum zpl_token_kind op = (enum zpl_token_kind)p->tree->tokens[n->key].kind;

    if (n->kind == ZPL_NODE_BINARY)
        operand(p, n->child, op, true);
    copy(p, n->key);
    operand(p, n->last_child, n->kind == ZPL_NODE_BINARY ? op : ZPL_TOKEN_EOF, false);
}

static void call(struct printer *p, uint32_t node)
{
    const struct zpl_tree_node *n = at(p, node);

    prefix(p, n->child);
    if (n->kind == ZPL_NODE_METHOD) {
        word(p, zpl_tree_method(p->tree, node) - 1, ":");
        copy(p, zpl_tree_method(p->tree, node));
    }
    word(p, n->key, "(");
    list(p, at(p, n->child)->next);
    word(p, n->end - 1, ")");
}

static void table(struct printer *p, uint32_t node)
{
    word(p, at(p, node)->begin, "{");
    for (uint32_t c = at(p, node)->child; c; c = at(p, c)->next) {
        if (kind_of(p, c) == ZPL_NODE_FIELD_NAMED) {
            copy(p, at(p, c)->key);
            word(p, at(p, c)->key + 1, "=");
        } else if (kind_of(p, c) == ZPL_NODE_FIELD_EXPR && is_name(p, at(p, c)->child)) {
            word(p, at(p, c)->key, p->text.data);
            word(p, at(p, c)->key, "=");
        } else if (kind_of(p, c) == ZPL_NODE_FIELD_EXPR) {
            word(p, at(p, c)->key, "[");
            list_item(p, at(p, c)->child, false);
            word(p, at(p, c)->key, "]");
            word(p, at(p, c)->key, "=");
        }
        list_item(p, at(p, c)->last_child,
                  kind_of(p, c) == ZPL_NODE_FIELD_ITEM && at(p, c)->next == 0);
        if (at(p, c)->next)
            word(p, at(p, c)->end, ",");
    }
    word(p, at(p, node)->end - 1, "}");
}

/* From `(` to `end`.  With `self` a method's hidden parameter is written as a plain one. */
static void body(struct printer *p, uint32_t node, bool self)
{
    const struct zpl_tree_node *n = at(p, node);
    uint32_t param = at(p, n->child)->child;
    bool variadic = n->flags & ZPL_NODE_VARIADIC;
    size_t outer_base = p->label_base;

    p->label_base = p->label_count;
    word(p, n->begin, "(");
    if (self) {
        word(p, n->begin, "self");
        if (param || variadic)
            word(p, n->begin, ",");
    }
    for (; param; param = at(p, param)->next) {
        name(p, param);
        if (at(p, param)->next || variadic)
            word(p, at(p, param)->end, ",");
    }
    if (variadic)
        word(p, at(p, n->child)->end - 1, "...");
    word(p, n->begin, ")");
    block(p, n->last_child);
    word(p, n->end - 1, "end");
    p->label_count = p->label_base;
    p->label_base = outer_base;
}

static void expression(struct printer *p, uint32_t node)
{
    const struct zpl_tree_node *n = at(p, node);

    switch ((enum zpl_node_kind)n->kind) {
    case ZPL_NODE_PAREN:
        expression(p, n->child);
        break;
    case ZPL_NODE_NAME:
        name(p, node);
        break;
    case ZPL_NODE_STRING:
        string(p, n->key);
        break;
    case ZPL_NODE_NUMBER:
        number(p, n->key);
        break;
    case ZPL_NODE_INDEX:
        prefix(p, n->child);
        word(p, n->key - 1, ".");
        copy(p, n->key);
        break;
    case ZPL_NODE_INDEX_EXPR:
        prefix(p, n->child);
        if (is_name(p, n->last_child)) {
            word(p, n->key, ".");
            word(p, at(p, n->last_child)->begin, p->text.data);
            break;
        }
        word(p, n->key, "[");
        list_item(p, n->last_child, false);
        word(p, n->end - 1, "]");
        break;
    case ZPL_NODE_CALL:
    case ZPL_NODE_METHOD:
        call(p, node);
        break;
    case ZPL_NODE_TABLE:
        table(p, node);
        break;
    case ZPL_NODE_BINARY:
    case ZPL_NODE_UNARY:
        operation(p, node);
        break;
    case ZPL_NODE_FUNCTION:
        word(p, n->begin, "function");
        body(p, node, false);
        break;
    default:
        copy(p, n->key); /* nil, true, false, ... */
    }
}

/* --- statements --- */

static void names(struct printer *p, uint32_t node)
{
    for (uint32_t c = at(p, node)->child; c; c = at(p, c)->next) {
        name(p, c);
        if (at(p, c)->flags & (ZPL_NODE_CONST | ZPL_NODE_CLOSE)) {
            word(p, at(p, c)->end, "<");
            copy(p, at(p, c)->end + 1);
            word(p, at(p, c)->end, ">");
        }
        if (at(p, c)->next)
            word(p, at(p, c)->end, ",");
    }
}

/* `local` or an assignment; also the head of `for`. */
static void bind(struct printer *p, uint32_t left, const char *sign)
{
    uint32_t right = at(p, left)->next;

    if (kind_of(p, left) == ZPL_NODE_NAMES)
        names(p, left);
    else
        list(p, at(p, left)->child);
    if (right == 0)
        return;
    word(p, at(p, left)->end, sign);
    list(p, at(p, right)->child);
}

static void if_statement(struct printer *p, uint32_t node)
{
    uint32_t c = at(p, node)->child;
    const char *keyword = "if";

    for (; c; c = at(p, c)->next) {
        if (kind_of(p, c) == ZPL_NODE_BLOCK) {
            word(p, at(p, node)->begin, "else");
        } else {
            word(p, at(p, c)->begin - 1, keyword);
            list_item(p, c, false);
            word(p, at(p, c)->end, "then");
            c = at(p, c)->next;
            keyword = "elseif";
        }
        block(p, c);
    }
    word(p, at(p, node)->end - 1, "end");
}

static void loop(struct printer *p, uint32_t node)
{
    const struct zpl_tree_node *n = at(p, node);

    switch ((enum zpl_node_kind)n->kind) {
    case ZPL_NODE_REPEAT:
        word(p, n->begin, "repeat");
        block(p, n->child);
        word(p, at(p, n->last_child)->begin - 1, "until");
        list_item(p, n->last_child, false);
        return;
    case ZPL_NODE_WHILE:
        word(p, n->begin, "while");
        list_item(p, n->child, false);
        break;
    case ZPL_NODE_FOR_NUMBER:
    case ZPL_NODE_FOR_IN:
        word(p, n->begin, "for");
        names(p, n->child);
        word(p, at(p, n->child)->end, n->kind == ZPL_NODE_FOR_IN ? "in" : "=");
        list(p, at(p, at(p, n->child)->next)->child);
        break;
    default:
        break;
    }
    word(p, n->begin, "do");
    block(p, n->last_child);
    word(p, n->end - 1, "end");
}

/* `function a.b:c` and its body. */
static void function_statement(struct printer *p, uint32_t node)
{
    const struct zpl_tree_node *n = at(p, node), *target = at(p, n->child);

    word(p, n->begin, "function");
    if (target->kind == ZPL_NODE_INDEX) {
        expression(p, target->child);
        word(p, target->key - 1, at(p, n->last_child)->flags & ZPL_NODE_METHOD_DEF ? ":" : ".");
        copy(p, target->key);
    } else {
        name(p, n->child);
    }
    body(p, n->last_child, false);
}

/* Would a call or assignment begin with a parenthesis?  Then what stands before would be called. */
static bool begins_with_paren(const struct printer *p, uint32_t node)
{
    node = zpl_tree_bare(p->tree, at(p, node)->child);
    if (kind_of(p, node) == ZPL_NODE_EXPRS)
        node = zpl_tree_bare(p->tree, at(p, node)->child);
    while (is_prefix(p, node) && kind_of(p, node) != ZPL_NODE_NAME)
        node = zpl_tree_bare(p->tree, at(p, node)->child);
    return kind_of(p, node) != ZPL_NODE_NAME;
}

static void statement(struct printer *p, uint32_t node)
{
    const struct zpl_tree_node *n = at(p, node);

    switch ((enum zpl_node_kind)n->kind) {
    case ZPL_NODE_LOCAL:
        word(p, n->begin, "local");
        bind(p, n->child, "=");
        break;
    case ZPL_NODE_ASSIGN:
    case ZPL_NODE_CALL_STAT:
        if (begins_with_paren(p, node))
            word(p, n->begin, ";");
        if (n->kind == ZPL_NODE_ASSIGN)
            bind(p, n->child, "=");
        else
            expression(p, n->child);
        break;
    case ZPL_NODE_LOCAL_FUNCTION:
        word(p, n->begin, "local");
        word(p, n->begin + 1, "function");
        name(p, n->child);
        body(p, n->last_child, false);
        break;
    case ZPL_NODE_FUNCTION_STAT:
        function_statement(p, node);
        break;
    case ZPL_NODE_IF:
        if_statement(p, node);
        break;
    case ZPL_NODE_RETURN:
        word(p, n->begin, "return");
        if (n->child)
            list(p, at(p, n->child)->child);
        break;
    case ZPL_NODE_BREAK:
        word(p, n->begin, "break");
        break;
    case ZPL_NODE_GOTO:
        word(p, n->begin, "goto");
        label(p, n->key);
        break;
    case ZPL_NODE_LABEL:
        word(p, n->begin, "::");
        label(p, n->key);
        word(p, n->begin, "::");
        break;
    default:
        loop(p, node); /* while, repeat, for, do */
    }
}

static void block(struct printer *p, uint32_t node)
{
    for (uint32_t c = at(p, node)->child; c; c = at(p, c)->next)
        statement(p, c);
}

enum zpl_err zpl_emit_node(const struct zpl_tree *tree, uint32_t function, struct zpl_buf *out,
                           struct zpl_emit_map *map)
{
    struct zpl_arena arena = {0};
    struct printer p = {.tree = tree, .out = out, .map = map, .arena = &arena};
    enum zpl_err err = zpl_number_names(tree, function, &arena, &p.numbering);

    if (!err) {
        word(&p, tree->nodes[function].begin, "function");
        body(&p, function, tree->nodes[function].flags & ZPL_NODE_METHOD_DEF);
        zpl_buf_putc(out, '\n');
        err = p.err ? p.err : map->err ? map->err : zpl_buf_error(out);
    }
    zpl_buf_release(&p.text);
    zpl_arena_release(&arena);
    return err;
}
